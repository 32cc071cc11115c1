"""One perovskite, several cells: names of planes, directions and positions taken between them.

Every setting is a cell of the same crystal, described by its vectors in those of the pseudo-cubic
cell. In all of them the long axis of a tilted phase, the in-phase one of a-a-c+, is the
pseudo-cubic c: (002) of Pbnm and (020) of Pnma are the pseudo-cubic (001). Where the cell of a
structure lies otherwise, `along` turns a setting; `cell_setting.setting_of` finds that of a cell.

The cells of `calculators.diffraction.bragg` are the same ones as far as spacings go; here the
senses of the axes and the origin count too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

import numpy as np

from perovdb.calculators.diffraction.bragg import DOUBLED, IN_PLANE, PSEUDOCUBIC, Cell
from perovdb.errors import InputError
from perovdb.structures.arguments import checked

Rows = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Setting:
    """A cell of a perovskite.

    Attributes:
        name: "pseudo-cubic", "Pbnm", ...
        rows: the cell vectors in units of the pseudo-cubic ones.
        b_at: fractional position, in this cell, of the B ion at the pseudo-cubic origin.
    """

    name: str
    rows: Rows
    b_at: Point = (0.0, 0.0, 0.0)

    @property
    def rows_array(self) -> np.ndarray:
        """(3, 3) integer array of the rows."""
        return np.array(self.rows)

    @property
    def formula_units(self) -> int:
        """ABX3 in the cell."""
        return round(abs(float(np.linalg.det(self.rows_array))))


def _rows_of(cell: Cell) -> Rows:
    """Cell vectors from the matrix that takes indices of planes to the pseudo-cubic ones."""
    return as_rows(np.rint(np.linalg.inv(np.array(cell.to_pseudocubic))).astype(int))


def as_rows(rows: np.ndarray) -> Rows:
    one, two, three = (tuple(int(x) for x in row) for row in rows)
    return one, two, three  # type: ignore[return-value]  # three of three


_DOUBLED = np.array(_rows_of(DOUBLED))

#: The settings by name. The origins are those of the usual descriptions: B on 4b of Pbnm, Pnam and
#: Pnma and of Imma (International Tables A), on the origin in the others.
SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("pseudo-cubic", _rows_of(PSEUDOCUBIC)),
        Setting("P4/mbm", _rows_of(IN_PLANE)),
        Setting("I4/mcm", _rows_of(DOUBLED)),
        Setting("Pbnm", _rows_of(DOUBLED), (0.5, 0.0, 0.0)),
        # a, b, c of Pnma are b, c, a of Pbnm; of Pnam they are b, -a, c.
        Setting("Pnma", as_rows(_DOUBLED[[1, 2, 0]]), (0.0, 0.0, 0.5)),
        Setting("Pnam", as_rows(_DOUBLED[[1, 0, 2]] * [[1], [-1], [1]]), (0.0, 0.5, 0.0)),
        Setting("Imma", as_rows(_DOUBLED[[1, 2, 0]]), (0.0, 0.0, 0.5)),
        # Hexagonal axes of a rhombohedral cell, obverse: c is the pseudo-cubic [222].
        Setting("R-3c", ((-1, 1, 0), (0, -1, 1), (2, 2, 2))),
        Setting("2x2x2", ((2, 0, 0), (0, 2, 0), (0, 0, 2))),
    )
}


@checked
def setting(name: str) -> Setting:
    """A setting by its name.

    Raises:
        InputError: there is none of this name.
    """
    if name not in SETTINGS:
        raise InputError(f"'{name}' is not a setting.", f"Give one of: {', '.join(SETTINGS)}.")
    return SETTINGS[name]


@checked
def along(of: Setting, axis: int | str) -> Setting:
    """A setting whose long axis is the pseudo-cubic a, b or c; c is how they are tabled.

    Args:
        of: the setting, as tabled.
        axis: 0, 1, 2 or "a", "b", "c".

    Raises:
        InputError: there is no such axis.
    """
    number = "abc".find(axis) if isinstance(axis, str) and len(axis) == 1 else axis
    if number not in (0, 1, 2):
        raise InputError(f"{axis!r} is not an axis.", "Give a, b or c.")
    # Turning the axes round in a ring keeps the cell right-handed.
    return replace(of, rows=as_rows(np.roll(of.rows_array, int(number) - 2, axis=1)))


def _pair(
    start: Setting | str, end: Setting | str
) -> tuple[Setting, Setting, np.ndarray, np.ndarray]:
    one = setting(start) if isinstance(start, str) else start
    other = setting(end) if isinstance(end, str) else end
    return one, other, one.rows_array, other.rows_array


def _three(values: Sequence[float] | np.ndarray, what: str) -> np.ndarray:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim not in (1, 2) or array.shape[-1] != 3 or not np.all(np.isfinite(array)):
        raise InputError(f"{values!r} is no {what}.", "Give three numbers.")
    return array


@checked
def hkl_in(
    hkl: Sequence[float] | np.ndarray, start: Setting | str, end: Setting | str
) -> np.ndarray:
    """Indices of the same planes in another setting; halves are left as they are.

    Args:
        hkl: (3,) or (n, 3) indices in the setting `start`.
        start, end: settings or their names.

    Raises:
        InputError: unknown setting, or not three numbers.

    >>> hkl_in((1, 0, 0), "pseudo-cubic", "Pbnm")
    array([1., 1., 0.])
    >>> hkl_in((0, 0, 2), "Pbnm", "Pnma")
    array([0., 2., 0.])
    """
    _, _, rows, to = _pair(start, end)
    # h = rows @ h_pseudocubic, for h_i is the number of planes that the vector i crosses.
    return _clean(_three(hkl, "index of planes") @ np.linalg.inv(rows).T @ to.T)


@checked
def direction_in(
    uvw: Sequence[float] | np.ndarray, start: Setting | str, end: Setting | str
) -> np.ndarray:
    """Components of the same vector, in cell vectors, in another setting: a hop, a direction.

    Arguments and errors as for `hkl_in`.

    >>> direction_in((1, 0, 0), "pseudo-cubic", "Pbnm")
    array([0.5, 0.5, 0. ])
    """
    _, _, rows, to = _pair(start, end)
    return _clean(_three(uvw, "direction") @ rows @ np.linalg.inv(to))


@checked
def position_in(
    fractional: Sequence[float] | np.ndarray,
    start: Setting | str,
    end: Setting | str,
    wrap: bool = True,
) -> np.ndarray:
    """Fractional coordinates of the same point in another setting, its origin observed.

    A point of a small cell stands for several points of a large one; the one that is given back
    belongs to the pseudo-cubic cell whose B ion stands at `b_at`. `same_sites` gives them all.

    Args:
        fractional: (3,) or (n, 3) in the setting `start`.
        start, end: settings or their names; `dataclasses.replace` a setting's `b_at` for another
            origin, such as (0, 0, 0) for B on 4a.
        wrap: into the cell.

    Raises:
        InputError: unknown setting, or not three numbers.
    """
    one, other, rows, to = _pair(start, end)
    relative = _three(fractional, "position") - np.array(one.b_at)
    there = _clean(relative @ rows @ np.linalg.inv(to) + np.array(other.b_at))
    return _clean(there % 1.0) % 1.0 if wrap else there


@checked
def same_sites(
    fractional: Sequence[float], start: Setting | str, end: Setting | str
) -> np.ndarray:
    """(n, 3) every point of the cell `end` that a point of the cell `start` stands for.

    Arguments and errors as for `position_in`, one point.
    """
    one, other, rows, to = _pair(start, end)
    reach = int(np.abs(to).sum()) + 1
    steps = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    relative = _three(fractional, "position") - np.array(one.b_at)
    every = (relative + steps) @ rows @ np.linalg.inv(to) + np.array(other.b_at)
    points = _clean(_clean(every) % 1.0) % 1.0
    return np.unique(np.round(points, 9), axis=0)


@checked
def to_setting(
    start: Setting | str,
    end: Setting | str,
    *,
    hkl: Sequence[float] | None = None,
    direction: Sequence[float] | None = None,
    position: Sequence[float] | None = None,
) -> np.ndarray:
    """What is named in one setting, named in another: planes, a direction or a position.

    Raises:
        InputError: none or several of the three are given; unknown setting.
    """
    given = [value is not None for value in (hkl, direction, position)]
    if sum(given) != 1:
        raise InputError(
            f"Things to take to another setting: {sum(given)}.",
            "Give one of hkl, direction and position.",
        )
    if hkl is not None:
        return hkl_in(hkl, start, end)
    if direction is not None:
        return direction_in(direction, start, end)
    assert position is not None
    return position_in(position, start, end)


def index_text(index: Sequence[float] | np.ndarray) -> str:
    """Three indices as people write them, halves as fractions: (1/2 1/2 0)."""
    return "(" + " ".join(str(Fraction(float(x)).limit_denominator(24)) for x in index) + ")"


def _clean(values: np.ndarray) -> np.ndarray:
    """Rounding errors of a change of axes removed: twelfths are exact, and -0 is 0."""
    twelfths = np.rint(values * 12) / 12
    return np.asarray(np.where(np.abs(values - twelfths) < 1e-10, twelfths, values) + 0.0)
