"""What dots of two ends and of their 1:1 mixture emit, as the store has it or as it is given."""

from __future__ import annotations

from collections import defaultdict

from perovdb.calculators.exchange.emission import HC_EV_NM, Emission
from perovdb.composition import as_composition
from perovdb.errors import FormulaError, InputError, MissingData, UnknownSpecies
from perovdb.store import queries

#: Of the lowest energy, that a line may be wide.
_WIDEST = 0.3


def emission_of(
    first: str,
    second: str,
    peaks_nm: tuple[float, float] | None = None,
    mixed_nm: float | None = None,
    line_nm: float | None = None,
    thermal: bool = True,
    quenching: float = 0.0,
) -> tuple[Emission, list[str]]:
    """The emission of dots, and what should be known of it.

    What is not given is taken from the source of the store that tells most of the two ends and
    their mixture. Without a mixture the energies run straight; a missing end lies on the straight
    line through the mixture, which is told.

    Raises:
        InputError: a number that is no emission.
        MissingData: too little is given and stored.
    """
    notes = []
    needs_store = peaks_nm is None or line_nm is None
    one, other, half, width, source = (
        _stored(first, second) if needs_store else (None, None, None, None, "")
    )
    if peaks_nm is not None:
        # The mixture of other dots says nothing of these.
        one, other, half = peaks_nm[0], peaks_nm[1], mixed_nm
    elif mixed_nm is not None:
        half = mixed_nm
    width = width if line_nm is None else line_nm
    if half is not None and (one is None) != (other is None):
        known = one if other is None else other
        assert known is not None
        missing = HC_EV_NM / (2 * HC_EV_NM / half - HC_EV_NM / known)
        notes.append(
            f"dots of {first if one is None else second} are assumed to emit at {missing:.0f} nm, "
            f"on a straight line through the mixture at {half:g} nm; lines through other "
            "mixtures disagree"
        )
        one, other = (missing, other) if one is None else (one, missing)
    if one is None or other is None or width is None:
        raise MissingData(
            f"The emission of dots of {first}, {second} and their mixture is not stored.",
            "Give peaks and a line width: --peaks 684 775 --line 42.",
        )
    if peaks_nm is None:
        notes.append(f"emission of dots by {source}, not bulk gaps")
    ends = (HC_EV_NM / one, HC_EV_NM / other)
    middle = sum(ends) / 2 if half is None else HC_EV_NM / half
    line_eV = width * middle**2 / HC_EV_NM
    if line_eV > _WIDEST * min(*ends, middle):
        raise InputError(
            f"A line of {width:g} nm is too wide for peaks at {one:g} and {other:g} nm.",
            "Give its full width at half maximum in nm.",
        )
    return Emission(ends, 4 * (sum(ends) / 2 - middle), line_eV, thermal, quenching), notes


def _stored(
    first: str, second: str
) -> tuple[float | None, float | None, float | None, float | None, str]:
    """Peaks of both ends and the mixture, its narrowest line, in nm, and their source."""
    mixture = _mixture(first, second)
    peaks: dict[str, dict[str, float]] = defaultdict(dict)
    lines: dict[str, float] = {}
    for row in sorted(queries.facts("optical"), key=lambda row: row["id"]):
        formula = _same(row["formula"]) if row["form"] == "QD" else None
        if formula not in (first, second, mixture):
            continue
        source = row["source"]
        if row["quantity"] == "PL peak" and row["pl_peak_nm"] is not None:
            peaks[source].setdefault(formula, row["pl_peak_nm"])
        if formula == mixture and row["fwhm_nm"] is not None:
            lines[source] = min(row["fwhm_nm"], lines.get(source, row["fwhm_nm"]))
    if not peaks:
        return None, None, None, None, ""
    best = max(peaks, key=lambda source: (len(peaks[source]), source in lines, source))
    found = peaks[best]
    width = lines.get(best, next(iter(lines.values()), None))
    return found.get(first), found.get(second), found.get(mixture), width, best


def _mixture(first: str, second: str) -> str:
    """The 1:1 mixture of two ends on A, as the store would say it."""
    one, other = as_composition(first), as_composition(second)
    (a,), (b,) = one.sites["A"], other.sites["A"]
    return as_composition(first.replace(a, f"{a}0.5{b}0.5", 1)).formula


def _same(formula: str | None) -> str | None:
    try:
        return None if formula is None else as_composition(formula).formula
    except (FormulaError, UnknownSpecies):
        return None
