"""perovdb xrd: files as well as formulas, curves and pictures, and what it refuses."""

import csv
import io
import json

import numpy as np
import pytest

from perovdb.calculators.diffraction import Pattern
from perovdb.files.diffractograms import read_scan

KEYS = [
    "@module", "@class", "formula", "phase", "radiation", "wavelength_A", "dispersion",
    "two_theta_deg", "lattice_A", "origin", "peaks", "source", "kind", "evidence", "notes",
    "card_above_pct",
]  # fmt: skip
WINDOW = ("--two-theta", "10", "50")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ask(perovdb):
    def run(*arguments):
        answer = perovdb("xrd", *arguments, "--json")
        assert (answer.code, answer.err) == (0, "")
        return json.loads(answer.out)

    return run


def table(path):
    with open(path, encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("name", ["model.cif", "POSCAR", "CONTCAR_2", "model.vasp", "model.xyz"])
def test_a_file_has_the_peaks_of_the_formula_that_it_was_built_from(perovdb, ask, name):
    assert perovdb("build", "CsPbBr3", "--phase", "gamma", "-o", name).code == 0
    (found,), (stored,) = ask(name, *WINDOW), ask("CsPbBr3", "--phase", "gamma", *WINDOW)
    assert list(found) == list(stored) == KEYS
    assert (found["formula"], found["phase"]) == ("CsPbBr3", "")
    assert found["source"] is None
    assert name in found["origin"]
    for one, other in zip(found["peaks"], stored["peaks"], strict=True):
        assert set(one) == set(other)
        assert one["two_theta_deg"] == pytest.approx(other["two_theta_deg"], abs=1e-5)
        assert one["intensity"] == pytest.approx(other["intensity"], abs=1e-2)
    shown = perovdb("xrd", name, *WINDOW).out
    assert shown.startswith("CsPbBr3, CuKa1 1.54056 A\n")


def test_a_formula_is_no_file_whatever_lies_in_the_folder(ask, folder):
    (folder / "CsPbI3").write_text("nonsense")
    assert ask("CsPbI3", "--phase", "alpha", *WINDOW)[0]["phase"] == "alpha"


def test_partial_occupancies_of_a_cif_count(ask, folder):
    (folder / "alloy.cif").write_text(
        "data_a\n_cell_length_a 6\n_cell_length_b 6\n_cell_length_c 6\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma 90\n_symmetry_space_group_name_H-M 'P 1'\nloop_\n"
        "_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
        "_atom_site_fract_z\n_atom_site_occupancy\nA1 Cs 0.5 0.5 0.5 0.5\nB1 Pb 0 0 0 1\n"
    )
    half = ask("alloy.cif", *WINDOW)[0]["peaks"]
    text = (folder / "alloy.cif").read_text().replace("0.5 0.5 0.5 0.5", "0.5 0.5 0.5 1")
    (folder / "full.cif").write_text(text)
    full = ask("full.cif", *WINDOW)[0]["peaks"]
    assert [p["two_theta_deg"] for p in half] == [p["two_theta_deg"] for p in full]
    # Cs and Pb scatter against each other in (100), with each other in (110).
    assert half[0]["intensity"] > full[0]["intensity"]


def test_several_patterns_in_one_answer(perovdb, ask):
    assert perovdb("build", "CsPbI3", "--phase", "alpha", "-o", "a.cif").code == 0
    arguments = ("CsPbI3:alpha", "CsPbBr3:alpha", "a.cif")
    answer = ask(*arguments, *WINDOW)
    assert [list(one) for one in answer] == [KEYS] * 3
    assert [(one["formula"], one["phase"]) for one in answer] == [
        ("CsPbI3", "alpha"), ("CsPbBr3", "alpha"), ("CsPbI3", "")
    ]  # fmt: skip
    assert [Pattern.from_dict(one).as_dict() for one in answer] == answer
    rows = list(csv.DictReader(io.StringIO(perovdb("xrd", *arguments, *WINDOW, "--csv").out)))
    assert list(dict.fromkeys((row["formula"], row["phase"], row["source"]) for row in rows)) == [
        ("CsPbI3", "alpha", "trots2008"), ("CsPbBr3", "alpha", "sakata1979"), ("CsPbI3", "", "")
    ]  # fmt: skip
    out = perovdb("xrd", *arguments, *WINDOW).out
    assert out.count("two_theta_deg") == 3


def test_a_curve_is_written_with_the_peaks_where_they_belong(perovdb, ask):
    plain = ask("CsPbI3", "--phase", "alpha", *WINDOW)[0]["peaks"]
    for axis, column in (("two_theta", "two_theta_deg"), ("q", "q_inv_A"), ("d", "d_A")):
        answer = perovdb(
            "xrd",
            "CsPbI3",
            "--phase",
            "alpha",
            *WINDOW,
            "--x-axis",
            axis,
            "--curve",
            f"{axis}.csv",
        )
        assert answer.code == 0
        assert f"written: {axis}.csv" in answer.out
        drawn = table(f"{axis}.csv")
        assert list(drawn) == [column, "intensity"]
        assert drawn["intensity"].max() == pytest.approx(100)
        strongest = max(plain, key=lambda peak: peak["intensity"])
        top = drawn[column][np.argmax(drawn["intensity"])]
        assert top == pytest.approx(strongest[column], rel=1e-3)


def test_options_of_a_curve(perovdb):
    def drawn(name, *options):
        arguments = ("CsPbI3", "--phase", "alpha", "--two-theta", "25", "32")
        assert perovdb("xrd", *arguments, "--curve", name, *options).code == 0
        one = table(name)
        high = one["two_theta_deg"][one["intensity"] > 50]
        return high.mean(), np.ptp(high)

    place, width = drawn("plain.csv")
    assert width == pytest.approx(0.1, abs=0.03)
    assert drawn("broad.csv", "--fwhm", "0.4")[1] == pytest.approx(0.4, abs=0.03)
    assert drawn("small.csv", "--size-nm", "10")[1] == pytest.approx(0.82, abs=0.04)
    moved = drawn("moved.csv", "--zero-shift", "0.2")[0]
    assert moved - place == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_with_everything(perovdb, folder, ending):
    arguments = ("xrd", "CsPbI3", "--phase", "alpha", *WINDOW)
    assert perovdb(*arguments, "--curve", "computed.csv").code == 0
    computed = table("computed.csv")
    lines = ["# measured", "two_theta counts"]
    lines += [
        f"{x:.4f} {37 * y + 500:.4f}"
        for x, y in zip(computed["two_theta_deg"], computed["intensity"], strict=True)
    ]
    (folder / "data.xy").write_text("\n".join(lines))
    answer = perovdb(
        *arguments, "CsPbBr3:gamma", "--measured", "data.xy",
        "--plot", f"out.{ending}", "--curve", "all.csv",
    )  # fmt: skip
    assert (answer.code, answer.err) == (0, "")
    assert f"written: out.{ending}" in answer.out
    assert "scaled to CsPbI3 alpha by 0.027027" in answer.out
    magic = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert (folder / f"out.{ending}").read_bytes().startswith(magic)
    everything = table("all.csv")
    assert list(everything) == [
        "two_theta_deg", "CsPbI3 alpha", "CsPbBr3 gamma", "measured", "measured_scaled",
        "difference",
    ]  # fmt: skip
    assert everything["difference"] == pytest.approx(
        np.zeros(len(computed["intensity"])), abs=1e-3
    )
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        ["computed.csv", "data.xy", "all.csv", f"out.{ending}"]
    )


def test_measured_files_as_people_write_them(folder):
    written = "2theta;counts\n# a comment\n\n10;1e2 # low\n 12;5\n11;7,5\n"
    (folder / "m.csv").write_text(written, encoding="utf-8-sig")
    x, y, _ = read_scan("m.csv")
    assert x.tolist() == [10, 11, 12]
    assert y.tolist() == [100, 7.5, 5]


GIVEN = {
    "there.csv": "x",
    "there.png": "x",
    "junk.cif": "junk\n",
    "empty.cif": "",
    "junk.vasp": "Cs\n1\n",
    "cut.vasp": "c\n1\n6 0 0\n0 6 0\n0 0 6\nCs\n2\ndirect\n0 0 0\n",
    "nan.vasp": "c\n1\n6 0 0\n0 6 0\n0 0 6\nCs\n1\ndirect\n0 0 nan\n",
    "flat.vasp": "c\n1\n6 0 0\n0 6 0\n0 0 0\nCs\n1\ndirect\n0 0 0\n",
    "model.dat": "1 2\n",
    "bare.xyz": "1\n\nCs 0 0 0\n",
    "words.xy": "10 1\n11 abc\n",
    "three.xy": "10 1 2\n",
    "nan.xy": "10 1\n11 nan\n",
    "none.xy": "# nothing\n",
    "far.xy": "100 1\n101 2\n",
    "level.xy": "20 1\n21 1\n",
}
ALPHA = ("CsPbI3", "--phase", "alpha")
CURVE = ("--curve", "new.csv")
REFUSED = [
    (("no.cif",), 2, "no.cif cannot be read: there is no file"),
    (("POSCAR",), 2, "POSCAR cannot be read: there is no file"),
    (("junk.cif",), 2, "junk.cif cannot be read as a crystal"),
    (("empty.cif",), 2, "empty.cif is empty"),
    (("junk.vasp",), 2, "junk.vasp: There are no numbers of atoms on line 6"),
    (("cut.vasp",), 2, "cut.vasp: Line 7 tells 2 atoms, but only 1 lines follow"),
    (("nan.vasp",), 2, "nan.vasp"),
    (("flat.vasp",), 2, "flat.vasp"),
    (("model.dat",), 2, "does not tell a format"),
    (("bare.xyz",), 2, "bare.xyz"),
    (("good.vasp", "--phase", "alpha"), 2, "chosen for good.vasp, whose atoms are given"),
    (("good.vasp", "--b-iso", "Cs=1", "--b-iso", "Pb=1"), 2, "one for each of Cs"),
    (("XePbI3",), 2, "'Xe'"),
    ((*ALPHA, "no.cif"), 2, "no.cif cannot be read: there is no file"),
    ((*ALPHA, "CsPbBr3:omega"), 1, "Positions are known for"),
    ((*ALPHA, "CsPbBr3", "--b-iso", "Cs=1"), 2, "one for each of Cs, Pb, I"),
    ((*ALPHA, "--fwhm", "0.1"), 2, "--fwhm is that of a curve"),
    ((*ALPHA, "--size-nm", "9"), 2, "--size-nm is that of a curve"),
    ((*ALPHA, "--zero-shift", "0"), 2, "--zero-shift is that of a curve"),
    ((*ALPHA, "--x-axis", "q"), 2, "--x-axis is that of a curve"),
    ((*ALPHA, "--measured", "far.xy"), 2, "--measured is that of a curve"),
    ((*ALPHA, *CURVE, "--x-axis", "r"), 2, "two_theta"),
    ((*ALPHA, *CURVE, "--fwhm", "-1"), 2, "range 0.0001<=x<=50"),
    ((*ALPHA, *CURVE, "--fwhm", "nan"), 2, "nan is no number"),
    ((*ALPHA, *CURVE, "--size-nm", "0"), 2, "is not in the range 0.1"),
    ((*ALPHA, *CURVE, "--zero-shift", "nan"), 2, "nan is no number"),
    ((*ALPHA, "--curve", "there.csv"), 2, "there.csv exists already"),
    ((*ALPHA, "--curve", "new.txt"), 2, "End it in .csv"),
    ((*ALPHA, "--curve", "no/new.csv"), 2, "There is no folder"),
    ((*ALPHA, *CURVE, "--measured", "gone.xy"), 2, "gone.xy cannot be read"),
    ((*ALPHA, *CURVE, "--measured", "words.xy"), 2, "words.xy, line 2: 2 entries"),
    ((*ALPHA, *CURVE, "--measured", "three.xy"), 2, "three.xy holds no curve"),
    ((*ALPHA, *CURVE, "--measured", "nan.xy"), 2, "nan.xy, line 2"),
    ((*ALPHA, *CURVE, "--measured", "none.xy"), 2, "none.xy holds no curve"),
    ((*ALPHA, *CURVE, "--measured", "far.xy"), 2, "far.xy holds no curve between 5 and 90"),
    ((*ALPHA, *CURVE, "--measured", "level.xy"), 2, "flat"),
    ((*ALPHA, *CURVE, "--measured", "binary.xy"), 2, "binary.xy cannot be read: it is not a text"),
    ((*ALPHA, "--plot", "there.png"), 2, "there.png exists already"),
    ((*ALPHA, "--plot", "new.png", "--style", "gg"), 2, "There is no style 'gg'"),
    ((*ALPHA, "--force"), 2, "--force is that of a file; give --curve or --plot"),
    ((*ALPHA, "--stacked"), 2, "--stacked is that of a picture"),
    ((*ALPHA, "--plot", "new.gif"), 2, ".png or .svg or .pdf"),
    ((*ALPHA, "--plot", "no/new.png"), 2, "There is no folder"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"), REFUSED, ids=lambda v: " ".join(v) if type(v) is tuple else ""
)
def test_a_refusal_is_one_line_and_leaves_no_trace(perovdb, folder, arguments, code, words):
    for name, text in GIVEN.items():
        (folder / name).write_text(text)
    (folder / "binary.xy").write_bytes(b"\xff\xfe\x00\x80")
    (folder / "good.vasp").write_text(GIVEN["nan.vasp"].replace("nan", "0"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    answer = perovdb("xrd", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("perovdb: error: ")
    assert words in answer.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
