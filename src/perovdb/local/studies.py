"""Many barriers on this machine or on a cluster: each in a folder, in any order, and again.

A folder is the unit: one that is finished is read, one that was begun goes on, and the table at
the end is made of what the folders hold.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from perovdb.cluster import dask
from perovdb.errors import InputError, PerovdbError
from perovdb.inputs.set_requests import combinations, of_tables
from perovdb.local.barriers import barrier
from perovdb.local.engines import as_engine
from perovdb.migration.requests import HopRequest
from perovdb.results.barrier import Barriers
from perovdb.results.reading import read_barriers
from perovdb.structures.arguments import check_fields

_OF_HOP = [one.name for one in fields(HopRequest)]

#: Told of each barrier as it comes: its folder, and what went wrong, or None.
Done = Callable[[Path, str | None], None]


@dataclass(frozen=True)
class LocalRequest:
    """One barrier to compute.

    Attributes:
        hop: the hop, in which atoms.
        engine: by name, or as `module:factory`.

    Raises:
        InputError: a value cannot be what it stands for, or there is no such engine.
        MissingData: the engine is not installed.
    """

    hop: HopRequest
    engine: str

    def __post_init__(self) -> None:
        check_fields(self)
        as_engine(self.engine)

    @property
    def folder_name(self) -> str:
        """A name that follows from the request alone."""
        hop = self.hop
        host = hop.formula or Path(str(hop.file)).stem
        words = [self.engine, host, hop.phase or "", hop.species, f"hop{hop.hop}"]
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        words.append(sha256(text.encode()).hexdigest()[:8])
        return re.sub(r"[^A-Za-z0-9.+-]+", "_", "-".join(filter(None, words)))


def read_local_study(path: str | os.PathLike[str]) -> list[LocalRequest]:
    """The requests of a TOML file: as for `perovdb neb`, with engines in place of codes.

    Raises:
        InputError, MissingData: as `LocalRequest`, or the file is no study.
    """
    return of_tables(path, local_requests)


def local_requests(choices: Mapping[str, Any]) -> list[LocalRequest]:
    """All combinations of some choices: fields of `HopRequest`, and `engine`.

    Raises:
        InputError, MissingData: as `LocalRequest`, or a name is not known.
    """
    return [
        LocalRequest(HopRequest(**{k: v for k, v in one.items() if k != "engine"}), one["engine"])
        for one in combinations(choices, [*_OF_HOP, "engine"], "engine")
    ]


def barriers_of(
    folder: str | os.PathLike[str],
    study: Sequence[LocalRequest],
    *,
    workers: int = 1,
    scheduler: str | None = None,
    done: Done | None = None,
) -> Barriers:
    """The barriers of a study, each in a folder of its own below `folder`.

    Args:
        folder: of all; what is finished in it is not computed again.
        study: what to compute.
        workers: processes on this machine.
        scheduler: instead, address of a Dask scheduler whose workers see the folder.
        done: told of each as it comes.

    Raises:
        InputError: the number of workers is none, or there is no such scheduler.
    """
    if workers < 1:
        raise InputError(f"{workers} workers compute nothing.", "Give 1 or more.")
    place = Path(folder).absolute()
    tasks = {place / one.folder_name: one for one in study}
    spread = _here(tasks) if workers == 1 else _in_processes(tasks, workers)
    failed: dict[str, str] = {}
    for where, error in spread if scheduler is None else _on_cluster(tasks, scheduler):
        if error is not None:
            failed[str(where)] = error
        if done:
            done(where, error)
    ready = read_barriers([where for where in tasks if str(where) not in failed])
    return Barriers(ready.barriers, {**ready.unreadable, **failed})


def _here(tasks: Mapping[Path, LocalRequest]) -> Iterator[tuple[Path, str | None]]:
    for where, one in tasks.items():
        yield where, _compute(where, one)


def _in_processes(
    tasks: Mapping[Path, LocalRequest], workers: int
) -> Iterator[tuple[Path, str | None]]:
    # Engines start threads, which do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_compute, where, one): where for where, one in tasks.items()}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def _on_cluster(
    tasks: Mapping[Path, LocalRequest], scheduler: str
) -> Iterator[tuple[Path, str | None]]:
    distributed, client = dask(scheduler)
    with client:
        waiting = {
            client.submit(_compute, where, one, pure=False): where for where, one in tasks.items()
        }
        for future in distributed.as_completed(list(waiting)):
            yield waiting[future], future.result()


def _compute(where: Path, one: LocalRequest) -> str | None:
    """Compute one barrier; what went wrong, in words."""
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        barrier(one.hop.path(), engine=one.engine, folder=where)
    except (PerovdbError, OSError) as error:
        return str(error)
    return None
