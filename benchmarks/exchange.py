"""Time of an exchange: 561 unknowns, two populations of seven sizes and a stock, at 600 times.

python benchmarks/exchange.py
"""

from time import perf_counter

import numpy as np

import perovdb
from perovdb.calculators.exchange import Spheres, evolve


def main() -> None:
    """Print the seconds of the evolution alone, and of answers with spectra."""
    spheres = Spheres(np.linspace(5, 11, 14), np.full(14, 1 / 14), np.repeat([0.0, 1.0], 7))
    times = np.linspace(0, 100, 600)
    for name, diffusion in (("constant D", 1.0), ("D of x", lambda x: 1 / (1 + 9 * x))):
        start = perf_counter()
        drift = evolve(spheres, times, diffusion, 1.0, stock=0.01).drift
        print(f"{name:12} {perf_counter() - start:6.2f} s, drift {drift:.0e}")
    start = perf_counter()
    perovdb.exchange(
        ("CsPbI3", "FAPbI3"), (12.5, 16.2), diffusion_cm2_s=1e-17, spread=0.1,
        time_min=tuple(np.linspace(0, 500, 600)),
    )  # fmt: skip
    print(f"{'answer':12} {perf_counter() - start:6.2f} s")


if __name__ == "__main__":
    main()
