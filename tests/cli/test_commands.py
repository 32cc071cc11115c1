"""The command line: what others rely on, what it refuses, and that it writes nothing then."""

import csv
import inspect
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Structure
from pymatgen.io.vasp.inputs import Poscar

import perovdb as library
from perovdb.inputs.job import Resources
from perovdb_cli.commands import COMMANDS, cli

PROVENANCE = {"source", "kind", "evidence"}


def ask(perovdb, *arguments):
    answer = perovdb(*arguments, "--json")
    assert (answer.code, answer.err) == (0, "")
    return json.loads(answer.out)


def test_tolerance(perovdb):
    answers = ask(perovdb, "tolerance", "CsPbI3", "MAPbI3", "FAPbI3", "Cs0.5FA0.5PbI3")
    assert [round(a["t"], 3) for a in answers] == [0.851, 0.912, 0.987, 0.919]
    assert round(answers[0]["tau"], 2) == 4.30
    for answer in answers:
        assert {"formula", "t", "mu", "tau", "radii"} <= set(answer)
        for used in answer["radii"].values():
            assert {"radius_A", "set", "coordination"} | PROVENANCE <= set(used)
    assert answers[0]["radii"]["Cs"] == {
        "species": "Cs",
        "radius_A": 1.88,
        "set": "shannon1976",
        "coordination": "XII",
        "source": "shannon1976",
        "kind": "convention",
        "evidence": "read",
    }


def test_a_file_is_asked_for_its_composition(perovdb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    perovdb("build", "CsPbI3", "--phase", "alpha", "-o", "POSCAR")
    for command in ("tolerance", "lattice", "gap"):
        assert ask(perovdb, command, "POSCAR") == ask(perovdb, command, "CsPbI3")


def test_lattice(perovdb):
    (answer,) = ask(perovdb, "lattice", "CsPbI3")
    assert answer["formula"] == "CsPbI3"
    assert round(answer["a_pseudocubic_A"], 3) == 6.187
    assert answer["temperature_K"] == 298
    assert "gamma" in answer["method"]
    assert answer["sources"] == ["sutton2018"]
    assert set(answer["end_members"][0]["cell"]) >= PROVENANCE
    (mixed,) = ask(perovdb, "lattice", "Cs0.5FA0.5PbI3")
    assert [m["formula"] for m in mixed["end_members"]] == ["CsPbI3", "FAPbI3"]
    several = ask(perovdb, "lattice", "CsPbI3", "FAPbI3")
    assert [a["formula"] for a in several] == ["CsPbI3", "FAPbI3"]


def test_lattice_says_which_phase_it_means(perovdb):
    out = perovdb("lattice", "CsPbI3").out
    assert "cell of the gamma phase" in out
    assert "alpha 6.289 A at 634 K" in out


def test_xrd(perovdb):
    (answer,) = ask(perovdb, "xrd", "CsPbI3", "--phase", "alpha")
    assert (answer["formula"], answer["phase"]) == ("CsPbI3", "alpha")
    peaks = {tuple(p["hkl"][0]): p for p in answer["peaks"]}
    assert round(peaks[1, 0, 0]["two_theta_deg"], 2) == 14.07
    assert round(peaks[2, 0, 0]["two_theta_deg"], 2) == 28.36
    keys = {"hkl", "multiplicity", "d_A", "two_theta_deg", "q_inv_A", "intensity", "wavelength_A"}
    assert all(set(peak) == keys for peak in answer["peaks"])
    assert set(answer) >= PROVENANCE
    cell = Structure(
        answer["lattice_A"],
        ["Cs", "Pb", "I", "I", "I"],
        [[0.5] * 3, [0] * 3, [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]],
    )
    reference = XRDCalculator(answer["wavelength_A"]).get_pattern(cell, two_theta_range=(5, 90))
    angles = [peak["two_theta_deg"] for peak in answer["peaks"]]
    assert angles == pytest.approx(list(reference.x), abs=1e-6)


def test_hops(perovdb):
    answer = ask(perovdb, "hops", "CsPbI3", "--phase", "alpha", "--species", "I")
    (hop,) = answer["hops"]
    assert hop["species"] == "I"
    assert round(hop["distance_A"], 3) == 4.447
    assert hop["multiplicity"] == 8
    assert len(hop["start"]) == len(hop["end"]) == 3
    assert set(answer) >= PROVENANCE


@pytest.mark.parametrize("formula", ["CsPbI3", "Cs0.5FA0.5PbI3", "KPbI3"])
def test_show(perovdb, formula):
    answer = ask(perovdb, "show", formula)
    keys = [
        "formula",
        "occupancies",
        "charge",
        "tolerance",
        "phases",
        "lattice",
        "properties",
        "sources",
    ]
    assert set(keys) <= set(answer)
    assert answer["charge"] == 0
    for value in (
        *answer["phases"],
        *answer["properties"],
        *answer["tolerance"]["radii"].values(),
    ):
        assert set(value) >= PROVENANCE
        assert value["source"] in answer["sources"]
    assert perovdb("show", formula).code == 0


def test_show_of_an_alloy_says_what_it_mixes(perovdb):
    answer = ask(perovdb, "show", "Cs0.5FA0.5PbI3")
    assert answer["occupancies"] == {"A": {"Cs": 0.5, "FA": 0.5}, "B": {"Pb": 1}, "X": {"I": 1}}
    assert answer["phases"] == []
    for member in answer["lattice"]["end_members"]:
        assert set(member["cell"]) >= PROVENANCE


def test_show_of_a_layered_compound_and_of_one_with_vacancies(perovdb):
    layered = ask(perovdb, "show", "Cs2PbI2Cl2")
    assert layered["formula"] == "Cs2PbCl2I2"
    assert (layered["stoichiometry"], layered["layers"]) == ("A2BX4", 1)
    assert layered["tolerance"] is layered["lattice"] is None
    assert [row["id"] for row in layered["phases"]] == ["L011"]
    assert any("tolerance factor is defined for perovskites" in n for n in layered["notes"])
    assert "as layered phases with n = 1" in perovdb("show", "Cs2PbI2Cl2").out
    vacant = ask(perovdb, "show", "Cs0.96PbI2.96")
    assert vacant["charge"] == 0
    assert vacant["vacancies"] == {"A": 0.04, "X": pytest.approx(0.04 / 3)}
    assert vacant["tolerance"] is None
    assert any("Ask for CsPbI3" in note for note in vacant["notes"])
    assert vacant["lattice"]["formula"] == "Cs0.96PbI2.96"
    assert "empty  A 0.04, X 0.01333" in perovdb("show", "Cs0.96PbI2.96").out
    assert ask(perovdb, "show", "Cs2SnI6")["charge"] == 0
    charged = ask(perovdb, "show", "MAPb0.5Sb0.5I3")
    assert charged["charge"] == 0.5
    assert any("Sb +3" in note for note in charged["notes"])


def test_show_of_a_compound_without_a_cell_still_answers(perovdb):
    answer = ask(perovdb, "show", "NaPbI3")
    assert answer["lattice"] is None
    assert any("no perovskite cell of NaPbI3" in note for note in answer["notes"])


def test_radii_of_ions_that_no_formula_holds_are_shown(perovdb):
    """O, S and Se have radii, and are on no site of a halide perovskite."""
    for ion in ("O", "S", "Se"):
        answer = ask(perovdb, "radii", ion)
        assert {row["used"] for row in answer} == {False}, ion


def test_an_ion_without_a_radius_is_refused_in_words(perovdb):
    answer = perovdb("radii", "PEA")
    assert answer.code == 1
    assert "no radius of PEA" in answer.err


def test_two_radii_of_one_coordination_are_told_apart_by_their_spin(perovdb):
    head, *lines = perovdb("radii", "Mn").out.splitlines()
    six = [line.split()[4] for line in lines if " VI " in line]
    assert "spin" in head
    assert sorted(six) == ["HS", "LS"]
    assert "spin" not in perovdb("radii", "Cs").out


def test_radii_say_which_one_descriptors_take_and_why(perovdb):
    rows = ask(perovdb, "radii", "Cs")
    shown = {(row["set"], row["coordination"]): row["radius_A"] for row in rows}
    assert shown["shannon1976", "XII"] == 1.88
    assert shown["shannon1976", "VI"] == 1.67
    # One paper of the store takes 167 pm and names no scale.
    assert shown["as_stated", "effective"] == 1.67
    (used,) = [row for row in rows if row["used"]]
    assert (used["set"], used["coordination"]) == ("shannon1976", "XII")
    assert "nearest 12" in used["rule"]


def test_phases_and_sources(perovdb):
    phases = ask(perovdb, "phases", "CsPbI3")
    assert {"alpha", "beta", "gamma", "delta"} == {row["phase"] for row in phases}
    (source,) = ask(perovdb, "source", "trots2008")
    assert source["doi"] == "10.1016/j.jpcs.2008.05.007"


@pytest.mark.parametrize(
    "arguments",
    [
        ("tolerance", "CsPbI3", "FAPbI3"),
        ("lattice", "CsPbI3"),
        ("radii", "Pb"),
        ("phases", "CsPbI3"),
        ("source", "trots2008"),
        ("show", "CsPbI3"),
        ("phase-at", "CsPbI3"),
        ("xrd", "CsPbI3", "--phase", "alpha"),
        ("hops", "CsPbI3", "--species", "I"),
        ("properties", "CsPbI3"),
        ("barriers", "--species", "MA"),
        ("devices", "--min-pce", "17"),
        ("search", "DDABr"),
        ("store", "sql", "select key, year from source"),
        ("store", "info"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_lists_come_as_csv(perovdb, arguments):
    answer = perovdb(*arguments, "--csv")
    assert answer.code == 0
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert rows
    assert None not in rows[0]
    if arguments[0] not in ("source", "store", "hops"):
        assert {"source", "kind", "evidence", "notes"} <= set(rows[0])


def test_csv_keeps_all_digits(perovdb):
    row = next(csv.DictReader(io.StringIO(perovdb("tolerance", "CsPbI3", "--csv").out)))
    assert float(row["t"]) == pytest.approx((1.88 + 2.20) / (2**0.5 * (1.19 + 2.20)), rel=1e-14)


def test_build_writes_what_it_says(perovdb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = ask(perovdb, "build", "CsPbI3", "--phase", "alpha", "--size", "2", "-o", "POSCAR")
    assert (answer["n_atoms"], answer["charge"]) == (40, 0)
    answer = ask(perovdb, "defect", "POSCAR", "V_I", "-o", "CONTCAR")
    assert (answer["n_atoms"], answer["charge"]) == (39, 1)
    assert len(Poscar.from_file("CONTCAR").structure) == 39
    assert Poscar.from_str(perovdb("build", "CsPbI3").out).structure.num_sites == 20


def test_build_without_a_file_still_gives_the_model(perovdb):
    answer = ask(perovdb, "build", "CsPbI3", "--phase", "alpha")
    assert Structure.from_dict(answer["structure"]).num_sites == 5
    assert "not of 298 K" in answer["notes"][0]


def test_a_stand_in_for_the_phase_at_the_temperature_is_said(perovdb):
    note = ask(perovdb, "xrd", "MAPbI3", "--phase", "alpha")[0]["notes"][0]
    assert "not of 298 K" in note
    assert "at 298 K MAPbI3 is known as beta" in note


def test_at_room_temperature_mapbi3_is_tetragonal(perovdb):
    assert ask(perovdb, "xrd", "MAPbI3")[0]["phase"] == "beta"
    assert ask(perovdb, "lattice", "MAPbI3")[0]["method"] == "cell of the beta phase"
    structure = Structure.from_dict(ask(perovdb, "build", "MAPbI3")["structure"])
    assert structure.lattice.c > 12


@pytest.mark.parametrize("code", ["vasp", "cp2k"])
def test_neb_writes_what_it_says(perovdb, tmp_path, monkeypatch, code):
    monkeypatch.chdir(tmp_path)
    answer = ask(
        perovdb, "neb", "CsPbI3", "--phase", "alpha", "--species", "I", "--size", "2",
        "--images", "5", "--code", code, "-o", "set",
    )  # fmt: skip
    assert (answer["atoms"], answer["images"], answer["charge"]) == (39, 7, 1)
    assert answer["checks"]["unevenness"] < 0.02
    written = [p for p in (tmp_path / "set").rglob("*") if p.is_file()]
    names = {str(p.relative_to(tmp_path / "set")) for p in written}
    assert names == {*answer["files"], "manifest.json"}


REFUSED = [
    # arguments, exit code, what the line must say
    (("show", "XePbI3"), 2, "'Xe' at position 1"),
    (("tolerance", "CsPb"), 2, "no X-site ion"),
    (("tolerance",), 2, "Missing argument"),
    (("neb", "CsPbI3", "--species", "Q", "--code", "vasp", "-o", "new"), 2, "'Q' is not an ion"),
    (("neb", "CsPbI3", "--species", "Br", "--code", "vasp", "-o", "new"), 2, "no Br in CsPbI3"),
    (("neb", "CsPbI3", "--species", "I", "--code", "vasp", "-o", "there"), 2, "exists already"),
    (("neb", "CsPbI3", "--species", "I", "--code", "vasp", "-o", "no/new"), 2, "does not exist"),
    (("neb", "CsPbI3", "--species", "I", "--code", "abinit", "-o", "new"), 2, "cp2k, qe, vasp"),
    (
        ("neb", "CsPbI3", "--species", "I", "--size", "2x2", "--code", "vasp", "-o", "new"),
        2,
        "--size",
    ),
    (("neb", "Cs0.3FA0.7PbI3", "--species", "I", "--code", "vasp", "-o", "new"), 1, "2.4 Cs"),
    (("lattice", "CsPbI3", "--temperature", "450"), 1, "beta at 510 K"),
    (("lattice", "CsPbI3", "--temperature", "hot"), 2, "--temperature"),
    (("lattice", "CsPbI3", "--temperature", "nan"), 2, "nan is no number"),
    (("build", "CsPbI3", "-o", ""), 2, "does not tell a format"),
    (("build", "CsPbI3", "--size", "30"), 2, "at most 4000"),
    (
        (
            "neb",
            "CsPbI3",
            "--species",
            "I",
            "--size",
            "5",
            "--code",
            "vasp",
            "-o",
            "new",
        ),
        2,
        "at most 1500 atoms",
    ),
    (
        ("neb", "CsPbI3", "--species", "I", "--code", "cp2k", "--build", "vtst", "-o", "new"),
        2,
        "has no build",
    ),
    (("xrd", "MAPbI3", "--phase", "delta"), 1, "no atomic positions"),
    (("xrd", "Cs2PbBr4"), 1, "no atomic positions for Cs2PbBr4"),
    (("tolerance", "Cs2PbBr4"), 1, "Cs2PbBr4 is A2BX4"),
    (("tolerance", "Cs0.96PbI2.96"), 1, "Ask for CsPbI3"),
    (("gap", "Cs4PbBr6"), 1, "Cs4PbBr6 is A4BX6"),
    (("lattice", "Cs2PbBr4"), 1, "Cs2PbBr4 is A2BX4"),
    (("phases", "Cs2PbBr4"), 1, "perovdb show Cs2PbBr4"),
    (("phase-at", "Cs4PbBr6"), 1, "is A4BX6"),
    (("infer", "Cs2PbBr4", "Cs2PbI4", "--a", "6.1"), 1, "Cs2PbBr4 is A2BX4"),
    (("xrd", "CsPbI3", "--wavelength", "CuKx"), 2, "CuKa1"),
    (("phases", "Cs0.5FA0.5PbI3"), 1, "end members CsPbI3, FAPbI3"),
    (("radii", "Zz"), 2, "'Zz'"),
    (("properties", "XePbI3"), 2, "'Xe'"),
    (("properties", "--name", "colour"), 2, "not a property"),
    (("properties", "KPbI3"), 1, "no such property of KPbI3"),
    (("properties", "--evidence", "sure"), 2, "read, secondhand, recalled"),
    (("barriers", "--species", "Q"), 1, "no such barrier"),
    (("devices", "--min-pce", "99"), 1, "no such device"),
    (("search", "zzzz"), 1, "Nothing in the store"),
    (("search", "--", "-"), 2, "no word"),
    (("store", "sql", "drop table phase"), 2, "not authorized"),
    (("store", "sql", "attach 'x' as y"), 2, "not authorized"),
    (("store", "sql", "select nonsense"), 2, "nonsense"),
    (("search", "x", "--limit", "99999999999999999999"), 2, "--limit"),
    (("barriers", "--since", "99999999999999999999"), 2, "--since"),
    (("gap", "CsPbI3", "--end-gap", "CsPbI3=1", "--end-gap", "CsPbI3=2"), 2, "given twice"),
    (("tolerance", "CsPbI3", "MAPbI3", "--radius", "FA=2.5"), 2, "FA is in none of them"),
    (("gap", "CsPbBr1.5I1.5", "--end-gap", "CsPbCl3=3"), 2, "no end member here"),
    (("infer", "CsPbBr3", "CsPbI3", "--a", "6.11(" + "9" * 400 + ")"), 2, "is not a number"),
    (("store", "template", "weather"), 2, "no table 'weather'"),
    (("store", "check", "nowhere.sqlite"), 1, "There is no store at"),
    (("store", "init", "there"), 2, "exists already"),
    (("show", "CsPbI3", "--store", "nowhere.sqlite"), 1, "There is no store at"),
    (("source", "nobody"), 1, "no source 'nobody'"),
    (("build", "CsPbI3", "-o", "model.pdb"), 2, "does not tell a format"),
    (("build", "CsPbI3", "-o", "no/POSCAR"), 2, "cannot be written"),
    (("frobnicate",), 2, "No such command"),
    (("show", "CsPbI3", "--nonsense"), 2, "No such option"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    REFUSED,
    ids=lambda v: " ".join(v) if isinstance(v, tuple) else "",
)
def test_a_refusal_is_one_line_and_leaves_no_trace(
    perovdb, tmp_path, monkeypatch, arguments, code, words
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    answer = perovdb(*arguments)
    assert answer.code == code
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("perovdb: error: ")
    assert words in answer.err
    assert "Traceback" not in answer.err
    assert [p.name for p in tmp_path.rglob("*")] == ["there"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(perovdb, tmp_path):
    tmp_path.chmod(0o555)
    answer = perovdb(
        "neb", "CsPbI3", "--species", "I", "--code", "vasp", "-o", str(tmp_path / "set")
    )
    assert answer.code == 2
    assert "cannot be written" in answer.err


def test_a_place_that_cannot_be_written_is_said(perovdb):
    answer = perovdb(
        "neb", "CsPbI3", "--phase", "alpha", "--species", "I", "--code", "vasp", "-o", "/proc/set"
    )
    assert answer.code == 2
    assert "/proc/set cannot be written" in answer.err


def test_help_lists_every_command_under_a_heading_and_shows_an_example(perovdb):
    text = perovdb("--help").out
    assert perovdb().out == text
    for name, (heading, answers) in COMMANDS.items():
        assert f"{heading}:\n" in text
        command = cli.get_command(None, name)
        help_text = perovdb(name, "--help").out
        assert help_text.startswith(f"Usage: perovdb {name}")
        assert f"perovdb {name} " in re.split("Examples?:", help_text)[1]
        # The table that spares the import says what the command says of itself.
        assert command.help.splitlines()[0] == answers


def test_the_examples_of_the_help_run(perovdb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rates.csv").write_text("temperature_C,rate\n40,1\n60,4.1\n80,14.1\n")
    finished = Path(__file__).parents[1] / "results" / "fixtures" / "qe"
    shutil.copytree(finished, tmp_path / "band")
    shutil.copytree(finished.parent / "runs", tmp_path / "runs")
    assert perovdb("build", "CsPbI3", "-o", "model.cif").code == 0
    assert perovdb("defect", "CsPbI3", "V_I", "-o", "CONTCAR").code == 0
    assert perovdb("particle", "CsPbBr3", "--edge", "2", "-o", "particle.xyz").code == 0
    for name in COMMANDS:
        text = re.split("Examples?:", perovdb(name, "--help").out)[1].split("\n\n")[0]
        for example in re.split(r"\n\s*(?=perovdb )", text.strip()):
            assert perovdb(*shlex.split(example)[1:]).code == 0, example


def test_version(perovdb):
    assert perovdb("--version").out == f"perovdb {library.__version__}\n"


HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "pymatgen",
    "ase",
    "matplotlib",
    "sqlite_utils",
    "rich",
    "spglib",
)


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "CsPbI3"),
        ("show", "Cs0.5FA0.5PbI3"),
        ("tolerance", "CsPbI3"),
        ("properties", "CsPbI3"),
        ("barriers",),
        ("devices",),
        ("search", "DDABr"),
        ("source", "zhao2024", "--bibtex"),
        ("store", "info"),
        ("lattice", "CsPbI3"),
        ("gap", "CsPbBr1.5I1.5"),
        ("phases", "MAPbI3", "--at", "200"),
        ("radii", "Cs"),
        ("phases", "CsPbI3"),
        ("source", "trots2008"),
        ("show", "XePbI3"),
        ("--help",),
    ],
    ids=" ".join,
)
def test_a_look_up_imports_nothing_heavy(arguments):
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "perovdb", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    loaded = {line.split("|")[2].strip().split(".")[0] for line in lines}
    assert "click" in loaded
    assert not loaded & set(HEAVY)
    # A module of ours takes as long to find and load as two queries.
    # A refusal has one more, its hint; a mixture too, what experiment says of it.
    assert sum(".perovdb" in f".{line.split('|')[2].strip()}" for line in lines) <= 43


def test_a_reader_that_stops_early_is_no_error():
    run = subprocess.run(
        f"{sys.executable} -m perovdb xrd CsPbI3 --phase gamma --json --two-theta 1 170 | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[\n"
    assert run.stderr == ""


@pytest.mark.parametrize("name", ["add", "check", "info", "init", "migrate", "sql", "template"])
def test_every_store_command_shows_an_example(perovdb, name):
    text = perovdb("store", name, "--help").out
    assert f"perovdb store {name} " in text.split("Example:")[1]


def test_the_answers_that_researchers_asked_for(perovdb):
    peaks = ask(perovdb, "properties", "CsCd0.25Pb0.75Br3", "--name", "pl_peak_nm")
    told = {row["value"]: row for row in peaks}
    assert told[476]["treatment"]
    assert told[478]["source"] == "imran2020"

    barriers = ask(perovdb, "barriers", "--species", "MA")
    of_zhao = {row["host"]: row["barrier_eV"] for row in barriers if row["source"] == "zhao2024"}
    assert of_zhao["MAPbI3"] == 0.96
    assert of_zhao["MA0.5FA0.5PbI3"] == 0.55

    devices = ask(perovdb, "devices", "--min-pce", "17")
    assert any(row["pce_pct"] == 18.06 and row["certified"] for row in devices)


def test_show_tells_conflicts(perovdb):
    conflicts = ask(perovdb, "show", "CsCd0.25Pb0.75Br3")["conflicts"]
    assert any("476 nm" in row["statement"] and "OPT073" in row["rows"] for row in conflicts)
    assert "conflicts between sources" in perovdb("show", "CsCd0.25Pb0.75Br3", "--all").out


def test_the_store_tells_what_it_holds(perovdb):
    told = ask(perovdb, "store", "info")
    assert list(told) == ["tables", "evidence", "schema_version", "digest"]
    assert list(told["evidence"]) == ["read", "secondhand", "recalled"]
    assert told["tables"]["conflict"] == 58
    assert len(told["digest"]) == 64


def test_a_store_of_ones_own_from_template_to_answer(perovdb, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    header = perovdb("store", "template", "barriers").out.strip().split(",")
    assert perovdb("store", "init", "my.sqlite").code == 0
    (tmp_path / "source.csv").write_text("key,citation,year\nlab2026,Our own band,2026\n")
    assert perovdb("store", "add", "my.sqlite", "source.csv").code == 0
    row = {
        "id": "LAB1", "host": "CsPbI3", "formula": "PbCsI3", "species": "I",
        "mechanism": "vacancy", "barrier_eV": "0.42", "source": "lab2026", "kind": "computed",
        "evidence": "read", "qualifier": "=",
    }  # fmt: skip
    cells = ",".join(row.get(column, "") for column in header)
    (tmp_path / "barriers.csv").write_text(",".join(header) + "\n" + cells + "\n")
    assert perovdb("store", "add", "my.sqlite", "barriers.csv").code == 0
    mine = ask(
        perovdb, "barriers", "--species", "I", "--source", "lab2026", "--store", "my.sqlite"
    )
    assert [(r["id"], r["formula"], r["barrier_eV"]) for r in mine] == [("LAB1", "CsPbI3", 0.42)]
    assert perovdb("store", "check", "my.sqlite").out == "my.sqlite: sound\n"
    assert "lab2026" in ask(perovdb, "show", "CsPbI3", "--store", "my.sqlite")["sources"]

    (tmp_path / "barriers.csv").write_text("id,barrier_eV\nLAB2,0.4 eV\n")
    refused = perovdb("store", "add", "my.sqlite", "barriers.csv")
    assert refused.code == 1
    assert "barriers.csv:2:2: barrier_eV: '0.4 eV' is not a number" in refused.err


def test_columns_of_one_name_are_all_shown(perovdb):
    (row,) = ask(perovdb, "store", "sql", "select 1 as a, 2 as a_, 3 as a, x'00ff' as b")
    assert row == {"a": 1, "a_": 2, "a_2": 3, "b": "00ff"}


def test_a_radius_holds_for_the_formulas_that_have_the_ion(perovdb):
    cesium, other = ask(perovdb, "tolerance", "CsPbI3", "MAPbI3", "--radius", "Cs=1.67")
    # 167 pm is the radius that Zhao 2024 prints; it makes t = 0.807.
    assert cesium["t"] == pytest.approx(0.807, abs=5e-4)
    assert other["t"] == pytest.approx(0.912, abs=5e-4)


def test_all_that_is_missing_is_said_at_once(perovdb):
    answer = perovdb("infer")
    assert answer.code == 2
    lacking = [p for p in cli.get_command(None, "infer").params if p.required]
    assert lacking
    for parameter in lacking:
        assert parameter.human_readable_name in answer.err


def test_the_module_is_the_command_line():
    run = [sys.executable, "-m", "perovdb", "tolerance", "CsPbI3"]
    assert "0.851" in subprocess.run(run, capture_output=True, text=True, check=True).stdout


def test_tables_fit_the_terminal(perovdb, monkeypatch):
    whole = perovdb("barriers", "--species", "MA").out
    monkeypatch.setenv("COLUMNS", "80")
    fitted = perovdb("barriers", "--species", "MA").out
    assert max(map(len, whole.splitlines())) > 80
    assert max(map(len, fitted.splitlines())) <= 80
    assert len(fitted.splitlines()) == len(whole.splitlines()) + 1
    assert "no room for charge, kind, method; --csv" in fitted
    assert "futscher20" in fitted


@pytest.mark.parametrize(
    "formula", ["CsPbI3", "MAPbI3", "FAPbI3", "CsPbBr3", "Cs0.05MA0.1615FA0.7885PbBr0.51I2.49"]
)
def test_the_short_card_is_one_screen(perovdb, monkeypatch, formula):
    monkeypatch.setenv("COLUMNS", "80")
    lines = perovdb("show", formula).out.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert any("tolerance  t = " in line for line in lines)
    assert "--all" in " ".join(lines[-2:])
    assert len(perovdb("show", formula, "--all").out.splitlines()) > len(lines)


def test_a_table_of_the_store_keeps_what_is_recalled_in_csv(perovdb):
    rows = list(csv.DictReader(io.StringIO(perovdb("phases", "CsPbI3", "--csv").out)))
    assert "recalled" in {row["evidence"] for row in rows}
    assert any(row["notes"] for row in rows)
    values = list(csv.DictReader(io.StringIO(perovdb("show", "CsPbI3", "--csv").out)))
    gap = next(row for row in values if row["quantity"] == "band_gap_eV")
    assert (gap["source"], gap["evidence"], float(gap["value"])) == ("straus2019", "read", 1.63)


def test_the_phase_at_a_temperature_is_one_command(perovdb):
    (at,) = ask(perovdb, "phase-at", "CsPbI3", "--temperature", "450")
    assert (at["phase"], at["basis"]) == ("beta", "transitions")


def test_defaults_of_options_are_those_of_the_library():
    """Seed 0 everywhere; what a set asks of the scheduler is what `Resources` says."""
    params = {name: cli.get_command(None, name).params for name in COMMANDS}
    seeds = [one.default for some in params.values() for one in some if one.name == "seed"]
    assert seeds == [0] * len(seeds)
    assert len(seeds) > 4
    verbs = [getattr(library, name) for name in dir(library) if name.islower()]
    seeded = [
        signature.parameters["seed"].default
        for signature in map(inspect.signature, filter(inspect.isroutine, verbs))
        if "seed" in signature.parameters
    ]
    assert seeded == [0] * len(seeded)
    assert len(seeded) > 4
    neb = {one.name: one.default for one in params["neb"]}
    asked = ("scheduler", "ranks_per_image", "hours", "build")
    assert [neb[name] for name in asked] == [
        (Resources().scheduler,), *(getattr(Resources(), name) for name in asked[1:])
    ]  # fmt: skip
