"""Put typed rows into tables; a refusal names file, line and column, and the rule."""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from perovdb.errors import StoreError
from perovdb.store.csv_rows import CsvRow
from perovdb.store.schema import column_types

#: As many words of a vocabulary are listed in a message.
_FEW = 12


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[CsvRow]) -> None:
    """Insert rows; empty cells take the default of their column.

    Raises:
        StoreError: a row breaks a rule of the table.
    """
    for row in rows:
        values = {column: value for column, value in row.values.items() if value is not None}
        names = ", ".join(f'"{column}"' for column in values)
        marks = ", ".join("?" * len(values))
        try:
            connection.execute(
                f'INSERT INTO main."{table}" ({names}) VALUES ({marks})', tuple(values.values())
            )
        except (sqlite3.Error, OverflowError) as error:
            raise _refusal(str(error), table, row) from error


def _refusal(message: str, table: str, row: CsvRow) -> StoreError:
    rule, _, detail = message.partition(" constraint failed: ")
    # "table.column" of UNIQUE and NOT NULL: a table may have a column of its own name.
    words = re.findall(r"\w+", detail.replace(f"{table}.", ""))
    columns = [name for name in words if name in row.positions]
    column = columns[0] if columns else None
    value = row.values.get(column) if column else None
    if rule == "NOT NULL":
        lacking = detail.rpartition(".")[2]
        if lacking in row.positions:
            return StoreError(f"{row.place(lacking)}: the cell is empty.", "It must be filled.")
        return StoreError(f"{row.place()}: there is no column '{lacking}'.", "It must be filled.")
    if rule == "UNIQUE":
        return StoreError(f"{row.place(column)}: '{value}' stands already.", "Give a new one.")
    if rule == "CHECK":
        shown = "an empty cell" if value is None else f"'{value}'"
        return StoreError(
            f"{row.place(column)}: {shown} is not allowed in table '{table}'.",
            f"Allowed: {' '.join(detail.split())}.",
        )
    return StoreError(f"{row.place()}: table '{table}' refuses the row: {message}.", "Mend it.")


def check_references(
    connection: sqlite3.Connection, tables: Mapping[str, Sequence[CsvRow]]
) -> None:
    """Refuse a row that points at a row which is not there; checked when all are in.

    Raises:
        StoreError: a source, an ion or a word of a vocabulary is not there.
    """
    for table, rows in tables.items():
        keys = connection.execute(f'PRAGMA main.foreign_key_list("{table}")').fetchall()
        references = [(key[3], key[2], key[4]) for key in keys]
        if "cited_sources" in column_types(connection, table):
            references.append(("cited_sources", "source", "key"))
        for column, other, other_column in references:
            query = f'SELECT "{other_column}" FROM "{other}"'
            known = [str(value) for (value,) in connection.execute(query)]
            _check_known(rows, column, other, known)


def _check_known(rows: Sequence[CsvRow], column: str, other: str, known: list[str]) -> None:
    there = set(known)
    for row in rows:
        cell = row.values.get(column)
        if cell is None:
            continue
        for value in str(cell).split(";") if column == "cited_sources" else [str(cell)]:
            if value not in there:
                mend = f"Allowed: {', '.join(known)}."
                if len(known) > _FEW:
                    near = ", ".join(get_close_matches(value, known, n=3))
                    mend = f"Add it to '{other}' first" + (f"; near it: {near}." if near else ".")
                raise StoreError(f"{row.place(column)}: '{value}' is not in '{other}'.", mend)


def check_aliases(connection: sqlite3.Connection) -> None:
    """Refuse an alias that is an ion itself, or of an ion that takes no site.

    Raises:
        StoreError: there is one.
    """
    lost = connection.execute(
        "SELECT a.alias FROM ion_alias AS a JOIN ion AS i ON a.species = i.species "
        "WHERE a.alias IN (SELECT species FROM ion) OR i.site IS NULL"
    ).fetchone()
    if lost:
        raise StoreError(
            f"ion_alias.csv: '{lost[0]}' is an ion itself, or its ion takes no site.",
            "Remove the alias.",
        )
