"""Descriptors of the compositions of a block, as arrays.

A million compositions go through the same functions as one: tolerance factors of the mean radii,
pseudo-cubic lattice parameter mixed from the end members, band gap by the fitted model, the (100)
angle.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np

from perovdb.calculators.experiment import space_notes
from perovdb.calculators.mixing import Cell, perovskite_lattice
from perovdb.calculators.radii import RULE, choose_radius
from perovdb.calculators.screening import gaps
from perovdb.calculators.screening.space import Block, Space
from perovdb.calculators.tolerance import bartel_tau, goldschmidt_t, octahedral_mu
from perovdb.composition import as_composition
from perovdb.composition.composition import SITE_COUNT
from perovdb.composition.registry import load_registry
from perovdb.errors import MissingData
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.store import queries

#: What is calculated for each composition, besides the fraction of each ion.
DESCRIPTORS = ("t", "mu", "tau", "a_A", "gap_eV", "two_theta_100_deg", "charge")

#: Line of the (100) angle.
LINE = "CuKa1"


class Tables(NamedTuple):
    """What the descriptors of a space are made of; NaN where the store has no value.

    Attributes:
        radii_A: for A, B and X the radii of the species in angstrom.
        charges: the same for their charges in e.
        a_A: (a, b, x) pseudo-cubic lattice parameters of the end members in angstrom.
        gaps: the model of gaps.
        wavelength_A: of the line LINE.
        notes: where the values come from, and what is missing.
    """

    radii_A: tuple[np.ndarray, np.ndarray, np.ndarray]
    charges: tuple[np.ndarray, np.ndarray, np.ndarray]
    a_A: np.ndarray
    gaps: gaps.GapTables
    wavelength_A: float
    notes: tuple[str, ...]


def tables(space: Space, temperature_K: float = ROOM_TEMPERATURE_K) -> Tables:
    """Radii, charges, cells and gaps for all compositions of a space.

    Args:
        space: of the compositions.
        temperature_K: of the end members' cells and gaps, in kelvin.

    Raises:
        InputError: the store does not know the X-ray line.
    """
    registry = load_registry()
    radii: list[np.ndarray] = []
    charges: list[np.ndarray] = []
    notes = [f"radii: {RULE}"]
    for site in space.sites:
        ions = [registry.ion(species) for species in site.species]
        of_site = np.full(len(ions), np.nan)
        for i, ion in enumerate(ions):
            try:
                of_site[i] = choose_radius(queries.radii(ion.species), ion)["radius_A"]
            except MissingData as error:
                notes.append(f"t, mu and tau with {ion.species} are not known: {error.what}")
        radii.append(of_site)
        charges.append(np.array([float(ion.charge) for ion in ions]))
    a_A, a_notes = _end_cells(space, temperature_K)
    of_gaps = gaps.gap_tables(space.A.species, space.B.species, space.X.species, temperature_K)
    limits = space_notes({site.name: site.species for site in space.sites})
    return Tables(
        radii_A=(radii[0], radii[1], radii[2]),
        charges=(charges[0], charges[1], charges[2]),
        a_A=a_A,
        gaps=of_gaps,
        wavelength_A=float(queries.wavelength(LINE)["wavelength_A"]),
        notes=tuple(dict.fromkeys([*notes, *a_notes, *of_gaps.notes, *limits])),
    )


def _end_cells(space: Space, temperature_K: float) -> tuple[np.ndarray, list[str]]:
    """(a, b, x) pseudo-cubic a of the end members in angstrom, and notes on them."""
    shape = tuple(len(site.species) for site in space.sites)
    a_A = np.full(shape, np.nan)
    used: list[tuple[str, Cell]] = []
    missing = []
    species = product(*(site.species for site in space.sites))
    for index, (a, b, x) in zip(np.ndindex(*shape), species, strict=True):
        formula = as_composition(f"({a})({b})({x})3").formula
        try:
            cell = perovskite_lattice(formula, temperature_K)
        except MissingData:
            missing.append(formula)
            continue
        a_A[index] = cell.a_pseudocubic_A
        used.append((formula, cell.end_members[0].cell))
    notes = []
    if used:
        cells = "; ".join(
            f"{formula} {cell.a_pseudocubic_A:.3f} A, "
            f"{'estimate' if cell.estimate else cell.phase}, {cell.evidence}, {cell.source}"
            for formula, cell in used
        )
        notes.append(f"a_A: Vegard's rule over {cells}")
    if missing:
        notes.append(
            f"no perovskite cell at {temperature_K:g} K, so that a_A of compositions with it is "
            f"not known: {', '.join(missing)}"
        )
    return a_A, notes


def descriptors(block: Block, tables: Tables) -> dict[str, np.ndarray]:
    """Descriptors of the compositions of a block: name -> (n,) values, NaN where unknown.

    Args:
        block: site fractions.
        tables: of the same space.

    t, mu and tau are those of `perovdb.calculators.tolerance`, from fraction-weighted mean radii;
    a_A is Vegard's mean of pseudo-cubic a as in `perovdb.calculators.mixing`, in angstrom; gap_eV
    is by the model of `perovdb.calculators.gap`; two_theta_100_deg the angle 2 asin(lambda / 2a)
    of the pseudo-cubic (100) at Cu K-alpha1; charge that of a formula unit, in e.
    """
    r_A, r_B, r_X = (
        _mean(fractions, radii) for fractions, radii in zip(block, tables.radii_A, strict=True)
    )
    charge = sum(
        count * _mean(fractions, charges)
        for count, fractions, charges in zip(
            SITE_COUNT.values(), block, tables.charges, strict=True
        )
    )
    a_A = _multilinear(block, tables.a_A)
    with np.errstate(invalid="ignore"):
        two_theta = np.degrees(2 * np.arcsin(tables.wavelength_A / (2 * a_A)))
    return {
        "t": goldschmidt_t(r_A, r_B, r_X),
        "mu": octahedral_mu(r_B, r_X),
        "tau": bartel_tau(r_A, r_B, r_X),
        "a_A": a_A,
        "gap_eV": gaps.gap_eV(*block, tables.gaps),
        "two_theta_100_deg": two_theta,
        # Whole charges and fractions of a sum of 1 leave rounding errors only.
        "charge": np.round(charge, 9) + 0.0,
    }


def _mean(fractions: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n,) fraction-weighted means; NaN where a species that is there has no value."""
    unknown = np.isnan(values)
    mean: np.ndarray = fractions @ np.where(unknown, 0.0, values)
    if unknown.any():
        mean[(fractions[:, unknown] > 0).any(axis=1)] = np.nan
    return mean


def _multilinear(block: Block, ends: np.ndarray) -> np.ndarray:
    """(n,) means of the end members' values; NaN where one that takes part has none.

    Args:
        block: (n, a), (n, b), (n, x) fractions on each site.
        ends: (a, b, x) values.
    """
    unknown = np.isnan(ends)
    mean = _contract(block, np.where(unknown, 0.0, ends))
    if unknown.any():
        mean[_contract(block, unknown * 1.0) > 0] = np.nan
    return mean


def _contract(block: Block, ends: np.ndarray) -> np.ndarray:
    # Compositions along the last axis: numpy's inner loops are then long.
    A, B, X = (fractions.T for fractions in block)
    over_x = ends @ X
    total: np.ndarray = (over_x * A[:, None] * B[None]).sum(axis=(0, 1))
    return total
