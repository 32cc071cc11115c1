"""Scattering of a finite particle, by Debye's equation: no lattice, no peaks put in by hand.

I(q) = sum_ij f_i f_j sin(q r_ij) / (q r_ij), the mean over all orientations (P. Debye, Ann.
Phys. 351, 809 (1915), doi 10.1002/andp.19153510606, from memory). The sum over pairs is done in
one of three ways, which differ in cost alone:

* direct: every pair at every q, the reference for the others;
* grid: atoms on the points of a lattice; the number of pairs at each distance is exact, by an
  autocorrelation with the fast Fourier transform, and few distances are different;
* bins: atoms anywhere; pairs go to a fine axis of distances with linear weights, and a chirp-z
  transform takes that to q; within `BINS_DEVIATION` of the direct sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from perovdb.answers import Answer, answer
from perovdb.calculators.diffraction.atoms import elements_on, given_atoms
from perovdb.calculators.diffraction.bragg import two_theta_from_q
from perovdb.calculators.diffraction.pair_sums import as_floats, kind_pairs, pair_sums
from perovdb.calculators.diffraction.radiation import radiation_lines
from perovdb.calculators.diffraction.scatterers import Scatterer, thermal_motion
from perovdb.composition import Material, as_composition
from perovdb.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: How far bins may be from the direct sum, in parts of the strongest peak.
BINS_DEVIATION = 3e-4

BINS_NOTE = (
    f"pairs summed in bins of distance: up to {BINS_DEVIATION:g} of the strongest peak "
    "away from the direct sum"
)


@answer
class Scattering(Answer):
    """What a particle scatters, averaged over its orientations.

    Attributes:
        formula: of the atoms, as they are.
        n_atoms: how many there are.
        wavelength_A: of the anomalous dispersion; None without it.
        q_inv_A: (n,) q = 4 pi sin(theta) / lambda in 1/angstrom.
        intensity_e2: (n,) per atom, in electrons squared.
        notes: what to know of it.
    """

    formula: str
    n_atoms: int
    wavelength_A: float | None
    q_inv_A: np.ndarray
    intensity_e2: np.ndarray
    notes: tuple[str, ...] = ()

    def on_two_theta(self, wavelength: str | float) -> tuple[np.ndarray, np.ndarray]:
        """2theta in degrees and the intensity there in a powder scan with an unpolarised beam.

        Multiplies by the polarisation factor (1 + cos^2 2theta) / 2 alone. No Lorentz factor:
        that counts how many crystallites stand so that a peak is met, which the mean over
        orientations in Debye's equation holds already.

        Args:
            wavelength: as for `xrd`.

        Raises:
            InputError: the wavelength cannot be used.
            OutOfRange: a q is zero, or out of reach of the wavelength.
        """
        two_theta = two_theta_from_q(self.q_inv_A, radiation_lines(wavelength)[1][0][0])
        return two_theta, self.intensity_e2 * (1 + np.cos(np.radians(two_theta)) ** 2) / 2

    def rows(self) -> list[dict[str, Any]]:
        """One row a q."""
        both = zip(self.q_inv_A.tolist(), self.intensity_e2.tolist(), strict=True)
        return [{"q_inv_A": q, "intensity_e2": intensity} for q, intensity in both]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Intensity against q, on a logarithmic scale."""
        from perovdb.plots import scattering

        return scattering(self, ax)

    def _headline(self) -> str:
        return f"{self.formula}, {self.n_atoms} atoms, {len(self.q_inv_A)} values of q"


def debye(
    x: Material,
    q_inv_A: ArrayLike,
    method: str = "auto",
    *,
    grid_A: ArrayLike | None = None,
    wavelength: str | float | None = None,
    b_iso_A2: float | Mapping[str, float] = 0.0,
) -> Scattering:
    """What a finite particle scatters, averaged over its orientations, by Debye's equation.

    Args:
        x: a structure of pymatgen or ASE, or a file of one. Its atoms scatter as they stand in
            the cell, which is not repeated.
        q_inv_A: (n,) q = 4 pi sin(theta) / lambda in 1/angstrom, zero or more.
        method: "direct", "grid" or "bins"; "auto" takes the grid if all atoms are on one, the
            direct sum for few atoms, and bins otherwise, which may be 3e-4 of the strongest peak
            away from the direct sum.
        grid_A: (3, 3) rows are the steps of a grid that all atoms are on, such as halves of the
            vectors of a cubic cell. By default it is looked for along x, y and z.
        wavelength: as for `xrd`; adds the anomalous dispersion to the form factors.
        b_iso_A2: isotropic Debye-Waller parameter B in square angstrom, one number or element ->
            number. Pairs are damped by exp(-(B_i + B_j) s^2), s = q / (4 pi), an atom with itself
            is not: motion is taken as independent.

    Raises:
        InputError: a formula, which is no particle; a site that is shared or partly empty; two
            atoms at one place; a file, q, B, wavelength or method that cannot be used, or the
            method of the grid with atoms that are on none.
        MissingData: an element has no form factor or dispersion.
        OutOfRange: a grid or an axis of distances that cannot be held.
    """
    atoms = given_atoms(x)
    if atoms is None:
        raise InputError(
            f"{as_composition(x)} is a composition, which is no particle.",
            "Give atoms that stand somewhere: a structure, or a file of one.",
        )
    structure, name, notes = atoms
    shares = [elements_on(site.species) for site in structure]
    for number, share in enumerate(shares):
        if len(share) != 1 or abs(sum(share.values()) - 1) > 1e-6:
            raise InputError(
                f"Site {number} of {name} is shared or partly empty.", "Give whole atoms."
            )
    wavelength_A = None if wavelength is None else radiation_lines(wavelength)[1][0][0]
    q_inv_A = as_floats(q_inv_A)
    intensity_e2, way = _summed(
        [element for share in shares for element in share],
        structure.cart_coords,
        q_inv_A,
        method,
        grid_A,
        wavelength_A,
        b_iso_A2,
    )
    if way == "bins":
        notes = (*notes, BINS_NOTE)
    if any(structure.lattice.pbc):
        notes = (*notes, "the atoms of one cell alone, which is not repeated")
    formula = structure.composition.element_composition.formula.replace(" ", "")
    return Scattering(formula, len(structure), wavelength_A, q_inv_A, intensity_e2, notes)


def debye_sum(
    elements: Sequence[str],
    positions_A: ArrayLike,
    q_inv_A: ArrayLike,
    method: str = "auto",
    *,
    grid_A: ArrayLike | None = None,
    wavelength_A: float | None = None,
    b_iso_A2: float | Mapping[str, float] = 0.0,
) -> np.ndarray:
    """(n,) intensity of atoms, each at one place, as `debye` gives it of a particle.

    Args:
        elements: (m,) symbol of each atom.
        positions_A: (m, 3) in angstrom.
        q_inv_A: (n,).
        method, grid_A, b_iso_A2: as for `debye`.
        wavelength_A: adds the anomalous dispersion at this wavelength to the form factors.

    Raises:
        InputError, MissingData, OutOfRange: as for `debye`, or shapes that do not match.
    """
    return _summed(elements, positions_A, q_inv_A, method, grid_A, wavelength_A, b_iso_A2)[0]


def _summed(
    elements: Sequence[str],
    positions_A: ArrayLike,
    q_inv_A: ArrayLike,
    method: str,
    grid_A: ArrayLike | None,
    wavelength_A: float | None,
    b_iso_A2: float | Mapping[str, float],
) -> tuple[np.ndarray, str]:
    """The intensities (n,) of `debye_sum`, and the method that they were summed by."""
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
    pairs, way = pair_sums(groups, q_inv_A, method, grid_A)
    motion = thermal_motion(b_iso_A2, kinds)
    square = (q_inv_A / (4 * np.pi)) ** 2
    forms = [Scatterer((kind,), (0.0,)).form_factor(q_inv_A, wavelength_A) for kind in kinds]
    damped = [
        form * np.exp(-motion[kind] * square) for kind, form in zip(kinds, forms, strict=True)
    ]
    total = np.zeros(len(q_inv_A))
    for form, group in zip(forms, groups, strict=True):
        total += len(group) * np.abs(form) ** 2
    for (a, b), pair in zip(kind_pairs(len(kinds)), pairs, strict=True):
        total += 2 * (damped[a] * damped[b].conj()).real * pair
    return total / len(names), way
