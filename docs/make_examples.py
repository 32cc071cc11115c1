"""Run the commands that README.md and docs/tour.md show, and write what they print below them.

python docs/make_examples.py            writes the pages; read the difference before you keep it
python docs/make_examples.py --check    exits with 1 where a page shows something else
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("tour", "transport")))

_CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
_FILE = re.compile(r"`(\w+\.(?:csv|toml))`:\n\n```(?:csv|toml)\n(.*?)```", re.DOTALL)


def files() -> dict[str, str]:
    """Name -> text of the files that the pages show."""
    return {name: text for page in PAGES for name, text in _FILE.findall(page.read_text("utf-8"))}


def prepare(folder: Path) -> None:
    """Put the files that the pages show or speak of into a folder."""
    for name, text in files().items():
        (folder / name).write_text(text, "utf-8")
    fixtures = ROOT / "tests" / "results" / "fixtures"
    shutil.copytree(fixtures / "qe", folder / "finished")
    for name in ("static", "relax"):
        shutil.copytree(fixtures / "runs" / f"qe_{name}", folder / "runs" / name)
    (folder / "film.xy").write_text(film(), "utf-8")


def film() -> str:
    """The diffractogram of a film that nobody measured, of MAPbI3 with some PbI2."""
    import numpy as np

    from perovdb.calculators.diffraction import Instrument, xrd
    from perovdb.calculators.diffraction.curves import curve

    angles = np.arange(10, 50, 0.04)
    instrument = Instrument(fwhm_deg=0.16, zero_shift_deg=0.05)
    main, remains = (
        curve(xrd(name, phase, "CuKa12"), angles, instrument=instrument).intensity
        for name, phase in (("MAPbI3", "beta"), ("PbI2", "2H"))
    )
    means = 20 * main + 5 * remains + 60
    counts = np.random.default_rng(1).poisson(means)
    return "".join(f"{x:.2f} {y}\n" for x, y in zip(angles, counts, strict=True))


def commands(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block and what is shown below each."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def blocks(page: Path) -> list[str]:
    """The console blocks of a page."""
    return _CONSOLE.findall(page.read_text("utf-8"))


def run(block: str) -> str:
    """A console block with what its commands print now; they share a folder."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        lines = ""
        for command, _ in commands(block):
            environment = {**os.environ, "COLUMNS": "100", "MPLBACKEND": "agg"}
            done = subprocess.run(
                shlex.split(command),
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            lines += f"$ {command}\n{done.stdout}{done.stderr}"
    return lines


def main() -> None:
    """Write or check the pages."""
    stale = []
    for page in PAGES:
        old = page.read_text("utf-8")
        new = _CONSOLE.sub(lambda match: run(match[0]), old)
        if new != old:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(new, "utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"{', '.join(stale)}: run python docs/make_examples.py")


if __name__ == "__main__":
    main()
