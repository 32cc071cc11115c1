"""Powder diffraction patterns: of a composition in a named phase, or of a crystal given as it is.

In a composition a scatterer is an ion or a freely rotating molecule, so alloys and hybrid
perovskites need no supercell; in a given crystal it is an atom. Form factors are those of
pymatgen's table, anomalous dispersion that of Chantler's, which pymatgen's own calculator leaves
out; thermal motion is isotropic and given by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.calculators.diffraction.powder import Occupants, Peak, listed, spectrum
from perovdb.calculators.diffraction.radiation import radiation_lines
from perovdb.calculators.diffraction.scatterers import Scatterer, scatterers
from perovdb.composition import Composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from pymatgen.core import IStructure, Structure


#: The Lorentz factor has no bound where the beam comes straight back.
HIGHEST_TWO_THETA_DEG = 179.0

#: A cell smaller than an atom is none.
SMALLEST_VOLUME_A3 = 1.0


@dataclass(frozen=True)
class GivenCell:
    """A unit cell that somebody brought, of which the store knows nothing.

    Attributes:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        origin: where it is from, for people.
        source, kind, evidence: None, "given", None.
        notes: what to know of it.
    """

    lattice_A: np.ndarray
    origin: str
    source: None = None
    kind: str = "given"
    evidence: None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pattern:
    """Peaks of a composition in a phase, or of a given crystal; the strongest has intensity 100.

    Attributes:
        formula: of the composition, or the reduced formula of the crystal.
        phase: its name, "" for a given crystal.
        wavelength_A: the stronger line where there are two.
        wavelength_name: as asked for.
        cell: what scatters.
        peaks: by angle.
        dispersion: whether form factors held the anomalous dispersion.
        two_theta_deg: lowest and highest angle that was looked at.
    """

    formula: str
    phase: str
    wavelength_A: float
    wavelength_name: str
    cell: AverageCell | GivenCell
    peaks: tuple[Peak, ...]
    dispersion: bool = True
    two_theta_deg: tuple[float, float] = (5.0, 90.0)

    @property
    def name(self) -> str:
        """Formula and phase, for people."""
        return f"{self.formula} {self.phase}".strip()


def xrd(
    composition: Composition | str,
    phase: str | None = None,
    wavelength: str | float = "CuKa1",
    two_theta_deg: tuple[float, float] = (5.0, 90.0),
    temperature_K: float = ROOM_TEMPERATURE_K,
    *,
    dispersion: bool = True,
    b_iso_A2: float | Mapping[str, float] = 0.0,
) -> Pattern:
    """Powder diffraction peaks of a composition in a named phase.

    Organic cations scatter as free rotors about their sites.

    Args:
        composition: a Composition or a formula.
        phase: as for `average_cell`.
        wavelength: name of an X-ray line in the store, or a number in angstrom. CuKa12 is both
            lines CuKa1 and CuKa2, the second as strong as `alpha2_share` says.
        two_theta_deg: lowest and highest angle, 0 to 180 degrees.
        temperature_K: as for `average_cell`.
        dispersion: whether form factors hold the anomalous dispersion f' + i f'' of Chantler's
            table.
        b_iso_A2: isotropic Debye-Waller parameter B of exp(-B s^2), s = sin(theta) / lambda, in
            square angstrom: one number for all, or species -> number for each of them.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: the wavelength, the range of angles or a B cannot be used.
        MissingData: the phase has no positions, or an element no form factor or dispersion.
        OutOfRange: so many reflections that they cannot be held.
    """
    radiation = radiation_lines(wavelength)
    _check_range(two_theta_deg)
    cell = average_cell(composition, phase, temperature_K)
    thermal = _b_iso(b_iso_A2, cell.composition.species)
    scatterer = {
        species: replace(still, b_iso_A2=thermal[species])
        for species, still in scatterers(cell.composition).items()
    }
    occupants = [
        [(scatterer[s], x) for s, x in cell.occupancy(i).items()] for i in range(len(cell.roles))
    ]
    name, lines = radiation
    found = _peaks(cell.lattice_A, cell.fractional, occupants, lines, two_theta_deg, dispersion)
    return Pattern(
        cell.composition.formula,
        cell.phase,
        lines[0][0],
        name,
        cell,
        found,
        dispersion,
        two_theta_deg,
    )


def xrd_structure(
    structure: Structure | IStructure,
    wavelength: str | float = "CuKa1",
    two_theta_deg: tuple[float, float] = (5.0, 90.0),
    *,
    dispersion: bool = True,
    b_iso_A2: float | Mapping[str, float] = 0.0,
    origin: str = "the structure given",
    notes: Sequence[str] = (),
) -> Pattern:
    """Powder diffraction peaks of a crystal, atom by atom as it stands.

    Sites may be shared or partly empty: atoms scatter with their occupancies. A molecule scatters
    in the one orientation that it has, which makes a small cell of a hybrid perovskite less
    symmetric than its average; `xrd` takes free rotors instead. Oxidation states change nothing;
    D and T scatter as H.

    Args:
        structure: a periodic structure of pymatgen, ordered or not.
        wavelength, two_theta_deg, dispersion: as for `xrd`; the store serves for the
            wavelength alone.
        b_iso_A2: as for `xrd`, element -> number for each of them.
        origin: where the structure is from, for people.
        notes: what to say of it.

    Raises:
        InputError: the wavelength, the range of angles or a B cannot be used, there are no atoms,
            a site holds something that is no element, or the cell has no volume.
        MissingData: an element has no form factor or dispersion.
        OutOfRange: so many reflections that they cannot be held.
    """
    name, lines = radiation_lines(wavelength)
    _check_range(two_theta_deg)
    lattice_A = np.array(structure.lattice.matrix)
    fractional = np.array(structure.frac_coords)
    _check_crystal(lattice_A, fractional, origin)
    shares = [_elements(site.species) for site in structure]
    if not any(x for share in shares for x in share.values()):
        raise InputError("The structure holds no atoms.", "Give one with at least one atom.")
    thermal = _b_iso(b_iso_A2, list(dict.fromkeys(e for share in shares for e in share)))
    atoms = {element: Scatterer((element,), (0.0,), b) for element, b in thermal.items()}
    found = _peaks(
        lattice_A,
        fractional,
        [[(atoms[element], x) for element, x in share.items()] for share in shares],
        lines,
        two_theta_deg,
        dispersion,
    )
    cell = GivenCell(lattice_A, origin, notes=tuple(notes))
    return Pattern(
        structure.composition.element_composition.reduced_formula,
        "",
        lines[0][0],
        name,
        cell,
        found,
        dispersion,
        two_theta_deg,
    )


def _peaks(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    occupants: Occupants,
    lines: list[tuple[float, float]],
    two_theta_deg: tuple[float, float],
    dispersion: bool,
) -> tuple[Peak, ...]:
    """Peaks of all lines of a radiation, in % of the strongest of them all."""
    spectra = [
        (spectrum(lattice_A, fractional, occupants, line_A, two_theta_deg, dispersion), share)
        for line_A, share in lines
    ]
    strongest = max(share * one.strongest for one, share in spectra)
    found = [peak for one, share in spectra for peak in listed(one, lattice_A, strongest / share)]
    if len(lines) > 1:
        found.sort(key=lambda peak: peak.two_theta_deg)
    return tuple(found)


def _elements(species: Mapping[Any, float]) -> dict[str, float]:
    """Element -> occupancy on a site of pymatgen; ions of one element count together."""
    from pymatgen.core import DummySpecies

    shares: dict[str, float] = {}
    for one, share in species.items():
        if isinstance(one, DummySpecies):
            raise InputError(
                f"'{one}' on a site of the structure is no element.",
                "Give the element that scatters there.",
            )
        # Species have an element, elements are one; isotopes of hydrogen scatter as it does.
        symbol = str(getattr(one, "element", one).symbol)
        shares[symbol] = shares.get(symbol, 0.0) + float(share)
    return shares


def _check_crystal(lattice_A: np.ndarray, fractional: np.ndarray, origin: str) -> None:
    if not (np.isfinite(lattice_A).all() and np.isfinite(fractional).all()):
        raise InputError(f"A coordinate of {origin} is not a number.", "Check them all.")
    if abs(np.linalg.det(lattice_A)) < SMALLEST_VOLUME_A3:
        raise InputError(
            f"The cell of {origin} has no volume.", "Give three vectors that span one."
        )


def _check_range(two_theta_deg: tuple[float, float]) -> None:
    low, high = two_theta_deg
    if not 0 <= low < high <= HIGHEST_TWO_THETA_DEG:
        raise InputError(
            f"The range {low:g} to {high:g} degrees of 2theta cannot be used.",
            f"Give two angles between 0 and {HIGHEST_TWO_THETA_DEG:g}, the lower first.",
        )


def _b_iso(given: float | Mapping[str, float], species: Sequence[str]) -> dict[str, float]:
    """B of each species, in square angstrom."""
    if not isinstance(given, Mapping):
        given = dict.fromkeys(species, given)
    if set(given) != set(species):
        raise InputError(
            f"The Debye-Waller parameters are given for {', '.join(given) or 'no species'}.",
            f"Give one number, or one for each of {', '.join(species)}.",
        )
    for name, value in given.items():
        if not 0 <= value < np.inf:
            raise InputError(
                f"The Debye-Waller parameter {value:g} A^2 of {name} cannot be used.",
                "Give B = 8 pi^2 <u^2>, zero or more.",
            )
    return {name: float(given[name]) for name in species}
