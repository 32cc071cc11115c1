"""The first guess of a path: ions on straight lines or arcs, molecules by shift and turn."""

from __future__ import annotations

import numpy as np

from perovdb.calculators.molecules import atomic_masses
from perovdb.migration.endpoints import Endpoints
from perovdb.migration.rigid import interpolate
from perovdb.structures.units import units

#: Height of the arc on which an ion starts round another one.
DETOUR_A = 1.5

#: An ion starts on an arc if its straight line comes nearer than this to another ion.
NEAR_A = 1.5


def molecules(ends: Endpoints) -> list[np.ndarray]:
    """Atom indices of each molecule of the endpoints."""
    return [unit.atoms for unit in units(ends.start) if len(unit.atoms) > 1]


def first_guess(ends: Endpoints, images: int) -> np.ndarray:
    """(images, n, 3) inner images at even fractions of the way.

    Ions go straight, or on an arc if another ion is in the way. Centres of mass of molecules go
    straight and their orientations by spherical linear interpolation.
    """
    start, end = ends.start.cart_coords, ends.end.cart_coords
    fractions = np.linspace(0, 1, images + 2)[1:-1]
    inner = start + fractions[:, None, None] * (end - start)
    if len(ends.mover) == 1:
        inner[:, ends.mover[0]] += _detour(ends, inner[:, ends.mover[0]], fractions)
    for body in molecules(ends):
        masses = atomic_masses([ends.start[int(atom)].specie.symbol for atom in body])
        inner[:, body] = interpolate(start[body], end[body], masses, fractions)
    return np.asarray(inner)


def _detour(ends: Endpoints, line_A: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """(k, 3) what to add to the straight line of an ion that runs through another ion.

    A B ion meets the X ion half-way between two octahedra. Symmetry would hold the path on it;
    so it starts on the arc, of DETOUR_A in height, that keeps farthest from all others.
    """
    others = np.delete(ends.start.frac_coords, ends.mover, axis=0)
    lattice = ends.start.lattice

    def clearance(points_A: np.ndarray) -> float:
        return float(
            lattice.get_all_distances(lattice.get_fractional_coords(points_A), others).min()
        )

    if clearance(line_A) >= NEAR_A:
        return np.zeros_like(line_A)
    along = ends.vector_A / np.linalg.norm(ends.vector_A)
    # Any vector off the line gives a frame; sixteen directions round it, unevenly begun so that
    # none is a mirror plane of a cubic cell.
    across = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(along, across)])
    angles = 0.1 + 2 * np.pi * np.arange(16) / 16
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ frame
    arcs = DETOUR_A * np.sin(np.pi * fractions)[None, :, None] * directions[:, None, :]
    return np.asarray(max(arcs, key=lambda arc: clearance(line_A + arc)))
