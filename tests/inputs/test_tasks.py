"""Single points and relaxations: what each code is told, by task, level, spin and model."""

import json
import re

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.vasp.inputs import Incar, Poscar

from perovdb import build, particle, slab
from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.inputs.boundary import VACUUM_A, boundary_of
from perovdb.inputs.job import Electrons, Resources
from perovdb.inputs.machine import Machine
from perovdb.inputs.series import write_series
from perovdb.inputs.sets import input_files
from perovdb.structures.adoption import as_structure

CODES = ("vasp", "cp2k", "qe")


@pytest.fixture(scope="module")
def models():
    return {
        "crystal": build("CsPbI3", phase="alpha"),
        "slab": slab("CsPbI3", 1),
        "particle": particle("CsPbI3", cells=1),
    }


def incar(x, **options):
    return Incar.from_str(input_files(x, code="vasp", **options)["INCAR"])


def namelist(text, key):
    return re.search(rf"^ *{key} = (.+)$", text, re.M)[1]


def test_vasp_is_told_who_moves(models):
    """VASP wiki: IBRION -1 and NSW 0 move nothing; ISIF 2 the ions, 3 the cell too."""
    crystal = models["crystal"]
    still = incar(crystal, task="static")
    assert (still["IBRION"], still["NSW"]) == (-1, 0)
    for cell, isif in (("fixed", 2), ("free", 3)):
        moved = incar(crystal, task="relax", cell=cell)
        assert (moved["IBRION"], moved["ISIF"]) == (2, isif)
        assert moved["NSW"] > 0
        moved.check_params()


@pytest.mark.parametrize(
    ("task", "cell", "cp2k", "qe"),
    [
        ("static", "fixed", "ENERGY_FORCE", "'scf'"),
        ("relax", "fixed", "GEO_OPT", "'relax'"),
        ("relax", "free", "CELL_OPT", "'vc-relax'"),
    ],
)
def test_the_other_codes_are_told_the_task(models, task, cell, cp2k, qe):
    crystal = models["crystal"]
    text = input_files(crystal, code="cp2k", task=task, cell=cell)[f"{task}.inp"]
    assert f"RUN_TYPE {cp2k}" in text
    assert f"&{cp2k}\n" in text or task == "static"
    text = input_files(crystal, code="qe", task=task, cell=cell)[f"{task}.in"]
    assert namelist(text, "calculation") == qe
    assert ("&CELL\n" in text) is (cell == "free")


@pytest.mark.parametrize("task", ["static", "relax"])
def test_the_model_sets_the_boundary(models, task):
    vasp = {kind: incar(x, task=task) for kind, x in models.items()}
    assert "LDIPOL" not in vasp["crystal"]
    # The slab has its vacuum along c; 4 is "in all directions" (VASP wiki, IDIPOL).
    assert [vasp[kind]["IDIPOL"] for kind in ("slab", "particle")] == [3, 4]
    assert all(vasp[kind]["LDIPOL"] for kind in ("slab", "particle"))
    cp2k = {k: input_files(x, code="cp2k", task=task)[f"{task}.inp"] for k, x in models.items()}
    assert "SURFACE_DIPOLE_CORRECTION" not in cp2k["crystal"] + cp2k["particle"]
    assert "SURFACE_DIPOLE_CORRECTION .TRUE." in cp2k["slab"]
    assert cp2k["particle"].count("PERIODIC NONE") == 2
    assert "PERIODIC NONE" not in cp2k["crystal"] + cp2k["slab"]
    qe = {k: input_files(x, code="qe", task=task)[f"{task}.in"] for k, x in models.items()}
    assert "dipfield" not in qe["crystal"]
    assert "dipfield = .true." in qe["slab"]
    assert "assume_isolated = 'mt'" in qe["particle"]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("shift", np.linspace(0, 0.9, 4))
def test_a_slab_is_told_wherever_its_vacuum_is(axis, shift):
    """A file has no word for a slab: its vacuum tells, along any vector, across any border."""
    edges = [6.3, 6.3, 6.3]
    edges[axis] = 25.0
    sites = np.array(
        [[0, 0, 0], [3.15, 3.15, 3.15], [3.15, 3.15, 0], [3.15, 0, 3.15], [0, 3.15, 3.15]]
    )
    fractions = sites / edges
    fractions[:, axis] += shift
    structure = Structure(Lattice.orthorhombic(*edges), ["Cs", "Pb", "I", "I", "I"], fractions)
    boundary = boundary_of(structure)
    assert (boundary.kind, boundary.axis) == ("slab", axis)
    assert boundary.vacuum_A[axis] == pytest.approx(25 - 3.15)
    text = input_files(structure, code="qe", task="static")["static.in"]
    turn = float(namelist(text, "emaxpos"))
    # The field turns round between the atoms of one image and the next.
    ahead = (fractions[:, axis] - turn) % 1.0
    assert ahead.min() > float(namelist(text, "eopreg")) > 0


def test_layered_crystals_and_wires():
    """Organic cations fill the room between the layers; a wire is nothing that codes close off."""
    crystal = build("CsPbI3", phase="gamma")
    assert max(boundary_of(crystal).vacuum_A) < VACUUM_A
    assert boundary_of(crystal).kind == "crystal"
    wire = Structure(Lattice.orthorhombic(6, 30, 30), ["Cs", "I"], [[0, 0, 0], [0.5, 0, 0]])
    with pytest.raises(StructureError, match="wire"):
        boundary_of(wire)


def test_electrons_are_counted_and_spins_must_fit(models):
    """Cs 9, Pb 14, I 7 valence electrons: 44 in CsPbI3, one less for each positive charge."""
    crystal = models["crystal"]
    assert incar(crystal, task="static")["NELECT"] == 9 + 14 + 3 * 7
    charged = incar(crystal, task="static", electrons=Electrons(charge=1))
    assert (charged["NELECT"], charged["ISPIN"]) == (43, 2)
    triplet = Electrons(multiplicity=3)
    assert incar(crystal, task="static", electrons=triplet)["NUPDOWN"] == 2
    text = input_files(crystal, code="cp2k", task="static", electrons=triplet)["static.inp"]
    assert "MULTIPLICITY 3" in text
    assert "UKS .TRUE." in text
    text = input_files(crystal, code="qe", task="static", electrons=triplet)["static.in"]
    assert namelist(text, "tot_magnetization") == "2.0"
    for code in CODES:
        with pytest.raises(StructureError, match="multiplicity 2"):
            input_files(crystal, code=code, task="static", electrons=Electrons(multiplicity=2))


@pytest.mark.parametrize("code", CODES)
def test_a_charged_slab_needs_a_reason(models, code):
    charged = Electrons(charge=1)
    with pytest.raises(StructureError, match="no limit"):
        input_files(models["slab"], code=code, task="static", electrons=charged)
    asked = Electrons(charge=1, charged_slab="a test of the vacuum")
    files = input_files(models["slab"], code=code, task="static", electrons=asked)
    notes = " ".join(json.loads(files["manifest.json"])["notes"])
    assert "a test of the vacuum" in notes
    assert "width of the vacuum" in notes
    assert "cancels in the barrier" not in notes


def test_levels_of_theory(models):
    crystal = models["crystal"]
    both = input_files(crystal, code="vasp", task="static", electrons=Electrons("hse06+soc"))
    tags = Incar.from_str(both["INCAR"])
    assert (tags["LHFCALC"], tags["HFSCREEN"], tags["LSORBIT"]) == (True, 0.2, True)
    assert "ISPIN" not in tags
    assert "vasp_ncl" in both["job.sh"]
    assert "krukau2006" in both["citations.bib"]
    assert "grimme2010" not in both["citations.bib"]
    assert "vasp_ncl" not in input_files(crystal, code="vasp", task="static")["job.sh"]
    text = input_files(crystal, code="cp2k", task="static", electrons=Electrons("HSE06"))
    assert "OMEGA 0.11" in text["static.inp"]
    assert "SCALE_X -0.25" in text["static.inp"]
    for code in ("cp2k", "qe"):
        with pytest.raises(InputError, match="no inputs for PBE\\+SOC"):
            input_files(crystal, code=code, task="static", electrons=Electrons("PBE+SOC"))
    with pytest.raises(InputError, match="no level of theory"):
        Electrons("B3LYP")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"LSORBIT": True}, "--level"),
        ({"LHFCALC": True}, "--level"),
        ({"ICHARG": 11}, "Choose one of"),
        ({"ISYM": 2}, "Choose one of"),
        ({"METAGGA": "SCAN"}, "IVDW=0"),
        ({"IDIPOL": 3}, "follows from"),
    ],
)
def test_settings_that_change_more_than_themselves(models, settings, words):
    with pytest.raises(InputError) as refused:
        input_files(models["crystal"], code="vasp", task="static", settings=settings)
    assert words in str(refused.value)


def test_the_works_to_cite_follow_the_functional(models):
    files = input_files(models["crystal"], code="vasp", task="static", settings={"GGA": "PS"})
    assert "perdew2008" in files["citations.bib"]
    assert "perdew1996" not in files["citations.bib"]
    files = input_files(
        models["crystal"], code="vasp", task="static", settings={"METAGGA": "SCAN", "IVDW": 0}
    )
    assert "no work for the functional SCAN" in files["preflight.txt"]


def test_the_machine_shares_out_the_work(models):
    tables = {"vasp": {"ncore": 4, "kpar": 2, "ncl": "my_ncl"}, "qe": {"npool": 3}}
    resources = Resources(machine=Machine(tables))
    tags = incar(models["crystal"], task="static", resources=resources)
    assert (tags["NCORE"], tags["KPAR"]) == (4, 2)
    given = incar(models["crystal"], task="static", resources=resources, settings={"NCORE": 8})
    assert given["NCORE"] == 8
    files = input_files(models["crystal"], code="qe", task="static", resources=resources)
    assert "-nk 3" in files["job.sh"]


@pytest.mark.parametrize("code", CODES)
def test_what_no_task_can_be(models, code, iodide_hop):
    for x, options in (
        (models["slab"], {"task": "relax", "cell": "free"}),
        (models["crystal"], {"task": "static", "cell": "free"}),
        (iodide_hop, {"task": "relax"}),
        (models["crystal"], {"task": "band"}),
        (models["crystal"], {"task": "phonons"}),
    ):
        with pytest.raises(InputError):
            input_files(x, code=code, **options)


def test_quantum_espresso_wants_room_about_a_particle():
    crowded = as_structure(
        Structure(
            Lattice.cubic(12.0, pbc=(False, False, False)),
            ["Cs", "Pb", "I", "I", "I"],
            [[1, 1, 1], [4.1, 4.1, 4.1], [4.1, 4.1, 1], [4.1, 1, 4.1], [1, 4.1, 9.1]],
            coords_are_cartesian=True,
        )
    )
    with pytest.raises(InputError, match="twice as long"):
        input_files(crowded, code="qe", task="static")


def test_the_atoms_are_those_of_the_model(models):
    for x in models.values():
        files = input_files(x, code="vasp", task="relax")
        written = Poscar.from_str(files["POSCAR"]).structure
        assert written.composition == x.composition
        assert sorted(map(tuple, np.round(written.cart_coords, 6))) == sorted(
            map(tuple, np.round(x.cart_coords, 6))
        )


def test_a_series_is_a_tree_with_a_table(tmp_path, models):
    crystal = models["crystal"]
    two = {"a": crystal, "b": "CsPbBr3"}
    series = write_series(tmp_path / "s", two, code="cp2k", task="static")
    rows = series.rows()
    assert [row["folder"] for row in rows] == ["a", "b"]
    head = (tmp_path / "s" / "contents.csv").read_text().splitlines()[0]
    assert head.startswith("folder,task,formula")
    assert (tmp_path / "s" / "folders.txt").read_text() == "a\nb\n"
    with pytest.raises(InputError):
        write_series(tmp_path / "t", {"../a": crystal}, code="cp2k", task="static")
    with pytest.raises(PerovdbError, match=r"^bad: "):
        write_series(tmp_path / "t", {"good": crystal, "bad": "XxPbI3"}, code="cp2k", task="relax")
    assert not (tmp_path / "t").exists()


def test_the_command_line(tmp_path, perovdb, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = perovdb("inputs", "CsPbI3", "--phase", "alpha", "--task", "relax", "--code", "qe",
                     "--cell", "free", "-o", "r")  # fmt: skip
    assert answer.code == 0
    assert "sbatch job.sh" in answer.out
    assert "vc-relax" in (tmp_path / "r" / "relax.in").read_text()
    several = perovdb("inputs", "CsPbI3", "x.cif", "--task", "static", "--code", "qe", "-o", "s")
    assert several.code != 0
    assert not (tmp_path / "s").exists()
    assert perovdb("inputs", "CsPbI3", "--task", "band", "--code", "qe", "-o", "b").code == 2
    assert perovdb("inputs", "CsPbI3", "--task", "relax", "--code", "qe", "-o", "r").code != 0
