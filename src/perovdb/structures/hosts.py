"""The empty cell that a model starts from: a phase of the store, or octahedra tilted by Glazer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perovdb.calculators.average_cell import AverageCell
from perovdb.calculators.mixing import perovskite_lattice
from perovdb.calculators.tolerance import tolerance
from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.store import queries
from perovdb.structures.crystals import Crystal
from perovdb.structures.tilts.angles import tilt_from_tolerance
from perovdb.structures.tilts.cells import tilted_sites
from perovdb.structures.tilts.glazer import parse_glazer

#: How a Glazer symbol is written.
GLAZER = re.compile(r"([abc][0+-]){3}")


@dataclass(frozen=True)
class Tilt:
    """Octahedra tilted by a Glazer system, instead of a phase.

    Attributes:
        glazer: symbol such as "a-b+a-".
        angles_deg: tilts about the pseudo-cubic axes, one number for all that are tilted or one
            for each; estimated from the tolerance factor if not given.
    """

    glazer: str
    angles_deg: Sequence[float] | None = None


def as_tilt(phase: str | Tilt | None) -> Tilt | None:
    """The tilt that is asked for in place of a phase, if one is: no phase is called like a Glazer
    symbol."""
    if isinstance(phase, str) and GLAZER.fullmatch(phase):
        return Tilt(phase)
    return phase if isinstance(phase, Tilt) else None


def has_positions(composition: Composition) -> bool:
    """Whether the store has a cell of this very composition with its atomic positions."""
    return any(queries.phase_sites(row["id"]) for row in queries.phases(composition.formula))


def host_of(composition: Composition, crystal: Crystal, tilt: Tilt | None) -> AverageCell:
    """The cell of a phase, or octahedra tilted by a Glazer system.

    Of the tilted ones all B-X bonds are equal, and their length is such that a formula unit has
    the volume a^3 of the pseudo-cubic lattice parameter; ideal cages hold the A ions.

    Args:
        composition: what stands on the sites.
        crystal: phase, temperature and lattice parameter; of tilted octahedra no phase.
        tilt: the system, and angles; None for a phase.

    Raises:
        OutOfRange: the composition is no perovskite ABX3, or no angle is given and t > 1, which
            tilts nothing.
        InputError: the symbol or the angles cannot be used.
        MissingData: there is no such cell, or the lattice parameter is not known.
    """
    if tilt is None:
        return crystal.cell(composition)
    full = composition.filled(load_registry())
    system = parse_glazer(tilt.glazer)
    a_A, where = crystal.a_A, ""
    if a_A is None:
        a_A = perovskite_lattice(full, crystal.temperature_K).a_pseudocubic_A
        where = f" at {crystal.temperature_K:g} K"
    notes = []
    if not system.tilted:
        tilts, text = [0.0], "not tilted"
    elif tilt.angles_deg is None:
        factor = tolerance(full).t
        tilts = [tilt_from_tolerance(tilt.glazer, factor)]
        text = f"tilted by {tilts[0]:.2f} deg"
        notes.append(f"the tilt is an estimate from hard spheres with t = {factor:.3f}")
    else:
        tilts = list(tilt.angles_deg)
        text = f"tilted by {', '.join(f'{angle:g}' for angle in tilts)} deg"
    unit = tilted_sites(tilt.glazer, tilts, 1.0)
    volume = abs(np.linalg.det(unit.lattice_A)) / len(unit.of("B"))
    bond_A = float(a_A / volume ** (1 / 3))
    sites = tilted_sites(tilt.glazer, tilts, bond_A)
    return AverageCell(
        composition=composition,
        phase=system.symbol,
        lattice_A=sites.lattice_A,
        roles=tuple(sites.roles.tolist()),
        fractional=sites.fractional,
        occupants=tuple(composition.sites[role] for role in sites.roles.tolist()),
        template=system.symbol,
        temperature=f"{crystal.temperature_K:g} K",
        origin=f"{system.symbol} {text}, B-X {bond_A:.4f} A, for a = {a_A:.4f} A{where}",
        source="",
        kind="derived",
        evidence="",
        notes=tuple(notes),
    )
