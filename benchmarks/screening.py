"""Screening of mixed compositions: time of each, against a loop with pymatgen, and peak memory."""

import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from pymatgen.core import Composition as Formula
from pymatgen.core import Species

from perovdb.calculators.screening import (
    Block,
    Question,
    RandomSample,
    ask,
    kept_blocks,
    screen,
)

# All end members of it are known, so that no value is skipped.
SPACE = "Cs,FA,MA | Pb | I,Br"
WHERE = "0.9 < t < 1 and gap_eV < 2"
MILLION = 1_000_000
LOOP = 200


def best_of(count: int) -> Question:
    """All descriptors of random compositions; of those that a condition keeps, the best."""
    return ask(
        SPACE,
        WHERE,
        step=RandomSample(count),
        sort="abs(t - 0.95)",
        limit=20,
    )


def seconds(asked: Question) -> float:
    """Time to look at all blocks."""
    start = time.perf_counter()
    for _ in kept_blocks(asked):
        pass
    return time.perf_counter() - start


def one_by_one(block: Block, asked: Question, parse: bool) -> list[tuple[float, ...]]:
    """The same descriptors with pymatgen's Species, one composition at a time.

    Radii that pymatgen lacks and the end members' values are taken from our tables, which are
    prepared beforehand for both; its ionic radii are not all Shannon's, so that values differ a
    little. With `parse` each composition is also read from its formula, as it comes from a table.
    """
    space, tables = asked.design.space, asked.tables
    charges = {
        ion: int(charge)
        for site, of_site in zip(space.sites, tables.charges, strict=True)
        for ion, charge in zip(site.species, of_site, strict=True)
    }
    elements = {"MA": "CNH6", "FA": "CN2H5"}
    ours = {
        ion: radius
        for site, of_site in zip(space.sites, tables.radii_A, strict=True)
        for ion, radius in zip(site.species, of_site, strict=True)
    }
    ends_eV = tables.gaps.ends_eV.reshape(tables.a_A.shape)
    found = []
    for row in range(len(block)):
        radii = []
        shares = []
        formula = ""
        for site, fractions, count in zip(space.sites, block, (1, 1, 3), strict=True):
            mean = 0.0
            of_site = {}
            for ion, x in zip(site.species, fractions[row], strict=True):
                if x == 0:
                    continue
                of_site[ion] = x
                radius = None
                if ion not in elements:
                    radius = Species(ion, charges[ion]).ionic_radius
                mean += x * (ours[ion] if radius is None else float(radius))
                if parse:
                    formula += f"({elements.get(ion, ion)}){x * count:.6f}"
            radii.append(mean)
            shares.append(of_site)
        if parse:
            Formula(formula)
        r_A, r_B, r_X = radii
        ratio = r_A / r_B
        a_A = gap_eV = 0.0
        for i, a in enumerate(space.A.species):
            for j, b in enumerate(space.B.species):
                for k, x in enumerate(space.X.species):
                    weight = shares[0].get(a, 0) * shares[1].get(b, 0) * shares[2].get(x, 0)
                    if weight:
                        a_A += weight * tables.a_A[i, j, k]
                        gap_eV += weight * ends_eV[i, j, k]
        found.append(
            (
                (r_A + r_X) / (2**0.5 * (r_B + r_X)),
                r_B / r_X,
                r_X / r_B - (1 - ratio / np.log(ratio)),
                a_A,
                gap_eV,
                2 * np.degrees(np.arcsin(tables.wavelength_A / 2 / a_A)),
            )
        )
    return found


def own_peak_MB() -> float:
    """Peak memory of this process. Linux hands a parent's ru_maxrss on to its children."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_MB(count: int) -> float:
    """Peak memory of a process that looks at so many compositions."""
    done = subprocess.run(
        [sys.executable, __file__, str(count)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        screen(SPACE, WHERE, step=RandomSample(int(sys.argv[1])), limit=5)
        print(own_peak_MB())
        sys.exit()
    warnings.simplefilter("ignore")
    asked = best_of(MILLION)
    ours_us = min(seconds(asked) for _ in range(3)) / MILLION * 1e6
    print(f"{SPACE}: t, mu, tau, a, gap, 2theta(100) and a condition, {MILLION:,} compositions")
    print(f"  {ours_us:.2f} us each")
    for parse, told in ((False, "from fractions"), (True, "from formulas")):
        times = []
        # The first run also loads pymatgen's tables; each has compositions that it has not met.
        for number in range(4):
            block = Block(*(fractions[:LOOP] for fractions in asked.design.block(number)))
            start = time.perf_counter()
            one_by_one(block, asked, parse)
            times.append(time.perf_counter() - start)
        theirs_us = min(times) / LOOP * 1e6
        print(
            f"  a loop with pymatgen {told}: {theirs_us:.0f} us each (n = {LOOP}), "
            f"{theirs_us / ours_us:.0f} x"
        )
    start = time.perf_counter()
    rows = screen(SPACE, step=RandomSample(MILLION)).compositions
    all_s = time.perf_counter() - start
    print(f"  a DataFrame of all {len(rows):,} with their formulas: {all_s:.1f} s")
    for count in (MILLION // 10, MILLION, 10 * MILLION):
        print(f"  {count:>10,} compositions: peak memory {peak_MB(count):.0f} MB")
