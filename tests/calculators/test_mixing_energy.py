"""Mixing: exact limits of the regular solution, published gaps, and what must hold for any L."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

import perovdb as library
from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.calculators.mixing_energy import (
    binodal,
    critical_point,
    exchange_energy_eV,
    fit_interaction,
    free_energy_eV,
    interaction_from_binodal,
    mixing_entropy_eV_K,
    redlich_kister,
    spinodal,
)
from perovdb.calculators.mixing_energy.mixing import stored_mixing
from perovdb.errors import InputError, MissingData

PAIR = ("MAPbI3", "MAPbBr3")


def test_the_critical_temperature_of_brivio2016_in_energies():
    answer = library.mixing(PAIR, tc_K=343)
    assert answer.L_eV[0] == pytest.approx(0.1773, abs=5e-5)
    assert answer.L_eV[0] / 3 == pytest.approx(0.05911, abs=1e-5)
    assert (answer.critical_K, answer.critical_x) == (343, 0.5)
    assert redlich_kister(answer.L_eV)(0.5) == pytest.approx(0.0443, abs=5e-5)
    assert answer.binodal(300)[0] == pytest.approx((0.2091, 0.7909), abs=5e-5)
    assert answer.spinodal(300)[0] == pytest.approx((0.3230, 0.6770), abs=5e-5)
    assert answer.binodal(200)[0][0] == pytest.approx(0.0412, abs=5e-5)
    assert answer.spinodal(200)[0][0] == pytest.approx(0.1772, abs=5e-5)


@given(st.floats(0.01, 2), st.sampled_from([1, 3, 4]))
@settings(max_examples=10)
def test_at_half_the_critical_temperature_a_regular_solution_has_one_gap(L0, sites):
    kelvin = L0 / (4 * sites * K_B_EV)
    assert spinodal([L0], sites, kelvin)[0][0] == pytest.approx(0.14645, abs=5e-6)
    assert binodal([L0], sites, kelvin)[0][0] == pytest.approx(0.02125, abs=5e-6)


def test_the_gap_of_lehmann2019_needs_a_lopsided_solution():
    measured = stored_mixing(PAIR)[0]
    assert (measured.source, measured.kind) == ("lehmann2019", "measured")
    L0, L1 = (1000 * value for value in measured.L_eV)
    assert (round(L0), round(L1)) == (172, -51)
    assert (round(measured.critical_K), round(measured.critical_x, 3)) == (383, 0.656)
    assert measured.binodal(298)[0] == pytest.approx((0.29, 0.92))
    assert measured.spinodal(298)[0] == pytest.approx((0.446, 0.829), abs=5e-4)
    assert all(0 < 1000 * su < 20 for su in measured.L_su_eV)
    # Seen from the other end the same gap.
    back = stored_mixing(PAIR[::-1])[0]
    assert back.L_eV == pytest.approx((measured.L_eV[0], -measured.L_eV[1]))


def test_entropy_counts_sites():
    eighth = {"a": 1 / 8, "b": 7 / 8}
    kJ_mol = 350 * constants.e * constants.N_A / 1000
    assert mixing_entropy_eV_K([(1, eighth)]) * kJ_mol == pytest.approx(1.10, abs=5e-3)
    every = mixing_entropy_eV_K([(1, eighth), (3, eighth)])
    assert every * kJ_mol == pytest.approx(4.39, abs=5e-3)
    triple = library.parse("Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3")
    sites = [(triple.numbers[name], ions) for name, ions in triple.sites.items()]
    assert 1000 * mixing_entropy_eV_K(sites) == pytest.approx(0.1723, abs=5e-5)


def test_an_ab_initio_enthalpy_of_an_eighth_shows_no_gap():
    L0 = 0.011 / (1 / 8 * 7 / 8)
    assert not binodal([L0], 4, 300)
    assert critical_point([-0.1], 1) is None


PARAMETERS = st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=3)


@given(PARAMETERS, st.floats(150, 500))
@settings(max_examples=25)
def test_the_tangent_lies_below_and_curvature_tells_the_spinodal(L_eV, kelvin):
    x = np.linspace(1e-4, 1 - 1e-4, 400)
    g = free_energy_eV(x, L_eV, 3, kelvin)
    curvature = redlich_kister(L_eV).deriv(2)(x) + 3 * K_B_EV * kelvin / (x * (1 - x))
    inside = np.zeros_like(x, bool)
    for low, high in spinodal(L_eV, 3, kelvin):
        inside |= (x > low) & (x < high)
    clear = np.abs(curvature) > 1e-6
    assert (inside == (curvature < 0))[clear].all()
    for low, high in binodal(L_eV, 3, kelvin):
        ends = free_energy_eV([low, high], L_eV, 3, kelvin)
        line = ends[0] + (ends[1] - ends[0]) * (x - low) / (high - low)
        assert (g >= line - 1e-9).all()


@given(st.floats(0.02, 0.4), st.floats(0.6, 0.98), st.sampled_from([1, 3]))
@settings(max_examples=15)
def test_parameters_of_a_gap_give_the_gap(low, high, sites):
    L_eV = interaction_from_binodal(low, high, sites, 298)
    gaps = binodal(L_eV, sites, 298)
    assert any(gap == pytest.approx((low, high), abs=1e-7) for gap in gaps)


def test_energies_of_random_alloys_are_fitted():
    x = np.array([0.25, 0.5, 0.75, 0.5])
    energy = redlich_kister([0.17, -0.05])(x)
    found, su = fit_interaction(x, energy)
    assert found == pytest.approx((0.17, -0.05))
    assert max(su) < 1e-12
    with pytest.raises(InputError, match="too few for 2"):
        fit_interaction([0.25, 0.5], [0.01, 0.02])
    with pytest.raises(InputError, match="Give one energy"):
        fit_interaction([0.0, 0.5, 0.7], [0.01, 0.02, 0.02])


def test_an_exchange_has_a_sign():
    # The ion that leaves is worth less in solution than the one that enters: it costs less.
    assert exchange_energy_eV(0.5, 0.01, -0.1, 0.0) == pytest.approx(-0.04)
    assert exchange_energy_eV(0.5, 0.01, 0.0, 0.0) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (("MAPbI3", "MAPbI3"), "twice"),
        (("MAPbI3", "MAPb(I0.5Br0.5)3"), "alloyed ions on X"),
        (("MAPbI3", "Cs2PbI4"), "other sites"),
    ],
)
def test_what_makes_no_pair_is_refused(ends, words):
    with pytest.raises(InputError, match=words):
        library.mixing(ends, tc_K=300)


def test_what_is_not_known_is_refused_and_what_is_left_out_is_told():
    with pytest.raises(MissingData, match="Nothing is stored"):
        library.mixing(("CsPbI3", "RbPbI3"))
    with pytest.raises(InputError, match="three ways"):
        library.mixing(PAIR, tc_K=300, gap=(0.1, 0.9))
    with pytest.raises(InputError, match="x1 < x2"):
        library.mixing(PAIR, gap=(0.9, 0.1))
    notes = " ".join(library.mixing(PAIR, tc_K=300).notes)
    assert "ideal entropy" in notes
    assert "delta" in notes
    assert library.mixing(("FAPbI3", "MAPbBr3"), L_eV=(0.1,)).sites == 4


def test_the_command_tells_that_sources_disagree(perovdb, tmp_path):
    answer = perovdb("mix", *PAIR, "--plot", str(tmp_path / "gap.png"))
    assert answer.code == 0
    assert (tmp_path / "gap.png").stat().st_size > 5000
    for word in ("lehmann2019", "brivio2016", "chen2021seg"):
        assert word in answer.out
    assert perovdb("mix", *PAIR, "--l", "0.1", "--tc", "300").code != 0
