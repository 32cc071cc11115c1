"""Powder peaks of ordered cells: our kernel and pymatgen's calculator, side by side.

The larger cells are shaken, so that no reflection is extinct; as they are, with equal atoms on
ideal places, both calculators have less to list. Each line checks that both agree.
"""

import time
from collections.abc import Callable

import numpy as np
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Structure

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction import reflections
from perovdb.calculators.diffraction.powder import peaks
from perovdb.calculators.diffraction.scatterers import Scatterer
from perovdb.structures.supercells import repeat

#: Phase of CsPbI3, cells, shift of the atoms in angstrom, highest angle.
CELLS = [
    ("alpha", (1, 1, 1), 0.0, 90.0),
    ("gamma", (1, 1, 1), 0.0, 90.0),
    ("gamma", (2, 2, 2), 0.0, 40.0),
    ("gamma", (4, 2, 2), 0.0, 90.0),
    ("gamma", (4, 2, 2), 0.05, 90.0),
    ("alpha", (4, 4, 4), 0.05, 90.0),
]


def seconds(run: Callable[[], object], runs: int = 5) -> float:
    """Shortest of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def compare(
    calculator: XRDCalculator, phase: str, size: tuple[int, int, int], shake_A: float, high: float
) -> str:
    """One line for one cell."""
    cell = average_cell("CsPbI3", phase)
    lattice, fractional = repeat(cell.lattice_A, cell.fractional, size)
    shifts = np.random.default_rng(1).normal(0, shake_A, fractional.shape)
    fractional = fractional + shifts @ np.linalg.inv(lattice)
    symbols = [{"A": "Cs", "B": "Pb", "X": "I"}[role] for role in cell.roles]
    symbols *= len(fractional) // len(cell.roles)
    structure = Structure(lattice, symbols, fractional)
    sites = [[(Scatterer((symbol,), (0.0,)), 1.0)] for symbol in symbols]
    window = (5.0, high)
    few = 20 if len(symbols) < 100 else 7
    ours = seconds(lambda: peaks(lattice, fractional, sites, 1.54056, window), few)
    full = seconds(
        lambda: peaks(lattice, fractional, sites, 1.54056, window, dispersion=True), few
    )
    theirs = seconds(lambda: calculator.get_pattern(structure, two_theta_range=window), few // 2)
    listed = peaks(lattice, fractional, sites, 1.54056, window)
    reference = calculator.get_pattern(structure, two_theta_range=window)
    # Compared by the sums, as pymatgen may split a line at the edge of a bin.
    total = np.array([peak.intensity for peak in listed]).sum()
    apart = abs(total / listed[0].intensity - reference.y.sum() / reference.y[0])
    return (
        f"{len(symbols):4d} atoms{' shaken' if shake_A else '':7s}, {high:g} deg, "
        f"{len(listed):5d} peaks: ours {1e3 * ours:7.2f} ms ({1e3 * full:7.2f} with dispersion), "
        f"pymatgen {1e3 * theirs:8.1f} ms, {theirs / ours:6.1f} x, apart {apart:.0e}"
    )


def compare_sums(cells: int) -> str:
    """One line for a large shaken cell: the Fourier transform beside the sum over atoms."""
    cell = average_cell("CsPbI3", "alpha")
    lattice, fractional = repeat(cell.lattice_A, cell.fractional, cells)
    fractional = fractional + np.random.default_rng(1).normal(0, 1e-3, fractional.shape)
    found = reflections.reflections_between(lattice, 0.05, 0.6)
    weights = [np.ones(len(fractional))]
    times, factors = [], []
    for most in (0.0, np.inf):
        reflections.MOST_PHASES = most
        times.append(seconds(lambda: reflections.geometric_factors(found, fractional, weights), 1))
        factors.append(reflections.geometric_factors(found, fractional, weights)[0])
    apart = np.abs(factors[0] - factors[1]).max() / len(fractional)
    return (
        f"{len(fractional)} atoms, {len(found.hkl)} reflections: transform {times[0]:.2f} s, "
        f"sum over atoms {times[1]:.2f} s, {times[1] / times[0]:.1f} x, apart {apart:.0e}"
    )


if __name__ == "__main__":
    for case in CELLS:
        print(compare(XRDCalculator("CuKa1"), *case))
    print(compare_sums(8))
