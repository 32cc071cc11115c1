"""Every command and every line of Python in the documents runs and gives what they show."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from perovdb_cli.commands import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", README, flags=re.DOTALL)


def examples():
    """The console blocks as lists of (command, output); a block's commands share a folder."""
    for block in blocks("console"):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        yield [(command, output) for command, _, output in (p.partition("\n") for p in parts)]


def tables():
    """The files that the README shows, by name."""
    shown = r"`(\w+\.(?:csv|toml))`:\n\n```(?:csv|toml)\n(.*?)```"
    return dict(re.findall(shown, README, flags=re.DOTALL))


def put_files(folder):
    """The files that the README shows or speaks of."""
    for name, text in tables().items():
        (folder / name).write_text(text)
    shutil.copytree(ROOT / "tests" / "results" / "fixtures" / "qe", folder / "finished")


def test_the_readme_is_a_tour_of_the_commands():
    shown = {command.split()[1] for block in examples() for command, _ in block}
    # A script for a shell is spoken of, not printed.
    assert "perovdb completion bash" in README
    assert shown | {"completion"} == set(COMMANDS)


@pytest.mark.parametrize("block", list(examples()), ids=lambda block: block[0][0])
def test_commands_give_the_output_that_is_shown(perovdb, tmp_path, monkeypatch, block):
    monkeypatch.chdir(tmp_path)
    put_files(tmp_path)
    for command, output in block:
        program, *arguments = shlex.split(command)
        assert program == "perovdb"
        answer = perovdb(*arguments)
        assert (answer.code, answer.err) == (0, "")
        assert answer.out == output


def test_the_python_of_the_readme_runs_and_its_comments_are_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put_files(tmp_path)
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
