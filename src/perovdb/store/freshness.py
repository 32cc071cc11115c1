"""Whether the store of a checkout was built from the tables as they stand in data/."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from perovdb.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def source_files(data: Path) -> list[Path]:
    """The files that the store is made from, in a fixed order."""
    tables = data / "tables"
    if not tables.is_dir():
        raise StoreError(f"{tables} is not there.", "Restore the folder with its tables.")
    fixed = [data / "columns.csv", data / "schema.sql", data / "sources.toml"]
    return fixed + sorted(tables.glob("*.csv"))


def digest(data: Path) -> str:
    """SHA-256 over the names and contents of everything that the store is made from."""
    import hashlib

    total = hashlib.sha256()
    for path in source_files(data):
        total.update(path.relative_to(data).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def check_fresh(data: str, store: str, built_from: str, mend: str) -> None:
    """Notice that data/ was edited since the store was built; where there is none, do nothing.

    Raises:
        StoreError: the digest that the store was built from is not that of the files.
    """
    if not os.path.isfile(os.path.join(data, "schema.sql")):
        return
    built = os.stat(store).st_mtime_ns
    # A folder's own time changes when a table comes or goes.
    entries = [*os.scandir(data), *os.scandir(os.path.join(data, "tables"))]
    if max(entry.stat().st_mtime_ns for entry in entries) < built:
        return
    from pathlib import Path

    if digest(Path(data)) != built_from:
        raise StoreError(f"The tables in {data} were edited after the store was built.", mend)
