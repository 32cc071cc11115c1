"""Which ligands have room on a surface: each is turned to where it is freest, none may touch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from perovdb.structures.molecules.contact_radii import HARD_LIMIT_A, contact_limits
from perovdb.structures.particles.ligand_heads import Head, along

#: Turns of a ligand about its normal that are tried.
TURNS = 24
#: Times that all ligands are turned anew while some of them touch.
SWEEPS = 3
#: Atoms further than this from the start of a ligand do not touch it.
NEAR_A = 7.0


class Stand(NamedTuple):
    """Where a ligand would stand.

    Attributes:
        start_A: (3,) of its binding atom, or the middle of its two.
        normal: (3,) outwards.
        occupant: atoms of the crystal that go for it.
    """

    start_A: np.ndarray
    normal: np.ndarray
    occupant: tuple[int, ...]


class Room:
    """The surface of a crystal as ligands come to it.

    Two atoms touch if they are nearer than `contact_limits`, of which H, whose place a relaxation
    finds, keeps the hard limit alone.

    Args:
        head: of the ligands.
        stands: all places where one may stand.
        positions_A: (n, 3) atoms of the crystal and of ligands that are there.
        elements: (n,) their symbols.
        shifts_A: (k, 3) translations to neighbouring cells, none among them.
    """

    def __init__(
        self,
        head: Head,
        stands: Sequence[Stand],
        positions_A: np.ndarray,
        elements: Sequence[str],
        shifts_A: np.ndarray,
    ) -> None:
        self.head, self.stands, self.shifts_A = head, stands, shifts_A
        self.number = len(positions_A)
        self.points = (positions_A[:, None] + shifts_A).reshape(-1, 3)
        self.owner = np.repeat(np.arange(self.number), len(shifts_A))
        self.tree = cKDTree(self.points)
        kinds = list(dict.fromkeys([*head.elements, *elements]))
        self.kind = np.array([kinds.index(element) for element in elements])
        self.own_kind = np.array([kinds.index(element) for element in head.elements])
        #: Distances to keep, and those to strive for.
        self.wanted = contact_limits(kinds)
        light = np.array([kind == "H" for kind in kinds])
        self.least = np.where(light[:, None] | light[None], HARD_LIMIT_A, self.wanted)
        self.ligands: dict[int, np.ndarray] = {}

    def settle(self, first: int, number: int) -> dict[int, np.ndarray]:
        """Stand -> (m, 3) atoms of its ligand: the first ones, others for those without room.

        Args:
            first: so many stands are filled together.
            number: of ligands that are to come; fewer come if there is no room.
        """
        for _ in range(SWEEPS + 1):
            for stand in range(first):
                self.ligands[stand] = self._turned(stand)[0]
            if not any(self._touches(stand) for stand in self.ligands):
                break
        # The last one makes room for those before it; an ion of the crystal that stays after all
        # may be in the way of its neighbour.
        for narrowing in (True, False):
            touching = list(self.ligands)
            while touching := [stand for stand in touching if self._touches(stand)]:
                del self.ligands[touching[-1]]
                touching = touching[:-1] if narrowing else list(self.ligands)
        for stand in range(len(self.stands)):
            if len(self.ligands) < number and stand not in self.ligands:
                turned, free = self._turned(stand)
                if free:
                    self.ligands[stand] = turned
        return dict(sorted(self.ligands.items()))

    def _turned(self, number: int) -> tuple[np.ndarray, bool]:
        """A ligand turned to where it is freest, and whether it touches nothing there."""
        stand = self.stands[number]
        angles = 2 * np.pi * np.arange(TURNS) / TURNS
        spins = Rotation.from_euler("z", -angles[:, None]).as_matrix()
        tried = stand.start_A + self.head.positions_A @ spins @ along(stand.normal).T
        points, kinds = self._around(number)
        if not len(points):
            return tried[0], True
        distance = np.linalg.norm(tried[:, :, None] - points, axis=-1)
        free = (distance / self.least[self.own_kind][:, kinds]).min(axis=(1, 2))
        ratio = distance / self.wanted[self.own_kind][:, kinds]
        # What no turn changes, as the distance to the cation that is bound, tells no turns apart.
        same = np.ptp(distance, axis=0) < 1e-6
        ratio[:, same] = np.inf
        score = np.round(np.minimum(free, 1.0), 6) * 1e3 + np.round(
            np.minimum(ratio.min(axis=(1, 2)), 100.0), 6
        )
        best = int(score.argmax())
        return tried[best], bool(free[best] >= 1.0)

    def _touches(self, number: int) -> bool:
        points, kinds = self._around(number)
        distance = np.linalg.norm(self.ligands[number][:, None] - points, axis=-1)
        return bool((distance < self.least[self.own_kind][:, kinds]).any())

    def _around(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """(n, 3) atoms near a stand, and the numbers of their elements."""
        stand = self.stands[number]
        near = np.array(self.tree.query_ball_point(stand.start_A, NEAR_A), dtype=int)
        gone = {atom for other in {*self.ligands, number} for atom in self.stands[other].occupant}
        near = near[~np.isin(self.owner[near], list(gone))]
        others = [atoms for other, atoms in self.ligands.items() if other != number]
        points, kinds = [self.points[near]], [self.kind[self.owner[near]]]
        if others:
            every = (np.array(others)[:, :, None] + self.shifts_A).reshape(-1, 3)
            element = np.tile(np.repeat(self.own_kind, len(self.shifts_A)), len(others))
            close = np.linalg.norm(every - stand.start_A, axis=1) < NEAR_A
            points.append(every[close])
            kinds.append(element[close])
        return np.concatenate(points), np.concatenate(kinds)
