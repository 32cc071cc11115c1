"""What a defect does to the charge of its cell, and the partners that make up for it.

* A charged cell, the rule if nothing is said: ions come and go with their formal charges. V_I
  leaves +1, V_Pb -2; the number of electrons follows.
* "cell": the charge of the cell stays. The ion goes, or comes, as a neutral atom: the cell holds
  the electrons of its neutral atoms, and the electron or hole that the charged defect would give
  away stays in it. (A charge state between the two is asked for as a number.)
* "partner": vacancies make up for it: X vacancies for a negative defect (V_A with V_X, V_B with
  2 V_X), A vacancies for a positive one (V_X with V_A), and for an interstitial a vacancy of its
  own ion (a Frenkel pair). "V_Br" or "V_Pb" names the ion.
* "schottky", for vacancies: they are filled up to whole formula units, V_A + V_B + 3 V_X.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from math import gcd

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import InputError, StructureError
from perovdb.structures.cell_shapes import minimum_image_A
from perovdb.structures.defects.selecting import Stock
from perovdb.structures.history import charge_of
from perovdb.structures.units import Unit

NEUTRAL = {
    "cell": "the charge of the cell stays: the ion goes or comes as a neutral atom",
    "partner": "vacancies make up for it, of X or of A; of its own ion for an interstitial",
    "schottky": "vacancies are filled up to whole formula units",
}

#: Where the partners stand.
PARTNERS = {"close": "beside the defects", "far": "as far from all defects as can be"}

#: Defects whose periodic images are nearer than this are warned about.
NEAR_IMAGES_A = 10.0


def partners(
    stock: Stock,
    free: Sequence[Unit],
    change: int,
    neutral: str,
    own_ion: str | None = None,
) -> dict[str, int]:
    """Ion -> number of vacancies that make up for a change of charge.

    Args:
        stock: all units, with their charges.
        free: the units that partners may be taken from.
        change: what the defects add to the charge of the cell, in e.
        neutral: "partner", or a vacancy such as "V_I".
        own_ion: of an interstitial.

    Raises:
        InputError: there is no such rule.
        StructureError: no whole number of these vacancies makes up for it.
    """
    if neutral.startswith("V_"):
        ion = stock.registry.ion(neutral[2:]).species
    elif neutral != "partner":
        raise InputError(
            f"{neutral!r} is not a way to keep the cell neutral.",
            f"Choose one of: {', '.join(NEUTRAL)} (of vacancies only); or name a vacancy, such "
            "as V_I.",
        )
    elif change == 0:
        return {}
    elif own_ion is not None:
        ion = own_ion
    else:
        ion = commonest(free, "X" if change < 0 else "A")
    if change == 0:
        return {}
    number, rest = divmod(change, stock.charge_of(ion))
    if rest or number < 0:
        raise StructureError(
            f"V_{ion} cannot make up for a charge of {change:+d}.",
            "Name a vacancy of the opposite charge, or leave the cell charged.",
        )
    return {ion: number}


def schottky(stock: Stock, removed: Mapping[str, int]) -> dict[str, int]:
    """Ion -> number of further vacancies that fill up whole formula units of the crystal.

    Args:
        stock: the units of the structure.
        removed: ion -> number of vacancies asked for.

    Raises:
        StructureError: all of them would leave a charge.
    """
    every = stock.every
    of_role: Counter[str] = Counter()
    for ion, number in removed.items():
        role = next(unit.role for unit in every if unit.ion == ion)
        of_role[role] += number
    sites = Counter(unit.role for unit in every)
    shared = reduce(gcd, sites.values())
    formula = {role: number // shared for role, number in sites.items()}
    formulas = max(-(-number // formula[role]) for role, number in of_role.items())
    more = {
        commonest(every, role): formulas * formula[role] - of_role[role]
        for role in sorted(formula)
        if formulas * formula[role] > of_role[role]
    }
    left = sum(stock.charge_of(ion) * n for ion, n in [*removed.items(), *more.items()])
    if left:
        raise StructureError(
            f"These Schottky vacancies would leave a charge of {-left:+d}.",
            "Take them out of a whole, neutral crystal, or name each vacancy.",
        )
    return more


def commonest(every: Sequence[Unit], role: str) -> str:
    """The ion that most sites of a role hold, the first of equals.

    Raises:
        StructureError: the structure has no such site.
    """
    counts = Counter(unit.ion for unit in every if unit.role == role)
    if not counts:
        raise StructureError(
            f"The structure holds no ion on {role} to make up for the charge.",
            "Leave the cell charged, or name another partner.",
        )
    return max(counts, key=lambda ion: counts[ion])


def charge_after(
    structure: Structure, formal: int, neutral: str | None, charge_state: int | None
) -> int:
    """Net charge of the cell after a step.

    Args:
        structure: before it.
        formal: what the step adds by formal charges, partners included, in e.
        neutral: as given; "cell" adds nothing.
        charge_state: what the step adds instead, if it was said.

    Raises:
        InputError: both were said.
    """
    before = charge_of(structure)
    if charge_state is None:
        return before if neutral == "cell" else before + formal
    if neutral is not None:
        raise InputError(
            f"A charge state of {charge_state:+d} and {neutral!r} contradict each other.",
            "Give one of the two.",
        )
    return before + int(charge_state)


def defect_notes(structure: Structure, charge: int, formal: int, apart_A: float) -> list[str]:
    """What a user should know about the charge and the images of a defect.

    Args:
        structure: with the defect.
        charge: of the cell, in e.
        formal: the charge that whole ions would give the cell.
        apart_A: shortest distance between defects of the cell; infinite for one.
    """
    told = []
    images = minimum_image_A(structure.lattice.matrix, structure.lattice.pbc)
    if np.isfinite(images):
        told.append(f"The periodic images of the defect are {images:.2f} A apart.")
        if images < NEAR_IMAGES_A:
            told.append(
                f"Warning: images nearer than {NEAR_IMAGES_A:g} A feel each other; take a larger "
                f"supercell."
            )
    if np.isfinite(apart_A):
        told.append(f"The nearest two defects of the cell are {apart_A:.2f} A apart.")
    electrons = int(sum(site.specie.Z for site in structure)) - charge
    told.append(
        f"The cell has charge {signed(charge)} and {electrons} electrons (sum of the atomic "
        "numbers less the charge)"
        + ("; an odd number: compute with spin." if electrons % 2 else ".")
    )
    if charge < formal:
        told.append(
            f"Whole ions would leave {signed(formal)}: the cell holds {formal - charge} electrons "
            "more than they do."
        )
    elif charge > formal:
        told.append(
            f"Whole ions would leave {signed(formal)}: the cell holds {charge - formal} electrons "
            "fewer than they do."
        )
    return told


def signed(charge: int) -> str:
    """A charge as it is written: +2, -1 or 0."""
    return f"{charge:+d}" if charge else "0"
