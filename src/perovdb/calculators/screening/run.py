"""Go through all blocks of a question's design and make a table of what is kept.

Memory holds one block and what was kept so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from perovdb.calculators.screening.cluster import found_on_cluster
from perovdb.calculators.screening.descriptors import DESCRIPTORS
from perovdb.calculators.screening.designs import BLOCK, formulas, n_blocks
from perovdb.calculators.screening.question import Found, Question, ask
from perovdb.calculators.screening.space import Block, Space
from perovdb.calculators.tolerance import PublishedWindow, published_windows
from perovdb.errors import OutOfRange
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    import pandas as pd

#: More compositions than this are not kept: a table of them would fill the memory.
MOST_KEPT = 2_000_000

#: Called with how many compositions were looked at, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Seen:
    """Range of a quantity over all compositions, and how many have no value of it."""

    lowest: float
    highest: float
    unknown: int


@dataclass(frozen=True)
class Screening:
    """What a screening found.

    Attributes:
        space: as text, in canonical order.
        temperature_K: of the end members' cells and gaps.
        n_compositions: how many were looked at.
        n_kept: how many of them satisfy the condition.
        n_front: how many of those are on the Pareto front; None without objectives.
        rows: pandas DataFrame, one composition a row: formula, descriptors, fraction of each ion
            on its site. After Pareto front, order and limit.
        seen: name that the question uses -> its range over all compositions.
        windows: published ones of the descriptors, for a map.
        notes: where values come from, and what is not known.
    """

    space: str
    temperature_K: float
    n_compositions: int
    n_kept: int
    n_front: int | None
    rows: pd.DataFrame
    seen: dict[str, Seen]
    windows: tuple[PublishedWindow, ...]
    notes: tuple[str, ...]


def screen(
    space: Space | str,
    where: str | None = None,
    *,
    step: float | None = None,
    count: int | None = None,
    seed: int = 0,
    sort: str | None = None,
    descending: bool = False,
    limit: int | None = None,
    objectives: Sequence[str] = (),
    temperature_K: float = ROOM_TEMPERATURE_K,
    linear_where_unknown: bool = False,
    progress: Progress | None = None,
    scheduler: str | None = None,
) -> Screening:
    """The compositions of a space that satisfy a condition.

    Args:
        space: such as "Cs,FA,MA | Pb,Sn | I,Br"; see `parse_space`.
        where: such as "0.9 < t < 1 and Br <= 0.3", over the names in DESCRIPTORS and the species,
            whose values are fractions of their sites. A value that is not known satisfies nothing.
        step: all compositions whose fractions are its multiples; 0.1 by default.
        count: so many random compositions instead.
        seed: of the random ones.
        sort: a name or expression; unknown values come last.
        descending: the highest first.
        limit: keep so many rows at most, after the Pareto front and the order.
        objectives: such as "min abs(t - 0.95)"; only the Pareto front over them is kept, of
            compositions with known values.
        temperature_K: of the end members' cells and gaps, in kelvin.
        linear_where_unknown: take 0 for a bowing of the gap that nobody stated; otherwise the
            gap is unknown there.
        progress: called after each block with the numbers of compositions looked at and in all.
        scheduler: address of a Dask scheduler that shares the blocks among its workers, where
            perovdb is installed too.

    Raises:
        FormulaError, UnknownSpecies: the space cannot be read.
        InputError: the condition or another argument cannot be used.
        OutOfRange: too many compositions are kept.

    >>> found = screen("Cs,FA | Pb | I", "t > 0.9 and FA < 0.8", sort="t")
    >>> found.n_compositions, found.n_kept
    (11, 4)
    >>> found.rows.formula[0]
    'Cs0.6FA0.4PbI3'
    """
    question = ask(
        space,
        where,
        step=step,
        count=count,
        seed=seed,
        sort=sort,
        descending=descending,
        limit=limit,
        objectives=objectives,
        temperature_K=temperature_K,
        linear_where_unknown=linear_where_unknown,
    )
    parts = found_blocks(question) if scheduler is None else found_on_cluster(question, scheduler)
    found = _collect(question, parts, progress)
    seen = {
        name: Seen(float(low), float(high), int(unknown))
        for name, (low, high, unknown) in zip(question.names, found.ranges, strict=True)
    }
    return Screening(
        space=str(question.design.space),
        temperature_K=temperature_K,
        n_compositions=found.n_compositions,
        n_kept=found.n_kept,
        n_front=len(found.rows) if question.objectives else None,
        rows=frame(question, question.first(found.rows)),
        seen=seen,
        windows=published_windows(),
        notes=(*question.tables.notes, *_notes(question, seen)),
    )


def _notes(question: Question, seen: dict[str, Seen]) -> list[str]:
    """What a user should know beyond where the values come from."""
    notes = []
    gaps = question.tables.gaps
    if any(np.isnan(table).any() for table in (gaps.bowing_A, gaps.bowing_B, gaps.bowing_X)):
        notes.append(
            "gap_eV takes 0 for a bowing that is not known"
            if question.linear_where_unknown
            else "gap_eV is not known where a bowing is not; --linear-gap takes 0 for it"
        )
    notes += [
        f"{name} is not known for {of.unknown:,} of {question.design.total:,} compositions; "
        "they satisfy no condition on it, are on no front and come last"
        for name, of in seen.items()
        if of.unknown
    ]
    return notes


def found_blocks(question: Question) -> Iterator[Found]:
    """What each block of the question's design gives, one after the other."""
    return map(question.look, range(n_blocks(question.design)))


def frame(question: Question, rows: np.ndarray) -> pd.DataFrame:
    """Rows of a Found as a pandas DataFrame, with their formulas."""
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(question.columns))
    space = question.design.space
    bounds = np.cumsum([len(DESCRIPTORS), *(len(site.species) for site in space.sites)])
    block = Block(*(rows[:, start:end] for start, end in pairwise(bounds)))
    table.insert(0, "formula", formulas(space, block))
    return table


def _collect(question: Question, parts: Iterator[Found], progress: Progress | None) -> Found:
    """Join parts as they come; what is held is the best so far and a few parts."""
    total = question.design.total
    held: list[Found] = []
    done = 0
    for part in parts:
        held.append(part)
        done += part.n_compositions
        narrows = question.objectives or question.limit is not None
        if narrows and sum(len(each.rows) for each in held[1:]) > max(len(held[0].rows), BLOCK):
            held = [question.join(held)]
        elif sum(len(each.rows) for each in held) > MOST_KEPT:
            raise OutOfRange(
                f"More than {MOST_KEPT:,} compositions are kept.",
                "Ask for a stricter condition, or for the first of an order with a limit.",
            )
        if progress:
            progress(done, total)
    return question.join(held)
