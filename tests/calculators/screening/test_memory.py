"""Memory holds the best so far and a block, and what takes days is not begun."""

import tracemalloc

import pytest

from perovdb.calculators.screening import RandomSample, Run, screen
from perovdb.calculators.screening.designs import BLOCK
from perovdb.errors import OutOfRange

SPACE = "Cs,FA,MA | Pb,Sn | I,Br"


def peak_bytes(**how):
    tracemalloc.start()
    try:
        screen(SPACE, **how)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "how",
    [{"limit": 5}, {"limit": 5, "sort": "t"}, {"limit": 5, "where": "t > 0.8", "sort": "-gap_eV"}],
)
def test_memory_does_not_grow_with_the_number_of_compositions(how):
    few = peak_bytes(step=RandomSample(2 * BLOCK), **how)
    many = peak_bytes(step=RandomSample(40 * BLOCK), **how)
    assert many < few + 2e6


def test_what_takes_days_is_refused_with_how_long():
    done = []
    with pytest.raises(OutOfRange, match=r"1e\+12 compositions would take about \d+ (hours|days)"):
        screen(SPACE, step=RandomSample(10**12), run=Run(progress=lambda *at: done.append(at)))
    assert not done
