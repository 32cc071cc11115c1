"""perovdb store COMMAND"""

import sqlite3
from math import inf
from pathlib import Path
from typing import Any

import click

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
    click.echo(f"{file}: an empty store; fill it with 'perovdb store add {file} TABLE.csv'")


@command.command()
@_FILE
@click.argument("rows", type=click.Path(path_type=Path), metavar="TABLE.csv")
@click.option("--table", metavar="NAME", help="Table of the rows; default: the file's name.")
def add(file: Path, rows: Path, table: str | None) -> None:
    """Add the rows of a CSV file, all of them or none.

    \b
    Example:
      perovdb store add my.sqlite barriers.csv
    """
    from perovdb.errors import InputError
    from perovdb.facts.formulas import kept_word
    from perovdb.store import own, queries

    if not rows.is_file():
        raise InputError(f"There is no file {rows}.", "Name a CSV file of rows.")
    name = queries.fact_table(table or rows.stem)
    count = own.add(file, rows, name, kept_word)
    click.echo(f"{file}: {count} row(s) added to {name}")


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
    from perovdb.store import own

    problems = own.check(file, kept_word)
    if as_json:
        render.emit_json({"file": str(file), "problems": problems})
    else:
        for problem in problems:
            click.echo(problem)
    if problems:
        raise StoreError(f"{file}: {len(problems)} problem(s).", "Mend the rows named above.")
    if not as_json:
        click.echo(f"{file}: sound")


@command.command()
@options.as_json
def info(as_json: bool) -> None:
    """Rows of every table, facts by evidence, schema version, digest.

    \b
    Example:
      perovdb store info --json
    """
    from perovdb.store import queries

    told = queries.statistics()
    if as_json:
        render.emit_json(told)
        return
    rows = [{"table": name, "rows": count} for name, count in told["tables"].items()]
    render.emit_lines(render.table(rows))
    levels = ", ".join(f"{name} {count}" for name, count in told["evidence"].items())
    click.echo(f"facts by evidence: {levels}")
    click.echo(f"schema version {told['schema_version']}, digest {told['digest'][:16]}")


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
    from perovdb.store import queries

    name = queries.fact_table(table)
    if not explain:
        render.emit_csv_header(queries.columns(name))
        return
    render.emit_lines(render.table(queries.column_meanings(name)))


@command.command()
@_FILE
def migrate(file: Path) -> None:
    """Bring a store of an older perovdb to this one's schema.

    \b
    Example:
      perovdb store migrate my.sqlite
    """
    from perovdb.store import own
    from perovdb.store.schema import SCHEMA_VERSION

    version = own.migrate(file)
    if version == SCHEMA_VERSION:
        click.echo(f"{file}: nothing to do, schema version {version}")
    else:
        click.echo(f"{file}: schema version {version} -> {SCHEMA_VERSION}")


@command.command()
@click.argument("query", metavar="SELECT")
@options.as_json
@options.as_csv
def sql(query: str, as_json: bool, as_csv: bool) -> None:
    """Ask in SQL; nothing can be written.

    \b
    Example:
      perovdb store sql "select formula, count(*) as n from phase group by formula"
    """
    from perovdb.errors import InputError
    from perovdb.store import current_store

    connection = current_store().connection
    connection.set_authorizer(_only_reading)
    try:
        cursor = connection.execute(query)
        rows = _distinct_names(cursor)
    except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
        raise InputError(
            f"SQL: {error}.", "One SELECT over the tables of 'perovdb store info'."
        ) from error
    finally:
        connection.set_authorizer(None)
    if as_json:
        render.emit_json(rows)
    elif as_csv:
        render.emit_csv(rows)
    else:
        render.emit_lines(render.table(rows))


def _distinct_names(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    names: list[str] = []
    for name, *_ in cursor.description or ():
        free = name
        while free in names:
            free += "_"
        names.append(free)
    return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor]


def _plain(value: Any) -> Any:
    """A value as JSON can say it."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if value in (inf, -inf) else value


def _only_reading(action: int, *_: Any) -> int:
    allowed = (
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    )
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY
