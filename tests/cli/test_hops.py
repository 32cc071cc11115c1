"""perovdb hops: of formulas and files, into other vacancies, drawn from an alloy."""

import json

import pytest

import perovdb as library


def ask(perovdb, *arguments):
    """The answer, an object; and its hops."""
    answer = perovdb("hops", *arguments, "--json")
    assert (answer.code, answer.err) == (0, "")
    table = json.loads(answer.out)
    return table, table["hops"]


def listed(perovdb, *arguments):
    return ask(perovdb, *arguments)[1]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def alloy_text(tmp_path_factory):
    """Eight cells of CsPb(I0.5Br0.5)3, 12 I and 12 Br, as 'perovdb build' writes them."""
    file = tmp_path_factory.mktemp("alloy") / "alloy.cif"
    model = library.build("CsPb(I0.5Br0.5)3", size=(2, 2, 2), order="sqs")
    library.write_structure(model, str(file))
    return file.read_text()


@pytest.fixture
def alloy(here, alloy_text):
    (here / "alloy.cif").write_text(alloy_text)
    return "alloy.cif"


@pytest.mark.parametrize(
    ("species", "distance_A", "neighbours"), [("I", 4.447, 8), ("Cs", 6.289, 6), ("Pb", 6.289, 6)]
)
def test_formula_file_and_ordered_model_agree(perovdb, here, species, distance_A, neighbours):
    """Cubic CsPbI3, a = 6.2894 A (trots2008): 8 edges at a / sqrt(2), 6 sites at a."""
    library.write_structure(library.build("CsPbI3", "alpha"), "cs.cif")
    formula = ["CsPbI3", "--phase", "alpha", "--species", species]
    for asked in (formula, [*formula, "--order", "random"], ["cs.cif", "--species", species]):
        answer, (hop,) = ask(perovdb, *asked)
        assert hop["distance_A"] == pytest.approx(distance_A, abs=5e-4)
        assert hop["multiplicity"] == neighbours
        assert answer["leads"] == [3]


def test_into_the_vacancy_of_another_halide_and_back(perovdb, alloy):
    """Every I-Br edge is a hop there and one back; with I-I and Br-Br all 96 edges, each way."""
    counts = {
        (mover, left): sum(
            hop["per_cell"] for hop in listed(perovdb, alloy, "--species", mover, "--into", left)
        )
        for mover in ("I", "Br")
        for left in ("I", "Br")
    }
    assert counts["I", "Br"] == counts["Br", "I"] > 0
    assert counts["I", "I"] + counts["Br", "Br"] + counts["I", "Br"] == 96
    for hop in listed(perovdb, alloy, "--species", "I", "--into", "Br"):
        assert (hop["species"], hop["into"]) == ("I", "Br")


def test_reach_goes_beyond_the_first_shell(perovdb):
    first = listed(perovdb, "CsPbI3", "--phase", "alpha", "--species", "I")
    both = listed(perovdb, "CsPbI3", "--phase", "alpha", "--species", "I", "--reach", "6.3")
    assert both[0]["distance_A"] == pytest.approx(first[0]["distance_A"])
    assert {round(hop["distance_A"], 3) for hop in both} == {4.447, 6.289}
    assert {hop["direction"] for hop in both} == {"edge", "across"}


def test_the_bottleneck_of_an_iodide_hop(perovdb):
    """The triangle of one Pb and two Cs around the edge of the octahedron."""
    answer, _ = ask(perovdb, "CsPbI3", "--phase", "alpha", "--species", "I", "--bottleneck")
    (narrow,) = answer["bottlenecks"]
    assert narrow["window_ions"] == ["Cs", "Cs", "Pb"]
    assert 0 < narrow["window_radius_A"] <= narrow["mover_radius_A"] + 1
    assert "perovdb neb --order random" in answer["notes"][-1]
    ordered, _ = ask(
        perovdb,
        "CsPbI3",
        "--phase",
        "alpha",
        "--species",
        "I",
        "--bottleneck",
        "--order",
        "random",
    )
    assert not any("--order random" in note for note in ordered["notes"])


def test_a_sample_weighs_one_and_follows_from_the_seed(perovdb, alloy):
    answer, drawn = ask(perovdb, alloy, "--species", "I", "--sample", "6", "--seed", "4")
    assert len(drawn) == 6
    assert sum(answer["weights"]) == pytest.approx(1)
    assert drawn == listed(perovdb, alloy, "--species", "I", "--sample", "6", "--seed", "4")
    other = listed(perovdb, alloy, "--species", "I", "--sample", "6", "--seed", "5")
    assert [hop["start"] for hop in other] != [hop["start"] for hop in drawn]
    formula = ["CsPb(I0.5Br0.5)3", "--species", "Br", "--sample", "3"]
    assert len(listed(perovdb, *formula)) == 3


def test_table_and_csv(perovdb, alloy, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    table = perovdb("hops", alloy, "--species", "I", "--into", "Br").out.splitlines()
    header = next(line for line in table if line.lstrip().startswith("number"))
    rows = perovdb("hops", alloy, "--species", "I", "--into", "Br", "--csv").out.splitlines()
    provenance = ["phase", "source", "kind", "evidence", "notes"]
    assert rows[0].split(",") == [*header.split(), *provenance]
    assert len(rows) - 1 == len(table) - table.index(header) - 2
    assert "together they lead in" in table[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["CsPbI3"], 2, "--species"),
        (["CsPbI3", "--species", "Q"], 2, "'Q' is not an ion"),
        (["CsPbI3", "--species", "Br"], 2, "no Br"),
        (["CsPbI3", "--species", "I", "--into", "Br"], 2, "no Br"),
        (["CsPbI3", "--species", "I", "--into", "Cs"], 1, "different roles"),
        (["CsPbI3", "--species", "I", "--reach", "0"], 2, "range 0.1<=x<=100"),
        (["CsPbI3", "--species", "I", "--reach", "nan"], 2, "nan is no number"),
        (["CsPbI3", "--species", "I", "--reach", "2"], 1, "No I has another"),
        (["CsPbI3", "--species", "I", "--sample", "0"], 2, "--sample"),
        (["CsPbI3", "--species", "I", "--sample", "999"], 2, "999 hops cannot be drawn"),
        (["CsPbI3", "--species", "I", "--order", "tidy"], 2, "tidy"),
        (["CsPbI3", "--species", "I", "--size", "0x2x2"], 2, "no volume"),
        (["none.cif", "--species", "I"], 2, "none.cif"),
        (["cs.cif", "--species", "I", "--phase", "alpha"], 2, "'phase' is for the model"),
        (["cs.cif", "--species", "I", "--order", "sqs"], 2, "'order' is for the model"),
        (["cs.cif", "--species", "I", "--seed", "3"], 2, "'seed' is for the model"),
        (["cs.cif", "--species", "I", "--temperature", "350"], 2, "'temperature_K' is for"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refusals_are_one_line(perovdb, here, arguments, code, words):
    library.write_structure(library.build("CsPbI3", "alpha"), "cs.cif")
    answer = perovdb("hops", *arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert answer.err.startswith("perovdb: error: ")
    assert words in answer.err
