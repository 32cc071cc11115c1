"""Repeat a cell: along its vectors, by any integer matrix, or until its images are far apart."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.cell_shapes import hermite_form, minimum_image_A, smallest_matrix
from perovdb.structures.history import charge_of, record
from perovdb.structures.sites import Periodic, Sites
from perovdb.structures.units import units

Size = tuple[int, int, int]

#: Three repeats, or three rows of three: the vectors of the supercell in those of the cell.
Matrix = Sequence[int] | Sequence[Sequence[int]]

MOST_SITES = 10_000

#: What `shape` of `supercell` may be.
SHAPES = {
    "any": "any integer matrix, the most cubic of the smallest",
    "diagonal": "repeats along the vectors of the cell only",
}

#: A unit this near below a whole cell vector stands in the next cell, in fractions of the cell.
EDGE = 1e-6


def repeat(
    lattice_A: np.ndarray, fractional: np.ndarray, size: Size
) -> tuple[np.ndarray, np.ndarray]:
    """Lattice (3, 3) and fractional coordinates (cells * n, 3) of a supercell, cell by cell.

    Raises:
        InputError: a size is not a positive number, or there are more than MOST_SITES sites.
    """
    try:
        na, nb, nc = map(index, size)
    except (TypeError, ValueError):
        raise InputError(
            f"The size {size!r} is not three whole numbers.", "Write (2, 2, 2)."
        ) from None
    size = (na, nb, nc)
    most_cells = MOST_SITES // len(fractional)
    if min(size) < 1 or np.prod(size, dtype=float) > most_cells:
        raise InputError(
            f"The size {' x '.join(map(str, size))} cannot be built.",
            f"Give three whole numbers from 1 on, at most {most_cells} cells in all.",
        )
    corners = np.array(list(np.ndindex(*size)), dtype=float)
    inside = (corners[:, None, :] + fractional[None, :, :]).reshape(-1, 3) / np.array(size)
    return lattice_A * np.array(size)[:, None], inside


@checked
def supercell(
    structure: Structure,
    *,
    matrix: Matrix | None = None,
    distance_A: float | None = None,
    shape: str = "any",
) -> Structure:
    """A larger cell of a structure. Molecules are copied whole, and their numbers stay distinct.

    Args:
        structure: with roles and molecules.
        matrix: three repeats, or a 3 x 3 matrix of whole numbers, determinant > 0, whose rows
            are the vectors of the supercell in those of the cell.
        distance_A: instead of a matrix, the smallest cell with at least this distance between
            a point and its periodic images, as cubic as can be.
        shape: of the cell that `distance_A` asks for, a key of SHAPES.

    Raises:
        InputError: the matrix is none, the distance needs too large a cell, or there would be
            more than MOST_SITES units.
    """
    if (matrix is None) == (distance_A is None):
        raise InputError("A supercell needs a matrix or a distance.", "Give one of the two.")
    lattice_A = np.asarray(structure.lattice.matrix)
    if distance_A is None:
        rows = _as_matrix(matrix)
    else:
        if shape not in SHAPES:
            raise InputError(
                f"'{shape}' is not a shape of supercells.", f"Choose one of: {', '.join(SHAPES)}."
            )
        repeating = _closed(lattice_A, structure.lattice.pbc, distance_A)
        rows = smallest_matrix(repeating, distance_A, diagonal=shape == "diagonal")
    every = units(structure)
    periodic = structure.lattice.pbc
    corners = _corners(rows, len(every), periodic)
    larger = Lattice(rows @ lattice_A, pbc=periodic)
    centres = np.array([unit.centre_A for unit in every]).reshape(-1, 3)
    copies = centres + (corners @ lattice_A)[:, None, :]
    # One cell vector for all atoms of a unit: its centre comes to stand inside.
    fractional = larger.get_fractional_coords(copies.reshape(-1, 3))
    shifts = (_into_cell(fractional, periodic) - fractional) @ larger.matrix
    moves = shifts.reshape(copies.shape) + (corners @ lattice_A)[:, None, :]

    unit_of = np.empty(len(structure), dtype=int)
    for number, unit in enumerate(every):
        unit_of[unit.atoms] = number
    positions = (structure.cart_coords[None] + moves[:, unit_of]).reshape(-1, 3)
    properties = {
        name: list(values) * len(corners) for name, values in structure.site_properties.items()
    }
    molecule = np.tile(np.array(properties["molecule"][: len(structure)]), (len(corners), 1))
    stride = molecule.max(initial=-1) + 1
    molecule = np.where(molecule < 0, -1, molecule + np.arange(len(corners))[:, None] * stride)
    properties["molecule"] = molecule.ravel().tolist()
    symbols = [site.specie.symbol for site in structure]
    # Atoms of one element stay together.
    rank = {symbol: number for number, symbol in enumerate(dict.fromkeys(symbols))}
    order = np.argsort([rank[symbol] for symbol in symbols] * len(corners), kind="stable")
    made = Structure(
        larger,
        [structure[int(i) % len(structure)].specie for i in order],
        positions[order],
        coords_are_cartesian=True,
        site_properties={name: [values[i] for i in order] for name, values in properties.items()},
    )
    apart = minimum_image_A(larger.matrix, periodic)
    return record(
        made,
        "supercell",
        {"matrix": rows.tolist()},
        f"supercell of {len(corners)} cells {_written(rows)}",
        charge=charge_of(structure) * len(corners),
        before=structure,
        state=[f"Periodic images are {apart:.2f} A apart."] if np.isfinite(apart) else [],
    )


def supercell_of_sites(sites: Sites, matrix: Matrix) -> Sites:
    """A larger cell of sites, cell by cell; for plain repeats the order is that of `repeat`.

    Args:
        sites: of the cell.
        matrix: as for `supercell`.

    Raises:
        InputError: the matrix is none, or there would be more than MOST_SITES sites.
    """
    rows = _as_matrix(matrix)
    corners = _corners(rows, len(sites), sites.periodic)
    every = (corners[:, None, :] + sites.fractional[None]).reshape(-1, 3) @ np.linalg.inv(rows)
    return Sites(
        lattice_A=rows @ sites.lattice_A,
        fractional=_into_cell(every, sites.periodic),
        roles=np.tile(sites.roles, len(corners)),
        periodic=sites.periodic,
    )


def _closed(lattice_A: np.ndarray, periodic: Periodic, distance_A: float) -> np.ndarray:
    """The cell with vectors that do not repeat put at right angles to those that do, as long as
    the wanted distance, so that there is nothing to be done along them."""
    closed = lattice_A.copy()
    *_, across = np.linalg.svd(lattice_A[list(periodic)], full_matrices=True)
    closed[~np.array(periodic)] = across[sum(periodic) :] * distance_A
    return closed


def _as_matrix(matrix: object) -> np.ndarray:
    """(3, 3) whole numbers of determinant > 0."""
    try:
        given = np.array(matrix, dtype=float)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.shape == (3,):
        given = np.diag(given)
    if given.shape != (3, 3) or not (given == np.rint(given)).all():
        raise InputError(
            f"{matrix!r} is not a supercell.",
            "Give three whole numbers, or three rows of three.",
        )
    if np.abs(given).max() > MOST_SITES:
        raise InputError(
            f"The supercell {matrix!r} is too large.", f"Its numbers may go up to {MOST_SITES}."
        )
    cells = round(np.linalg.det(given))
    if cells == 0:
        raise InputError(
            f"The supercell {matrix!r} has no volume.",
            "Give repeats from 1 on, or three vectors that do not lie in one plane.",
        )
    if cells < 0:
        raise InputError(
            f"The supercell {matrix!r} is left-handed: its determinant is {cells}.",
            "Exchange two of its rows, or turn the signs of one.",
        )
    return given.astype(int)


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


def _written(rows: np.ndarray) -> str:
    if np.array_equal(rows, np.diag(np.diag(rows))):
        return "x".join(map(str, np.diag(rows)))
    return str(rows.tolist())
