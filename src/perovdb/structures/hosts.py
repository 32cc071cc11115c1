"""The empty cell that a model starts from: a phase of the store, or octahedra tilted by Glazer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.calculators.mixing import lattice
from perovdb.calculators.tolerance import tolerance
from perovdb.composition import Composition, as_composition
from perovdb.composition.registry import load_registry
from perovdb.store import queries
from perovdb.structures.scaled_cell import check_lattice, scaled_cell
from perovdb.structures.sites import Sites
from perovdb.structures.tilts.angles import tilt_from_tolerance
from perovdb.structures.tilts.cells import tilted_sites
from perovdb.structures.tilts.glazer import parse_glazer


@dataclass(frozen=True)
class Host:
    """A unit cell before ions are put on its sites.

    Attributes:
        composition: what its sites hold.
        sites: the sites.
        occupants: (n,) species -> fraction on each site; what is missing to 1 is empty.
        text: how the cell came about, for people.
        notes: where the cell is not what was asked for.
        phase: name of the phase, or of the tilt system.
    """

    composition: Composition
    sites: Sites
    occupants: tuple[Mapping[str, float], ...]
    text: str
    notes: tuple[str, ...]
    phase: str

    @property
    def cubic(self) -> bool:
        """Whether the cell has the shape of a cube."""
        metric = self.sites.lattice_A @ self.sites.lattice_A.T
        return bool(np.allclose(metric, metric[0, 0] * np.eye(3), rtol=0, atol=1e-6))


def has_positions(composition: Composition) -> bool:
    """Whether the store has a cell of this very composition with its atomic positions."""
    return any(queries.phase_sites(row["id"]) for row in queries.phases(composition.formula))


def host_of_phase(
    composition: Composition | str,
    phase: str | None,
    temperature_K: float,
    a_A: float | None = None,
) -> Host:
    """The average cell of a phase; arguments and errors as for `average_cell`.

    With a pseudo-cubic parameter `a_A` it is scaled to that, see `scaled_cell`.
    """
    if a_A is None:
        return as_host(average_cell(composition, phase, temperature_K))
    composition = as_composition(composition)
    return as_host(scaled_cell(composition, phase, temperature_K, a_A))


def as_host(cell: AverageCell) -> Host:
    """An average cell that is there already."""
    return Host(
        composition=cell.composition,
        sites=Sites(cell.lattice_A, cell.fractional, np.array(cell.roles)),
        occupants=cell.occupants,
        text=cell.origin,
        notes=cell.notes,
        phase=cell.phase,
    )


def host_of_tilts(
    composition: Composition | str,
    glazer: str,
    angles_deg: Sequence[float] | None,
    temperature_K: float,
    a_A: float | None = None,
) -> Host:
    """Octahedra tilted by a Glazer system, with the volume of the composition's lattice.

    All B-X bonds are equal, and their length is such that a formula unit has the volume a^3 of
    the pseudo-cubic lattice parameter; ideal cages hold the A ions.

    Args:
        composition: a Composition or a formula.
        glazer: symbol such as "a-b+a-".
        angles_deg: tilts about the pseudo-cubic axes, one number for all that are tilted or one
            for each; estimated from the tolerance factor if not given.
        temperature_K: of the lattice parameter.
        a_A: that parameter, if it is not to be the one of the facts.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        FormulaError: the composition is no perovskite ABX3.
        InputError: the symbol or the angles cannot be used.
        OutOfRange: no angle is given and t > 1, which tilts nothing.
        MissingData: the lattice parameter is not known.
    """
    composition = as_composition(composition)
    full = composition.filled(load_registry())
    system = parse_glazer(glazer)
    given = a_A is not None
    if a_A is None:
        a_A = lattice(full, temperature_K).a_pseudocubic_A
    check_lattice(a_A)
    notes = []
    if not system.tilted:
        tilts, said = [0.0], "not tilted"
    elif angles_deg is None:
        factor = tolerance(full).t
        tilts = [tilt_from_tolerance(glazer, factor)]
        said = f"tilted by {tilts[0]:.2f} deg"
        notes.append(f"the tilt is an estimate from hard spheres with t = {factor:.3f}")
    else:
        tilts = list(angles_deg)
        said = f"tilted by {', '.join(f'{angle:g}' for angle in tilts)} deg"
    unit = tilted_sites(glazer, tilts, 1.0)
    volume = abs(np.linalg.det(unit.lattice_A)) / len(unit.of("B"))
    bond_A = float(a_A / volume ** (1 / 3))
    sites = tilted_sites(glazer, tilts, bond_A)
    return Host(
        composition=composition,
        sites=sites,
        occupants=tuple(composition.sites[str(role)] for role in sites.roles),
        text=(
            f"{system.symbol} {said}, B-X {bond_A:.4f} A, "
            f"for a = {a_A:.4f} A" + ("" if given else f" at {temperature_K:g} K")
        ),
        notes=tuple(notes),
        phase=system.symbol,
    )
