"""Space-charge-limited currents: densities, the regime of a curve, refusals."""

import numpy as np
import pytest

from perovdb.calculators.photovoltaics.space_charge import floor_cm3, mott_gurney_mA_cm2, sclc
from perovdb.errors import InputError, OutOfRange

#: An epsilon and a thickness in nm.
FILM = (2000.0, 30.0)


def curve(mobility=2.0, vtfl=10.0, noise=0.0):
    """Ohmic, then filling at V_TFL with exponent 8, then Mott and Gurney's."""
    voltage = np.geomspace(0.1, 1000, 400)
    free = mott_gurney_mA_cm2(1.0, mobility, *FILM) * voltage**2
    ohmic = 1e-3 * mott_gurney_mA_cm2(1.0, mobility, *FILM) * vtfl * voltage
    steep = ohmic * np.maximum(voltage / vtfl, 1) ** 7
    current = np.where(voltage < vtfl, ohmic, np.minimum(steep, free))
    return voltage, current * np.exp(noise * np.random.default_rng(0).normal(size=400))


def test_a_voltage_gives_a_density_and_the_floor_of_the_thickness():
    found = sclc(300, 25, 1.0)
    assert found.trap_density_cm3 == pytest.approx(3.07e16, rel=1e-3)
    assert floor_cm3(300, 25) == pytest.approx(1.56e16, rel=3e-3)
    assert any("thickness is measured" in note for note in found.notes)
    assert any("ions" in note for note in found.notes)
    assert not any("thickness is measured" in note for note in sclc(3000, 25, 10.0).notes)
    assert mott_gurney_mA_cm2(1, 1, 300, 25) == pytest.approx(92.2e3, rel=1e-3)


def test_a_curve_gives_back_what_it_was_made_of():
    for mobility, vtfl in ((0.1, 3.0), (2.0, 10.0), (60.0, 30.0)):
        found = sclc(*FILM, curve=curve(mobility, vtfl))
        assert found.vtfl_V == pytest.approx(vtfl, rel=0.02)
        assert found.mobility_cm2_Vs == pytest.approx(mobility, rel=0.01)
        assert found.steepest == pytest.approx(8, rel=0.01)


def test_a_curve_without_a_regime_has_no_number_of_it():
    voltage, current = curve()
    before = voltage < 15
    found = sclc(*FILM, curve=(voltage[before], current[before]))
    assert found.vtfl_V is not None
    assert found.mobility_cm2_Vs is None
    assert any("no mobility" in note for note in found.notes)
    after = voltage > 60
    found = sclc(*FILM, curve=(voltage[after], current[after]))
    assert found.trap_density_cm3 is None
    assert found.mobility_cm2_Vs == pytest.approx(2.0)
    for exponent in (1.0, 1.5, 2.6):
        with pytest.raises(OutOfRange, match="not limited by space charge"):
            sclc(*FILM, curve=(voltage, voltage**exponent))


def test_what_is_no_curve_is_refused(tmp_path):
    up = np.linspace(1, 9, 9)
    for bad in ((up[::-1], up), (up, up[:4]), (up - 5, up), (up[:3], up[:3])):
        with pytest.raises(InputError):
            sclc(*FILM, curve=bad)
    with pytest.raises(InputError, match="neither"):
        sclc(*FILM)
    with pytest.raises(InputError, match="out of range"):
        sclc(0, 25, 1.0)
    table = tmp_path / "dark.csv"
    table.write_text("voltage_V,current\n1,2\n")
    with pytest.raises(InputError, match="no columns"):
        sclc(*FILM, curve=table)


def test_the_command_reads_a_file(perovdb, tmp_path):
    table = tmp_path / "dark.csv"
    lines = "\n".join(f"{v},{j}" for v, j in zip(*curve(), strict=True))
    table.write_text(f"voltage_V,current_mA_cm2\n{lines}\n")
    answer = perovdb("sclc", str(table), "--thickness", "2000", "--epsilon", "30", "--json")
    assert answer.code == 0
    assert '"mobility_cm2_Vs": 2.0' in answer.out or '"mobility_cm2_Vs": 1.99' in answer.out
    assert perovdb("sclc", "--thickness", "300", "--epsilon", "25").code == 2
