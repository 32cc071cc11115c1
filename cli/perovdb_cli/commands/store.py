"""perovdb store COMMAND"""

from pathlib import Path

import click

from perovdb.store.sql import ROWS, SECONDS
from perovdb_cli import options, render

_FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")


@click.group()
def command() -> None:
    """Your own store beside the curated one: make, fill, check, ask.

    A store of your own has the tables of the curated one. 'template' gives the first line of a
    CSV file, 'add' takes the file in, a source before the facts that name it. Name the store by
    --store FILE on any command, or by the variable PEROVDB_STORE, and every answer takes the rows
    of both.

    \b
    Example:
      perovdb store init my.sqlite
    """


@command.command()
@_FILE
def init(file: Path) -> None:
    """Make an empty store.

    \b
    Example:
      perovdb store init my.sqlite
    """
    from perovdb.store import own

    own.init(file)
    render.say(f"{file}: an empty store; fill it with 'perovdb store add {file} TABLE.csv'")


@command.command()
@_FILE
@click.argument("rows", type=click.Path(path_type=Path), metavar="[TABLE.csv]", required=False)
@click.option("--table", metavar="NAME", help="Table of the rows; default: the file's name.")
@click.option("--cif", metavar="FILE", help="A CIF to take a phase from, instead of rows.")
@click.option("--source", metavar="KEY", help="Of the CIF: key of its source, which is there.")
@click.option("--phase", metavar="NAME", help="Of the CIF: alpha, beta, gamma, delta, ...")
@click.option(
    "--kind",
    default="measured",
    show_default=True,
    metavar="KIND",
    help="Of the CIF: measured, computed, ...",
)
@click.option("--id", "row_id", metavar="ID", help="Of the CIF; default: source, formula, phase.")
def add(
    file: Path,
    rows: Path | None,
    table: str | None,
    cif: str | None,
    source: str | None,
    phase: str | None,
    kind: str,
    row_id: str | None,
) -> None:
    """Add the rows of a CSV file, or the phase of a CIF; all of it or nothing.

    Of a CIF the cell, the group and the sites are taken as they stand; formula, Z, volume and
    pseudo-cubic lattice parameter are worked out. Sites that ions share keep their occupancies.

    \b
    Example:
      perovdb store add my.sqlite barriers.csv
      perovdb store add my.sqlite --cif mine.cif --source me2026 --phase gamma
    """
    from perovdb.errors import InputError
    from perovdb.facts.formulas import kept_word
    from perovdb.store import own, queries

    if (rows is None) == (cif is None):
        raise InputError("One file is added at a time.", "Name a CSV file of rows, or a --cif.")
    if cif is not None:
        if source is None or phase is None or table is not None:
            raise InputError(
                "A phase of a CIF needs a name and a source.",
                "Give --phase and --source, and no --table.",
            )
        _add_cif(file, cif, source, phase, kind, row_id)
        return
    assert rows is not None
    if source or phase or row_id:
        raise InputError("--source, --phase and --id are of a CIF.", "Write them into the rows.")
    if not rows.is_file():
        raise InputError(f"There is no file {rows}.", "Name a CSV file of rows.")
    name = queries.fact_table(table or rows.stem)
    with options.counting("rows") as progress:
        count = own.add(file, rows, name, kept_word, progress)
    render.say(f"{file}: {count} row(s) added to {name}")


def _add_cif(file: Path, cif: str, source: str, phase: str, kind: str, row_id: str | None) -> None:
    import csv
    from tempfile import TemporaryDirectory

    from perovdb.facts.formulas import kept_word
    from perovdb.store import own, using
    from perovdb.structures.files.phase_rows import phase_rows

    with using(file):
        made = phase_rows(cif, source, phase, kind, row_id)
    with TemporaryDirectory() as folder:
        files = {}
        for table, rows in made.tables.items():
            files[table] = Path(folder) / f"{Path(cif).name} ({table})"
            columns = list(dict.fromkeys(column for row in rows for column in row))
            with files[table].open("w", encoding="utf-8", newline="") as text:
                writer = csv.DictWriter(text, columns)
                writer.writeheader()
                writer.writerows(rows)
        own.add_all(file, files, kept_word)
    (row,) = made.tables["phase"]
    counts = ", ".join(f"{len(rows)} row(s) of {table}" for table, rows in made.tables.items())
    what = "perovskite" if row["perovskite"] else "no perovskite"
    render.say(
        f"{file}: {row['id']}: {row['formula']} {row['phase']}, {row['space_group']}, "
        f"Z = {row['Z']}, {row['volume_A3']:.2f} A^3, {what}; {counts}"
    )
    for note in made.notes:
        render.say(f"  note: {note}")


@command.command()
@_FILE
@options.as_json
def check(file: Path, as_json: bool) -> None:
    """Check every row of a store.

    \b
    Example:
      perovdb store check my.sqlite
    """
    from perovdb.errors import StoreError
    from perovdb.facts.formulas import kept_word
    from perovdb.store import gate, own

    problems = []
    with options.counting("rows") as progress:
        for problem in own.check(file, kept_word, progress):
            problems.append(problem)
            if not as_json:
                render.say(problem)
    if as_json:
        render.emit_json({"file": str(file), "problems": problems})
    if problems:
        raise StoreError(
            f"{file}: {len(problems)} problem(s).",
            f"Mend what is named above. {gate.rescue(str(file))}",
        )
    if not as_json:
        render.say(f"{file}: sound")


@command.command()
@options.formats
def info(as_json: bool, as_csv: bool) -> None:
    """Rows of every table, facts by evidence, schema version, digest.

    \b
    Example:
      perovdb store info --json
    """
    from perovdb.store import queries

    statistics = queries.statistics()
    rows = [{"table": name, "rows": count} for name, count in statistics["tables"].items()]
    if as_json:
        render.emit_json(statistics)
        return
    render.emit_rows(rows, as_csv=as_csv)
    if not as_csv:
        levels = ", ".join(f"{name} {count}" for name, count in statistics["evidence"].items())
        render.say(f"facts by evidence: {levels}")
        render.say(
            f"schema version {statistics['schema_version']}, digest {statistics['digest'][:16]}"
        )


@command.command()
@click.argument("table", metavar="TABLE")
@click.option("--explain", is_flag=True, help="Say what each column means instead.")
def template(table: str, explain: bool) -> None:
    """First line of a CSV file for a table: its columns.

    Only the columns that you fill need to stay.

    \b
    Example:
      perovdb store template barriers > barriers.csv
    """
    from perovdb.answers import tables
    from perovdb.store import queries

    name = queries.fact_table(table)
    if explain:
        render.emit_lines(tables.table(queries.column_meanings(name)))
    else:
        render.say(",".join(queries.columns(name)))


@command.command()
@_FILE
def migrate(file: Path) -> None:
    """Bring a store to this perovdb's schema, and its full-text index to its rows.

    \b
    Example:
      perovdb store migrate my.sqlite
    """
    from perovdb.store.migrating import migrate
    from perovdb.store.schema import SCHEMA_VERSION

    version, index_was_sound = migrate(file)
    if version == SCHEMA_VERSION and not index_was_sound:
        render.say(f"{file}: its full-text index was written anew, schema version {version}")
    elif version == SCHEMA_VERSION:
        render.say(f"{file}: nothing to do, schema version {version}")
    else:
        render.say(f"{file}: schema version {version} -> {SCHEMA_VERSION}")


@command.command()
@click.argument("query", metavar="SELECT")
@click.option(
    "--seconds",
    type=options.Number("seconds"),
    default=SECONDS,
    show_default=True,
    metavar="S",
    help="Time after which it is ended; rows until then are given.",
)
@click.option(
    "--limit",
    type=options.Whole("limit", "ask"),
    metavar="N",
    help=f"Rows to give. Default: {ROWS:,}, and an error if there are more.",
)
@options.formats
def sql(query: str, seconds: float, limit: int | None, as_json: bool, as_csv: bool) -> None:
    """Ask in SQL; nothing can be written.

    Of columns with one name the second is called name_2, and so on.

    \b
    Example:
      perovdb store sql "select formula, count(*) as n from phase group by formula"
    """
    from perovdb.store.sql import ask

    rows = ask(query, seconds, limit)
    render.emit_rows(rows, as_json=as_json, as_csv=as_csv, longest_cell=10_000)
