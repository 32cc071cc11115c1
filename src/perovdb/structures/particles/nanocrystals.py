"""Nanocrystals: cut from a crystal, neutral by a stated rule, dopants where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pymatgen.core import Structure

from perovdb.composition import Material, as_composition
from perovdb.errors import StructureError, check_choice
from perovdb.structures.assembling import copied
from perovdb.structures.charges import formal_charge, unit_charge
from perovdb.structures.crystals import Crystal, cell_sites
from perovdb.structures.drawing import draw
from perovdb.structures.history import Outcome, step, with_charge
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.octahedra.axes import Axes
from perovdb.structures.particles.boxes import Box, boxed
from perovdb.structures.particles.charge_balance import RULES
from perovdb.structures.particles.cutting import Cut, Size, axes_of, cut, extents
from perovdb.structures.particles.dopants import Placement
from perovdb.structures.particles.ions import neutral, particle_ions, sizes_that_fit
from perovdb.structures.particles.ligands import bind
from perovdb.structures.particles.report import edges_nm
from perovdb.structures.particles.wulff import Facets
from perovdb.structures.sites import Sites
from perovdb.structures.units import Unit, crystal_units, ion_formula, sites_of_units


@dataclass(frozen=True)
class Shape:
    """The shape of a particle.

    Attributes:
        kind: "cube" (a box), "sphere", or relative energies of facets for Wulff's polyhedron, such
            as {"100": 1.0, "110": 1.1}, whose size is its width along [100].
        termination: "AX" or "BX2", a key of TERMINATIONS. By default AX; of a formula with an
            edge, the one whose edge comes nearest and that holds the composition in whole numbers.
        centre: "A", "B" or three pseudo-cubic coordinates from a B.
    """

    kind: Facets = "cube"
    termination: str | None = None
    centre: str | Sequence[float] | None = None


class _Atoms(NamedTuple):
    """The atoms of a particle, not yet in their box.

    Attributes:
        structure: the atoms.
        kept: (n,) which sites of the cut are there after the balance.
        charge: of the particle, in e.
    """

    structure: Structure
    kept: np.ndarray
    charge: int


@step
def particle(
    x: Material,
    edge_nm: float | tuple[float, float, float] | None = None,
    cells: int | tuple[int, int, int] | None = None,
    *,
    shape: Facets | Shape = "cube",
    balance: str = "surface A",
    placement: str | Placement = "uniform",
    crystal: Crystal = Crystal("alpha"),
    box: Box = Box(),
    orientation: str | Orientation = "random",
    seed: int = 0,
) -> Outcome:
    """A nanocrystal, neutral by a stated rule.

    Of a formula, the minority ions of B take their places by a rule, those of A and X are drawn by
    the seed; all in exact numbers. A structure is cut as it is: its ordering, tilts and molecules,
    whole units only; placement, crystal, orientation and seed are of formulas alone.

    Args:
        x: any material.
        edge_nm: distance between the outermost planes of atoms, one number or one along each
            pseudo-cubic axis. A box takes the nearest whole number of octahedra.
        cells: instead of the edge, octahedra in a row along each axis.
        shape: "cube" (a box), "sphere", relative energies of facets, or a `Shape`, which also says
            termination and centre.
        balance: a key of charge_balance.RULES.
        placement: a key of dopants.PLACEMENTS, or a `Placement`, for all ions of B but the most
            frequent.
        crystal: phase, temperature and lattice parameter of a formula.
        box: vacuum, and whether it repeats.
        orientation: rule for organic cations, as for `build`.
        seed: of what is drawn at random.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: a size or a rule cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the structure is no crystal of corner-sharing octahedra, the fractions give
            no whole numbers of ions (what would is said), or the rule cannot make the particle
            neutral.
    """
    check_choice(balance, RULES, "not a rule to balance the charge")
    size, form = Size(edge_nm, cells), shape if isinstance(shape, Shape) else Shape(shape)
    where = Placement.of(placement)
    origin, notes = "", tuple[str, ...]()
    if isinstance(x, Structure):
        every = crystal_units(x)
        sites = sites_of_units(x, every)
        recorded: dict[str, Any] = dict.fromkeys(("placement", "crystal", "orientation", "seed"))
    else:
        cell = crystal.full_cell(as_composition(x))
        sites, origin, notes = cell_sites(cell), f"{cell.origin}; ", cell.notes
        recorded = {"x": cell.composition.formula}
    axes = axes_of(sites)

    def atoms(piece: Cut) -> _Atoms:
        if isinstance(x, Structure):
            return _carved(x, every, piece, balance)
        mend = sizes_that_fit(cell.composition, piece, axes, form.kind)
        ions, kept = particle_ions(cell.composition, piece, balance, where, seed, mend)
        network = piece.network
        inside = Sites(np.eye(3), network.positions_A[kept], network.roles[kept], (False,) * 3)
        return _Atoms(draw(inside, ions, orientation, seed), kept, formal_charge(ions))

    kinds = [form.termination or "AX"]
    if form.termination is None and size.edge_nm is not None and not isinstance(x, Structure):
        kinds = _by_edge(axes, size, form.kind)
    failures: list[StructureError] = []
    for kind in kinds:
        widths = extents(axes, size, form.kind, kind)
        piece = cut(sites, axes, widths, form.kind, kind, form.centre)
        try:
            bare = atoms(piece)
            break
        except StructureError as error:
            failures.append(error)
    else:
        raise failures[0]
    finished = boxed(bare.structure, box)
    charge, change = bare.charge, _change(piece, bare.kept)
    if balance == "ligands" and charge:
        finished, change = _with_ligands(finished, charge), f"{abs(charge)} ligands"
        finished, charge = boxed(finished, box), 0
    text = _text(finished, piece, form.kind, kind, balance, change, charge)
    return Outcome(
        finished,
        f"{origin}{text}",
        charge=charge,
        notes=[*notes, *_size_notes(finished, size, axes)],
        arguments=recorded,
    )


def _carved(structure: Structure, every: Sequence[Unit], piece: Cut, balance: str) -> _Atoms:
    """A particle cut from a crystal as it is."""
    charges = np.array([unit_charge(unit) for unit in every])[piece.source]
    kept = neutral(piece, charges, balance)
    chosen, atoms_A = [every[source] for source in piece.source[kept]], structure.cart_coords
    positions = [
        (atoms_A[unit.atoms] + shift_A) @ piece.turn
        for unit, shift_A in zip(chosen, piece.shift_A[kept] - piece.centre_A, strict=True)
    ]
    loose = copied(structure, chosen, positions, structure.lattice)
    return _Atoms(loose, kept, int(charges[kept].sum()))


def _size_notes(finished: Structure, size: Size, axes: Axes) -> list[str]:
    """What to say of a particle that is smaller or larger than asked by half a cell or more, as
    balls and polyhedra, with an octahedron in their middle, can be."""
    if size.edge_nm is None:
        return []
    reached_nm = np.array(edges_nm(finished))
    off = np.abs(reached_nm - np.asarray(size.edge_nm, dtype=float)) * 10 / axes.lengths_A
    if off.max() < 0.6:
        return []
    edges = " x ".join(f"{edge:.2f}" for edge in reached_nm)
    return [f"the particle measures {edges} nm between its outermost ions, not the edge asked for"]


def _by_edge(axes: Axes, size: Size, shape: Facets) -> list[str]:
    """The terminations, that whose edge comes nearest to the one asked for first."""
    off = {}
    for kind, planes in (("AX", 1), ("BX2", 0)):
        reached = (extents(axes, size, shape, kind) + planes) * axes.lengths_A / 10
        off[kind] = round(float(np.abs(reached - np.asarray(size.edge_nm)).max()), 6)
    return sorted(off, key=lambda kind: off[kind])


def _with_ligands(structure: Structure, charge: int) -> Structure:
    with_charge(structure, charge)
    if charge < 0:
        return bind(structure, "methylammonium", -charge, ("A vacancy",)).structure
    return bind(structure, "acetate", charge, ("X vacancy", "on A")).structure


def _change(piece: Cut, kept: np.ndarray) -> str:
    words = []
    for role in "AX":
        mine = piece.network.roles == role
        less = int((piece.filled & ~kept & mine).sum())
        more = int((kept & ~piece.filled & mine).sum())
        words += [f"{less} {role} taken out"] * bool(less) + [f"{more} {role} put on"] * bool(more)
    return ", ".join(words) or "nothing moved"


def _text(
    finished: Structure,
    piece: Cut,
    shape: Facets,
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
    name = "box" if name == "cube" and len(set(piece.cells)) > 1 else name
    edges = " x ".join(f"{edge:.2f}" for edge in edges_nm(finished))
    return (
        f"{termination}-terminated {name}, {'x'.join(map(str, piece.cells))} octahedra, "
        f"{edges} nm; {ion_formula(finished)}; balance {balance}: {change}; charge {charge:+d}"
    )
