"""Go through all blocks of a question, here or on a Dask cluster.

Memory holds the best so far and a few blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from perovdb.calculators.screening.designs import BLOCK, n_blocks
from perovdb.calculators.screening.question import Kept, Question
from perovdb.cluster import dask
from perovdb.errors import OutOfRange

#: More compositions than this are not kept: a table of them would fill the memory.
MOST_KEPT = 2_000_000

#: More compositions than this are not looked at by one processor: they take hours.
MOST_ALONE = 10**10

#: Blocks that one task of a Dask cluster looks at, and tasks that wait there at a time.
BLOCKS_A_TASK = 64
TASKS_AHEAD = 64


@dataclass(frozen=True)
class Run:
    """How the work is done.

    Attributes:
        progress: called after each block with how many compositions were looked at, and of how
            many.
        scheduler: address of a Dask scheduler that shares the blocks among its workers, where
            perovdb is installed too.
    """

    progress: Callable[[int, int], None] | None = None
    scheduler: str | None = None


def kept_blocks(question: Question) -> Iterator[Kept]:
    """What is kept of each block of the question's design, one after the other."""
    return map(question.look, range(n_blocks(question.design)))


def kept_in_all(question: Question, run: Run) -> Kept:
    """What is kept of all blocks together.

    Raises:
        InputError: dask.distributed is not installed, or the address has no scheduler.
        OutOfRange: too many compositions are kept, or so many that one processor takes too long.
    """
    if run.scheduler is None:
        if question.design.total > MOST_ALONE:
            raise _too_many(question)
        parts = kept_blocks(question)
    else:
        parts = _kept_on_cluster(question, run.scheduler)
    narrows = question.objectives or question.limit is not None
    joined: list[Kept] = []
    done = 0
    for part in parts:
        joined.append(part)
        done += part.n_compositions
        if narrows and sum(len(each.rows) for each in joined[1:]) > max(
            len(joined[0].rows), BLOCK
        ):
            joined = [question.join(joined)]
        elif sum(len(each.rows) for each in joined) > MOST_KEPT:
            raise OutOfRange(
                f"More than {MOST_KEPT:,} compositions are kept.",
                "Ask for a stricter condition, or for the first of an order with a limit.",
            )
        if run.progress:
            run.progress(done, question.design.total)
    return question.join(joined)


def _too_many(question: Question) -> OutOfRange:
    """Says how long it would take, by the time of one block."""
    total = question.design.total
    start = perf_counter()
    one = question.look(0)
    hours = (perf_counter() - start) / one.n_compositions * total / 3600
    told = f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
    return OutOfRange(
        f"{total:.3g} compositions would take about {told} on this machine.",
        f"Ask for up to {MOST_ALONE:.0e} of them (a larger step, a smaller count), or share the "
        "work: --scheduler, Run(scheduler=...).",
    )


def _kept_on_cluster(question: Question, scheduler: str) -> Iterator[Kept]:
    """What is kept of the blocks, several at a time and in their order."""
    _, client = dask(scheduler)
    with client:
        shared = client.scatter(question, broadcast=True)
        end = n_blocks(question.design)
        waiting = []
        for start in range(0, end, BLOCKS_A_TASK):
            task = range(start, min(start + BLOCKS_A_TASK, end))
            waiting.append(client.submit(_look_at, shared, task, pure=False))
            if len(waiting) == TASKS_AHEAD:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _look_at(question: Question, numbers: Sequence[int]) -> Kept:
    return question.look_at(numbers)
