"""VASP: folders 00 to NN, INCAR of the band and of its endpoints, KPOINTS, POTCAR.spec."""

from __future__ import annotations

from math import ceil
from typing import Any

from pymatgen.io.vasp.inputs import Poscar

from perovdb.errors import InputError
from perovdb.inputs.job import NebJob

BUILDS = {
    "plain": "any VASP 5.4 or 6: band without climbing image",
    "vtst": "a VASP built with the VTST tools: climbing image",
}


def neb_files(job: NebJob) -> dict[str, str]:
    """Files of a band calculation, by name.

    Raises:
        InputError: there is no such build of VASP.
    """
    if job.build not in BUILDS:
        raise InputError(
            f"'{job.build}' is not a build of VASP.", f"Choose one of: {', '.join(BUILDS)}."
        )
    structures = job.path.images
    kpoints = _kpoints(job)
    files = {
        "INCAR": _incar(job, f"band.{job.build}", IMAGES=len(structures) - 2),
        "INCAR.endpoint": _incar(job, "endpoint"),
        "KPOINTS": kpoints,
        "POTCAR.spec": "".join(f"{potential.symbol}\n" for potential in job.potentials.values()),
    }
    for number, structure in enumerate(structures):
        comment = f"{job.title}, image {number:02d} of {len(structures) - 1:02d}"
        poscar = Poscar(structure, comment=comment, sort_structure=False)
        files[f"{number:02d}/POSCAR"] = poscar.get_str(significant_figures=10)
        # Some builds of VASP 6 look for KPOINTS in the folder of the image.
        files[f"{number:02d}/KPOINTS"] = kpoints
    return files


def notes(job: NebJob) -> list[str]:
    """Nothing that the files do not say."""
    return []


def tasks(job: NebJob) -> int:
    """MPI ranks of the band: VASP wants a multiple of IMAGES."""
    return job.ranks_per_image * (len(job.path.images) - 2)


def run_commands(job: NebJob) -> str:
    """Shell commands that run the set: both endpoints, then the band."""
    last = f"{len(job.path.images) - 1:02d}"
    symbols = " ".join(potential.symbol for potential in job.potentials.values())
    return f"""\
# Command that starts VASP under MPI; vasp_gam is faster where KPOINTS is 1 1 1.
: "${{VASP:=vasp_std}}"

if [ ! -s POTCAR ]; then
  echo "POTCAR is missing: join the files of POTCAR.spec in its order ({symbols})," >&2
  echo "for example: for p in {symbols}; do cat \\"\\$POTCARS/\\$p/POTCAR\\"; done > POTCAR" >&2
  exit 1
fi

# The endpoints first: the band needs them relaxed, and its barrier needs their energies.
for end in 00 {last}; do
  if [ ! -e "$end/relaxed" ]; then
    cp INCAR.endpoint "$end/INCAR"
    cp POTCAR "$end/POTCAR"
    (cd "$end" && srun --ntasks={job.ranks_per_image} "$VASP" > vasp.out)
    grep -q "reached required accuracy" "$end/OUTCAR" || {{
      echo "endpoint $end did not converge: see $end/vasp.out" >&2
      exit 1
    }}
    cp "$end/POSCAR" "$end/POSCAR.unrelaxed"
    cp "$end/CONTCAR" "$end/POSCAR"
    touch "$end/relaxed"
  fi
done

srun "$VASP" > vasp.out
grep -q "reached required accuracy" 01/OUTCAR || {{
  echo "the band did not converge: copy each CONTCAR to POSCAR and submit again" >&2
  exit 1
}}
"""


def _incar(job: NebJob, section: str, **extra: Any) -> str:
    tags = job.preset.values("incar", section)
    # An odd electron needs spin; magnetic moments are left to VASP.
    tags["ISPIN"] = 2 if job.electrons % 2 else 1
    tags["NELECT"] = job.electrons
    lines = [f"{tag} = {_value(value)}" for tag, value in (tags | extra).items()]
    return "\n".join([f"SYSTEM = {job.title}", *lines]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return ".TRUE." if value else ".FALSE."
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kpoints(job: NebJob) -> str:
    """A mesh about Gamma, no wider than the spacing along each reciprocal vector (with 2 pi):
    the rule of VASP's own KSPACING."""
    spacing = job.preset.values("kpoints")["spacing_inv_A"]
    lengths = job.path.images[0].lattice.reciprocal_lattice.abc
    mesh = " ".join(str(max(1, ceil(length / spacing))) for length in lengths)
    what = (
        "Gamma only"
        if mesh == "1 1 1"
        else f"Gamma-centred mesh, spacing at most {spacing:g} A^-1"
    )
    return f"{what}\n0\nGamma\n{mesh}\n0 0 0\n"
