"""Debye's equation: our grid and bins, a plain histogram of distances, and the sum itself."""

import time
from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import cdist

from perovdb.calculators.diffraction.debye import debye_sum
from perovdb.calculators.diffraction.scatterers import atomic_form_factor

CELL = [
    ("Cs", (0, 0, 0)),
    ("Pb", (0.5, 0.5, 0.5)),
    *(("Br", place) for place in ((0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))),
]
Q = np.linspace(0.5, 6.0, 1000)
BIN_A = 0.01

#: Cells along the edge of a cube; the sum itself up to the second, plain histograms always.
CUBES = [4, 7, 12, 16]
DIRECT_UP_TO = 7


def cube(cells: int, noise_A: float) -> tuple[list[str], np.ndarray]:
    """Elements and positions of a cube of CsPbBr3 cells, as they are or shaken."""
    corners = np.array(list(np.ndindex(cells, cells, cells)))
    positions = (np.array([place for _, place in CELL]) + corners[:, None]).reshape(-1, 3) * 5.87
    shifts = np.random.default_rng(1).normal(0, noise_A, positions.shape)
    return [element for element, _ in CELL] * len(corners), positions + shifts


def plain(elements: list[str], positions: np.ndarray, q: np.ndarray) -> np.ndarray:
    """cdist, np.histogram with sharp bins, and a matrix of sinc: what one writes first."""
    kinds = sorted(set(elements))
    groups = [positions[[element == kind for element in elements]] for kind in kinds]
    edges = np.arange(0, np.linalg.norm(np.ptp(positions, axis=0)) + 2 * BIN_A, BIN_A)
    middles = (edges[1:] + edges[:-1]) / 2
    waves = np.sinc(np.outer(q, middles) / np.pi)
    total = np.zeros(len(q))
    for a, one in enumerate(groups):
        fa = atomic_form_factor(kinds[a], q)
        total += len(one) * fa**2
        for b, other in enumerate(groups[a:], a):
            counts = np.zeros(len(middles))
            for start in range(0, len(one), 1000):
                counts += np.histogram(cdist(one[start : start + 1000], other), edges)[0]
            if a == b:
                counts[0] -= len(one)
            fb = atomic_form_factor(kinds[b], q)
            total += (1 if a == b else 2) * fa * fb * (waves @ counts)
    return total / len(elements)


def timed(run: Callable[[], np.ndarray], runs: int) -> tuple[float, np.ndarray]:
    """Shortest of some runs in seconds, and what came out."""
    best, result = np.inf, np.zeros(0)
    for _ in range(runs):
        start = time.perf_counter()
        result = run()
        best = min(best, time.perf_counter() - start)
    return best, result


def compare(cells: int, noise_A: float, method: str) -> str:
    """One line for one particle."""
    elements, positions = cube(cells, noise_A)
    runs = 3 if cells <= DIRECT_UP_TO else 1
    ours, curve = timed(lambda: debye_sum(elements, positions, Q, method), runs)
    usual, rough = timed(lambda: plain(elements, positions, Q), 1)
    line = (
        f"{len(elements):6d} atoms, {method:4s}: ours {ours:8.4f} s, plain histogram "
        f"{usual:7.3f} s, {usual / ours:6.1f} x"
    )
    if cells <= DIRECT_UP_TO:
        slow, exact = timed(lambda: debye_sum(elements, positions, Q, "direct"), 1)
        error, other = (np.abs(found - exact).max() / exact.max() for found in (curve, rough))
        line += (
            f"; the sum itself {slow:7.3f} s, {slow / ours:7.1f} x; "
            f"errors {error:.0e}, plain {other:.0e}"
        )
    return line


if __name__ == "__main__":
    for cells in CUBES:
        print(compare(cells, 0.0, "grid"))
        print(compare(cells, 0.1, "bins"))
