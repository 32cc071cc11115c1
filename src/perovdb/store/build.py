"""Build a store from data/: schema.sql, columns.csv, sources.toml and tables/*.csv.

Run by the build hook at install; ``python -m perovdb.store.build`` rebuilds the store of an
editable install after an edit. The same tables give the same bytes. Nothing is written
unless every row passes.
"""

import csv
import hashlib
import io
import math
import os
import re
import sqlite3
import sys
import tomllib
from pathlib import Path
from typing import Any

from perovdb.errors import StoreError
from perovdb.store.connection import CURATED, SCHEMA_VERSION

APPLICATION_ID = 0x70766462  # "pvdb"

#: Tables that are not filled from tables/*.csv.
BUILT = {"column_meaning", "evidence_level", "fact_kind", "meta", "radius_set", "source"}

Value = str | int | float | None
Row = dict[str, Value]


def digest(data: Path) -> str:
    """SHA-256 over the names and contents of everything that the store is made from."""
    total = hashlib.sha256()
    for path in source_files(data):
        total.update(path.relative_to(data).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def source_files(data: Path) -> list[Path]:
    """The files that the store is made from, in a fixed order."""
    tables = data / "tables"
    if not tables.is_dir():
        raise StoreError(f"{tables} is not there.", "Restore the folder with its tables.")
    fixed = [data / "columns.csv", data / "schema.sql", data / "sources.toml"]
    return fixed + sorted(tables.glob("*.csv"))


def build(data: Path, target: Path) -> None:
    """Build the store at `target` from the folder `data`; replace it in one step.

    Raises:
        StoreError: a file is missing, or a row is refused (file, line and column are named).
    """
    part = target.with_name(f"{target.name}.part{os.getpid()}")
    try:
        _fill(data, part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{target} cannot be built: {error}.", "Mend the cause.") from error
    finally:
        part.unlink(missing_ok=True)


def _fill(data: Path, target: Path) -> None:
    from sqlite_utils import Database

    target.unlink(missing_ok=True)
    database = Database(target)
    try:
        schema = _read_text(data / "schema.sql")
        try:
            database.executescript(schema)
        except sqlite3.Error as error:
            raise StoreError(f"schema.sql: {error}.", "Mend the SQL.") from error
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        with database.atomic():
            columns = {name: _column_types(database, name) for name in database.table_names()}
            _insert(database, "source", _source_rows(data / "sources.toml"))
            _insert(database, "column_meaning", _meaning_rows(data / "columns.csv", columns))
            for path in source_files(data)[3:]:
                if path.stem not in columns or path.stem in BUILT:
                    raise StoreError(
                        f"{path.name}: '{path.stem}' is no table of facts in schema.sql.",
                        "Rename the file after its table.",
                    )
                _insert(database, path.stem, _table_rows(path, columns[path.stem]))
            _check_references(database)
            _check_aliases(database)
            _check_cited_sources(database, columns)
            meta = {"digest": digest(data), "schema_version": str(SCHEMA_VERSION)}
            _insert(database, "meta", [("meta", {"key": k, "value": v}) for k, v in meta.items()])
        database.vacuum()
    finally:
        database.close()


def _column_types(database: Any, table: str) -> dict[str, str]:
    return {column.name: column.type for column in database.table(table).columns}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: cannot be read ({error}).", "Restore the file.") from error


def _source_rows(path: Path) -> list[tuple[str, Row]]:
    try:
        sources = tomllib.loads(_read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise StoreError(f"{path.name}: {error}.", "Mend the TOML.") from error
    for key, fields in sources.items():
        if not isinstance(fields, dict):
            raise StoreError(f"{path.name}: '{key}' is not a table.", f"Write [{key}] above it.")
    return [(f"{path.name}: [{key}]", {"key": key, **fields}) for key, fields in sources.items()]


def _meaning_rows(path: Path, tables: dict[str, dict[str, str]]) -> list[tuple[str, Row]]:
    rows = []
    listed = set()
    reader = csv.DictReader(io.StringIO(_read_text(path)))
    header = ["table", "column", "unit", "meaning"]
    if reader.fieldnames != header:
        raise StoreError(f"{path.name}:1: the header is wrong.", f"Write {','.join(header)}.")
    for line, row in enumerate(reader, start=2):
        table, column = row["table"], row["column"]
        if column not in tables.get(table, {}):
            raise StoreError(
                f"{path.name}:{line}: schema.sql has no column {table}.{column}.",
                "Remove the line or mend its spelling.",
            )
        listed.add((table, column))
        rows.append(
            (
                f"{path.name}:{line}",
                {
                    "table_name": table,
                    "column_name": column,
                    "unit": row["unit"] or None,
                    "meaning": row["meaning"],
                },
            )
        )
    unlisted = [
        f"{table}.{column}"
        for table, columns in tables.items()
        for column in columns
        if (table, column) not in listed
    ]
    if unlisted:
        raise StoreError(
            f"{path.name}: no meaning is given for {', '.join(unlisted)}.",
            "Add a line for each: table,column,unit,meaning.",
        )
    return rows


def _table_rows(path: Path, types: dict[str, str]) -> list[tuple[str, Row]]:
    """Rows of a CSV file as typed values, each with the place that messages name."""
    reader = csv.reader(io.StringIO(_read_text(path), newline=""), strict=True)
    rows: list[tuple[str, Row]] = []
    try:
        header = next(reader, [])
        if header != list(types):
            raise StoreError(
                f"{path.name}:1: the header is not the columns of the table in their order.",
                f"It must read: {','.join(types)}",
            )
        for cells in reader:
            place = f"{path.name}:{reader.line_num}"
            if len(cells) != len(header):
                raise StoreError(
                    f"{place}: {len(cells)} cells for {len(header)} columns.",
                    "Quote cells that hold a comma.",
                )
            row = {
                column: _typed(cell, types[column], f"{place}: {column}")
                for column, cell in zip(header, cells, strict=True)
            }
            rows.append((place, row))
    except csv.Error as error:
        raise StoreError(f"{path.name}:{reader.line_num}: {error}.", "Mend the CSV.") from error
    return rows


def _typed(cell: str, kind: str, place: str) -> Value:
    if cell == "":
        return None
    if kind == "TEXT":
        return cell
    try:
        number = int(cell) if kind == "INTEGER" else float(cell)
    except ValueError:
        number = math.nan
    # int() and float() also read "1_000", " 1" and "inf", which are slips in a table.
    if not math.isfinite(number) or not re.fullmatch(r"-?[\d.]+(e-?\d+)?", cell):
        wanted = "a whole number" if kind == "INTEGER" else "a number"
        raise StoreError(
            f"{place}: '{cell}' is not {wanted}.",
            "Units, ranges and '~' have columns of their own; leave the cell empty if unknown.",
        )
    return number


def _insert(database: Any, table: str, rows: list[tuple[str, Row]]) -> None:
    for place, row in rows:
        try:
            database.table(table).insert(row)
        except (sqlite3.Error, OverflowError) as error:
            raise StoreError(
                f"{place}: the row breaks a rule of table '{table}': {error}.",
                "schema.sql states the rule.",
            ) from error


def _check_references(database: Any) -> None:
    """Refuse a row that points at a row which is not there (checked last: any order will do)."""
    for table in database.table_names():
        for key in database.table(table).foreign_keys:
            lost = database.execute(
                f"SELECT {key.column} FROM {table} WHERE {key.column} NOT IN "
                f"(SELECT {key.other_column} FROM {key.other_table})"
            ).fetchone()
            if lost:
                raise StoreError(
                    f"{table}.csv: {key.column} '{lost[0]}' is not in '{key.other_table}'.",
                    f"Add '{lost[0]}' to '{key.other_table}' or mend its spelling.",
                )


def _check_aliases(database: Any) -> None:
    lost = database.execute(
        "SELECT a.alias FROM ion_alias AS a JOIN ion AS i ON a.species = i.species "
        "WHERE a.alias IN (SELECT species FROM ion) OR i.site IS NULL"
    ).fetchone()
    if lost:
        raise StoreError(
            f"ion_alias.csv: '{lost[0]}' is an ion itself, or its ion takes no site.",
            "Remove the alias.",
        )


def _check_cited_sources(database: Any, columns: dict[str, dict[str, str]]) -> None:
    known = {key for (key,) in database.execute("SELECT key FROM source")}
    for table in (name for name, types in columns.items() if "cited_sources" in types):
        query = f"SELECT id, cited_sources FROM {table} WHERE cited_sources IS NOT NULL"
        for row_id, cited in database.execute(query):
            for key in cited.split(";"):
                if key not in known:
                    raise StoreError(
                        f"{table}.csv: cited_sources '{key}' (row {row_id}) is not a source.",
                        "Add it to sources.toml or mend its spelling; separate keys by ';'.",
                    )


def main() -> None:
    """Rebuild the store of an editable install."""
    target = Path(CURATED)
    data = target.parents[2] / "data"
    try:
        build(data, target)
    except StoreError as error:
        sys.exit(f"perovdb: error: {error}")
    sys.stdout.write(f"built {target}\n")


if __name__ == "__main__":
    main()
