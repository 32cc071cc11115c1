"""Powder diffraction peaks of a crystal whose sites may be shared or hold rotating molecules.

A scatterer is an ion or a freely rotating molecule, so alloys and hybrid perovskites need no
supercell. Form factors are those of pymatgen's table; anomalous dispersion and thermal motion
are left out, as in pymatgen's own calculator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.calculators.mixing import ROOM_TEMPERATURE_K
from perovdb.calculators.scatterers import Scatterer, scatterers
from perovdb.composition import Composition
from perovdb.errors import InputError, OutOfRange
from perovdb.store import Store, open_store, queries

#: Reflections closer than this are one peak.
TWO_THETA_TOLERANCE_DEG = 1e-5

#: Peaks weaker than this, in % of the strongest, are not listed.
WEAKEST_PCT = 1e-3

#: The Lorentz factor has no bound where the beam comes straight back.
HIGHEST_TWO_THETA_DEG = 179.0

#: A structure factor below this share of all electrons is zero by symmetry.
EXTINCT = 1e-9

#: Points of the reciprocal lattice that are looked at in one go: about 1 GB of memory.
MOST_REFLECTIONS = 1e6


@dataclass(frozen=True)
class Peak:
    """Reflections at one angle. `hkl` lists one member of each family, `multiplicity` all."""

    hkl: tuple[tuple[int, int, int], ...]
    multiplicity: int
    d_A: float
    two_theta_deg: float
    q_inv_A: float
    intensity: float


@dataclass(frozen=True)
class Pattern:
    """Peaks of a composition in a phase; the strongest has intensity 100."""

    formula: str
    phase: str
    wavelength_A: float
    wavelength_name: str
    cell: AverageCell
    peaks: tuple[Peak, ...]


def xrd(
    composition: Composition | str,
    phase: str | None = None,
    wavelength: str | float = "CuKa1",
    two_theta_deg: tuple[float, float] = (5.0, 90.0),
    temperature_K: float = ROOM_TEMPERATURE_K,
    store: Store | None = None,
) -> Pattern:
    """Powder diffraction peaks of a composition in a named phase.

    Organic cations scatter as free rotors about their sites.

    Args:
        composition: a Composition or a formula.
        phase: as for `average_cell`.
        wavelength: name of an X-ray line in the store, or a number in angstrom.
        two_theta_deg: lowest and highest angle, 0 to 180 degrees.
        temperature_K: as for `average_cell`.
        store: the curated store by default.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: the wavelength or the range of angles cannot be used.
        MissingData: the phase has no positions, or an element no form factor.
    """
    store = store or open_store()
    if isinstance(wavelength, str):
        name, wavelength_A = (
            wavelength,
            float(queries.wavelength(store, wavelength)["wavelength_A"]),
        )
    else:
        name, wavelength_A = f"{wavelength:g} A", float(wavelength)
    if not 0.1 <= wavelength_A <= 10:
        raise InputError(
            f"The wavelength {wavelength_A:g} A is not that of a diffraction experiment.",
            "Give 0.1 to 10 angstrom, or the name of a line such as CuKa1.",
        )
    low, high = two_theta_deg
    if not 0 <= low < high <= HIGHEST_TWO_THETA_DEG:
        raise InputError(
            f"The range {low:g} to {high:g} degrees of 2theta cannot be used.",
            f"Give two angles between 0 and {HIGHEST_TWO_THETA_DEG:g}, the lower first.",
        )
    cell = average_cell(composition, phase, temperature_K, store)
    scatterer = scatterers(cell.composition, store)
    found = peaks(
        cell.lattice_A,
        cell.fractional,
        [
            [(scatterer[s], x) for s, x in cell.occupancy(i).items()]
            for i in range(len(cell.roles))
        ],
        wavelength_A,
        (low, high),
    )
    return Pattern(cell.composition.formula, cell.phase, wavelength_A, name, cell, tuple(found))


def peaks(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    occupants: Sequence[Sequence[tuple[Scatterer, float]]],
    wavelength_A: float,
    two_theta_deg: tuple[float, float],
) -> list[Peak]:
    """Powder peaks of a crystal, by angle.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates of the sites.
        occupants: for each site, its scatterers with their occupancies.
        wavelength_A: in angstrom.
        two_theta_deg: lowest and highest angle.

    Raises:
        OutOfRange: so many reflections that they cannot be held.

    The intensity of a reflection is |F|^2 (1 + cos^2 2theta) / (sin^2 theta cos theta), the
    Lorentz-polarisation factor of a powder without monochromator, as in pymatgen's calculator
    (De Graef and McHenry, Structure of Materials, chapters 11 and 12, as cited there).
    """
    hkl, g_inv_A = _reflections(lattice_A, wavelength_A, two_theta_deg)
    if not len(hkl):
        return []
    theta = np.arcsin(np.clip(wavelength_A * g_inv_A / 2, 0, 1))
    lorentz = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    structure_factor = _structure_factors(hkl, 2 * np.pi * g_inv_A, fractional, occupants)
    # An extinct reflection is left with rounding errors, which are no peak.
    electrons = sum(
        occupancy * scatterer.form_factor(np.zeros(1))[0]
        for shares in occupants
        for scatterer, occupancy in shares
    )
    structure_factor[np.abs(structure_factor) < EXTINCT * electrons] = 0.0
    intensity = np.abs(structure_factor) ** 2 * lorentz
    if not intensity.any():
        return []
    operations = _lattice_symmetry(np.linalg.inv(lattice_A).T)
    return _group(hkl, g_inv_A, np.degrees(2 * theta), intensity, operations)


def _reflections(
    lattice_A: np.ndarray, wavelength_A: float, two_theta_deg: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """(n, 3) Miller indices within the angles and (n,) |g| = 1 / d, sorted by |g|."""
    low, high = (2 * np.sin(np.radians(angle) / 2) / wavelength_A for angle in two_theta_deg)
    reciprocal = np.linalg.inv(lattice_A).T
    # |h| <= |g| |a|, because h is the projection of g on the cell vector a.
    reach = np.floor(high * np.linalg.norm(lattice_A, axis=1)).astype(int)
    if np.prod(2.0 * reach + 1) > MOST_REFLECTIONS:
        raise OutOfRange(
            "There are too many reflections up to this angle for a cell of this size.",
            "Ask for a smaller range of 2theta or a longer wavelength.",
        )
    grids = np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij")
    hkl = np.stack([grid.ravel() for grid in grids], axis=1)
    g_inv_A = np.linalg.norm(hkl @ reciprocal, axis=1)
    inside = (g_inv_A >= max(low, 1e-6)) & (g_inv_A <= high)
    hkl, g_inv_A = hkl[inside], g_inv_A[inside]
    order = np.argsort(g_inv_A, kind="stable")
    return hkl[order], g_inv_A[order]


def _structure_factors(
    hkl: np.ndarray,
    q_inv_A: np.ndarray,
    fractional: np.ndarray,
    occupants: Sequence[Sequence[tuple[Scatterer, float]]],
) -> np.ndarray:
    """(n,) structure factors in electrons."""
    weights: dict[Scatterer, np.ndarray] = {}
    for site, shares in enumerate(occupants):
        for scatterer, occupancy in shares:
            weights.setdefault(scatterer, np.zeros(len(fractional)))[site] += occupancy
    phases = np.exp(2j * np.pi * (hkl @ fractional.T))
    total = np.zeros(len(hkl), dtype=complex)
    for scatterer, weight in weights.items():
        total += scatterer.form_factor(q_inv_A) * (phases @ weight)
    return total


def _group(
    hkl: np.ndarray,
    g_inv_A: np.ndarray,
    two_theta: np.ndarray,
    intensity: np.ndarray,
    operations: np.ndarray,
) -> list[Peak]:
    """Collect reflections of one angle into peaks."""
    starts = np.flatnonzero(np.diff(two_theta, prepend=-1.0) > TWO_THETA_TOLERANCE_DEG)
    ends = np.append(starts[1:], len(hkl))
    sums = np.add.reduceat(intensity, starts)
    relative = 100 * sums / sums.max()
    family = _family_of(hkl, operations)
    return [
        Peak(
            hkl=tuple(sorted({tuple(member) for member in family[start:end].tolist()}))[::-1],
            multiplicity=int(end - start),
            d_A=float(1 / g_inv_A[start]),
            two_theta_deg=float(two_theta[start]),
            q_inv_A=float(2 * np.pi * g_inv_A[start]),
            intensity=float(share),
        )
        for start, end, share in zip(starts, ends, relative, strict=True)
        if share > WEAKEST_PCT
    ]


def _family_of(hkl: np.ndarray, operations: np.ndarray) -> np.ndarray:
    """(n, 3) for each reflection the member of its family whose indices, compared in turn, are
    the largest.

    Args:
        hkl: (n, 3) Miller indices.
        operations: (m, 3, 3) symmetry of the reciprocal lattice.
    """
    reach = 2 * int(np.abs(hkl).max()) + 1
    base = 2 * reach + 1
    equivalent = hkl @ operations.transpose(0, 2, 1)
    # One integer for three indices, in the same order.
    codes = ((equivalent + reach) @ np.array([base**2, base, 1])).max(axis=0)
    return np.stack([codes // base**2, codes // base % base, codes % base], axis=1) - reach


def _lattice_symmetry(reciprocal: np.ndarray) -> np.ndarray:
    """(m, 3, 3) integer matrices that map the lattice with these row vectors on itself.

    Rows of Miller indices are turned by them without change of |g|. Entries of -1, 0 and 1 are
    enough for the conventional cell of any crystal system. A column of such a matrix is a
    lattice vector as long as the one that it replaces, which leaves few to try.
    """
    metric = reciprocal @ reciprocal.T
    tolerance = 1e-6 * np.abs(metric).max()
    vectors = np.array(list(product((-1, 0, 1), repeat=3)))
    squares = np.einsum("va,ab,vb->v", vectors, metric, vectors)
    as_long = [vectors[np.abs(squares - metric[i, i]) < tolerance] for i in range(3)]
    choice = np.indices([len(some) for some in as_long]).reshape(3, -1)
    rows = np.stack([some[index] for some, index in zip(as_long, choice, strict=True)], axis=1)
    turned = rows @ metric @ rows.transpose(0, 2, 1)
    same = np.abs(turned - metric).max(axis=(1, 2)) < tolerance
    return np.asarray(rows[same].transpose(0, 2, 1))
