"""Ligands on a surface: acetate and methylammonium, as stand-ins for oleate and oleylammonium.

Their heads bind as those of the long ones do. The rules of their places:

* acetate chelates a cation by its two O atoms, the C-C bond along the outward normal; each O is
  as far from the cation as the sum of Shannon's ionic radii of the cation (coordination nearest 6
  on B, 12 on A) and of two-coordinated O;
* methylammonium takes the place of an A ion, N on the site and C outwards; N is pushed outwards
  until no X is nearer than the sum of the Kieslich radius of NH4 and Shannon's of X.

Each is then turned about its normal, in steps of 15 degrees, to where it is freest. Atoms of
different ligands, or of a ligand and an ion, come no nearer than `contact_radii` lets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.calculators.radii import choose_radius
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, MissingData, StructureError, check_choice
from perovdb.store import per_store, queries
from perovdb.structures.assembling import added
from perovdb.structures.charges import charge_of_units, ion_charge
from perovdb.structures.history import Outcome, charge_of, step
from perovdb.structures.particles.boxes import Box, boxed, padding
from perovdb.structures.particles.ligand_heads import Head, acetate, methylammonium
from perovdb.structures.particles.ligand_room import Room, Stand
from perovdb.structures.particles.spreading import spread
from perovdb.structures.particles.surface_places import Place, places
from perovdb.structures.units import Unit, crystal_units

#: Ligand -> ion that it is, and where it may bind.
LIGANDS = {
    "acetate": ("acetate", ("X vacancy", "on A")),
    "methylammonium": ("MA", ("A vacancy",)),
}
#: Least room that a box keeps about a particle.
LEAST_ROOM_A = 1.6
#: A particle in a box that repeats has at least this much vacuum along all three vectors.
ISOLATED_A = 2.5


@step
def ligands(
    x: Structure,
    ligand: str,
    *,
    count: int | None = None,
    at: str | None = None,
    numbers: Sequence[int] | None = None,
    facing: tuple[float, float, float] | None = None,
    exchange: bool = False,
) -> Outcome:
    """A particle or slab with ligands on its surface.

    Args:
        x: a particle or a slab, its atoms standing in a box or between vacuum.
        ligand: a key of LIGANDS.
        count: how many, spread evenly; by default all that have room.
        at: "X vacancy" (on a B that lacks an X) or "on A" (above an outermost A) for acetate,
            "A vacancy" for methylammonium; the first by default.
        numbers: which places, by their numbers in `surface_places.places`, instead of a count.
        facing: only places whose outward normal is within 30 degrees of this direction.
        exchange: take out the surface ions of the same charge in whose places the ligands come:
            X for acetate, A for methylammonium.

    Raises:
        InputError: there is no such ligand or place.
        StructureError: there are not so many places, or so many ligands would touch each other.
    """
    check_choice(ligand, LIGANDS, "not a ligand")
    at = at or LIGANDS[ligand][1][0]
    if count is not None and count < 1:
        raise InputError(f"{count!r} is no number of ligands.", "Give a whole number from 1 on.")
    bound = bind(x, ligand, count, (at,), numbers, facing, exchange)
    text = f"{bound.text} at {at}{' by exchange' if exchange else ''}, charge {bound.charge:+d}"
    return replace(bound, text=text, arguments={"at": at})


def bind(
    structure: Structure,
    ligand: str,
    count: int | None,
    sorts: Sequence[str],
    numbers: Sequence[int] | None = None,
    facing: tuple[float, float, float] | None = None,
    exchange: bool = False,
) -> Outcome:
    """As `ligands`, over several sorts of places in turn."""
    ion, allowed = LIGANDS[ligand]
    for sort in sorts:
        check_choice(sort, allowed, f"no place where {ligand} binds")
    if exchange and sorts[0] == "on A":
        raise InputError("Nothing is exchanged on A.", "Choose X vacancy.")
    chosen: list[Place] = []
    spare: list[Place] = []
    for sort in sorts:
        free = places(structure, sort, occupied=exchange)
        if facing is not None:
            free = _facing(free, np.array(facing))
        if numbers is not None:
            if not all(0 <= number < len(free) for number in numbers):
                raise InputError(
                    f"The surface has no place {max(numbers, key=abs)}.",
                    f"There are {len(free)} of the sort '{sort}', numbered from 0.",
                )
            free = [free[number] for number in dict.fromkeys(numbers)]
        # Ligands do not crowd: one on each B or A as long as there are others.
        wanted = len(free) if count is None else count - len(chosen)
        before = [place.position_A for place in chosen]
        picked = _one_each(free, wanted, before, structure.lattice)
        chosen += [free[number] for number in picked]
        spare += [place for number, place in enumerate(free) if number not in picked]
    if not chosen or (count is not None and len(chosen) < count):
        raise StructureError(
            f"The surface has {len(chosen)} places for {ligand} ({', '.join(sorts)}).",
            "Ask for fewer, make vacancies first, or let them come by exchange of the ions there.",
        )
    return _placed(structure, ion, chosen, spare, fewer=count is None and numbers is None)


def _facing(every: list[Place], direction: np.ndarray) -> list[Place]:
    size = np.linalg.norm(direction)
    if not size:
        raise InputError("(0, 0, 0) is no direction.", "Give three numbers, such as (0, 0, 1).")
    return [p for p in every if p.normal @ direction / size > np.cos(np.radians(30))]


def _one_each(
    every: list[Place], count: int, others: list[np.ndarray], lattice: Lattice
) -> list[int]:
    """Numbers of places spread evenly, no second one on the same anchor before all have one."""
    chosen: list[int] = []
    left = list(range(len(every)))
    while left and len(chosen) < count:
        first: dict[int, int] = {}
        for number in left:
            first.setdefault(every[number].anchor, number)
        group = list(first.values())
        before = [*others, *(every[number].position_A for number in chosen)]
        points = np.array([every[number].position_A for number in group])
        picked = spread(points, count - len(chosen), np.array(before).reshape(-1, 3), lattice)
        chosen += [group[i] for i in picked]
        left = [number for number in left if number not in group]
    return chosen


def _placed(
    structure: Structure, ion: str, chosen: list[Place], spare: list[Place], fewer: bool
) -> Outcome:
    """Ligands on the chosen places, on spare ones where these have no room; fewer if that is
    allowed."""
    head = acetate() if ion == "acetate" else methylammonium()
    every = crystal_units(structure)
    stands = _stands(ion, head, every, [*chosen, *spare])
    room = Room(
        head,
        stands,
        np.asarray(structure.cart_coords),
        [site.specie.symbol for site in structure],
        _images_about(structure),
    )
    standing = room.settle(len(chosen), len(chosen))
    number, size = len(standing), len(head.elements)
    if not number or (number < len(chosen) and not fewer):
        raise StructureError(
            f"{len(chosen)} {ion} would touch each other or the crystal; {number} have room.",
            f"Ask for {number}." if number else "Choose other places, or another surface.",
        )
    gone = sorted({atom for stand in standing for atom in stands[stand].occupant})
    left = structure.copy()
    left.remove_sites(gone)
    bound = added(
        left,
        head.elements * number,
        np.concatenate(list(standing.values())),
        {
            "role": ["L"] * number * size,
            "ion": [ion] * number * size,
            "molecule": np.repeat(np.arange(number), size).tolist(),
        },
    )
    vacuum = padding(structure)
    if not any(structure.lattice.pbc) or (vacuum > ISOLATED_A and structure.lattice.is_orthogonal):
        # A particle: its box grows with it.
        bound = boxed(bound, Box(max(vacuum, LEAST_ROOM_A), bool(structure.lattice.pbc[0])))
    removed = charge_of_units(unit for unit in every if int(unit.atoms[0]) in gone)
    crowded = len(chosen) - number
    note = f"{crowded} of {len(chosen)} places have no {ion}: it would touch its neighbours"
    charge = charge_of(structure) + ion_charge(ion) * number - removed
    return Outcome(bound, f"{number} {ion}", charge, [note] * bool(crowded))


def _stands(ion: str, head: Head, every: list[Unit], chosen: list[Place]) -> list[Stand]:
    """Where the heads of ligands stand at their places."""
    if ion == "acetate":
        oxygen_A = radius_A("O")
        starts = []
        for place in chosen:
            across_A = radius_A(every[place.anchor].ion) + oxygen_A
            lift_A = np.sqrt(max(across_A**2 - head.reach_A**2, 0.0))
            starts.append(every[place.anchor].centre_A + place.normal * lift_A)
    else:
        x_ions = [unit for unit in every if unit.role == "X"]
        centres = np.array([unit.centre_A for unit in x_ions]).reshape(-1, 3)
        away_A = np.array([radius_A(unit.ion) for unit in x_ions]) + radius_A("NH4")
        starts = [
            place.position_A + place.normal * _push_A(place, centres, away_A) for place in chosen
        ]
    return [Stand(at, p.normal, p.occupant) for at, p in zip(starts, chosen, strict=True)]


@per_store
def radius_A(species: str) -> float:
    """The ionic radius that places a ligand: Shannon's, Kieslich's for NH4; O with two neighbours.

    Raises:
        MissingData: the store has none.
    """
    rows = queries.radii(species)
    if species != "O":
        return float(choose_radius(rows, load_registry().ion(species))["radius_A"])
    for row in rows:
        if row["radius_set"] == "shannon1976" and row["coordination_number"] == 2:
            return float(row["radius_A"])
    raise MissingData("The store has no radius of O.", "Add Shannon's to your store.")


def _push_A(place: Place, centres: np.ndarray, distances: np.ndarray) -> float:
    """How far N is pushed from a place along its normal until no X is too near, in angstrom.

    Args:
        place: of the ligand.
        centres: (n, 3) of the X, Cartesian.
        distances: (n,) that N keeps from each.
    """
    offset = centres - place.position_A
    along = offset @ place.normal
    inside = distances**2 - (np.sum(offset**2, axis=1) - along**2)
    half, along = np.sqrt(inside[inside > 0]), along[inside > 0]
    push = 0.0
    # Each sphere about an X is left behind at its far side.
    for number in np.argsort(along - half):
        if along[number] - half[number] < push < along[number] + half[number]:
            push = float(along[number] + half[number])
    return push


def _images_about(structure: Structure) -> np.ndarray:
    """(k, 3) translations to the neighbouring cells along the vectors that repeat."""
    repeats = np.array(structure.lattice.pbc, dtype=int)
    cells = np.array(list(np.ndindex(*(2 * repeats + 1)))) - repeats
    return np.asarray(cells @ structure.lattice.matrix)
