"""Student's t of two means."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from perovdb.calculators.two_means import chance, compare_means
from perovdb.errors import InputError

BOUNDARY = ("5.831", "0.012", "5.869", "0.005")
AGED = ("5.876", "0.005", "5.888", "0.006")


@pytest.mark.parametrize(
    ("figures", "t", "ends", "many", "each"),
    [
        (BOUNDARY, 2.923, (2.71, 3.16), 0.0035, (0.071, 0.030, 0.013, 0.006)),
        (AGED, 1.536, (1.29, 1.83), 0.124, (0.20, 0.16, 0.14, 0.13)),
    ],
)
def test_lattice_parameters_of_imran2020(figures, t, ends, many, each):
    found = compare_means(*figures)
    assert found.t == pytest.approx(t, abs=6e-4)
    assert (found.t_low, found.t_high) == pytest.approx(ends, abs=6e-3)
    assert found.p == pytest.approx(many, abs=6e-4)
    for p, known in zip(found.p_each.values(), each, strict=True):
        assert p == pytest.approx(known, abs=6e-3 if known >= 0.1 else 6e-4)


def test_how_many_values_a_difference_needs():
    found = compare_means(*BOUNDARY)
    assert found.least_freedom == 4
    assert chance(found.t, 4) == pytest.approx(0.043, abs=5e-4)
    assert chance(found.t, 3) == pytest.approx(0.061, abs=5e-4)
    assert found.relative_pct == pytest.approx(-0.647, abs=5e-4)
    assert compare_means(*AGED).least_freedom is None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(2, 30))
def test_it_is_the_test_of_welch(seed, n, m):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(5, 1, n), rng.normal(5.5, 2, m)
    known = stats.ttest_ind(a, b, equal_var=False)
    texts = [f"{v:.12f}" for v in (a.mean(), a.std(ddof=1), b.mean(), b.std(ddof=1))]
    found = compare_means(*texts, n=(n, m), deviations=True)
    assert found.t == pytest.approx(abs(known.statistic), rel=1e-8, abs=1e-8)
    assert found.degrees_of_freedom == pytest.approx(known.df)
    assert found.p == pytest.approx(known.pvalue, abs=1e-8)
    assert found.t_low <= found.t <= found.t_high
    if found.least_freedom and found.least_freedom > 1:
        assert chance(found.t, found.least_freedom) <= 0.05
        assert chance(found.t, found.least_freedom - 1) > 0.05


def test_what_says_nothing_is_refused():
    with pytest.raises(InputError, match="without the number"):
        compare_means(*BOUNDARY, deviations=True)
    for figures in (("1", "0", "2", "1"), ("1", "-1", "2", "1"), ("one", "1", "2", "1")):
        with pytest.raises(InputError):
            compare_means(*figures)
    with pytest.raises(InputError, match="A mean of 1"):
        compare_means(*BOUNDARY, n=(1, 5))


def test_what_is_not_independent_is_told(perovdb):
    notes = " ".join(compare_means(*BOUNDARY).notes)
    assert "columns of one image" in notes
    assert "calibration" in notes
    answer = perovdb("compare-means", *BOUNDARY, "--n", "12", "30")
    assert answer.code == 0
    assert "15.0 degrees of freedom" in answer.out
    assert compare_means("-1", "1", "0", "1").relative_pct is None
    assert perovdb("compare-means", *BOUNDARY, "--deviations").code == 2
