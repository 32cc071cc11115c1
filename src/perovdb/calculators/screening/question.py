"""A question on a space of compositions, and what it keeps of one block or of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from perovdb.calculators.screening.descriptors import DESCRIPTORS, Tables, descriptors, tables
from perovdb.calculators.screening.designs import Grid, RandomSample, Sample, formulas
from perovdb.calculators.screening.expressions import Condition, Quantity
from perovdb.calculators.screening.pareto import Objective, front, objective
from perovdb.calculators.screening.space import Block, Space, parse_space
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

DEFAULT_STEP = 0.1


class Kept(NamedTuple):
    """What was kept of some compositions.

    Attributes:
        n_compositions, n_kept: how many were looked at, and satisfy the condition.
        rows: (n, columns) kept ones: descriptors, then fractions of A, B and X.
        ranges: (names, 3) lowest, highest and number unknown of the names that the question uses.
    """

    n_compositions: int
    n_kept: int
    rows: np.ndarray
    ranges: np.ndarray


@dataclass(frozen=True)
class Question:
    """All that is needed to look at any block of a design, here or on another machine."""

    design: Grid | Sample
    tables: Tables
    where: Condition | None
    objectives: tuple[Objective, ...]
    sort: Quantity | None
    limit: int | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the rows that are kept."""
        return (*DESCRIPTORS, *self.design.space.species)

    @property
    def names(self) -> tuple[str, ...]:
        """Names that the condition, the objectives and the order use."""
        parts = (self.where, *(each.quantity for each in self.objectives), self.sort)
        return tuple(dict.fromkeys(name for part in parts if part for name in part.names))

    def look(self, number: int) -> Kept:
        """The compositions of one block that satisfy the condition, of them the best."""
        block = self.design.block(number)
        values = descriptors(block, self.tables)
        for site, fractions in zip(self.design.space.sites, block, strict=True):
            values.update(zip(site.species, fractions.T, strict=True))
        kept = np.arange(len(block)) if self.where is None else np.flatnonzero(self.where(values))
        rows = np.column_stack([values[name][kept] for name in self.columns])
        ranges = np.array([_range(values[name]) for name in self.names]).reshape(-1, 3)
        return Kept(len(block), len(kept), self.best(rows), ranges)

    def look_at(self, numbers: Sequence[int]) -> Kept:
        """The same for several blocks."""
        return self.join([self.look(number) for number in numbers])

    def join(self, parts: Sequence[Kept]) -> Kept:
        """The best of several parts, in their order."""
        ranges = np.array([part.ranges for part in parts])
        return Kept(
            sum(part.n_compositions for part in parts),
            sum(part.n_kept for part in parts),
            self.best(np.concatenate([part.rows for part in parts])),
            np.stack(
                [
                    np.fmin.reduce(ranges[..., 0]),
                    np.fmax.reduce(ranges[..., 1]),
                    ranges[..., 2].sum(axis=0),
                ],
                axis=-1,
            ),
        )

    def best(self, rows: np.ndarray) -> np.ndarray:
        """Rows that can still be part of the answer: on the front, else the first in order."""
        if self.objectives:
            return self.on_front(rows)
        return self.first(rows) if self.limit is not None else rows

    def on_front(self, rows: np.ndarray) -> np.ndarray:
        """Rows on the Pareto front."""
        if not len(rows):
            return rows
        values = dict(zip(self.columns, rows.T, strict=True))
        costs = np.column_stack([each.cost(values) for each in self.objectives])
        best: np.ndarray = rows[front(costs)]
        return best

    def first(self, rows: np.ndarray) -> np.ndarray:
        """Rows in the order asked for, up to the limit; unknown values come last."""
        if self.sort is not None and len(rows):
            key = self.sort(dict(zip(self.columns, rows.T, strict=True)))
            rows = rows[np.argsort(key, kind="stable")]
        # A copy: a view of the first few would hold all rows of their block.
        return rows if self.limit is None else rows[: self.limit].copy()

    def frame(self, rows: np.ndarray) -> pd.DataFrame:
        """Rows that were kept as a table, with their formulas."""
        frame = pd.DataFrame(rows, columns=list(self.columns))
        space = self.design.space
        bounds = np.cumsum([len(DESCRIPTORS), *(len(site.species) for site in space.sites)])
        block = Block(*(rows[:, start:end] for start, end in pairwise(bounds)))
        frame.insert(0, "formula", np.array(formulas(space, block), dtype=object))
        return frame


def _range(values: np.ndarray) -> tuple[float, float, float]:
    unknown = np.isnan(values)
    if unknown.all():
        return np.nan, np.nan, len(values)
    return float(np.nanmin(values)), float(np.nanmax(values)), float(np.count_nonzero(unknown))


def ask(
    space: Space | str,
    where: str | None = None,
    *,
    step: float | RandomSample = DEFAULT_STEP,
    sort: str | None = None,
    pareto: Sequence[str] = (),
    limit: int | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Question:
    """The question that `screen` answers, for who wants to look at blocks on their own.

    Arguments and errors as for `screen`.
    """
    space = parse_space(space) if isinstance(space, str) else space
    if limit is not None and limit < 1:
        raise InputError(f"A limit of {limit} leaves nothing.", "Give 1 or more.")
    names = (*DESCRIPTORS, *space.species)
    return Question(
        design=Grid(space, step)
        if isinstance(step, int | float)
        else Sample(space, step.count, step.seed),
        where=None if where is None else Condition(where, names),
        objectives=tuple(objective(text, names) for text in pareto),
        sort=None if sort is None else Quantity(sort, names),
        limit=limit,
        tables=tables(space, temperature_K),
    )
