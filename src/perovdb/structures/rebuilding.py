"""Make a structure again from its history."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.builder import build
from perovdb.structures.defects.interstitials import add_interstitial
from perovdb.structures.defects.substitutions import substitute
from perovdb.structures.defects.vacancies import vacancies, vacancy
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.restoring import adopt
from perovdb.structures.layered.antiphase import antiphase_boundary
from perovdb.structures.layered.intergrowths import intergrowth
from perovdb.structures.layered.ruddlesden_popper import ruddlesden_popper
from perovdb.structures.particles.dopants import dope
from perovdb.structures.particles.ligands import attach_ligands
from perovdb.structures.particles.nanocrystals import carve, nanocrystal
from perovdb.structures.particles.slabs import cut_slab, slab
from perovdb.structures.particles.surface_vacancies import surface_vacancies
from perovdb.structures.supercells import supercell

#: What makes a structure from nothing.
FIRST: dict[str, Callable[..., Structure]] = {
    step.__name__: step
    for step in (
        adopt,
        antiphase_boundary,
        build,
        intergrowth,
        nanocrystal,
        read_structure,
        ruddlesden_popper,
        slab,
    )
}

#: What changes a structure that is there.
CHANGES: dict[str, Callable[..., Structure]] = {
    step.__name__: step
    for step in (
        add_interstitial,
        attach_ligands,
        carve,
        cut_slab,
        dope,
        substitute,
        supercell,
        surface_vacancies,
        vacancies,
        vacancy,
    )
}


@checked
def rebuild(history: Sequence[Mapping[str, Any]]) -> Structure:
    """The structure that a history tells of, made step by step.

    Args:
        history: as in `structure.properties["history"]`.

    Raises:
        InputError: the history does not begin with a way to make a structure, or holds a step
            or an argument that is not known.
        and what the steps raise.
    """
    structure: Structure | None = None
    for number, done in enumerate(history):
        table = FIRST if structure is None else CHANGES
        name, arguments = done.get("step"), done.get("arguments")
        if name not in table or not isinstance(arguments, Mapping):
            raise InputError(
                f"Step {number + 1} of the history, '{name}', is not known.",
                f"Known here: {', '.join(sorted(table))}.",
            )
        known = inspect.signature(table[name]).parameters
        for argument in arguments:
            if argument not in known:
                raise InputError(
                    f"Step {number + 1} of the history, {name}, has an argument '{argument}' that "
                    "is not known.",
                    "It was written by another version of perovdb.",
                )
        before = [] if structure is None else [structure]
        lacking = [
            one.name
            for place, one in enumerate(known.values())
            if one.default is one.empty and place >= len(before) and one.name not in arguments
        ]
        if lacking:
            raise InputError(
                f"Step {number + 1} of the history, {name}, lacks the argument "
                f"{', '.join(lacking)}.",
                "Take the whole history from a structure of perovdb.",
            )
        structure = table[name](*before, **arguments)
    if structure is None:
        raise InputError("The history is empty.", "Take it from a structure of perovdb.")
    return structure
