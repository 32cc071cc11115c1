"""The distinct hops of an ion into a neighbouring vacancy.

Of a formula they are those of its average cell: molecules count as points at their centres of
mass, and the ions that share a mixed site as one. Of a structure they are those of its ions and
molecules. Two hops are the same if an operation of the space group, or reading one of them
backwards, turns one into the other; in a disordered structure, which leaves hundreds of such, if
they have the same surroundings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, overload

import numpy as np
from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.composition import Material, as_composition
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies, check_choice
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.migration import percolation
from perovdb.migration.bottleneck import Bottleneck
from perovdb.migration.environments import MOST_DISTINCT, Surroundings, by_environment
from perovdb.migration.hop_orbits import equivalent_steps
from perovdb.migration.hop_pairs import Pairs, first_shell, pairs_of_role, pairs_within
from perovdb.structures import history
from perovdb.structures.adoption import as_structure, is_formula
from perovdb.structures.octahedra.bonds import sites_of
from perovdb.structures.sites import Sites
from perovdb.structures.symmetry import SYMMETRY_TOLERANCE_A
from perovdb.structures.units import ion_formula

GROUPINGS = {
    "symmetry": "the space group of the crystal, whatever its cell, each unit a point of its ion",
    "environment": "the ions around the path, and the symmetry of the sites without their ions",
    "auto": "environment if ions are mixed and symmetry leaves more than 24 distinct hops",
}

#: The longest hop that can be asked for, in angstrom.
LONGEST_A = 20.0

Point = tuple[float, float, float]

#: Number of the start site, number of the end site, and the three cells to the one it is in.
Step = tuple[int, int, int, int, int]


@answer
class Hop(Answer):
    """A hop of an ion from one site to a neighbouring one that is vacant.

    Attributes:
        species: the ion that moves.
        into: the ion whose vacancy it moves into; the species itself for a vacancy of its own.
        distance_A: its length, in angstrom.
        multiplicity: how many hops of this class leave the `start` site.
        per_cell: how many hops of this class there are in the cell, a hop and its reverse being
            one.
        start, end: (3,) fractional coordinates in the cell; the end may lie in another cell.
        start_site, end_site: numbers of the sites in the cell; in a structure, of its units.
        equivalents: start and end of every hop of the class, this one first; each also
            backwards, unless the ions at the two ends differ.
        steps: the same hops by the numbers of their sites.
        direction: of X ions, "edge" along the edge of an octahedron (both ends are bonded to one
            B, at less than 135 deg) or "across"; "" for A and B, and in an average cell.
        environment: ions around the path, see `environments`; "" in an average cell.
        phase, temperature_K: of the average cell that it is in; "" and None in a structure.
    """

    species: str
    into: str
    distance_A: float
    multiplicity: int
    per_cell: int
    start: Point
    end: Point
    start_site: int
    end_site: int
    equivalents: tuple[tuple[Point, Point], ...]
    steps: tuple[Step, ...]
    direction: str = ""
    environment: str = ""
    phase: str = ""
    temperature_K: float | None = None

    @property
    def of_average_cell(self) -> bool:
        """Whether it is a hop of an average cell, not of a structure."""
        return self.temperature_K is not None

    def _headline(self) -> str:
        into = "" if self.into == self.species else f" into V_{self.into}"
        around = f", {self.environment}" if self.environment else ""
        return f"{self.species}{into}, {self.distance_A:.3f} A, {self.multiplicity} a site{around}"

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "species": self.species,
                "into": self.into,
                "distance_A": self.distance_A,
                "multiplicity": self.multiplicity,
                "per_cell": self.per_cell,
                "from": " ".join(f"{x:.9f}" for x in self.start),
                "to": " ".join(f"{x:.9f}" for x in self.end),
                "direction": self.direction,
                "environment": self.environment,
            }
        ]

    def _table(self) -> list[dict[str, Any]]:
        (row,) = self.rows()
        row["distance_A"] = round(self.distance_A, 3)
        for name, point in (("from", self.start), ("to", self.end)):
            row[name] = " ".join(f"{x:.3f}" for x in point)
        if self.into == self.species:
            del row["into"]
        return [{name: value for name, value in row.items() if value != ""}]


@answer
class Hops(Answer, Sequence[Hop]):
    """The distinct hops of a crystal, the shortest first; a sequence of `Hop`.

    Attributes:
        hops: the hops, numbered from 0.
        formula: of the average cell; of a structure its ions and their numbers.
        cell: how the cell came about.
        phase: of the average cell; "" for a structure.
        source, kind, evidence: of the average cell; "" for a structure.
        notes: what a user should know of the cell.
        bottlenecks: the narrowest part of each hop, if they are looked for by `bottlenecks`.
        lattice_A: (3, 3) rows are the vectors of the cell; empty if it is not known.
    """

    hops: tuple[Hop, ...]
    formula: str
    cell: str
    phase: str = ""
    source: str = ""
    kind: str = ""
    evidence: str = ""
    notes: tuple[str, ...] = ()
    bottlenecks: tuple[Bottleneck, ...] = ()
    lattice_A: tuple[tuple[float, ...], ...] = ()

    derived: ClassVar[tuple[str, ...]] = ("leads", "dimension")

    def __len__(self) -> int:
        return len(self.hops)

    @overload
    def __getitem__(self, index: int) -> Hop: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hop, ...]: ...
    def __getitem__(self, index: int | slice) -> Hop | tuple[Hop, ...]:
        return self.hops[index]

    @property
    def leads(self) -> tuple[int, ...]:
        """In how many dimensions each hop carries an ion alone."""
        return tuple(percolation.dimension([hop]) for hop in self.hops)

    @property
    def dimension(self) -> int:
        """In how many dimensions they carry an ion together."""
        return percolation.dimension(self.hops)

    def rows(self) -> list[dict[str, Any]]:
        cell = {name: getattr(self, name) for name in ("phase", "source", "kind", "evidence")}
        last = {**cell, "notes": "; ".join(self.notes)}
        return [
            {"number": number, **hop.rows()[0], **more, **last}
            for number, (hop, more) in enumerate(zip(self.hops, self._columns(), strict=True))
        ]

    def _columns(self) -> list[dict[str, Any]]:
        """For each hop, the columns that it has among others only."""
        rows: list[dict[str, Any]] = [{"leads": number} for number in self.leads]
        for row, one in zip(rows, self.bottlenecks, strict=False):
            row |= one.columns()
        return rows

    def _table(self) -> list[dict[str, Any]]:
        return [
            {"number": number, **hop._table()[0]}
            | {name: round(x, 3) if isinstance(x, float) else x for name, x in more.items()}
            for number, (hop, more) in enumerate(zip(self.hops, self._columns(), strict=True))
        ]

    def _headline(self) -> str:
        lengths = f"{self.hops[0].distance_A:.3f} to {self.hops[-1].distance_A:.3f} A"
        host = " ".join(filter(None, (self.formula, self.phase)))
        return f"{len(self)} of {self.hops[0].species} in {host}, {lengths}"

    def _lines(self) -> list[str]:
        host = " ".join(filter(None, (self.formula, self.phase)))
        source = f" [{self.source}]" if self.source else ""
        return [
            f"{host}: {self.cell}{source}",
            *self._note_lines(),
            *table(self._table()),
            *self._footer(),
        ]

    def _footer(self) -> list[str]:
        if len(self) == 1:
            return []
        return [f"  together they lead in {self.dimension} dimension(s)"]


def hops(
    x: Material,
    species: str,
    *,
    into: str | None = None,
    reach_A: float | None = None,
    group: str = "auto",
    phase: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    tolerance_A: float = SYMMETRY_TOLERANCE_A,
) -> Hops:
    """Distinct hops of an ion into a vacancy beside it, the shortest first.

    The vacancy is not in the material: it is opened where a hop ends, see `endpoints` and `path`.

    Args:
        x: a formula, for the hops of its average cell; or a structure, for those of its atoms. It
            is not periodic along all vectors if it is a slab or a particle.
        species: ion that moves.
        into: ion whose vacancy it moves into, one of the same role; by default its own species.
        reach_A: longest hop. By default the first shell of all sites of the role, up to a gap of
            5 % in the distances. In a structure X ions also hop along all edges of the octahedra,
            and along these alone where the distances leave no gap, as in a relaxed alloy.
        group: which hops of a structure are the same, a key of GROUPINGS.
        phase, temperature_K: of a formula, as for `average_cell`.
        tolerance_A: how far from symmetric the units of a structure may be.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read, or there is no such ion.
        InputError: an argument is none of those listed, or is for a formula and `x` is none.
        MissingData: the positions of the phase are not known.
        StructureError: the two ions are of different roles or nowhere neighbours, or there is no
            first shell.

    >>> [round(hop.distance_A, 3) for hop in hops("CsPbI3", "I", phase="alpha")]
    [4.447]
    """
    check_choice(group, GROUPINGS, "no way to group hops")
    if reach_A is not None and not 0 < reach_A <= LONGEST_A:
        raise InputError(
            f"No hop is {reach_A:g} A long.", f"Give a length in angstrom, up to {LONGEST_A:g}."
        )
    if is_formula(x):
        if group == "environment":
            raise InputError(
                "Ions share the sites of an average cell: a hop has no one environment there.",
                "Give the atoms of a model, as `build` makes it.",
            )
        cell = average_cell(as_composition(x), phase, temperature_K)
        return _of_average_cell(cell, species, into, reach_A, temperature_K)
    if phase is not None or temperature_K != ROOM_TEMPERATURE_K:
        name = "temperature_K" if phase is None else "phase"
        raise InputError(
            f"'{name}' is for the model of a formula.",
            "A structure has its own atoms: leave it out.",
        )
    return _of_structure(as_structure(x), species, into, reach_A, group, tolerance_A)


def _of_average_cell(
    cell: AverageCell, species: str, into: str | None, reach_A: float | None, temperature_K: float
) -> Hops:
    composition = cell.composition
    mover = _ion(species, composition.species, composition.formula)
    left = mover if into is None else _ion(into, composition.species, composition.formula)
    role = composition.site_of(mover)
    if composition.site_of(left) != role:
        raise _different_roles(mover, left)
    sites = Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))
    movers = sites.of(role)
    pairs = (
        first_shell(sites, movers)[0] if reach_A is None else pairs_within(sites, movers, reach_A)
    )
    if not len(pairs):
        raise _nowhere_beside(mover, left)
    labels = equivalent_steps(sites, sites.roles, pairs.steps)
    where = {"phase": cell.phase, "temperature_K": temperature_K}
    more = dict.fromkeys(labels.tolist(), where)
    return Hops(
        hops=_classes(sites, pairs, labels, mover, left, more),
        formula=composition.formula,
        cell=cell.origin,
        phase=cell.phase,
        source=cell.source,
        kind=cell.kind,
        evidence=cell.evidence,
        notes=tuple(cell.notes),
        lattice_A=_rows(sites),
    )


def _of_structure(
    structure: Structure,
    species: str,
    into: str | None,
    reach_A: float | None,
    group: str,
    tolerance_A: float,
) -> Hops:
    sites, names, _ = sites_of(structure)
    ions = np.array(names)
    mover = _ion(species, names, "the structure")
    left = mover if into is None else _ion(into, names, "the structure")
    pairs, edge = _pairs_of_ions(sites, ions, mover, left, reach_A)
    kinds = np.char.add(np.char.add(sites.roles.astype(str), " "), ions.astype(str))
    labels = equivalent_steps(sites, kinds, pairs.steps, tolerance_A)
    firsts = np.unique(labels)
    around = Surroundings(sites, ions, pairs.steps[firsts, :2], float(pairs.distances_A.max()))
    described = {}
    for first in firsts.tolist():
        step = pairs.steps[first]
        on_x = sites.roles[step[0]] == "X" and "B" in sites.roles
        direction = ("edge" if edge[first] else "across") if on_x else ""
        described[first] = direction, around.environment(step, float(pairs.distances_A[first]))
    mixed = len(set(kinds.tolist())) > len(set(sites.roles.tolist()))
    if group == "environment" or (group == "auto" and mixed and len(firsts) > MOST_DISTINCT):
        labels = by_environment(sites, pairs, labels, described, tolerance_A)
    more = {
        first: {"direction": direction, "environment": environment}
        for first, (direction, environment) in described.items()
    }
    steps = structure.properties["history"]
    return Hops(
        hops=_classes(sites, pairs, labels, mover, left, more),
        formula=ion_formula(structure),
        cell=steps[-1]["text"] if steps else "",
        notes=tuple(history.notes(structure)) if steps else (),
        lattice_A=_rows(sites),
    )


def _rows(sites: Sites) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in np.asarray(sites.lattice_A))


def _pairs_of_ions(
    sites: Sites, ions: np.ndarray, mover: str, left: str, reach_A: float | None
) -> tuple[Pairs, np.ndarray]:
    """Pairs of a mover and an ion that leaves the vacancy, in each role that both stand on, and
    (p,) whether they are edges of octahedra."""
    roles = [r for r in "ABX" if {mover, left} <= set(ions[sites.of(r)].tolist())]
    if not roles:
        raise _different_roles(mover, left)
    steps, distances, edges = [], [], []
    for role in roles:
        pairs, edge = pairs_of_role(sites, role, reach_A)
        keep = (ions[pairs.steps[:, :2]] == (mover, left)).all(axis=1)
        steps.append(pairs.steps[keep])
        distances.append(pairs.distances_A[keep])
        edges.append(edge[keep])
    of_ions = Pairs(np.concatenate(steps), np.concatenate(distances))
    if not len(of_ions):
        raise _nowhere_beside(mover, left)
    return of_ions, np.concatenate(edges)


def distinct_hops(sites: Sites, kinds: np.ndarray, movers: np.ndarray, species: str) -> list[Hop]:
    """Distinct hops in the first shell of some sites of a crystal, by its symmetry alone.

    Args:
        sites: all sites.
        kinds: (n,) sites of one number or name are alike.
        movers: (m,) indices of the sites to hop between.
        species: name of what moves.

    Raises:
        StructureError: the symmetry of the cell cannot be found.
    """
    pairs, _ = first_shell(sites, movers)
    labels = equivalent_steps(sites, kinds, pairs.steps)
    return [*_classes(sites, pairs, labels, species, species, {})]


def _classes(
    sites: Sites,
    pairs: Pairs,
    labels: np.ndarray,
    species: str,
    into: str,
    more: Mapping[int, Mapping[str, Any]],
) -> tuple[Hop, ...]:
    """Classes of pairs as hops, as they are listed and numbered: the shortest first.

    Args:
        sites, pairs: of the crystal.
        labels: (p,) the class of each pair, by the number of its first pair.
        species, into: the ions at the start and at the end.
        more: further fields of the hop of each class.
    """
    hops = []
    for label in np.unique(labels).tolist():
        members = pairs.part(np.flatnonzero(labels == label))
        hops.append(_hop(sites, members, species, into, more.get(label, {})))
    hops.sort(key=lambda hop: (round(hop.distance_A, 6), hop.start_site, hop.end_site))
    return tuple(hops)


def _hop(sites: Sites, pairs: Pairs, species: str, into: str, more: Mapping[str, Any]) -> Hop:
    """One class of pairs as a hop. From the first site it leaves, the member that ends at the
    smallest coordinates, x before y before z, stands for all."""
    starts = sites.fractional[pairs.steps[:, 0]]
    ends = sites.fractional[pairs.steps[:, 1]] + pairs.steps[:, 2:]
    leaving = np.flatnonzero(pairs.steps[:, 0] == pairs.steps[0, 0])
    first = leaving[np.lexsort(np.round(ends[leaving], 6).T[::-1])[0]]
    order = np.concatenate([[first], np.delete(np.arange(len(pairs)), first)])
    steps = pairs.steps[order]
    equivalents = tuple(
        ((a, b, c), (d, e, f))
        for (a, b, c), (d, e, f) in zip(
            np.round(starts[order], 9).tolist(), np.round(ends[order], 9).tolist(), strict=True
        )
    )
    return Hop(
        species=species,
        into=into,
        distance_A=float(pairs.distances_A[first]),
        multiplicity=len(leaving),
        # Hops between like ions are listed from both of their ends.
        per_cell=len(pairs) // 2 if into == species else len(pairs),
        start=equivalents[0][0],
        end=equivalents[0][1],
        start_site=int(steps[0, 0]),
        end_site=int(steps[0, 1]),
        equivalents=equivalents,
        steps=tuple((i, j, u, v, w) for i, j, u, v, w in steps.tolist()),
        **more,
    )


def _ion(name: str, ions: Sequence[str], where: str) -> str:
    """The species of a name; a molecule that was kept without being known goes by its formula."""
    ion = name if name in ions else load_registry().ion(name).species
    if ion not in ions:
        raise UnknownSpecies(
            f"There is no {ion} in {where}.", f"It holds: {', '.join(dict.fromkeys(ions))}."
        )
    return ion


def _different_roles(mover: str, left: str) -> StructureError:
    return StructureError(
        f"{mover} and {left} stand on sites of different roles.",
        f"Name an ion of the role of {mover}.",
    )


def _nowhere_beside(mover: str, left: str) -> StructureError:
    return StructureError(
        f"No {mover} has {'another ' if mover == left else 'a '}{left} beside it.",
        "Give a longer reach_A, or take a larger cell or another ordering.",
    )
