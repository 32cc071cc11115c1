"""CPU time of look-ups, as multiples of `python -c pass`, measured in turn in one run."""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PEROVDB = str(Path(sys.executable).with_name("perovdb"))
COMMANDS = [
    [sys.executable, "-c", "import click, sqlite3"],
    [PEROVDB, "source", "trots2008"],
    [PEROVDB, "radii", "Cs"],
    [PEROVDB, "tolerance", "CsPbI3"],
    [PEROVDB, "lattice", "Cs0.5FA0.5PbI3"],
    [PEROVDB, "gap", "CsPbBr1.5I1.5"],
    [PEROVDB, "properties", "CsPbI3"],
    [PEROVDB, "barriers"],
    [PEROVDB, "devices"],
    [PEROVDB, "phases", "CsPbI3"],
    [PEROVDB, "phase-at", "CsPbI3"],
    [PEROVDB, "search", "DDABr"],
    [PEROVDB, "show", "CsPbI3"],
]


def ratios(
    commands: Sequence[Sequence[str]],
    environments: Sequence[Mapping[str, str]] | None = None,
    rounds: int = 40,
) -> list[float]:
    """Least CPU time of each command over that of `python -c pass`.

    The commands take turns, so that a busy machine slows all of them alike.
    """
    runs = [[sys.executable, "-c", "pass"], *commands]
    extra = [{}, *(environments or [{}] * len(commands))]
    least = [float("inf")] * len(runs)
    for _ in range(rounds):
        for number, (run, more) in enumerate(zip(runs, extra, strict=True)):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(run, stdout=subprocess.DEVNULL, check=True, env={**os.environ, **more})
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            least[number] = min(least[number], spent)
    return [time / least[0] for time in least[1:]]


if __name__ == "__main__":
    for ratio, command in zip(ratios(COMMANDS), COMMANDS, strict=True):
        print(f"{ratio:5.2f} x  {' '.join(Path(word).name for word in command)}")
