"""Rate constants from curves that relax, such as the width of an emission line against time.

Two emission lines merge into one as cations exchange, and its width goes from w(0) to w(inf). A
relaxation of first order, w(t) = w(inf) + (w(0) - w(inf)) exp(-k t), is what is fitted here. Its
rate constant at several temperatures gives the activation energy of the exchange.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import OptimizeWarning, curve_fit

from perovdb.answers import Answer, answer
from perovdb.errors import InputError, OutOfRange

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Points of a curve below which three parameters leave no scatter to judge by.
FEWEST_POINTS = 5


@answer
class Decay(Answer):
    """A curve that relaxes to a plateau.

    Attributes:
        rate: k, in 1 / unit of time.
        rate_su: its standard uncertainty, from the scatter about the curve.
        start, plateau: value at time zero and after a long time.
        start_su, plateau_su: their standard uncertainties.
        rms: root mean square of the residuals.
        reached: share of the relaxation that the data cover, 1 - exp(-k t_max).
        time, value: (n,) the curve, in the order of time.
    """

    rate: float
    rate_su: float
    start: float
    plateau: float
    start_su: float
    plateau_su: float
    rms: float
    reached: float
    time: np.ndarray
    value: np.ndarray

    def plot(self, ax: Axes | None = None) -> Axes:
        """The curve and what was fitted to it."""
        from perovdb import plots

        return plots.decays(self, ax)

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                "rate": f"{self.rate:.4g}",
                "rate_su": f"{self.rate_su:.2g}",
                "start": round(self.start, 3),
                "plateau": round(self.plateau, 3),
                "rms": f"{self.rms:.2g}",
                "reached": f"{self.reached:.0%}",
            }
        ]


def fit_decay(
    time: ArrayLike, value: ArrayLike, levels: tuple[float, float] | None = None
) -> Decay:
    """Fit a relaxation of first order to a curve.

    Args:
        time: (n,) in any unit, from the start of the process.
        value: (n,) such as the full width at half maximum in nm.
        levels: the values at time zero and at the plateau, where they are known (from a run that
            went to its end); by default they are fitted.

    Raises:
        InputError: shapes that do not match, too few points, or numbers that are not finite.
        OutOfRange: the curve does not relax, or so little of it that k is not determined.
    """
    t, w = _curve(time, value)
    # The first guess: from the first to the last value, and the time by which it is half-way.
    first, last = (w[0], w[-1]) if levels is None else levels
    half_way = t[np.argmin(np.abs(w - (first + last) / 2))]
    guess = np.log(2) / max(half_way, t[t > 0].min())
    with warnings.catch_warnings():
        warnings.simplefilter("error", OptimizeWarning)
        try:
            if levels is None:
                fitted, covariance = curve_fit(_relaxation, t, w, p0=(guess, first, last))
            else:
                fitted, covariance = curve_fit(
                    lambda x, k: _relaxation(x, k, *levels), t, w, p0=(guess,)
                )
        except (RuntimeError, OptimizeWarning):
            raise OutOfRange(
                "The curve does not look like a relaxation to a plateau.",
                "Give one that goes from one value to another, or its two levels.",
            ) from None
    k, start, plateau = fitted if levels is None else (fitted[0], *levels)
    errors = np.sqrt(np.diag(covariance))
    if not (k > 0 and errors[0] < k):
        raise OutOfRange(
            f"The rate constant {k:.3g} +- {errors[0]:.3g} is not determined by this curve.",
            "Follow it for longer, or give the levels that it goes between.",
        )
    residual = w - _relaxation(t, k, start, plateau)
    return Decay(
        rate=float(k),
        rate_su=float(errors[0]),
        start=float(start),
        plateau=float(plateau),
        start_su=float(errors[1]) if levels is None else 0.0,
        plateau_su=float(errors[2]) if levels is None else 0.0,
        rms=float(np.sqrt(np.mean(residual**2))),
        reached=float(-np.expm1(-k * t.max())),
        time=t,
        value=w,
    )


def _relaxation(t: np.ndarray, k: float, start: float, plateau: float) -> np.ndarray:
    # An exponent that a wild step of the fit makes huge must not overflow.
    return np.asarray(plateau + (start - plateau) * np.exp(np.clip(-k * t, -700, 700)))


def _curve(time: ArrayLike, value: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    try:
        t, w = np.asarray(time, dtype=float), np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise InputError("A time or a value is not a number.", "Give numbers.") from None
    if t.shape != w.shape or t.ndim != 1:
        raise InputError(
            f"{t.size} times and {w.size} values do not match.", "Give one value for each time."
        )
    if not (np.isfinite(t).all() and np.isfinite(w).all() and (t >= 0).all()):
        raise InputError(
            "A time or a value is not a number, or a time is negative.",
            "Give finite numbers, times from zero on.",
        )
    if np.unique(t).size < FEWEST_POINTS:
        raise InputError(
            f"A curve of {np.unique(t).size} points is too short.",
            f"Give {FEWEST_POINTS} or more.",
        )
    order = np.argsort(t, kind="stable")
    return t[order], w[order]
