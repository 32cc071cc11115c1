"""Detailed balance: published maxima, limits that are exact, light of three kinds."""

from math import log

import numpy as np
import pytest

from perovdb.calculators.photovoltaics import suns
from perovdb.calculators.photovoltaics.limits import (
    balance,
    limit,
    radiative_saturation_mA_cm2,
    saturation_mA_cm2,
    thermal_voltage_V,
)
from perovdb.calculators.photovoltaics.suns import BlackBody, Spectrum, sun_of
from perovdb.errors import InputError, MissingData

TEXTBOOK = BlackBody(6000, 2.18e-5)


@pytest.fixture(scope="module")
def am15g():
    pytest.importorskip("pvlib")
    return suns.am15g()


def best(sun, kelvin, faces):
    """Gap in eV and efficiency of the best cell."""
    gaps = np.linspace(1.05, 1.4, 701)
    share = balance(gaps, sun, kelvin, faces).efficiency
    return gaps[share.argmax()], share.max()


def test_the_table_is_that_of_astm(am15g):
    assert am15g.wavelength_nm.size == 2002
    assert am15g.power_W_m2 == pytest.approx(1000.37, abs=0.005)


@pytest.mark.parametrize(
    ("gap", "jsc", "dark", "voc", "factor", "front", "both"),
    [
        (1.10, 44.230, 1.314e-13, 0.8594, 0.8684, 33.00, 32.24),
        (1.34, 35.032, 1.697e-17, 1.0835, 0.8897, 33.76, 33.15),
        (1.48, 29.680, 8.868e-20, 1.2142, 0.8990, 32.39, 31.87),
        (1.55, 27.264, 6.369e-21, 1.2797, 0.9031, 31.50, 31.02),
        (1.60, 25.467, 9.683e-22, 1.3264, 0.9057, 30.58, 30.14),
        (1.73, 21.668, 7.167e-24, 1.4482, 0.9120, 28.61, 28.23),
        (2.30, 8.958, 2.914e-33, 1.9811, 0.9314, 16.52, 16.37),
    ],
)
def test_it_agrees_with_an_independent_quadrature(am15g, gap, jsc, dark, voc, factor, front, both):
    found = limit(gap, sun=am15g)
    assert found.jsc_mA_cm2 == pytest.approx(jsc, abs=6e-4)
    assert found.saturation_mA_cm2 == pytest.approx(dark, rel=5e-4)
    assert found.voc_V == pytest.approx(voc, abs=6e-5)
    assert found.ff == pytest.approx(factor, abs=6e-5)
    assert found.pce_pct == pytest.approx(front, abs=6e-3)
    assert limit(gap, sun=am15g, faces=2).pce_pct == pytest.approx(both, abs=6e-3)
    # Green's formula, of another kind than Lambert's function.
    v = found.voc_V / thermal_voltage_V(298.15)
    assert found.ff == pytest.approx((v - log(v + 0.72)) / (v + 1), abs=1e-4)


def test_both_published_maxima_differ_by_the_faces_that_shine(am15g):
    gap, share = best(am15g, 298.15, 2)
    assert (gap, share) == (pytest.approx(1.337, abs=5e-3), pytest.approx(0.3316, abs=1e-4))
    gap, share = best(am15g, 298.15, 1)
    assert (gap, share) == (pytest.approx(1.336, abs=5e-3), pytest.approx(0.33773, abs=1e-4))
    assert best(am15g, 300, 1)[1] == pytest.approx(0.3369, abs=1e-4)
    lost = limit(1.5, sun=am15g).voc_V - limit(1.5, sun=am15g, faces=2).voc_V
    assert lost == pytest.approx(0.0178, abs=5e-5)
    warm = limit(1.55, sun=am15g).voc_V - limit(1.55, 300, sun=am15g).voc_V
    assert 1.7e-3 <= warm <= 1.9e-3


def test_a_black_body_gives_the_figures_of_shockley_and_queisser():
    assert TEXTBOOK.power_W_m2 == pytest.approx(1602, abs=0.5)
    for faces, gap, share in ((1, 1.31, 0.310), (2, 1.32, 0.304)):
        found = best(TEXTBOOK, 300, faces)
        assert found == (pytest.approx(gap, abs=0.01), pytest.approx(share, abs=5e-4))
    assert best(BlackBody(6000, 1), 300, 1)[1] == pytest.approx(0.408, abs=1e-4)


def test_light_and_cell_of_one_temperature_make_no_power():
    same = balance([0.5, 1.5], BlackBody(5772, 1), 5772)
    assert same.voc_V == pytest.approx(thermal_voltage_V(5772) * log(2))


def test_a_table_of_a_black_body_is_the_black_body():
    nm = np.linspace(100, 12_000, 60_000)
    h, c, k = 6.62607015e-34, 299792458.0, 1.380649e-23
    metre = nm * 1e-9
    light = 2 * np.pi * h * c**2 / metre**5 / np.expm1(h * c / (metre * k * 5772)) * 1e-9
    table = Spectrum("table", nm, light * suns.SUN_DILUTION)
    gaps = np.linspace(0.35, 4, 50)
    whole = BlackBody()
    assert table.photocurrent_A_m2(gaps) == pytest.approx(whole.photocurrent_A_m2(gaps), rel=1e-4)
    assert table.power_W_m2 == pytest.approx(whole.power_W_m2, rel=2e-3)


def test_an_eqe_that_is_a_step_is_the_step_and_its_tail_costs_voltage():
    energy = np.linspace(1.0, 4.0, 3001)
    step = radiative_saturation_mA_cm2(energy, (energy >= 1.55).astype(float))
    assert step == pytest.approx(float(saturation_mA_cm2(1.55)), rel=0.05)
    tail = np.minimum(1, np.exp((energy - 1.55) / 0.015))
    assert radiative_saturation_mA_cm2(energy, tail) > 1.5 * step
    with pytest.raises(InputError, match="EQE"):
        radiative_saturation_mA_cm2([1, 2], [0.5, 1.5])


def test_a_formula_has_the_spread_of_its_gap():
    found = limit("MAPbI3")
    assert found.formula == "MAPbI3"
    low, high = found.spread
    assert low.gap_eV < found.gap_eV < high.gap_eV
    assert high.gap_eV - found.gap_eV == pytest.approx(found.gap_su_eV)
    assert len(found.rows()) == 3


def test_the_sun_is_named(monkeypatch, tmp_path):
    assert limit(1.5, sun="5772").sun == "black body of 5772 K"
    table = tmp_path / "lamp.csv"
    table.write_text("wavelength_nm,irradiance_W_m2_nm\n300,1\n1300,1\n")
    assert limit(1.5, sun=table).sun == "lamp.csv"
    with pytest.raises(InputError, match="ends at 1300 nm"):
        limit(0.9, sun=table)
    monkeypatch.setattr(suns, "find_spec", lambda name: None)
    assert any("not installed" in note for note in limit(1.5).notes)
    with pytest.raises(MissingData, match="solar"):
        sun_of("AM1.5G")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wavelength_nm,light\n1,2\n", "no columns"),
        ("wavelength_nm,irradiance_W_m2_nm\n300,1\n200,1\n", "no spectrum"),
        ("wavelength_nm,irradiance_W_m2_nm\n300,1\n400,-1\n", "no spectrum"),
        ("wavelength_nm,irradiance_W_m2_nm\n900,1\n1400,1\n", "no light above"),
    ],
)
def test_what_is_no_light_is_refused(tmp_path, text, words):
    table = tmp_path / "lamp.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=words):
        limit(1.5, sun=table)


def test_numbers_that_no_cell_has_are_refused():
    for arguments in ((0.1,), (9.0,), (1.5, 5.0), (float("nan"),)):
        with pytest.raises(InputError, match="out of range"):
            limit(*arguments)
    with pytest.raises(InputError, match="3 faces"):
        limit(1.5, faces=3)
    with pytest.raises(InputError, match="sun of 3 K"):
        limit(1.5, sun=3)


def test_the_command(perovdb):
    answer = perovdb("limit", "1.55", "--sun", "5772", "--json")
    assert answer.code == 0
    assert '"emission": "front"' in answer.out
    assert perovdb("limit", "nonsense").code == 2
