"""From a composition to atoms: host cell, supercell, ordering, molecules, one vacancy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymatgen.core import Structure

from perovdb.calculators.average_cell import AverageCell
from perovdb.composition import Composition, as_composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.arguments import checked
from perovdb.structures.defects.vacancies import remove
from perovdb.structures.filling import Replace, filling
from perovdb.structures.hosts import as_host, has_positions
from perovdb.structures.layered.ruddlesden_popper import ruddlesden_popper
from perovdb.structures.models import (
    Drawing,
    Model,
    Molecules,
    drawn,
    model_of,
    plain_size,
    shapes,
)
from perovdb.structures.supercells import Matrix

#: The rule that stands for all distinct orderings.
ENUMERATE = "enumerate"


@checked
def build(
    composition: Composition | str,
    phase: str | None = None,
    size: Matrix = (1, 1, 1),
    seed: int = 0,
    orientation: str = "random",
    vacancy: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    *,
    distance_A: float | None = None,
    tilt: str | None = None,
    angles_deg: Sequence[float] | None = None,
    replace: Replace | None = None,
    order: str = "random",
    axis: int = 2,
    choice: int = 0,
    pointing: str = "long",
    centre: str = "mass",
    molecules: Molecules | None = None,
    a_A: float | None = None,
    nearest: bool = False,
) -> Structure:
    """An atomic model of a composition.

    Args:
        composition: a Composition or a formula. A layered one, A(n+1)BnX(3n+1), whose cell the
            store lacks becomes a Ruddlesden-Popper phase, see `layered.ruddlesden_popper`.
        phase: as for `average_cell`.
        size: repeats of the cell along its three vectors, or a 3 x 3 matrix of whole numbers whose
            rows are the vectors of the supercell in those of the cell.
        seed: of the ordering of shared sites and of random orientations; the same seed gives the
            same structure.
        orientation: rule for organic cations, a key of `orientations.ORIENTATIONS`.
        vacancy: an ion of the composition; one such ion, the first, is left out, and the cell
            takes the opposite of its charge.
        temperature_K: as for `average_cell`.
        distance_A: instead of a size, the smallest cell with this distance between a point and its
            periodic images; the history keeps the matrix that was found.
        tilt: a Glazer symbol such as "a-b+a-" instead of a phase: ideal octahedra, tilted.
        angles_deg: of the tilts, see `hosts.host_of_tilts`; estimated from t by default.
        replace: old species -> new species -> number: exact numbers of ions to replace, whose
            places the ordering chooses. The lattice stays that of the composition.
        order: rule for shared sites, a key of `ordering.RULES`; or "enumerate" for one of the
            symmetry-distinct orderings, see `distinct_models`.
        axis: number of a cell vector, for orderings that have one.
        choice: which of the distinct orderings, from 0.
        pointing, centre: what of a molecule points as the rule says, and what of it stands on
            its site: `axis` and `centre` of `drawing.draw`.
        molecules: species -> XYZ file or SMILES string, for geometries that the store lacks.
        a_A: the pseudo-cubic lattice parameter that the cell is scaled to, the cube root of the
            volume of a formula unit, instead of that of the facts.
        nearest: take the nearest whole numbers of ions where the fractions give none.

    Returns:
        a structure with the site properties role, ion and molecule, and a history.

    Raises:
        FormulaError, UnknownSpecies: the formula, or an ion, is not known.
        InputError: the size or a rule cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the fractions do not give whole numbers of ions in this cell, or atoms
            would come too near each other.
    """
    composition = as_composition(composition)
    if composition.layers is not None and not has_positions(composition):
        others = (phase, tilt, angles_deg, replace, molecules, distance_A, choice, nearest)
        usual = (axis, pointing, centre) == (2, "long", "mass") and order != ENUMERATE
        if any(others) or not usual:
            raise InputError(
                f"The store has no cell of {composition.formula}, and the Ruddlesden-Popper phase "
                "that is built for it takes a size, an order, a seed, an orientation and a "
                "lattice parameter only.",
                "Build it into a file, and change that.",
            )
        repeats: Any = size
        structure = ruddlesden_popper(
            composition,
            size=repeats,
            order=order,
            seed=seed,
            orientation=orientation,
            temperature_K=temperature_K,
            a_A=a_A,
        )
        return structure if vacancy is None else remove(structure, vacancy)
    model = model_of(
        composition,
        phase,
        size,
        distance_A,
        temperature_K,
        tilt,
        angles_deg,
        replace,
        a_A,
        nearest,
    )
    drawing = Drawing(orientation, seed, pointing, centre, shapes(molecules))
    if order == ENUMERATE:
        every = model.filling.distinct()
        if not 0 <= choice < len(every):
            raise InputError(
                f"There is no distinct ordering number {choice}.",
                f"There are {len(every)}, numbered from 0.",
            )
        structure = drawn(model, every[choice], {"order": order, "choice": choice}, drawing)
    else:
        found = model.filling.ordered(order, seed, axis)
        structure = drawn(model, found, {"order": order, "axis": axis}, drawing)
    return structure if vacancy is None else remove(structure, vacancy)


@checked
def distinct_models(
    composition: Composition | str,
    phase: str | None = None,
    size: Matrix = (1, 1, 1),
    seed: int = 0,
    orientation: str = "random",
    temperature_K: float = ROOM_TEMPERATURE_K,
    *,
    distance_A: float | None = None,
    tilt: str | None = None,
    angles_deg: Sequence[float] | None = None,
    replace: Replace | None = None,
    pointing: str = "long",
    centre: str = "mass",
    molecules: Molecules | None = None,
    a_A: float | None = None,
    nearest: bool = False,
) -> list[tuple[Structure, int]]:
    """One model of each symmetry-distinct ordering, with its multiplicity.

    Molecules count as points here: their orientations follow the rule and the seed on top of it.

    Args:
        composition, phase, size, seed, orientation, temperature_K, distance_A,
            tilt, angles_deg, replace, pointing, centre, molecules, a_A, nearest: as for `build`.

    Raises:
        FormulaError, UnknownSpecies, InputError, MissingData: as `build`.
        StructureError: as `build`, and if there are too many orderings to list.
    """
    model = model_of(
        composition,
        phase,
        size,
        distance_A,
        temperature_K,
        tilt,
        angles_deg,
        replace,
        a_A,
        nearest,
    )
    drawing = Drawing(orientation, seed, pointing, centre, shapes(molecules))
    return [
        (
            drawn(model, found, {"order": ENUMERATE, "choice": number}, drawing),
            found.multiplicity,
        )
        for number, found in enumerate(model.filling.distinct())
    ]


def fill(cell: AverageCell, size: Matrix, seed: int, orientation: str) -> Structure:
    """A model of an average cell that is there already; other arguments as for `build`."""
    host = as_host(cell)
    given = {"phase": cell.phase, "size": plain_size(size)}
    model = Model(host, filling(host, size, None), given)
    found = model.filling.ordered("random", seed, 2)
    return drawn(model, found, {"order": "random"}, Drawing(orientation, seed))
