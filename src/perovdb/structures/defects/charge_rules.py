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
from collections.abc import Mapping
from math import gcd

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import InputError, StructureError, check_choice
from perovdb.structures.cell_shapes import minimum_image_A
from perovdb.structures.defects.choices import Points, nearest_free
from perovdb.structures.defects.selecting import Stock
from perovdb.structures.history import charge_of

NEUTRAL = {
    "cell": "the charge of the cell stays: the ion goes or comes as a neutral atom",
    "partner": "vacancies make up for it, of X or of A; of its own ion for an interstitial",
    "schottky": "vacancies are filled up to whole formula units",
}

#: Where the partners stand.
PARTNERS = {"close": "beside the defects", "far": "as far from all defects as can be"}

#: Defects whose periodic images are nearer than this are warned about.
NEAR_IMAGES_A = 10.0


def compensating(
    stock: Stock,
    taken: np.ndarray,
    change: int,
    neutral: str | None,
    frenkel: str | None = None,
) -> dict[str, int]:
    """Ion -> number of vacancies that make up for a change of charge; none if not asked for.

    Args:
        stock: all units, with their charges.
        taken: (m,) units that are gone, or used, already.
        change: what the defects add to the charge of the cell, in e.
        neutral: None, a key of NEUTRAL, or a vacancy such as "V_I".
        frenkel: the ion whose vacancies are the partners, those of an interstitial.

    Raises:
        InputError: there is no such rule.
        StructureError: no whole number of these vacancies makes up for it.
    """
    if neutral is None or neutral == "cell":
        return {}
    if neutral == "schottky":
        return _schottky(stock, taken)
    named = stock.registry.ion(neutral[2:]).species if neutral.startswith("V_") else None
    if named is None and neutral != "partner":
        raise InputError(
            f"{neutral!r} is not a way to keep the cell neutral.",
            f"Choose one of: {', '.join(NEUTRAL)} (of vacancies only); or name a vacancy, such "
            "as V_I.",
        )
    if change == 0:
        return {}
    ion = named or frenkel or stock.commonest("X" if change < 0 else "A", taken.tolist())
    number, rest = divmod(change, stock.charge_of(ion))
    if rest or number < 0:
        raise StructureError(
            f"V_{ion} cannot make up for a charge of {change:+d}.",
            "Name a vacancy of the opposite charge, or leave the cell charged.",
        )
    return {ion: number}


def _schottky(stock: Stock, taken: np.ndarray) -> dict[str, int]:
    """Ion -> number of further vacancies that fill up whole formula units of the crystal.

    Raises:
        StructureError: all of them would leave a charge.
    """
    gone = Counter(stock.every[number].role for number in taken.tolist())
    sites = Counter(unit.role for unit in stock.every)
    shared = gcd(*sites.values())
    formulas = max(-(-number * shared // sites[role]) for role, number in gone.items())
    wanted = {role: formulas * sites[role] // shared - gone[role] for role in sorted(sites)}
    more = {stock.commonest(role): number for role, number in wanted.items() if number}
    left = stock.charge(taken) + sum(stock.charge_of(ion) * n for ion, n in more.items())
    if left:
        raise StructureError(
            f"These Schottky vacancies would leave a charge of {-left:+d}.",
            "Take them out of a whole, neutral crystal, or name each vacancy.",
        )
    return more


def partner_vacancies(
    stock: Stock,
    taken: np.ndarray,
    points: Points,
    around: np.ndarray,
    wanted: Mapping[str, int],
    partner: str,
) -> dict[str, np.ndarray]:
    """Ion -> numbers of the units that go as partners of defects.

    Args:
        stock: the units of the structure.
        taken: (m,) units that the defects use already.
        points: of the units, and behind them of what is between the sites.
        around: (d,) which of the points partners are to be near, or far from.
        wanted: ion -> number of vacancies.
        partner: a key of PARTNERS.

    Raises:
        StructureError: there are not that many.
    """
    check_choice(partner, PARTNERS, "not a place for partners")
    chosen: dict[str, np.ndarray] = {}
    for ion, number in wanted.items():
        free = np.setdiff1d(stock.of(ion), taken)
        if len(free) < number:
            raise StructureError(
                f"{number} V_{ion} would be needed to make up for the charge; "
                f"there are {len(free)} {ion} to take out.",
                "Take a larger supercell, another partner, or leave the cell charged.",
            )
        chosen[ion] = nearest_free(points, around, free, number, partner)
        taken = np.concatenate([taken, chosen[ion]])
        if partner == "far":
            around = np.concatenate([around, chosen[ion]])
    return chosen


def charge_after(
    structure: Structure, formal: int, neutral: str | None, charge_state: int | None
) -> int:
    """Net charge of the cell after a step.

    Args:
        structure: before it.
        formal: what the step adds by formal charges, partners included, in e.
        neutral: rule of the step; "cell" adds nothing.
        charge_state: what the step adds instead, if the user says so.

    Raises:
        InputError: there is a rule and a charge.
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
    lines = []
    images = minimum_image_A(structure.lattice.matrix, structure.lattice.pbc)
    if np.isfinite(images):
        lines.append(f"The periodic images of the defect are {images:.2f} A apart.")
        if images < NEAR_IMAGES_A:
            lines.append(
                f"Warning: images nearer than {NEAR_IMAGES_A:g} A feel each other; take a larger "
                f"supercell."
            )
    if np.isfinite(apart_A):
        lines.append(f"The nearest two defects of the cell are {apart_A:.2f} A apart.")
    electrons = int(sum(site.specie.Z for site in structure)) - charge
    lines.append(
        f"The cell has charge {signed(charge)} and {electrons} electrons (sum of the atomic "
        "numbers less the charge)"
        + ("; an odd number: compute with spin." if electrons % 2 else ".")
    )
    if charge != formal:
        lines.append(
            f"Whole ions would leave {signed(formal)}: the cell holds {abs(formal - charge)} "
            f"electrons {'more' if charge < formal else 'fewer'} than they do."
        )
    return lines


def signed(charge: int) -> str:
    """A charge as it is written: +2, -1 or 0."""
    return f"{charge:+d}" if charge else "0"
