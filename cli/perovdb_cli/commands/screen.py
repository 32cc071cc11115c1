"""perovdb screen SPACE"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from perovdb_cli import options, render

if TYPE_CHECKING:
    from perovdb.calculators.screening import Screening


@click.command()
@click.argument("space")
@click.option(
    "--where",
    metavar="EXPR",
    help="Condition on t, mu, tau, a_A, gap_eV, two_theta_100_deg, charge and the ions' fractions "
    "of their sites.",
)
@click.option(
    "--step",
    type=options.Number("step"),
    metavar="S",
    help="All fractions that are its multiples. Default: 0.1.",
)
@click.option(
    "--count",
    type=options.Whole("count", "RandomSample"),
    metavar="N",
    help="So many random compositions instead.",
)
@click.option("--seed", type=options.Whole("seed"), default=0, show_default=True, metavar="K")
@click.option(
    "--sort",
    metavar="NAME",
    help="A name or an expression, the lowest first; '-t' for the highest t first. Unknown values "
    "come last.",
)
@click.option(
    "--limit",
    type=options.Whole("limit"),
    metavar="N",
    help="So many rows at most. Default: 20 in the table; all in JSON, CSV and files.",
)
@click.option(
    "--pareto",
    multiple=True,
    metavar="'min EXPR'",
    help="Only the Pareto front over these; again for each, min or max.",
)
@options.temperature
@options.picture("Draw all that is kept", beside=("-o", "output"))
@click.option(
    "--colour",
    metavar="NAME",
    help="What the colour of the picture shows: a quantity or an ion. Default: gap_eV, tau or t.",
)
@click.option(
    "-o", "--output", metavar="FILE", help="Write the rows: *.csv or *.parquet, a new file."
)
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster that shares the work.")
@options.formats
def command(
    space: str,
    step: float | None,
    count: int | None,
    seed: int,
    limit: int | None,
    scheduler: str | None,
    picture: options.Picture | None,
    colour: str | None,
    output: str | None,
    force: bool,
    as_json: bool,
    as_csv: bool,
    **how: Any,
) -> None:
    """Compositions of a space that satisfy a condition.

    SPACE names the ions of A | B | X; a number behind an ion holds it at this fraction of its
    site. What is not known satisfies no condition. Lattice parameters are mixed from the end
    members, gaps come from the model of 'perovdb gap'.

    \b
    Example:
      perovdb screen 'Cs0.1,FA,MA | Pb | I,Br' --where '0.9 < t < 1 and a_A > 6.2' --sort t
    """
    from perovdb.calculators.screening import SHOWN, RandomSample, Run, screen
    from perovdb.errors import MissingData

    if step is not None and count is not None:
        raise click.UsageError("Both --step and --count are given. Give one of them.")
    if colour is not None and picture is None:
        raise click.UsageError("--colour is that of a picture; give --plot.")
    if output is not None:
        _check_output(output, force)
    if picture is not None:
        picture.check()
    if count is not None:
        how["step"] = RandomSample(count, seed)
    elif step is not None:
        how["step"] = step
    # Only a card for people is short by itself, and a picture shows all that is kept.
    most = SHOWN if limit is None and not (as_json or as_csv or output) else limit
    with _progress() as progress:
        run = Run(progress, scheduler)
        screening = screen(space, limit=None if picture else most, run=run, **how)
    if not screening.n_kept or screening.n_front == 0:
        raise MissingData(
            f"None of the {screening.n_compositions:,} compositions satisfies this.",
            _values_there_are(screening),
        )
    if picture is not None:
        from perovdb import plots

        picture.save(plots.screening(screening, colour=colour, style=picture.style))
        if limit is not None:
            screening = screening.first(limit)
    if output is not None:
        _write(screening, output, force)
    if as_csv:
        # Two million rows as dictionaries, as for render.emit, would fill the memory.
        render.say(screening.to_frame().to_csv(index=False, lineterminator="\n"), end="")
        render.emit_notes(screening.notes, err=True)
        return
    render.emit(screening, as_json)
    if not as_json:
        for file in filter(None, (output, picture and picture.path)):
            render.say(f"  written: {file}")


def _values_there_are(screening: Screening) -> str:
    ranges = screening.ranges()
    return " ".join(filter(None, (ranges and f"In this space {ranges}.", "Ask for other values.")))


def _check_output(path: str, force: bool) -> None:
    """Refuse a table that cannot be written, before the work is done.

    Raises:
        InputError: another format, it exists, no such folder, or a library is missing.
    """
    from importlib.util import find_spec

    from perovdb.errors import InputError
    from perovdb.files.new_files import check_new_file

    check_new_file(path, (".csv", ".parquet"), force=force)
    if path.lower().endswith(".parquet") and not (
        find_spec("pyarrow") or find_spec("fastparquet")
    ):
        raise InputError(
            "A .parquet file needs pyarrow, which is not installed.",
            "Run: pip install pyarrow, or write a .csv.",
        )


def _write(screening: Screening, path: str, force: bool) -> None:
    from perovdb.files.new_files import write_new_file

    frame = screening.to_frame()
    if path.lower().endswith(".csv"):
        write_new_file(path, lambda part: frame.to_csv(part, index=False), force=force)
    else:
        write_new_file(path, lambda part: frame.to_parquet(part, index=False), force=force)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr that says how far the work is, where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label="screening", file=sys.stderr) as bar:

        def update(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield update
