"""Points of the Brillouin zone: a mesh about Gamma, by its spacing or as named."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from pymatgen.core import Lattice

from perovdb.errors import InputError

BY_SPACING = "by spacing"

Mesh = tuple[int, int, int]


def mesh(lattice: Lattice, values: Mapping[str, Any]) -> Mesh:
    """Points along each reciprocal vector.

    By spacing it is the rule of VASP's own KSPACING: no wider than that, with 2 pi.

    Args:
        lattice: of the cell.
        values: the settings `mesh`, three numbers or "by spacing", and `spacing_inv_A`.

    Raises:
        InputError: the mesh is not three whole numbers from 1.
    """
    named = values["mesh"]
    if named != BY_SPACING:
        numbers = named.replace("x", " ").split()
        if len(numbers) != 3 or not all(n.isdigit() and int(n) > 0 for n in numbers):
            raise InputError(
                f"'{named}' is no mesh of k-points.", f"Write '4 4 4', or '{BY_SPACING}'."
            )
        return int(numbers[0]), int(numbers[1]), int(numbers[2])
    spacing = values["spacing_inv_A"]
    a, b, c = (max(1, ceil(length / spacing)) for length in lattice.reciprocal_lattice.abc)
    return a, b, c


def describe(points: Mesh) -> str:
    """The mesh in words."""
    return "Gamma only" if points == (1, 1, 1) else "x".join(map(str, points)) + " about Gamma"
