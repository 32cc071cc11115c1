"""Bartel et al., Sci. Adv. 5, eaav0693 (2019), Table S1: t, mu and tau as published there."""

import pytest

from perovdb.calculators.tolerance import tolerance

PUBLISHED = [
    # formula, t, mu, tau
    ("CsPbCl3", 0.8697, 0.6575, 3.9756),
    ("CsPbBr3", 0.8620, 0.6071, 4.1016),
    ("CsPbI3", 0.8510, 0.5409, 4.3033),
    ("CsSnCl3", 0.8815, 0.6354, 3.9000),
    ("CsSnBr3", 0.8731, 0.5867, 4.0304),
    ("CsSnI3", 0.8612, 0.5227, 4.2391),
    ("CsCdCl3", 0.9454, 0.5249, 3.8045),
    ("CsCdBr3", 0.9331, 0.4847, 3.9624),
]


@pytest.mark.parametrize(("formula", "t", "mu", "tau"), PUBLISHED)
def test_published_factors(formula, t, mu, tau):
    found = tolerance(formula)
    assert found.t == pytest.approx(t, abs=5e-5)
    assert found.mu == pytest.approx(mu, abs=5e-5)
    assert found.tau == pytest.approx(tau, abs=5e-5)
