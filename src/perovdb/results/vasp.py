"""VASP: folders 00 to NN, each with the OUTCAR or the vasprun.xml of its image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from perovdb.errors import ResultError
from perovdb.results.band import Band, Facts, same_elements
from perovdb.results.outcar import Image, Step, read_outcar
from perovdb.results.text import whole
from perovdb.results.vasprun import read_vasprun

CODE = "vasp"
MARKS = "folders 00, 01, ... each with the OUTCAR (or vasprun.xml) of its image"

_OUTPUTS = ("OUTCAR", "OUTCAR.gz")
_XML = ("vasprun.xml", "vasprun.xml.gz")

#: The two files of an image print energies with different numbers of digits.
_AGREE_EV = 1e-4

#: Settings that all images must share, and what they are.
_SHARED = {"NELECT": "electrons", "ENCUT": "cut-off", "NKPTS": "k-points", "ISPIN": "spin"}

_CELL_A = 1e-4


def holds(folder: Path) -> bool:
    """Whether a folder holds a band of VASP, or the inputs of one."""
    images = _folders(folder)
    return any((f / name).exists() for f in images for name in (*_OUTPUTS, *_XML, "POSCAR"))


def _folders(folder: Path) -> list[Path]:
    return sorted(f for f in folder.iterdir() if f.is_dir() and re.fullmatch(r"\d\d", f.name))


def read(folder: Path) -> Band:
    """The last step that all images completed.

    Raises:
        ResultError: a folder or file is missing, cut, or of another run.
    """
    folders = _folders(folder)
    if [f.name for f in folders] != [f"{place:02d}" for place in range(len(folders))]:
        raise ResultError(
            f"{folder} lacks an image: it holds {' '.join(f.name for f in folders)}.",
            "Folders count from 00 without a gap.",
        )
    inner = _images_wanted(folder)
    if inner is not None and inner + 2 != len(folders):
        raise ResultError(
            f"{folder} holds {len(folders)} images, but INCAR says IMAGES = {inner}.",
            f"There must be {inner + 2}: those between and both ends.",
        )
    images = [_image(one) for one in folders]
    names = [f"{image.path.parent.name}/{image.path.name}" for image in images]
    elements = same_elements([image.elements for image in images], names)
    _check_settings(images, names, folder)
    steps = _steps(images, names, folder)
    forces = np.array([step.forces_eV_A for step in steps])
    tangential = np.full(len(images), np.nan)
    for place, step in enumerate(steps):
        told_by_xml = images[place].path.name in _XML and 0 < place < len(images) - 1
        if step.vtst or told_by_xml:
            # The table holds the force of the band, or may: springs in, the slope projected out.
            forces[place] = np.nan
        if step.tangent_eV_A is not None:
            tangential[place] = step.tangent_eV_A
    energies = np.array([step.free_eV for step in steps])
    sigma0 = np.array([step.sigma0_eV for step in steps])
    return Band(
        code=CODE,
        version=images[0].version,
        lattice_A=images[0].lattice_A,
        elements=elements,
        positions_A=np.array([step.positions_A for step in steps]),
        energies_eV=energies,
        energy_kind="free energy TOTEN, whose derivatives the forces are",
        forces_eV_A=forces,
        tangential_eV_A=tangential,
        facts=_facts(images, steps),
        files=tuple(image.path for image in images),
        other_barriers_eV={"energy(sigma->0)": float(sigma0.max() - sigma0[0])},
    )


def _images_wanted(folder: Path) -> int | None:
    incar = folder / "INCAR"
    if not incar.is_file():
        return None
    match = re.search(r"^\s*IMAGES\s*=\s*(\d+)", whole(incar), re.M)
    return int(match[1]) if match else None


def _image(folder: Path) -> Image:
    outcars = [folder / name for name in _OUTPUTS if (folder / name).is_file()]
    xmls = [folder / name for name in _XML if (folder / name).is_file()]
    if not outcars and not xmls:
        raise ResultError(
            f"{folder} holds no OUTCAR.",
            "Run the set, or copy the file; for the ends it is that of their relaxation.",
        )
    if not outcars:
        return read_vasprun(xmls[0])
    image = read_outcar(outcars[0])
    if xmls and image.finished:
        _compare(image, xmls[0])
    return image


def _compare(image: Image, xml: Path) -> None:
    """Refuse an OUTCAR beside the vasprun.xml of another run; a cut one says nothing."""
    try:
        other = read_vasprun(xml)
    except ResultError:
        return
    if not other.finished or not image.steps:
        return
    one, two = image.steps[-1].free_eV, other.steps[-1].free_eV if other.steps else None
    if one is None or two is None or abs(one - two) > _AGREE_EV:
        raise ResultError(
            f"{image.path} and {xml.name} do not end at the same energy.",
            "They are of different runs, or one is damaged: copy both again.",
        )


def _check_settings(images: Sequence[Image], names: Sequence[str], folder: Path) -> None:
    for key, what in _SHARED.items():
        values = {
            name: image.settings[key]
            for name, image in zip(names, images, strict=True)
            if key in image.settings
        }
        if len(set(values.values())) > 1:
            text = ", ".join(f"{name} {value:g}" for name, value in values.items())
            raise ResultError(
                f"{folder}: the images do not have the same {what} ({key}): {text}.",
                "Their energies cannot be compared: run all with the same settings.",
            )
    for name, image in zip(names, images, strict=True):
        if image.potentials != images[0].potentials:
            raise ResultError(
                f"{name} was run with other POTCARs than {names[0]}.",
                "Their energies cannot be compared: run all with the same.",
            )
        if np.abs(image.lattice_A - images[0].lattice_A).max() > _CELL_A:
            raise ResultError(
                f"{name} has another cell than {names[0]}.",
                "All images need the same cell (ISIF = 2): relax the ends at that of the band.",
            )


def _steps(images: Sequence[Image], names: Sequence[str], folder: Path) -> list[Step]:
    """For each image the step that the profile is made of."""
    for name, image in zip(names, images, strict=True):
        if not image.steps:
            raise ResultError(
                f"{folder}/{name} is cut within its first step.", "Run it, or copy it again."
            )
    for place in (0, -1):
        if not images[place].finished:
            raise ResultError(
                f"{folder}/{names[place]} does not come to its end: it is cut, or the run of that "
                "end was killed.",
                "Copy it again, or relax that end again.",
            )
        if any(step.in_band for step in images[place].steps):
            raise ResultError(
                f"{folder}/{names[place]} is of an image between the ends.",
                "The first and the last folder hold the relaxed ends: one is missing or swapped.",
            )
    between = images[1:-1]
    outcars = [image for image in between if image.path.name in _OUTPUTS]
    stray = [image.path for image in outcars if not all(step.in_band for step in image.steps)]
    if stray:
        raise ResultError(
            f"{stray[0]} is not of a band.",
            "It is of a run by itself, such as an end: files were swapped.",
        )
    ended = {image.finished for image in between}
    lengths = [len(image.steps) for image in between]
    if len(ended) > 1 or max(lengths) - min(lengths) > (0 if True in ended else 1):
        counts = ", ".join(
            f"{name} {length}{'' if image.finished else ' (no end)'}"
            for name, image, length in zip(names[1:-1], between, lengths, strict=True)
        )
        raise ResultError(
            f"{folder}: the images do not have the same number of ionic steps: {counts}.",
            "An OUTCAR is cut or of another run: copy it again.",
        )
    common = min(lengths)
    return [
        images[0].steps[-1],
        *(image.steps[common - 1] for image in between),
        images[-1].steps[-1],
    ]


def _facts(images: Sequence[Image], steps: Sequence[Step]) -> Facts:
    between = images[1:-1]
    finished = all(image.finished for image in between)
    rested = [image.relaxed for image in between]
    count = min(len(image.steps) for image in between)
    converged: bool | None
    if any(image.path.name in _XML for image in between):
        converged, says = None, "vasprun.xml does not say whether the band came to rest"
    elif not finished:
        converged, says = False, f"VASP did not come to its end after {count} steps"
    elif all(rested) or (any(rested) and count < images[1].settings.get("NSW", 0)):
        # The images stop together; one may say it for all, but not of the last step allowed.
        converged, says = True, f"required accuracy reached after {count} steps"
    else:
        converged, says = False, f"VASP ended after {count} steps without the required accuracy"
    force = images[1].settings.get("EDIFFG", 0.0)
    vtst = any(step.vtst for step in steps[1:-1])
    ends = tuple(
        image.relaxed if image.settings.get("NSW", 0) > 0 and image.path.name in _OUTPUTS else None
        for image in (images[0], images[-1])
    )
    electrons = tuple(image.settings.get("NELECT", np.nan) for image in images)
    return Facts(
        finished=finished,
        converged=converged,
        says=says,
        threshold_eV_A=-force if force < 0 else None,
        steps=count,
        climbing=None if vtst else False,
        scf_failed=tuple(i for i, step in enumerate(steps) if not step.scf_converged),
        ends_relaxed=(ends[0], ends[1]),
        electrons=electrons,
        notes=_jumps(images),
    )


def _jumps(images: Sequence[Image]) -> tuple[str, ...]:
    """What differs without harm, such as versions."""
    jumps = []
    for one, other in pairwise(images):
        if one.version and other.version and one.version != other.version:
            jumps.append(
                f"{one.path.parent.name} was run with VASP {one.version}, "
                f"{other.path.parent.name} with {other.version}"
            )
    return tuple(jumps)
