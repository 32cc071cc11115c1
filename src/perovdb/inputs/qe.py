"""Quantum ESPRESSO: pw.x of a structure, or neb.x with every image and pw.x of each end.

Namelists are written here: ASE writes inputs of pw.x, but none of neb.x.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pymatgen.core import Element, Lattice, Structure

from perovdb.errors import InputError
from perovdb.files.labels import in_namelist
from perovdb.files.reading import read_text
from perovdb.inputs.boundary import CRYSTAL, SLAB, centre, extent_A
from perovdb.inputs.job import BAND, RELAX, STATIC, Job
from perovdb.inputs.presets import Setting
from perovdb.inputs.sampling import mesh
from perovdb.inputs.schedulers import again, shell

INPUT = "neb.in"
PREFIX = "neb"

TASKS: tuple[str, ...] = (BAND, STATIC, RELAX)
BUILDS = {"plain": "any Quantum ESPRESSO"}
RELAXES_ENDS_IN_BAND = True

_EMPTY_BANDS = 4

#: Share of the cell in which the field of a dipole correction turns round.
_FIELD_TURNS = 0.05

#: The order of the hints that PseudoDojo gives for a cut-off.
HINTS = ("low", "normal", "high")

#: What pw.x prints when it is done.
_DONE = {STATIC: "convergence has been achieved", RELAX: "bfgs converged in"}

_RY_PER_HA = 2
_NORM_CONSERVING_DUAL = 4


def input_files(job: Job) -> dict[str, str]:
    """Files of a calculation, by name.

    Raises:
        InputError: there is no such mesh.
    """
    files = (
        {INPUT: _band_input(job)} if job.task == BAND else {f"{job.task}.in": _single_input(job)}
    )
    if job.relax_first:
        for number in (0, job.last):
            files[f"endpoint_{number:02d}.in"] = _endpoint_input(job, number)
    sums = [
        f"{potential.details['md5']}  {potential.symbol}\n"
        for potential in job.potentials.values()
        if "md5" in potential.details
    ]
    return files | ({"pseudo.md5": "".join(sums)} if sums else {})


def end_of(folder: Path, number: int) -> Structure:
    """An end of the set in a folder, as it is relaxed: job.sh puts it into the input of neb.x.

    Raises:
        InputError: the input cannot be read.
    """
    text = read_text(folder / INPUT, "structure")
    card = "FIRST_IMAGE" if number == 0 else "LAST_IMAGE"
    try:
        cell = text.split("CELL_PARAMETERS angstrom\n")[1].splitlines()[:3]
        lattice = Lattice([[float(x) for x in row.split()] for row in cell])
        rows = text.split(f"\n{card}\n")[1].splitlines()[1:]
        atoms = []
        for row in rows:
            words = row.split()
            if len(words) != 4:
                break
            atoms.append((words[0], [float(x) for x in words[1:]]))
    except (ValueError, IndexError) as error:
        raise InputError(
            f"End {number:02d} in {folder} cannot be read: {error}.", "Write the set anew."
        ) from error
    elements, positions = zip(*atoms, strict=True)
    return Structure(lattice, elements, positions, coords_are_cartesian=True)


def image_files(folder: Path, images: Sequence[Structure], title: str) -> dict[str, str]:
    """The files of a set that hold the images of a band, by name: its input, with others.

    Raises:
        InputError: the input cannot be read.
    """
    text = read_text(folder / INPUT, "structure")
    head, _, rest = text.partition("BEGIN_POSITIONS\n")
    _, end, tail = rest.partition("END_POSITIONS\n")
    return {INPUT: "".join([head, "BEGIN_POSITIONS\n", _images(images), end, tail])}


def _images(images: Sequence[Structure]) -> str:
    names = ["FIRST_IMAGE", *["INTERMEDIATE_IMAGE"] * (len(images) - 2), "LAST_IMAGE"]
    return "".join(
        f"{name}\n{_positions(image)}" for name, image in zip(names, images, strict=True)
    )


def complete(job: Job) -> Job:
    """The job with cut-offs in place of the zeros of a preset."""
    preset = job.preset
    system = dict(preset.sections["system"])
    named = preset.values("system")
    family = preset.values("potentials")["family"]
    for key, value in zip(("ecutwfc", "ecutrho"), _cutoffs_Ry(job), strict=True):
        if named[key]:
            continue
        source = f"the highest of the elements here in the family {family}"
        if named["ecutwfc"]:
            source = f"as many times ecutwfc as in the family {family}"
        read = "; ".join(dict.fromkeys(p.source for p in job.potentials.values()))
        system[key] = Setting(value, f"{source}: {read}")
    return replace(job, preset=replace(preset, sections={**preset.sections, "system": system}))


def notes(job: Job) -> list[str]:
    """Where the pseudopotentials go."""
    names = ", ".join(potential.symbol for potential in job.potentials.values())
    family = job.preset.values("potentials")["family"]
    return [f"put the pseudopotentials of {family} into {_pseudo_dir(job)}: {names}"]


def parallel_images(job: Job) -> int:
    """Images that run side by side."""
    return max(len(job.images) - 2, 1)


def commands(job: Job) -> str:
    """Shell that runs the set: both ends, then the band; each from where it was left."""
    ranks = job.resources.ranks_per_image
    run = shell(
        "qe_run",
        pw=job.machine.get("qe", "pw", "pw.x"),
        files=" ".join(shlex.quote(potential.symbol) for potential in job.potentials.values()),
        pseudo=shlex.quote(_pseudo_dir(job)),
        family=job.preset.values("potentials")["family"],
        atoms=len(job.images[0]),
    )
    pools = _pools(job)
    if job.task != BAND:
        return shell(
            "qe_single", run=run, task=job.task, ranks=ranks, pools=pools, done=_DONE[job.task]
        )
    return shell(
        "qe_band",
        run=run,
        neb=job.machine.get("qe", "neb", "neb.x"),
        pools=pools,
        ends=shell("qe_ends", last=f"{job.last:02d}", ranks_per_image=ranks, pools=pools)
        if job.relax_first
        else "",
        again=again(job),
        steps=job.preset.values("path")["nstep_path"],
        ranks=ranks * parallel_images(job),
        inner=parallel_images(job),
    )


def disperses(job: Job) -> bool:
    """Whether the functional has a dispersion correction."""
    return bool(job.preset.values("system")["vdw_corr"] != "none")


def functional(job: Job) -> str:
    """Name of the functional in the table of citations."""
    return "HSE06" if job.preset.values("system").get("input_dft") == "hse" else "PBE"


def climbs(job: Job) -> bool:
    """Whether the highest image climbs."""
    return bool(job.preset.values("path")["CI_scheme"] != "no-CI")


def _cutoffs_Ry(job: Job) -> tuple[float, float]:
    """Cut-offs of wave functions and density: the user's, else the highest of the elements."""
    values = job.preset.values("system")
    hint = job.preset.values("potentials")["hint"]
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


def _band_input(job: Job) -> str:
    path = {
        "restart_mode": "from_scratch",
        "string_method": "neb",
        "num_of_images": len(job.images),
        "first_last_opt": not job.relax_first,
        **job.preset.values("path"),
    }
    return "".join(
        [
            "BEGIN\nBEGIN_PATH_INPUT\n",
            _namelist("PATH", path),
            "END_PATH_INPUT\nBEGIN_ENGINE_INPUT\n",
            _namelist("CONTROL", _control(job, PREFIX)),
            _engine(job),
            "BEGIN_POSITIONS\n",
            _images(job.images),
            "END_POSITIONS\nEND_ENGINE_INPUT\nEND\n",
        ]
    )


def _endpoint_input(job: Job, number: int) -> str:
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
            _positions(job.images[number]),
        ]
    )


def _single_input(job: Job) -> str:
    values = job.preset.values("control")
    structure = job.images[0]
    control = _control(job, job.task) | {"tstress": not any(job.boundary.open)}
    if job.task == STATIC:
        control |= {"calculation": "scf"}
        return _namelist("CONTROL", control) + _engine(job) + _positions(structure)
    control |= {
        "calculation": "vc-relax" if job.free_cell else "relax",
        **{key: values[key] for key in ("nstep", "etot_conv_thr", "forc_conv_thr")},
    }
    moves = _namelist("IONS", job.preset.values("ions"))
    if job.free_cell:
        moves += _namelist("CELL", job.preset.values("cell"))
    return _namelist("CONTROL", control) + _engine(job, moves) + _positions(structure)


def _pools(job: Job) -> str:
    """Groups of k-points, as the machine has them."""
    pools = job.machine.get("qe", "npool", "")
    return f"-nk {pools} " if pools else ""


def _bands(job: Job) -> int:
    occupied = (job.electrons + job.unpaired + 1) // 2
    return occupied + max(_EMPTY_BANDS, occupied // 10)


def _isolation(job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """What closes off the vacuum of a slab or a particle: values of CONTROL and of SYSTEM.

    A slab gets a dipole field. The 2D cut-off of the Coulomb interaction, the other way, does not
    come to self-consistency in Quantum ESPRESSO 6.7 for a slab of CsPbI3.

    Raises:
        InputError: the box of a particle is too small for it.
    """
    kind = job.boundary.kind
    structure = job.images[0]
    if kind == CRYSTAL:
        return {}, {}
    if kind == SLAB:
        axis = job.boundary.axis
        # The field turns round in the middle of the vacuum.
        turn = (float(centre(structure)[axis]) + 0.5 - _FIELD_TURNS / 2) % 1.0
        field = {
            "edir": axis + 1,
            "emaxpos": round(turn, 6),
            "eopreg": _FIELD_TURNS,
            "eamp": 0.0,
        }
        return {"tefield": True, "dipfield": True}, field
    needed = 2 * extent_A(structure)
    if (needed > structure.lattice.abc).any():
        raise InputError(
            "The correction of Martyna and Tuckerman needs a box twice as long as the particle: "
            f"{' x '.join(f'{length:.1f}' for length in needed)} A, not "
            f"{' x '.join(f'{length:.1f}' for length in structure.lattice.abc)} A.",
            "Give the particle a larger box, or take another code.",
        )
    return {}, {"assume_isolated": "mt"}


def _control(job: Job, prefix: str) -> dict[str, Any]:
    return {
        "title": job.title,
        "prefix": prefix,
        "outdir": f"./tmp_{prefix}",
        "pseudo_dir": _pseudo_dir(job),
        "tprnfor": True,
        "disk_io": job.preset.values("control")["disk_io"],
        **_isolation(job)[0],
    }


def _engine(job: Job, ions: str = "") -> str:
    """What every calculation of the set shares: system, electrons, species, k-points, cell."""
    structure = job.images[0]
    spin = {"nspin": 2, "tot_magnetization": float(job.unpaired)} if job.unpaired else {}
    system = {
        "ibrav": 0,
        "nat": len(structure),
        "ntyp": len(job.potentials),
        "tot_charge": float(job.charge),
        **spin,
        **_isolation(job)[1],
        # One empty level and more, so that there is a gap to print.
        **({"nbnd": _bands(job)} if job.task == STATIC else {}),
        **job.preset.values("system"),
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
    return str(value) if isinstance(value, int) else in_namelist(value)


def _pseudo_dir(job: Job) -> str:
    return job.machine.get("qe", "potentials", "./pseudo")
