"""CPU time of a look-up, as a multiple of `python -c pass`, measured in one run."""

import resource
import subprocess
import sys

COMMANDS = [
    ["-c", "import click, sqlite3"],
    ["-m", "perovdb_cli.main", "source", "trots2008"],
    ["-m", "perovdb_cli.main", "radii", "Cs"],
    ["-m", "perovdb_cli.main", "tolerance", "CsPbI3"],
    ["-m", "perovdb_cli.main", "show", "CsPbI3"],
]


def cpu_seconds(arguments: list[str], runs: int = 30) -> float:
    """Lower quartile of the CPU time of a run of Python."""
    times = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return sorted(times)[runs // 4]


if __name__ == "__main__":
    base = cpu_seconds(["-c", "pass"])
    print(f"python -c pass: {1000 * base:.1f} ms")
    for command in COMMANDS:
        print(f"{cpu_seconds(command) / base:5.2f} x  {' '.join(command)}")
