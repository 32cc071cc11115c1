"""Exchange between dots: spheres by Crank, ions that stay, lines that merge, what is refused."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

import perovdb
from perovdb.calculators.exchange import ExchangeFit, fit_exchange
from perovdb.calculators.exchange import course as of_dots
from perovdb.calculators.exchange.emission import HC_EV_NM, Emission, spectra, widths
from perovdb.calculators.exchange.emission import wavelengths_nm as wavelengths
from perovdb.calculators.exchange.evolution import (
    Course,
    Spheres,
    check_drift,
    evolve,
    volumes,
)
from perovdb.calculators.exchange.lines import emission_of
from perovdb.calculators.kinetics import (
    arrhenius_from_curves,
    exchange_fraction,
    fit_decay,
    hop_rate,
)
from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.errors import InputError, MissingData, OutOfRange

ONE = Spheres(np.ones(1), np.ones(1), np.zeros(1))
TWO = Spheres(np.ones(2), np.full(2, 0.5), np.array([0.0, 1.0]))
CS_FA = ("CsPbI3", "FAPbI3")
DOTS = (14.0, 14.0)


def test_a_sphere_with_its_surface_held():
    """Crank, equation 6.20."""
    times = np.array([0.0305, 0.1830, 0.2531, 0.4162])
    got = evolve(ONE, times, 1.0, stock=np.inf, free=1.0, shells=80).means.ravel()
    assert got == pytest.approx([0.5, 0.9, 0.95, 0.99], abs=6e-4)


def test_early_times_have_the_error_that_is_told():
    error = [
        abs(evolve(ONE, np.array([t]), 1.0, stock=np.inf, free=1.0, shells=80).means.item() - want)
        for t, want in zip(
            (0.001, 0.03), exchange_fraction([0.001, 0.03], 2.0, 1e-14), strict=True
        )
    ]
    assert error == pytest.approx([9.5e-4, 1e-4], rel=0.9)


def test_two_equal_populations_are_half_of_a_bath():
    times = np.geomspace(1e-3, 1, 20)
    both = evolve(TWO, times, 1.0)
    bath = evolve(ONE, times, 1.0, stock=np.inf, free=1.0).means[:, 0]
    assert both.free == pytest.approx(0.5)
    assert both.means[:, 0] == pytest.approx(bath / 2)
    assert both.means[:, 1] == pytest.approx(1 - bath / 2)


def test_a_sphere_with_a_surface_law():
    """Crank, equation 6.43, at Bi = 1."""
    got = evolve(ONE, np.array([0.3290]), 1.0, 1.0, stock=np.inf, free=1.0).means.item()
    assert got == pytest.approx(0.5623, abs=1e-4)


@pytest.mark.parametrize(
    ("biot", "rate"), [(0.1, 0.29407), (1e-4, 3e-4), (1e-12, 3e-12), (1e-40, 3e-40)]
)
def test_a_slow_surface_rules(biot, rate):
    times = np.array([1.0, 2.0]) / biot
    left = 1 - evolve(ONE, times, 1.0, biot, stock=np.inf, free=1.0).means.ravel()
    assert -np.log(left[1] / left[0]) * biot == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize(("bath", "share"), [(0.5, 0.86606), (2.0, 0.72124)])
def test_a_bath_of_some_volumes(bath, share):
    """Crank, equation 6.30; here D depends on nothing, by both ways to solve it."""
    for d in (1.0, np.ones_like):
        got = evolve(ONE, np.array([0.05, 20.0]), d, stock=bath, free=1.0, shells=80).means[:, 0]
        assert got[0] / got[1] == pytest.approx(share, abs=4e-5)
        assert got[1] == pytest.approx(bath / (1 + bath))


@pytest.mark.parametrize(("time", "share"), [(0.00836, 0.5), (0.0566, 0.9), (0.0799, 0.95)])
def test_a_cube_and_the_sphere_in_its_place(time, share):
    """Faces held: 1 - slab^3. A sphere R = L / sqrt(3) is 0.039 off at most."""
    odd = np.arange(1, 200, 2)
    slab = (8 / np.pi**2 * np.exp(-((np.pi * odd) ** 2) * time) / odd**2).sum()
    assert 1 - slab**3 == pytest.approx(share, abs=1e-3)
    sphere = exchange_fraction([time], 2 / np.sqrt(3), 1e-14).item()
    assert abs(sphere - share) < 0.0395


@pytest.mark.parametrize(("ratio", "half"), [(0.1, 0.0187), (1.0, 0.0305), (10.0, 0.0903)])
def test_ions_of_two_mobilities(ratio, half):
    """Nernst-Planck, D_A inside and D_B outside: half exchanged at D_A t / R^2."""
    inside, outside = 1.0, 1 / ratio

    def d(x):
        return inside * outside / ((1 - x) * inside + x * outside)

    got = evolve(ONE, np.array([half]), d, stock=np.inf, free=1.0, shells=60).means.item()
    assert got == pytest.approx(0.5, abs=3e-3)


@pytest.mark.parametrize("stock", [0.0, 0.01, 2.0])
@pytest.mark.parametrize("rate", [np.inf, 1.0])
def test_ions_stay(stock, rate):
    some = Spheres(np.array([0.8, 1.0, 1.3]), np.array([0.2, 0.5, 0.3]), np.array([0.0, 0.0, 1.0]))
    times = np.geomspace(1e-3, 3, 20)
    assert evolve(some, times, 1.0, rate, stock).drift < 1e-12
    slow = evolve(some, times, lambda x: 0.3 + x * (1 - x), rate, stock, shells=12)
    assert slow.drift < 1e-7
    assert slow.x.min() > -1e-6
    assert slow.x.max() < 1 + 1e-6


def test_what_cannot_be_followed_is_refused():
    with pytest.raises(OutOfRange, match="could not be followed"):
        perovdb.exchange(CS_FA, DOTS, barrier_eV=0.6, vacant=1e-3, mixed_barrier_eV=3.0)


def test_a_course_that_loses_ions_is_refused():
    with pytest.raises(OutOfRange, match="came or went"):
        check_drift(Course(np.zeros((1, 1, 1)), np.zeros(1), 2e-6))
    with pytest.raises(OutOfRange, match="came or went"):
        check_drift(Course(np.full((1, 1, 1), np.nan), np.zeros(1), 0.0))


@pytest.mark.parametrize(
    ("ends", "width"),
    [(("CsPbI3", "FAPbI3"), 128), (("CsPbI3", "MAPbI3"), 70), (("MAPbI3", "FAPbI3"), 83)],
)
def test_the_widths_that_the_lines_of_the_store_start_with(ends, width):
    emission, notes = emission_of(*ends)
    nm = wavelengths(emission)
    x = np.array([[[0.0] * 2, [1.0] * 2]])
    light = spectra(x, volumes(2), np.full(2, 0.5), emission, 298, nm)
    assert widths(nm, light).fwhm_nm.item() == pytest.approx(width, abs=0.6)
    assert any("assumed" in note for note in notes) == ("MAPbI3" in ends)


def test_the_emission_of_the_store():
    emission, _ = emission_of(*CS_FA)
    assert emission.energy_eV == pytest.approx((1.8126, 1.5998), abs=1e-4)
    assert emission.bowing_eV == pytest.approx(0.031, abs=5e-4)
    assert emission.line_eV == pytest.approx(0.0977, abs=1e-4)
    backwards, _ = emission_of(*CS_FA[::-1])
    assert backwards.energy_eV == emission.energy_eV[::-1]
    assert [round(HC_EV_NM / emission_of(*ends)[0].energy_eV[side]) for ends, side in (
        (("CsPbI3", "MAPbI3"), 1), (("MAPbI3", "FAPbI3"), 0)
    )] == [719, 732]  # fmt: skip


def test_a_line_has_its_width_and_area():
    line = Emission((1.8, 1.6), 0.0, 0.1)
    nm = wavelengths(line)
    light = spectra(np.zeros((1, 1, 2)), volumes(2), np.ones(1), line, 298, nm)
    assert np.trapezoid(light[0], nm) == pytest.approx(1, abs=1e-4)
    found = widths(nm, light)
    assert found.fwhm_nm.item() == pytest.approx(0.1 * (HC_EV_NM / 1.8) ** 2 / HC_EV_NM, rel=0.01)
    assert found.peaks.item() == 1
    assert np.isnan(found.second_nm).all()


@pytest.mark.parametrize(
    ("rate", "low", "high", "scale", "reached"),
    [(None, 0.21, 0.33, "interior", (0.19, 0.22)), (1e-6, 0.34, 0.41, "surface", (2.1, 2.4))],
)
def test_merging_and_plateau(rate, low, high, scale, reached):
    d = 1e-17
    run = perovdb.exchange(CS_FA, DOTS, diffusion_cm2_s=d, surface_nm_s=rate, spread=0.1)
    assert run.merged_min is not None
    assert run.plateau_min is not None
    assert low < run.merged_min / run.plateau_min < high
    radius = 14 / np.sqrt(3)
    unit_s = radius**2 / (d * 1e14) if scale == "interior" else radius / (3 * (rate or 1))
    assert reached[0] < run.plateau_min * 60 / unit_s < reached[1]
    assert run.mean_x[0].tolist() == [0, 1]
    assert run.mean_x[-1] == pytest.approx([0.5, 0.5], abs=1e-3)


def _widths_at(kelvins, **given):
    curves = {}
    for kelvin in kelvins:
        run = perovdb.exchange(CS_FA, DOTS, temperature_K=kelvin, **given)
        end = 1.5 * (run.plateau_min or 0)
        times = np.linspace(0, end, 60)
        curves[kelvin] = times, np.interp(times, run.time_min, run.fwhm_nm)
    return curves


@pytest.mark.parametrize(("thermal", "energy"), [(False, 0.6300), (True, 0.637)])
def test_equal_energies_come_back_out_of_widths(thermal, energy):
    fit = arrhenius_from_curves(
        _widths_at((313.15, 333.15, 353.15), barrier_eV=0.63, vacant=1e-3, thermal=thermal)
    )
    assert fit.activation_energy_eV == pytest.approx(energy, abs=3e-3)


def test_the_rate_of_a_width_is_no_rate_of_diffusion():
    """k R^2 / D = 22, not pi^2."""
    d = 1e-17
    curves = _widths_at((313.15,), diffusion_cm2_s=d)
    time, width = curves[313.15]
    k_min = fit_decay(time, width, (width[0], width[-1])).rate
    assert k_min / 60 * (14**2 / 3) / (d * 1e14) == pytest.approx(22, abs=0.5)


@pytest.mark.parametrize(("biot", "energy"), [(30, 0.71), (1, 0.43), (0.1, 0.36)])
def test_mixed_control_looks_like_one_line(biot, energy):
    """0.75 eV inside and 0.35 eV at the surface; Bi is that at 60 C."""
    hops = hop_rate(0.75, 333.15, 6.3, vacant=1e-3)
    assert hops.ion_diffusion_cm2_s is not None
    at_60 = biot * hops.ion_diffusion_cm2_s * 1e14 / (14 / np.sqrt(3))
    lower = np.exp(0.35 / K_B_EV * (1 / 333.15 - 1 / 298.15))
    fit = arrhenius_from_curves(
        _widths_at(
            (313.15, 323.15, 333.15, 343.15, 353.15), barrier_eV=0.75, vacant=1e-3,
            surface_nm_s=at_60 * lower, surface_eV=0.35,
        )
    )  # fmt: skip
    assert fit.activation_energy_eV == pytest.approx(energy, abs=0.02)
    line = fit.ln_prefactor - fit.activation_energy_eV / (K_B_EV * fit.temperature_K)
    assert np.abs(fit.ln_rate - line).max() < 0.045


@pytest.mark.parametrize(("barrier", "minutes"), [(0.96, 1.6e6), (0.75, 445), (0.55, 0.19)])
def test_how_long_bulk_barriers_take(barrier, minutes):
    run = perovdb.exchange(CS_FA, (15, 15), barrier_eV=barrier, vacant=0.01)
    assert run.plateau_min == pytest.approx(minutes, rel=0.1)


def test_a_bulk_hop_of_a_third_of_an_electronvolt_needs_no_vacancies():
    """The note that says so: 10 min over 0.35 eV, by the vacant share that it would need."""
    run = perovdb.exchange(CS_FA, (15, 15), barrier_eV=0.35, vacant=0.01)
    share = 0.01 * (run.plateau_min or 0) / 10
    assert share == pytest.approx(8e-8, rel=0.15)
    assert any("8e-8" in note for note in run.notes)


def test_a_lower_barrier_of_the_mixture_merges_late():
    """D that rises exp(4 x 4 x (1 - x)): 0.42."""
    kt = K_B_EV * 298
    run = perovdb.exchange(
        CS_FA,
        DOTS,
        barrier_eV=0.63,
        mixed_barrier_eV=0.63 - 4 * kt,
        vacant=1e-3,
        time_min=tuple(np.linspace(0, 1.5, 200)),
    )
    assert run.merged_min is not None
    assert run.merged_min / (run.plateau_min or 0) == pytest.approx(0.42, abs=0.03)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"surface_nm_s": 1e-4}, "free parameters"),
        ({"surface_nm_s": 1e-4}, "apparent one"),
        ({"barrier_eV": 0.6, "vacant": 5e-5}, "most hold none"),
        ({"barrier_eV": (0.6, 0.65), "vacant": 1e-3}, "slower rules"),
        ({"barrier_eV": (0.6, 0.65), "vacant": 1e-3, "rule": "darken"}, "faster rules"),
        ({}, "before the peaks merge"),
        ({}, "metastable"),
    ],
)
def test_what_is_told(given, words):
    given = given if "barrier_eV" in given else {"diffusion_cm2_s": 1e-17, **given}
    run = perovdb.exchange(CS_FA, DOTS, time_min=(0, 10, 100), **given)
    assert any(words in note for note in run.notes)
    assert set(of_dots.LIMITS) <= set(run.notes)


@pytest.mark.parametrize(
    ("ends", "given", "words"),
    [
        (("CsPbI3", "CsPbBr3"), {}, "ion of A alone"),
        (("CsPbI3", "CsPbI3"), {}, "ion of A alone"),
        (("Cs0.5FA0.5PbI3", "FAPbI3"), {}, "no end"),
        (CS_FA, {"share": 1.2}, "share of exchange"),
        (CS_FA, {"vacant": 0.1}, "barriers of the ends"),
        (CS_FA, {"surface_eV": 0.5}, "goes with its rate"),
        (CS_FA, {"barrier_eV": 0.6}, "and not both"),
        (CS_FA, {"diffusion_cm2_s": None}, "needs a barrier"),
        (CS_FA, {"diffusion_cm2_s": None, "barrier_eV": 0.6}, "share of vacant"),
        (CS_FA, {"diffusion_cm2_s": None, "barrier_eV": (0.6,) * 3, "vacant": 0.1}, "barrier"),
        (CS_FA, {"mixed_barrier_eV": 0.6}, "barriers of the ends"),
        (CS_FA, {"interaction_eV": 0.06}, "fall apart"),
        (CS_FA, {"diffusion_cm2_s": None, "barrier_eV": (), "vacant": 0.1}, "barriers are none"),
        (CS_FA, {"rule": "fick"}, "no rule"),
        (CS_FA, {"time_min": (10, 5)}, "must rise"),
        (CS_FA, {"peaks_nm": (684, 775), "line_nm": 300}, "too wide"),
        (("RbPbI3", "CsPbI3"), {}, "no perovskite"),
        (("CsSnI3", "FASnI3"), {}, "not stored"),
    ],
)
def test_what_is_refused(ends, given, words):
    given = {"diffusion_cm2_s": 1e-17, "time_min": (0, 10), **given}
    with pytest.raises((InputError, MissingData, OutOfRange), match=words):
        perovdb.exchange(ends, DOTS, **given)


def test_what_an_answer_gives():
    run = perovdb.exchange(CS_FA, DOTS, diffusion_cm2_s=1e-17, time_min=(0, 10, 100, 1000))
    assert run.profile(0).shape == run.radius_nm.shape
    assert run.spectrum(9).tolist() == run.spectra_per_nm[1].tolist()
    assert run.times("plateau", within_nm=200) == 0
    with pytest.raises(InputError, match="no time"):
        run.times("soon")
    assert perovdb.Exchange.from_dict(run.as_dict()) == run
    assert len(run.figure().axes) == 4
    plt.close("all")


@pytest.mark.parametrize("biot", [3.0, 1000.0])
def test_widths_give_their_energy_and_biot_number_back(biot):
    kelvins = (313.15, 333.15, 353.15)
    curves = {}
    for kelvin in kelvins:
        d = 1e-17 * np.exp(-0.63 / K_B_EV * (1 / kelvin - 1 / 313.15))
        # surface_nm_s is that of 298.15 K, and without an energy that of all temperatures.
        rate = biot * d * 1e14 / (14 / np.sqrt(3))
        run = perovdb.exchange(
            CS_FA, DOTS, diffusion_cm2_s=d, surface_nm_s=rate, temperature_K=kelvin, thermal=False
        )
        times = np.linspace(0, 2 * (run.plateau_min or 0), 40)
        curves[kelvin] = times, np.interp(times, run.time_min, run.fwhm_nm)
    fit = fit_exchange(curves, CS_FA, DOTS, thermal=False)
    assert fit.activation_energy_eV == pytest.approx(0.63, abs=1e-3)
    assert fit.biot == biot
    assert fit.biot_low <= biot <= fit.biot_high
    assert fit.diffusion_cm2_s[0] == pytest.approx(1e-17, rel=0.01)
    assert any("apparent" in note for note in fit.notes) == (biot == 3)
    assert ExchangeFit.from_dict(fit.as_dict()) == fit


def test_a_fit_of_too_little_is_refused():
    good = np.arange(6.0), np.arange(6.0)[::-1]
    with pytest.raises(InputError, match="too few"):
        fit_exchange({300.0: good, 320.0: good}, CS_FA, DOTS)
    with pytest.raises(InputError, match="no width against time"):
        fit_exchange({300.0: ([0, 1], [2, 1])}, CS_FA, DOTS)
    with pytest.raises(InputError, match="does not narrow"):
        fit_exchange({300.0: (np.arange(6.0), np.ones(6))}, CS_FA, DOTS)


@pytest.mark.parametrize(("minutes", "d"), [(20, 1.15e-16), (30, 8e-17), (2000, 1.15e-18)])
def test_what_stated_times_need_of_the_interior(minutes, d):
    """Cs-FA in dots of 14.35 nm: the figures of the page and of the notes."""
    run = perovdb.exchange(CS_FA, (14.35, 14.35), diffusion_cm2_s=1e-17, spread=0.1)
    assert 1e-17 * (run.plateau_min or 0) / minutes == pytest.approx(d, rel=0.06)


@pytest.mark.parametrize(("vacant", "energy"), [(1e-3, 0.61), (1e-2, 0.67), (0.1, 0.73)])
def test_what_the_fast_runs_say_of_the_barrier(vacant, energy):
    d = hop_rate(energy, 298, 6.3, vacant=vacant).ion_diffusion_cm2_s
    assert d is not None
    assert K_B_EV * 298 * np.log(d / 8e-17) == pytest.approx(0, abs=0.015)
