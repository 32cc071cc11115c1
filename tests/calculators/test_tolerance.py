"""Tolerance factors: radii that are reported, arrays, and the range of tau."""

import numpy as np
import pytest

from perovdb.calculators.radii import choose_radius
from perovdb.calculators.tolerance import bartel_tau, goldschmidt_t, octahedral_mu, tolerance
from perovdb.composition.registry import load_registry
from perovdb.errors import MissingData, OutOfRange
from perovdb.store import queries


@pytest.mark.parametrize(
    ("formula", "t"),
    [("CsPbI3", 0.851), ("MAPbI3", 0.912), ("FAPbI3", 0.987), ("Cs0.5FA0.5PbI3", 0.919)],
)
def test_lead_iodides(formula, t):
    assert round(tolerance(formula).t, 3) == t


def test_each_radius_says_its_set_and_source():
    radii = tolerance("Cs0.5FA0.5PbI3").radii
    assert (radii["Cs"].radius_A, radii["Cs"].set) == (1.88, "shannon1976")
    assert radii["Cs"].coordination == "XII"
    assert (radii["FA"].radius_A, radii["FA"].set) == (2.53, "kieslich2014")
    assert radii["Pb"].coordination == radii["I"].coordination == "VI"
    assert {used.evidence for used in radii.values()} == {"read", "secondhand"}


def test_tin_takes_the_radius_that_shannon_lacks():
    used = tolerance("CsSnI3").radii["Sn"]
    assert (used.radius_A, used.set) == (1.15, "travis2016")


def test_a_mixed_site_takes_the_mean_of_its_radii():
    ends = [tolerance(formula).t for formula in ("CsPbI3", "FAPbI3")]
    # t is linear in rA.
    assert tolerance("Cs0.3FA0.7PbI3").t == pytest.approx(0.3 * ends[0] + 0.7 * ends[1])


def test_arrays_and_numbers_go_through_the_same_formulas():
    a, b, x = (
        np.array([1.88, 2.17, 2.53]),
        np.array([1.19, 1.15, 0.95]),
        np.array([2.2, 1.96, 1.81]),
    )
    for formula, radii in (
        (goldschmidt_t, (a, b, x)),
        (octahedral_mu, (b, x)),
        (bartel_tau, (a, b, x)),
    ):
        together = formula(*radii)
        one_by_one = [formula(*(float(r) for r in row)) for row in zip(*radii, strict=True)]
        assert together == pytest.approx(one_by_one, rel=1e-14)


def test_tau_needs_a_larger_a_ion():
    with pytest.raises(OutOfRange, match="not defined"):
        bartel_tau(1.19, 1.19, 2.2)
    values = bartel_tau(np.array([1.0, 1.19, 1.88]), np.full(3, 1.19), np.full(3, 2.2))
    assert np.isnan(values[:2]).all()
    assert values[2] == pytest.approx(4.3033, abs=5e-5)


def test_an_ion_without_a_radius_in_the_sets_of_descriptors_is_missing(store):
    lead = load_registry().ion("Pb")
    anion_dependent = [
        row for row in queries.radii("Pb") if row["radius_set"] == "travis2016_anion"
    ]
    with pytest.raises(MissingData, match="no radius of Pb"):
        choose_radius(anion_dependent, lead)
