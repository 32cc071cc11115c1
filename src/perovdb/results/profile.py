"""The energy along a path: a curve through the images, the barrier both ways, the saddle."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator, PPoly

from perovdb.answers import Answer, answer
from perovdb.results.band import Band
from perovdb.results.chain import coordinates, tangents

WITH_FORCES = "cubic Hermite pieces through the energies, forces along the path as slopes"
WITHOUT_FORCES = "monotone cubic pieces through the energies alone (no forces in the files)"


@answer
class Profile(Answer):
    """Energy along a path of n images, both ends included.

    Attributes:
        coordinates_A: (n,) length of the path up to each image.
        total_energies_eV: (n,) as the code gives them.
        slopes_eV_A: (n,) derivative of the energy along the path; None where forces are missing.
        perpendicular_eV_A: (n,) largest force on an atom across the path, of the highest image
            too; NaN where not known.
        component_eV_A: (n,) the same for the largest component of a force.
        forces_eV_A: (n,) largest force on an atom, NaN where not known.
    """

    coordinates_A: np.ndarray
    total_energies_eV: np.ndarray
    slopes_eV_A: np.ndarray | None
    perpendicular_eV_A: np.ndarray
    component_eV_A: np.ndarray
    forces_eV_A: np.ndarray

    derived = (
        *("energies_eV", "saddle_image", "barrier_forward_eV", "barrier_backward_eV"),
        *("reaction_energy_eV", "curve_saddle_A", "curve_forward_eV", "curve_backward_eV"),
        "curve_from",
    )

    @cached_property
    def energies_eV(self) -> np.ndarray:
        """(n,) above the first image."""
        return np.asarray(self.total_energies_eV - self.total_energies_eV[0])

    @property
    def saddle_image(self) -> int:
        """The highest image, from 0."""
        return int(np.argmax(self.energies_eV))

    @property
    def barrier_forward_eV(self) -> float:
        """Of the highest image above the first."""
        return float(self.energies_eV.max())

    @property
    def barrier_backward_eV(self) -> float:
        """Of the highest image above the last."""
        return float(self.energies_eV.max() - self.energies_eV[-1])

    @property
    def reaction_energy_eV(self) -> float:
        """Of the last image above the first."""
        return float(self.energies_eV[-1])

    @cached_property
    def curve(self) -> PPoly:
        """The energy between the images, in eV, of the length of the path in angstrom."""
        if self.slopes_eV_A is None:
            return PchipInterpolator(self.coordinates_A, self.energies_eV)
        return CubicHermiteSpline(self.coordinates_A, self.energies_eV, self.slopes_eV_A)

    @property
    def curve_from(self) -> str:
        """What the curve is made of."""
        return WITHOUT_FORCES if self.slopes_eV_A is None else WITH_FORCES

    @cached_property
    def _top(self) -> tuple[float, float]:
        return highest(self.curve, self.coordinates_A, self.energies_eV)

    @property
    def curve_saddle_A(self) -> float:
        """Where the curve is highest."""
        return self._top[0]

    @property
    def curve_forward_eV(self) -> float:
        """Of the curve's highest point above the first image."""
        return self._top[1]

    @property
    def curve_backward_eV(self) -> float:
        """Of the curve's highest point above the last image."""
        return float(self._top[1] - self.energies_eV[-1])

    def rows(self) -> list[dict[str, Any]]:
        slopes = np.full(len(self.coordinates_A), np.nan)
        columns = {
            "coordinate_A": self.coordinates_A,
            "energy_eV": self.energies_eV,
            "total_energy_eV": self.total_energies_eV,
            "slope_eV_A": slopes if self.slopes_eV_A is None else self.slopes_eV_A,
            "force_eV_A": self.forces_eV_A,
        }
        return [
            {"image": image}
            | {
                name: None if np.isnan(values[image]) else float(values[image])
                for name, values in columns.items()
            }
            for image in range(len(self.coordinates_A))
        ]

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                "image": row["image"],
                "path / A": f"{row['coordinate_A']:.3f}",
                "energy / eV": f"{row['energy_eV']:z.4f}",
                "slope / eV/A": _digits(row["slope_eV_A"]),
                "force / eV/A": _digits(row["force_eV_A"]),
            }
            for row in self.rows()
        ]

    def _headline(self) -> str:
        return (
            f"{len(self.energies_eV)} images, forward {self.barrier_forward_eV:z.4f} eV, "
            f"backward {self.barrier_backward_eV:z.4f} eV"
        )


def profile_of(band: Band, chain_A: np.ndarray) -> Profile:
    """The profile of a band that `check_band` let pass.

    Args:
        band: what the code left.
        chain_A: (n, a, 3) its positions, `unwrapped` along the path.
    """
    directions = tangents(chain_A, band.energies_eV)
    forces = band.forces_eV_A
    projected = (forces * directions).sum(axis=(1, 2))
    tangential = np.where(np.isnan(band.tangential_eV_A), projected, band.tangential_eV_A)
    across = forces - projected[:, None, None] * directions
    return Profile(
        coordinates_A=coordinates(chain_A),
        total_energies_eV=band.energies_eV,
        slopes_eV_A=_slopes(tangential),
        perpendicular_eV_A=np.sqrt((across**2).sum(axis=2)).max(axis=1),
        component_eV_A=np.abs(across).max(axis=(1, 2)),
        forces_eV_A=np.sqrt((forces**2).sum(axis=2)).max(axis=1),
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


def _digits(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
