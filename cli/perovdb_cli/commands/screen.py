"""perovdb screen SPACE"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from perovdb_cli import options, render

if TYPE_CHECKING:
    import pandas as pd

    from perovdb.calculators.screening import Screening

#: Rows of the table for people, unless a limit is given.
SHOWN = 20

_DIGITS = {"t": 3, "mu": 3, "tau": 2, "a_A": 4, "gap_eV": 3, "two_theta_100_deg": 3}


@click.command()
@click.argument("space")
@click.option(
    "--where",
    metavar="EXPR",
    help="Condition on t, mu, tau, a_A, gap_eV, two_theta_100_deg, charge and the ions' fractions "
    "of their sites.",
)
@click.option(
    "--step", type=float, metavar="S", help="All fractions that are its multiples. Default: 0.1."
)
@click.option("--count", type=int, metavar="N", help="So many random compositions instead.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="K")
@click.option("--sort", metavar="NAME", help="A name or an expression; unknown values come last.")
@click.option("--descending", is_flag=True, help="The highest first.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    help=f"So many rows at most. Default: {SHOWN} in the table; all in JSON, CSV and files.",
)
@click.option(
    "--pareto",
    "objectives",
    multiple=True,
    metavar="'min EXPR'",
    help="Only the Pareto front over these; again for each, min or max.",
)
@options.temperature
@click.option(
    "--linear-gap",
    "linear_where_unknown",
    is_flag=True,
    help="Take 0 for a bowing of the gap that nobody stated.",
)
@options.picture("Draw all that is kept", "--map")
@click.option(
    "--colour",
    metavar="NAME",
    help="What the colour of the picture shows: a quantity or an ion. Default: gap_eV, tau or t.",
)
@click.option("-o", "--output", metavar="FILE", help="Write the rows: *.csv or *.parquet.")
@click.option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster that shares the work.")
@options.as_json
@options.as_csv
def command(
    space: str,
    picture: options.Picture | None,
    colour: str | None,
    output: str | None,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
    **asked: Any,
) -> None:
    """Compositions of a space that satisfy a condition.

    SPACE names the ions of A | B | X; a number behind an ion holds it at this fraction of its
    site. What is not known satisfies no condition. Lattice parameters and gaps are mixed from
    the end members.

    \b
    Example:
      perovdb screen 'Cs0.1,FA,MA | Pb | I,Br' --where '0.9 < t < 1 and a_A > 6.2' --sort t
    """
    from perovdb.calculators.screening import screen
    from perovdb.errors import MissingData

    if colour is not None and picture is None:
        raise click.UsageError("--colour is that of a picture; give --map.")
    if output is not None:
        _check_output(output)
    if picture is not None:
        picture.check()
    # Only a table for people is short by itself, and a picture shows all that is kept.
    for_people = not (as_json or as_csv or output)
    most = SHOWN if limit is None and for_people else limit
    with _progress() as progress:
        found = screen(space, limit=None if picture else most, progress=progress, **asked)
    if not len(found.rows):
        raise MissingData(
            f"None of the {found.n_compositions:,} compositions satisfies this.", _ranges(found)
        )
    if picture is not None:
        from perovdb.plots import screening

        picture.save(screening(found, colour=colour, style=picture.style))
        if limit is not None:
            found = replace(found, rows=found.rows.head(limit))
    if output is not None:
        _write(found.rows, output)
    if as_json:
        render.emit_json(
            {
                "space": found.space,
                "temperature_K": found.temperature_K,
                "n_compositions": found.n_compositions,
                "n_kept": found.n_kept,
                "n_front": found.n_front,
                "notes": list(found.notes),
                "rows": _records(found.rows),
            }
        )
    elif as_csv:
        # Two million rows as dictionaries, as for render.emit_csv, would fill the memory.
        click.echo(found.rows.to_csv(index=False, lineterminator="\n"), nl=False)
        render.emit_notes(found.notes, err=True)
    else:
        _show(found, limit or SHOWN)
        for file in filter(None, (output, picture and picture.path)):
            click.echo(f"  written: {file}")


def _show(found: Screening, limit: int) -> None:
    """The table for people, with how many compositions it is of."""
    rows = found.rows.head(limit)
    n_answer = found.n_kept if found.n_front is None else found.n_front
    front = "" if found.n_front is None else f", {found.n_front:,} on the Pareto front"
    shown = "" if n_answer <= len(rows) else f", the first {len(rows)} shown"
    click.echo(
        f"{found.space} at {found.temperature_K:g} K: {found.n_compositions:,} compositions, "
        f"{found.n_kept:,} kept{front}{shown}"
    )
    render.emit_lines(
        render.table(
            [
                {
                    "formula": row["formula"],
                    **{
                        name: "" if row[name] is None else f"{row[name]:.{digits}f}"
                        for name, digits in _DIGITS.items()
                    },
                }
                for row in _records(rows)
            ]
        )
    )
    render.emit_notes(found.notes)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries; what is not known is None."""
    # NaN is the one value that is not equal to itself.
    return [
        {str(name): value if value == value else None for name, value in row.items()}
        for row in rows.to_dict("records")
    ]


def _ranges(found: Screening) -> str:
    """Which values there are, for who asked for others."""
    told = [
        f"{name} is from {of.lowest:.4g} to {of.highest:.4g}"
        if of.lowest == of.lowest
        else f"{name} is not known for any"
        for name, of in found.seen.items()
    ]
    known = f"In this space {', '.join(told)}. " if told else ""
    bowing = [note for note in found.notes if "--linear-gap" in note and "gap_eV" in found.seen]
    return known + (f"Note: {bowing[0]}." if bowing else "Ask for other values.")


def _check_output(path: str) -> None:
    """Refuse a file that cannot be written, before the work is done.

    Raises:
        InputError: another format, no such folder, or a library is missing.
    """
    from importlib.util import find_spec

    from perovdb.errors import InputError

    ending = os.path.splitext(path)[1].lower()
    if ending not in (".csv", ".parquet"):
        raise InputError(f"'{path}' is no table.", "End its name in .csv or .parquet.")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise InputError(f"There is no folder for {path}.", "Make it, or name another.")
    if ending == ".parquet" and not (find_spec("pyarrow") or find_spec("fastparquet")):
        raise InputError(
            "A .parquet file needs pyarrow, which is not installed.",
            "Run: pip install pyarrow, or write a .csv.",
        )


def _write(rows: pd.DataFrame, path: str) -> None:
    if path.lower().endswith(".csv"):
        rows.to_csv(path, index=False)
    else:
        rows.to_parquet(path, index=False)


class _Bar:
    """A bar on stderr that says how far the work is."""

    def __enter__(self) -> Any:
        self.done = 0
        self.bar: Any = None
        return self.update

    def update(self, done: int, total: int) -> None:
        if self.bar is None:
            bar = click.progressbar(length=total, label="screening", file=sys.stderr)
            self.bar = bar.__enter__()
        self.bar.update(done - self.done)
        self.done = done

    def __exit__(self, *error: Any) -> None:
        if self.bar is not None:
            self.bar.__exit__(*error)


def _progress() -> Any:
    return _Bar() if sys.stderr.isatty() else nullcontext()
