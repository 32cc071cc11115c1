"""What a user should know of a set before running it, whatever the code."""

from __future__ import annotations

from collections.abc import Sequence

from perovdb.inputs.job import NebJob
from perovdb.migration.paths import Path
from perovdb.structures.history import notes

#: Heavy elements of these lattices whose states spin-orbit coupling moves most.
_HEAVY = ("Pb",)


def notes_of(job: NebJob, of_code: Sequence[str]) -> list[str]:
    """Notes of the path, of the code and of the physics that is left out.

    Args:
        job: the calculation.
        of_code: what the module of its code has to say.
    """
    path = job.path
    # What the steps that made the atoms had to say; a path of an average cell tells it itself.
    start = path.images[0]
    made = [] if isinstance(path, Path) or not start.properties.get("history") else notes(start)
    told = [*made, *path.notes, *of_code, *_ends(job), *_charge(job), *_spin_orbit(job)]
    return list(dict.fromkeys(told))


def _ends(job: NebJob) -> list[str]:
    if not job.relax_first:
        return []
    return [
        "the inner images lie between the ends as they are built, and job.sh does not make them "
        "anew when it has relaxed the ends: if an end moves far, write a new set of the path "
        "between the relaxed ends (perovdb.migration.chain.path_between)"
    ]


def _charge(job: NebJob) -> list[str]:
    charge = job.path.charge
    if not charge:
        return []
    return [
        f"the charge of {charge:+d} is compensated by a uniform background: total energies carry "
        "an error of the finite cell, most of which is the same for all images and cancels in "
        "the barrier; compare a larger cell or a neutral one (--neutral partner)"
    ]


def _spin_orbit(job: NebJob) -> list[str]:
    heavy = [element for element in _HEAVY if element in job.elements]
    incar = job.preset.values("incar") if job.preset.code == "vasp" else {}
    if not heavy or incar.get("LSORBIT"):
        return []
    return [f"spin-orbit coupling of {', '.join(heavy)} is left out"]
