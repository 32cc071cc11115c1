"""Powder peaks of ordered cells: our kernel and pymatgen's calculator, side by side."""

import time
from collections.abc import Callable

from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Structure

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction import peaks
from perovdb.calculators.scatterers import Scatterer
from perovdb.structures.supercells import repeat

CELLS = [("alpha", (1, 1, 1)), ("gamma", (1, 1, 1)), ("gamma", (2, 2, 2))]


def seconds(run: Callable[[], object], runs: int = 5) -> float:
    """Shortest of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def compare(calculator: XRDCalculator, phase: str, size: tuple[int, int, int]) -> str:
    """One line for one cell."""
    cell = average_cell("CsPbI3", phase)
    lattice, fractional = repeat(cell.lattice_A, cell.fractional, size)
    symbols = [{"A": "Cs", "B": "Pb", "X": "I"}[role] for role in cell.roles]
    symbols *= len(fractional) // len(cell.roles)
    structure = Structure(lattice, symbols, fractional)
    sites = [[(Scatterer((symbol,), (0.0,)), 1.0)] for symbol in symbols]
    window = (5.0, 90.0) if len(symbols) < 100 else (5.0, 40.0)
    ours = seconds(lambda: peaks(lattice, fractional, sites, 1.54056, window))
    theirs = seconds(lambda: calculator.get_pattern(structure, two_theta_range=window), 3)
    return (
        f"{len(symbols):4d} atoms, {window[1]:g} deg: ours {1e3 * ours:8.1f} ms, "
        f"pymatgen {1e3 * theirs:9.1f} ms, {theirs / ours:6.1f} x"
    )


if __name__ == "__main__":
    for phase, size in CELLS:
        print(compare(XRDCalculator("CuKa1"), phase, size))
