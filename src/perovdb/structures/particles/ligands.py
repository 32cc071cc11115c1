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
from typing import NamedTuple

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError, StructureError
from perovdb.structures.assembling import added
from perovdb.structures.charges import ion_charge, unit_charge
from perovdb.structures.history import Outcome, charge_of, step
from perovdb.structures.particles.boxes import Box, boxed, padding
from perovdb.structures.particles.ligand_heads import Head, acetate, methylammonium
from perovdb.structures.particles.ligand_placing import free_A, radius_A
from perovdb.structures.particles.ligand_room import Room, Stand
from perovdb.structures.particles.report import surface_network
from perovdb.structures.particles.spreading import spread
from perovdb.structures.particles.surface_places import Place, places

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
    structure: Structure,
    ligand: str,
    *,
    count: int | None = None,
    at: str | None = None,
    numbers: Sequence[int] | None = None,
    facing: Sequence[float] | None = None,
    exchange: bool = False,
) -> Outcome:
    """A particle or slab with ligands on its surface.

    Args:
        structure: a particle or a slab, its atoms standing in a box or between vacuum.
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
    if ligand not in LIGANDS:
        raise InputError(f"'{ligand}' is not a ligand.", f"Choose one of: {', '.join(LIGANDS)}.")
    at = at or LIGANDS[ligand][1][0]
    if count is not None and count < 1:
        raise InputError(f"{count!r} is no number of ligands.", "Give a whole number from 1 on.")
    bound = bind(structure, ligand, count, (at,), numbers, facing, exchange)
    charge = charge_of(structure) + bound.charge
    return Outcome(
        bound.structure,
        f"{bound.number} {ligand} at {at}{' by exchange' if exchange else ''}, charge {charge:+d}",
        charge=charge,
        notes=bound.notes,
        arguments={"at": at},
    )


class Bound(NamedTuple):
    """A structure with ligands.

    Attributes:
        structure: its history is not written yet.
        number: how many ligands have come.
        charge: what they, and the ions taken out for them, have added to the charge, in e.
        notes: what a user should know.
    """

    structure: Structure
    number: int
    charge: int
    notes: tuple[str, ...]


def bind(
    structure: Structure,
    ligand: str,
    count: int | None,
    sorts: Sequence[str],
    numbers: Sequence[int] | None = None,
    facing: Sequence[float] | None = None,
    exchange: bool = False,
) -> Bound:
    """As `ligands`, over several sorts of places in turn, without a history."""
    ion, allowed = LIGANDS[ligand]
    for sort in sorts:
        if sort not in allowed:
            raise InputError(
                f"{ligand} does not bind at '{sort}'.", f"Choose {' or '.join(allowed)}."
            )
    if exchange and sorts[0] == "on A":
        raise InputError("Nothing is exchanged on A.", "Choose X vacancy.")
    chosen: list[Place] = []
    spare: list[Place] = []
    for sort in sorts:
        found = places(structure, sort, occupied=exchange)
        if facing is not None:
            found = _facing(found, facing)
        if numbers is not None:
            for number in numbers:
                if not 0 <= number < len(found):
                    raise InputError(
                        f"The surface has no place {number!r}.",
                        f"There are {len(found)} of the sort '{sort}', numbered from 0.",
                    )
            found = [found[number] for number in dict.fromkeys(numbers)]
        wanted = len(found) if count is None else count - len(chosen)
        # Ligands do not crowd: one on each B or A as long as there are others.
        picked = _one_each(
            found, wanted, [place.position_A for place in chosen], structure.lattice
        )
        chosen += picked
        spare += [place for place in found if not any(place is one for one in picked)]
    if not chosen or (count is not None and len(chosen) < count):
        raise StructureError(
            f"The surface has {len(chosen)} places for {ligand} ({', '.join(sorts)}).",
            "Ask for fewer, make vacancies first, or let them come by exchange of the ions there.",
        )
    head = acetate() if ligand == "acetate" else methylammonium()
    all_there_is = count is None and numbers is None
    return _placed(structure, ion, head, chosen, spare, all_there_is)


def _facing(found: list[Place], direction: Sequence[float]) -> list[Place]:
    wanted = np.asarray(direction, dtype=float)
    size = np.linalg.norm(wanted)
    if wanted.shape != (3,) or not 0 < size < np.inf:
        raise InputError(f"{direction!r} is no direction.", "Give three numbers.")
    return [p for p in found if p.normal @ wanted / size > np.cos(np.radians(30))]


def _one_each(
    found: list[Place], count: int, others: list[np.ndarray], lattice: Lattice
) -> list[Place]:
    """Places spread evenly, no second one on the same anchor before all have one."""
    chosen: list[Place] = []
    left = list(found)
    while left and len(chosen) < count:
        first: dict[int, Place] = {}
        for place in left:
            first.setdefault(place.anchor, place)
        group = list(first.values())
        before = [*others, *(place.position_A for place in chosen)]
        picked = spread(
            np.array([place.position_A for place in group]),
            count - len(chosen),
            np.array(before).reshape(-1, 3),
            lattice,
        )
        chosen += [group[i] for i in picked]
        taken = {id(place) for place in group}
        left = [place for place in left if id(place) not in taken]
    return chosen


def _placed(
    structure: Structure,
    ion: str,
    head: Head,
    chosen: list[Place],
    spare: list[Place],
    fewer: bool,
) -> Bound:
    """Ligands on the chosen places, on spare ones where these have no room; fewer if that is
    allowed."""
    every, _ = surface_network(structure)
    x_ions = [unit for unit in every if unit.role == "X"]
    x_centres = np.array([unit.centre_A for unit in x_ions]).reshape(-1, 3)
    x_radii = np.array([radius_A(unit.ion) for unit in x_ions])
    nitrogen_A = radius_A("NH4") if ion != "acetate" else 0.0
    stands = []
    for place in [*chosen, *spare]:
        if ion == "acetate":
            across = radius_A(every[place.anchor].ion) + radius_A("O")
            lift = np.sqrt(max(across**2 - head.reach_A**2, 0.0))
            start = every[place.anchor].centre_A + place.normal * lift
        else:
            start = place.position_A + place.normal * free_A(
                place, x_centres, x_radii + nitrogen_A
            )
        stands.append(Stand(start, place.normal, place.occupant))
    room = Room(
        head,
        stands,
        np.asarray(structure.cart_coords),
        [site.specie.symbol for site in structure],
        _images_about(structure),
    )
    held = room.settle(len(chosen), len(chosen))
    if not held or (len(held) < len(chosen) and not fewer):
        raise StructureError(
            f"{len(chosen)} {ion} would touch each other or the crystal; {len(held)} have room.",
            f"Ask for {len(held)}." if held else "Choose other places, or another surface.",
        )
    gone = sorted({atom for number in held for atom in stands[number].occupant})
    left = structure.copy()
    left.remove_sites(gone)
    size, new = len(head.elements), len(held) * len(head.elements)
    bound = added(
        left,
        head.elements * len(held),
        np.concatenate(list(held.values())),
        {
            "role": ["L"] * new,
            "ion": [ion] * new,
            "molecule": np.repeat(np.arange(len(held)), size).tolist(),
        },
    )
    removed = sum(unit_charge(unit) for unit in every if int(unit.atoms[0]) in gone)
    vacuum = padding(structure)
    if not any(structure.lattice.pbc) or (vacuum > ISOLATED_A and structure.lattice.is_orthogonal):
        # A particle: its box grows with it.
        bound = boxed(bound, Box(max(vacuum, LEAST_ROOM_A), bool(structure.lattice.pbc[0])))
    crowded = len(chosen) - len(held)
    notes = (
        (f"{crowded} of {len(chosen)} places have no {ion}: it would touch its neighbours",)
        if crowded
        else ()
    )
    return Bound(bound, len(held), ion_charge(ion) * len(held) - removed, notes)


def _images_about(structure: Structure) -> np.ndarray:
    """(k, 3) translations to the neighbouring cells along the vectors that repeat."""
    most = [1 if along else 0 for along in structure.lattice.pbc]
    whole = np.array(list(np.ndindex(*(2 * n + 1 for n in most)))) - most
    return np.asarray(whole @ structure.lattice.matrix)
