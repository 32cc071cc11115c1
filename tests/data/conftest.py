"""The tables as they stand in the files, for the tests that do not ask the store."""

import csv
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the data."""
    return DATA


@pytest.fixture(scope="session")
def tables() -> dict[str, list[dict[str, str]]]:
    """Table -> rows of its CSV file, every cell a text."""
    found = {}
    for path in sorted((DATA / "tables").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    return found
