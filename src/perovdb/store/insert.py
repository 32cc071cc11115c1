"""Put typed rows into tables; a refusal names file, line and column, and the rule."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from perovdb.errors import StoreError
from perovdb.store.csv_rows import CsvRow
from perovdb.store.references import Lost, lost

#: As many words of a vocabulary are listed in a message.
_FEW = 12

#: Among so many words that begin alike a message looks for the nearest.
_NEIGHBOURS = 2000


def insert(
    connection: sqlite3.Connection, table: str, rows: Iterable[CsvRow], schema: str = "main"
) -> int:
    """Insert rows; empty cells take the default of their column.

    Args:
        schema: where the table stands; in "temp" the row number is the line of the file.

    Returns:
        how many rows there were.

    Raises:
        StoreError: a row breaks a rule of the table.
    """
    count = 0
    for row in rows:
        count += 1
        values = {column: value for column, value in row.values.items() if value is not None}
        if schema == "temp":
            values["rowid"] = row.line
        names = ", ".join(f'"{column}"' for column in values)
        marks = ", ".join("?" * len(values))
        try:
            connection.execute(
                f'INSERT INTO {schema}."{table}" ({names}) VALUES ({marks})',
                tuple(values.values()),
            )
        except (sqlite3.IntegrityError, OverflowError) as error:
            raise _refusal(str(error), table, row) from error
    return count


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
        return refuse_taken(row, column, value)
    if rule == "CHECK":
        shown = "an empty cell" if value is None else f"'{value}'"
        return StoreError(
            f"{row.place(column)}: {shown} is not allowed in table '{table}'.",
            f"Allowed: {' '.join(detail.split())}.",
        )
    return StoreError(f"{row.place()}: table '{table}' refuses the row: {message}.", "Mend it.")


def refuse_taken(row: CsvRow, column: str | None, value: object) -> StoreError:
    """What is said of a name that another row has."""
    return StoreError(f"{row.place(column)}: '{value}' stands already.", "Give a new one.")


def refuse_lost(
    connection: sqlite3.Connection, row: CsvRow, missing: Lost, among: Sequence[str]
) -> StoreError:
    """What is said of a row that points at a row which is not there."""
    info = connection.execute(f'PRAGMA main.table_info("{missing.table}")')
    (key,) = (column[1] for column in info if column[5])
    union = " UNION ALL ".join(f'SELECT "{key}" AS word FROM {s}."{missing.table}"' for s in among)
    known = [
        str(word)
        for (word,) in connection.execute(f"SELECT word FROM ({union}) LIMIT ?", (_FEW + 1,))
    ]
    mend = f"Allowed: {', '.join(known)}."
    if len(known) > _FEW:
        alike = connection.execute(
            f"SELECT word FROM ({union}) WHERE word >= ?1 AND word < ?1 || char(1114111) LIMIT ?2",
            (missing.value[:1], _NEIGHBOURS),
        )
        near = ", ".join(get_close_matches(missing.value, [str(word) for (word,) in alike], n=3))
        mend = f"Add it to '{missing.table}' first" + (f"; near it: {near}." if near else ".")
    what = f"{row.place(missing.column)}: '{missing.value}' is not in '{missing.table}'."
    return StoreError(what, mend)


def check_references(
    connection: sqlite3.Connection, tables: Mapping[str, Sequence[CsvRow]]
) -> None:
    """Refuse a row that points at a row which is not there; checked when all are in.

    Args:
        tables: table -> its rows, all that it has and in their order.

    Raises:
        StoreError: a source, an ion or a word of a vocabulary is not there.
    """
    for table, rows in tables.items():
        for one in lost(connection, table, "main", ["main"]):
            raise refuse_lost(connection, rows[one.row - 1], one, ["main"])
