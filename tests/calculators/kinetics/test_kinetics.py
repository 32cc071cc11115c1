"""Arrhenius fits, decay curves, diffusion: published ratios, coverage, limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perovdb.calculators.kinetics import (
    arrhenius_from_curves,
    barrier_from_rate,
    diffusion_coefficient,
    exchange_fraction,
    exchange_time_s,
    fit_arrhenius,
    fit_decay,
    hop_rate,
    hop_rate_Hz,
    rate_ratio,
)
from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.errors import InputError, OutOfRange

#: Temperatures of the exchange experiments in zhao2024: 40 to 80 degrees Celsius.
KELVIN = np.array([40.0, 50, 60, 70, 80]) + 273.15

#: Pair -> activation energy in eV and widths in nm at start and end, zhao2024; and k(80)/k(40).
PAIRS = {
    "Cs-FA": (0.63, 120, 42, 14.1),
    "Cs-MA": (0.57, 80, 43, 10.9),
    "MA-FA": (0.35, 65, 45, 4.35),
}


def curves(energy, start, plateau, noise=0.0, seed=0):
    """FWHM against time in minutes at each temperature, followed for 6 lifetimes."""
    generator = np.random.default_rng(seed)
    found = {}
    for kelvin in KELVIN:
        rate = 0.004 * rate_ratio(energy, KELVIN[0], kelvin)
        time = np.linspace(0, 6 / rate, 60)
        width = plateau + (start - plateau) * np.exp(-rate * time)
        found[float(kelvin)] = (time, width + noise * generator.standard_normal(len(time)))
    return found


@pytest.mark.parametrize("pair", PAIRS)
def test_the_published_energies_belong_to_the_published_ratios(pair):
    energy, *_, ratio = PAIRS[pair]
    assert rate_ratio(energy, KELVIN[0], KELVIN[-1]) == pytest.approx(ratio, rel=0.006)
    fit = fit_arrhenius([KELVIN[0], 333.15, KELVIN[-1]], [1, np.sqrt(ratio), ratio])
    assert fit.activation_energy_eV == pytest.approx(energy, abs=0.005)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("known_ends", [True, False])
def test_curves_give_back_the_energy(pair, known_ends):
    energy, start, plateau, _ = PAIRS[pair]
    levels = (start, plateau) if known_ends else None
    fit = arrhenius_from_curves(curves(energy, start, plateau), levels)
    assert fit.activation_energy_eV == pytest.approx(energy, abs=1e-5)
    assert fit.decays[KELVIN[0]].rate == pytest.approx(0.004, rel=1e-5)
    noisy = arrhenius_from_curves(curves(energy, start, plateau, 0.5, seed=3), levels, 0.999)
    low, high = noisy.interval_eV
    assert low < energy < high
    assert high - low < 0.2
    assert noisy.decays[KELVIN[0]].start == pytest.approx(start, abs=2)
    assert noisy.decays[KELVIN[0]].plateau == pytest.approx(plateau, abs=2)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("confidence", [0.68, 0.95])
def test_intervals_hold_the_truth_as_often_as_they_say(known, confidence):
    """2000 synthetic series of five rate constants, 10 % noise; four sigma of the binomial."""
    generator = np.random.default_rng(1)
    exact = np.array([float(rate_ratio(0.57, KELVIN[0], kelvin)) for kelvin in KELVIN])
    hits, trials = 0, 2000
    for _ in range(trials):
        k = exact * np.exp(0.1 * generator.standard_normal(len(KELVIN)))
        low, high = fit_arrhenius(KELVIN, k, 0.1 * k if known else None, confidence).interval_eV
        hits += low < 0.57 < high
    spread = np.sqrt(confidence * (1 - confidence) / trials)
    assert abs(hits / trials - confidence) < 4 * spread


def test_intervals_from_whole_curves_hold_the_truth_as_often_as_they_say():
    hits, trials = 0, 200
    for seed in range(trials):
        noisy = curves(0.35, 65, 45, noise=0.8, seed=seed)
        low, high = arrhenius_from_curves(noisy, confidence=0.9).interval_eV
        hits += low < 0.35 < high
    assert abs(hits / trials - 0.9) < 4 * np.sqrt(0.9 * 0.1 / trials)


def test_the_fit_agrees_with_numpy():
    generator = np.random.default_rng(5)
    k = np.exp(generator.normal(size=5))
    errors = k * generator.uniform(0.05, 0.3, size=5)
    fit = fit_arrhenius(KELVIN, k, errors)
    x = 1 / (8.617333262e-5 * KELVIN)
    (slope, intercept), covariance = np.polyfit(x, np.log(k), 1, w=k / errors, cov="unscaled")
    assert fit.activation_energy_eV == pytest.approx(-slope, rel=1e-8)
    assert fit.ln_prefactor == pytest.approx(intercept, rel=1e-8)
    assert fit.activation_energy_su_eV == pytest.approx(np.sqrt(covariance[0, 0]), rel=1e-6)
    assert fit.ln_prefactor_su == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-6)
    # The covariance of Ea = -slope and ln A has the other sign.
    wanted = -covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    assert fit.correlation == pytest.approx(wanted, rel=1e-6)
    assert fit.rate(KELVIN) == pytest.approx(np.exp(np.polyval([slope, intercept], x)), rel=1e-6)


@given(st.floats(0.1, 2), st.floats(200, 600), st.floats(1e11, 1e13))
def test_barriers_and_rates_are_inverse(barrier, kelvin, frequency):
    rate = hop_rate_Hz(barrier, kelvin, frequency)
    assert barrier_from_rate(rate, kelvin, frequency) == pytest.approx(barrier, rel=1e-9)


def test_a_random_walk_diffuses_as_the_formula_says():
    """Mean square displacement of 4000 walkers on a simple cubic lattice: <r^2> = 6 D t."""
    generator = np.random.default_rng(2)
    steps, walkers, distance = 200, 4000, 6.29
    ways = np.concatenate([np.eye(3), -np.eye(3)]) * distance
    end = ways[generator.integers(6, size=(walkers, steps))].sum(axis=1)
    # One hop a second in all: each of the six ways at a sixth.
    wanted = 6 * diffusion_coefficient(1 / 6, distance, 6) * steps * 1e16
    assert (end**2).sum(axis=1).mean() == pytest.approx(wanted, rel=0.05)


def test_a_sphere_exchanges_as_crank_says():
    times = np.geomspace(1e-6, 1e-2, 200)
    share = exchange_fraction(times, 10.0, 1e-11)
    assert (np.diff(share) > 0).all()
    assert share[0] > 0
    assert share[-1] <= 1
    # The long series alone, summed without end, is the independent reference.
    reduced = 1e-11 * times / (5e-7) ** 2
    n2 = np.arange(1, 20001) ** 2
    series = 1 - 6 / np.pi**2 * (np.exp(-n2 * np.pi**2 * reduced[:, None]) / n2).sum(axis=1)
    # Summed to 20000 terms the series itself is off by 6 / (pi^2 20000) at the shortest times.
    assert share == pytest.approx(series, abs=4e-5)


@given(st.floats(0.02, 0.999), st.floats(2, 100), st.floats(1e-20, 1e-8))
def test_the_time_of_exchange_is_the_inverse_of_the_share(fraction, diameter, diffusion):
    time = exchange_time_s(diameter, diffusion, fraction)
    assert exchange_fraction(time, diameter, diffusion) == pytest.approx(fraction, rel=1e-6)


def test_a_larger_barrier_turns_minutes_into_days():
    """0.63 against 0.35 eV at room temperature is a factor exp(0.28 eV / kT), some 5e4."""
    slow, fast = (
        exchange_time_s(14.7, 0.01 * diffusion_coefficient(hop_rate_Hz(e, 298.15), 6.29, 6))
        for e in (0.63, 0.35)
    )
    assert slow / fast == pytest.approx(np.exp(0.28 / (8.617333262e-5 * 298.15)), rel=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fit_arrhenius([300, 310], [1, 2]), "too few"),
        (lambda: fit_arrhenius([300, 300, 300], [1, 2, 3]), r"at 1 temperature"),
        (lambda: fit_arrhenius([300, 310, 320], [1, 2]), "do not match"),
        (lambda: fit_arrhenius([300, 310, -320], [1, 2, 3]), "temperature"),
        (lambda: fit_arrhenius([300, 310, 320], [1, 0, 3]), "rate constant"),
        (lambda: fit_arrhenius([300, 310, 320], [1, float("nan"), 3]), "rate constant"),
        (lambda: fit_arrhenius(["a", 310, 320], [1, 2, 3]), "not a number"),
        (lambda: fit_arrhenius([300, 310, 320], [1, 2, 3], confidence=1.5), "confidence"),
        (lambda: fit_decay([0, 1, 2], [3, 2, 1]), "too short"),
        (lambda: fit_decay([0, 1, 2, 3, 4], [3, 2, 1]), "do not match"),
        (lambda: fit_decay([0, 1, 2, 3, float("inf")], [5, 4, 3, 2, 1]), "finite"),
        (lambda: hop_rate_Hz(0.3, 0), "temperature"),
        (lambda: hop_rate_Hz(float("nan"), 300), "barrier"),
        (lambda: hop_rate(-0.3), "below zero"),
        (lambda: hop_rate(0.3, vacant=0), "vacant sites"),
        (lambda: hop_rate(0.3, diameter_nm=10), "length of a hop"),
        (lambda: exchange_time_s(10, 1e-12, 1.0), "fraction"),
        (lambda: exchange_fraction([-1.0], 10, 1e-12), "time"),
        (lambda: diffusion_coefficient(1.0, 6.0, 6, dimensions=4), "dimensions"),
    ],
)
def test_what_cannot_be_computed(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_a_curve_that_does_not_relax_is_refused():
    time = np.linspace(0, 10, 20)
    noise = np.random.default_rng(0).normal(size=20)
    with pytest.raises(OutOfRange, match=r"not determined|relaxation"):
        fit_decay(time, 50 + noise)
    with pytest.raises(OutOfRange, match=r"At 313\.15 K"):
        arrhenius_from_curves({313.15: (time, 50 + noise)})


def test_a_conductivity_has_two_energies_and_the_answer_names_its_own(tmp_path, perovdb):
    """hao2020 prints 0.54 eV and no form: the same data give 0.54 or 0.515 eV."""
    kelvin = np.linspace(280.0, 320.0, 9)
    sigma = 3.0 / kelvin * np.exp(-0.54 / (K_B_EV * kelvin))
    hop, plain = (fit_arrhenius(kelvin, sigma, form=form) for form in ("kT", "k"))
    assert hop.activation_energy_eV == pytest.approx(0.54, abs=1e-9)
    assert plain.activation_energy_eV == pytest.approx(0.514, abs=1.5e-3)
    assert hop.rate(kelvin) == pytest.approx(sigma)
    assert [row["rate"] for row in hop.rows()] == pytest.approx(sigma.tolist())
    assert "of k T" in repr(hop)
    assert "0.026 eV" in " ".join(hop.notes)
    assert not plain.notes
    with pytest.raises(InputError, match="no form"):
        fit_arrhenius(kelvin, sigma, form="sigma")
    table = tmp_path / "film.csv"
    lines = "\n".join(f"{t},{s}" for t, s in zip(kelvin, sigma, strict=True))
    table.write_text(f"temperature_K,conductivity\n{lines}\n")
    assert "Ea of k T = 0.540" in perovdb("arrhenius", str(table)).out
    assert "Ea = 0.51" in perovdb("arrhenius", str(table), "--form", "k").out
