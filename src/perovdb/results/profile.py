"""The energy along a path: a curve through the images, the barrier both ways, the saddle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator, PPoly

from perovdb.results.band import Band
from perovdb.results.chain import coordinates, tangents, unwrapped

WITH_FORCES = "cubic Hermite pieces through the energies, forces along the path as slopes"
WITHOUT_FORCES = "monotone cubic pieces through the energies alone (no forces in the files)"


@dataclass(frozen=True)
class Profile:
    """Energy along the path, in eV above the first image.

    Attributes:
        chain_A: (n, a, 3) positions, unwrapped along the path.
        coordinates_A: (n,) length of the path up to each image.
        energies_eV: (n,) above the first image.
        slopes_eV_A: (n,) derivative of the energy along the path; None where forces are missing.
        curve: the energy between the images.
        curve_from: what the curve is made of.
        saddle_image: the highest image, from 0.
        barrier_forward_eV, barrier_backward_eV: of the highest image above first and last one.
        reaction_energy_eV: of the last image above the first.
        curve_saddle_A: where the curve is highest.
        curve_forward_eV, curve_backward_eV: of the curve's highest point.
        perpendicular_eV_A: (n,) largest force on an atom across the path, of the highest image
            too; NaN where not known.
        component_eV_A: (n,) the same for the largest component of a force.
        total_eV_A: (n,) largest force on an atom, NaN where not known.
    """

    chain_A: np.ndarray
    coordinates_A: np.ndarray
    energies_eV: np.ndarray
    slopes_eV_A: np.ndarray | None
    curve: PPoly
    curve_from: str
    saddle_image: int
    barrier_forward_eV: float
    barrier_backward_eV: float
    reaction_energy_eV: float
    curve_saddle_A: float
    curve_forward_eV: float
    curve_backward_eV: float
    perpendicular_eV_A: np.ndarray
    component_eV_A: np.ndarray
    total_eV_A: np.ndarray


def profile(band: Band) -> Profile:
    """The profile of a band that `check_band` let pass.

    Args:
        band: what the code left.
    """
    chain = unwrapped(band.positions_A, band.lattice_A, band.periodic)
    along = coordinates(chain)
    energies = band.energies_eV - band.energies_eV[0]
    directions = tangents(chain, energies)
    forces = band.forces_eV_A
    projected = (forces * directions).sum(axis=(1, 2))
    tangential = np.where(np.isnan(band.tangential_eV_A), projected, band.tangential_eV_A)
    across = forces - projected[:, None, None] * directions
    slopes = _slopes(tangential)
    if slopes is None:
        curve, made_from = PchipInterpolator(along, energies), WITHOUT_FORCES
    else:
        curve, made_from = CubicHermiteSpline(along, energies, slopes), WITH_FORCES
    top = int(np.argmax(energies))
    top_A, top_eV = highest(curve, along, energies)
    return Profile(
        chain_A=chain,
        coordinates_A=along,
        energies_eV=energies,
        slopes_eV_A=slopes,
        curve=curve,
        curve_from=made_from,
        saddle_image=top,
        barrier_forward_eV=float(energies[top]),
        barrier_backward_eV=float(energies[top] - energies[-1]),
        reaction_energy_eV=float(energies[-1]),
        curve_saddle_A=top_A,
        curve_forward_eV=top_eV,
        curve_backward_eV=float(top_eV - energies[-1]),
        perpendicular_eV_A=np.sqrt((across**2).sum(axis=2)).max(axis=1),
        component_eV_A=np.abs(across).max(axis=(1, 2)),
        total_eV_A=np.sqrt((forces**2).sum(axis=2)).max(axis=1),
    )


def highest(curve: PPoly, along_A: np.ndarray, energies_eV: np.ndarray) -> tuple[float, float]:
    """Place and height of the highest point of a curve, its ends and joints included."""
    turns = np.asarray(curve.derivative().roots(discontinuity=False, extrapolate=False))
    inside = turns[np.isfinite(turns) & (turns > along_A[0]) & (turns < along_A[-1])]
    places = np.concatenate([along_A, inside])
    heights = np.concatenate([energies_eV, curve(inside)])
    best = int(np.argmax(heights))
    return float(places[best]), float(heights[best])


def _slopes(tangential_eV_A: np.ndarray) -> np.ndarray | None:
    """Derivatives of the energy; an end whose force is not known is taken to be at rest."""
    if np.isnan(tangential_eV_A[1:-1]).any():
        return None
    return np.asarray(-np.nan_to_num(tangential_eV_A, nan=0.0) + 0.0)
