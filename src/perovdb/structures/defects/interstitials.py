"""Put ions between the sites: in a void, or two ions in the place of one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.radii import choose_radius
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError
from perovdb.store import queries
from perovdb.structures.arguments import checked
from perovdb.structures.defects.charge_rules import charge_after, defect_notes, signed
from perovdb.structures.defects.choices import Demand, Points, pick
from perovdb.structures.defects.editing import ROOMIEST, Newcomer, edit, nearest_A
from perovdb.structures.defects.partnering import with_partners
from perovdb.structures.defects.selecting import (
    Place,
    Stock,
    fractional_place,
    given,
    named,
    said,
)
from perovdb.structures.defects.voids import voids
from perovdb.structures.history import charge_of, record
from perovdb.structures.octahedra.bonds import REACH
from perovdb.structures.streams import stream
from perovdb.structures.units import Unit

#: Stream of the random choices of this module.
STREAM = 22

KINDS = {
    "void": "in a hole of the structure, the widest one unless another is named",
    "split": "two X in the place of one that bridges two B, side by side across the B-B line",
}

#: Directions across the B-B line that a split interstitial tries.
DIRECTIONS = 72


@checked
def add_interstitial(
    structure: Structure,
    *,
    ion: str,
    count: int = 1,
    kind: str = "void",
    void: int = 0,
    at: Sequence[Place] | None = None,
    choose: str = "first",
    separation_A: float | None = None,
    neutral: str | None = None,
    partner: str = "close",
    charge_state: int | None = None,
    orientation: str = ROOMIEST,
    seed: int = 0,
) -> Structure:
    """The structure with ions, or molecules, between its sites. It is a start for a relaxation.

    The new ion has the role of its own kind of site: I_i is an X, Cs_i an A.

    Args:
        structure: with roles and molecules.
        ion: that is added.
        count: how many.
        kind: a key of KINDS. The split iodide, two I that bridge the same two Pb, is the form of
            I_i- in Meggiolaro et al., doi 10.1039/C8EE00124C (from memory).
        void: which of the distinct voids of `voids.voids`, from 0, the widest.
        at: places instead of a choice: fractional coordinates; for "split" also the numbers of
            the ions that are split.
        choose: among equivalent voids, or ions to be split, a key of `choices.RULES`.
        separation_A: distance of the two halves of a split interstitial; by default two ionic
            radii, so that they touch.
        neutral: None for a charged cell; "cell"; "partner" for a vacancy of the same ion (a
            Frenkel pair); or a vacancy such as "V_Cs".
        partner: where that vacancy is: "close" or "far".
        charge_state: charge of the interstitials together, in e, if not the formal one.
        orientation: rule for molecules, of the drawing, or "roomiest".
        seed: of the random choice and of random orientations.

    Raises:
        UnknownSpecies: the ion is not known.
        InputError: an argument is none of those listed, or a place does not exist.
        StructureError: there are not so many voids, or nothing can make up for the charge.
        MissingData: the store has no geometry, or no radius, of the ion.
    """
    stock = Stock(structure)
    added = stock.registry.ion(ion)
    if kind not in KINDS:
        raise InputError(
            f"{kind!r} is not a kind of interstitial.", f"Choose one of: {', '.join(KINDS)}."
        )
    if count < 1:
        raise InputError(f"{count!r} is not a number of interstitials.", "Give 1 or more.")
    if at is not None:
        if isinstance(at, str) or not isinstance(at, Sequence) or not at:
            raise InputError(f"{at!r} is not a list of places.", "Write [[0.5, 0.5, 0]].")
        count = len(at)
    generator = stream(seed, STREAM)
    if kind == "split":
        hosts = _hosts(stock, added.species, at, count, choose, generator)
        separation = separation_A
        if separation is None:
            separation = 2 * _radius_A(added.species)
        places = np.concatenate([_halves(stock, int(host), separation) for host in hosts])
        where = "split"
    else:
        hosts = np.empty(0, dtype=int)
        places, where = _in_voids(structure, at, void, count, choose, generator)
    new = [Newcomer(added.species, added.site, place) for place in places]
    defects = Points(structure.lattice, np.concatenate([stock.points.fractional, places]))
    change = added.charge * (len(new) - len(hosts))
    more = with_partners(stock, hosts, defects, change, neutral, partner, added.species)
    out = np.concatenate([hosts, *more.values()])
    change = added.charge * len(new) - stock.charge(out)
    gone: list[Unit] = [stock.every[int(number)] for number in out]
    made = edit(structure, gone, new, orientation, seed)
    charge = charge_after(structure, change, neutral, charge_state)
    text = named([(f"{added.species}_i {where}", count)], more, partner)
    numbers = np.concatenate(
        [np.arange(len(stock.every), len(defects.fractional)), *more.values()]
    )
    nearest = nearest_A(made, places)
    return record(
        made,
        "add_interstitial",
        given(
            ion=added.species,
            count=count,
            kind=kind,
            void=void,
            at=list(at) if at is not None else None,
            choose=choose,
            separation_A=separation_A,
            neutral=neutral,
            partner=partner,
            charge_state=charge_state,
            orientation=orientation,
            seed=seed,
        ),
        f"{text} ({said(choose, seed) if at is None else 'as named'}); charge {signed(charge)}",
        charge=charge,
        before=structure,
        notes=[f"The nearest atom is {nearest:.2f} A from the interstitial: relax the structure."],
        state=defect_notes(made, charge, charge_of(structure) + change, defects.apart_A(numbers)),
    )


def _in_voids(
    structure: Structure,
    at: Sequence[Place] | None,
    void: int,
    count: int,
    choose: str,
    generator: np.random.Generator,
) -> tuple[np.ndarray, str]:
    if at is not None:
        return np.array([fractional_place(place) for place in at]).reshape(-1, 3), "at"
    if void < 0:
        raise InputError(f"{void!r} is not the number of a void.", "They are numbered from 0.")
    found = voids(structure, most=void + 1)
    if void >= len(found):
        raise InputError(
            f"There is no void number {void}.",
            f"The structure has {len(found)} distinct ones, numbered from 0.",
        )
    chosen = found[void]
    if chosen.multiplicity < count:
        raise StructureError(
            f"The cell has {chosen.multiplicity} voids of this kind, fewer than {count}.",
            "Take a larger supercell, or name the places.",
        )
    points = Points(structure.lattice, chosen.equivalents)
    demand = Demand(np.arange(chosen.multiplicity), count)
    numbers = pick(points, [demand], choose, generator)[0]
    return chosen.equivalents[numbers], f"in a void of {chosen.radius_A:.2f} A"


def _hosts(
    stock: Stock,
    ion: str,
    at: Sequence[Place] | None,
    count: int,
    choose: str,
    generator: np.random.Generator,
) -> np.ndarray:
    """(count,) the ions that are split."""
    kind = stock.registry.ion(ion)
    if kind.site != "X" or kind.molecular:
        raise InputError(
            f"{ion} does not bridge two B.", "Only a halide makes a split interstitial."
        )
    species = stock.species(ion)
    if at is not None:
        return stock.at(species, at)
    demand = Demand(stock.of(species), stock.counted(count, species))
    return stock.choose([demand], choose, generator)[0]


def _halves(stock: Stock, host: int, separation_A: float) -> np.ndarray:
    """(2, 3) fractional places of two X beside the place of one, across its B-B line.

    Of the directions across the line the one with most room for both is taken.
    """
    lattice = stock.structure.lattice
    if not 0.5 <= separation_A <= 8:
        raise InputError(
            f"The halves cannot be {separation_A} A apart.", "Give 0.5 to 8 angstrom."
        )
    centre = stock.points.fractional[host]
    around = lattice.get_points_in_sphere(
        stock.points.fractional, lattice.get_cartesian_coords(centre), 8.0
    )
    roles = np.array([unit.role for unit in stock.every])
    near = sorted(
        (round(distance, 4), number, tuple(np.asarray(place).round(6)))
        for place, distance, number, *_ in around
        if roles[number] == "B"
    )
    if len(near) < 2 or near[1][0] > REACH * near[0][0]:
        raise StructureError(
            "The ion to be split bridges no two B.", "Split another one, or use a void."
        )
    origin = lattice.get_cartesian_coords(centre)
    ends = lattice.get_cartesian_coords([near[0][2], near[1][2]])
    line = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    least = np.eye(3)[int(np.abs(line.round(6)).argmin())]
    first = np.cross(line, least) / np.linalg.norm(np.cross(line, least))
    second = np.cross(line, first)
    angle = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    across = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    both = np.stack([origin + across * separation_A / 2, origin - across * separation_A / 2], 1)
    others = np.array(
        [
            lattice.get_cartesian_coords(place)
            for place, distance, number, *_ in around
            if distance > 1e-3
        ]
    )
    room = np.linalg.norm(both[:, :, None] - others, axis=-1).min(axis=(1, 2))
    best = int(np.rint(room / 1e-4).argmax())
    return np.asarray(lattice.get_fractional_coords(both[best]))


def _radius_A(ion: str) -> float:
    kind = load_registry().ion(ion)
    return float(choose_radius(queries.radii(ion), kind)["radius_A"])
