"""What a row may say: drawn rows that cannot be meant are refused where they enter, and told."""

import csv
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import spglib
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice
from pymatgen.symmetry.groups import SpaceGroup, sg_symbol_from_int_number

import perovdb
from perovdb.errors import MissingData, StoreError
from perovdb.facts.formulas import kept_word
from perovdb.store import Store, own
from perovdb.store.build import build
from perovdb.store.cells import _space_groups, check_cell
from perovdb.store.clashes import ion_amounts
from perovdb.store.csv_rows import CsvRow
from perovdb.store.meaning import PROSE, RANGES, _range, check_row

SOURCE = {"key": "lab2026", "citation": "Our own cell"}
PHASE = {
    "id": "LAB1", "formula": "CsPbI3", "phase": "alpha", "perovskite": "1", "space_group": "Pm-3m",
    "space_group_number": "221", "a_A": "6.3", "b_A": "6.3", "c_A": "6.3", "alpha_deg": "90",
    "beta_deg": "90", "gamma_deg": "90", "volume_A3": "250.047", "Z": "1", "temperature_K": "634",
    "temperature_min_K": "", "temperature_max_K": "", "temperature_basis": "stated",
    "a_pseudocubic_A": "6.3", "source": "lab2026", "kind": "measured", "evidence": "read",
    "quote": "", "note": "",
}  # fmt: skip
SITES = [
    {"phase_id": "LAB1", "label": label, "site": site, "species": ion, "x": x, "y": y, "z": "0",
     "occupancy": "1", "wyckoff": wyckoff, "basis": "symmetry"}
    for label, site, ion, x, y, wyckoff in (
        ("Cs", "A", "Cs", "0.5", "0.5", "1b"), ("Pb", "B", "Pb", "0", "0", "1a"),
        ("I", "X", "I", "0.5", "0", "3d"),
    )
]  # fmt: skip
STRAY = "\x00\x07\n\r\t\x0b\x1b\x7f\x85\x9b\u2028\u202e\u2066\u200f\ufeff\ud800\ue000"

shared = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


def as_csv(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="", encoding="utf-8", errors="surrogatepass") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def typed(row: dict[str, str]) -> CsvRow:
    """A row as it is read from a file."""
    texts = {name for name in row if not re.search(r"_(A|A3|deg|K)$|^(Z|perov.*|.*number)$", name)}
    values = {
        name: None if not cell else cell if name in texts else float(cell)
        for name, cell in row.items()
    }
    return CsvRow("phase.csv", 2, values, {name: at for at, name in enumerate(row, 1)})


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A store that holds one source."""
    path = tmp_path / "mine.sqlite"
    own.init(path)
    own.add(path, as_csv(tmp_path / "source.csv", SOURCE), "source", kept_word)
    return path


def refusal(mine: Path, table: str, *rows: dict[str, str]) -> str:
    """What `add` says to rows that it must refuse, leaving the file as it was."""
    before = mine.read_bytes()
    with pytest.raises(StoreError) as caught:
        own.add(mine, as_csv(mine.with_name(f"{table}.csv"), *rows), table, kept_word)
    assert mine.read_bytes() == before
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_the_rows_that_are_made_wrong_below_are_right(mine, tmp_path):
    assert own.add(mine, as_csv(tmp_path / "p.csv", PHASE), "phase", kept_word) == 1
    assert own.add(mine, as_csv(tmp_path / "s.csv", *SITES), "phase_site", kept_word) == 3
    assert list(own.check(mine, kept_word)) == []


WRONG = {
    "volume_A3": ({"volume_A3": "300"}, r"the cell has 250\.05 A\^3, not 300"),
    "space_group": ({"b_A": "6.4", "volume_A3": "254.016"}, r"group 221 has a = b = c"),
    "alpha_deg": (
        {"alpha_deg": "30", "beta_deg": "30", "gamma_deg": "150", "space_group": "P1",
         "space_group_number": "1"},
        "no cell has the angles 30, 30, 150",
    ),
    "space_group_number": ({"space_group": "P4/mbm"}, "'P4/mbm' is group 127, not 221"),
    "temperature_min_K": (
        {"temperature_K": "", "temperature_min_K": "700", "temperature_max_K": "600"},
        "700 is above 'temperature_max_K'",
    ),
    "temperature_K": ({"temperature_K": "25", "temperature_basis": "room"}, "25 K is not room"),
    "Z": ({"Z": "4", "a_pseudocubic_A": ""}, r"62\.5 A\^3, in its other phases"),
    "a_pseudocubic_A": ({"a_pseudocubic_A": "6.5"}, r"is 6\.3000 A, not 6\.5"),
    "phase": ({"phase": "alpha\n; rm -rf x"}, r"U\+000A \(a line break\) at position 6"),
}  # fmt: skip


@pytest.mark.parametrize("column", WRONG)
def test_a_phase_that_cannot_be_meant_is_refused_and_told(mine, tmp_path, column):
    change, message = WRONG[column]
    place = rf"phase\.csv:2:{list(PHASE).index(column) + 1}: {column}: "
    assert re.match(f"{place}.*{message}", refusal(mine, "phase", {**PHASE, **change}))
    # Another program may have written it.
    own.add(mine, as_csv(tmp_path / "p.csv", PHASE), "phase", kept_word)
    with closing(sqlite3.connect(mine)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for name, value in change.items():
            connection.execute(f"UPDATE phase SET {name} = ?", (value or None,))
    told = [line for line in own.check(mine, kept_word) if f" {column}: " in line]
    assert any(re.search(message, line) for line in told)


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        (2, {"species": "Br"}, "species: 'Br' is not in the formula CsPbI3"),
        (1, {"site": "A"}, "site: site 'Pb' is A, but Pb takes B"),
        (2, {"x": "0", "y": "0"}, "occupancy: the ions on the place of 'Pb' fill it 2 times"),
        (
            2,
            {"occupancy": "0.5"},
            "wyckoff: the sites of the phase hold 1.5 I, but 1 CsPbI3 are 3",
        ),
        (2, {"wyckoff": "6e"}, "wyckoff: the sites of the phase hold 6 I"),
        (0, {"x": "1e300"}, "x: 1e+300 is not between -10 and 10"),
    ],
)
def test_a_site_that_is_not_of_its_phase_is_refused(mine, tmp_path, number, change, message):
    own.add(mine, as_csv(tmp_path / "p.csv", PHASE), "phase", kept_word)
    sites = [{**site, **change} if at == number else site for at, site in enumerate(SITES)]
    assert message in refusal(mine, "phase_site", *sites)


def test_positions_that_make_another_compound_are_not_built(mine, tmp_path):
    own.add(mine, as_csv(tmp_path / "p.csv", PHASE), "phase", kept_word)
    # Half a cell edge along z lacks: Cs stands on the faces, three times a cell.
    own.add(mine, as_csv(tmp_path / "s.csv", *SITES), "phase_site", kept_word)
    with (
        perovdb.using(mine),
        pytest.raises(MissingData, match="put 3 Cs, 1 Pb, 3 I into its cell"),
    ):
        perovdb.build("CsPbI3", "LAB1")


def test_a_column_in_another_unit_or_doubled_is_named(mine):
    celsius = {("temperature_C" if k == "temperature_K" else k): v for k, v in PHASE.items()}
    assert "'temperature_C' is not a column" in (text := refusal(mine, "phase", celsius))
    assert "temperature_K" in text.partition("Convert")[2]
    path = as_csv(mine.with_name("phase.csv"), PHASE)
    lines = path.read_text().splitlines()
    path.write_text(f"{lines[0]},Z\n{lines[1]},4\n")
    with pytest.raises(StoreError, match="'Z' stands twice"):
        own.add(mine, path, "phase", kept_word)


# ------------------------------------------------------------------ drawn texts


@shared
@given(
    column=st.sampled_from(["id", "phase", "formula", "source", "quote", "note", "space_group"]),
    before=st.text("aZ 9(é", max_size=5),
    sign=st.sampled_from(STRAY),
)
def test_no_text_with_a_stray_sign_enters(column, before, sign):
    row = typed({**PHASE, column: f"a{before}{sign}z"})
    if column in PROSE and sign == "\n":
        check_row(row, "phase")
        return
    with pytest.raises(StoreError) as caught:
        check_row(row, "phase")
    assert str(caught.value).isprintable()
    assert f"U+{ord(sign):04X}" in str(caught.value)
    assert f": {column}: " in str(caught.value)


def test_a_curated_table_keeps_the_same_rules(tmp_path):
    data = tmp_path / "data"
    (data / "tables").mkdir(parents=True)
    real = Path(__file__).parents[2] / "data"
    for name in ("schema.sql", "columns.csv"):
        (data / name).write_bytes((real / name).read_bytes())
    (data / "sources.toml").write_text('[lab2026]\ncitation = "a\\u001b[2Jb"\n')
    with pytest.raises(StoreError, match=r"\[lab2026\]: citation: it holds U\+001B \(escape\)"):
        build(data, tmp_path / "out.sqlite")
    assert not (tmp_path / "out.sqlite").exists()


# ------------------------------------------------------------------ drawn numbers


def test_every_number_of_the_schema_has_a_range_that_means_its_unit():
    store = Store()
    units = {}
    for row in store.rows("SELECT * FROM column_meaning WHERE unit IS NOT NULL"):
        ends = [e for e in RANGES if e[0] == "_" and row["column_name"].endswith(e)]
        if ends:
            units.setdefault(max(ends, key=len), set()).add(row["unit"])
    # One range is of one unit.
    assert {end: unit for end, unit in units.items() if len(unit) > 1} == {}


@shared
@given(
    column=st.sampled_from(["a_su_A", "volume_su_A3", "temperature_su_K", "angle_su_deg"]),
    size=st.floats(1.001, 1e290),
    sign=st.sampled_from([1, -1]),
)
def test_no_number_beyond_the_range_of_its_unit_enters(column, size, sign):
    low, high = _range(column)
    value = sign * size * max(abs(low), abs(high))
    row = typed({**PHASE, "a_su_A": ""})
    row.values[column] = value
    with pytest.raises(StoreError, match=f"{column}: .* is not between"):
        check_row(row._replace(positions={**row.positions, column: 9}), "phase")


@shared
@given(
    names=st.sampled_from(
        [
            ("temperature_min_K", "temperature_K", "temperature_max_K"),
            ("min_eV", "barrier_eV", "max_eV"), ("min_eV", "value_eV", "max_eV"),
            ("min_value", "value", "max_value"), ("time_min_s", "", "time_max_s"),
            ("pce_min_pct", "pce_pct", "pce_max_pct"),
        ]
    ),
    numbers=st.tuples(*[st.none() | st.floats(0, 50)] * 3),
)  # fmt: skip
def test_the_ends_of_a_range_and_the_value_in_it_stand_in_order(names, numbers):
    values = {name: number for name, number in zip(names, numbers, strict=True) if name}
    row = CsvRow("rows.csv", 2, values, {name: at for at, name in enumerate(values, 1)})
    there = [number for number in values.values() if number is not None]
    if there == sorted(there):
        check_row(row, "any")
    else:
        with pytest.raises(StoreError, match="is above"):
            check_row(row, "any")


def test_a_compound_holds_the_ions_of_its_sites(mine):
    row = {
        "id": "F1", "formula": "CsPbI3", "A": "Cs", "B": "Pb", "X": "Br", "label": "perovskite",
        "source": "lab2026", "kind": "measured", "evidence": "read",
    }  # fmt: skip
    assert "2:5: X: 'Br' is not in the formula" in refusal(mine, "formability", row)
    assert "2:1: id: it has 201 characters" in refusal(
        mine, "formability", {**row, "id": "x" * 201}
    )


# ------------------------------------------------------------------ drawn cells


def test_symbols_of_space_groups_are_those_of_spglib_and_pymatgen():
    groups = _space_groups()
    assert set(groups.values()) == set(range(1, 231))
    for hall in range(1, 531):
        kind = spglib.get_spacegroup_type(hall)
        for symbol in (kind.international_short, kind.international_full):
            assert groups[re.sub(r"[\s_]|:.*", "", symbol)] == kind.number
    for number in range(1, 231):
        assert groups[sg_symbol_from_int_number(number).replace("_", "")] == number


lengths = st.floats(3, 30)
angles = st.floats(60, 115)


@st.composite
def cells(draw):
    """A cell of some crystal system, perhaps with an edge or an angle off."""
    a, b, c = (draw(lengths) for _ in range(3))
    alpha, beta, gamma = draw(
        st.sampled_from([(90, 90, 90), (90, 90, 120), (90, 97, 90), (88, 88, 88), (80, 95, 100)])
    )
    a, b, c = draw(st.sampled_from([(a, a, a), (a, a, c), (a, b, c)]))
    return a, b, c, alpha, beta, gamma


@settings(shared, max_examples=30)
@given(cell=cells(), number=st.integers(1, 230))
def test_a_cell_is_taken_for_a_group_where_pymatgen_takes_it(cell, number):
    lattice = Lattice.from_parameters(*cell)
    assume(20 < lattice.volume < 1e4)
    # Near ties of drawn edges are no question.
    a, b, c = cell[:3]
    assume(all(x == y or abs(x - y) > 0.01 for x, y in ((a, b), (b, c), (a, c))))
    row = typed({**PHASE, "space_group": "", "a_pseudocubic_A": "", "space_group_number": "1"})
    names = ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg")
    row.values.update(zip(names, cell, strict=True), space_group_number=number)
    row.values["volume_A3"] = lattice.volume
    group = SpaceGroup.from_int_number(number)
    fits = group.is_compatible(lattice, tol=1e-3, angle_tol=0.01)
    rhombohedral = group.symbol[0] == "R" and (a == b == c) and len(set(cell[3:])) == 1
    monoclinic = 3 <= number <= 15
    try:
        check_cell(row)
        taken = True
    except StoreError:
        taken = False
    if not monoclinic:  # another axis than b may be the unique one
        assert taken == (fits or rhombohedral)
    assert taken or not fits
    row.values["volume_A3"] *= 1.02
    with pytest.raises(StoreError):
        check_cell(row)


@given(
    st.dictionaries(
        st.sampled_from(["MA", "FA", "Cs", "Pb", "Sn", "I", "Br", "In", "Cl"]),
        st.sampled_from([0.25, 0.5, 1.0, 2.5, 3.0]),
        min_size=1,
    )
)
def test_amounts_are_read_from_a_formula(amounts):
    text = "".join(f"{ion}{'' if n == 1 else f'{n:g}'}" for ion, n in amounts.items())
    assert ion_amounts(text, ("MA", "FA", "Cs", "Pb", "Sn", "I", "Br", "In", "Cl")) == amounts
    assert ion_amounts(text, ("Xe", "He")) is None
