"""Composition from a lattice parameter, by a straight line between the end members' own."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import floor, hypot, log10
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from perovdb.calculators.diffraction.bragg import Array, Index
from perovdb.calculators.inference.ends import (
    SAME,
    End,
    end_members,
    lies_in_range,
    same_ends,
    span,
)
from perovdb.calculators.inference.notes import (
    end_notes,
    fraction_notes,
    reason,
    setting_notes,
)
from perovdb.calculators.inference.readings import Number
from perovdb.calculators.inference.settings import (
    Measurement,
    Setting,
    choose_setting,
    measurement,
)
from perovdb.composition import Composition, parse
from perovdb.composition.registry import Registry, load_registry
from perovdb.composition.stoichiometry import DECIMALS
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

METHOD = "Vegard: a straight line between the end members' pseudo-cubic a"


class Point(NamedTuple):
    """A composition on the line between two end members.

    Attributes:
        fractions: end member -> fraction; not clipped.
        uncertainty: standard uncertainty of the fraction: the parts, added as squares.
        from_measured, from_ends: its part from the measured value and from the end members' a;
            None where no uncertainty of the end members is known.
    """

    fractions: Mapping[str, float]
    uncertainty: float
    from_measured: float
    from_ends: float | None
    formula: str


class Inference(NamedTuple):
    """A composition inferred from a lattice parameter.

    Attributes:
        in_range: whether a lies between the end members', within the uncertainty.
        point: of two end members, the composition; out of range its formula is "".
        segment: of three end members, the end points of the line of compositions that share
            this lattice parameter; empty out of range.
        reason: why there is no one formula; "" if there is.
        setting: None for a measured lattice parameter.
    """

    measured: Measurement
    a_A: float
    a_su_A: float
    ends: tuple[End, ...]
    in_range: bool
    point: Point | None
    segment: tuple[Point, ...]
    reason: str
    setting: Setting | None
    notes: tuple[str, ...]

    @property
    def fraction(self) -> float | None:
        """Of two end members the fraction of the second, not clipped; None of three."""
        return self.point.fractions[self.ends[1].formula] if self.point else None

    @property
    def formula(self) -> str | None:
        """The composition of two end members; None out of range and of three."""
        return (self.point.formula or None) if self.point else None

    @property
    def sources(self) -> list[str]:
        """Keys of the sources of the end members' cells."""
        return list(dict.fromkeys(cell.source for end in self.ends for cell in end.cells))


def vegard_fraction(a_A: ArrayLike, a1_A: ArrayLike, a2_A: ArrayLike) -> Array:
    """Fraction of the second end member, x = (a - a1) / (a2 - a1); arrays are broadcast.

    Args:
        a_A: measured, in angstrom.
        a1_A, a2_A: of the end members, in angstrom.

    Returns:
        Fractions of the broadcast shape, not clipped: below 0 or above 1 there is no alloy.

    Raises:
        OutOfRange: end members have the same lattice parameter.

    Source: L. Vegard, Z. Phys. 5, 17 (1921), doi 10.1007/BF01349680.

    >>> vegard_fraction([6.11, 6.02], 6.02, 6.41).round(3).tolist()
    [0.231, 0.0]
    """
    a, first, second = (np.asarray(value, dtype=float) for value in (a_A, a1_A, a2_A))
    if np.any(first == second):
        raise same_ends()
    fraction: Array = (a - first) / (second - first)
    return fraction


def infer(
    ends: Sequence[Composition | str],
    *,
    a_A: Number | None = None,
    d_A: Number | None = None,
    two_theta_deg: Number | Sequence[Number] | None = None,
    hkl: Index | Sequence[Index] | None = None,
    wavelength: str | float | None = None,
    su: Number | Sequence[Number] | None = None,
    ends_a_A: Sequence[Number] | None = None,
    setting: str = "auto",
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Inference:
    """Composition of an alloy of two or three end members, by Vegard's rule.

    One of a_A, d_A and two_theta_deg is given. Several peaks are those of one sample: the
    lattice parameter is refined together with a zero shift in 2theta. One lattice parameter is
    one equation: of two end members it gives the composition, of three a line of them.

    Args:
        ends: formulas of the end members; the fraction is that of the second.
        a_A: pseudo-cubic lattice parameter in angstrom; numbers best as text, see `read_number`.
        d_A: spacing of the planes `hkl` in angstrom.
        two_theta_deg: angle of the peak `hkl` in degrees, or several.
        hkl: an index, or one for each peak.
        wavelength: name of an X-ray line in the store, or a number in angstrom; CuKa1.
        su: standard uncertainty of the measured value, or one for each peak.
        ends_a_A: lattice parameters of the end members; by default those of the store.
        setting: cell in which the index is meant: pseudo-cubic, tetragonal, orthorhombic, or
            auto, which tries all and takes the first that gives a composition.
        temperature_K: in kelvin, for the choice of cells.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read.
        InputError: a number, an index or a setting that cannot be used.
        MissingData: the store has no perovskite cell of an end member at this temperature.
        OutOfRange: a peak that no spacing gives, or end members that do not differ.

    >>> found = infer(["CsPbBr3", "CsPbI3"], a_A="6.11", ends_a_A=["6.02", "6.41"])
    >>> round(found.fraction, 3), round(found.point.uncertainty, 3), found.formula
    (0.231, 0.016, 'CsPbBr2.307I0.693')
    """
    members = end_members(ends, ends_a_A, temperature_K)
    measured = measurement(a_A, d_A, two_theta_deg, hkl, wavelength, su)
    if measured.quantity == "a_A":
        chosen, a, a_su = None, measured.readings[0].value, measured.readings[0].su
    else:
        chosen = choose_setting(measured, setting, members)
        a, a_su = chosen.chosen.a_A, chosen.chosen.a_su_A
    in_range = lies_in_range(a, a_su, members)
    registry = load_registry()
    point: Point | None = None
    segment: tuple[Point, ...] = ()
    if len(members) == 2:
        point = _between(a, a_su, members[0], members[1], registry if in_range else None)
    elif in_range:
        segment = _segment(a, a_su, members, registry)
    return Inference(
        measured=measured,
        a_A=a,
        a_su_A=a_su,
        ends=members,
        in_range=in_range,
        point=point,
        segment=segment,
        reason=reason(in_range, a, members),
        setting=chosen,
        notes=(
            *end_notes(members),
            *fraction_notes(a, in_range, point.uncertainty if point else None, members),
            *setting_notes(chosen, measured),
        ),
    )


def _between(
    a: float, a_su: float, first: End, second: End, registry: Registry | None = None
) -> Point:
    """The composition with a lattice parameter on the line between two ends.

    Its formula is written with the ions of a registry, "" without.
    """
    x = float(vegard_fraction(a, first.a_A, second.a_A))
    width = abs(second.a_A - first.a_A)
    measured = a_su / width
    known = [
        share * end.su_A / width
        for share, end in ((1 - x, first), (x, second))
        if end.su_A is not None
    ]
    from_ends = hypot(*known) if known else None
    uncertainty = hypot(measured, from_ends or 0.0)
    fractions = {first.formula: 1 - x, second.formula: x}
    return Point(
        fractions=fractions,
        uncertainty=uncertainty,
        from_measured=measured,
        from_ends=from_ends,
        formula=_formula(fractions, uncertainty, registry) if registry else "",
    )


def _formula(fractions: Mapping[str, float], uncertainty: float, registry: Registry) -> str:
    """Canonical formula, one digit beyond the first of the uncertainty; pure at an end."""
    (first, _), (second, x) = fractions.items()
    decimals = min(max(1 - floor(log10(uncertainty)), 2), DECIMALS - 1)
    x = round(min(max(x, 0.0), 1.0), decimals)
    shares = {first: 1 - x, second: x}
    mixture = "".join(f"({name}){x:.{DECIMALS}f}" for name, x in shares.items() if x > 0)
    return parse(mixture, registry).formula


def _segment(a: float, a_su: float, ends: Sequence[End], registry: Registry) -> tuple[Point, ...]:
    """End points of the line of compositions of three ends that share a lattice parameter."""
    low, high = span(ends)
    a = min(max(a, low), high)
    points: dict[tuple[float, ...], Point] = {}
    for first, second in combinations(ends, 2):
        if first.a_A == second.a_A:
            continue
        point = _between(a, a_su, first, second, registry)
        if all(-SAME <= x <= 1 + SAME for x in point.fractions.values()):
            shares = tuple(round(point.fractions.get(end.formula, 0.0), 9) for end in ends)
            points.setdefault(shares, point)
    return tuple(points.values())
