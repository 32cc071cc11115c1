"""Losses of the open-circuit voltage, and ideality factors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.photovoltaics import suns
from perovdb.calculators.photovoltaics.limits import balance
from perovdb.calculators.photovoltaics.losses import ideality, loss, quenching_V
from perovdb.errors import InputError, OutOfRange


@pytest.mark.parametrize(
    ("kelvin", "volt", "plqy"), [(298.15, 0.05916, 0.00291), (300, 0.05953, 0.00302)]
)
def test_what_luminescence_costs(kelvin, volt, plqy):
    """hao2020 prints 60 mV of a PLQY of 10 %, and 150 mV."""
    assert quenching_V(0.1, kelvin) == pytest.approx(volt, abs=5e-6)
    assert quenching_V(plqy, kelvin) == pytest.approx(0.150, abs=1e-4)


@settings(max_examples=100, deadline=None)
@given(
    gap=st.floats(1.0, 3.0),
    share=st.floats(0.3, 0.99),
    plqy=st.floats(1e-9, 1),
    jsc=st.one_of(st.none(), st.floats(0.1, 40)),
)
def test_the_losses_add_up(gap, share, plqy, jsc):
    sun = None if jsc else 5772
    top = loss(0.01, gap, jsc, sun=sun).voc_rad_V
    found = loss(share * top, gap, jsc, plqy, sun=sun)
    total = found.voc_V + found.radiative_loss_V + found.bulk_loss_V + found.surface_loss_V
    assert total == pytest.approx(gap)
    assert found.bulk_loss_V + found.surface_loss_V == pytest.approx(found.nonradiative_loss_V)
    assert quenching_V(found.led_yield) == pytest.approx(found.nonradiative_loss_V)
    assert any("below zero" in note for note in found.notes) == (found.surface_loss_V < 0)


def test_a_measured_current_and_a_given_limit():
    found = loss(1.19, 1.65, 16.42, 0.10)
    assert found.voc_rad_V == pytest.approx(1.3635, abs=1e-4)
    assert loss(1.19, voc_rad_V=1.27).nonradiative_loss_V == pytest.approx(0.08)
    assert loss(1.19, voc_rad_V=1.27).radiative_loss_V is None


def test_figures_of_papers_with_the_sun():
    pytest.importorskip("pvlib")
    sun = suns.am15g()
    # hao2020: 1.20 + 0.07 V is a step at 1.542 eV; at the emission it would be 1.37 V.
    assert balance([1.542, 1.65], sun, 300).voc_V == pytest.approx([1.270, 1.37], abs=2e-3)
    # zhao2024, each gap at the peak of its emission.
    for nm, voc, lost in ((701, 1.21, 0.274), (730, 1.20, 0.219), (753, 1.19, 0.180)):
        found = loss(voc, 1239.842 / nm, sun=sun)
        assert found.nonradiative_loss_V == pytest.approx(lost, abs=1.5e-3)


def test_what_cannot_be_is_refused():
    with pytest.raises(OutOfRange, match="above the radiative limit"):
        loss(1.28, voc_rad_V=1.27)
    assert loss(1.274, voc_rad_V=1.27).nonradiative_loss_V < 0
    for plqy in (0, -0.1, 10, float("nan")):
        with pytest.raises(InputError):
            loss(1.1, 1.6, 20, plqy)
        with pytest.raises(InputError):
            quenching_V(plqy)
    with pytest.raises(InputError, match="gap or a radiative limit"):
        loss(1.1)
    with pytest.raises(InputError, match="two ways"):
        loss(1.1, 1.6, 20, voc_rad_V=1.3)
    with pytest.raises(InputError, match="out of range"):
        loss(1190, 1.65)


def test_what_the_gap_and_the_yield_are_of_is_told():
    notes = " ".join(loss(1.1, 1.6, 20, 0.01).notes)
    assert "inflection" in notes
    assert "finished cell" in notes
    assert "below the gap" in notes


@pytest.mark.parametrize(("n", "mV"), [(1, 59.2), (2, 118.3), (4, 236.6)])
def test_ideality(n, mV):
    current = np.geomspace(0.1, 100, 7)
    found = ideality(current, 0.8 + n * 0.0256926 * np.log(current))
    assert found.ideality == pytest.approx(n, rel=1e-5)
    assert found.mV_per_decade == pytest.approx(mV, abs=0.05)
    assert found.ideality_su == pytest.approx(0, abs=1e-6)
    assert any("no meaning" in note for note in found.notes) == (n == 4)
    assert any("lamp" in note for note in found.notes)


def test_no_line_is_refused():
    for current, voltage in (([1, 1], [1, 1.1]), ([1], [1]), ([1, 2], [1]), ([-1, 2], [1, 2])):
        with pytest.raises(InputError):
            ideality(current, voltage)


def test_the_command(perovdb):
    answer = perovdb("loss", "1.19", "--gap", "1.65", "--jsc", "16.42", "--plqy", "0.1")
    assert answer.code == 0
    assert "1.3635" in answer.out
    assert perovdb("loss", "1.5", "--gap", "1.6", "--jsc", "20").code == 1
