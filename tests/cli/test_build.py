"""perovdb build and perovdb octahedra at the command line."""

import json
from collections import Counter
from itertools import combinations, permutations, product

import numpy as np
import pytest

from perovdb.structures.files.reading import read_structure
from perovdb.structures.units import units


def ask(perovdb, *arguments):
    answer = perovdb(*arguments, "--json")
    assert (answer.code, answer.err) == (0, "")
    return json.loads(answer.out)


def ions(path):
    return Counter(unit.ion for unit in units(read_structure(str(path))))


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_of_eight_lead_ions_have_three_places(perovdb, here):
    """Edge, face diagonal and body diagonal of the cube: 12, 12 and 4 of the 28 pairs."""
    found = ask(
        perovdb, "build", "CsPbBr3", "--phase", "cubic", "--size", "2", "2", "2",
        "--replace", "Pb=Cd:2", "--order", "enumerate", "-o", "cd/",
    )  # fmt: skip
    assert [row["multiplicity"] for row in found["structures"]] == [12, 12, 4]
    assert found["orderings"] == 28
    assert len(list((here / "cd").iterdir())) == 3
    for row in found["structures"]:
        assert row["formula"] == "Cs8Cd2Pb6Br24"
        assert row["n_atoms"] == 40
        assert ions(here / row["file"]) == {"Cs": 8, "Cd": 2, "Pb": 6, "Br": 24}


def test_the_orderings_of_a_file_are_those_of_its_formula(perovdb, here):
    assert perovdb("build", "CsPbBr3", "--phase", "alpha", "-o", "one.cif").code == 0
    found = ask(
        perovdb, "build", "one.cif", "--size", "2", "2", "2", "--replace", "Pb=Cd:2",
        "--order", "enumerate",
    )  # fmt: skip
    assert sorted(row["multiplicity"] for row in found["structures"]) == [4, 12, 12]
    assert {row["file"] for row in found["structures"]} == {None}


def test_a_model_is_built_on_from_its_file(perovdb, here):
    made = ask(
        perovdb, "build", "MA0.5FA0.5PbI3", "--size", "2", "2", "2", "--order", "sqs",
        "--orientation", "antiferro", "-o", "m.cif", "--plot", "m.png",
    )  # fmt: skip
    assert made["closest_contact_A"] > 1.6
    assert (here / "m.png").read_bytes().startswith(b"\x89PNG")
    found = ask(
        perovdb, "build", "m.cif", "--vacancy", "MA", "--neutral", "partner", "-o", "v.xyz"
    )
    assert found["charge"] == 0
    assert [step["step"] for step in found["history"]] == ["build", "vacancies"]
    assert ions(here / "v.xyz") == {"FA": 4, "MA": 3, "Pb": 8, "I": 23}


@pytest.mark.parametrize(
    ("arguments", "formula", "charge"),
    [
        (("Cs2PbBr4",), "Cs4Pb2Br8", 0),
        (("CsPbBr3", "--layers", "3"), "Cs8Pb6Br20", 0),
        (("CsPbBr3", "--stack", "4,1"), "Cs7Pb5Br17", 0),
        (("CsPbBr3", "--boundary", "2,2"), "Cs6Pb4Br14", 0),
        (("CsPbBr3", "--slab", "2", "--lateral", "2", "1"), "Cs6Pb4Br14", 0),
        (("CsPbI3", "--tilt", "a0a0c-", "--angle", "9"), "Cs4Pb4I12", 0),
        (("CsPbI3", "--phase", "alpha", "--matrix", *"011101110"), "Cs2Pb2I6", 0),
        (("CsPbI3", "--phase", "alpha", "--size", *"222", "--defect", "I_i"), "Cs8Pb8I25", -1),
        (("CsPbI3", "--phase", "alpha", "--size", *"222", "--vacancy", "I:2"), "Cs8Pb8I22", 2),
        (("CsPbI3", "--size", *"112", "--defect", "V_Pb", "--neutral", "V_I"), "Cs8Pb7I22", 0),
    ],
)
def test_each_way_to_begin(perovdb, here, arguments, formula, charge):
    found = ask(perovdb, "build", *arguments, "-o", "POSCAR")
    assert (found["formula"], found["charge"]) == (formula, charge)
    assert len(read_structure("POSCAR")) == found["n_atoms"]


def test_the_distinct_pairs_of_vacancies(perovdb, here):
    """By brute force: orbits of the pairs of 24 X under the operations of the 2 x 2 x 2 cell."""
    corners = np.array(list(np.ndindex(2, 2, 2)))
    sites = np.concatenate([2 * corners + axis for axis in np.eye(3, dtype=int)]) % 4
    place = {tuple(site): number for number, site in enumerate(sites.tolist())}
    turns = [
        np.eye(3, dtype=int)[list(order)] * np.array(signs)
        for order in permutations(range(3))
        for signs in product((1, -1), repeat=3)
    ]
    moved = [
        [place[tuple((turn @ site + 2 * corner) % 4)] for site in sites]
        for turn in turns
        for corner in corners
    ]
    orbits = {
        frozenset(frozenset((image[i], image[j])) for image in moved)
        for i, j in combinations(range(24), 2)
    }
    found = ask(
        perovdb, "build", "CsPbI3", "--phase", "cubic", "--size", *"222", "--vacancy", "I:2",
        "--order", "enumerate", "-o", "ev",
    )  # fmt: skip
    assert sorted(row["multiplicity"] for row in found["structures"]) == sorted(map(len, orbits))
    assert found["orderings"] == 24 * 23 // 2
    # The distance of the two vacancies is that of a file, not of all.
    assert not any("nearest two" in note for note in found["notes"])
    answer = perovdb(
        "build", "CsPbI3", "--phase", "cubic", "--replace", "Pb=Cd:1", "--vacancy", "I",
        "--order", "enumerate",
    )  # fmt: skip
    assert answer.code == 2
    assert "one after the other" in answer.err


def test_vacancies_of_one_command_are_chosen_together(perovdb, here):
    apart = {}
    for rule in ("far", "close"):
        found = ask(
            perovdb, "build", "CsPbI3", "--phase", "cubic", "--size", *"333", "--vacancy", "Cs",
            "--vacancy", "I", "--choose", rule,
        )  # fmt: skip
        assert [step["step"] for step in found["history"]] == ["build", "vacancies"]
        apart[rule] = found["history"][-1]["notes"][1]
        assert sum("electrons" in note for note in found["notes"]) == 1
    # Cs to I is a / sqrt 2 in a cage; the farthest of three cells is half a cell further in each.
    assert "4.45 A" in apart["close"]
    assert "14.75 A" in apart["far"]


def test_notes_of_a_state_that_has_passed_are_not_told(perovdb, here):
    ask(perovdb, "build", "CsPbI3", "--phase", "cubic", "--size", *"222", "--vacancy", "Cs",
        "-o", "one.cif")  # fmt: skip
    found = ask(perovdb, "build", "one.cif", "--vacancy", "I:2", "-o", "two.cif")
    charges = [note for note in found["notes"] if "electrons" in note]
    assert len(charges) == 1
    assert "charge +1" in charges[0]


def test_an_antisite_tells_of_its_nearest_atom(perovdb, here):
    asked = ("build", "MAPbI3", "--phase", "cubic", "--size", *"222")
    notes = ask(perovdb, *asked, "--defect", "MA_I", "-o", "a.vasp")["notes"]
    assert any("from the antisite" in note for note in notes)
    assert "its charge is +2" in perovdb("build", "a.vasp", "--charge", "1").err


@pytest.mark.parametrize("way", [(), ("--tilt", "a-b+a-", "--angle", "9")])
def test_a_lattice_parameter_of_ones_own(perovdb, here, way):
    found = ask(perovdb, "build", "CsPbI3", *way, "--lattice", "6.3", "-o", "l.cif")
    assert read_structure("l.cif").volume / 4 == pytest.approx(6.3**3, rel=1e-5)
    assert found["history"][0]["arguments"]["a_A"] == 6.3


def test_a_lattice_parameter_stands_in_for_one_that_cannot_be_mixed(perovdb, here):
    asked = ("build", "CsCd0.2Pb0.8Br3", "--size", *"221", "--phase", "alpha", "--nearest")
    assert perovdb(*asked).code != 0
    found = ask(perovdb, *asked, "--lattice", "5.85", "-o", "l.cif")
    assert found["formula"] == "Cs4Cd1Pb3Br12"
    assert found["lattice_A"] == [11.7, 11.7, 5.85]


@pytest.mark.parametrize("placement", ["uniform", "core", "surface"])
def test_a_particle_is_neutral_and_holds_a_quarter_cadmium(perovdb, here, placement):
    found = ask(
        perovdb, "build", "CsCd0.25Pb0.75Br3", "--particle", "3", "--placement", placement,
        "-o", "nc.xyz",
    )  # fmt: skip
    held = ions(here / "nc.xyz")
    assert held["Cs"] + 2 * (held["Cd"] + held["Pb"]) == held["Br"]
    assert 4 * held["Cd"] == held["Cd"] + held["Pb"]
    assert found["charge"] == 0


def test_a_particle_and_a_slab_are_cut_from_a_file(perovdb, here):
    ask(perovdb, "build", "MAPbI3", "--phase", "alpha", "-o", "m.vasp")
    ask(perovdb, "build", "m.vasp", "--particle", "1.3", "-o", "p.xyz")
    assert ions(here / "p.xyz")["Pb"] == 8
    found = ask(perovdb, "build", "p.xyz", "--replace", "Pb=Cd:2", "--placement", "surface")
    assert found["formula"].count("Cd2Pb6") == 1
    assert ask(perovdb, "build", "m.vasp", "--slab", "2")["formula"] == "MA3Pb2I7"


def test_what_a_file_does_not_heed_is_refused(perovdb, here):
    ask(perovdb, "build", "CsPbBr3", "--phase", "alpha", "--size", *"222", "-o", "c.vasp")
    ask(perovdb, "build", "c.vasp", "--particle", "1.3", "-o", "p.xyz")
    for arguments, words in [
        (("p.xyz", "--replace", "Pb=Cd:1", "--order", "enumerate", "-o", "all"), "--placement"),
        (("c.vasp", "--replace", "Pb=Cd:1", "--placement", "core"), "particles and slabs"),
        (("c.vasp", "--order", "sqs"), "nothing is ordered"),
        (("c.vasp", "--termination", "BX2"), "--termination has no meaning"),
        (("c.vasp", "--slab", "2", "--shape", "sphere"), "--shape has no meaning"),
    ]:
        answer = perovdb("build", *arguments)
        assert answer.code == 2
        assert words in answer.err
    assert not (here / "all").exists()


def test_a_geometry_of_ones_own(perovdb, here):
    """Ammonium with other bonds than the store's."""
    (here / "nh4.xyz").write_text(
        "5\n\nN 0 0 0\nH 0.6 0.6 0.6\nH -0.6 -0.6 0.6\nH -0.6 0.6 -0.6\nH 0.6 -0.6 -0.6\n"
    )
    found = ask(
        perovdb, "build", "CsPbBr3", "--phase", "alpha", "--size", *"222",
        "--replace", "Cs=NH4:1", "--molecule", "NH4=nh4.xyz", "-o", "n.xyz",
    )  # fmt: skip
    assert found["n_atoms"] == 7 + 5 + 8 + 24
    structure = read_structure(str(here / "n.xyz"))
    assert structure.composition.as_dict() == {"Cs": 7, "N": 1, "H": 4, "Pb": 8, "Br": 24}
    nitrogen = next(site for site in structure if site.specie.symbol == "N")
    near = sorted(other.nn_distance for other in structure.get_neighbors(nitrogen, 1.3))
    assert near == pytest.approx([0.6 * 3**0.5] * 4, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("CsPbI3", "--particle", "3", "--slab", "2"), 2, "begins in one way"),
        (("CsPbI3", "--particle", "3", "--tilt", "a0a0c-"), 2, "--tilt has no meaning"),
        (("CsPbI3", "--size", *"222", "--min-image", "12"), 2, "three ways"),
        (("CsPbI3", "--replace", "Pb=Cd"), 2, "not OLD=NEW:N"),
        (("CsPbI3", "--replace", "Pb=Cs:1"), 2, "antisite"),
        (("CsPbI3", "--replace", "Br=I:1"), 2, "There is no Br"),
        (("CsPbI3", "--replace", "Pb=Cd:9"), 1, "this cell has 4"),
        (("CsPbI3", "--order", "tidy"), 2, "no ordering rule"),
        (("CsPbI3", "--tilt", "a+b"), 2, "not a Glazer symbol"),
        (("CsPbI3", "--angle", "5"), 2, "no tilt"),
        (("CsPbI3", "--stack", "4,x"), 2, "whole numbers with commas"),
        (("CsPbI3", "--particle", "three"), 2, "length in nm"),
        (("CsPbI3", "--defect", "X_I"), 2, "'X' is not an ion"),
        (("CsPbI3", "--vacancy", "I:x"), 2, "V_I:x"),
        (("CsPbI3", "--molecule", "MA"), 2, "NAME=VALUE"),
        (("missing.cif",), 2, "missing.cif"),
        (("Cs2PbBr4", "--replace", "Pb=Cd:1"), 2, "Build it into a file"),
        (("CsPbI3", "--plot", "x.doc"), 2, "x.doc"),
        (("CsPbI3", "--size", *"222", "--replace", "Pb=Cd:²"), 2, "not OLD=NEW:N"),
        (("CsPbI3", "--vacancy", "I", "--choose", "²"), 2, "not a way to choose"),
        (("CsPbI3", "--boundary", "²"), 2, "whole numbers with commas"),
        (("CsPbI3", "--min-image", "nan"), 2, "cannot be nan"),
        (("Cs2PbBr4", "--axis", "a"), 2, "takes a size"),
        (("CsPbI3", "--neutral", "partner"), 2, "without --vacancy or --defect"),
        (("CsPbBr3", "--particle", "3", "--placement", "foo"), 2, "not a placement"),
        (("CsPbI3", "--layers", "0"), 2, "Give 1 to"),
        (("CsPbI3", "--slab", "0"), 2, "layers"),
        (("CsPbI3", "--size", *"011"), 2, "no volume"),
        (("CsPbI3", "--lattice", "-2"), 2, "cannot be used"),
        (("CsPbI3", "--order", "sqss"), 2, "enumerate"),
        (("CsPbI3", "--order", "enumerate", "-o", "x.cif"), 2, "new folder"),
        (("CsPbI3", "--defect", "Cd_Pb", "--vacancy", "I", "--choose", "far"), 2, "one kind"),
        (("CsPbI3", "--molecule", "PEA=CC[NH3+]"), 2, "store of your own"),
        (("CsPbI3", "--order", "enumerate", "--plot", "x.png"), 2, "draws one model"),
        (("CsPbI3", "--order", "enumerate", "-o", "no/where"), 2, "does not exist"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_line_and_writes_nothing(perovdb, here, arguments, code, words):
    answer = perovdb("build", *arguments)
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert list(here.iterdir()) == []


def test_octahedra_of_a_formula_and_of_two_files(perovdb, here):
    found = ask(perovdb, "octahedra", "CsPbI3", "--phase", "gamma")
    assert found["tilts"]["glazer"] == "a-a-c+"
    assert found["complete"] == 4
    ask(perovdb, "build", "CsPbI3", "--phase", "alpha", "--size", *"222", "-o", "full.cif")
    ask(perovdb, "build", "full.cif", "--vacancy", "I", "-o", "lacking.cif")
    changes = ask(perovdb, "octahedra", "full.cif", "--with", "lacking.cif")["changes"]
    assert [len(change["lost_corners"]) for change in changes] == [1, 1, 0, 0, 0, 0, 0, 0]
    table = perovdb("octahedra", "full.cif", "--with", "lacking.cif").out
    assert "6 of 8 octahedra complete" in table
    assert perovdb("octahedra", "full.cif", "--phase", "alpha").code == 2
    assert perovdb("octahedra", "CsPbI3", "--csv").out.startswith("B,X,mean_bond_A")
