"""The public face: loaded on first use, typed, completed, and what errors advise is in it."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import jedi
import pytest

import perovdb
from perovdb import errors
from perovdb_cli.commands import COMMANDS

ROOT = Path(__file__).parents[1]

NAMES = [name for name in dir(perovdb) if not name.startswith("_")]
VERBS = [name for name in NAMES if name.islower() and callable(getattr(perovdb, name))]


def test_the_face_is_small_enough_to_learn():
    """About 60 verbs; each name once, and each from a module of perovdb."""
    stub = (ROOT / "src/perovdb/__init__.pyi").read_text()
    imported = re.findall(r"^from (\S+) import (\w+) as (\w+)$", stub, re.M)
    assert [name for _, name, _ in imported] == [name for *_, name in imported]
    assert sorted(name for *_, name in imported) == sorted(set(NAMES))
    assert len(VERBS) <= 65


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'buidl'"):
        _ = perovdb.buidl  # type: ignore[attr-defined]
    assert not hasattr(perovdb, "__wrapped__")


def test_importing_the_library_costs_nothing():
    code = (
        "import perovdb, sys; "
        "print([name for name in ('numpy', 'sqlite3', 'ast', 'pymatgen') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_everything_can_be_imported_at_once():
    space: dict[str, object] = {}
    exec("from perovdb import *", space)
    assert set(NAMES) <= set(space)


def test_the_package_says_that_it_is_typed():
    assert files("perovdb").joinpath("py.typed").is_file()
    assert files("perovdb_cli").joinpath("py.typed").is_file()
    assert files("perovdb").joinpath("__init__.pyi").is_file()


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_is_explained(name):
    assert inspect.getdoc(getattr(perovdb, name))


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("hops", ("CsPbI3", 3), "species of hops cannot be 3. Give a text"),
        ("hops", ("CsPbI3",), "hops needs species"),
        ("xrd", ("CsPbI3", None, "CuKa1", 30), "two_theta_deg of xrd .* Give two finite numbers"),
        ("lattice", ("CsPbI3", "300"), "temperature_K of lattice cannot be '300'"),
        ("gap", ("CsPbI3", 298.0, 1.6), "end_members_eV of gap cannot be 1.6"),
        ("hop_rate", ("a",), "barrier_eV of hop_rate cannot be 'a'"),
        ("parse", (3,), "text of parse cannot be 3"),
        ("infer", ("CsPbBr3",), "is one end member"),
    ],
)
def test_a_verb_names_itself_and_what_it_wants(name, arguments, words):
    with pytest.raises(errors.InputError, match=words):
        getattr(perovdb, name)(*arguments)


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_refuses_an_argument_that_it_has_not(name):
    verb = getattr(perovdb, name)
    if name == "using":
        return
    with pytest.raises(errors.InputError, match=f"{name} has no argument 'nonsense'"):
        verb(nonsense=1)


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """What mypy says of a user's program, of every public name, and of mistakes."""
    folder = tmp_path_factory.mktemp("typing")
    shown = folder / "shown.py"
    lines = [f"reveal_type(perovdb.{name})  # {name}" for name in NAMES]
    shown.write_text("\n".join(["import perovdb", *lines]) + "\n")
    mistakes = folder / "mistakes.py"
    mistakes.write_text(
        "import perovdb\n"
        "perovdb.build(3, nonsense=True)\n"
        "perovdb.buidl\n"
        "perovdb.supercell('a.cif')\n"
        "perovdb.tolerance('CsPbI3').tt\n"
        "perovdb.xrd('CsPbI3', temperature=300)\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/typing/program.py", shown, mistakes],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "internal error" not in run.stdout + run.stderr
    return run.stdout.splitlines()


def test_mypy_takes_a_users_program(mypy):
    assert not [line for line in mypy if "program.py" in line]


def test_mypy_knows_the_signature_of_every_name(mypy):
    revealed = [line for line in mypy if "shown.py" in line]
    assert len(revealed) == len(NAMES)
    for name, line in zip(NAMES, revealed, strict=True):
        assert "note: Revealed type is" in line, (name, line)
        kind = line.split("Revealed type is ", 1)[1].strip('"')
        assert kind != "Any", name
        assert not kind.endswith("-> Any"), name
        assert "*Any" not in kind, name


def test_mypy_finds_mistakes(mypy):
    wrong = {int(line.split(":")[1]) for line in mypy if "mistakes.py" in line}
    assert wrong == {2, 3, 4, 5, 6}


def completed(text):
    return {one.name for one in jedi.Script(text, path=str(ROOT / "x.py")).complete()}


def test_jedi_completes_names_and_arguments():
    assert set(NAMES) <= completed("import perovdb\nperovdb.")
    assert "temperature_K=" in completed("import perovdb\nperovdb.lattice('CsPbI3', temp")
    assert "t" in completed("import perovdb\nperovdb.tolerance('CsPbI3').")


def raised():
    """(file, line, text) of every string in the raised errors of both packages."""
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "cli").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                for part in ast.walk(node.exc):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield path.name, node.lineno, part.value


def test_errors_advise_what_is_there():
    """A function in backquotes is public, and a command exists."""
    for path, line, text in raised():
        for name in re.findall(r"`(?:perovdb\.)?(\w+)(?:\([^`]*\))?`", text):
            assert name in NAMES, (path, line, text)
        for command in re.findall(r"'perovdb ([a-z-]+)", text):
            assert command in COMMANDS, (path, line, text)


def test_every_error_says_what_and_how_to_mend_and_is_drawn_in_the_tree():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    kinds.remove(errors.FormulaWarning)
    for kind in kinds:
        assert issubclass(kind, errors.PerovdbError)
        assert getattr(perovdb, kind.__name__) is kind
        assert kind.__name__ in errors.__doc__
        with pytest.raises(TypeError):
            kind("only what")
    assert str(errors.InputError("That is wrong.", "Do this.")) == "That is wrong. Do this."
    codes = {kind.__name__: kind.exit_code for kind in kinds}
    for line in errors.__doc__.splitlines():
        if "──" in line:
            name, code = line.split()[1:3]
            assert codes[name] == int(code)


@pytest.mark.parametrize(
    "name", ["build", "defects", "hops", "lattice", "parse", "tolerance", "xrd", "supercell"]
)
def test_the_homes_of_the_public_names_say_what_they_raise(name):
    assert "Raises:" in getattr(perovdb, name).__doc__
    assert import_module(getattr(perovdb, name).__module__).__doc__
