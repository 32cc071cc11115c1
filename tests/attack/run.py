"""Keeps two workers at an attack, ends those that hang, starts others in place of those that died,
and counts what came of the inputs."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.attack.campaign import Campaign

ROOT = Path(__file__).parents[2]

#: Cores that are used.
WORKERS = 2

#: Findings after which a campaign is given up: the fault is known by then.
MOST_FINDINGS = 50

#: A worker that does not stop at its own alarm is killed when the limit is over so many times; the
#: first input waits for the modules to load.
_LATER = 3
_LOADING_S = 120


@dataclass
class Figures:
    """What came of a campaign: word -> inputs, findings by index, the time it took, the slowest
    input."""

    campaign: Campaign
    words: Counter[str] = field(default_factory=Counter)
    findings: dict[int, str] = field(default_factory=dict)
    took_s: float = 0.0
    slowest_s: float = 0.0

    @property
    def inputs(self) -> int:
        return sum(self.words.values()) + len(self.findings)


class _Worker:
    """A process of `worker`, the inputs that it is to throw, and since when it is at one."""

    def __init__(self, campaign: Campaign, seed: int, indices: range) -> None:
        self.campaign, self.seed, self.indices = campaign, seed, indices
        self.index: int | None = None
        self.begun_s = time.monotonic()
        self.folder = Path(tempfile.mkdtemp(prefix="perovdb-attack-"))
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed in `end`)
        numbers = (seed, indices.start, indices.stop, indices.step)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.attack.worker", campaign.kind, *map(str, numbers)],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.out = self.process.stdout
        os.set_blocking(self.out.fileno(), False)
        self.rest = b""

    def lines(self) -> Iterator[dict[str, str | int]]:
        """What it has said since the last time."""
        *whole, self.rest = (self.rest + (self.out.read() or b"")).split(b"\n")
        yield from map(json.loads, whole)

    def overdue(self) -> bool:
        limit = _LATER * self.campaign.seconds if self.index is not None else _LOADING_S
        return time.monotonic() - self.begun_s > limit

    def end(self) -> str:
        """End it and whatever it started; the last line that it complained of."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()
        self.errors.close()
        self.out.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return said[-1] if said else ""


def run(campaign: Campaign, seed: int, count: int) -> Figures:
    """Throw the first `count` inputs of a campaign."""
    figures = Figures(campaign)
    began_s = time.monotonic()
    workers = {
        _Worker(campaign, seed, range(first, count, WORKERS))
        for first in range(min(WORKERS, count))
    }
    try:
        while workers:
            for worker in list(workers):
                _listen(worker, figures)
                over = worker.process.poll() is not None
                if over:
                    _listen(worker, figures)
                if not over and not worker.overdue():
                    continue
                workers.remove(worker)
                said = worker.end()
                if over and worker.process.returncode == 0:
                    continue
                if worker.index is None and not worker.indices:
                    continue
                where = worker.indices.start if worker.index is None else worker.index
                figures.findings[where] = (
                    f"the process died with code {worker.process.returncode}: {said}"
                    if over
                    else f"no answer in {worker.campaign.seconds:g} s, and no end"
                )
                left = range(where + WORKERS, count, WORKERS)
                if left:
                    workers.add(_Worker(campaign, seed, left))
            if len(figures.findings) >= MOST_FINDINGS:
                break
            _wait(workers)
    finally:
        for worker in workers:
            worker.end()
    figures.took_s = time.monotonic() - began_s
    return figures


def _wait(workers: set[_Worker]) -> None:
    """Until one of them says something."""
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker.out, selectors.EVENT_READ)
        if workers:
            selector.select(timeout=1)


def _listen(worker: _Worker, figures: Figures) -> None:
    now_s = time.monotonic()
    for line in worker.lines():
        if "begun" in line:
            worker.index = int(line["begun"])
        else:
            index, finding = int(line["done"]), str(line["finding"])
            if finding:
                figures.findings[index] = finding
            else:
                figures.words[str(line["word"])] += 1
            figures.slowest_s = max(figures.slowest_s, float(line["took_s"]))
            worker.indices = range(index + WORKERS, worker.indices.stop, WORKERS)
            worker.index = None
        worker.begun_s = now_s
