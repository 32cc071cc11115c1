"""Arrhenius plots and decays: points of the data, lines of the fit."""

import numpy as np
import pytest

from perovdb import plots
from perovdb.calculators.kinetics import arrhenius_from_curves, fit_arrhenius
from perovdb.errors import InputError

KELVIN = np.array([313.15, 333.15, 353.15])


def test_points_and_line_of_a_fit():
    fit = fit_arrhenius(KELVIN, [1.0, 4.06, 14.1])
    ax = plots.arrhenius(fit)
    line, points = ax.lines
    assert points.get_xdata() == pytest.approx(1000 / KELVIN)
    assert points.get_ydata() == pytest.approx(np.log([1.0, 4.06, 14.1]))
    at = 1000 / line.get_xdata()
    assert line.get_ydata() == pytest.approx(np.log(fit.rate(at)))
    text = ax.get_legend().get_texts()[0].get_text()
    assert f"{fit.activation_energy_eV:.3f} ± {fit.activation_energy_su_eV:.3f} eV" in text


def test_the_band_is_the_uncertainty_of_the_line():
    """At the centre of the data, weighed alike, it is s / sqrt(n) of the scatter s."""
    fit = fit_arrhenius(KELVIN, [1.0, 5.0, 14.1])
    ax = plots.arrhenius(fit)
    (band,) = ax.collections
    vertices = band.get_paths()[0].vertices
    nearest = np.abs(vertices[:, 0] - np.mean(1000 / KELVIN)).argmin()
    near = vertices[vertices[:, 0] == vertices[nearest, 0]]
    residual = fit.ln_rate - np.log(fit.rate(KELVIN))
    assert np.ptp(near[:, 1]) / 2 == pytest.approx(np.sqrt((residual**2).sum() / 3), rel=0.01)


def test_the_upper_axis_tells_temperatures():
    ax = plots.arrhenius(fit_arrhenius(KELVIN, [1.0, 4.06, 14.1]))
    (upper,) = ax.child_axes
    assert [label.get_text() for label in upper.get_xticklabels()] == ["313", "333", "353"]


def test_several_fits_have_labels():
    fits = [fit_arrhenius(KELVIN, [1.0, 4.06, 14.1]), fit_arrhenius(KELVIN, [2, 3, 4])]
    texts = plots.arrhenius(fits, labels=["bulk", "film"]).get_legend().get_texts()
    assert [text.get_text().split(":")[0] for text in texts] == ["bulk", "film"]
    with pytest.raises(InputError, match="1 labels do not match 2"):
        plots.arrhenius(fits, labels=["bulk"])


def test_decays_pass_through_what_was_fitted():
    time = np.linspace(0, 10, 20)
    curves = {kelvin: (time, 30 + 20 * np.exp(-k * time))
              for kelvin, k in zip(KELVIN, (0.2, 0.6, 1.5), strict=True)}  # fmt: skip
    decays = arrhenius_from_curves(curves).decays
    ax = plots.decays(decays, time_unit="h", value="FWHM / nm")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time / h", "FWHM / nm")
    points, lines = ax.lines[::2], ax.lines[1::2]
    for kelvin, drawn, line in zip(KELVIN, points, lines, strict=True):
        assert drawn.get_label() == f"{kelvin:g} K"
        assert drawn.get_ydata() == pytest.approx(curves[kelvin][1])
        seen = np.interp(time, line.get_xdata(), line.get_ydata())
        assert seen == pytest.approx(curves[kelvin][1], abs=0.01)
    assert ax.get_xlim() == (0, 10)
    with pytest.raises(InputError, match="no curve"):
        plots.decays({})
