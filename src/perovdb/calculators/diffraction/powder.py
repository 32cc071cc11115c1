"""Powder peaks of one wavelength from a cell whose sites hold scatterers.

Form factors are those of pymatgen's table, anomalous dispersion that of Chantler's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from perovdb.calculators.diffraction.reflections import (
    Reflections,
    families,
    geometric_factors,
    lattice_symmetry,
    reflections_between,
    shells,
)
from perovdb.calculators.diffraction.scatterers import Scatterer

#: Reflections closer than this are one peak.
TWO_THETA_TOLERANCE_DEG = 1e-5

#: Peaks weaker than this, in % of the strongest, are not listed.
WEAKEST_PCT = 1e-3

#: A structure factor below this share of all electrons is zero by symmetry.
EXTINCT = 1e-9

#: For each site its scatterers with their occupancies.
Occupants = Sequence[Sequence[tuple[Scatterer, float]]]


class Peak(NamedTuple):
    """Reflections at one angle. `hkl` lists one member of each family, `multiplicity` all.

    `wavelength_A` is that of the line which the peak belongs to, if there is more than one.
    """

    hkl: tuple[tuple[int, int, int], ...]
    multiplicity: int
    d_A: float
    two_theta_deg: float
    q_inv_A: float
    intensity: float
    wavelength_A: float


def peaks(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    occupants: Occupants,
    wavelength_A: float,
    two_theta_deg: tuple[float, float],
    *,
    dispersion: bool = False,
) -> list[Peak]:
    """Powder peaks of a crystal, by angle.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates of the sites.
        occupants: for each site, its scatterers with their occupancies.
        wavelength_A: in angstrom.
        two_theta_deg: lowest and highest angle.
        dispersion: whether form factors hold the anomalous dispersion.

    Raises:
        MissingData: an element has no form factor, or no dispersion.
        OutOfRange: so many reflections that they cannot be held.

    The intensity of a reflection is |F|^2 (1 + cos^2 2theta) / (sin^2 theta cos theta), the
    Lorentz-polarisation factor of a powder without monochromator, as in pymatgen's calculator
    (De Graef and McHenry, Structure of Materials, chapters 11 and 12, as cited there).
    """
    whole = spectrum(lattice_A, fractional, occupants, wavelength_A, two_theta_deg, dispersion)
    return listed(whole, lattice_A, whole.strongest)


@dataclass(frozen=True)
class Spectrum:
    """Peaks of one wavelength as arrays, intensities on an absolute scale.

    Attributes:
        reflections: n, one of each pair h and -h.
        starts: (m,) the first reflection of each peak.
        two_theta_deg: (m,) angle of each peak.
        intensity: (m,) of each peak.
        wavelength_A: in angstrom.
    """

    reflections: Reflections
    starts: np.ndarray
    two_theta_deg: np.ndarray
    intensity: np.ndarray
    wavelength_A: float

    @property
    def strongest(self) -> float:
        """Intensity of the strongest peak, 0 if there is none."""
        return float(self.intensity.max(initial=0.0))


def spectrum(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    occupants: Occupants,
    wavelength_A: float,
    two_theta_deg: tuple[float, float],
    dispersion: bool,
) -> Spectrum:
    """The peaks of one wavelength, for arguments as of `peaks`.

    Raises:
        MissingData, OutOfRange: as for `peaks`.
    """
    low, high = (2 * np.sin(np.radians(angle) / 2) / wavelength_A for angle in two_theta_deg)
    reflections = reflections_between(lattice_A, max(low, 1e-6), high)
    if not len(reflections.hkl):
        nothing = np.zeros(0)
        return Spectrum(reflections, nothing, nothing, nothing, wavelength_A)
    first, shell = shells(reflections.g_inv_A)
    g_inv_A = reflections.g_inv_A[first]
    theta = np.arcsin(np.minimum(wavelength_A * g_inv_A / 2, 1.0))
    square = _squares(
        reflections,
        fractional,
        occupants,
        2 * np.pi * g_inv_A,
        shell,
        wavelength_A if dispersion else None,
    )
    lorentz = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    intensity = np.add.reduceat(square, first) * lorentz
    two_theta = np.degrees(2 * theta)
    starts = np.flatnonzero(np.diff(two_theta, prepend=-1.0) > TWO_THETA_TOLERANCE_DEG)
    return Spectrum(
        reflections,
        first[starts],
        two_theta[starts],
        np.add.reduceat(intensity, starts),
        wavelength_A,
    )


def _squares(
    reflections: Reflections,
    fractional: np.ndarray,
    occupants: Occupants,
    q_inv_A: np.ndarray,
    shell: np.ndarray,
    wavelength_A: float | None,
) -> np.ndarray:
    """(n,) |F(h)|^2 + |F(-h)|^2 in electrons squared.

    F = sum_s f_s G_s with the form factors f_s = a_s + i b_s, which depend on |g| alone, and the
    geometric factors G_s, of which G_s(-h) is the conjugate. With A = sum a_s G_s and
    B = sum b_s G_s, F(h) = A + iB and F(-h) is the conjugate of A - iB; the sum of both squares
    is 2 (|A|^2 + |B|^2), in cells with and without a centre of symmetry.

    Args:
        q_inv_A: (m,) q of each shell.
        shell: (n,) the shell of each reflection.
        wavelength_A: of the anomalous dispersion, None to leave it out.
    """
    weights: dict[Scatterer, np.ndarray] = {}
    for site, shares in enumerate(occupants):
        for scatterer, occupancy in shares:
            if scatterer not in weights:
                weights[scatterer] = np.zeros(len(fractional))
            weights[scatterer][site] += occupancy
    geometric = geometric_factors(reflections, fractional, list(weights.values()))
    real = np.zeros(len(shell), dtype=complex)
    imaginary = np.zeros(len(shell), dtype=complex)
    electrons = 0.0
    for (scatterer, weight), factor in zip(weights.items(), geometric, strict=True):
        form = scatterer.form_factor(q_inv_A, wavelength_A)
        real += form.real[shell] * factor
        if wavelength_A is not None:
            imaginary += form.imag[shell] * factor
        electrons += float(weight.sum() * scatterer.form_factor(np.zeros(1))[0])
    square = real.real**2 + real.imag**2
    if wavelength_A is not None:
        square += imaginary.real**2 + imaginary.imag**2
    # An extinct reflection is left with rounding errors, which are no peak.
    square[square < (EXTINCT * electrons) ** 2] = 0.0
    return np.asarray(2 * square)


def listed(of: Spectrum, lattice_A: np.ndarray, strongest: float) -> list[Peak]:
    """The peaks that are to be seen, in % of an intensity.

    Args:
        of: the spectrum.
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        strongest: the intensity that is 100, on the absolute scale.
    """
    relative = of.intensity * (100 / strongest) if strongest else of.intensity
    seen = relative > WEAKEST_PCT
    if not seen.any():
        return []
    reflections, starts = of.reflections, of.starts
    counts = np.diff(starts, append=len(reflections.hkl))
    hkl = reflections.hkl if seen.all() else reflections.hkl[np.repeat(seen, counts)]
    counts = counts[seen]
    group = np.repeat(np.arange(len(counts)), counts)
    g_inv_A = reflections.g_inv_A[starts[seen]]
    columns = (
        families(hkl, group, lattice_symmetry(lattice_A)),
        (2 * counts).tolist(),
        (1 / g_inv_A).tolist(),
        of.two_theta_deg[seen].tolist(),
        (2 * np.pi * g_inv_A).tolist(),
        relative[seen].tolist(),
        [of.wavelength_A] * len(counts),
    )
    return list(map(Peak._make, zip(*columns, strict=True)))
