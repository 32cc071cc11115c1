"""perovdb infer: keys of its JSON, its table, and what it refuses."""

import csv
import io
import json

import pytest

ENDS = ("CsPbBr3", "CsPbI3")
GIVEN = (*ENDS, "--end", "CsPbBr3=6.02", "--end", "CsPbI3=6.41")
KEYS = {
    "@module", "@class", "measured", "a_A", "a_su_A", "ends", "in_range", "point", "segment",
    "reason", "setting", "notes", "method", "fraction", "formula", "sources",
}  # fmt: skip


@pytest.fixture
def infer(perovdb):
    return lambda *arguments: perovdb("infer", *arguments)


@pytest.fixture
def ask(infer):
    def run(*arguments):
        answer = infer(*arguments, "--json")
        assert (answer.code, answer.err) == (0, "")
        return json.loads(answer.out)

    return run


def test_iodide_in_washed_nanocrystals(ask):
    samples = [text for a in ("6.11", "6.08", "6.03", "6.02") for text in ("--a", a)]
    answers = ask(*GIVEN, *samples)
    assert [round(a["fraction"], 3) for a in answers] == [0.231, 0.154, 0.026, 0.000]
    assert answers[-1]["formula"] == "CsPbBr3"
    for answer in answers:
        assert set(answer) == KEYS
        point = answer["point"]
        assert list(point["fractions"]) == list(ENDS)
        assert point["from_measured"] == pytest.approx(0.005 / 0.39)
        assert point["uncertainty"] ** 2 == pytest.approx(
            point["from_measured"] ** 2 + point["from_ends"] ** 2
        )
        assert answer["in_range"] is True
    measured = [one["measured"] for one in answers]
    assert [one["readings"][0]["value"] for one in measured] == [6.11, 6.08, 6.03, 6.02]
    assert measured[0] == {
        "quantity": "a_A",
        "readings": [{"value": 6.11, "su": 0.005, "su_from": "half of the last digit"}],
        "hkl": [],
        "wavelength_A": None,
        "wavelength_name": None,
    }
    assert [end["a_A"] for end in answers[0]["ends"]] == [6.02, 6.41]
    assert answers[0]["sources"] == []


def test_digits_are_read_as_typed(ask):
    (blunt,), (sharp,), (stated,) = (
        ask(*GIVEN, "--a", *text) for text in (("6.1",), ("6.100",), ("6.1", "--su", "0.0005"))
    )
    assert blunt["fraction"] == sharp["fraction"] == stated["fraction"]
    assert blunt["point"]["from_measured"] == pytest.approx(0.05 / 0.39)
    for part in ("from_measured", "from_ends"):
        assert sharp["point"][part] == pytest.approx(stated["point"][part])
    assert stated["measured"]["readings"][0]["su_from"] == "given"


def test_ends_come_from_the_store_with_their_sources(ask):
    (answer,) = ask("MAPbI3", "FAPbI3", "--a", "6.32")
    assert answer["sources"] == ["kojima2009", "fabini2016"]
    for end in answer["ends"]:
        (cell,) = end["cells"]
        assert {"phase", "temperature", "source", "kind", "evidence"} <= set(cell)
    assert any("differ in phase" in note for note in answer["notes"])
    # x = (a - a1) / (a2 - a1): an end that is off by its uncertainty moves x by that times its
    # share over the width. Of the first end none is known.
    first, second = answer["ends"]
    assert first["su_A"] is None
    wanted = answer["fraction"] * second["su_A"] / (second["a_A"] - first["a_A"])
    assert answer["point"]["from_ends"] == pytest.approx(wanted)


def test_out_of_range_is_an_answer(ask):
    (answer,) = ask(*GIVEN, "--a", "6.60")
    assert answer["in_range"] is False
    assert answer["fraction"] == pytest.approx(0.58 / 0.39)
    assert answer["formula"] is None
    assert "above the largest" in answer["reason"]


def test_a_spacing_tells_its_setting(ask):
    (answer,) = ask(*GIVEN, "--d", "3.06", "--hkl", "2", "2", "0")
    setting = answer["setting"]
    assert (setting["name"], setting["chosen"]["cell"]) == ("auto", "sqrt2 x sqrt2 x 2")
    assert setting["ambiguous"] is False
    assert [one["in_range"] for one in setting["tried"]] == [False, True, True, False]
    assert setting["tried"][1]["hkl_pseudocubic"] == [[2, 0, 0]]
    assert answer["measured"]["hkl"] == [[2, 2, 0]]
    (kept,) = ask(
        *GIVEN, "--d", "3.06", "--hkl", "2", "2", "0", "--setting", "pseudo-cubic"
    )  # fmt: skip
    assert kept["in_range"] is False
    assert len(kept["setting"]["tried"]) == 1


def test_one_index_serves_several_spacings(ask):
    answers = ask(*GIVEN, "--d", "3.06", "--d", "3.10", "--hkl", "2", "0", "0")
    assert [round(answer["a_A"], 6) for answer in answers] == [6.12, 6.2]


def test_peaks_are_one_sample(ask):
    peaks = ("--peak", "14.49", "--hkl", "1", "0", "0", "--peak", "29.21", "--hkl", "2", "0", "0")
    (answer,) = ask(*GIVEN, *peaks, "--wavelength", "1.5406")
    assert [one["value"] for one in answer["measured"]["readings"]] == [14.49, 29.21]
    refined = answer["setting"]["chosen"]["refined"]
    assert len(refined["residuals_deg"]) == 2
    assert abs(refined["zero_shift_deg"]) < 2 * refined["zero_shift_su_deg"]
    assert answer["a_A"] == pytest.approx(6.11, abs=3 * answer["a_su_A"])


def test_three_ends_give_a_line(ask):
    given = [("--end", end) for end in ("CsPbI3=6.19", "MAPbI3=6.28", "FAPbI3=6.36")]
    (answer,) = ask("CsPbI3", "MAPbI3", "FAPbI3", *sum(given, ()), "--a", "6.25")
    assert (answer["fraction"], answer["formula"]) == (None, None)
    assert "two independent numbers" in answer["reason"]
    assert len(answer["segment"]) == 2
    for point in answer["segment"]:
        assert sum(point["fractions"].values()) == pytest.approx(1)


def test_the_table(infer):
    answer = infer(*GIVEN, "--a", "6.11", "--a", "6.60")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == "(CsPbBr3)1-x(CsPbI3)x"
    start = next(i for i, line in enumerate(lines) if line.startswith("measured"))
    assert lines[start + 1].split() == [
        "a_A", "6.11", "6.1100", "0.231", "0.016", "yes", "CsPbBr2.307I0.693",
    ]  # fmt: skip
    assert lines[start + 2].split()[-1] == "no"
    assert any("above the largest" in line for line in lines)


def test_the_table_of_three_ends(infer):
    out = infer("CsPbI3", "MAPbI3", "FAPbI3", "--a", "6.25").out
    assert "end points of the line" in out
    assert "two independent numbers" in out


@pytest.mark.parametrize("ends", [ENDS, ("CsPbI3", "MAPbI3", "FAPbI3")], ids=len)
def test_csv(infer, ends):
    answer = infer(*ends, "--a", "6.25", "--a", "6.90", "--csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert {"measured", "a_A", "fraction_uncertainty", "in_range", "formula"} <= set(rows[0])
    assert rows[0]["source"].startswith(("rodova2003", "sutton2018"))
    assert rows[0]["notes"]
    assert rows[-1]["in_range"] == "False"


def test_an_end_is_named_wherever_it_stands(ask):
    (answer,) = ask("--end=CsPbI3=6.41", "--a", "6.11", *ENDS, "--end", "CsPbBr3=6.02")
    assert round(answer["fraction"], 3) == 0.231
    (answer,) = ask(*ENDS, "--end", "CsPbI3=6.41", "--a", "6.11")
    assert [bool(end["cells"]) for end in answer["ends"]] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (ENDS, 2, "one of --a, --d or --peak"),
        ((*ENDS, "--a", "6.1", "--d", "3.0"), 2, "one of --a, --d or --peak"),
        ((*ENDS, "--a", "6.1x"), 2, "'6.1x' is not a number"),
        ((*ENDS, "--a", "-6.1"), 2, "'-6.1' is not a number"),
        ((*ENDS, "--a", "6.1", "--su", "0"), 2, "'0' is not a number above 0"),
        ((*ENDS, "--a", "6.1", "--su", "1", "--su", "1"), 2, "--su is given 2 times"),
        ((*ENDS, "--a", "6.1", "--hkl", "1", "0", "0"), 2, "has no index"),
        ((*ENDS, "--a", "6.1", "--setting", "auto"), 2, "give --hkl"),
        ((*ENDS, "--a", "6.1", "--wavelength", "CuKa1"), 2, "belongs to peaks"),
        ((*ENDS, "--d", "3.1"), 2, "Indices hkl given: 0"),
        ((*ENDS, "--d", "3.1", "--hkl", "2", "0"), 2, "--hkl"),
        ((*ENDS, "--d", "3.1", "--hkl", "2", "0", "0", "--setting", "x"), 2, "not a setting"),
        ((*ENDS, "--peak", "14.5"), 2, "Indices hkl given: 0"),
        ((*ENDS, "--peak", "190", "--hkl", "1", "0", "0"), 2, "two_theta_deg cannot be 190"),
        ((*ENDS, "--a", "6.1", "--end", "6.0"), 2, "'6.0' is not FORMULA=A of one of CsPbBr3"),
        ((*ENDS, "--a", "6.1", "--end", "CsPbCl3=6"), 2, "is not FORMULA=A of one of CsPbBr3"),
        ((*ENDS, "--a", "6.1", "--end", "CsPbI3="), 2, "'' is not a number"),
        ((*GIVEN, "--a", "6.1", "--end", "CsPbI3=6.4"), 2, "CsPbI3 is given twice"),
        (
            (*ENDS, "--a", "6.1", "--end", "CsPbBr3=6.0", "--end", "CsPbI3=6.0"),
            1,
            "same lattice parameter",
        ),
        (("CsPbI3", "--a", "6.1"), 2, "End members given: 1"),
        (("CsPbI3", "CsPbI3", "--a", "6.1"), 2, "are the same"),
        (("CsPbI3", "XePbI3", "--a", "6.1"), 2, "'Xe' at position 1"),
        (("CsPbI3", "CsPbF3", "--a", "6.1"), 1, "no perovskite cell of CsPbF3"),
        ((*ENDS, "--a", "6.1", "--temperature", "10"), 1, "at 10 K"),
        ((), 2, "Missing argument"),
    ],
)
def test_a_refusal_is_one_line(infer, arguments, code, says):
    answer = infer(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith("perovdb: error: ")
    assert answer.err.count("\n") == 1
    assert says in answer.err


def test_help_shows_an_example(infer):
    out = infer("--help").out
    assert "Example:" in out
    assert "perovdb infer CsPbBr3 CsPbI3 --end CsPbBr3=6.02 --end CsPbI3=6.41" in out


def test_a_picture_of_samples(infer, tmp_path):
    picture = tmp_path / "samples.svg"
    asked = (*ENDS, "--a", "6.1", "--a", "6.0", "--plot", str(picture))
    assert infer(*asked).code == 0
    assert "pseudo-cubic" in picture.read_text()
    assert infer(*asked).code == 2
    assert infer(*asked, "--force").code == 0
