"""The perovskite phase of a composition at a temperature.

For a compound whose transitions are known: the phase between the transition below and the one
above the temperature. For all others only the tolerance factor speaks, and it says no more than
whether a perovskite is to be expected.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any, NamedTuple

from perovdb.answers import Answer, answer
from perovdb.calculators.provenance import EVIDENCE
from perovdb.calculators.tolerance import BARTEL_T, tolerance
from perovdb.composition import Composition, Material, as_composition, as_perovskite
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K, phase_meant
from perovdb.facts.select import select
from perovdb.store.connection import Record

#: Phases of a perovskite; the later, the hotter.
_HEAT = ["gamma", "beta", "alpha"]

#: Reports of one transition differ by less than this; two transitions lie further apart.
SAME_TRANSITION_K = 15.0

#: What an experiment's label says, where it says one thing.
LABELS = {"perovskite": "perovskite", "non-perovskite": "no perovskite"}

T_RULE = (
    f"no transition between perovskite phases of it is known; t between {BARTEL_T[0]:g} and "
    f"{BARTEL_T[1]:g} says perovskite, and says nothing of its symmetry"
)


@answer
class PhaseAt(Answer):
    """The phase of a composition at a temperature.

    Attributes:
        formula, temperature_K: what was asked for.
        phase: alpha, beta or gamma, or the source's word for another one; "perovskite" or "no
            perovskite" where no transition is known.
        basis: "transitions", "experiment" or "t".
        rule: how it was found.
        transitions: rows of the transition table that bear on it.
        notes: what a user should know, such as a non-perovskite that is more stable.
    """

    formula: str
    temperature_K: float
    phase: str
    basis: str
    rule: str
    transitions: tuple[Record, ...]
    notes: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """One row; its sources are those of the transitions."""
        sources = dict.fromkeys(str(row["source"]) for row in self.transitions)
        notes = "; ".join(self.notes)
        evidence = [row["evidence"] for row in self.transitions]
        last = {
            "source": " ".join(sources),
            "kind": "derived",
            "evidence": max(evidence, key=EVIDENCE.index) if evidence else None,
            "notes": notes,
        }
        return [{**self._scalars(), **last}]

    def _lines(self) -> list[str]:
        return [
            f"{self.formula} at {self.temperature_K:g} K: {self.phase} ({self.rule})",
            *self._note_lines(),
        ]

    def _headline(self) -> str:
        return f"{self.formula} at {self.temperature_K:g} K: {self.phase}, by {self.basis}"


class _Step(NamedTuple):
    """A transition as one row tells it: the phases below and above, "" where none is named."""

    low: str
    high: str
    least_K: float
    most_K: float

    @property
    def middle_K(self) -> float:
        return (self.least_K + self.most_K) / 2

    @property
    def span(self) -> str:
        return "-".join(f"{kelvin:g}" for kelvin in dict.fromkeys((self.least_K, self.most_K)))


def phase_at(material: Material, temperature_K: float = ROOM_TEMPERATURE_K) -> PhaseAt:
    """The phase of a composition at a temperature.

    Args:
        material: a formula, a composition, a structure or its file.
        temperature_K: in kelvin.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: the temperature is not one.
        MissingData, OutOfRange: no transitions are known, and t cannot be had either, as that of
            a composition which is not a full ABX3.

    >>> phase_at("MAPbI3", 200)
    PhaseAt(MAPbI3 at 200 K: beta, by transitions)
    """
    composition = as_composition(material)
    if not 0 <= temperature_K < inf:
        raise InputError(f"{temperature_K:g} K is not a temperature.", "Give it in kelvin.")
    rows = [
        row for row in select("transition", formula=composition.formula) if not row["isotopes"]
    ]
    notes = [_unstable(row) for row in rows if _leaves_yellow(row, temperature_K)]
    notes += [_within(row) for row in rows if _stays(row)]
    # A computed transition says nothing where one was measured.
    steps = _steps(row for row in rows if row["kind"] != "computed") or _steps(rows)
    if not steps:
        return _by_t(composition, temperature_K, notes)
    below = [step for step in steps if step.middle_K <= temperature_K]
    above = [step for step in steps if step.middle_K > temperature_K]
    # All reports of the last transition below, and of the first one above.
    last = [s for s in below if below[-1].middle_K - s.middle_K <= SAME_TRANSITION_K]
    first = [s for s in above if s.middle_K - above[0].middle_K <= SAME_TRANSITION_K]
    from_below = next((step.high for step in reversed(last) if step.high), "")
    from_above = next((step.low for step in first if step.low), "")
    if from_below and from_above and from_below != from_above:
        notes.append(f"reports disagree: {from_below} or {from_above}")
    notes += [
        f"{step.low or 'another phase'} or {step.high or 'another phase'}: the transition is told "
        f"from {step.least_K:g} to {step.most_K:g} K"
        for step in steps
        if step.least_K <= temperature_K < step.most_K
    ]
    return PhaseAt(
        formula=composition.formula,
        temperature_K=temperature_K,
        phase=from_below or from_above or "not named",
        basis="transitions",
        rule=", ".join(
            f"{step.low or '?'} to {step.high or '?'} at {step.span} K" for step in steps
        ),
        transitions=tuple(rows),
        notes=tuple(notes),
    )


def _by_t(composition: Composition, temperature_K: float, notes: list[str]) -> PhaseAt:
    """What is left where no transition is known: experiment's label, else t."""
    as_perovskite(composition, "The phase that t tells")
    t = tolerance(composition).t
    inside = BARTEL_T[0] < t < BARTEL_T[1]
    phase, basis, rule = "perovskite" if inside else "no perovskite", "t", f"t = {t:.3f}; {T_RULE}"
    for row in select("formability", formula=composition.formula):
        report = f"experiment says {row['label']} ({row['evidence']}, {row['source']})"
        if row["label"] in LABELS:
            phase, basis, rule = LABELS[row["label"]], "experiment", report
        else:
            notes.append(report)
    return PhaseAt(composition.formula, temperature_K, phase, basis, rule, (), tuple(notes))


def _steps(rows: Iterable[Record]) -> list[_Step]:
    """What rows tell of transitions between perovskite phases, from cold to hot."""
    return sorted(_linked(filter(None, map(_step, rows))), key=lambda step: step.middle_K)


def _linked(steps: Iterable[_Step]) -> list[_Step]:
    """Steps from or to a phase with a common name, and those that go on from them.

    Others belong to another assignment of the whole series, in other space groups.
    """
    left = list(steps)
    linked: list[_Step] = []
    names = set(_HEAT)
    while more := [step for step in left if step.low in names or step.high in names]:
        linked += more
        left = [step for step in left if step not in more]
        names |= {name for step in more for name in (step.low, step.high) if name}
    return linked


def _step(row: Record) -> _Step | None:
    """The transition of a row; none if it names no phase, or a yellow one."""
    first, second = phase_meant(row["from_phase"]), phase_meant(row["to_phase"])
    if not (first or second) or "delta" in (first, second) or first == second:
        return None
    if first in _HEAT and second in _HEAT:
        cooling = _HEAT.index(first) > _HEAT.index(second)
    else:
        cooling = row["direction"] == "cooling"
    low, high = (second, first) if cooling else (first, second)
    temperatures = _temperatures(row)
    return _Step(low, high, min(temperatures), max(temperatures))


def _temperatures(row: Record) -> list[float]:
    columns = ("temperature_K", "temperature_min_K", "temperature_max_K")
    return [row[column] for column in columns if row[column] is not None]


def _leaves_yellow(row: Record, temperature_K: float) -> bool:
    return (
        phase_meant(row["from_phase"]) == "delta"
        and phase_meant(row["to_phase"]) in _HEAT
        and temperature_K < min(_temperatures(row))
    )


def _unstable(row: Record) -> str:
    at = "-".join(f"{value:g}" for value in _temperatures(row))
    qualifier = "" if row["qualifier"] == "=" else f"{row['qualifier']} "
    return (
        f"{row['from_phase']}, not a perovskite, turns into {row['to_phase']} at {qualifier}{at} "
        f"K on heating ({row['evidence']}, {row['source']}): below it the perovskite is metastable"
    )


def _stays(row: Record) -> bool:
    """Whether a transition goes between two phases of one name."""
    first, second = phase_meant(row["from_phase"]), phase_meant(row["to_phase"])
    return first == second and first in _HEAT


def _within(row: Record) -> str:
    at = "-".join(f"{value:g}" for value in _temperatures(row))
    return (
        f"{row['from_phase']} to {row['to_phase']}, both {phase_meant(row['to_phase'])}, at {at} "
        f"K ({row['evidence']}, {row['source']})"
    )
