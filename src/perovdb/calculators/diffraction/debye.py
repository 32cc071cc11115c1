"""Scattering of a finite particle, by Debye's equation: no lattice, no peaks put in by hand.

I(q) = sum_ij f_i f_j sin(q r_ij) / (q r_ij), the mean over all orientations (P. Debye, Ann.
Phys. 351, 809 (1915), doi 10.1002/andp.19153510606, from memory). The sum over pairs is done in
one of three ways, which differ in cost alone:

* direct: every pair at every q, the reference for the others;
* grid: atoms on the points of a lattice; the number of pairs at each distance is exact, by an
  autocorrelation with the fast Fourier transform, and few distances are different;
* bins: atoms anywhere; pairs go to a fine axis of distances with linear weights, and a chirp-z
  transform takes that to q.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from perovdb.calculators.diffraction.bragg import two_theta_from_q
from perovdb.calculators.diffraction.pair_sums import as_floats, kind_pairs, pair_sums
from perovdb.calculators.diffraction.scatterers import Scatterer
from perovdb.errors import InputError


def debye(
    elements: Sequence[str],
    positions_A: ArrayLike,
    q_inv_A: ArrayLike,
    method: str = "auto",
    *,
    grid_A: ArrayLike | None = None,
    wavelength_A: float | None = None,
    b_iso_A2: float | Mapping[str, float] = 0.0,
) -> np.ndarray:
    """(n,) intensity of a particle per atom, in electrons squared, averaged over orientations.

    Args:
        elements: (m,) symbol of each atom.
        positions_A: (m, 3) in angstrom.
        q_inv_A: (n,) q = 4 pi sin(theta) / lambda in 1/angstrom, zero or more.
        method: "direct", "grid" or "bins"; "auto" takes the grid if all atoms are on one, the
            direct sum for few atoms, and bins otherwise.
        grid_A: (3, 3) rows are the steps of a grid that all atoms are on, such as halves of the
            vectors of a cubic cell. By default it is looked for along x, y and z.
        wavelength_A: adds the anomalous dispersion at this wavelength to the form factors.
        b_iso_A2: isotropic Debye-Waller parameter B in square angstrom, one number or element ->
            number. Pairs are damped by exp(-(B_i + B_j) s^2), s = q / (4 pi), an atom with itself
            is not: motion is taken as independent.

    Raises:
        InputError: shapes that do not match, two atoms at one place, a q, B or method that cannot
            be used, or a method of the grid with atoms that are on none.
        MissingData: an element has no form factor or dispersion.
        OutOfRange: a grid or an axis of distances that cannot be held.
    """
    names, positions_A, q_inv_A = list(elements), as_floats(positions_A), as_floats(q_inv_A)
    if positions_A.shape != (len(names), 3) or not names:
        raise InputError(
            f"{len(names)} elements and positions of shape {positions_A.shape} do not match.",
            "Give one element and one row of x, y, z for each atom, one atom at least.",
        )
    if q_inv_A.ndim != 1 or not np.all((q_inv_A >= 0) & np.isfinite(q_inv_A)):
        raise InputError("The values of q cannot be used.", "Give a row of numbers from zero on.")
    if not np.isfinite(positions_A).all():
        raise InputError("A position is not a number.", "Give finite coordinates.")
    kinds = sorted(set(names))
    groups = [positions_A[[name == kind for name in names]] for kind in kinds]
    pairs = pair_sums(groups, q_inv_A, method, grid_A)
    thermal = _b_iso(b_iso_A2, kinds)
    square = (q_inv_A / (4 * np.pi)) ** 2
    forms = [Scatterer((kind,), (0.0,)).form_factor(q_inv_A, wavelength_A) for kind in kinds]
    damped = [
        form * np.exp(-thermal[kind] * square) for kind, form in zip(kinds, forms, strict=True)
    ]
    total = np.zeros(len(q_inv_A))
    for form, group in zip(forms, groups, strict=True):
        total += len(group) * np.abs(form) ** 2
    for (a, b), pair in zip(kind_pairs(len(kinds)), pairs, strict=True):
        total += 2 * (damped[a] * damped[b].conj()).real * pair
    return total / len(names)


def on_two_theta(
    q_inv_A: ArrayLike, intensity: ArrayLike, wavelength_A: float
) -> tuple[np.ndarray, np.ndarray]:
    """2theta in degrees and the intensity there in a powder scan with an unpolarised beam.

    Multiplies by the polarisation factor (1 + cos^2 2theta) / 2 alone. No Lorentz factor: that
    counts how many crystallites stand so that a peak is met, which the mean over orientations in
    Debye's equation holds already.

    Args:
        q_inv_A: (n,) above zero.
        intensity: (n,) as `debye` gives it.
        wavelength_A: in angstrom.

    Raises:
        OutOfRange: q is out of reach of the wavelength.
    """
    two_theta = two_theta_from_q(q_inv_A, wavelength_A)
    return two_theta, as_floats(intensity) * (1 + np.cos(np.radians(two_theta)) ** 2) / 2


def _b_iso(given: float | Mapping[str, float], kinds: Sequence[str]) -> dict[str, float]:
    if not isinstance(given, Mapping):
        given = dict.fromkeys(kinds, given)
    if not set(kinds) <= set(given) or not all(0 <= given[kind] < np.inf for kind in kinds):
        raise InputError(
            "The Debye-Waller parameters cannot be used.",
            f"Give one number from zero on, or one for each of {', '.join(kinds)}.",
        )
    return {kind: float(given[kind]) for kind in kinds}
