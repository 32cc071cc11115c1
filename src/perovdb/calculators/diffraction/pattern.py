"""Powder diffraction patterns: of a composition in a named phase, or of a crystal as it stands.

In a composition a scatterer is an ion or a freely rotating molecule, so alloys and hybrid
perovskites need no supercell; in a given crystal it is an atom. Form factors are those of
pymatgen's table, anomalous dispersion that of Chantler's, which pymatgen's own calculator leaves
out; thermal motion is isotropic and given by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction.atoms import GivenAtoms, elements_on, given_atoms
from perovdb.calculators.diffraction.powder import Occupants, Peak, listed, spectrum
from perovdb.calculators.diffraction.radiation import radiation_lines
from perovdb.calculators.diffraction.scatterers import Scatterer, scattering, thermal_motion
from perovdb.composition import Composition, Material, as_composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from perovdb.calculators.diffraction.curves import Instrument
    from perovdb.calculators.diffraction.diffractogram import Diffractogram, Measured

#: The Lorentz factor has no bound where the beam comes straight back.
HIGHEST_TWO_THETA_DEG = 179.0

#: A cell smaller than an atom is none.
SMALLEST_VOLUME_A3 = 1.0

#: The card lists peaks from this share of the strongest on, in percent.
CARD_ABOVE_PCT = 0.1

_DIGITS = {
    "d_A": ".4f", "two_theta_deg": ".3f", "q_inv_A": ".4f", "intensity": ".1f",
    "wavelength_A": ".5f",
}  # fmt: skip


@answer
class Pattern(Answer):
    """Peaks of a composition in a phase, or of a given crystal; the strongest has intensity 100.

    Attributes:
        formula: of the composition, or the reduced formula of the crystal.
        phase: its name, "" for a given crystal.
        radiation: name of the line, or the wavelength as a text.
        wavelength_A: the stronger line where there are two.
        dispersion: whether form factors held the anomalous dispersion.
        two_theta_deg: lowest and highest angle that was looked at.
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        origin: how the cell came about, for people.
        peaks: by angle.
        source, kind, evidence: of the cell; None, "given", None for one that was given.
        notes: where the cell is not what was asked for, or what the reader of a file warned of.
        card_above_pct: the card lists peaks from this share of the strongest on; `peaks` and
            `rows` hold all.
    """

    formula: str
    phase: str
    radiation: str
    wavelength_A: float
    dispersion: bool
    two_theta_deg: tuple[float, float]
    lattice_A: np.ndarray
    origin: str
    peaks: tuple[Peak, ...]
    source: str | None
    kind: str
    evidence: str | None
    notes: tuple[str, ...] = ()
    card_above_pct: float = CARD_ABOVE_PCT

    @property
    def name(self) -> str:
        """Formula and phase, for people."""
        return f"{self.formula} {self.phase}".strip()

    def above(self, percent: float) -> Pattern:
        """The same pattern with peaks from this share of the strongest on, in percent."""
        strong = tuple(peak for peak in self.peaks if peak.intensity >= percent)
        return replace(self, peaks=strong, card_above_pct=percent)

    def curve(
        self,
        measured: Measured | None = None,
        *,
        x_axis: str = "two_theta",
        size_nm: float | None = None,
        instrument: Instrument | None = None,
    ) -> Diffractogram:
        """What an instrument would record, beside a measured curve if one is given.

        The arguments are those of `diffractogram`, which does the same for several patterns.
        """
        from perovdb.calculators.diffraction.diffractogram import diffractogram

        return diffractogram(self, measured, x_axis=x_axis, size_nm=size_nm, instrument=instrument)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The peaks as sticks."""
        from perovdb.plots import sticks

        return sticks(self, ax)

    def rows(self) -> list[dict[str, Any]]:
        """One row a peak."""
        first = {"formula": self.formula, "phase": self.phase}
        last = {
            "origin": self.origin, "source": self.source, "kind": self.kind,
            "evidence": self.evidence, "notes": "; ".join(self.notes),
        }  # fmt: skip
        return [first | peak._asdict() | {"hkl": _indices(peak)} | last for peak in self.peaks]

    def _table(self) -> list[dict[str, Any]]:
        doublet = len({peak.wavelength_A for peak in self.peaks}) > 1
        return [
            {
                name: format(value, _DIGITS.get(name, ""))
                for name, value in (peak._asdict() | {"hkl": _indices(peak)}).items()
                if doublet or name != "wavelength_A"
            }
            for peak in self.above(self.card_above_pct).peaks
        ]

    def _headline(self) -> str:
        return f"{self.name}, {self.radiation}, {len(self.peaks)} peaks"

    def _lines(self) -> list[str]:
        known = f" [{self.source}, {self.evidence}]" if self.source else ""
        low, high = self.two_theta_deg
        return [
            f"{self.name}, {self.radiation} {self.wavelength_A:g} A",
            self.origin + known,
            *self._note_lines(),
            *(table(self._table()) or [f"no peak from {low:g} to {high:g} degrees"]),
        ]


def xrd(
    x: Material,
    phase: str | None = None,
    wavelength: str | float = "CuKa1",
    two_theta_deg: tuple[float, float] = (5.0, 90.0),
    temperature_K: float = ROOM_TEMPERATURE_K,
    *,
    dispersion: bool = True,
    b_iso_A2: float | Mapping[str, float] = 0.0,
) -> Pattern:
    """Powder diffraction peaks of a material.

    Of a formula or composition the average cell scatters, in which ions share their sites and
    organic cations are free rotors about theirs. Of a structure or a file atoms scatter as they
    stand, with their occupancies. A molecule then has the one orientation in which it is, which
    makes a small cell of a hybrid perovskite less symmetric than its average. Oxidation states
    change nothing; D and T scatter as H.

    Args:
        x: a formula, a Composition, a structure of pymatgen or ASE, or a file of one.
        phase: of a formula, as for `average_cell`.
        wavelength: name of an X-ray line in the store, or a number in angstrom. CuKa12 is both
            lines CuKa1 and CuKa2, the second as strong as `alpha2_share` says.
        two_theta_deg: lowest and highest angle, 0 to 180 degrees.
        temperature_K: of the cell of a formula, as for `average_cell`.
        dispersion: whether form factors hold the anomalous dispersion f' + i f'' of Chantler's
            table.
        b_iso_A2: isotropic Debye-Waller parameter B of exp(-B s^2), s = sin(theta) / lambda, in
            square angstrom: one number for all, or ion (of a structure: element) -> number for
            each of them.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: the file, the wavelength, the range of angles or a B cannot be used, a phase
            is named for given atoms, there are none, a site holds something that is no element,
            or there is no cell.
        MissingData: the phase has no positions, or an element no form factor or dispersion.
        OutOfRange: so many reflections that they cannot be held.
    """
    radiation, lines = radiation_lines(wavelength)
    low, high = two_theta_deg
    if not 0 <= low < high <= HIGHEST_TWO_THETA_DEG:
        raise InputError(
            f"The range {low:g} to {high:g} degrees of 2theta cannot be used.",
            f"Give two angles between 0 and {HIGHEST_TWO_THETA_DEG:g}, the lower first.",
        )
    atoms = given_atoms(x)
    cell = (
        _average(as_composition(x), phase, temperature_K, b_iso_A2)
        if atoms is None
        else _as_it_stands(atoms, phase, b_iso_A2)
    )
    spectra = [
        (
            spectrum(
                cell.lattice_A, cell.fractional, cell.occupants, line_A, (low, high), dispersion
            ),
            share,
        )
        for line_A, share in lines
    ]
    strongest = max(share * one.strongest for one, share in spectra)
    peaks = [
        peak for one, share in spectra for peak in listed(one, cell.lattice_A, strongest / share)
    ]
    if len(lines) > 1:
        peaks.sort(key=lambda peak: peak.two_theta_deg)
    return Pattern(
        formula=cell.formula,
        phase=cell.phase,
        radiation=radiation,
        wavelength_A=lines[0][0],
        dispersion=dispersion,
        two_theta_deg=(float(low), float(high)),
        lattice_A=cell.lattice_A,
        origin=cell.origin,
        peaks=tuple(peaks),
        source=cell.source,
        kind=cell.kind,
        evidence=cell.evidence,
        notes=cell.notes,
    )


class _Cell(NamedTuple):
    """A cell with what scatters in it, and where it is from."""

    formula: str
    phase: str
    lattice_A: np.ndarray
    fractional: np.ndarray
    occupants: Occupants
    origin: str
    source: str | None
    kind: str
    evidence: str | None
    notes: tuple[str, ...]


def _average(
    composition: Composition,
    phase: str | None,
    temperature_K: float,
    b_iso_A2: float | Mapping[str, float],
) -> _Cell:
    """The average cell of a composition."""
    cell = average_cell(composition, phase, temperature_K)
    motion = thermal_motion(b_iso_A2, composition.species)
    fractional, occupants = scattering(
        cell.lattice_A, cell.fractional, cell.occupants, cell.molecules, motion
    )
    return _Cell(
        composition.formula, cell.phase, cell.lattice_A, fractional, occupants,
        cell.origin, cell.source, cell.kind, cell.evidence, cell.notes,
    )  # fmt: skip


def _as_it_stands(
    atoms: GivenAtoms, phase: str | None, b_iso_A2: float | Mapping[str, float]
) -> _Cell:
    """The cell of given atoms."""
    structure, name, notes = atoms
    if phase is not None:
        raise InputError(
            f"The phase '{phase}' cannot be chosen for {name}, whose atoms are given.",
            "Leave it out, or give a formula.",
        )
    if not all(structure.lattice.pbc):
        raise InputError(
            f"There is no cell in {name}.",
            "Give a crystal with its three vectors, or ask `debye` for a particle.",
        )
    lattice_A = np.array(structure.lattice.matrix)
    if abs(np.linalg.det(lattice_A)) < SMALLEST_VOLUME_A3:
        raise InputError(f"The cell of {name} has no volume.", "Give vectors that span one.")
    shares = [elements_on(site.species) for site in structure]
    elements = list(dict.fromkeys(element for share in shares for element in share))
    motion = thermal_motion(b_iso_A2, elements)
    scatterer = {element: Scatterer((element,), (0.0,), motion[element]) for element in elements}
    occupants = [[(scatterer[element], x) for element, x in share.items()] for share in shares]
    formula = structure.composition.element_composition.reduced_formula
    return _Cell(
        formula, "", lattice_A, np.array(structure.frac_coords), occupants,
        f"atoms of {name}", None, "given", None, notes,
    )  # fmt: skip


def _indices(peak: Peak) -> str:
    """The families of a peak, for people."""
    return " ".join("(" + " ".join(map(str, hkl)) + ")" for hkl in peak.hkl)
