"""Vacancies that make up for the charge of defects, beside them or far away."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from perovdb.errors import InputError, StructureError
from perovdb.structures.defects.charge_rules import PARTNERS, partners
from perovdb.structures.defects.choices import Points, nearest_free
from perovdb.structures.defects.selecting import Stock


def with_partners(
    stock: Stock,
    taken: np.ndarray,
    defects: Points,
    around: np.ndarray,
    change: int,
    neutral: str | None,
    partner: str,
    own_ion: str | None = None,
) -> dict[str, np.ndarray]:
    """Ion -> numbers of the units that go to make up for a change of charge; none if not asked.

    Args:
        stock: the units of the structure.
        taken: (m,) units that the defects use already.
        defects, around: as for `partner_vacancies`.
        change: what the defects add to the charge of the cell, in e.
        neutral: as for the builders.
        partner: "close" or "far".
        own_ion: of an interstitial.
    """
    _check(partner)
    if neutral is None or neutral == "cell":
        return {}
    used = set(taken.tolist())
    free = [unit for number, unit in enumerate(stock.every) if number not in used]
    wanted = partners(stock, free, change, neutral, own_ion)
    return partner_vacancies(stock, taken, defects, around, wanted, partner)


def partner_vacancies(
    stock: Stock,
    taken: np.ndarray,
    defects: Points,
    around: np.ndarray,
    wanted: Mapping[str, int],
    partner: str,
) -> dict[str, np.ndarray]:
    """Ion -> numbers of the units that go as partners of defects.

    Args:
        stock: the units of the structure.
        taken: (m,) units that the defects use already.
        defects: points in the same cell; those that are not among the units, such as
            interstitials, stand behind them.
        around: (d,) which of the points partners are to be near, or far from.
        wanted: ion -> number of vacancies.
        partner: "close" or "far".

    Raises:
        StructureError: there are not that many.
    """
    _check(partner)
    used = set(taken.tolist())
    chosen: dict[str, np.ndarray] = {}
    for ion, number in wanted.items():
        free = np.array([n for n in stock.of(ion).tolist() if n not in used], dtype=int)
        if len(free) < number:
            raise StructureError(
                f"{number} V_{ion} would be needed to make up for the charge; "
                f"there are {len(free)} {ion} to take out.",
                "Take a larger supercell, another partner, or leave the cell charged.",
            )
        chosen[ion] = nearest_free(defects, around, free, number, partner)
        used.update(chosen[ion].tolist())
        if partner == "far":
            around = np.concatenate([around, chosen[ion]])
    return chosen


def _check(partner: str) -> None:
    if partner not in PARTNERS:
        raise InputError(
            f"{partner!r} is not a place for partners.", f"Choose one of: {', '.join(PARTNERS)}."
        )
