"""What is looked at before a set is written: a bad path never becomes files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from perovdb.errors import StructureError
from perovdb.files.labels import one_line
from perovdb.inputs.boundary import CRYSTAL
from perovdb.inputs.job import BAND, RELAX, STATIC, Job
from perovdb.inputs.potentials import electron_count
from perovdb.inputs.sampling import describe, mesh
from perovdb.migration.integrity import largest_bond_change
from perovdb.migration.path import METHODS, SHORTEST_CONTACT_A, UNEVEN
from perovdb.structures.units import closest_contact, units

#: The path's positions are written with ten decimals.
_SAME_A = 1e-6

#: Below this distance two images are one.
_NO_STEP_A = 1e-3


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what.
        result: what it showed, in words.
        mend: how to mend it, empty if nothing is wrong.
    """

    name: str
    result: str
    mend: str = ""


def checks(job: Job) -> list[Check]:
    """Everything that is looked at, in the order of the report.

    Raises:
        StructureError: the images cannot be compared at all.
    """
    return [check(job) for check in CHECKS[job.task]]


def refuse_bad(every: list[Check]) -> None:
    """Stop at the first check that failed.

    Raises:
        StructureError: one failed.
    """
    for check in every:
        if check.mend:
            raise StructureError(f"{check.name}: {check.result}.", check.mend)


def report(title: str, every: list[Check], notes: Sequence[str] = ()) -> str:
    """The checks as text, one a line, and what a user should know at the end."""
    width = max(len(check.name) for check in every)
    lines = [f"{'ok' if not c.mend else 'BAD':4s}{c.name:{width}s}  {c.result}" for c in every]
    lines = [title, *lines, *(f"note  {note}" for note in notes)]
    return "".join(f"{one_line(line)}\n" for line in lines)


def _positions(job: Job) -> np.ndarray:
    """(images, atoms, 3) Cartesian."""
    return np.array([image.cart_coords for image in job.images])


def _same_atoms(job: Job) -> Check:
    name = "same atoms, same order"
    first, *rest = job.images
    for number, image in enumerate(rest, start=1):
        if len(image) != len(first):
            raise StructureError(
                f"Image {number:02d} has {len(image)} atoms, image 00 has {len(first)}.",
                "Make the path anew.",
            )
        others = [a != b for a, b in zip(image.species, first.species, strict=True)]
        if any(others):
            atom = others.index(True) + 1
            return Check(name, f"atom {atom} differs on image {number:02d}", "Make the path anew.")
    return Check(name, f"{len(job.images)} images of {len(first)} atoms")


def _same_cell(job: Job) -> Check:
    cells = np.array([image.lattice.matrix for image in job.images])
    off = float(np.abs(cells - cells[0]).max())
    mend = "" if off < _SAME_A else "A band needs one cell for all images."
    return Check("one cell", f"cell vectors differ by {off:.1e} A at most", mend)


def _unwrapped(job: Job) -> Check:
    steps = np.diff([image.frac_coords for image in job.images], axis=0)
    worst = float(np.abs(steps).max())
    mend = (
        ""
        if worst < 0.5
        else "An atom was wrapped into the cell on its way: undo it, or take more images."
    )
    return Check("unwrapped", f"no atom moves more than {worst:.3f} of a cell vector a step", mend)


def _spacing(job: Job) -> Check:
    steps = np.sqrt((np.diff(_positions(job), axis=0) ** 2).sum(axis=(1, 2)))
    uneven = float(np.abs(steps / steps.mean() - 1).max()) if steps.mean() > 0 else 0.0
    mend = ""
    if steps.min() < _NO_STEP_A:
        mend = "Two neighbouring images are the same: make the path anew."
    elif uneven > UNEVEN:
        mend = "Take more images."
    return Check("spacing", f"{steps.mean():.3f} A, even to {100 * uneven:.1f} %", mend)


def _contacts(job: Job) -> Check:
    contacts = [closest_contact(image) for image in job.images]
    worst = int(np.argmin(contacts))
    mends = {True: "Take another path or more images.", False: "Move the atoms apart."}
    mend = "" if contacts[worst] >= SHORTEST_CONTACT_A else mends[job.path is not None]
    where = f" (image {worst:02d})" if job.path else ""
    result = f"{contacts[worst]:.2f} A at least between ions or molecules{where}"
    return Check("contacts", result, mend)


def _molecules(job: Job) -> Check:
    start = job.images[0]
    number = sum(len(unit.atoms) > 1 for unit in units(start))
    if not number:
        return Check("molecules", "none")
    change = largest_bond_change(start, _positions(job))
    mend = (
        ""
        if job.path is None or change.share <= METHODS[job.path.method]
        else f"A molecule is torn on image {change.image:02d}: make the path 'rigid'."
    )
    result = f"{number}, no bond in them changes by more than {100 * change.share:.2g} %"
    return Check("molecules", result, mend)


def _charge(job: Job) -> Check:
    counts = {
        electron_count([site.specie.symbol for site in image], job.potentials, job.charge)
        for image in job.images
    }
    charges = {image.properties.get("charge", job.charge) for image in job.images}
    mend = (
        ""
        if len(counts) == 1 and (charges == {job.charge} or job.asked.charge is not None)
        else "Every image must have the same charge: make the path anew."
    )
    parity = "odd" if job.electrons % 2 else "even"
    unpaired = {0: "closed shell", 1: "one unpaired electron"}
    spin = f"{parity}: {unpaired.get(job.unpaired, f'{job.unpaired} unpaired electrons')}"
    where = " on every image" if job.path else ""
    result = f"{job.charge:+d}{where}, {job.electrons} valence electrons ({spin})"
    return Check("charge", result, mend)


def _k_points(job: Job) -> Check:
    if "kpoints" not in job.preset.sections:
        return Check("k-points", "Gamma only")
    return Check("k-points", describe(mesh(job.images[0].lattice, job.preset.values("kpoints"))))


def _vacuum(job: Job) -> Check:
    kind, gaps = job.boundary.kind, job.boundary.vacuum_A
    if kind == CRYSTAL:
        return Check("boundary", "a crystal, which repeats in all directions")
    widths = [gap for gap, is_open in zip(gaps, job.boundary.open, strict=True) if is_open]
    return Check("boundary", f"a {kind} in {min(widths):.1f} A of vacuum")


_OF_STRUCTURE = (_contacts, _charge, _vacuum, _k_points)

#: What is looked at before a task.
CHECKS: dict[str, tuple[Callable[[Job], Check], ...]] = {
    BAND: (
        *(_same_atoms, _same_cell, _unwrapped, _spacing),
        *(_contacts, _molecules, _charge, _vacuum, _k_points),
    ),
    STATIC: _OF_STRUCTURE,
    RELAX: _OF_STRUCTURE,
}
