"""The commands of models, and perovdb octahedra, at the command line."""

import json
from collections import Counter
from itertools import combinations, permutations, product

import numpy as np
import pytest
from pymatgen.core import Structure

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
        perovdb, "build", "CsPbBr3", "--phase", "cubic", "--size", "2",
        "--replace", "Pb=Cd:2", "--order", "enumerate", "-o", "cd/",
    )  # fmt: skip
    assert [row["multiplicity"] for row in found["models"]] == [12, 12, 4]
    assert found["total"] == 28
    assert len(list((here / "cd").iterdir())) == 3
    for row in found["models"]:
        assert row["formula"] == "Cs8Cd2Pb6Br24"
        assert row["n_atoms"] == 40
        assert ions(here / row["file"]) == {"Cs": 8, "Cd": 2, "Pb": 6, "Br": 24}


def test_the_orderings_of_a_file_are_those_of_its_formula(perovdb, here):
    assert perovdb("build", "CsPbBr3", "--phase", "alpha", "-o", "one.cif").code == 0
    assert perovdb("supercell", "one.cif", "--size", "2x2x2", "-o", "eight.cif").code == 0
    found = ask(perovdb, "defect", "eight.cif", "Cd_Pb:2", "--choose", "enumerate")
    assert sorted(row["multiplicity"] for row in found["models"]) == [4, 12, 12]
    assert {row["file"] for row in found["models"]} == {None}
    table = perovdb("defect", "eight.cif", "Cd_Pb:2", "--choose", "enumerate").out
    assert "  3 distinct of 28 choices\n" in table


def test_the_places_of_dopants_in_a_crystal_are_drawn_by_the_seed(perovdb, here):
    assert perovdb("build", "CsPbBr3", "--phase", "alpha", "--size", "3", "-o", "c.cif").code == 0
    places = set()
    for seed in "012":
        draw = ("defect", "c.cif", "Cd_Pb:5", "--choose", "random", "--seed", seed)
        structure = ask(perovdb, *draw)["structure"]
        places.add(str([site["abc"] for site in structure["sites"] if site["label"] == "Cd"]))
    assert len(places) == 3


def test_a_model_is_built_on_from_its_file(perovdb, here):
    made = ask(
        perovdb, "build", "MA0.5FA0.5PbI3", "--size", "2", "--order", "sqs",
        "--orientation", "antiferro", "-o", "m.cif", "--plot", "m.png",
    )  # fmt: skip
    assert made["closest_contact_A"] > 1.6
    assert (here / "m.png").read_bytes().startswith(b"\x89PNG")
    found = ask(perovdb, "defect", "m.cif", "V_MA", "--neutral", "partner", "-o", "v.xyz")
    assert found["charge"] == 0
    assert [step["step"] for step in found["history"]] == ["build", "defects"]
    assert ions(here / "v.xyz") == {"FA": 4, "MA": 3, "Pb": 8, "I": 23}


@pytest.mark.parametrize(
    ("commands", "formula", "charge"),
    [
        ([("build", "Cs2PbBr4")], "Cs4Pb2Br8", 0),
        ([("layers", "CsPbBr3", "3")], "Cs8Pb6Br20", 0),
        ([("layers", "Cs2PbBr4")], "Cs4Pb2Br8", 0),
        (
            [
                (
                    "layers",
                    "Cs2Pb(I0.5Br0.5)4",
                    "--order",
                    "layered",
                    "--along",
                    "a",
                    "--size",
                    "2x1x1",
                )
            ],
            "Cs8Pb4Br8I8",
            0,
        ),
        ([("layers", "CsPbBr3", "4", "1")], "Cs7Pb5Br17", 0),
        ([("layers", "CsPbBr3", "2", "2", "--boundary", "AX")], "Cs6Pb4Br14", 0),
        ([("slab", "CsPbBr3", "--layers", "2", "--lateral", "2", "1")], "Cs6Pb4Br14", 0),
        ([("slab", "CsPbBr3", "--layers", "2", "--asymmetric")], "Cs2Pb2Br6", 0),
        ([("build", "CsPbI3", "--phase", "a0a0c-", "--angle", "9")], "Cs4Pb4I12", 0),
        ([("build", "CsPbI3", "--phase", "alpha", "--size", "0,1,1/1,0,1/1,1,0")], "Cs2Pb2I6", 0),
        ([("build", "CsPbI3", "--phase", "alpha", "--size", "12A")], "Cs8Pb8I24", 0),
        (
            [("build", "CsPbI3", "--phase", "alpha", "--size", "2"), ("defect", "I_i")],
            "Cs8Pb8I25",
            -1,
        ),
        (
            [("build", "CsPbI3", "--phase", "alpha", "--size", "2,2,2"), ("defect", "V_I:2")],
            "Cs8Pb8I22",
            2,
        ),
        (
            [("build", "CsPbI3", "--size", "1x1x2"), ("defect", "V_Pb", "--neutral", "V_I")],
            "Cs8Pb7I22",
            0,
        ),
        ([("defect", "CsPbI3", "V_I")], "Cs4Pb4I11", 1),
        ([("supercell", "CsPbI3", "--size", "15 A", "--diagonal")], "Cs32Pb32I96", 0),
    ],
)
def test_each_way_to_a_model(perovdb, here, commands, formula, charge):
    """Each command changes the file of the one before it."""
    for number, (verb, *arguments) in enumerate(commands):
        before = [f"{number}.cif"] * bool(number)
        made = ask(perovdb, verb, *before, *arguments, "-o", f"{number + 1}.cif")
    assert (made["formula"], made["charge"]) == (formula, charge)
    assert len(made["history"]) == len(commands) + (commands[0][:2] in FROM_A_FORMULA)
    structure = read_structure(made["file"])
    assert len(structure) == made["n_atoms"]
    assert structure.properties["history"] == made["history"]


#: Commands of structures that build a formula first.
FROM_A_FORMULA = [("defect", "CsPbI3"), ("supercell", "CsPbI3")]


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
    ask(perovdb, "build", "CsPbI3", "--phase", "cubic", "--size", "2", "-o", "one.cif")
    found = ask(perovdb, "defect", "one.cif", "V_I:2", "--choose", "enumerate", "-o", "ev")
    assert sorted(row["multiplicity"] for row in found["models"]) == sorted(map(len, orbits))
    assert found["total"] == 24 * 23 // 2
    # The distance of the two vacancies is that of a file, not of all.
    assert not any("nearest two" in note for note in found["notes"])
    numbered = ask(perovdb, "defect", "one.cif", "V_I:2", "--choose", "1")
    assert numbered["structure"]["sites"] == found["models"][1]["structure"]["sites"]


def test_vacancies_of_one_command_are_chosen_together(perovdb, here):
    ask(perovdb, "build", "CsPbI3", "--phase", "cubic", "--size", "3", "-o", "one.cif")
    apart = {}
    for rule in ("far", "close"):
        found = ask(perovdb, "defect", "one.cif", "V_Cs", "V_I", "--choose", rule)
        assert [step["step"] for step in found["history"]] == ["build", "defects"]
        apart[rule] = found["history"][-1]["notes"][1]
        assert sum("electrons" in note for note in found["notes"]) == 1
    # Cs to I is a / sqrt 2 in a cage; the farthest of three cells is half a cell further in each.
    assert "4.45 A" in apart["close"]
    assert "14.75 A" in apart["far"]


def test_a_substitution_and_a_vacancy_are_chosen_together(perovdb, here):
    found = ask(perovdb, "defect", "CsPbI3", "Cd_Pb", "V_I", "--choose", "far")
    assert (found["formula"], found["charge"]) == ("Cs4Cd1Pb3I11", 1)
    assert len(found["history"]) == 2


def test_notes_of_a_state_that_has_passed_are_not_told(perovdb, here):
    ask(perovdb, "build", "CsPbI3", "--phase", "cubic", "--size", "2", "-o", "full.cif")
    ask(perovdb, "defect", "full.cif", "V_Cs", "-o", "one.cif")
    found = ask(perovdb, "defect", "one.cif", "V_I:2", "-o", "two.cif")
    charges = [note for note in found["notes"] if "electrons" in note]
    assert len(charges) == 1
    assert "charge +1" in charges[0]


def test_an_antisite_tells_of_its_nearest_atom(perovdb, here):
    ask(perovdb, "build", "MAPbI3", "--phase", "cubic", "--size", "2", "-o", "m.vasp")
    notes = ask(perovdb, "defect", "m.vasp", "MA_I", "-o", "a.vasp")["notes"]
    assert any("from the antisite" in note for note in notes)
    assert "its charge is +2" in perovdb("read", "a.vasp", "--charge", "1").err


def test_a_file_of_other_hands_is_read_with_its_charge(perovdb, here):
    bare = Structure(np.eye(3) * 6.29, ["Cs", "Pb", "I", "I"], [[0, 0, 0], [0.5, 0.5, 0.5],
        [0.5, 0.5, 0], [0.5, 0, 0.5]])  # fmt: skip
    bare.to("foreign.cif")
    assert ask(perovdb, "read", "foreign.cif")["charge"] == 1
    made = ask(perovdb, "read", "foreign.cif", "--charge", "0", "-o", "own.xyz")
    assert (made["formula"], made["charge"]) == ("Cs1Pb1I2", 0)
    assert [step["step"] for step in made["history"]] == ["read_structure"]
    assert read_structure("own.xyz").properties["charge"] == 0


@pytest.mark.parametrize("way", [(), ("--phase", "a-b+a-", "--angle", "9")])
def test_a_lattice_parameter_of_ones_own(perovdb, here, way):
    found = ask(perovdb, "build", "CsPbI3", *way, "--lattice", "6.3", "-o", "l.cif")
    assert read_structure("l.cif").volume / 4 == pytest.approx(6.3**3, rel=1e-5)
    assert found["history"][0]["arguments"]["lattice"] == 6.3


def test_a_lattice_parameter_stands_in_for_one_that_cannot_be_mixed(perovdb, here):
    asked = ("build", "CsCd0.5Pb0.5Br3", "--size", "2x2x1", "--phase", "alpha", "--nearest")
    assert perovdb(*asked).code != 0
    found = ask(perovdb, *asked, "--lattice", "5.85", "-o", "l.cif")
    assert found["formula"] == "Cs4Cd2Pb2Br12"
    assert found["lattice_A"] == [11.7, 11.7, 5.85]


@pytest.mark.parametrize("placement", ["uniform", "core", "surface"])
def test_a_particle_is_neutral_and_holds_a_quarter_cadmium(perovdb, here, placement):
    found = ask(
        perovdb, "particle", "CsCd0.25Pb0.75Br3", "--edge", "3", "--placement", placement,
        "-o", "nc.xyz",
    )  # fmt: skip
    held = ions(here / "nc.xyz")
    assert held["Cs"] + 2 * (held["Cd"] + held["Pb"]) == held["Br"]
    assert 4 * held["Cd"] == held["Cd"] + held["Pb"]
    assert found["charge"] == 0


def test_a_particle_and_a_slab_are_cut_from_a_file(perovdb, here):
    ask(perovdb, "build", "MAPbI3", "--phase", "alpha", "-o", "m.vasp")
    ask(perovdb, "particle", "m.vasp", "--edge", "1.3", "-o", "p.xyz")
    assert ions(here / "p.xyz")["Pb"] == 8
    found = ask(perovdb, "dope", "p.xyz", "--replace", "Pb=Cd:2", "--placement", "surface")
    assert found["formula"].count("Cd2Pb6") == 1
    assert ask(perovdb, "slab", "m.vasp", "--layers", "2")["formula"] == "MA3Pb2I7"


def test_a_particle_by_its_cells_and_by_the_energies_of_its_facets(perovdb, here):
    box = ask(perovdb, "particle", "CsPbBr3", "--cells", "2,2,3", "--balance", "none")
    assert box["formula"] == "Cs36Pb12Br52"
    wulff = ask(perovdb, "particle", "CsPbBr3", "--edge", "3", "--shape", "100=1,110=1.1")
    assert "Wulff polyhedron (100) 1, (110) 1.1" in wulff["history"][-1]["text"]
    padded = ask(perovdb, "particle", "CsPbBr3", "--edge", "1.3", "--padding", "5")
    assert all(length < 13 + 10 + 6 for length in padded["lattice_A"])
    assert padded["minimum_image_A"] is None


def test_ligands_bind_and_exchange(perovdb, here):
    ask(perovdb, "particle", "CsPbBr3", "--edge", "1.3", "-o", "p.xyz")
    before = ions(here / "p.xyz")
    made = ask(perovdb, "ligands", "p.xyz", "acetate:2", "--exchange", "-o", "l.xyz")
    after = ions(here / "l.xyz")
    assert (after["acetate"], after["Br"]) == (2, before["Br"] - 2)
    assert made["charge"] == 0
    assert "not NAME or NAME:N" in perovdb("ligands", "p.xyz", "acetate:two").err
    assert "not a ligand" in perovdb("ligands", "p.xyz", "oleate").err


def test_what_a_file_does_not_heed_is_refused(perovdb, here):
    ask(perovdb, "build", "CsPbBr3", "--phase", "alpha", "--size", "2", "-o", "c.vasp")
    ask(perovdb, "particle", "c.vasp", "--edge", "1.3", "-o", "p.xyz")
    for arguments, code, words in [
        (("dope", "p.xyz", "--replace", "Pb=Cd:1", "--order", "enumerate", "-o", "all"), 2,
         "No such option '--order'"),
        (("dope", "c.vasp", "--replace", "Pb=Cd:1", "--placement", "core"), 1, "no surface"),
        (("defect", "p.xyz", "Cd_Pb", "--choose", "surface"), 2, "`dope`"),
        (("build", "c.vasp", "--order", "sqs"), 2, "Only a formula is built"),
        (("slab", "c.vasp", "--shape", "sphere"), 2, "No such option '--shape'"),
        (("slab", "c.vasp", "--phase", "gamma"), 2, "--phase is that of a formula"),
        (("slab", "c.vasp", "--lattice", "5.9"), 2, "--lattice is that of a formula"),
        (("particle", "c.vasp", "--edge", "1.3", "--placement", "core"), 2,
         "--placement is that of a formula"),
        (("particle", "c.vasp", "--edge", "1.3", "--seed", "1"), 2, "--seed is that of"),
    ]:  # fmt: skip
        answer = perovdb(*arguments)
        assert answer.code == code
        assert words in answer.err
    assert not (here / "all").exists()


def test_a_geometry_of_ones_own(perovdb, here):
    """Ammonium with other bonds than the store's."""
    (here / "nh4.xyz").write_text(
        "5\n\nN 0 0 0\nH 0.6 0.6 0.6\nH -0.6 -0.6 0.6\nH -0.6 0.6 -0.6\nH 0.6 -0.6 -0.6\n"
    )
    found = ask(
        perovdb, "build", "CsPbBr3", "--phase", "alpha", "--size", "2",
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
        (("build", "CsPbI3", "--particle", "3"), 2, "No such option '--particle'"),
        (("particle", "CsPbI3", "--edge", "3", "--angle", "9"), 2, "No such option '--angle'"),
        (("build", "CsPbI3", "--size", "2", "2", "2"), 2, "unexpected extra arguments (2 2)"),
        (("build", "CsPbI3", "--size", "2x2"), 2, "'2x2' is not a size"),
        (("build", "CsPbI3", "--size", "nanA"), 2, "is not a size"),
        (("build", "CsPbI3", "--size", "0x1x1"), 2, "no volume"),
        (("build", "CsPbI3", "--replace", "Pb=Cd"), 2, "not OLD=NEW:N"),
        (("build", "CsPbI3", "--replace", "Pb=Cs:1"), 2, "antisite"),
        (("build", "CsPbI3", "--replace", "Br=I:1"), 2, "There is no Br"),
        (("build", "CsPbI3", "--replace", "Pb=Cd:9"), 1, "this cell has 4"),
        (("build", "CsPbI3", "--size", "2", "--replace", "Pb=Cd:²"), 2, "not OLD=NEW:N"),
        (("build", "CsPbI3", "--order", "tidy"), 2, "no ordering rule"),
        (("build", "CsPbI3", "--order", "sqss"), 2, "enumerate"),
        (("build", "CsPbI3", "--order", "sqs", "--along", "a"), 2, "has no axis"),
        (("build", "CsPbI3", "--phase", "a+b"), 1, "a phase 'a+b'"),
        (("build", "CsPbI3", "--phase", "a+b", "--angle", "5"), 2, "not a Glazer symbol"),
        (("build", "CsPbI3", "--angle", "5"), 2, "that of a tilt"),
        (("build", "CsPbI3", "--molecule", "MA"), 2, "NAME=VALUE"),
        (("build", "CsPbI3", "--molecule", "QEA=CC[NH3+]"), 2, "store of your own"),
        (("build", "CsPbI3", "--lattice", "-2"), 2, "range 2<=x<=20"),
        (("build", "Cs2PbBr4", "--replace", "Pb=Cd:1"), 2, "Build it into a file"),
        (("build", "CsPbI3", "--plot", "x.doc"), 2, "x.doc"),
        (("build", "CsPbI3", "--order", "enumerate", "-o", "x.cif"), 2, "new folder"),
        (("build", "CsPbI3", "--order", "enumerate", "--plot", "x.png"), 2, "draws one model"),
        (("build", "CsPbI3", "--order", "enumerate", "-o", "no/where"), 2, "does not exist"),
        (("defect", "CsPbI3", "V_I", "--choose", "enumerate", "-o", "x.cif"), 2, "new folder"),
        (("defect", "CsPbI3", "I_i", "--choose", "enumerate"), 2, "Only vacancies"),
        (("defect", "CsPbI3", "X_I"), 2, "'X' is not an ion"),
        (("defect", "CsPbI3", "V_I:x"), 2, "V_I:x"),
        (("defect", "CsPbI3", "V_I", "--choose", "²"), 2, "not a way to choose"),
        (("defect", "CsPbI3", "--neutral", "partner"), 2, "Missing argument"),
        (("defect", "missing.cif", "V_I"), 2, "missing.cif"),
        (("read", "missing.cif"), 2, "missing.cif"),
        (("supercell", "CsPbI3"), 2, "--size"),
        (("layers", "CsPbI3", "4", "x"), 2, "'x' is not a valid whole number"),
        (("layers", "CsPbI3", "²"), 2, "'²' is not a valid whole number"),
        (("layers", "CsPbI3", "0"), 2, "range 1<=x<=200"),
        (("layers", "CsPbI3", "4", "1", "--region", "Cd"), 2, "NAME=VALUE"),
        (("slab", "CsPbI3", "--layers", "0"), 2, "layers"),
        (("particle", "CsPbI3", "--edge", "three"), 2, "not a valid number"),
        (("particle", "CsPbI3", "--cells", "3,3"), 2, "three with commas"),
        (("particle", "CsPbBr3", "--edge", "3", "--placement", "foo"), 2, "not a placement"),
        (("ligands", "CsPbI3"), 2, "Missing argument"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_line_and_writes_nothing(perovdb, here, arguments, code, words):
    answer = perovdb(*arguments)
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert list(here.iterdir()) == []


def test_octahedra_of_a_formula_and_of_two_files(perovdb, here):
    found = ask(perovdb, "octahedra", "CsPbI3", "--phase", "gamma")
    assert found["tilts"]["glazer"] == "a-a-c+"
    assert found["complete"] == 4
    ask(perovdb, "build", "CsPbI3", "--phase", "alpha", "--size", "2", "-o", "full.cif")
    ask(perovdb, "defect", "full.cif", "V_I", "-o", "lacking.cif")
    changes = ask(perovdb, "octahedra", "full.cif", "--with", "lacking.cif")["changes"]
    assert [len(change["lost_corners"]) for change in changes] == [1, 1, 0, 0, 0, 0, 0, 0]
    table = perovdb("octahedra", "full.cif", "--with", "lacking.cif").out
    assert "6 of 8 octahedra complete" in table
    assert perovdb("octahedra", "full.cif", "--phase", "alpha").code == 2
    assert perovdb("octahedra", "CsPbI3", "--csv").out.startswith("B,X,mean_bond_A")
