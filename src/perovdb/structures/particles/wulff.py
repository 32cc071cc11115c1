"""Shapes of particles: boxes, balls, and Wulff's polyhedra from the energies of facets.

G. Wulff, Z. Kristallogr. 34, 449 (1901) (from memory): in the shape of least surface energy every
facet stands from the centre as far as its energy says. Only ratios of energies count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import permutations, product
from typing import Annotated

import numpy as np
from scipy.spatial import HalfspaceIntersection

from perovdb.errors import InputError

#: A name, or Miller indices -> relative surface energy.
Facets = Annotated[
    str | Mapping[str, float],
    "'cube', 'sphere', or energies of facets such as {'100': 1, '110': 1.1}",
]
NAMED = ("cube", "sphere")


def facet_planes(energies: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Unit normals (m, 3) and distances (m,) of all facets, in units of the width along [100].

    Args:
        energies: Miller indices in the pseudo-cubic axes, such as "100" or "(1 1 0)" ->
            relative surface energy; all facets equivalent in a cube are meant.

    Raises:
        InputError: indices that are none, or an energy that is not positive.
    """
    normals, distances = [], []
    for name, energy in energies.items():
        digits = [int(text) for text in re.findall(r"-?\d", str(name))]
        if len(digits) != 3 or not any(digits):
            raise InputError(f"'{name}' names no facet.", "Write Miller indices: 100, 110, 111.")
        if not 0 < energy < np.inf:
            raise InputError(
                f"The energy {energy!r} of the facet {name} cannot be used.",
                "Give positive numbers; only their ratios count.",
            )
        family = {
            tuple(sign * index for sign, index in zip(signs, order, strict=True))
            for order in permutations(digits)
            for signs in product((1, -1), repeat=3)
        }
        for miller in sorted(family):
            normals.append(np.array(miller) / np.linalg.norm(miller))
            distances.append(float(energy))
    if not normals:
        raise InputError("There is no facet.", "Give energies, such as 1 for 100 and 1.1 for 110.")
    planes = np.column_stack([normals, -np.array(distances)])
    corners = HalfspaceIntersection(planes, np.zeros(3)).intersections
    return np.array(normals), np.array(distances) / np.ptp(corners[:, 0])


def inside(shape: Facets, steps: np.ndarray, extents: np.ndarray, allowance: float) -> np.ndarray:
    """(n,) True for the points within a shape about the origin.

    Args:
        shape: "cube" (a box), "sphere", or energies of facets as for `facet_planes`.
        steps: (n, 3) coordinates in pseudo-cubic units.
        extents: (3,) full width along the three axes; a sphere and a polyhedron have one width.
        allowance: points may stand outside by this much.

    Raises:
        InputError: there is no such shape.
    """
    if isinstance(shape, str) and shape not in NAMED:
        raise InputError(
            f"'{shape}' is not a shape.",
            f"Give {' or '.join(NAMED)}, or energies of facets, as 1 for 100, 1.1 for 110.",
        )
    if shape == "cube":
        return np.asarray((np.abs(steps) <= extents / 2 + allowance).all(axis=1))
    if shape == "sphere":
        return np.asarray(np.linalg.norm(steps, axis=1) <= extents[0] / 2 + allowance)
    assert isinstance(shape, Mapping)
    normals, distances = facet_planes(shape)
    return np.asarray((steps @ normals.T <= distances * extents[0] + allowance).all(axis=1))
