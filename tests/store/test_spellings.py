"""A name for an ion of one's own never changes what a formula means that is read without it."""

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from perovdb.composition.registry import Registry, load_registry
from perovdb.errors import FormulaError, StoreError, UnknownSpecies
from perovdb.facts.formulas import kept_word
from perovdb.store import own, queries
from perovdb.store.clashes import clashes
from perovdb.store.connection import CURATED, Store
from perovdb.store.spellings import Spellings

#: The package has a function of this name.
reading = import_module("perovdb.composition.parse")

#: Its species is in no formula below.
ELSE = "Yb"

AMOUNTS = st.sampled_from(["", "2", "0.5", "_3", "_{0.5}", "₃", " 0.17"])
CATIONS = st.sampled_from(
    [
        "Cs",
        "MA",
        "FA",
        "CH3NH3",
        "HC(NH2)2",
        "(CH3)4N",
        "NH4",
        "PEA",
        "BA",
        "K",
        "Rb",
        "Cs+",
        "caesium",
        "F-PEA",
        "4FPEA",
    ]
)
METALS = st.sampled_from(["Pb", "Sn", "Ge", "Ag", "Bi", "Pb2+", "In", "Fe"])
HALIDES = st.sampled_from(["I", "Br", "Cl", "F", "SCN", "BF4", "I-"])
WORDS = st.sampled_from(["", " w/ 5 % KI", ":Mn", "-5 % SnF2", " + MACl", "*2H2O"])


@st.composite
def formulas(draw: st.DrawFn) -> str:
    """Texts most of which are read as formulas."""

    def part() -> str:
        ions = (draw(CATIONS), draw(AMOUNTS), draw(METALS), draw(st.sampled_from(["", "2"])))
        return "".join(ions) + draw(HALIDES) + draw(AMOUNTS)

    shape = draw(st.sampled_from(["one", "sum", "mixed", "layered", "double"]))
    if shape == "sum":
        text = f"({part()})0.85[{part()}]0.15"
    elif shape == "mixed":
        a, b, x, y = draw(CATIONS), draw(CATIONS), draw(HALIDES), draw(HALIDES)
        text = f"{a}0.05({b}0.17{a}0.83)0.95{draw(METALS)}({x}0.83{y}0.17)3"
    elif shape == "layered":
        text = f"({draw(CATIONS)})2{draw(CATIONS)}{draw(METALS)}2{draw(HALIDES)}7"
    elif shape == "double":
        text = f"{draw(CATIONS)}2AgBi{draw(HALIDES)}6"
    else:
        text = f"{draw(CATIONS)}{draw(METALS)}{draw(HALIDES)}3"
    return text + draw(WORDS)


@st.composite
def cut(draw: st.DrawFn) -> tuple[str, str]:
    """A formula and a piece of it."""
    text = draw(formulas())
    start = draw(st.integers(0, len(text) - 1))
    return text, text[start : draw(st.integers(start + 1, len(text)))]


@pytest.fixture(scope="module")
def spellings() -> Spellings:
    return Spellings(load_registry().spellings)


def read(text: str, registry: Registry, patch: pytest.MonkeyPatch) -> dict[str, float] | None:
    with patch.context() as here, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        here.setattr(reading, "load_registry", lambda: registry)
        try:
            return dict(reading.parse(text, lenient=True).amounts)
        except (FormulaError, UnknownSpecies):
            return None


@settings(
    max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(("Cs0.5FA0.5PbI3", "Cs0.5FA0.5"))
@example(("Cs0.5FA0.5PbI3", "Cs0."))
@example(("Cs2AgBiBr6", "AgBi"))
@example(("CsPbI3", "CsP"))
@example(("( Cs)PbI3", " Cs"))
@example(("Cs0.05(MA0.17FA0.83)0.95PbI3", "(MA0.17F"))
@example(("CsPb2I5-5% KI", "I5-5"))
@given(cut())
def test_a_name_that_is_accepted_leaves_every_formula_as_it_was(spellings, monkeypatch, piece):
    text, name = piece
    known = load_registry()
    without = read(text, known, monkeypatch)
    if name in known.spellings or without is None or spellings.ions_of(name):
        return
    more = Registry(list(known.ions.values()), {**known.spellings, name: ELSE}, {})
    assert read(text, more, monkeypatch) == without


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            CATIONS | METALS | HALIDES, st.sampled_from(["0.5", "2", "_{0.5}", "x", ")", "+", " "])
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["", "Cs", "P", "(", "Sn0."]),
)
def test_ions_with_amounts_are_no_name(spellings, ions, end):
    assert spellings.ions_of("".join(map("".join, ions)) + end)


@pytest.mark.parametrize(
    "name",
    [
        "Al",
        "Sc",
        "Nb",
        "Mo",
        "Ta",
        "W",
        "Ir",
        "Kr",
        "Ho",
        "Fr",
        "Ra",
        "Np",
        "U",
        "Fa",
        "NO3",
        "ClO4",
        "BH4",
        "OH",
        "CN",
        "MBA",
        "p-BrPEA",
        "4-BrPEA",
        "o-IPEA",
        "C6H13NH3",
        "(CH3)3NC2H5",
        "(NH3)2C6H12",
        "TEA",
        "PyrA",
        "IO3",
        "F-MBA",
    ],
)
def test_a_name_that_begins_no_formula_is_free(spellings, name):
    assert name not in load_registry().spellings
    assert not spellings.ions_of(name)


# ------------------------------------------------------------------ in a store


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "mine.sqlite"
    own.init(path)
    return path


@pytest.fixture
def mine(empty: Path) -> Iterator[Path]:
    yield empty
    with closing(sqlite3.connect(empty)) as connection, connection:
        connection.execute("DELETE FROM ion_alias")
        connection.execute("DELETE FROM ion")
        connection.execute("DELETE FROM search")


def rows_of(folder: Path, table: str, *names: str, of: str = ELSE) -> Path:
    path = folder / f"{table}.csv"
    if table == "ion_alias":
        lines = ["alias,species", *(f'"{name}",{of}' for name in names)]
    else:
        source = queries.ions()[0]["source"]
        lines = ["species,name,site,charge,formula_order,atoms,source,kind,evidence"]
        for order, name in enumerate(names):
            lines.append(f"{name},an ion,A,1,{9000 + order},C,{source},convention,read")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


BAD = ["Cs0.5FA0.5", "AgBi", "CsP", "(MA", "Cs w/", "BrPEA", "I3"]


@pytest.mark.parametrize("table", ["ion", "ion_alias"])
@pytest.mark.parametrize("name", BAD)
def test_a_formula_is_no_name_to_add(mine, tmp_path, table, name):
    before = mine.read_bytes()
    with pytest.raises(StoreError, match=r":3:1: .* a formula of .*p-BrPEA for BrPEA"):
        own.add(mine, rows_of(tmp_path, table, "Qq", name), table, kept_word)
    assert mine.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "species", "told"),
    [*((name, "MA", "a formula of") for name in BAD), ("Cs", "MA", "an ion itself")],
)
def test_a_formula_is_no_name_in_a_store_of_others(mine, name, species, told):
    with closing(sqlite3.connect(mine)) as connection, connection:
        connection.execute("INSERT INTO ion_alias VALUES (?, ?)", (name, species))
    with pytest.raises(StoreError, match=told):
        Store(CURATED, str(mine))
    (problem,) = own.check(mine, kept_word)
    assert told in problem


def test_other_names_and_charges_of_an_ion_are_accepted(mine, tmp_path):
    own.add(mine, rows_of(tmp_path, "ion", "Qq", "p-BrPEA"), "ion", kept_word)
    own.add(mine, rows_of(tmp_path, "ion_alias", "Qq+", "quqium", of="Qq"), "ion_alias", kept_word)
    own.add(
        mine, rows_of(tmp_path, "ion_alias", "Fe2+", "ferrous", of="Fe"), "ion_alias", kept_word
    )
    assert list(own.check(mine, kept_word)) == []
    with pytest.raises(StoreError, match="a formula"):
        own.add(mine, rows_of(tmp_path, "ion_alias", "I3-", of="I"), "ion_alias", kept_word)


def test_a_new_name_by_which_an_older_one_is_a_formula_is_refused(mine, tmp_path):
    own.add(mine, rows_of(tmp_path, "ion_alias", "QqBr"), "ion_alias", kept_word)
    with pytest.raises(StoreError, match=r":2:1: .*'QqBr' is, or begins, a formula of Qq, Br"):
        own.add(mine, rows_of(tmp_path, "ion", "Qq"), "ion", kept_word)


def test_the_curated_names_are_sound(store):
    for table in ("ion", "ion_alias"):
        assert not list(clashes(store.connection, table, "main", ["main"]))
