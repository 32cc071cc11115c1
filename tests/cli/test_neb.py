"""perovdb neb: one set or a tree of them, of formulas and files, and what is refused."""

import csv
import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp.inputs import Poscar

import perovdb as library
from perovdb.structures.files.reading import read_structure


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(perovdb, *arguments):
    answer = perovdb(*arguments)
    assert (answer.code, answer.err) == (0, "")
    return answer.out


def neb(perovdb, *arguments):
    return json.loads(made(perovdb, "neb", *arguments, "--json"))


def build(perovdb, formula, file, *arguments):
    made(perovdb, "build", formula, *arguments, "-o", file)
    return file


@pytest.fixture
def alpha(perovdb, here):
    return build(perovdb, "CsPbI3", "cs.cif", "--phase", "alpha", "--size", "2")


@pytest.fixture(scope="module")
def alloy_text(tmp_path_factory):
    """Eight cells of CsPb(I0.5Br0.5)3, as 'perovdb build' writes them."""
    file = tmp_path_factory.mktemp("alloy") / "alloy.cif"
    model = library.build("CsPb(I0.5Br0.5)3", size=(2, 2, 2), order="sqs")
    library.write_structure(model, str(file))
    return file.read_text()


@pytest.fixture
def alloy(here, alloy_text):
    (here / "alloy.cif").write_text(alloy_text)
    return "alloy.cif"


QUICK = ["--code", "vasp", "--images", "1"]


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def ends(folder):
    """First and last image of a VASP set, and the number of the last."""
    numbers = sorted(path.name for path in folder.glob("[0-9][0-9]"))
    return [Poscar.from_file(folder / n / "POSCAR").structure for n in (numbers[0], numbers[-1])]


def moved(folder):
    """Positions of the atom that moves farthest, at the start and the end."""
    start, end = ends(folder)
    way = end.frac_coords - start.frac_coords
    way = (way - np.rint(way)) @ start.lattice.matrix
    atom = int(np.linalg.norm(way, axis=1).argmax())
    return start.cart_coords[atom], start.cart_coords[atom] + way[atom]


def test_a_set_of_a_file(perovdb, here, alpha):
    found = neb(perovdb, alpha, "--species", "I", "--code", "vasp", "--images", "3", "-o", "v")
    # The history in the file tells the phase.
    assert (found["atoms"], found["images"], found["charge"], found["phase"]) == (
        39,
        5,
        1,
        "alpha",
    )
    distance_A = found["hop"]["distance_A"]
    assert distance_A == pytest.approx(6.2894 / 2**0.5, abs=1e-4)
    start, end = moved(here / "v")
    assert np.linalg.norm(end - start) == pytest.approx(distance_A, abs=1e-4)
    told = manifest(here / "v")["request"]
    assert told["hop"]["file"] == alpha
    assert len(told["file_sha256"]) == 64
    text = made(perovdb, "neb", alpha, "--species", "I", *QUICK, "-o", "w")
    assert "next: cd w && sbatch job.sh" in text


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("file", []),
        ("file", ["--into", "Br"]),
        ("file", ["--into", "Br", "--reach", "6.4"]),
        ("file", ["--sample", "3", "--into", "Br"]),
        ("formula", ["--reach", "6.4"]),
        ("formula", ["--sample", "3"]),
    ],
)
def test_hop_numbers_are_those_that_hops_lists(perovdb, here, alloy, options, source):
    """With the same options: the length, and the two sites that the ion goes between."""
    ordered = ["CsPb(I0.5Br0.5)3", "--order", "sqs", "--size", "2"]
    asked = [*([alloy] if source == "file" else ordered), "--species", "I", *options]
    listed = json.loads(made(perovdb, "hops", *asked, "--json"))["hops"]
    numbers = sorted({0, len(listed) // 2, len(listed) - 1})
    chosen = [word for number in numbers for word in ("--hop", str(number))]
    found = neb(perovdb, *asked, *chosen, "--code", "vasp", "--images", "2", "-o", "t")
    one = {
        "status": "written",
        **found,
        "folder": ".",
        "distance_A": found.get("hop", {}).get("distance_A"),
    }
    sets = found.get("sets", [one])
    host = read_structure(alloy)
    written = 0
    for number, row in zip(numbers, sets, strict=True):
        assert row["status"] == "written", row
        hop = listed[number]
        assert row["distance_A"] == pytest.approx(hop["distance_A"], abs=1e-4)
        places = moved(here / "t" / row["folder"])
        assert np.linalg.norm(places[1] - places[0]) == pytest.approx(hop["distance_A"], abs=1e-3)
        for place, site in zip(places, (hop["start"], hop["end"]), strict=True):
            offset = host.lattice.get_fractional_coords(place) - site
            assert offset == pytest.approx(np.rint(offset), abs=1e-4)
        written += 1
    assert written == len(numbers)


def test_a_sample_makes_a_set_of_each_hop(perovdb, here, alloy):
    found = neb(perovdb, alloy, "--species", "Br", "--sample", "3", "--seed", "2", *QUICK,
                "-o", "t")  # fmt: skip
    assert [row["hop"] for row in found["sets"]] == [0, 1, 2]
    assert {row["status"] for row in found["sets"]} == {"written"}


def test_the_average_cell_numbers_hops_of_a_formula(perovdb, here):
    """The tetragonal cell has two kinds of hops of a Cs: along c and across it."""
    asked = ["CsPbI3", "--phase", "beta", "--species", "Cs"]
    listed = json.loads(made(perovdb, "hops", *asked, "--json"))["hops"]
    assert len(listed) > 1
    hops = [word for number in range(len(listed)) for word in ("--hop", str(number))]
    found = neb(perovdb, *asked, *hops, *QUICK, "-o", "t")
    for row, hop in zip(found["sets"], listed, strict=True):
        assert row["distance_A"] == pytest.approx(hop["distance_A"], abs=1e-5)


def test_several_sources_ions_and_codes_make_a_tree(perovdb, here, alpha):
    found = neb(
        perovdb, alpha, "CsPbBr3", "--species", "Cs", "--species", "Pb", "--code", "vasp",
        "--code", "cp2k", "--images", "1", "--vacancies", "1", "--vacancies", "2", "-o", "t",
    )  # fmt: skip
    rows = found["sets"]
    assert len(rows) == 16
    assert {row["status"] for row in rows} == {"written"}
    assert Counter(row["host"] for row in rows) == {alpha: 8, "CsPbBr3": 8}
    charges = {(row["species"], row["vacancies"]): row["charge"] for row in rows}
    assert charges == {("Cs", 1): -1, ("Cs", 2): -2, ("Pb", 1): -2, ("Pb", 2): -4}
    with (here / "t" / "contents.csv").open() as handle:
        assert [row["folder"] for row in csv.DictReader(handle)] == [row["folder"] for row in rows]
    again = made(
        perovdb, "neb", alpha, "CsPbBr3", "--species", "Cs", "--code", "vasp", "--images", "1",
        "-o", "t",
    )  # fmt: skip
    assert "  2 kept; contents in t/contents.csv" in again.splitlines()


def test_both_ways_are_two_sets_with_molecules_and_one_without(perovdb, here):
    found = neb(perovdb, "MA0.5FA0.5PbI3", "--species", "MA", "--path", "both", "--code",
                "vasp", "-o", "t")  # fmt: skip
    assert [row["method"] for row in found["sets"]] == ["rigid", "idpp"]
    one = neb(perovdb, "CsPbI3", "--phase", "alpha", "--species", "I", "--path", "both", *QUICK,
              "-o", "v")  # fmt: skip
    assert one["method"] == "rigid"
    idpp = neb(perovdb, "MA0.5FA0.5PbI3", "--species", "MA", "--path", "idpp", "--code",
               "vasp", "-o", "w")  # fmt: skip
    assert idpp["method"] == "idpp"


def test_a_spacing_in_place_of_a_number_of_images(perovdb, here):
    found = neb(perovdb, "CsPbI3", "--phase", "alpha", "--species", "I", "--code", "vasp",
                "--spacing", "0.6", "-o", "v")  # fmt: skip
    # The iodide goes 4.447 A or more, along an arc: at least 8 steps.
    assert found["images"] >= 9
    images = [
        Poscar.from_file(here / "v" / f"{n:02d}" / "POSCAR").structure
        for n in range(found["images"])
    ]
    for one, two in pairwise(images):
        way = two.frac_coords - one.frac_coords
        way = (way - np.rint(way)) @ one.lattice.matrix
        assert np.linalg.norm(way, axis=1).max() <= 0.6 + 1e-6


def test_settings_schedulers_and_cores(perovdb, here):
    asked = ["CsPbI3", "--phase", "alpha", "--species", "I", "--images", "5", "--code", "vasp"]
    neb(perovdb, *asked, "--set", "ENCUT=450", "--set", "NCORE=4", "--scheduler", "pbs",
        "--cores", "40", "--hours", "9", "-o", "v")  # fmt: skip
    told = manifest(here / "v")
    assert told["set_by_user"] == {"incar.ENCUT": 450, "incar.NCORE": 4}
    assert (told["ranks"], told["ranks_per_image"], told["hours"]) == (40, 8, 9)
    script = (here / "v" / "job.sh").read_text()
    assert "#PBS -l walltime=9:00:00" in script
    assert "ncpus=40" in script
    text = made(perovdb, "neb", *asked, "--scheduler", "bash", "-o", "b")
    assert "next: cd b && bash job.sh" in text
    both = neb(perovdb, *asked, "--scheduler", "slurm", "--scheduler", "pbs", "-o", "t")
    assert [row["scheduler"] for row in both["sets"]] == ["slurm", "pbs"]
    for top in ("vasp-standard-slurm", "vasp-standard-pbs"):
        assert (here / "t" / top / "array.sh").exists()


@pytest.mark.parametrize("rule", ["partner", "V_Cs"])
@pytest.mark.parametrize("source", ["file", "formula"])
def test_a_neutral_cell(perovdb, here, alpha, rule, source):
    host = [alpha] if source == "file" else ["CsPbI3", "--phase", "alpha"]
    found = neb(perovdb, *host, "--species", "I", "--neutral", rule, *QUICK, "-o", "v")
    assert (found["charge"], found["atoms"]) == (0, 38)
    assert ends(here / "v")[0].composition.as_dict() == {"Cs": 7, "Pb": 8, "I": 23}


@pytest.mark.parametrize("source", ["file", "formula"])
def test_two_vacancies(perovdb, here, alpha, source):
    host = [alpha] if source == "file" else ["CsPbI3", "--phase", "alpha"]
    found = neb(perovdb, *host, "--species", "I", "--vacancies", "2", *QUICK, "-o", "v")
    assert (found["charge"], found["atoms"]) == (2, 38)


def test_force_replaces_a_set_and_nothing_else(perovdb, here):
    asked = ["neb", "CsPbI3", "--phase", "alpha", "--species", "I", *QUICK, "-o", "v"]
    made(perovdb, *asked)
    (here / "v" / "OUTCAR").write_text("of another run")
    refused = perovdb(*asked)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert (here / "v" / "OUTCAR").exists()
    made(perovdb, *asked, "--vacancies", "2", "--force")
    assert not (here / "v" / "OUTCAR").exists()
    assert manifest(here / "v")["charge"] == 2
    mine = here / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("years of work")
    (here / "link").symlink_to(here / "v")
    for place in ("mine", "link", "."):
        answer = perovdb(*asked[:-1], place, "--force")
        assert (answer.code, answer.err.count("\n")) == (2, 1), answer
        assert "is not replaced" in answer.err
    assert (mine / "thesis.tex").read_text() == "years of work"
    made(perovdb, *asked[:-1], "new", "--force")
    assert (here / "new" / "manifest.json").exists()


def test_a_study_from_a_file(perovdb, here):
    (here / "study.toml").write_text(
        'code = ["vasp", "qe"]\nimages = 1\nphase = "alpha"\n'
        '[[hops]]\nformula = "CsPbI3"\nspecies = "I"\nvacancies = [1, 2]\n'
        '[[hops]]\nformula = "CsPbI3"\nspecies = "I"\nhop = 9\n'
    )
    answer = perovdb("neb", "study.toml", "-o", "t", "--json")
    assert answer.code == 1
    rows = json.loads(answer.out)["sets"]
    assert [row["status"] for row in rows] == ["written"] * 4 + ["failed"] * 2
    assert answer.err.count("\n") == 1
    assert "I-hop9-1vac-rigid-images-1 and 1 more: There is no hop number 9 of I" in answer.err
    text = perovdb("neb", "study.toml", "-o", "t")
    assert text.code == 1
    assert "4 kept, 2 failed; contents in t/contents.csv" in text.out


def test_a_study_of_one_set_is_a_tree_too(perovdb, here):
    (here / "s.toml").write_text('code = "vasp"\nformula = "CsPbI3"\nspecies = "I"\nimages = 1\n')
    found = neb(perovdb, "s.toml", "-o", "t")
    assert len(found["sets"]) == 1
    assert (here / "t" / found["sets"][0]["folder"] / "job.sh").exists()


def test_the_relaxed_ends_of_a_set_make_a_new_one(perovdb, here):
    """As a code leaves them: moved a little, and wrapped into the cell."""
    made(perovdb, "neb", *IODIDE, *QUICK, "-o", "v")
    for number, image in zip(("00", "02"), ends(here / "v"), strict=True):
        image.perturb(0.05, seed=int(number))
        wrapped = Structure(image.lattice, image.species, image.frac_coords, to_unit_cell=True)
        Poscar(wrapped).write_file(here / "v" / number / "CONTCAR")
    files = ["v/00/CONTCAR", "--end", "v/02/CONTCAR"]
    again = neb(perovdb, *files, "--code", "vasp", "-o", "v2")
    assert (again["images"], again["charge"], again["hop"]["species"]) == (7, 1, "I")
    assert again["hop"]["distance_A"] == pytest.approx(6.2894 / 2**0.5, abs=0.1)
    start, end = moved(here / "v2")
    assert np.linalg.norm(end - start) == pytest.approx(again["hop"]["distance_A"], abs=1e-4)
    (here / "s.toml").write_text(
        'file = "v/00/CONTCAR"\nend = "v/02/CONTCAR"\ncode = ["vasp", "qe"]\nimages = 1\n'
    )
    rows = neb(perovdb, "s.toml", "-o", "t")["sets"]
    assert [(row["species"], row["status"]) for row in rows] == [("I", "written")] * 2
    for more, words in (
        (["--species", "I"], "'species' does not go with"),
        (["--vacancies", "2"], "'vacancies' does not go with"),
    ):
        answer = perovdb("neb", *files, *more, "--code", "vasp", "-o", "v3")
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert words in answer.err


IODIDE = ["CsPbI3", "--phase", "alpha", "--species", "I"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["CsPbI3", "--code", "vasp"], 2, "Missing option '--species'"),
        (IODIDE, 2, "Missing option '--code'"),
        (["CsPbI3"], 2, "Missing option '--species', '--code'"),
        (["CsPbI3", *QUICK, "--end", "x.cif"], 2, "'formula' does not go with"),
        ([*IODIDE, *QUICK, "--hop", "1"], 2, "There are 1 distinct"),
        ([*IODIDE, *QUICK, "--hop", "-1"], 2, "--hop"),
        ([*IODIDE, *QUICK, "--vacancies", "0"], 2, "--vacancies"),
        ([*IODIDE, *QUICK, "--vacancies", "40"], 1, "there are 22"),
        ([*IODIDE, "--code", "vasp", "--images", "0"], 2, "range 1<=x<=1000"),
        ([*IODIDE, *QUICK, "--spacing", "-1"], 2, "range 0.001<=x<=100"),
        ([*IODIDE, *QUICK, "--path", "fast"], 2, "rigid, idpp, both"),
        ([*IODIDE, *QUICK, "--set", "ENCUT"], 2, "KEY=VALUE"),
        ([*IODIDE, *QUICK, "--set", "NCUT=400"], 2, "Did you mean 'ENCUT'"),
        ([*IODIDE, *QUICK, "--set", "IMAGES=4"], 2, "follows from the atoms"),
        ([*IODIDE, *QUICK, "--scheduler", "cron"], 2, "slurm, pbs, bash"),
        ([*IODIDE, "--code", "vasp", "--cores", "24"], 2, "24 cores cannot be shared"),
        ([*IODIDE, *QUICK, "--cores", "0"], 2, "--cores': 0 is not in the range"),
        ([*IODIDE, *QUICK, "--neutral", "somehow"], 2, "V_Cs"),
        ([*IODIDE, *QUICK, "--neutral", "V_I"], 1, "opposite charge"),
        ([*IODIDE, *QUICK, "--into", "Br"], 2, "no Br"),
        ([*IODIDE, *QUICK, "--reach", "0"], 2, "range 0.1<=x<=100"),
        ([*IODIDE, *QUICK, "--order", "tidy"], 2, "tidy"),
        ([*IODIDE, *QUICK, "--sample", "3", "--hop", "3"], 2, "sample of 3"),
        ([*IODIDE, *QUICK, "--relax-in-band"], 2, "cannot relax the ends"),
        ([*IODIDE, "--species", "Q", *QUICK], 2, "'Q' is not an ion"),
        (["CsPbI3", "CsPb", "--species", "I", *QUICK], 2, "no X-site ion"),
        (["none.cif", "--species", "I", *QUICK], 2, "none.cif"),
        (["host.cif", "--species", "I", "--phase", "alpha", *QUICK], 2, "'phase' is for"),
        (["host.cif", "--species", "I", *QUICK], 2, "host.cif"),
        (["none.toml"], 2, "cannot be read"),
        (["s.toml", "CsPbI3"], 2, "only source"),
        (["s.toml", "--code", "vasp"], 2, "'--code' belongs into the study"),
        (["s.toml", "--relax-in-band"], 2, "'--relax-in-band' belongs into"),
        (["s.toml"], 2, "s.toml, [[hops]] number 2: 'hop' cannot be 'x'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_refusal_is_one_line_and_nothing_is_written(perovdb, here, arguments, code, words):
    (here / "s.toml").write_text(
        'species = "I"\nformula = "CsPbI3"\ncode = "vasp"\n[[hops]]\n[[hops]]\nhop = "x"\n'
    )
    (here / "host.cif").write_text("no structure\n")
    before = sorted(here.rglob("*"))
    answer = perovdb("neb", *arguments, "-o", "new")
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("perovdb: error: ")
    assert words in answer.err
    assert sorted(here.rglob("*")) == before
