"""What a curve holds before anything is known of phases: background, noise, widths, peaks.

Background by the clipping of Ryan (C. G. Ryan et al., Nucl. Instrum. Meth. B 34, 396 (1988), doi
10.1016/0168-583X(88)90063-8, from memory): at growing distances each point is held down to the
mean of its neighbours. Peaks are found by `scipy.signal`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.signal import find_peaks, peak_widths

from perovdb.errors import InputError

#: Fewer points are no curve.
FEWEST_POINTS = 50

#: More points than this say no more; neighbours are then taken together.
MOST_POINTS = 6000

#: A background changes over more than this, or over this many widths of a line.
BACKGROUND_DEG, BACKGROUND_WIDTHS = 1.2, 4.0

#: Narrowest and widest line, in degrees.
NARROWEST_DEG, WIDEST_DEG = 0.02, 1.5

#: A peak stands out of the noise by so many times its standard deviation, and from its
#: surroundings by this share of the highest.
PEAK_SIGMAS, PEAK_SHARE = 6.0, 0.005

#: Smallest standard deviation of a point in parts of the highest signal.
LEAST_NOISE = 1e-3

#: Part of a line by which computed curves are wrong, whatever the noise.
MODEL_ERROR = 0.1

#: A weight is that of the strongest signal so near: a shift does not change it.
WEIGHT_REACH_DEG = 0.3


@dataclass(frozen=True)
class Signal:
    """A measured curve on even steps.

    Attributes:
        two_theta_deg: (n,) even steps.
        intensity, background: (n,) in the units of the measurement.
        noise: (n,) standard deviation of a point.
        weight: (n,) one over the variance with which a computed curve is expected to meet it.
        fwhm_deg: typical width of its lines, in degrees.
        peaks: (m,) which points are the tops of peaks.
    """

    two_theta_deg: np.ndarray
    intensity: np.ndarray
    background: np.ndarray
    noise: np.ndarray
    weight: np.ndarray
    fwhm_deg: float
    peaks: np.ndarray

    @property
    def step_deg(self) -> float:
        """From point to point, in degrees."""
        return float(self.two_theta_deg[1] - self.two_theta_deg[0])

    @property
    def above(self) -> np.ndarray:
        """(n,) intensity above the background."""
        return np.asarray(self.intensity - self.background)


def signal_of(two_theta_deg: np.ndarray, intensity: np.ndarray) -> Signal:
    """Background, noise and peaks of a measured curve.

    Args:
        two_theta_deg: (n,) ascending, in degrees.
        intensity: (n,) in any unit.

    Raises:
        InputError: too few points, or a curve that is flat.
    """
    if len(two_theta_deg) < FEWEST_POINTS:
        raise InputError(
            f"A curve of {len(two_theta_deg)} points is too short.",
            f"Give {FEWEST_POINTS} points or more, or a list of its peaks.",
        )
    x, y = _even(two_theta_deg, intensity)
    step = float(x[1] - x[0])
    base = _clipped(y, step, BACKGROUND_DEG)
    noise = _noise(y, y - base)
    peaks, fwhm = _peaks(y - base, noise, step)
    if BACKGROUND_WIDTHS * fwhm > BACKGROUND_DEG:
        base = _clipped(y, step, BACKGROUND_WIDTHS * fwhm)
        noise = _noise(y, y - base)
        peaks, fwhm = _peaks(y - base, noise, step)
    above = np.maximum(y - base, 0.0)
    near = maximum_filter1d(
        gaussian_filter1d(above, fwhm / step / 4), 1 + 2 * round(WEIGHT_REACH_DEG / step)
    )
    return Signal(x, y, base, noise, 1 / (noise**2 + (MODEL_ERROR * near) ** 2), fwhm, peaks)


def _even(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The curve on even steps, neighbours taken together where there are very many."""
    together = int(np.ceil(len(x) / MOST_POINTS))
    if together > 1:
        whole = len(x) // together * together
        x, y = (part[:whole].reshape(-1, together).mean(axis=1) for part in (x, y))
    steps = np.diff(x)
    step = float(np.median(steps))
    if not step > 0 or not np.ptp(y) > 0:
        raise InputError("The measured curve is flat.", "Give one with peaks.")
    if np.allclose(steps, step, rtol=1e-3, atol=1e-3 * step):
        return np.linspace(x[0], x[-1], len(x)), y
    even = np.linspace(x[0], x[-1], min(MOST_POINTS, round(float(np.ptp(x)) / step) + 1))
    return even, np.interp(even, x, y)


def _clipped(y: np.ndarray, step: float, reach_deg: float) -> np.ndarray:
    """(n,) the background under peaks that are narrower than a reach."""
    smooth = gaussian_filter1d(y, max(0.06 / step, 1.0))
    base = smooth.copy()
    for reach in range(max(2, round(reach_deg / step)), 0, -1):
        if 2 * reach >= len(base):
            continue
        mean = (base[2 * reach :] + base[: -2 * reach]) / 2
        base[reach:-reach] = np.minimum(base[reach:-reach], mean)
    # Clipping follows the lower edge of what is left of the noise: half of the points lie above.
    left = smooth - base
    flat = left < np.quantile(left, 0.5)
    return np.asarray(base + float(np.median(left[flat])) if flat.any() else base)


def _noise(y: np.ndarray, above: np.ndarray) -> np.ndarray:
    """(n,) standard deviation of each point, as the square root of what is counted there."""
    second = np.zeros(len(y))
    second[1:-1] = (y[:-2] - 2 * y[1:-1] + y[2:]) / np.sqrt(6)
    top = float(above.max(initial=0.0))
    level = np.maximum(gaussian_filter1d(y - min(float(y.min()), 0.0), 2.0), 0.01 * top)
    level = np.maximum(level, 1e-300)
    share = 1.4826 * float(np.median(np.abs(second) / np.sqrt(level)))
    return np.asarray(np.maximum(share * np.sqrt(level), LEAST_NOISE * top))


def _peaks(above: np.ndarray, noise: np.ndarray, step: float) -> tuple[np.ndarray, float]:
    """Tops (m,) of the peaks, and their typical width in degrees."""
    smooth = gaussian_filter1d(above, max(0.03 / step, 0.7))
    high = max(PEAK_SHARE * float(smooth.max()), 1e-300)
    tops, found = find_peaks(smooth, prominence=high)
    calm = float(np.sqrt(1 / (2 * np.sqrt(np.pi) * max(0.03 / step, 0.7))))
    clear = found["prominences"] > PEAK_SIGMAS * noise[tops] * calm
    tops, heights = tops[clear], found["prominences"][clear]
    if not len(tops):
        return tops, 0.1
    strong = tops[np.argsort(-heights)[:8]]
    widths = peak_widths(smooth, strong, rel_height=0.5)[0] * step
    smeared = 2.355 * max(0.03, 0.7 * step)
    fwhm = float(np.sqrt(max(np.median(widths) ** 2 - smeared**2, (1.5 * step) ** 2)))
    return tops, float(np.clip(fwhm, max(NARROWEST_DEG, 1.5 * step), WIDEST_DEG))
