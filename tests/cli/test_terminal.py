"""What leaves for the terminal, and what becomes of errors that no command foresees."""

import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

import perovdb_cli
from perovdb.answers.tables import cell, printable, table
from perovdb_cli import render

#: Text as a file or a store may hold it: control characters, C1, marks of direction, surrogates.
ANY = st.text(st.characters(), max_size=30)
STRANGE = "Cs\x1b[2J\x9b31m\u202e\u2066\x00\r\u200b\U000e0041\udc9b"


def acted_on(text):
    """Characters on which a terminal acts, or which a person does not see."""
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return [c for c in text if unicodedata.category(c) in kinds and c not in "\n\t"]


@given(ANY)
def test_nothing_that_a_terminal_acts_on_is_printed(text):
    shown = printable(text)
    assert not acted_on(shown)
    assert printable(shown) == shown
    assert shown.count("\n") == text.count("\n")
    if text.isascii() and text.isprintable():
        assert shown == text


@given(st.lists(ANY, min_size=1, max_size=4))
def test_a_table_keeps_its_widths_whatever_stands_in_it(texts):
    lines = table([{"text": text, "number": 1.5} for text in texts])
    assert len(lines) == len(texts) + 1
    assert len({len(line) for line in lines}) == 1
    assert not acted_on("".join(lines))
    assert [line[:-8].rstrip() for line in lines[1:]] == [cell(text).rstrip() for text in texts]


@given(ANY)
def test_json_is_escaped_by_its_own_rules(text):
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(click, "echo", lambda line, **_: said.append(line))
        render.emit_json({"text": text})
    assert json.loads(said[0]) == {"text": text}
    assert not acted_on(said[0])


def test_all_text_leaves_by_one_function():
    package = Path(perovdb_cli.__file__).parent
    texts = {path: path.read_text() for path in package.rglob("*.py")}
    speaking = [
        path.name for path, text in texts.items() if re.search(r"\becho\(|\bprint\(", text)
    ]
    assert speaking == ["render.py"]


@pytest.mark.parametrize(
    "line",
    [
        ("tolerance", STRANGE),
        ("hops", "CsPbI3", "--species", STRANGE),
        ("build", "CsPbI3", "-o", STRANGE),
        ("show", STRANGE, "--json"),
        ("search", STRANGE),
        (STRANGE,),
    ],
)
def test_what_a_person_typed_is_shown_without_effect(perovdb, line):
    answer = perovdb(*line)
    assert answer.code in (1, 2)
    assert not acted_on(answer.out + answer.err)


def test_a_long_argument_is_not_said_in_full(perovdb):
    answer = perovdb("tolerance", "(" * 100_000)
    assert len(answer.err) < 500


FORESEEN = [
    (MemoryError(), 1, "memory"),
    (RecursionError(), 2, "nested"),
    (KeyboardInterrupt(), 130, "interrupted"),
    (RuntimeWarning("overflow encountered in exp"), 1, "not finite (overflow"),
    (OverflowError("int too large to convert to float"), 1, "not finite"),
    (PermissionError(13, "Permission denied", "x.csv"), 2, "x.csv: Permission denied"),
    (AttributeError("'str' has no 'check'"), 3, "a fault of perovdb: AttributeError"),
]


@pytest.mark.parametrize(("error", "code", "words"), FORESEEN, ids=lambda v: type(v).__name__)
def test_whatever_is_raised_becomes_one_line(perovdb, monkeypatch, error, code, words):
    import perovdb.calculators.tolerance as module

    def fails(*_):
        raise error

    monkeypatch.setattr(module, "tolerance", fails)
    answer = perovdb("tolerance", "CsPbI3")
    assert (answer.code, answer.out) == (code, "")
    assert re.fullmatch(r"\n?perovdb: error: .*\n", answer.err)
    assert words in answer.err


def test_a_warning_is_one_line_below_the_answer(perovdb, monkeypatch):
    import warnings

    import perovdb.calculators.tolerance as module

    tolerance = module.tolerance

    def warns(*arguments):
        warnings.warn("the cell is\nodd", stacklevel=1)
        return tolerance(*arguments)

    monkeypatch.setattr(module, "tolerance", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        answer = perovdb("tolerance", "CsPbI3")
    assert answer.code == 0
    assert answer.err == "perovdb: note: the cell is odd\n"


def perovdb_in_a_shell(line, **how):
    return subprocess.run(
        f"{sys.executable} -m perovdb {line}", shell=True, capture_output=True, text=True,
        check=False, **how,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("tolerance CsPbI3 >&-", 2),
        ("tolerance CsPbI3 > /dev/full", 2),
        ("tolerance CsPbI3 <&- 2>&-", 0),
        ("tolerance CsPb 2>&-", 2),
        ("tolerance CsPb <&- >&- 2>&-", 2),
    ],
)
def test_streams_that_are_closed_or_full(line, code):
    if "/dev/full" in line and not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    answer = perovdb_in_a_shell(line)
    assert answer.returncode == code
    assert answer.stderr == "" if "2>&-" in line else answer.stderr.count("\n") == 1
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "odd",
    [
        {"COLUMNS": "0"},
        {"COLUMNS": "1"},
        {"COLUMNS": "\u00b2"},
        {"COLUMNS": "9" * 5000},
        {
            "LC_ALL": "C",
            "PYTHONCOERCECLOCALE": "0",
            "PYTHONUTF8": "0",
            "PYTHONIOENCODING": "ascii",
        },
    ],
    ids=str,
)
def test_an_odd_environment_is_no_trouble(odd):
    bare = {name: value for name, value in os.environ.items() if name not in ("HOME", "TERM")}
    answer = perovdb_in_a_shell("properties CsPbI3", env=bare | odd)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_user_without_a_home_and_a_folder_that_is_gone(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import pwd\ndef nobody(uid):\n    raise KeyError(uid)\npwd.getpwuid = nobody\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    bare = {name: value for name, value in os.environ.items() if name != "HOME"}
    here = tmp_path / "here"
    here.mkdir()
    line = "neb CsPbI3 --phase alpha --species I --code vasp -o set"
    homeless = perovdb_in_a_shell(line, env=bare | {"PYTHONPATH": path}, cwd=here)
    assert (homeless.returncode, homeless.stderr) == (0, "")
    gone = subprocess.run(
        f"cd {here} && rm -r {here} && {sys.executable} -m perovdb {line}",
        shell=True, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert gone.returncode == 2
    assert (
        gone.stderr == "perovdb: error: the working folder is gone. Change to one that is there.\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="a pipe in a folder")
@pytest.mark.parametrize("kind", ["pipe", "broken"])
def test_a_matplotlibrc_of_the_folder_is_left_alone(tmp_path, kind):
    if kind == "pipe":
        os.mkfifo(tmp_path / "matplotlibrc")
    else:
        (tmp_path / "matplotlibrc").write_bytes(b"text.usetex: True\nfoo\xff\nfigure.dpi: x\n")
    line = f"timeout 60 {sys.executable} -m perovdb xrd CsPbI3 --phase alpha --plot a.png"
    drawn = subprocess.run(line, shell=True, capture_output=True, text=True, check=False,
                           cwd=tmp_path)  # fmt: skip
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
