"""Every command, every line of Python and the notebook of the documents give what they show."""

import importlib.util
import re
import shlex
from pathlib import Path

import nbformat
import pytest
from nbconvert.preprocessors import ExecutePreprocessor

import perovdb as library
from perovdb.store import Store, own
from perovdb_cli.commands import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

_SPEC = importlib.util.spec_from_file_location("examples", ROOT / "docs" / "make_examples.py")
examples = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(examples)

_SPEC = importlib.util.spec_from_file_location("page", ROOT / "docs" / "make_data_page.py")
page = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(page)
#: Whether the pages show the data of now: where a fact was added since, they are out of date.
UP_TO_DATE = page.mark(Store()) in (ROOT / "docs" / "data.md").read_text(encoding="utf-8")

#: Commands whose answers hold no facts but those that they are given.
FROM_NO_FACTS = {"infer", "arrhenius", "rate", "barrier", "relax", "store", "completion"}
#: What others must print whatever facts are added: radii, and a cell that is named.
PINNED = {
    "perovdb tolerance": ("0.851", "0.541", "4.30"),
    "perovdb xrd CsPbI3 --phase alpha": ("14.07", "28.357"),
}

CONSOLE = [(page, block) for page in examples.PAGES for block in examples.blocks(page)]


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", README, flags=re.DOTALL)


def test_the_readme_is_short_and_the_tour_shows_every_command():
    assert README.count("\n") <= 200
    tour = examples.blocks(ROOT / "docs" / "tour.md")
    shown = {command.split()[1] for block in tour for command, _ in examples.commands(block)}
    # A script for a shell is spoken of, not printed.
    assert "perovdb completion bash" in README
    assert shown | {"completion"} == set(COMMANDS)


@pytest.mark.parametrize(
    ("page", "block"), CONSOLE, ids=[f"{p.stem}-{b.split(chr(10))[0][2:60]}" for p, b in CONSOLE]
)
def test_commands_give_the_output_that_is_shown(perovdb, tmp_path, monkeypatch, page, block):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    examples.prepare(tmp_path)
    for command, output in examples.commands(block):
        program, *arguments = shlex.split(command)
        assert program == "perovdb"
        answer = perovdb(*arguments)
        assert (answer.code, answer.err) == (0, "")
        if UP_TO_DATE or arguments[0] in FROM_NO_FACTS:
            assert answer.out == output
        assert is_made_as(answer.out, output)
        for start, numbers in PINNED.items():
            if command.startswith(start):
                assert all(number in answer.out for number in numbers)


def is_made_as(now, shown):
    """Whether an answer has the columns of another, and half of its lines by their names."""
    heads = {tuple(columns(line)) for line in now.splitlines()}
    names = {columns(line)[0] for line in now.splitlines() if line.strip()}
    lines = [columns(line) for line in shown.splitlines() if line.strip()]
    is_head = [len(line) > 2 and not re.search(r"\d", " ".join(line)) for line in lines]
    known = sum(line[0] in names for line in lines)
    return 2 * known >= len(lines) and all(
        tuple(line) in heads for line, head in zip(lines, is_head, strict=True) if head
    )


def columns(line):
    """The cells of a line, its numbers masked."""
    return re.split(r"  +|: ", re.sub(r"\d+(\.\d+)?", "#", line.strip()))


def test_an_answer_is_told_from_one_that_is_made_otherwise():
    shown = "formula  t      tau\nCsPbI3   0.851  4.30\nMAPbI3   0.912  3.88\n"
    more = "formula  t      tau\nCsPbI3   0.852  4.31\nMAPbI3   0.912  3.88\nCsPbBr3  0.8  4.1\n"
    assert is_made_as(more, shown)
    assert not is_made_as(more.replace("tau", "mu"), shown)
    assert not is_made_as("formula  t      tau\n", shown)


def test_the_python_of_the_readme_runs_and_its_comments_are_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples.prepare(tmp_path)
    own.init(tmp_path / "lab.sqlite")
    (code,) = blocks("python")
    names = {}
    exec(code, names)
    composition, path = names["composition"], names["path"]
    assert dict(composition.A) == {"Cs": 0.5, "FA": 0.5}
    assert round(library.tolerance(composition).t, 3) == 0.919
    assert round(library.lattice(composition).a_pseudocubic_A, 3) == 6.272
    assert names["vacant"].charge == -1
    assert names["neutral"].charge == 0
    assert path.closest_contact_A > 1.5
    assert (tmp_path / "band" / "neb.inp").is_file()


def test_every_cell_of_the_notebook_shows_a_table_or_a_picture(tmp_path):
    notebook = nbformat.read(ROOT / "docs" / "tour.ipynb", as_version=4)
    ExecutePreprocessor(timeout=300, kernel_name="python3").preprocess(
        notebook, {"metadata": {"path": str(tmp_path)}}
    )
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) == 12
    for cell in cells:
        shown = "".join(
            str(content)
            for output in cell.outputs
            if output.output_type in ("execute_result", "display_data")
            for kind, content in output.data.items()
            if kind in ("text/html", "image/png", "image/svg+xml")
        )
        assert "<table" in shown or "<svg" in shown or len(shown) > 5000, cell.source
    assert (tmp_path / "band" / "neb.inp").is_file()


def test_the_readme_names_the_two_commands_that_ci_runs():
    ci = (ROOT / ".ci" / "run").read_text()
    install, test = blocks("sh")
    assert "pip install . && perovdb show" in install
    assert test.strip() in ci


def test_the_project_speaks_of_itself_alone():
    foreign = re.compile(r"\.\./shared|\.library|/work/|find_string|read_file", re.IGNORECASE)
    for folder in ("src", "cli", "data", "benchmarks", "docs", ".ci"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".csv", ".toml", ".sql", ".md", ".sh"} or path.name == "run":
                assert not foreign.search(path.read_text(encoding="utf-8")), path
