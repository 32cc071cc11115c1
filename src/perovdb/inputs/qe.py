"""Quantum ESPRESSO: a neb.x input with every image, and a pw.x relaxation of each end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pymatgen.core import Element, Structure

from perovdb.errors import InputError
from perovdb.inputs import qe_scripts
from perovdb.inputs.job import NebJob
from perovdb.inputs.presets import Setting
from perovdb.inputs.sampling import mesh

INPUT = "neb.in"
PREFIX = "neb"

BUILDS = {"plain": "any Quantum ESPRESSO"}
ENDPOINTS: tuple[str, ...] = ("first", "in band")

#: The order of the hints that PseudoDojo gives for a cut-off.
HINTS = ("low", "normal", "high")

_RY_PER_HA = 2
_NORM_CONSERVING_DUAL = 4


def neb_files(job: NebJob) -> dict[str, str]:
    """Files of a band calculation, by name.

    Raises:
        InputError: a build is named, which only VASP has, or there is no such mesh or hint.
    """
    if job.build not in BUILDS:
        raise InputError(f"Quantum ESPRESSO has no build '{job.build}'.", "Leave it out.")
    files = {INPUT: _band_input(job)}
    if job.relax_first:
        for number in (0, job.last):
            files[f"endpoint_{number:02d}.in"] = _endpoint_input(job, number)
    sums = [
        f"{potential.details['md5']}  {potential.symbol}\n"
        for potential in job.potentials.values()
        if "md5" in potential.details
    ]
    if sums:
        files["pseudo.md5"] = "".join(sums)
    return files


def settled(job: NebJob) -> NebJob:
    """The job with the cut-offs that its files hold in place of the zeros of a preset.

    Raises:
        InputError: there is no such hint.
    """
    preset = job.preset
    system = dict(preset.sections["system"])
    given = preset.values("system")
    family = preset.values("potentials")["family"]
    for key, value in zip(("ecutwfc", "ecutrho"), cutoffs_Ry(job), strict=True):
        if given[key]:
            continue
        source = f"the highest of the elements here in the family {family}"
        if given["ecutwfc"]:
            source = f"as many times ecutwfc as in the family {family}"
        read = "; ".join(dict.fromkeys(p.source for p in job.potentials.values()))
        system[key] = Setting(value, f"{source}: {read}")
    return replace(job, preset=replace(preset, sections={**preset.sections, "system": system}))


def notes(job: NebJob) -> list[str]:
    """Where the pseudopotentials go."""
    folder = _pseudo_dir(job)
    names = ", ".join(potential.symbol for potential in job.potentials.values())
    family = job.preset.values("potentials")["family"]
    return [f"put the pseudopotentials of {family} into {folder}: {names}"]


def parallel_images(job: NebJob) -> int:
    """Images that run side by side."""
    return len(job.path.images) - 2


def run_commands(job: NebJob) -> str:
    """Shell commands that run the set."""
    return qe_scripts.run_commands(job, PREFIX, _pseudo_dir(job))


def cutoffs_Ry(job: NebJob) -> tuple[float, float]:
    """Cut-offs of wave functions and density: the user's, else the highest of the elements.

    Raises:
        InputError: there is no such hint.
    """
    values = job.preset.values("system")
    hint = job.preset.values("potentials")["hint"]
    if hint not in HINTS:
        raise InputError(f"'{hint}' is no hint.", f"Choose one of: {', '.join(HINTS)}.")
    waves, densities = [], []
    for potential in job.potentials.values():
        details = potential.details
        if "hints_Ha" in details:
            wave = _RY_PER_HA * float(details["hints_Ha"][HINTS.index(hint)])
            waves.append(wave)
            densities.append(_NORM_CONSERVING_DUAL * wave)
        else:
            waves.append(float(details["ecutwfc_Ry"]))
            densities.append(float(details["ecutrho_Ry"]))
    dual = max(densities) / max(waves)
    wave = values["ecutwfc"] or max(waves)
    return wave, values["ecutrho"] or (dual * wave if values["ecutwfc"] else max(densities))


def _band_input(job: NebJob) -> str:
    path = {
        "restart_mode": "from_scratch",
        "string_method": "neb",
        "num_of_images": len(job.path.images),
        "first_last_opt": not job.relax_first,
        **job.preset.values("path"),
    }
    names = ["FIRST_IMAGE", *["INTERMEDIATE_IMAGE"] * (job.last - 1), "LAST_IMAGE"]
    positions = [
        f"{name}\n{_positions(image)}" for name, image in zip(names, job.path.images, strict=True)
    ]
    return "".join(
        [
            "BEGIN\nBEGIN_PATH_INPUT\n",
            _namelist("PATH", path),
            "END_PATH_INPUT\nBEGIN_ENGINE_INPUT\n",
            _namelist("CONTROL", _control(job, PREFIX)),
            _engine(job),
            "BEGIN_POSITIONS\n",
            *positions,
            "END_POSITIONS\nEND_ENGINE_INPUT\nEND\n",
        ]
    )


def _endpoint_input(job: NebJob, number: int) -> str:
    values = job.preset.values("control")
    control = _control(job, f"endpoint_{number:02d}") | {
        "calculation": "relax",
        **{key: values[key] for key in ("nstep", "etot_conv_thr", "forc_conv_thr")},
    }
    ions = _namelist("IONS", job.preset.values("ions"))
    return "".join(
        [
            _namelist("CONTROL", control),
            _engine(job, ions),
            _positions(job.path.images[number]),
        ]
    )


def _control(job: NebJob, prefix: str) -> dict[str, Any]:
    return {
        "title": job.title,
        "prefix": prefix,
        "outdir": f"./tmp_{prefix}",
        "pseudo_dir": _pseudo_dir(job),
        "tprnfor": True,
        "disk_io": job.preset.values("control")["disk_io"],
    }


def _engine(job: NebJob, ions: str = "") -> str:
    """What every calculation of the set shares: system, electrons, species, k-points, cell."""
    structure = job.path.images[0]
    system = job.preset.values("system")
    system["ecutwfc"], system["ecutrho"] = cutoffs_Ry(job)
    spin = {"nspin": 2, "tot_magnetization": 1.0} if job.electrons % 2 else {}
    system = {
        "ibrav": 0,
        "nat": len(structure),
        "ntyp": len(job.potentials),
        "tot_charge": float(job.path.charge),
        **spin,
        **system,
    }
    species = [
        f"  {element:2s} {Element(element).atomic_mass:10.5f} {potential.symbol}\n"
        for element, potential in job.potentials.items()
    ]
    points = mesh(structure.lattice, job.preset.values("kpoints"))
    sampling = (
        "K_POINTS gamma\n"
        if points == (1, 1, 1)
        else f"K_POINTS automatic\n  {' '.join(map(str, points))} 0 0 0\n"
    )
    return "".join(
        [
            _namelist("SYSTEM", system),
            _namelist("ELECTRONS", job.preset.values("electrons")),
            ions,
            "ATOMIC_SPECIES\n",
            *species,
            sampling,
            "CELL_PARAMETERS angstrom\n",
            *(_row(vector) for vector in structure.lattice.matrix),
        ]
    )


def _positions(structure: Structure) -> str:
    """Positions as they are, not wrapped into the cell."""
    rows = [f"  {site.specie.symbol:2s}{_row(site.coords)}" for site in structure]
    return "ATOMIC_POSITIONS angstrom\n" + "".join(rows)


def _row(vector: Any) -> str:
    return "".join(f" {length:16.10f}" for length in vector) + "\n"


def _namelist(name: str, values: Mapping[str, Any]) -> str:
    lines = [f"  {key} = {_value(value)}\n" for key, value in values.items()]
    return "".join([f"&{name}\n", *lines, "/\n"])


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return ".true." if value else ".false."
    if isinstance(value, float):
        return f"{value!r}".replace("e", "d")
    return str(value) if isinstance(value, int) else f"'{value}'"


def _pseudo_dir(job: NebJob) -> str:
    return job.machine.get("qe", "potentials", "./pseudo")
