"""From a composition to atoms: host cell, supercell, ordering, molecules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from perovdb.calculators.mixing import Lattice
from perovdb.composition import Composition, Material, as_composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.adoption import is_formula
from perovdb.structures.charges import formal_charge
from perovdb.structures.crystals import Crystal
from perovdb.structures.drawing import draw
from perovdb.structures.filling import Filling, Replace, filling
from perovdb.structures.history import Outcome, charge_of, history_of, step
from perovdb.structures.hosts import Host, Tilt, as_tilt, has_positions, host_of
from perovdb.structures.layered.layers import layers
from perovdb.structures.model import Model, Models
from perovdb.structures.molecules.orientations import Orientation, as_orientation
from perovdb.structures.ordering import ENUMERATE, Order, Ordering, as_order
from perovdb.structures.supercells import Size, as_matrix
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
    orientation: str | Orientation = "random",
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
    by, turned = as_order(order), as_orientation(orientation)
    crystal = Crystal(None if as_tilt(phase) else phase, temperature_K, lattice)  # type: ignore[arg-type]  # no Tilt is left
    if composition.layers is not None and not has_positions(composition):
        others = {"phase": phase, "replace": replace, "nearest": nearest}
        return _layered(composition, size, crystal, by, turned, seed, others)
    model = _model(composition, as_tilt(phase), size, crystal, replace, nearest)
    if by.rule != ENUMERATE:
        return _outcome(model, model.filling.ordered(by, seed), turned, seed)
    every = model.filling.distinct()
    if by.choice >= len(every):
        raise InputError(
            f"There is no distinct ordering number {by.choice}.",
            f"There are {len(every)}, numbered from 0.",
        )
    return _outcome(model, every[by.choice], turned, seed)


def distinct_models(
    x: Material,
    phase: str | Tilt | None = None,
    size: Size = 1,
    *,
    temperature_K: float = ROOM_TEMPERATURE_K,
    lattice: float | Lattice | None = None,
    orientation: str | Orientation = "random",
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
    crystal = Crystal(None if as_tilt(phase) else phase, temperature_K, lattice)  # type: ignore[arg-type]  # no Tilt is left
    model = _model(_formula(x), as_tilt(phase), size, crystal, replace, nearest)
    every = [
        Model(
            build(
                x,
                phase,
                size,
                temperature_K=temperature_K,
                lattice=lattice,
                order=Order(ENUMERATE, choice=number),
                orientation=orientation,
                replace=replace,
                nearest=nearest,
                seed=seed,
            ),
            ordering.multiplicity,
        )
        for number, ordering in enumerate(model.filling.distinct())
    ]
    return Models(tuple(every))


@dataclass(frozen=True)
class _Model:
    """A host, what is to stand in it, and the arguments that give it again."""

    host: Host
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
    tilt: Tilt | None,
    size: Size,
    crystal: Crystal,
    replace: Replace | None,
    nearest: bool,
) -> _Model:
    host = host_of(composition, crystal, tilt)
    rows = as_matrix(size, host.sites.lattice_A, host.sites.periodic)
    return _Model(
        host,
        filling(host, rows.tolist(), replace, nearest),
        {
            "x": composition.formula,
            "phase": crystal.phase or host.phase if tilt is None else tilt,
            "size": rows.tolist(),
            "lattice": crystal.a_A,
        },
    )


def _outcome(model: _Model, ordering: Ordering, orientation: Orientation, seed: int) -> Outcome:
    """The atoms of a model in an order.

    Raises:
        MissingData, StructureError: as `drawing.draw`.
    """
    host, ions = model.host, list(ordering.ions)
    structure = draw(model.filling.sites, ions, orientation, seed)
    charge = formal_charge(ions)
    notes = list(host.notes)
    organic = sorted({unit.ion for unit in units(structure) if len(unit.atoms) > 1})
    if organic and isinstance(model.arguments["phase"], str) and not host.cubic:
        notes.append(
            f"{', '.join(organic)}: the orientations follow the rule '{orientation.rule}', not "
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
        f"{host.text}; {_size_text(model.arguments['size'])}; {ordering.text}",
        charge=charge,
        notes=notes,
        arguments=model.arguments,
    )


def _layered(
    composition: Composition,
    size: Size,
    crystal: Crystal,
    order: Order,
    orientation: Orientation,
    seed: int,
    others: dict[str, Any],
) -> Outcome:
    """A Ruddlesden-Popper phase of its own formula."""
    plain = order == Order(order.rule) and orientation == Orientation(orientation.rule)
    if any(others.values()) or not plain or order.rule == ENUMERATE:
        raise InputError(
            f"The store has no cell of {composition.formula}, and the Ruddlesden-Popper phase "
            "that is built for it takes a size, an order, a seed, an orientation and a lattice "
            "parameter only.",
            "Build it into a file, and change that.",
        )
    structure = layers(
        composition,
        size=size,
        crystal=crystal,
        order=order.rule,
        orientation=orientation.rule,
        seed=seed,
    )
    (done,) = history_of(structure)
    return Outcome(
        structure,
        done["text"],
        charge=charge_of(structure),
        notes=done["notes"],
        arguments={"x": composition.formula, "lattice": crystal.a_A},
    )


def _size_text(rows: Sequence[Sequence[int]]) -> str:
    diagonal = all(
        not entry for i, row in enumerate(rows) for j, entry in enumerate(row) if i != j
    )
    if diagonal:
        return "x".join(str(row[i]) for i, row in enumerate(rows))
    return " / ".join(",".join(map(str, row)) for row in rows)
