"""Peaks of every phase of the store: with intensities where positions are known, else places.

A phase of which the store has the cell alone gives the places of all reflections that its space
group lets pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from perovdb.calculators.diffraction.powder import Occupants, Peak, peaks
from perovdb.calculators.diffraction.scatterers import Scatterer, scattering
from perovdb.calculators.orbits import orbits, ordered_molecules
from perovdb.errors import MissingData, OutOfRange, UnknownSpecies
from perovdb.store import per_store, queries
from perovdb.store.connection import Record

#: Peaks weaker than this, in % of the strongest, are not told from the background.
WEAKEST_PCT = 0.5

#: Of a cell without atoms: more reflections than this lie so close that any peak meets some.
MOST_WITHOUT_POSITIONS = 3000

#: A point on no element of symmetry: reflections that it does not give are extinct.
_ANYWHERE: Record = {"site": "X", "x": 0.1137, "y": 0.2719, "z": 0.3907}

_PROBE = Scatterer(("H",), (0.0,))

Index = tuple[int, int, int]


@dataclass(frozen=True)
class StoredPeaks:
    """Peaks of one row of the table `phase`.

    Attributes:
        row: the row.
        two_theta_deg: (n,) angles, ascending.
        intensity: (n,) in % of the strongest; 100 for all if the positions are not known.
        hkl: (n,) an index of each.
        positions_only: whether the store has the cell alone.
    """

    row: Record
    two_theta_deg: np.ndarray
    intensity: np.ndarray
    hkl: tuple[Index, ...]
    positions_only: bool


def stored_cell(row: Record) -> tuple[np.ndarray, np.ndarray, Occupants]:
    """Lattice (3, 3) in angstrom, positions (n, 3) and occupants of a phase of the store.

    Unlike `average_cell` it takes any phase, whether or not it is ABX3. Organic cations
    whose order is not known are free rotors about their sites.

    Args:
        row: of the table `phase`.

    Raises:
        MissingData: the store has no positions for it, or no geometry of a molecule in it.
        UnknownSpecies: the registry does not know an ion in it.
    """
    sites = queries.phase_sites(row["id"])
    if not sites:
        raise MissingData(
            f"The positions of {row['formula']} {row['phase']} ({row['id']}) are not known.",
            "Take another phase.",
        )
    places = orbits(row, sites)
    molecules = ordered_molecules(row, sites, places)
    occupants = [
        {str(sites[number]["species"]): float(sites[number]["occupancy"])}
        for number in places.sites.tolist()
    ]
    return places.lattice_A, *scattering(places.lattice_A, places.fractional, occupants, molecules)


def stored_peaks(
    wavelength_A: float,
    two_theta_deg: tuple[float, float],
    wanted: Callable[[Record], bool] = lambda row: True,
) -> tuple[tuple[StoredPeaks, ...], tuple[str, ...]]:
    """Peaks of phases, best known first, and ids of those with too many reflections.

    Args:
        wavelength_A: in angstrom.
        two_theta_deg: lowest and highest angle.
        wanted: whether a row of the table `phase` counts; those that do not cost nothing.
    """
    phases, left_out = [], []
    for number, cell in enumerate(_cells()):
        if not wanted(cell.row):
            continue
        found = _peaks_kept(number, wavelength_A, two_theta_deg)
        if found is None:
            left_out.append(str(cell.row["id"]))
        else:
            phases.append(found)
    return tuple(phases), tuple(left_out)


@per_store
def _peaks_kept(
    number: int, wavelength_A: float, two_theta_deg: tuple[float, float]
) -> StoredPeaks | None:
    """Peaks of a phase by its number; None if it has too many reflections."""
    try:
        return _peaks_of(_cells()[number], wavelength_A, two_theta_deg)
    except OutOfRange:
        return None


class _Cell(NamedTuple):
    """A row of the table `phase` with what scatters in it."""

    row: Record
    lattice_A: np.ndarray
    fractional: np.ndarray
    occupants: Occupants
    positions_only: bool


@per_store
def _cells() -> tuple[_Cell, ...]:
    cells = []
    for row in queries.facts("phase"):
        try:
            cells.append(_Cell(row, *stored_cell(row), False))
        except (MissingData, UnknownSpecies):
            cells.append(_empty_cell(row))
    return tuple(cells)


def _peaks_of(cell: _Cell, wavelength_A: float, two_theta_deg: tuple[float, float]) -> StoredPeaks:
    listed: list[Peak] = []
    positions_only = cell.positions_only
    if not positions_only:
        try:
            listed = peaks(*cell[1:4], wavelength_A, two_theta_deg, dispersion=True)
        except MissingData:
            # There is no form factor or dispersion of an element: its places are still known.
            positions_only = True
    if positions_only:
        highest = 2 * np.sin(np.radians(two_theta_deg[1]) / 2) / wavelength_A
        volume_A3 = abs(float(np.linalg.det(cell.lattice_A)))
        if 2 * np.pi / 3 * highest**3 * volume_A3 > MOST_WITHOUT_POSITIONS:
            raise OutOfRange("So many lines are everywhere.", "Give a smaller range.")
        probe = cell if cell.positions_only else _empty_cell(cell.row)
        listed = peaks(*probe[1:4], wavelength_A, two_theta_deg)
    kept = [peak for peak in listed if positions_only or peak.intensity >= WEAKEST_PCT]
    intensity = [100.0 if positions_only else peak.intensity for peak in kept]
    return StoredPeaks(
        cell.row,
        np.array([peak.two_theta_deg for peak in kept]),
        np.array(intensity),
        tuple(peak.hkl[0] for peak in kept),
        positions_only,
    )


def _empty_cell(row: Record) -> _Cell:
    """One orbit of points at no special place, for the reflections that are not extinct.

    Where the space group is not stated, or one of a superspace, nothing is extinct.
    """
    try:
        orbit = orbits({**row, "space_group": row["space_group"] or "P1"}, [_ANYWHERE])
    except (MissingData, ValueError):
        orbit = orbits({**row, "space_group": "P1"}, [_ANYWHERE])
    probes = [[(_PROBE, 1.0)]] * len(orbit.sites)
    return _Cell(row, orbit.lattice_A, orbit.fractional, probes, True)
