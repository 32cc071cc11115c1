"""Repeat a cell: along its vectors, by any integer matrix, or until its images are far apart."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError, check_choice
from perovdb.structures.assembling import copied
from perovdb.structures.cell_shapes import hermite_form, minimum_image_A, smallest_matrix
from perovdb.structures.history import Outcome, charge_of, step
from perovdb.structures.sites import Periodic, Sites
from perovdb.structures.units import units

#: One number of repeats for all vectors, three, or three rows of three: the vectors of the
#: supercell in those of the cell. Or the least distance between periodic images, as "15 A": the
#: smallest cell, as cubic as can be.
Size = int | Sequence[int] | Sequence[Sequence[int]] | str

_DISTANCE = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*(A|Å)\s*")

#: Sites of a supercell. 20 x 20 x 20 cells of CsPbI3 (40,000 sites) take seconds and 0.3 GB; of a
#: hybrid this many sites hold nearly as many atoms as may be written.
MOST_SITES = 80_000

#: What `shape` of `supercell` may be.
SHAPES = {
    "any": "any integer matrix, the most cubic of the smallest",
    "diagonal": "repeats along the vectors of the cell only",
}

#: A unit this near below a whole cell vector stands in the next cell, in fractions of the cell.
EDGE = 1e-6


@step
def supercell(x: Structure, size: Size, *, shape: str = "any") -> Outcome:
    """A larger cell of a structure. Molecules are copied whole, and their numbers stay distinct.

    Args:
        x: any material.
        size: repeats along all three vectors or along each, or a 3 x 3 matrix of whole numbers,
            determinant > 0, whose rows are the vectors of the supercell in those of the cell; or
            the least distance between a point and its periodic images, such as "15 A".
        shape: of the cell that a distance asks for, a key of SHAPES.

    Raises:
        InputError: the size is none, the distance needs too large a cell, or there would be
            more than MOST_SITES units.
    """
    lattice_A = np.asarray(x.lattice.matrix)
    check_choice(shape, SHAPES, "not a shape of supercells")
    rows = as_matrix(size, lattice_A, x.lattice.pbc, diagonal=shape == "diagonal")
    every = units(x)
    periodic = x.lattice.pbc
    corners = _corners(rows, len(every), periodic)
    larger = Lattice(rows @ lattice_A, pbc=periodic)
    centres = np.array([unit.centre_A for unit in every]).reshape(-1, 3)
    moves = np.broadcast_to((corners @ lattice_A)[:, None], (len(corners), *centres.shape))
    # One cell vector for all atoms of a unit: its centre comes to stand inside.
    fractional = larger.get_fractional_coords((centres + moves).reshape(-1, 3))
    inside = (_into_cell(fractional, periodic) - fractional) @ larger.matrix
    shifts = moves.reshape(-1, 3) + inside
    chosen, atoms_A = every * len(corners), x.cart_coords
    positions = [atoms_A[unit.atoms] + shift for unit, shift in zip(chosen, shifts, strict=True)]
    repeated = copied(x, chosen, positions, larger)
    apart = minimum_image_A(larger.matrix, periodic)
    return Outcome(
        repeated,
        f"supercell of {len(corners)} cells {in_words(rows)}",
        charge=charge_of(x) * len(corners),
        state=[f"Periodic images are {apart:.2f} A apart."] if np.isfinite(apart) else [],
        arguments={"size": rows.tolist(), "shape": None},
    )


def supercell_of_sites(sites: Sites, size: Size) -> Sites:
    """A larger cell of sites, cell by cell.

    Args:
        sites: of the cell.
        size: as for `supercell`.

    Raises:
        InputError: the matrix is none, or there would be more than MOST_SITES sites.
    """
    rows = as_matrix(size, sites.lattice_A, sites.periodic)
    corners = _corners(rows, len(sites), sites.periodic)
    every = (corners[:, None, :] + sites.fractional[None]).reshape(-1, 3) @ np.linalg.inv(rows)
    return Sites(
        lattice_A=rows @ sites.lattice_A,
        fractional=_into_cell(every, sites.periodic),
        roles=np.tile(sites.roles, len(corners)),
        periodic=sites.periodic,
    )


def repeat(
    lattice_A: np.ndarray, fractional: np.ndarray, size: Size
) -> tuple[np.ndarray, np.ndarray]:
    """Lattice (3, 3) and fractional coordinates (cells * n, 3) of a supercell, cell by cell."""
    larger = supercell_of_sites(Sites(lattice_A, fractional, np.full(len(fractional), "")), size)
    return larger.lattice_A, larger.fractional


def _closed(lattice_A: np.ndarray, periodic: Periodic, distance_A: float) -> np.ndarray:
    """The cell with vectors that do not repeat put at right angles to those that do, as long as
    the wanted distance, so that there is nothing to be done along them."""
    closed = lattice_A.copy()
    *_, across = np.linalg.svd(lattice_A[list(periodic)], full_matrices=True)
    closed[~np.array(periodic)] = across[sum(periodic) :] * distance_A
    return closed


def as_matrix(
    size: Size, lattice_A: np.ndarray, periodic: Periodic, *, diagonal: bool = False
) -> np.ndarray:
    """(3, 3) whole numbers of determinant > 0: the vectors of a supercell in those of the cell.

    Args:
        size: as for `supercell`.
        lattice_A: (3, 3) of the cell, in angstrom.
        periodic: along which vectors it repeats.
        diagonal: of a distance, repeats along the vectors of the cell only.

    Raises:
        InputError: it is no size, or the distance needs too large a cell.
    """
    if isinstance(size, str):
        match = _DISTANCE.fullmatch(size)
        if match is None:
            raise InputError(f"{size!r} is not a size.", "Write 2, (2, 2, 2), or '15 A'.")
        distance_A = float(match[1])
        repeating = _closed(lattice_A, periodic, distance_A)
        return smallest_matrix(repeating, distance_A, diagonal=diagonal)
    try:
        rows = np.array(size)
    except (TypeError, ValueError):
        rows = np.empty(0)
    if rows.dtype.kind not in "iuf":
        rows = np.empty(0)
    if rows.shape in ((), (3,)):
        rows = np.diag(np.broadcast_to(rows, 3))
    if rows.shape != (3, 3) or not (rows == np.rint(rows)).all():
        raise InputError(
            f"{size!r} is not a supercell.", "Give 2, (2, 2, 2), or three rows of three."
        )
    if np.abs(rows).max() > MOST_SITES:
        raise InputError(
            f"The supercell {size!r} is too large.", f"Its numbers may go up to {MOST_SITES}."
        )
    cells = round(np.linalg.det(rows))
    if cells == 0:
        raise InputError(
            f"The supercell {size!r} has no volume.",
            "Give repeats from 1 on, or three vectors that do not lie in one plane.",
        )
    if cells < 0:
        raise InputError(
            f"The supercell {size!r} is left-handed: its determinant is {cells}.",
            "Exchange two of its rows, or turn the signs of one.",
        )
    return rows.astype(int)


def _corners(rows: np.ndarray, n_sites: int, periodic: Periodic) -> np.ndarray:
    """(cells, 3) one cell of the lattice for each cell of the supercell."""
    most_cells = MOST_SITES // max(n_sites, 1)
    cells = round(np.linalg.det(rows))
    if cells > most_cells:
        raise InputError(
            f"The supercell {rows.tolist()} has {cells} cells.",
            f"Of this cell at most {most_cells} can be taken.",
        )
    for axis, repeats in enumerate(periodic):
        one = np.eye(3, dtype=int)[axis]
        if not repeats and not (np.array_equal(rows[axis], one) and rows[:, axis].sum() == 1):
            raise InputError(
                f"The structure does not repeat along its vector {'abc'[axis]}.",
                "Leave this vector as it is.",
            )
    return np.array(list(np.ndindex(*np.diag(hermite_form(rows)))), dtype=int)


def _into_cell(fractional: np.ndarray, periodic: Periodic) -> np.ndarray:
    return np.asarray(fractional - np.floor(fractional + EDGE) * np.array(periodic, dtype=int))


def in_words(matrix: np.ndarray | Sequence[Sequence[int]]) -> str:
    """A supercell as it is written: 2x2x2, or its rows."""
    rows = np.asarray(matrix)
    if np.array_equal(rows, np.diag(np.diag(rows))):
        return "x".join(map(str, np.diag(rows)))
    return " / ".join(",".join(map(str, row)) for row in rows)
