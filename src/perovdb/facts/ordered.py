"""Any number of records in an order, in the memory of a few."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import IO, Any

from perovdb.store.connection import Record

#: Records that are held at a time; the others wait in files without a name.
AT_A_TIME = 20_000


def in_order(rows: Iterable[Record], key: Callable[[Record], Any]) -> Iterator[Record]:
    """Records of plain values, sorted; equal ones keep their order."""
    rows = iter(rows)
    first = sorted(islice(rows, AT_A_TIME), key=key)
    if len(first) < AT_A_TIME:
        yield from first
        return
    from heapq import merge
    from tempfile import TemporaryFile

    with ExitStack() as stack:
        files: list[IO[str]] = []
        run = first
        while run:
            files.append(stack.enter_context(TemporaryFile("w+", encoding="utf-8")))
            files[-1].writelines(json.dumps(row) + "\n" for row in run)
            run = sorted(islice(rows, AT_A_TIME), key=key)
        for file in files:
            file.seek(0)
        # The runs follow one another, and merge() takes equal ones from the first that has them.
        yield from merge(*(map(json.loads, file) for file in files), key=key)
