"""A sample of the hops of an alloy, so that a mean barrier and its spread can be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from perovdb.answers import answer
from perovdb.composition import Material
from perovdb.errors import InputError, StructureError
from perovdb.migration.hops import Hop, Hops, Step, hops

#: Stream of the random choices of this module.
STREAM = 31


@answer
class Sample(Hops):
    """Some of the hops of a structure. Each starts and ends where it was drawn; the rest is that
    of its class.

    Attributes:
        weights: share of all hops of the structure that each stands for; their sum is 1.
        classes: number of the class of each among those of `hops(..., group="environment")`.
        populations: how many hops of its class there are in the structure.
    """

    weights: tuple[float, ...] = ()
    classes: tuple[int, ...] = ()
    populations: tuple[int, ...] = ()

    derived = ()

    def _columns(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = [{"weight": weight} for weight in self.weights]
        for row, one in zip(rows, self.bottlenecks, strict=False):
            row |= one.columns()
        return rows

    def _footer(self) -> list[str]:
        return []

    def mean_and_spread(self, values: Sequence[float] | np.ndarray) -> tuple[float, float]:
        """Weighted mean of a quantity over all hops, and its standard deviation among them.

        Args:
            values: one for each hop of the sample, such as barriers in eV.

        Raises:
            InputError: there is not one value for each hop.
        """
        numbers = np.asarray(values, dtype=float)
        if numbers.shape != (len(self),) or not np.isfinite(numbers).all():
            raise InputError(
                f"{len(self)} hops do not go with these values.", "Give one number for each hop."
            )
        weights = np.array(self.weights)
        mean = float(weights @ numbers / weights.sum())
        return mean, float(np.sqrt(weights @ (numbers - mean) ** 2 / weights.sum()))


def sample_hops(
    x: Material,
    species: str,
    count: int,
    seed: int = 0,
    *,
    into: str | None = None,
    reach_A: float | None = None,
) -> Sample:
    """Some of the hops of a structure, spread over the environments that there are.

    With at least one hop for each class of `hops(..., group="environment")`, each is drawn from,
    the larger ones more often; a hop weighs the population of its class over the number drawn from
    it. With fewer, every k-th hop is taken of a list in which the hops of a class stand together,
    and all weigh the same. Either way weighted means over the sample do not err on one side, over
    the seeds. Hops of an ion onto its own image are left out.

    Args:
        x: a structure.
        species: ion that moves.
        count: how many hops to draw, at most all.
        seed: the same seed gives the same sample.
        into, reach_A: as for `hops`.

    Raises:
        InputError: the count or the seed is none, or `x` is a formula.
        UnknownSpecies, StructureError: as for `hops`; or the cell is so small that every hop ends
            on an image of the ion itself.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InputError(f"{count!r} hops cannot be drawn.", "Give a whole number from 1 on.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"{seed!r} is not a seed.", "Give a whole number from 0 on.")
    every = hops(x, species, into=into, reach_A=reach_A, group="environment")
    members = [_forward(hop) for hop in every]
    populations = np.array([len(numbers) for numbers in members])
    total = int(populations.sum())
    if not total:
        raise StructureError(
            f"In this cell {species} would hop onto its own periodic image.",
            "Take a larger cell.",
        )
    if count > total:
        raise InputError(f"{count} hops cannot be drawn.", f"There are {total} in the structure.")
    generator = np.random.default_rng([seed, STREAM])
    shuffled = [generator.permutation(numbers) for numbers in members]
    filled = np.flatnonzero(populations)
    drawn: list[tuple[int, int, float]] = []
    if count >= len(filled):
        shares = _shares(populations, count)
        for number in filled.tolist():
            weight = float(populations[number] / shares[number] / total)
            chosen = shuffled[number][: shares[number]].tolist()
            drawn += [(number, member, weight) for member in chosen]
    else:
        listed = [(n, member) for n in filled.tolist() for member in shuffled[n].tolist()]
        places = (generator.random() + np.arange(count)) * total / count
        drawn = [(*listed[place], 1 / count) for place in places.astype(int).tolist()]
    of_all = {field.name: getattr(every, field.name) for field in fields(Hops)}
    of_all["hops"] = tuple(_begun_at(every[number], member) for number, member, _ in drawn)
    return Sample(
        **of_all,
        weights=tuple(weight for _, _, weight in drawn),
        classes=tuple(number for number, _, _ in drawn),
        populations=tuple(int(populations[number]) for number, _, _ in drawn),
    )


def _forward(hop: Hop) -> np.ndarray:
    """Numbers of its steps, each hop once and not also backwards, none onto an own image."""
    seen: set[Step] = set()
    numbers = []
    for number, (i, j, u, v, w) in enumerate(hop.steps):
        if i != j and (j, i, -u, -v, -w) not in seen:
            seen.add((i, j, u, v, w))
            numbers.append(number)
    return np.array(numbers, dtype=int)


def _shares(populations: np.ndarray, count: int) -> np.ndarray:
    """How many to draw from each class: one, then always where a hop stands for the most."""
    shares = np.minimum(populations, 1)
    for _ in range(count - int(shares.sum())):
        open_ones = shares < populations
        shares[np.where(open_ones, populations / np.maximum(shares, 1), -1).argmax()] += 1
    return np.asarray(shares)


def _begun_at(hop: Hop, number: int) -> Hop:
    """The hop with another of its equivalents standing first."""
    steps = (hop.steps[number], *hop.steps[:number], *hop.steps[number + 1 :])
    places = hop.equivalents
    equivalents = (places[number], *places[:number], *places[number + 1 :])
    return replace(
        hop,
        start=equivalents[0][0],
        end=equivalents[0][1],
        start_site=steps[0][0],
        end_site=steps[0][1],
        equivalents=equivalents,
        steps=steps,
    )
