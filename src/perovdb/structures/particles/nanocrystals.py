"""Nanocrystals: cut from a crystal, neutral by a stated rule, dopants where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pymatgen.core import Structure

from perovdb.composition import Composition
from perovdb.errors import StructureError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.arguments import checked
from perovdb.structures.assembling import copied
from perovdb.structures.charges import formal_charge, unit_charge
from perovdb.structures.drawing import draw
from perovdb.structures.history import record
from perovdb.structures.octahedra.axes import Axes
from perovdb.structures.particles.boxes import boxed
from perovdb.structures.particles.cell import particle_cell
from perovdb.structures.particles.charge_balance import check_rule
from perovdb.structures.particles.cutting import Cut, axes_of, cut, extents
from perovdb.structures.particles.ions import ions_of, neutral, sizes_that_fit
from perovdb.structures.particles.ligands import bind
from perovdb.structures.particles.report import edges_nm
from perovdb.structures.particles.wulff import Shape
from perovdb.structures.sites import Sites
from perovdb.structures.units import crystal_units, ion_formula, sites_of_units

PADDING_A = 10.0


@checked
def nanocrystal(
    composition: Composition | str,
    edge_nm: float | Sequence[float] | None = None,
    cells: int | Sequence[int] | None = None,
    *,
    shape: Shape = "cube",
    termination: str | None = None,
    centre: str | Sequence[float] | None = None,
    phase: str = "alpha",
    a_A: float | None = None,
    balance: str = "surface A",
    placement: str = "uniform",
    within: Mapping[str, Any] | None = None,
    nearest: bool = False,
    padding_A: float = PADDING_A,
    periodic: bool = False,
    orientation: str = "random",
    seed: int = 0,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Structure:
    """A particle of a composition, neutral by a stated rule.

    The lattice is that of `particle_cell`; the minority ions of B take their places by a rule,
    those of A and X are drawn by the seed; all in exact numbers.

    Args:
        composition: a Composition or a formula.
        edge_nm: distance between the outermost planes of atoms, one number or one along each
            pseudo-cubic axis. A box takes the nearest whole number of octahedra.
        cells: instead of the edge, octahedra in a row along each axis.
        shape: "cube" (a box), "sphere", or relative energies of facets for Wulff's polyhedron,
            such as {"100": 1.0, "110": 1.1}, whose size is its width along [100].
        termination: "AX" or "BX2", a key of TERMINATIONS. By default AX; with an edge, the one
            whose edge comes nearest and that holds the composition in whole numbers.
        centre: "A", "B" or three pseudo-cubic coordinates from a B.
        phase: whose cell; the aristotype by default.
        a_A: pseudo-cubic lattice parameter to which the cell is scaled, if another is wanted.
        balance: a key of charge_balance.RULES.
        placement: a key of dopants.PLACEMENTS, for all ions of B but the most frequent.
        within: a slab of the particle that those keep to, as for `dopants.in_region`.
        nearest: take the nearest whole numbers where the fractions give none.
        padding_A: vacuum between the outermost atoms and the walls of the box.
        periodic: whether the box repeats.
        orientation: rule for organic cations.
        seed: of what is drawn at random.
        temperature_K: as for `average_cell`.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: a size or a rule cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the fractions give no whole numbers of ions (what would is said), or the
            rule cannot make the particle neutral.
    """
    check_rule(balance)
    cell = particle_cell(composition, phase, temperature_K, a_A)
    sites = Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))
    axes = axes_of(sites)
    failed: StructureError | None = None
    for kind in _terminations(axes, edge_nm, cells, shape, termination):
        widths = extents(axes, edge_nm, cells, shape, kind)
        particle = cut(sites, axes, widths, shape, kind, centre)
        try:
            mend = sizes_that_fit(cell.composition, particle, axes, shape)
            ions, held = ions_of(
                cell.composition, particle, balance, placement, within, nearest, seed, mend
            )
        except StructureError as error:
            failed = failed or error
            continue
        break
    else:
        assert failed is not None
        raise failed
    network = particle.network
    inside = Sites(np.eye(3), network.positions_A[held], network.roles[held], (False,) * 3)
    made = boxed(draw(inside, ions, orientation, seed), padding_A, periodic)
    charge, change = formal_charge(ions), _change(particle, held)
    if balance == "ligands" and charge:
        made, change = _with_ligands(made, charge), f"{abs(charge)} ligands"
        made, charge = boxed(made, padding_A, periodic), 0
    arguments = {
        "composition": cell.composition.formula,
        "edge_nm": _plain(edge_nm),
        "cells": _plain(cells),
        "shape": shape if isinstance(shape, str) else dict(shape),
        "termination": termination,
        "centre": _plain(centre),
        "phase": cell.phase,
        "a_A": a_A,
        "balance": balance,
        "placement": placement,
        "within": None if within is None else dict(within),
        "nearest": nearest,
        "padding_A": padding_A,
        "periodic": periodic,
        "orientation": orientation,
        "seed": seed,
        "temperature_K": temperature_K,
    }
    text = f"{cell.origin}; {_text(made, particle, shape, kind, balance, change, charge)}"
    notes = [*cell.notes, *_size_notes(made, edge_nm, axes)]
    return record(made, "nanocrystal", arguments, text, charge=charge, notes=notes)


@checked
def carve(
    structure: Structure,
    *,
    edge_nm: float | Sequence[float] | None = None,
    cells: int | Sequence[int] | None = None,
    shape: Shape = "cube",
    termination: str = "AX",
    centre: str | Sequence[float] | None = None,
    balance: str = "surface A",
    padding_A: float = PADDING_A,
    periodic: bool = False,
) -> Structure:
    """A particle cut from a crystal as it is: its ordering, tilts and molecules, whole units only.

    Args:
        structure: a crystal as built by perovdb; the rest as for `nanocrystal`.

    Raises:
        InputError: a size or a rule cannot be used.
        StructureError: the structure is no crystal of corner-sharing octahedra, or the rule
            cannot make the particle neutral.
    """
    check_rule(balance)
    every = crystal_units(structure)
    sites = sites_of_units(structure, every)
    axes = axes_of(sites)
    widths = extents(axes, edge_nm, cells, shape, termination)
    particle = cut(sites, axes, widths, shape, termination, centre)
    charges = np.array([unit_charge(unit) for unit in every])[particle.source]
    held = neutral(particle, charges, balance)
    chosen = [every[source] for source in particle.source[held]]
    shifts_A = particle.shift_A[held] - particle.centre_A
    positions = [
        (structure.cart_coords[unit.atoms] + shift_A) @ particle.turn
        for unit, shift_A in zip(chosen, shifts_A, strict=True)
    ]
    loose = copied(structure, chosen, positions, structure.lattice)
    made = boxed(loose, padding_A, periodic)
    charge, change = int(charges[held].sum()), _change(particle, held)
    if balance == "ligands" and charge:
        made, change = _with_ligands(made, charge), f"{abs(charge)} ligands"
        made, charge = boxed(made, padding_A, periodic), 0
    arguments = {
        "edge_nm": _plain(edge_nm),
        "cells": _plain(cells),
        "shape": shape if isinstance(shape, str) else dict(shape),
        "termination": termination,
        "centre": _plain(centre),
        "balance": balance,
        "padding_A": padding_A,
        "periodic": periodic,
    }
    text = _text(made, particle, shape, termination, balance, change, charge)
    notes = _size_notes(made, edge_nm, axes)
    return record(made, "carve", arguments, text, charge=charge, before=structure, notes=notes)


def _size_notes(made: Structure, edge_nm: float | Sequence[float] | None, axes: Axes) -> list[str]:
    """What to say of a particle that is smaller or larger than asked by half a cell or more, as
    balls and polyhedra, with an octahedron in their middle, can be."""
    if edge_nm is None:
        return []
    made_nm = np.array(edges_nm(made))
    off = np.abs(made_nm - np.asarray(edge_nm, dtype=float)) * 10 / axes.lengths_A
    if off.max() < 0.6:
        return []
    edges = " x ".join(f"{edge:.2f}" for edge in made_nm)
    return [f"the particle measures {edges} nm between its outermost ions, not the edge asked for"]


def _terminations(
    axes: Axes,
    edge_nm: float | Sequence[float] | None,
    cells: int | Sequence[int] | None,
    shape: Shape,
    termination: str | None,
) -> list[str]:
    """Terminations to try, the best first."""
    if termination is not None or edge_nm is None:
        return [termination or "AX"]
    off = {}
    for kind, planes in (("AX", 1), ("BX2", 0)):
        reached = (extents(axes, edge_nm, cells, shape, kind) + planes) * axes.lengths_A / 10
        off[kind] = round(float(np.abs(reached - np.asarray(edge_nm)).max()), 6)
    return sorted(off, key=lambda kind: off[kind])


def _with_ligands(structure: Structure, charge: int) -> Structure:
    if charge < 0:
        return bind(structure, "methylammonium", -charge, ("A vacancy",)).structure
    return bind(structure, "acetate", charge, ("X vacancy", "on A")).structure


def _change(particle: Cut, held: np.ndarray) -> str:
    words = []
    for role in "AX":
        mine = particle.network.roles == role
        less = int((particle.held & ~held & mine).sum())
        more = int((held & ~particle.held & mine).sum())
        words += [f"{less} {role} taken out"] * bool(less) + [f"{more} {role} put on"] * bool(more)
    return ", ".join(words) or "nothing moved"


def _text(
    made: Structure,
    particle: Cut,
    shape: Shape,
    termination: str,
    balance: str,
    change: str,
    charge: int,
) -> str:
    name = (
        shape
        if isinstance(shape, str)
        else "Wulff polyhedron " + ", ".join(f"({facet}) {e:g}" for facet, e in shape.items())
    )
    name = "box" if name == "cube" and len(set(particle.cells)) > 1 else name
    edges = " x ".join(f"{edge:.2f}" for edge in edges_nm(made))
    return (
        f"{termination}-terminated {name}, {'x'.join(map(str, particle.cells))} octahedra, "
        f"{edges} nm; {ion_formula(made)}; balance {balance}: {change}; charge {charge:+d}"
    )


def _plain(value: Any) -> Any:
    """What JSON can hold."""
    return np.asarray(value).tolist() if isinstance(value, (np.ndarray, tuple, list)) else value
