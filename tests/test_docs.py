"""Every command and every line of Python in the documents runs and gives what they show."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", README, flags=re.DOTALL)


def examples():
    """(command, output) pairs of the console blocks."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def test_the_readme_shows_ten_commands():
    assert len({command.split()[1] for command, _ in examples()}) == 10


@pytest.mark.parametrize(
    ("command", "output"), list(examples()), ids=lambda text: text.split("\n")[0]
)
def test_a_command_gives_the_output_that_is_shown(perovdb, tmp_path, monkeypatch, command, output):
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(command)
    assert program == "perovdb"
    answer = perovdb(*arguments)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == output


def test_the_python_of_the_readme_runs_and_its_comments_are_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    names = {}
    exec(code, names)
    composition, path = names["composition"], names["path"]
    library = names["perovdb"]
    assert dict(composition.A) == {"Cs": 0.5, "FA": 0.5}
    assert round(library.tolerance(composition).t, 3) == 0.919
    assert round(library.lattice(composition).a_pseudocubic_A, 3) == 6.272
    assert names["structure"].properties["charge"] == -1
    assert path.closest_contact_A > 1.5
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
