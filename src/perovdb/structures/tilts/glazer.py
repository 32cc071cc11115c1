"""Glazer's symbols of tilt systems: reading them, their space groups, the angles they take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perovdb.errors import InputError, OutOfRange
from perovdb.structures.arguments import checked

#: Space group of each tilt system: Howard & Stokes, Acta Cryst. B 54, 782 (1998),
#: 10.1107/S0108768198004200 (their table was not read; four public programs give it so).
HOWARD_STOKES = {
    "a0a0a0": ("Pm-3m", 221),
    "a0a0c+": ("P4/mbm", 127),
    "a0b+b+": ("I4/mmm", 139),
    "a+a+a+": ("Im-3", 204),
    "a+b+c+": ("Immm", 71),
    "a0a0c-": ("I4/mcm", 140),
    "a0b-b-": ("Imma", 74),
    "a-a-a-": ("R-3c", 167),
    "a0b-c-": ("C2/m", 12),
    "a-b-b-": ("C2/c", 15),
    "a-b-c-": ("P-1", 2),
    "a0b+c-": ("Cmcm", 63),
    "a+b-b-": ("Pnma", 62),
    "a+b-c-": ("P2_1/m", 11),
    "a+a+c-": ("P4_2/nmc", 137),
}

#: The eight other symbols of Glazer (1972), which Howard and Stokes leave out, and the space
#: group of the model that is made here.
OTHER_SYMBOLS = {
    "a0b+c+": ("Immm", 71),
    "a+b+b+": ("Immm", 71),
    "a0b+b-": ("Cmcm", 63),
    "a+b+b-": ("Pmmn", 59),
    "a+a-a-": ("Pnma", 62),
    "a+a-c-": ("P2_1/m", 11),
    "a+b+c-": ("Pmmn", 59),
    "a+a+a-": ("P4_2/nmc", 137),
}

#: Above this the corners of neighbours would sooner belong to another axis.
MOST_TILT_DEG = 30.0


@dataclass(frozen=True)
class Glazer:
    """A tilt system.

    Attributes:
        letters: of the axes a, b and c; axes of one letter are tilted alike.
        signs: "+", "-" or "0" of each axis.
    """

    letters: str
    signs: str

    @property
    def symbol(self) -> str:
        """As it was written, such as a-b+a-."""
        return "".join(map(str.__add__, self.letters, self.signs))

    @property
    def tilted(self) -> str:
        """The letters of the axes that are tilted, each once, in their order."""
        pairs = zip(self.letters, self.signs, strict=True)
        return "".join(dict.fromkeys(letter for letter, sign in pairs if sign != "0"))

    @property
    def standard(self) -> str:
        """The system as the tables list it, one of HOWARD_STOKES or OTHER_SYMBOLS."""
        for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2)):
            signs = "".join(self.signs[axis] for axis in order)
            letters = _letters([self.letters[axis] for axis in order], signs)
            symbol = "".join(map(str.__add__, letters, signs))
            if symbol in HOWARD_STOKES or symbol in OTHER_SYMBOLS:
                return symbol
        raise AssertionError(self.symbol)

    @property
    def space_group(self) -> tuple[str, int]:
        """Symbol and number of the space group that the tables give."""
        return {**HOWARD_STOKES, **OTHER_SYMBOLS}[self.standard]


def _letters(letters: Sequence[str], signs: str) -> str:
    """Letters as the tables write them: an axis has that of the first one of its kind."""
    kinds = [(sign == "0") or letter for letter, sign in zip(letters, signs, strict=True)]
    return "".join("abc"[kinds.index(kind)] for kind in kinds)


@checked
def parse_glazer(symbol: str) -> Glazer:
    """Read a Glazer symbol: a letter and a sign for each pseudo-cubic axis.

    Raises:
        InputError: the text is not such a symbol.

    >>> parse_glazer("a-b+a-").standard
    'a+b-b-'
    """
    plain = symbol.translate(str.maketrans("⁰⁺⁻−–°", "0+---0"))
    plain = re.sub(r"[\s^_{}()]", "", plain).lower()
    match = re.fullmatch(r"([a-c])([0+-])([a-c])([0+-])([a-c])([0+-])", plain)
    if not match:
        raise InputError(
            f"'{symbol}' is not a Glazer symbol.",
            "Write a letter a, b or c and a sign +, - or 0 for each axis, such as a-b+a-.",
        )
    letters, signs = "".join(match.group(1, 3, 5)), "".join(match.group(2, 4, 6))
    return Glazer(letters, signs)


def axis_angles(glazer: Glazer, angles_deg: Sequence[float] | np.ndarray) -> np.ndarray:
    """(3,) tilt about each axis in degrees.

    Args:
        glazer: the system.
        angles_deg: one angle for each letter that is tilted, in the order of the symbol; or one
            for each of the three axes; or one for all.

    Raises:
        InputError: another number of angles, or angles that the symbol contradicts.
        OutOfRange: the octahedra would be turned by more than MOST_TILT_DEG.
    """
    angles = np.asarray(angles_deg, dtype=float).reshape(-1)
    tilted = np.array([sign != "0" for sign in glazer.signs])
    letters = glazer.tilted
    if not np.all(np.isfinite(angles)):
        raise InputError("A tilt angle is not a number.", "Give angles in degrees.")
    if len(angles) == 3:
        about = angles
    elif len(angles) == len(letters):
        by_letter = dict(zip(letters, angles, strict=True))
        about = np.array([by_letter.get(letter, 0.0) for letter in glazer.letters]) * tilted
    elif len(angles) == 1:
        about = angles[0] * tilted
    else:
        raise InputError(
            f"{glazer.symbol} takes {len(letters)} tilt angles, not {len(angles)}.",
            "Give one for each letter, one for each of the three axes, or one for all.",
        )
    for one, other in ((0, 1), (0, 2), (1, 2)):
        alike = glazer.letters[one] == glazer.letters[other] and tilted[one] and tilted[other]
        if alike and abs(about[one]) != abs(about[other]):
            raise InputError(
                f"{glazer.symbol} has the same tilt about two axes, not {about[one]:g} and "
                f"{about[other]:g} degrees.",
                "Give them another letter, or the same angle.",
            )
    if np.any((about == 0) & tilted) or np.any((about != 0) & ~tilted):
        raise InputError(
            f"The angles {', '.join(f'{angle:g}' for angle in about)} are not those of "
            f"{glazer.symbol}.",
            "An axis has the sign 0 when its angle is zero, and only then.",
        )
    if np.linalg.norm(about) > MOST_TILT_DEG:
        raise OutOfRange(
            f"The octahedra would be turned by {np.linalg.norm(about):.1f} degrees.",
            f"Stay below {MOST_TILT_DEG:g} degrees in all.",
        )
    return np.asarray(about)
