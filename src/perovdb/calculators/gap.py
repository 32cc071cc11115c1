"""Band gap of a composition: measured of it, else by a model fitted to measured gaps.

The model (`perovdb.calculators.gap_model`) holds at room temperature. Near it, within a phase, the
gap of iodides and bromides grows by the slopes that were measured; for chlorides none is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import hypot
from typing import TYPE_CHECKING, Any

from perovdb.answers import answer
from perovdb.calculators.gap_model import (
    LARGEST_SU_EV,
    Prediction,
    Slope,
    Term,
    at_room,
    predict,
    scatter_eV,
)
from perovdb.calculators.provenance import Estimate
from perovdb.composition import Composition, Material, as_composition, as_perovskite
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.facts.conditions import ROOM_TEMPERATURE_K, TEMPERATURE_TOLERANCE_K, value_text
from perovdb.facts.preferred import Preferred, choose
from perovdb.facts.properties import properties
from perovdb.store import queries
from perovdb.store.connection import Record
from perovdb.store.selection import ranks

if TYPE_CHECKING:
    from perovdb.calculators.provenance import FromSource

#: h c in eV nm (CODATA 2018: exact constants of the SI).
EV_NM = 1239.841984

#: Under which names the store keeps measured gaps of a composition, the surest first.
MEASURED = ("band_gap_eV", "series_gap_eV", "median_gap_eV")

#: Gaps and peaks of the store that a card names, at most.
_MOST_NAMED = 6


@answer
class Gap(Estimate):
    """The band gap of a composition.

    Attributes:
        formula: of the composition.
        gap_eV: the gap: measured of this composition where it was, else by the fitted model.
        su_eV: standard uncertainty of it; of a measured gap how much sources on one composition
            differ, or half the range of its values, whichever is more.
        pl_nm: h c / gap, the wavelength of light of this energy; emission is redder in bulk.
        temperature_K: that it was asked for.
        method: "measured" or "fitted model", with ", and a slope" at another temperature.
        measured: the preferred measured gap of this composition; None where there is none.
        model_eV, model_su_eV: by the fitted model, as `screen` has it; None where it has no say.
        terms: of the model that take part.
        slope: of the gap in temperature, where it was used.
        unknown: terms with no measured gap, whose expectation was taken.
        notes: what a user should know.
    """

    formula: str
    gap_eV: float
    su_eV: float
    pl_nm: float
    temperature_K: float
    method: str
    measured: Preferred | None
    model_eV: float | None
    model_su_eV: float | None
    terms: tuple[Term, ...]
    slope: Slope | None
    unknown: tuple[str, ...]
    notes: tuple[str, ...]

    def _values(self) -> Sequence[FromSource]:
        base: Sequence[FromSource] = (self.measured,) if self.measured else self.terms
        return [*base, *((self.slope,) if self.slope else ())]

    @property
    def kind(self) -> str:
        """That of the measured gap, else "fitted"; "derived" once a slope is applied to it."""
        if self.slope:
            return "derived"
        return self.measured.kind if self.measured else "fitted"

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                "formula": self.formula,
                "gap_eV": f"{self.gap_eV:.3f}",
                "su_eV": f"{self.su_eV:.3f}",
                "hc/gap_nm": f"{self.pl_nm:.1f}",
                "temperature_K": self.temperature_K,
                "evidence": self.evidence,
                "sources": " ".join(self.sources),
                "method": self.method,
            }
        ]

    def _headline(self) -> str:
        return (
            f"{self.formula}, {self.gap_eV:.3f} +- {self.su_eV:.3f} eV at {self.temperature_K:g} K"
        )


def gap(
    material: Material,
    temperature_K: float = ROOM_TEMPERATURE_K,
    end_members_eV: Mapping[str, float] | None = None,
) -> Gap:
    """The band gap of a composition.

    A gap that was measured of this very composition, in a perovskite phase, comes first; all
    others come from the fitted model, whose answer is given beside.

    Args:
        material: a formula, a composition, a structure or its file.
        temperature_K: in kelvin.
        end_members_eV: formula -> gap to use in place of the model's, where it is an end member;
            nothing measured comes first then.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read.
        InputError: a gap given is none.
        MissingData: neither was a gap measured nor is the model sure to 0.25 eV; or how the gap
            goes with temperature is not known.
        OutOfRange: the bowing closes the gap, or the formula is not a full ABX3.

    >>> gap("MAPbBr0.9I2.1")
    Gap(MAPbBr0.9I2.1, 1.720 +- 0.061 eV at 298 K)
    """
    try:
        composition = as_perovskite(material, "The gap of mixed end members")
    except OutOfRange as error:
        told = ". ".join(_told(as_composition(material)))
        raise OutOfRange(error.what, " ".join(filter(None, (told, error.mend)))) from None
    own = {as_composition(f).formula: _checked(f, e) for f, e in (end_members_eV or {}).items()}
    own = {f: e for f, e in own.items() if f in composition.end_members()}
    rows = [] if own else _measured(composition, temperature_K)
    # Gaps given of all end members are those of the temperature.
    moved = not at_room(temperature_K) and not rows and len(own) < len(composition.end_members())
    if moved and not own:
        rows = _measured(composition, ROOM_TEMPERATURE_K)
    model = _model(composition, own, refuse=not rows)
    drift = None
    if moved:
        from perovdb.calculators.gap_slopes import slope

        try:
            drift = slope(composition, temperature_K)
        except MissingData as error:
            raise _with_stored(error, composition) from None
    measured = _best(rows, composition.formula) if rows else None
    if measured:
        base_eV, su_eV = measured.value, _su_eV(rows)
        method = "measured"
    else:
        assert model
        base_eV, su_eV = model.value_eV, model.su_eV
        method = "fitted model"
    # At another temperature, where it was measured there, the model has no say.
    if rows and not at_room(temperature_K) and not drift:
        model = None
    move_eV = drift.change_eV if drift else 0.0
    value = base_eV + move_eV
    if value <= 0:
        raise OutOfRange(
            f"The bowing closes the gap of {composition.formula}: {value:.3f} eV.",
            "It was not measured between ends like these.",
        )
    drift_su_eV = drift.change_su_eV if drift else 0.0
    terms = model.terms if model else ()
    return Gap(
        formula=composition.formula,
        gap_eV=value,
        su_eV=hypot(su_eV, drift_su_eV),
        pl_nm=EV_NM / value,
        temperature_K=temperature_K,
        method=method + (", and a slope" if drift else ""),
        measured=measured,
        model_eV=None if model is None else model.value_eV + move_eV,
        model_su_eV=None if model is None else hypot(model.su_eV, drift_su_eV),
        terms=terms,
        slope=drift,
        unknown=tuple(str(term) for term in terms if term.is_expected),
        notes=tuple(_notes(composition, rows, measured, model, drift)),
    )


def _checked(formula: str, value_eV: float) -> float:
    """A gap that the user states."""
    if not 0 < value_eV < 15:
        raise InputError(f"A gap of {value_eV:g} eV of {formula} cannot be.", "Give it in eV.")
    return value_eV


def _measured(composition: Composition, temperature_K: float) -> list[Record]:
    """Measured gaps of a composition in a perovskite phase, best first."""
    formula = composition.formula
    phases = queries.phases(formula)
    perovskite = {row["phase"] for row in phases if row["perovskite"]}
    other = {row["phase"] for row in phases if not row["perovskite"]} - perovskite
    rows = [
        row
        for name in MEASURED
        for row in properties(formula=formula, name=name)
        if row["kind"] in ("measured", "derived")
        and (name != "band_gap_eV" or "gap" in str(row["meaning"]))
        and "PL" not in str(row["meaning"])
        and row["phase"] not in other
        and (row["value"] is not None or None not in (row["min"], row["max"]))
        # A gap of no stated temperature is one of a room.
        and abs((row["temperature_K"] or ROOM_TEMPERATURE_K) - temperature_K)
        <= TEMPERATURE_TOLERANCE_K
    ]
    evidence, kind = ranks("evidence_level"), ranks("fact_kind")
    # sorted() keeps the store's order of preference among equals.
    return sorted(rows, key=lambda row: (evidence[row["evidence"]], kind[row["kind"]]))


def _best(rows: list[Record], formula: str) -> Preferred:
    """The first of measured gaps, and the spread of those that say the same."""
    named = [
        row for row in rows if (row["temperature_K"] is None) == (rows[0]["temperature_K"] is None)
    ]
    return choose(formula, rows[0]["name"], named)


def _su_eV(rows: list[Record]) -> float:
    """How sure a measured gap is: as sources on one composition are, or as these are."""
    low = min(row["min"] if row["value"] is None else row["value"] for row in rows)
    high = max(row["max"] if row["value"] is None else row["value"] for row in rows)
    return float(max(scatter_eV("sources"), (high - low) / 2))


def _model(
    composition: Composition, own: Mapping[str, float], *, refuse: bool
) -> Prediction | None:
    """What the fitted model says; none where it is not sure enough and need not say anything.

    Raises:
        MissingData: it is not sure enough.
    """
    formula = composition.formula
    try:
        model = predict(composition, own)
        if model.su_eV <= LARGEST_SU_EV:
            return model
        ends = [term for term in model.terms if term.site is None and term.is_expected]
        missing = ", ".join("".join(term.ions) + "3" for term in ends)
        raise MissingData(
            f"The gap of {formula} is not known to better than {model.su_eV:.2f} eV"
            + (f": none was measured of {missing} as a perovskite." if missing else "."),
            "Give a gap yourself: --end-gap FORMULA=VALUE.",
        )
    except MissingData as error:
        if refuse:
            raise _with_stored(error, composition) from None
        return None


def _with_stored(error: MissingData, composition: Composition) -> MissingData:
    """The refusal with what the store knows of the composition and its end members."""
    return MissingData(error.what, " ".join([*_told(composition), error.mend]))


def _told(composition: Composition) -> list[str]:
    """Sentences on the gaps that the store has of a composition, and of its end members."""
    # All that is known of itself, the best of each end member, those of most weight first.
    most = {composition.formula: _MOST_NAMED}
    if composition.is_perovskite:
        members = composition.end_members()
        for formula in sorted(members, key=lambda formula: -members[formula])[:_MOST_NAMED]:
            most.setdefault(formula, 1)
    known = []
    for formula, number in most.items():
        rows = [row for name in MEASURED for row in properties(formula=formula, name=name)]
        words = list(dict.fromkeys(_gap_text(row) for row in rows if value_text(row)))
        if words:
            known.append(f"{formula} {', '.join(words[:number])}")
    return [f"Stored: {'; '.join(known)}."] if known else []


def _gap_text(row: Record) -> str:
    at = "" if row["temperature_K"] is None else f" at {row['temperature_K']:g} K"
    phase = f" {row['phase']}" if row["phase"] else ""
    return f"{value_text(row)} eV{phase}{at} ({row['kind']}, {row['source']})"


def _notes(
    composition: Composition,
    rows: list[Record],
    measured: Preferred | None,
    model: Prediction | None,
    drift: Slope | None,
) -> Iterator[str]:
    formula = composition.formula
    if measured:
        yield f"{formula}: {_end_note(measured)}"
        others = [row for row in rows if row["id"] != measured.id]
        for row in others[: _MOST_NAMED - 1]:
            yield f"{formula}: also measured: {_gap_text(row)}, {row['meaning']}"
        if len(others) >= _MOST_NAMED:
            n_more = len(others) - _MOST_NAMED + 1
            yield f"{formula}: {n_more} more: 'perovdb properties {formula}'"
        if model:
            at = "" if drift is None else " at 298 K"
            yield f"{formula}: the model gives {model.value_eV:.3f} +- {model.su_eV:.3f} eV{at}"
    if drift:
        yield f"{formula}: {drift.told}"
    for term in model.terms if model and not measured else ():
        if term.is_expected:
            yield f"not measured, expected: {term.told}"
        elif term.evidence == "given":
            yield f"{''.join(term.ions)}3: {term.value_eV:g} eV, given"
        elif term.site:
            yield f"{term.told}, fitted to {term.n_compositions} compositions"
    yield "pl_nm is h c / gap, not an emission peak" + _peaks(formula)


def _peaks(formula: str) -> str:
    """PL peaks of the composition that the store has, in words."""
    rows = [row for row in properties(formula=formula, name="pl_peak_nm") if value_text(row)]
    words = [
        f"{value_text(row)} nm ({', '.join(filter(None, (row['form'], row['source'])))})"
        for row in rows
    ]
    known = list(dict.fromkeys(words))
    return f"; PL peaks of {formula}: {', '.join(known[:_MOST_NAMED])}" if known else ""


def _end_note(end: Preferred) -> str:
    place = f"{end.phase} phase" if end.phase else "no phase named"
    at = "no temperature named" if end.temperature_K is None else f"{end.temperature_K:g} K"
    note = f"{end.value:g} eV, {place}, {at}, {end.evidence}, {end.source}"
    if end.n_values > 1:
        note += f"; {end.n_values} values from {end.min:g} to {end.max:g}"
        note += ", this one at the edge" if end.value in (end.min, end.max) else ""
    return note
