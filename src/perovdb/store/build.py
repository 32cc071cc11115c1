"""Build a store from data/: schema.sql, columns.csv, sources.toml and tables/*.csv.

Run by the build hook at install; ``python -m perovdb.store.build`` rebuilds the store of an
editable install after an edit. The same tables give the same bytes. Nothing is written
unless every row passes.
"""

import re
import sqlite3
import sys
import tomllib
from pathlib import Path

from perovdb.errors import PerovdbError, StoreError
from perovdb.files.new_files import write_new_file
from perovdb.files.reading import read_text
from perovdb.store import disk
from perovdb.store.clashes import clashes
from perovdb.store.csv_rows import CsvRow, read_csv
from perovdb.store.gate import CURATED
from perovdb.store.index import write_index
from perovdb.store.insert import check_references, insert
from perovdb.store.meaning import check_row
from perovdb.store.schema import (
    ABOUT_ITSELF,
    SCHEMA_VERSION,
    column_types,
    digest,
    source_files,
    tables_with,
    write_header,
)
from perovdb.store.schema import tables as tables_of

#: The columns that stand in every table of facts: typed once, see schema.sql.
_SHARED = re.compile(r"CREATE TABLE provenance \(\n(.*?)\n\);\n", re.DOTALL)
_HERE = "  LIKE provenance"


def build(data: Path, target: Path) -> None:
    """Build the store at `target` from the folder `data`; replace it in one step.

    Raises:
        StoreError: a file is missing, or a row is refused (file, line and column are named).
        InputError: the store cannot be written.
    """
    try:
        write_new_file(str(target), lambda new: _fill(data, Path(new)), force=True)
    except sqlite3.Error as error:
        raise disk.refused(target, error) or StoreError(
            f"{target} cannot be built: {error}.", "Mend the cause."
        ) from error


def _fill(data: Path, target: Path) -> None:
    from sqlite_utils import Database

    database = Database(target)
    connection = database.conn
    try:
        try:
            database.executescript(expanded(read_text(data / "schema.sql", "rows")))
        except sqlite3.Error as error:
            raise StoreError(f"schema.sql: {error}.", "Mend the SQL.") from error
        write_header(connection)
        written_here = {*ABOUT_ITSELF, *tables_with(connection, "name", "meaning"), "source"}
        with database.atomic():
            columns = {name: column_types(connection, name) for name in tables_of(connection)}
            tables = {
                "source": _source_rows(data / "sources.toml", columns["source"]),
                "column_meaning": _meaning_rows(data / "columns.csv", columns),
            }
            for path in source_files(data)[3:]:
                if path.stem not in columns or path.stem in written_here:
                    raise StoreError(
                        f"{path.name}: '{path.stem}' is no table of facts in schema.sql.",
                        "Rename the file after its table.",
                    )
                tables[path.stem] = list(read_csv(path, columns[path.stem], whole=True))
            for table, rows in tables.items():
                for row in rows:
                    check_row(row, table)
                insert(connection, table, rows)
            check_references(connection, tables)
            for table, rows in tables.items():
                for clash in clashes(connection, table, "main", ["main"]):
                    raise clash.error(rows[clash.row - 1])
            meta = {"digest": digest(data), "schema_version": str(SCHEMA_VERSION)}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            write_index(connection)
        database.vacuum()
    finally:
        database.close()


def expanded(schema: str) -> str:
    """schema.sql as SQL: the columns of provenance in every table that has them."""
    shared = _SHARED.search(schema)
    return _SHARED.sub("", schema).replace(_HERE, shared.group(1)) if shared else schema


def _source_rows(path: Path, types: dict[str, str]) -> list[CsvRow]:
    try:
        sources = tomllib.loads(read_text(path, "rows"))
    except tomllib.TOMLDecodeError as error:
        raise StoreError(f"{path.name}: {error}.", "Mend the TOML.") from error
    rows = []
    for key, fields in sources.items():
        place = f"{path.name}: [{key}]"
        if not isinstance(fields, dict):
            raise StoreError(f"{path.name}: '{key}' is not a table.", f"Write [{key}] above it.")
        unknown = [name for name in fields if name not in types]
        if unknown:
            raise StoreError(
                f"{place}: '{unknown[0]}' is not a column of the table.",
                f"Its columns: {', '.join(types)}.",
            )
        rows.append(CsvRow(place, 0, {"key": key, **fields}, dict.fromkeys(types, 0)))
    return rows


def _meaning_rows(path: Path, tables: dict[str, dict[str, str]]) -> list[CsvRow]:
    header = ["table", "column", "unit", "meaning"]
    rows = []
    for row in read_csv(path, dict.fromkeys(header, "TEXT"), whole=True):
        table, column = str(row.values["table"]), str(row.values["column"])
        if column not in tables.get(table, {}):
            raise StoreError(
                f"{row.place()}: schema.sql has no column {table}.{column}.",
                "Remove the line or mend its spelling.",
            )
        values = dict(zip(tables["column_meaning"], row.values.values(), strict=True))
        rows.append(row._replace(values=values))
    listed = {(row.values["table_name"], row.values["column_name"]) for row in rows}
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


def main() -> None:
    """Rebuild the store of an editable install."""
    target = Path(CURATED)
    data = target.parents[2] / "data"
    try:
        build(data, target)
    except PerovdbError as error:
        sys.exit(f"perovdb: error: {error}")
    sys.stdout.write(f"built {target}\n")


if __name__ == "__main__":
    main()
