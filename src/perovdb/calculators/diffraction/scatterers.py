"""What scatters X-rays on a site: an ion, or an organic cation that turns freely about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from perovdb.calculators.diffraction.radiation import dispersion
from perovdb.calculators.molecules import molecular_geometry
from perovdb.calculators.orbits import OrderedMolecule
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, MissingData

#: 8 pi^2 times the Bohr radius in angstrom, of the Mott-Bethe formula, with pymatgen's digits.
MOTT_BETHE = 41.78214


@dataclass(frozen=True)
class Scatterer:
    """What stands on a site: atoms that turn freely about it, one at its centre for an ion.

    Attributes:
        elements: (m,) element of each atom.
        radii_A: (m,) its distance from the centre, in angstrom.
        b_iso_A2: isotropic Debye-Waller parameter B = 8 pi^2 <u^2> of the site, in square
            angstrom; <u^2> is the mean square displacement along one direction.
    """

    elements: tuple[str, ...]
    radii_A: tuple[float, ...]
    b_iso_A2: float = 0.0

    def form_factor(self, q_inv_A: np.ndarray, wavelength_A: float | None = None) -> np.ndarray:
        """Form factor in electrons at q = 4 pi sin(theta) / lambda, shape of `q_inv_A`.

        The mean of exp(i q.r) over all orientations is sin(qr) / (qr), so that
        f(q) = exp(-B s^2) sum_j f_j(q) sin(q r_j) / (q r_j), s = q / (4 pi). With a wavelength
        f_j is complex and holds the anomalous dispersion f' + i f''; without, it is real.

        The factor exp(-B s^2) stands in International Tables for Crystallography, volume C,
        section 6.1.1 (section from memory).

        Raises:
            MissingData: the form factor or the dispersion of an element is not known.
        """
        total = np.zeros(q_inv_A.shape, dtype=float if wavelength_A is None else complex)
        for element, radius in zip(self.elements, self.radii_A, strict=True):
            factor = atomic_form_factor(element, q_inv_A)
            if wavelength_A is not None:
                factor = factor + dispersion(element, wavelength_A)
            # numpy's sinc(x) is sin(pi x) / (pi x).
            total += factor * np.sinc(q_inv_A * (radius / np.pi)) if radius else factor
        if self.b_iso_A2:
            total *= np.exp(-self.b_iso_A2 * (q_inv_A / (4 * np.pi)) ** 2)
        return total


def atomic_form_factor(element: str, q_inv_A: np.ndarray) -> np.ndarray:
    """Form factor of a neutral atom in electrons, shape of `q_inv_A`.

    f(s) = Z - 41.78214 s^2 sum_i a_i exp(-b_i s^2), s = q / (4 pi), with the coefficients that
    pymatgen ships (De Graef and McHenry, as cited there).

    Raises:
        MissingData: there are no coefficients for the element.
    """
    number, heights, decays = _coefficients(element)
    s2 = np.square(q_inv_A / (4 * np.pi))
    decay = np.exp(np.multiply.outer(s2, -decays)) @ heights
    return np.asarray(number - MOTT_BETHE * s2 * decay)


@lru_cache(maxsize=128)
def _coefficients(element: str) -> tuple[int, np.ndarray, np.ndarray]:
    """Atomic number, and a_i and b_i of the form factor."""
    table, numbers = _form_factor_table()
    if element not in table:
        raise MissingData(
            f"There is no X-ray form factor for {element}.", "Leave the element out."
        )
    heights, decays = np.array(table[element]).T
    return numbers[element], np.ascontiguousarray(heights), np.ascontiguousarray(decays)


@lru_cache(maxsize=1)
def _form_factor_table() -> tuple[Mapping[str, Any], Mapping[str, int]]:
    from pymatgen.analysis.diffraction.xrd import ATOMIC_SCATTERING_PARAMS
    from pymatgen.core import Element

    return ATOMIC_SCATTERING_PARAMS, {element.symbol: element.Z for element in Element}


def scattering(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    occupants: Sequence[Mapping[str, float]],
    molecules: Sequence[OrderedMolecule | None] = (),
    b_iso_A2: Mapping[str, float] | None = None,
) -> tuple[np.ndarray, list[list[tuple[Scatterer, float]]]]:
    """Positions (m, 3) of a cell's scatterers, and what scatters there with its occupancy.

    A molecule that the crystal holds in order gives its atoms, another one turns about its site.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates of the sites.
        occupants: (n,) ion -> occupancy.
        molecules: (n,) as in `AverageCell.molecules`, or none.
        b_iso_A2: ion -> Debye-Waller parameter B in square angstrom; 0 for all by default.

    Raises:
        UnknownSpecies: the store has no such ion.
        MissingData: a molecule that is not in order has no geometry in the store.
    """
    motion = b_iso_A2 or {}
    turned: dict[str, Scatterer] = {}
    inverse = np.linalg.inv(lattice_A)
    places: list[np.ndarray] = []
    found: list[list[tuple[Scatterer, float]]] = []
    for number, (place, ions) in enumerate(zip(fractional, occupants, strict=True)):
        molecule = molecules[number] if molecules else None
        if molecule is not None:
            b = motion.get(molecule.species, 0.0)
            places += list(place + molecule.offsets_A @ inverse)
            found += [[(Scatterer((one,), (0.0,), b), 1.0)] for one in molecule.elements]
            continue
        for ion in ions:
            if ion not in turned:
                turned[ion] = replace(scatterer_of(ion), b_iso_A2=motion.get(ion, 0.0))
        places.append(place)
        found.append([(turned[ion], share) for ion, share in ions.items()])
    return np.array(places), found


def scatterer_of(species: str) -> Scatterer:
    """The scatterer of an ion: an atom at rest, or a molecule that turns freely.

    Raises:
        UnknownSpecies: the store has no such ion.
        MissingData: a molecular ion has no geometry in the store.
    """
    ion = load_registry().ion(species)
    if not ion.molecular:
        return Scatterer((ion.atoms,), (0.0,))
    elements, positions_A = molecular_geometry(ion.species)
    return Scatterer(elements, tuple(map(float, np.linalg.norm(positions_A, axis=1))))


def thermal_motion(
    b_iso_A2: float | Mapping[str, float], names: Sequence[str]
) -> dict[str, float]:
    """B of each ion or element, in square angstrom.

    Args:
        b_iso_A2: one number for all, or name -> number for each of them.
        names: of all that scatter.

    Raises:
        InputError: a name lacks or is of none of them, or a number is negative.
    """
    if not isinstance(b_iso_A2, Mapping):
        b_iso_A2 = dict.fromkeys(names, b_iso_A2)
    if set(b_iso_A2) != set(names):
        raise InputError(
            f"The Debye-Waller parameters are given for {', '.join(b_iso_A2) or 'nothing'}.",
            f"Give one number, or one for each of {', '.join(names)}.",
        )
    for name, value in b_iso_A2.items():
        if not 0 <= value < np.inf:
            raise InputError(
                f"The Debye-Waller parameter {value:g} A^2 of {name} cannot be used.",
                "Give B = 8 pi^2 <u^2>, zero or more.",
            )
    return {name: float(b_iso_A2[name]) for name in names}
