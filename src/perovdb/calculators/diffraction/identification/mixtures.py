"""Which few phases together make a measured curve.

A curve is a background and a sum of columns of phases with weights that are not negative. Sets of
phases are compared by

    n log(square) + k log(n) + priors,

n being the widths of lines that the scan holds, square the weighted sum of squares that is left,
and k the columns in use (G. Schwarz, Ann. Stat. 6, 461 (1978), doi 10.1214/aos/1176344136): what
one more phase explains must be worth it, and computed curves may be wrong by more than the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import least_squares, nnls

from perovdb.calculators.diffraction.identification.columns import Axis, Beam, Phase, Shape
from perovdb.calculators.diffraction.identification.signal import Signal

#: Standard deviations that are expected of the shifts in degrees, the relative change of a cell,
#: and the logarithm of a width.
ZERO_DEG, DISPLACED_DEG, STRAIN, LOG_WIDTH = 0.05, 0.08, 1.5e-3, 0.4

#: Steps of the search for a common shift, in widths of a line.
SEARCH_STEP = 0.5

#: Degree of the polynomial by which the background may be off.
DEGREE = 3

#: Sets of phases that are looked at further, and that are refined.
MOST_SETS, MOST_REFINED = 6, 4

#: At most so many phases in a set.
MOST_PHASES = 5

#: What one more phase must be worth.
WORTH = 25.0


@dataclass(frozen=True)
class Mixture:
    """A set of phases and how they are seen.

    Attributes:
        members: numbers of the phases, those with the largest area first.
        shapes: of each.
        areas: (k,) area of each, in the units of the measurement times degrees.
        curves: (k, n) of each.
        left: (n,) of the background that was taken too low or too high.
        cost: as told above; the lower the better.
    """

    members: tuple[int, ...]
    shapes: tuple[Shape, ...]
    areas: np.ndarray
    curves: np.ndarray
    left: np.ndarray
    cost: float


class Search:
    """A measured curve, and the phases that may be in it."""

    def __init__(self, signal: Signal, phases: Sequence[Phase], beam: Beam, limit_deg: float):
        self.signal, self.phases, self.beam, self.limit_deg = signal, phases, beam, limit_deg
        self.root = np.sqrt(signal.weight)
        span = signal.two_theta_deg[-1] - signal.two_theta_deg[0]
        self.n = max(20.0, 2 * float(span) / signal.fwhm_deg)
        scaled = np.linspace(-1, 1, len(self.root))
        powers = np.polynomial.chebyshev.chebvander(scaled, DEGREE) * self.root[:, None]
        self.base = np.linalg.qr(powers)[0]
        self.axis = Axis(signal.two_theta_deg, signal.fwhm_deg / 2)
        self.nothing = self.cost(self._square(self._seen(signal.above)), 0)

    def cost(self, square: float, in_use: int, prior: float = 0.0) -> float:
        """Of a weighted sum of squares that so many columns leave."""
        return float(self.n * np.log(max(square, 1e-12)) + in_use * np.log(self.n) + prior)

    def _seen(self, curves: np.ndarray) -> np.ndarray:
        """Curves (..., n), weighted, without what a background explains."""
        weighted = curves * self.root
        return np.asarray(weighted - (weighted @ self.base) @ self.base.T)

    @staticmethod
    def _square(curve: np.ndarray) -> float:
        return float(curve @ curve)

    def best(self, always: Sequence[int] = (), beyond: Sequence[int] = ()) -> list[Mixture]:
        """Sets of phases by their cost, each with another main phase.

        Args:
            always: phases that are in each set, where they explain something.
            beyond: phases that are no main one.
        """
        self.beyond = frozenset(beyond)
        width = self.signal.fwhm_deg
        blocks = [
            self.axis.sticks(phase, Shape(fwhm_deg=width), self.beam) for phase in self.phases
        ]
        self.owner = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
        ends = np.cumsum([len(block) for block in blocks])
        self.rows = [
            np.arange(end - len(block), end) for block, end in zip(blocks, ends, strict=True)
        ]
        seen = self._seen(self.axis.smeared(np.concatenate(blocks), width))
        self.gram = seen @ seen.T
        shifts = self._shifts()
        x, above = self.signal.two_theta_deg, self.signal.above
        moved = self._seen(np.array([np.interp(x + shift, x, above) for shift in shifts]))
        self.overlap = moved @ seen.T
        self.squares = np.einsum("ij,ij->i", moved, moved)
        self.priors = (shifts / np.hypot(ZERO_DEG, DISPLACED_DEG)) ** 2
        sets: dict[tuple[int, ...], tuple[float, int]] = {}
        firsts = []
        for number in range(len(self.phases)):
            members = tuple(dict.fromkeys((number, *always)))
            cost, at, used = min(self._solve(members, at) for at in range(len(shifts)))
            if number in used:
                firsts.append((cost, at, used))
        firsts.sort(key=lambda one: one[0])
        for cost, at, used in firsts:
            # As it is, so that what comes second has a place, and with what else there may be.
            sets.setdefault(tuple(sorted(used)), (cost, at))
        for _, at, used in firsts[:MOST_SETS]:
            cost, at, used = self._grown(used, at)
            key = tuple(sorted(used))
            if key not in sets or cost < sets[key][0]:
                sets[key] = (cost, at)
        refined: dict[tuple[str, str], Mixture] = {}
        for _, key, at in sorted((cost, key, at) for key, (cost, at) in sets.items()):
            main = self._main(key, at)
            if main is not None and main not in refined:
                refined[main] = self.refined(key, float(shifts[at]))
            if len(refined) == MOST_REFINED:
                break
        return sorted(refined.values(), key=lambda mixture: mixture.cost)

    def _main(self, members: tuple[int, ...], at: int) -> tuple[str, str] | None:
        """Formula and phase of what has the largest area in a set, leaving substrates out."""
        rows = np.concatenate([self.rows[member] for member in members])
        weights, _ = _positive(
            self.gram[np.ix_(rows, rows)], self.overlap[at, rows], self.squares[at]
        )
        areas = {
            member: float(weights[self.owner[rows] == member].sum())
            for member in members
            if member not in self.beyond
        }
        if not areas or not max(areas.values()) > 0:
            return None
        row = self.phases[max(areas, key=lambda member: areas[member])].stored.row
        return str(row["formula"]), str(row["phase"])

    def _seen_columns(self, member: int, shape: Shape) -> np.ndarray:
        return self._seen(self.axis.columns(self.phases[member], shape, self.beam))

    def _shifts(self) -> np.ndarray:
        steps = int(np.ceil(self.limit_deg / (SEARCH_STEP * self.signal.fwhm_deg)))
        steps = min(max(steps, 1), 12) if self.limit_deg else 0
        return np.linspace(-self.limit_deg, self.limit_deg, 2 * steps + 1)

    def _solve(self, members: Sequence[int], at: int) -> tuple[float, int, tuple[int, ...]]:
        """Cost of a set of phases at a shift, the shift, and the phases in use."""
        rows = np.concatenate([self.rows[member] for member in members])
        weights, square = _positive(
            self.gram[np.ix_(rows, rows)], self.overlap[at, rows], self.squares[at]
        )
        active = weights > 0
        used = tuple(sorted({*self.owner[rows[active]].tolist()}))
        return self.cost(square, int(active.sum()), self.priors[at]), at, used

    def _grown(self, members: tuple[int, ...], at: int) -> tuple[float, int, tuple[int, ...]]:
        """A set with more phases, as long as one more is worth it."""
        best = self._solve(members, at)
        while len(best[2]) < MOST_PHASES:
            more = [
                self._solve((*best[2], number), at)
                for number in range(len(self.phases))
                if number not in best[2] and not self._is_double(number, best[2])
            ]
            if not more or min(more)[0] > best[0] - WORTH:
                break
            best = min(more)
        return best

    def _is_double(self, number: int, members: tuple[int, ...]) -> bool:
        """Whether a phase is there already by another row, or, of unknown intensities, is of a
        compound that is."""
        stored = self.phases[number].stored
        others = [self.phases[member].stored.row for member in members]
        return any(
            row["formula"] == stored.row["formula"]
            and (stored.positions_only or row["phase"] == stored.row["phase"])
            for row in others
        )

    def refined(self, members: tuple[int, ...], zero_deg: float) -> Mixture:
        """A set of phases with shifts, cells and widths by least squares."""
        width, count = self.signal.fwhm_deg, len(members)
        above = self._seen(self.signal.above)
        scale = np.array([ZERO_DEG, DISPLACED_DEG, *[STRAIN] * count, *[LOG_WIDTH] * count])
        low = np.array([-self.limit_deg - 1e-9, -0.3, *[-0.006] * count, *[-1.2] * count])
        # A width of less than half of the typical one could not be drawn.
        low[2 + count :] = -np.log(2)

        def shapes(p: np.ndarray) -> list[Shape]:
            return [
                Shape(p[0], p[1], p[2 + i], width * float(np.exp(p[2 + count + i])))
                for i in range(count)
            ]

        drawn_before: dict[tuple[int, Shape], np.ndarray] = {}

        def columns(p: np.ndarray) -> list[np.ndarray]:
            keys = list(zip(members, shapes(p), strict=True))
            for key in keys:
                if key not in drawn_before:
                    drawn_before[key] = self._seen_columns(*key)
            return [drawn_before[key] for key in keys]

        def solved(p: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
            drawn = columns(p)
            seen = np.concatenate(drawn)
            weights, _ = _positive(seen @ seen.T, seen @ above, self._square(above))
            return weights, above - weights @ seen, drawn

        start = np.zeros(len(scale))
        start[0] = np.clip(zero_deg, -self.limit_deg, self.limit_deg)
        level = np.sqrt(self._square(solved(start)[1]) / self.n)

        def residual(p: np.ndarray) -> np.ndarray:
            return np.concatenate([solved(p)[1], level * p / scale])

        found = least_squares(
            residual, start, bounds=(low, np.maximum(-low, 1e-9)), x_scale=scale,
            diff_step=1e-2, max_nfev=5, xtol=1e-3, ftol=1e-3, gtol=1e-6,
        ).x  # fmt: skip
        weights, left, _ = solved(found)
        drawn = [
            self.axis.columns(self.phases[m], shape, self.beam)
            for m, shape in zip(members, shapes(found), strict=True)
        ]
        in_use = int((weights > 0).sum())
        parts = np.split(weights, np.cumsum([len(block) for block in drawn])[:-1])
        areas = np.array([float(part.sum()) for part in parts])
        curves = np.array([part @ block for part, block in zip(parts, drawn, strict=True)])
        order = np.argsort(-areas, kind="stable")
        order = order[areas[order] > 0]
        rest = (self.signal.above - curves.sum(axis=0)) * self.root
        wanted = (rest @ self.base) @ self.base.T / self.root
        of_each = shapes(found)
        return Mixture(
            members=tuple(members[i] for i in order),
            shapes=tuple(of_each[i] for i in order),
            areas=areas[order],
            curves=curves[order],
            left=wanted,
            cost=self.cost(self._square(left), in_use, float(np.sum((found / scale) ** 2))),
        )


def _positive(gram: np.ndarray, overlap: np.ndarray, square: float) -> tuple[np.ndarray, float]:
    """Weights of zero or more of columns that leave the least of a curve, and what they leave.

    Args:
        gram: (k, k) products of the columns.
        overlap: (k,) of the columns with the curve.
        square: of the curve.
    """
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    lower = np.linalg.cholesky(gram / np.outer(scale, scale) + 1e-6 * np.eye(len(gram)))
    target = solve_triangular(lower, overlap / scale, lower=True, check_finite=False)
    weights = nnls(lower.T, target)[0] / scale
    return weights, float(max(square - 2 * weights @ overlap + weights @ gram @ weights, 0.0))
