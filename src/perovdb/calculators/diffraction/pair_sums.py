"""Sums of sin(qr) / (qr) over the pairs of a particle, in three ways that differ in cost alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike

from perovdb.errors import InputError, OutOfRange, check_choice

METHODS = ("auto", "direct", "grid", "bins")

#: Numbers in one block of pairs, or of q and distances (8 bytes each).
BLOCK = 1 << 17

#: Atoms this close to the points of a grid are on it, in angstrom.
ON_GRID_A = 1e-5

#: Points of a grid beyond which its Fourier transforms would need some GB.
MOST_GRID_POINTS = 2**26

#: Places on the axis of distances, or of q, beyond which they would need some GB.
MOST_BINS = 2e7

#: Up to this many atoms the direct sum is quick enough.
FEW_ATOMS = 300

#: Step of the axis of distances, times the largest q: errors are a twelfth of its square.
STEP_IN_PHASE = 0.02

#: Step of q between which a spline runs, times the largest distance: errors are about its fourth
#: power over 400.
SPLINE_IN_PHASE = 0.2

#: Two atoms nearer than this are at one place.
SAME_PLACE_A = 0.02


def as_floats(values: ArrayLike) -> np.ndarray:
    """Numbers as an array."""
    return np.asarray(values, dtype=float)


def kind_pairs(kinds: int) -> Iterator[tuple[int, int]]:
    """The pairs of so many kinds, each once and with itself, as the sums list them."""
    return combinations_with_replacement(range(kinds), 2)


def pair_sums(
    groups: list[np.ndarray], q_inv_A: np.ndarray, method: str, grid_A: ArrayLike | None
) -> tuple[list[np.ndarray], str]:
    """sum of sin(qr) / (qr) over the unordered pairs of each two kinds, without an atom itself.

    Returns:
        The sums, each (n,), and the method that they were done by.
    """
    check_choice(method, METHODS, "no way to sum over pairs")
    if method in ("auto", "grid"):
        places = _places(groups, grid_A)
        if places is not None:
            if _room(places[0]) <= MOST_GRID_POINTS:
                return _by_grid(*places, q_inv_A), "grid"
            if method == "grid":
                raise OutOfRange(
                    "The particle is too large for a grid of such small steps.",
                    "Give coarser steps as grid_A, or ask for the method 'bins'.",
                )
        elif method == "grid":
            raise InputError(
                "The atoms are not on one grid.",
                "Give its steps as grid_A, or ask for the method 'bins' or 'direct'.",
            )
    if method == "direct" or (method == "auto" and sum(map(len, groups)) <= FEW_ATOMS):
        return _direct(groups, q_inv_A), "direct"
    return _by_bins(groups, q_inv_A), "bins"


def _waves(q_inv_A: np.ndarray, distances_A: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(n, k) sum_r c_r sin(qr) / (qr), in blocks.

    Args:
        q_inv_A: (n,).
        distances_A: (m,) above zero.
        counts: (m, k) columns of weights.
    """
    total = np.zeros((len(q_inv_A), counts.shape[1]))
    weights = counts / distances_A[:, None]
    columns = max(1, BLOCK // max(1, len(q_inv_A)))
    for start in range(0, len(distances_A), columns):
        block = slice(start, start + columns)
        wave = np.multiply.outer(q_inv_A, distances_A[block])
        total += np.sin(wave, out=wave) @ weights[block]
    some = q_inv_A > 0
    total[some] /= q_inv_A[some, None]
    total[~some] = counts.sum(axis=0)
    return total


# --- direct ---------------------------------------------------------------------------------


def _direct(groups: list[np.ndarray], q_inv_A: np.ndarray) -> list[np.ndarray]:
    sums = []
    for a, b in kind_pairs(len(groups)):
        total = np.zeros(len(q_inv_A))
        for distances in _distances(groups[a], groups[b], a == b):
            total += _waves(q_inv_A, distances, np.ones((len(distances), 1)))[:, 0]
        sums.append(total)
    return sums


def _distances(one: np.ndarray, other: np.ndarray, same: bool) -> Iterator[np.ndarray]:
    """Distances of all pairs in blocks; of a group with itself each pair once."""
    from scipy.spatial.distance import cdist

    rows = max(1, BLOCK // max(1, len(other)))
    for start in range(0, len(one), rows):
        part = one[start : start + rows]
        if same:
            distances = cdist(part, other[start:])
            block = distances[np.triu_indices(len(part), 1, distances.shape[1])]
        else:
            block = cdist(part, other).ravel()
        if block.size and block.min() < SAME_PLACE_A:
            raise InputError("Two atoms are at one place.", "Leave one of them out.")
        yield block


# --- grid -----------------------------------------------------------------------------------


def _places(
    groups: list[np.ndarray], grid_A: ArrayLike | None
) -> tuple[list[np.ndarray], np.ndarray] | None:
    """Integer coordinates of each group and the (3, 3) steps of a grid that they are on."""
    everything = np.concatenate(groups)
    low = everything.min(axis=0)
    if grid_A is None:
        steps = np.diag([_step(column) for column in (everything - low).T])
    else:
        steps = as_floats(grid_A)
        if steps.shape != (3, 3) or abs(np.linalg.det(steps)) < 1e-9:
            raise InputError(
                "The steps of the grid cannot be used.", "Give three vectors as rows."
            )
        low = everything[0]
    if not np.isfinite(steps).all():
        return None
    coordinates = (everything - low) @ np.linalg.inv(steps)
    places = np.rint(coordinates)
    if np.abs((coordinates - places) @ steps).max() > ON_GRID_A:
        return None
    whole = places.astype(np.int64)
    whole -= whole.min(axis=0)
    ends = np.cumsum([len(group) for group in groups])[:-1]
    return np.split(whole, ends), steps


def _step(column: np.ndarray) -> float:
    """Step of the coarsest row of equidistant points that holds all coordinates; nan if none.

    Args:
        column: (n,) coordinates from 0 on.
    """
    values = np.sort(column)
    gaps = np.diff(values)
    gaps = gaps[gaps > ON_GRID_A]
    if not len(gaps):
        return 1.0
    for parts in (1, 2, 3, 4):
        # The gap is known to its rounding only: a long row of steps tells more of it.
        step = float(gaps.min()) / parts
        for _ in range(3):
            numbers = np.rint(values / step)
            step = float(values @ numbers / (numbers @ numbers))
        if np.abs(values - np.rint(values / step) * step).max() < ON_GRID_A:
            return step
    return float("nan")


def _room(places: list[np.ndarray]) -> float:
    """Points of the grid that holds all differences."""
    return float(np.prod(2.0 * np.concatenate(places).max(axis=0) + 1))


def _by_grid(places: list[np.ndarray], steps: np.ndarray, q_inv_A: np.ndarray) -> list[np.ndarray]:
    from scipy.fft import irfftn, next_fast_len, rfftn

    extent = np.concatenate(places).max(axis=0) + 1
    shape = tuple(next_fast_len(int(2 * length - 1), real=True) for length in extent)
    transforms = []
    for group in places:
        counts_on_grid = np.zeros(shape)
        np.add.at(counts_on_grid, tuple(group.T), 1.0)
        if counts_on_grid.max() > 1:
            raise InputError("Two atoms are at one place.", "Leave one of them out.")
        transforms.append(rfftn(counts_on_grid))
    squares = _squares_of_grid(shape, steps).ravel()
    distances, which = _distinct(squares)
    counts = []
    for a, b in kind_pairs(len(places)):
        pairs = np.rint(irfftn(transforms[a].conj() * transforms[b], shape)).ravel()
        counts.append(np.bincount(which, pairs, minlength=len(distances)))
    table = np.stack(counts, axis=1)
    if table[0].any() and any(
        table[0, i] for i, (a, b) in enumerate(kind_pairs(len(places))) if a != b
    ):
        raise InputError("Two atoms are at one place.", "Leave one of them out.")
    # Pairs of a kind with itself are counted both ways.
    table = table / np.array([2.0 if a == b else 1.0 for a, b in kind_pairs(len(places))])
    used = table.any(axis=1) & (distances > 0)
    return list(_waves(q_inv_A, distances[used], table[used]).T)


def _squares_of_grid(shape: tuple[int, ...], steps: np.ndarray) -> np.ndarray:
    """Square of the distance that each point of an autocorrelation stands for."""
    metric = steps @ steps.T
    x, y, z = np.ix_(*(np.fft.fftfreq(n, 1 / n) for n in shape))
    square = metric[0, 0] * x * x + metric[1, 1] * y * y + metric[2, 2] * z * z
    for one, other, product in ((0, 1, x * y), (0, 2, x * z), (1, 2, y * z)):
        if abs(metric[one, other]) > 1e-12:
            square = square + 2 * metric[one, other] * product
    return np.asarray(square)


def _distinct(squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m,) different distances and (n,) which of them each square belongs to."""
    unit = squares[squares > 0].min(initial=np.inf)
    if not np.isfinite(unit):
        return np.zeros(1), np.zeros(len(squares), dtype=np.int64)
    whole = np.rint(squares / unit)
    apart = np.abs(squares - whole * unit).max()
    if apart < 1e-9 * squares.max() and whole.max() < 4 * len(squares):
        # A cubic grid: squares are whole numbers of one unit, and not too large ones.
        which = whole.astype(np.int64)
        return np.sqrt(np.arange(which.max() + 1) * unit), which
    keys = np.rint(squares * (1e12 / squares.max())).astype(np.int64)
    different, which = np.unique(keys, return_inverse=True)
    return np.sqrt(different * (squares.max() / 1e12)), which


# --- bins -----------------------------------------------------------------------------------


def _by_bins(groups: list[np.ndarray], q_inv_A: np.ndarray) -> list[np.ndarray]:
    from scipy.interpolate import make_interp_spline
    from scipy.signal import czt

    everything = np.concatenate(groups)
    # No two atoms are further apart than the diagonal of the box about them.
    reach = float(np.linalg.norm(np.ptp(everything, axis=0))) + 1.0
    low = float(q_inv_A.min()) if q_inv_A.size else 0.0
    high = float(q_inv_A.max(initial=0.0))
    high = max(high, low + 1e-3)
    step_A = min(STEP_IN_PHASE / high, 0.01)
    bins = int(reach / step_A) + 2
    number = max(8, int(np.ceil((high - low) * reach / SPLINE_IN_PHASE)) + 1)
    if max(bins, number) > MOST_BINS:
        raise OutOfRange(
            f"The atoms are up to {reach:.3g} A apart, too far for an axis of distances.",
            "Leave far atoms out, or ask for smaller q or for the method 'direct'.",
        )
    axis = np.linspace(low, high, number)
    distances = np.arange(bins) * step_A
    # A linear weight is the transform sinc^2 of its triangle.
    window = np.sinc(axis * step_A / (2 * np.pi)) ** 2
    sums = []
    for a, b in kind_pairs(len(groups)):
        counts = _histogram(groups[a], groups[b], a == b, step_A, bins)
        weights = np.zeros(bins)
        weights[1:] = counts[1:] / distances[1:]
        # sum_k c_k exp(i q_j r_k) for q_j = low + j dq.
        turned = weights * np.exp(1j * low * distances)
        ratio = np.exp(1j * (axis[1] - axis[0]) * step_A)
        wave = czt(turned, number, ratio).imag / window
        total = make_interp_spline(axis, wave)(q_inv_A)
        some = q_inv_A > 0
        total[some] /= q_inv_A[some]
        total[~some] = float(len(groups[a]) * (len(groups[b]) - (a == b)) / (1 + (a == b)))
        sums.append(np.asarray(total))
    return sums


def _histogram(
    one: np.ndarray, other: np.ndarray, same: bool, step_A: float, bins: int
) -> np.ndarray:
    """(bins,) pairs at multiples of a step, each shared by its two neighbours linearly."""
    left, right = np.zeros(bins), np.zeros(bins)
    for distances in _distances(one, other, same):
        distances /= step_A
        lower = distances.astype(np.int64)
        distances -= lower
        left += np.bincount(lower, minlength=bins)
        right += np.bincount(lower, distances, minlength=bins)
    left -= right
    left[1:] += right[:-1]
    return left
