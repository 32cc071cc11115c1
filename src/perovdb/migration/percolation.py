"""Which hops lead through a crystal: the dimension of the network that they make.

Sites are nodes and hops are edges that carry the cell they lead to. A closed walk that ends in
another cell is a way through the crystal; the number of independent directions of such walks in
one connected part of the network is its dimension, 0 to 3. All arithmetic is on whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.errors import InputError, StructureError
from perovdb.structures.neighbours import walked

if TYPE_CHECKING:
    from perovdb.migration.hops import Hop


@answer
class Percolation(Answer):
    """How far each hop leads by itself, and how far with all that are easier.

    Attributes:
        order: numbers of the hops, the easiest first.
        costs: by what each is ranked, in the order of the hops: barriers in eV, or else lengths in
            angstrom.
        alone: dimension of the network of each hop alone, in the order of the hops.
        together: `together[k]` is the dimension of the network of the hops `order[: k + 1]`.
    """

    order: tuple[int, ...]
    costs: tuple[float, ...]
    alone: tuple[int, ...]
    together: tuple[int, ...]

    derived = ("dimension",)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each hop, the easiest first."""
        return [
            {"hop": k, "cost": self.costs[k], "leads": self.alone[k], "together": together}
            for k, together in zip(self.order, self.together, strict=True)
        ]

    def _headline(self) -> str:
        enough = self.together.index(self.dimension) + 1
        return f"{self.dimension} dimension(s), by {enough} of {len(self.order)} hops"

    @property
    def dimension(self) -> int:
        """Of the network of all hops."""
        return self.together[-1]

    def carriers(self, dimension: int) -> tuple[int, ...]:
        """Numbers of the easiest hops that together lead in so many dimensions.

        Raises:
            InputError: it is not 1, 2 or 3.
            StructureError: all hops together do not.
        """
        if dimension not in (1, 2, 3):
            raise InputError(f"{dimension} is no dimension.", "Ask for 1, 2 or 3.")
        for last, reached in enumerate(self.together):
            if reached >= dimension:
                return self.order[: last + 1]
        raise StructureError(
            f"The hops lead in {self.dimension} dimensions, not in {dimension}.",
            "List longer hops too, or those into vacancies of other ions.",
        )


def percolation(hops: Sequence[Hop], barriers_eV: Sequence[float] | None = None) -> Percolation:
    """Which hops carry transport over long distances, in 1, 2 or 3 dimensions.

    Hops of one structure may be taken together, also those into the vacancies of another ion.

    Args:
        hops: of one cell, as `hops` gives them.
        barriers_eV: one for each, to rank them by; by default the shorter hop counts as easier.

    Raises:
        InputError: there are no hops, or not one barrier for each.
    """
    if not hops:
        raise InputError("There are no hops.", "List them by `hops`.")
    costs = [hop.distance_A for hop in hops] if barriers_eV is None else list(barriers_eV)
    if len(costs) != len(hops) or not np.isfinite(costs).all():
        raise InputError(
            f"{len(hops)} hops do not go with these {len(costs)} barriers.",
            "Give one number for each hop.",
        )
    order = tuple(int(k) for k in np.argsort(np.round(costs, 9), kind="stable"))
    together, known = [], 0
    for last in range(len(order)):
        if known < 3:
            known = dimension([hops[k] for k in order[: last + 1]])
        together.append(known)
    return Percolation(
        order=order,
        costs=tuple(float(cost) for cost in costs),
        alone=tuple(dimension([hop]) for hop in hops),
        together=tuple(together),
    )


def dimension(hops: Sequence[Hop]) -> int:
    """Dimension of the network of some hops: the largest among its connected parts."""
    return max(map(len, _spans(hops)), default=0)


def directions(hops: Sequence[Hop]) -> np.ndarray:
    """(d, 3) independent lattice vectors, in cell vectors, along which some hops lead.

    Of several unconnected networks that of the largest dimension counts.
    """
    return max(_spans(hops), key=len, default=np.empty((0, 3), dtype=np.int64))


def _spans(hops: Sequence[Hop]) -> list[np.ndarray]:
    """(d, 3) independent vectors of the closed walks of each connected part."""
    steps = np.array([step for hop in hops for step in hop.steps], dtype=np.int64).reshape(-1, 5)
    if not len(steps):
        return []
    _, ends = np.unique(steps[:, :2], return_inverse=True)
    start, end = ends.reshape(-1, 2).T
    shift = steps[:, 2:]
    part, cells = walked(int(ends.max()) + 1, start, end, shift)
    closed = shift + cells[start] - cells[end]
    return [_independent(closed[part[start] == number]) for number in np.unique(part)]


def _independent(vectors: np.ndarray) -> np.ndarray:
    """(d, 3) as many of some whole-number vectors as are independent."""
    left = np.unique(vectors, axis=0)
    left = left[left.any(axis=1)]
    if not len(left):
        return left
    left = left[np.argsort(np.abs(left).sum(axis=1), kind="stable")]
    across = np.cross(left[0], left)
    off_line = np.flatnonzero(across.any(axis=1))
    if not len(off_line):
        return left[:1]
    second = int(off_line[0])
    off_plane = np.flatnonzero(left @ across[second])
    return left[[0, second, *off_plane[:1].tolist()]]
