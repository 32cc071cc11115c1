"""Share the blocks of a question among the workers of a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from perovdb.calculators.screening.designs import n_blocks
from perovdb.calculators.screening.question import Found, Question
from perovdb.errors import InputError

#: Blocks that one task of a Dask cluster looks at.
BLOCKS_A_TASK = 64
_TASKS_AHEAD = 64


def found_on_cluster(question: Question, scheduler: str) -> Iterator[Found]:
    """What the blocks of the question's design give, several at a time and in their order.

    Args:
        question: on a space.
        scheduler: address of a Dask scheduler; its workers look at the blocks.

    Raises:
        InputError: dask.distributed is not installed, or the address has no scheduler.
    """
    from importlib import import_module

    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise InputError(
            "A scheduler is given, but dask.distributed is not installed.",
            "Run: pip install 'dask[distributed]'",
        ) from None
    try:
        client = distributed.Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(
            f"There is no Dask scheduler at {scheduler} ({error}).",
            "Start one with 'dask scheduler' and give the address that it prints.",
        ) from None
    with client:
        shared = client.scatter(question, broadcast=True)
        end = n_blocks(question.design)
        tasks = (
            range(start, min(start + BLOCKS_A_TASK, end)) for start in range(0, end, BLOCKS_A_TASK)
        )
        waiting = []
        for task in tasks:
            waiting.append(client.submit(_look_at, shared, task, pure=False))
            if len(waiting) == _TASKS_AHEAD:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _look_at(question: Question, numbers: Sequence[int]) -> Found:
    return question.look_at(numbers)
