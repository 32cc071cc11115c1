"""From a composition to atoms: host cell, supercell, ordering, molecules."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from perovdb.calculators.average_cell import AverageCell
from perovdb.calculators.mixing import Lattice
from perovdb.composition import Composition, Material, as_composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.adoption import is_formula
from perovdb.structures.charges import formal_charge
from perovdb.structures.crystals import Crystal
from perovdb.structures.drawing import draw, ordered_ones
from perovdb.structures.filling import Filling, Replace, filling
from perovdb.structures.history import Outcome, charge_of, history_of, recorded, step
from perovdb.structures.hosts import Tilt, as_tilt, has_positions, host_of
from perovdb.structures.layered.layers import layers
from perovdb.structures.model import Model, Models
from perovdb.structures.molecules.orientations import CRYSTAL, Orientation
from perovdb.structures.ordering import ENUMERATE, Order, Ordering
from perovdb.structures.supercells import Size, as_matrix, in_words
from perovdb.structures.units import units


@step
def build(
    x: Material,
    phase: str | Tilt | None = None,
    size: Size = 1,
    *,
    temperature_K: float = ROOM_TEMPERATURE_K,
    lattice: float | Lattice | None = None,
    order: str | Order = "random",
    orientation: str | Orientation = CRYSTAL,
    replace: Replace | None = None,
    nearest: bool = False,
    seed: int = 0,
) -> Outcome:
    """An atomic model of a composition, in exact numbers of ions.

    Args:
        x: a formula or a Composition. A layered one, A(n+1)BnX(3n+1), whose cell the store lacks
            becomes a Ruddlesden-Popper phase, see `layers`.
        phase: alpha, beta, gamma, delta, ..., as for `average_cell`; or a Glazer symbol such as
            "a-b+a-", or a `Tilt`: ideal octahedra, tilted.
        size: repeats of the cell, one number or three; a 3 x 3 matrix of whole numbers whose rows
            are the vectors of the supercell in those of the cell; or the least distance between
            periodic images, such as "15 A": the history keeps the matrix that was found.
        temperature_K: that the phase and the lattice are taken at.
        lattice: the pseudo-cubic lattice parameter in angstrom that the cell is scaled to, the
            cube root of the volume of a formula unit, or what `perovdb.lattice` gave.
        order: rule for shared sites, a key of `ordering.RULES`; "enumerate" or an `Order` for one
            of the symmetry-distinct orderings, see `distinct_models`.
        orientation: rule for organic cations, a key of `orientations.ORIENTATIONS`, or an
            `Orientation`, which also takes geometries that the store lacks.
        replace: old species -> new species -> number: exact numbers of ions to replace, whose
            places the ordering chooses. The lattice stays that of the composition.
        nearest: take the nearest whole numbers of ions where the fractions give none.
        seed: of the ordering of shared sites and of random orientations; the same seed gives the
            same structure.

    Returns:
        a structure with the site properties role, ion and molecule, and a history.

    Raises:
        FormulaError, UnknownSpecies: the formula, or an ion, is not known.
        InputError: the size or a rule cannot be used, or x is a structure.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the fractions do not give whole numbers of ions in this cell, or atoms
            would come too near each other.
    """
    composition = _formula(x)
    by, turned = Order.of(order), Orientation.of(orientation)
    if composition.layers is not None and not has_positions(composition):
        if phase is not None or replace or nearest:
            raise InputError(
                f"The store has no cell of {composition.formula}, and the Ruddlesden-Popper phase "
                "that is built for it has no phase, replace or nearest.",
                "Build it into a file, and change that.",
            )
        crystal = Crystal(None, temperature_K, lattice)
        slabs = layers(
            composition, size=size, crystal=crystal, order=by, orientation=turned, seed=seed
        )
        return Outcome(slabs, "", charge_of(slabs), history=history_of(slabs))
    model = _model(composition, phase, size, temperature_K, lattice, replace, nearest)
    return _outcome(model, model.filling.ordered(by, seed), turned, seed)


def distinct_models(
    x: Material,
    phase: str | Tilt | None = None,
    size: Size = 1,
    *,
    temperature_K: float = ROOM_TEMPERATURE_K,
    lattice: float | Lattice | None = None,
    orientation: str | Orientation = CRYSTAL,
    replace: Replace | None = None,
    nearest: bool = False,
    seed: int = 0,
) -> Models:
    """One model of each symmetry-distinct ordering, with its multiplicity.

    Molecules count as points here: their orientations follow the rule and the seed on top of it.

    Args:
        x, phase, size, temperature_K, lattice, orientation, replace, nearest, seed: as for
            `build`.

    Raises:
        FormulaError, UnknownSpecies, InputError, MissingData: as `build`.
        StructureError: as `build`, and if there are too many orderings to list.
    """
    model = _model(_formula(x), phase, size, temperature_K, lattice, replace, nearest)
    turned = Orientation.of(orientation)
    arguments = {
        "temperature_K": temperature_K,
        "orientation": orientation,
        "replace": replace,
        "nearest": nearest,
        "seed": seed,
    }
    every = [
        Model(
            recorded(
                "build",
                arguments | {"order": Order(ENUMERATE, choice=number)},
                _outcome(model, ordering, turned, seed),
            ),
            ordering.multiplicity,
        )
        for number, ordering in enumerate(model.filling.distinct())
    ]
    return Models(tuple(every))


class _Model(NamedTuple):
    """A host, what is to stand in it, and the arguments that give it again."""

    host: AverageCell
    filling: Filling
    arguments: dict[str, Any]


def _formula(x: Material) -> Composition:
    if not is_formula(x):
        raise InputError(
            "Only a formula is built, and this is a structure.",
            "Repeat it with `supercell`, or change it with `defects`.",
        )
    return as_composition(x)


def _model(
    composition: Composition,
    phase: str | Tilt | None,
    size: Size,
    temperature_K: float,
    lattice: float | Lattice | None,
    replace: Replace | None,
    nearest: bool,
) -> _Model:
    tilt = as_tilt(phase)
    name = phase if tilt is None and isinstance(phase, str) else None
    crystal = Crystal(name, temperature_K, lattice)
    host = host_of(composition, crystal, tilt)
    rows = as_matrix(size, host.lattice_A, (True,) * 3)
    arguments = {
        "x": composition.formula,
        "phase": tilt or name or host.phase,
        "size": rows.tolist(),
        "lattice": crystal.a_A,
    }
    return _Model(host, filling(host, rows.tolist(), replace, nearest), arguments)


def _outcome(model: _Model, ordering: Ordering, orientation: Orientation, seed: int) -> Outcome:
    """The atoms of a model in an order.

    Raises:
        MissingData, StructureError: as `drawing.draw`.
    """
    host, ions = model.host, list(ordering.ions)
    cells = len(model.filling.sites) // len(host.roles)
    molecules = host.molecules * cells
    structure = draw(model.filling.sites, ions, orientation, seed, molecules=molecules)
    ordered = {one.species for one in ordered_ones(ions, molecules, orientation) if one}
    charge = formal_charge(ions)
    notes = list(host.notes)
    organic = sorted({unit.ion for unit in units(structure) if len(unit.atoms) > 1})
    loose = [ion for ion in organic if ion not in ordered]
    if loose and isinstance(model.arguments["phase"], str) and not _cubic(host):
        rule = "random" if orientation.rule == CRYSTAL else orientation.rule
        notes.append(
            f"{', '.join(loose)}: the orientations follow the rule '{rule}', not "
            f"the crystal {host.phase}, which may have them in order"
        )
    if model.filling.replaced:
        notes.append(
            f"the lattice is that of {host.composition.formula}, as it is without the replacement"
        )
    if charge:
        notes.append(f"the formal charges of the ions sum to {charge:+d} in this cell")
    return Outcome(
        structure,
        f"{host.origin}; {in_words(model.arguments['size'])}; {ordering.text}",
        charge=charge,
        notes=notes,
        arguments=model.arguments,
    )


def _cubic(cell: AverageCell) -> bool:
    metric = cell.lattice_A @ cell.lattice_A.T
    return bool(np.allclose(metric, metric[0, 0] * np.eye(3), rtol=0, atol=1e-6))
