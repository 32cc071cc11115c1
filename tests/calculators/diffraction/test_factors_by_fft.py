"""Structure factors by a Fourier transform are those of the sum over atoms, in stated bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Lattice, Structure

from perovdb.calculators.diffraction import reflections, xrd
from perovdb.calculators.diffraction.factors_by_fft import factors_in_box

#: Of the sum of the weights, as the module says.
BOUND = 1e-8


@settings(max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 40),
    reach=st.tuples(*[st.integers(0, 9)] * 3),
)
def test_factors_are_those_of_the_sum(seed, count, reach):
    rng = np.random.default_rng(seed)
    fractional = rng.uniform(-2, 2, (count, 3))
    # Places on the edges of the cell and of the grid come too.
    fractional[rng.random((count, 3)) < 0.2] = rng.choice([-1.0, 0.0, 0.5, 1.0 - 1e-17])
    weights = rng.uniform(0, 2, count)
    found = factors_in_box(fractional, weights, reach)
    h, k, l = np.meshgrid(  # noqa: E741 (the field's names)
        np.arange(reach[0] + 1),
        np.arange(-reach[1], reach[1] + 1),
        np.arange(-reach[2], reach[2] + 1),
        indexing="ij",
    )
    hkl = np.stack([h, k, l], axis=-1)
    wanted = np.exp(2j * np.pi * (hkl @ fractional.T)) @ weights
    assert np.abs(found - wanted).max() <= BOUND * weights.sum()


@pytest.mark.parametrize("seed", range(4))
def test_patterns_are_those_of_the_reflection_sum_and_of_pymatgen(monkeypatch, seed):
    rng = np.random.default_rng(seed)
    lattice = Lattice(np.diag(rng.uniform(6, 13, 3)) + rng.uniform(-1, 1, (3, 3)))
    symbols = [*rng.choice(["Cs", "Pb", "I", "Br"], 12)]
    crystal = Structure(lattice, symbols, rng.random((12, 3)))
    exact = xrd(crystal, two_theta_deg=(5, 60), dispersion=False)
    monkeypatch.setattr(reflections, "MOST_PHASES", 0)
    fast = xrd(crystal, two_theta_deg=(5, 60), dispersion=False)
    assert len(fast.peaks) == len(exact.peaks)
    for one, two in zip(fast.peaks, exact.peaks, strict=True):
        assert one.hkl == two.hkl
        assert one.two_theta_deg == two.two_theta_deg
        assert one.intensity == pytest.approx(two.intensity, abs=1e-4)
    theirs = XRDCalculator(1.54056).get_pattern(crystal, two_theta_range=(5, 60))
    bins = np.arange(5, 60.5, 0.5)
    ours = np.histogram(
        [p.two_theta_deg for p in fast.peaks], bins, weights=[p.intensity for p in fast.peaks]
    )[0]
    # pymatgen may split a peak, and then another one is its strongest.
    them = np.histogram(theirs.x, bins, weights=theirs.y)[0]
    assert np.abs(ours / ours.sum() - them / them.sum()).max() < 2e-3
