"""Turn and shift molecules a little until nothing touches; ions stay where they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from perovdb.errors import InputError, StructureError
from perovdb.structures.arguments import checked
from perovdb.structures.molecules.contact_radii import CONTACT_SHARE, contact_limits
from perovdb.structures.neighbours import Neighbours
from perovdb.structures.streams import stream
from perovdb.structures.units import Unit, units

#: Contacts are opened by this much more than they must be, in angstrom.
MARGIN_A = 0.02

#: A turn of one radian moves the rim of a cation by about this much, in angstrom; it puts turns
#: and shifts on one scale.
LEVER_A = 1.5

#: Pairs this much farther apart than their limit are watched while molecules move, in angstrom.
SLACK_A = 1.0

#: Shifts, in angstrom, and turns, in radian, are kept to this, so that the last bits of another
#: machine's arithmetic are gone from them.
DIGITS = 7

#: Kicks, in radian, by which a molecule that is caught between two walls is set free.
KICKS = (0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)

#: No centre is shifted farther than this along an axis, in angstrom: it would leave its cage.
FARTHEST_SHIFT_A = 1.0


@checked
def nudge(structure: Structure, *, share: float = CONTACT_SHARE, seed: int = 0) -> Structure:
    """The structure with its molecules turned and shifted until they touch nothing.

    The overlaps of all pairs, squared and summed, go to nothing by a quasi-Newton method over the
    six degrees of freedom of each molecule; it stops as soon as none is left. Periodic images
    count. Atoms of molecules that touch nothing are not moved at all; if there is no contact, the
    structure itself comes back.

    Args:
        structure: with the site properties role, ion and molecule.
        share: least distance of two atoms as a share of the sum of their radii, see
            `contact_limits`.
        seed: of the kicks that free a molecule from between two walls.

    Raises:
        InputError: the share is no number from 0 to 1.
        StructureError: a molecule finds no room.
    """
    if not 0 <= share <= 1:
        raise InputError(
            f"Contacts cannot be kept to a share of {share} of their radii.",
            "Give a number from 0 to 1.",
        )
    if max(structure.site_properties.get("molecule", [-1]), default=-1) < 0:
        return structure
    crowd = _Crowd.of(structure, share)
    # A stream of its own, as the ordering and the orientations have theirs.
    generator = stream(seed, 5)
    for kick in KICKS:
        pairs = crowd.pairs()
        if not len(crowd.overlapping(pairs)):
            break
        crowd.kick(crowd.overlapping(pairs), kick, generator)
        crowd.part(pairs)
    pairs = crowd.pairs()
    if len(crowd.overlapping(pairs)):
        raise _no_room(crowd, pairs)
    return crowd.moved(structure)


@dataclass
class _Pairs:
    """Pairs of atoms that may touch: (k,) i and j, (k, 3) shift of j by the lattice, and the
    (k,) distance that they must keep."""

    i: np.ndarray
    j: np.ndarray
    shift_A: np.ndarray
    limit_A: np.ndarray


@dataclass
class _Crowd:
    """Rigid molecules among fixed ions.

    `body` is the number of the molecule of each atom, -1 for an ion; `local_A` the atoms about
    the centre of their molecule, as they stood at the start; `turns` and `shifts_A` how each
    molecule has moved since.
    """

    structure: Structure
    units: list[Unit]
    body: np.ndarray
    group: np.ndarray
    start_A: np.ndarray
    centres_A: np.ndarray
    local_A: np.ndarray
    kind: np.ndarray
    limits_A: np.ndarray
    turns: np.ndarray
    shifts_A: np.ndarray

    @classmethod
    def of(cls, structure: Structure, share: float) -> _Crowd:
        every = units(structure)
        molecules = [
            unit for unit in every if structure[int(unit.atoms[0])].properties["molecule"] >= 0
        ]
        body = np.full(len(structure), -1)
        group = np.empty(len(structure), dtype=int)
        for number, unit in enumerate(every):
            group[unit.atoms] = number
        for number, unit in enumerate(molecules):
            body[unit.atoms] = number
        start = structure.cart_coords
        centres = np.array([unit.centre_A for unit in molecules])
        symbols = [site.specie.symbol for site in structure]
        elements = sorted(set(symbols))
        return cls(
            structure=structure,
            units=molecules,
            body=body,
            group=group,
            start_A=start,
            centres_A=centres,
            local_A=np.where((body >= 0)[:, None], start - centres[body], 0.0),
            kind=np.array([elements.index(symbol) for symbol in symbols]),
            limits_A=contact_limits(elements, share),
            turns=np.repeat(np.eye(3)[None], len(molecules), axis=0),
            shifts_A=np.zeros((len(molecules), 3)),
        )

    def positions(self, turns: np.ndarray, shifts_A: np.ndarray) -> np.ndarray:
        """(n, 3) positions of all atoms, the molecules turned and shifted from their start."""
        placed = np.array(self.start_A)
        inside = self.body >= 0
        body = self.body[inside]
        turned = np.einsum("nab,nb->na", turns[body], self.local_A[inside])
        placed[inside] = self.centres_A[body] + shifts_A[body] + turned
        return placed

    def pairs(self) -> _Pairs:
        """Atoms of different units, one at least in a molecule, that may come to touch."""
        reach = float(self.limits_A.max()) + SLACK_A
        lattice = self.structure.lattice
        places = self.positions(self.turns, self.shifts_A) @ np.linalg.inv(lattice.matrix)
        i, j, cell, distance = Neighbours(lattice.matrix, places, reach, lattice.pbc).pairs()
        limit = self.limits_A[self.kind[i], self.kind[j]]
        apart = (self.group[i] != self.group[j]) | cell.any(axis=1)
        # Each pair once; an atom and its own image move together.
        keep = (
            (i < j)
            & apart
            & ((self.body[i] >= 0) | (self.body[j] >= 0))
            & (distance < limit + SLACK_A)
        )
        order = np.lexsort([*cell[keep].T, j[keep], i[keep]])
        i, j, cell, limit = (array[keep][order] for array in (i, j, cell, limit))
        return _Pairs(i, j, cell @ lattice.matrix, limit)

    def overlapping(self, pairs: _Pairs) -> np.ndarray:
        """Indices of the pairs that are nearer than their limits."""
        _, distance = _between(self.positions(self.turns, self.shifts_A), pairs)
        return np.flatnonzero(distance < pairs.limit_A)

    def kick(self, touching: np.ndarray, size: float, generator: np.random.Generator) -> None:
        """Turn the molecules that touch something by about `size` radian at random."""
        if not size:
            return
        pairs = self.pairs()
        bodies = np.unique(self.body[np.concatenate([pairs.i[touching], pairs.j[touching]])])
        bodies = bodies[bodies >= 0]
        spin = generator.normal(size=(len(bodies), 3)) * size / np.sqrt(3)
        self.turns[bodies] = Rotation.from_rotvec(spin).as_matrix() @ self.turns[bodies]

    def part(self, pairs: _Pairs) -> None:
        """Move the molecules until no pair is nearer than its limit, or no better is found."""
        count = len(self.units)

        def cost(step: np.ndarray) -> tuple[float, np.ndarray]:
            return self._overlap(step.reshape(count, 6), pairs)

        def enough(step: np.ndarray) -> None:
            turns, shifts = self._after(step.reshape(count, 6))
            _, distance = _between(self.positions(turns, shifts), pairs)
            if (distance >= pairs.limit_A).all():
                raise StopIteration

        room = np.full((count, 6, 2), [-np.inf, np.inf])
        room[:, :3, 0] = -FARTHEST_SHIFT_A - self.shifts_A
        room[:, :3, 1] = FARTHEST_SHIFT_A - self.shifts_A
        least = minimize(
            cost,
            np.zeros(6 * count),
            jac=True,
            method="L-BFGS-B",
            bounds=room.reshape(-1, 2),
            callback=enough,
            options={"maxiter": 300, "ftol": 1e-14, "gtol": 1e-7},
        )
        self.turns, self.shifts_A = self._after(np.round(least.x, DIGITS).reshape(count, 6))

    def _after(self, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turns and shifts after a step of (m, 6): shift, and rotation vector times LEVER_A."""
        spin = Rotation.from_rotvec(step[:, 3:] / LEVER_A).as_matrix()
        return spin @ self.turns, self.shifts_A + step[:, :3]

    def _overlap(self, step: np.ndarray, pairs: _Pairs) -> tuple[float, np.ndarray]:
        """Sum of the squared overlaps after a step, and its gradient."""
        turns, shifts = self._after(step)
        positions = self.positions(turns, shifts)
        vector, distance = _between(positions, pairs)
        overlap = np.maximum(pairs.limit_A + MARGIN_A - distance, 0.0)
        pull = (-2 * overlap / np.maximum(distance, 1e-9))[:, None] * vector
        slope = np.empty_like(positions)
        for axis in range(3):
            slope[:, axis] = np.bincount(pairs.j, pull[:, axis], len(positions)) - np.bincount(
                pairs.i, pull[:, axis], len(positions)
            )
        inside = self.body >= 0
        body, slope = self.body[inside], slope[inside]
        torque = np.cross(positions[inside] - (self.centres_A + shifts)[body], slope)
        gradient = np.empty_like(step)
        for axis in range(3):
            gradient[:, axis] = np.bincount(body, slope[:, axis], len(step))
            gradient[:, 3 + axis] = np.bincount(body, torque[:, axis], len(step))
        # A change of the rotation vector turns the molecule by the left Jacobian times it.
        gradient[:, 3:] = np.einsum(
            "mba,mb->ma", _left_jacobian(step[:, 3:] / LEVER_A), gradient[:, 3:] / LEVER_A
        )
        return float((overlap**2).sum()), gradient.ravel()

    def moved(self, structure: Structure) -> Structure:
        """The structure after the motions; the same one if there were none."""
        still = (self.turns == np.eye(3)).all(axis=(1, 2)) & (self.shifts_A == 0).all(axis=1)
        if still.all():
            return structure
        positions = self.positions(self.turns, self.shifts_A)
        after = structure.copy()
        for unit, stays in zip(self.units, still, strict=True):
            for atom in () if stays else unit.atoms:
                after[int(atom)].coords = positions[atom]
        return after


def _between(positions: np.ndarray, pairs: _Pairs) -> tuple[np.ndarray, np.ndarray]:
    """(k, 3) vectors from i to j and (k,) their lengths, in angstrom."""
    vector = positions[pairs.j] + pairs.shift_A - positions[pairs.i]
    return vector, np.sqrt((vector**2).sum(axis=1))


def _left_jacobian(rotvec: np.ndarray) -> np.ndarray:
    """(m, 3, 3) left Jacobians of SO(3) at (m, 3) rotation vectors v, of length t:
    1 + (1 - cos t) / t^2 [v] + (t - sin t) / t^3 [v]^2, [v] the matrix of v x (from memory)."""
    angle = np.linalg.norm(rotvec, axis=1)
    small = angle < 1e-4
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 0.5, (1 - np.cos(safe)) / safe**2)
    second = np.where(small, 1 / 6, (safe - np.sin(safe)) / safe**3)
    cross = np.zeros((len(rotvec), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = rotvec
    cross[:, [1, 2, 0], [2, 0, 1]] = -rotvec
    return np.eye(3) + first[:, None, None] * cross + second[:, None, None] * (cross @ cross)


def _no_room(crowd: _Crowd, pairs: _Pairs) -> StructureError:
    """What to say of the worst contact that is left."""
    _, distance = _between(crowd.positions(crowd.turns, crowd.shifts_A), pairs)
    worst = int(np.argmin(distance - pairs.limit_A))
    one, two = int(pairs.i[worst]), int(pairs.j[worst])
    names = []
    for atom in (one, two):
        site = crowd.structure[atom]
        number = site.properties["molecule"]
        of = f" of {site.properties['ion']} {number}" if number >= 0 else ""
        names.append(f"{site.specie.symbol}{of}")
    return StructureError(
        f"The molecules do not fit: {names[0]} stays {distance[worst]:.2f} A from {names[1]}, "
        f"nearer than {pairs.limit_A[worst]:.2f} A, however they are turned.",
        "Take a larger cell, a smaller ion or halide, or another orientation.",
    )
