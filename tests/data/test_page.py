"""docs/data.md says what is in the tables now."""

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "data.md").read_text(encoding="utf-8")


def make(*arguments):
    command = [sys.executable, str(DOCS / "make_data_page.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_page_differs_from_a_new_one_in_counts_and_ids_alone(tmp_path):
    """So that a fact may be added before the page is written anew."""
    page = tmp_path / "data.md"
    assert make(page).returncode == 0
    assert plain(page.read_text(encoding="utf-8")) == plain(TEXT)


def plain(text):
    """A page without numbers, ids and the digest."""
    text = re.sub(r"begins with \w+|\* \w+: [A-Z]+\d.*", "", text)
    return re.sub(r"\d+( rows?)?", "#", text)


def test_a_page_that_is_out_of_date_or_missing_is_noticed(tmp_path):
    page = tmp_path / "data.md"
    assert make("--check", page).returncode == 1
    page.write_text(TEXT.replace("facts", "fact", 1), encoding="utf-8")
    answer = make("--check", page)
    assert answer.returncode == 1
    assert "out of date" in answer.stderr
    assert make(page).returncode == 0
    assert make("--check", page).returncode == 0


def test_the_page_counts_the_rows_of_the_files(tables, tmp_path):
    assert make(tmp_path / "data.md").returncode == 0
    text = (tmp_path / "data.md").read_text(encoding="utf-8")
    shown = re.findall(r"^\| \[(\w+)\]\(#\w+\) \| (\d+) \|", text, flags=re.MULTILINE)
    counted = {table: int(rows) for table, rows in shown}
    del counted["source"]
    assert counted == {table: len(rows) for table, rows in tables.items()}


def test_the_page_tells_every_column_of_every_table(tables):
    for table, rows in tables.items():
        section = TEXT.split(f"\n### {table}\n")[1].split("\n### ")[0]
        assert {f"`{column}`" for column in rows[0]} <= set(re.findall(r"`\w+`", section)), table


def test_the_page_on_tolerance_factors_is_up_to_date():
    command = [sys.executable, str(DOCS / "make_tolerance_page.py"), "--check"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
