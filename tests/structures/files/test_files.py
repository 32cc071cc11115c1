"""Files: what is written is what was built, other programs read it, and none is half written."""

import json
import os
import subprocess

import numpy as np
import pytest
from ase.io import read
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError, StructureError
from perovdb.files.names import format_of
from perovdb.structures.builder import build
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.files.ase_adapter import from_ase, to_ase
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.records import Labels
from perovdb.structures.files.restoring import adopt
from perovdb.structures.files.writing import as_text, write_structure
from perovdb.structures.history import rebuild, with_history
from perovdb.structures.layered.layers import layers
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.ordering import Order
from perovdb.structures.particles.nanocrystals import particle
from perovdb.structures.particles.slabs import slab
from perovdb.structures.supercells import supercell

NAMES = [
    "POSCAR",
    "CONTCAR.start",
    "model.vasp",
    "model.cif",
    "model.xyz",
    "model.extxyz",
    "model.inc",
    "model.qe",
    "model.json",
]


def changed(structure, **replaced):
    """The same atoms with another lattice, or other site properties; history as it is."""
    lattice = replaced.pop("lattice", structure.lattice)
    moved = Structure(lattice, structure.species, structure.frac_coords)
    site = {**structure.site_properties, **replaced}
    again = Labels(site["role"], site["ion"], site["molecule"]).on(moved)
    again.properties = structure.properties
    return again


def rotation(angle):
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]]) @ np.array(
        [[1, 0, 0], [0, cos, sin], [0, -sin, cos]]
    )


@pytest.fixture(scope="module")
def structure():
    return defects(build("Cs0.5FA0.5PbI3", size=(2, 2, 2)), ["V_FA"])


@pytest.fixture(scope="module")
def structures(structure):
    hybrid = build("MA0.5FA0.5PbI3", size=(2, 2, 2), seed=3)
    ligand = ["CH3COO" if ion == "FA" else ion for ion in hybrid.site_properties["ion"]]
    role = [
        "L" if ion == "CH3COO" else r
        for ion, r in zip(ligand, hybrid.site_properties["role"], strict=True)
    ]
    oblique = Lattice([[6, 0.5, 0.3], [0.2, -6.1, 0.1], [0.7, 0.4, 6.2]])
    shifted = hybrid.copy()
    shifted.translate_sites(range(len(shifted)), [0.5, 0.25, -2.0], to_unit_cell=False)
    return {
        "vacancy": structure,
        "hybrid": hybrid,
        "outside the cell": shifted,
        "turned": changed(hybrid, lattice=Lattice(hybrid.lattice.matrix @ rotation(0.7))),
        "left-handed": changed(build("CsPbI3", "alpha"), lattice=oblique),
        "particle": changed(hybrid, lattice=Lattice(hybrid.lattice.matrix, pbc=(False,) * 3)),
        "slab": changed(hybrid, lattice=Lattice(hybrid.lattice.matrix, pbc=(True, True, False))),
        "ligand": changed(hybrid, ion=ligand, role=role),
    }


def assert_same(found, wanted):
    assert [s.symbol for s in found.species] == [s.symbol for s in wanted.species]
    assert found.site_properties == wanted.site_properties
    assert found.cart_coords == pytest.approx(wanted.cart_coords, abs=1e-6)
    assert found.lattice.matrix == pytest.approx(wanted.lattice.matrix, abs=1e-6)
    assert found.lattice.pbc == wanted.lattice.pbc
    assert found.properties == wanted.properties


@pytest.mark.parametrize("name", NAMES)
def test_what_is_read_is_what_was_written(structures, tmp_path, name):
    for kind, wanted in structures.items():
        folder = tmp_path / kind
        folder.mkdir()
        write_structure(wanted, str(folder / name))
        assert_same(read_structure(str(folder / name)), wanted)


def test_ase_gives_back_what_it_was_given(structures):
    for wanted in structures.values():
        assert_same(from_ase(to_ase(wanted)), wanted)


@pytest.mark.parametrize("name", ["POSCAR", "model.vasp", "model.cif", "model.json"])
def test_pymatgen_reads_what_was_built(structure, tmp_path, name):
    write_structure(structure, str(tmp_path / name))
    found = Structure.from_file(tmp_path / name)
    assert found.composition == structure.composition
    distances = structure.lattice.get_all_distances(structure.frac_coords, found.frac_coords)
    assert distances.min(axis=1) == pytest.approx(np.zeros(len(structure)), abs=1e-6)


@pytest.mark.parametrize("name", ["POSCAR", "model.vasp", "model.cif", "model.xyz"])
def test_ase_reads_what_was_built(structure, tmp_path, name):
    write_structure(structure, str(tmp_path / name))
    found = read(tmp_path / name)
    assert sorted(found.symbols) == sorted(site.specie.symbol for site in structure)
    fractional = structure.lattice.get_fractional_coords(found.get_positions())
    if name == "model.cif":
        fractional = found.get_scaled_positions()
    distances = structure.lattice.get_all_distances(structure.frac_coords, fractional)
    assert distances.min(axis=1) == pytest.approx(np.zeros(len(structure)), abs=1e-6)


def test_ase_reads_coordinates_for_cp2k_and_quantum_espresso(structure, tmp_path):
    (tmp_path / "a.restart").write_text(
        f"&FORCE_EVAL\n&SUBSYS\n{as_text(structure, 'cp2k')}&END SUBSYS\n&END FORCE_EVAL\n"
    )
    symbols = {site.specie.symbol for site in structure}
    species = "".join(f"{symbol} 1.0 {symbol}.upf\n" for symbol in symbols)
    (tmp_path / "a.pwi").write_text(
        f"&control\n/\n&system\nibrav = 0, nat = {len(structure)}, ntyp = {len(symbols)}\n/\n"
        f"&electrons\n/\nATOMIC_SPECIES\n{species}{as_text(structure, 'qe')}"
    )
    for name, form in (("a.restart", "cp2k-restart"), ("a.pwi", "espresso-in")):
        found = read(tmp_path / name, format=form)
        assert list(found.symbols) == [site.specie.symbol for site in structure]
        assert found.positions == pytest.approx(structure.cart_coords, abs=1e-6)
        assert found.cell.array == pytest.approx(structure.lattice.matrix, abs=1e-6)
    # A whole input of pw.x is read too; the record of the cards stands in it.
    assert_same(read_structure(str(tmp_path / "a.pwi")), structure)


@pytest.mark.engine("cp2k")
def test_cp2k_accepts_the_coordinates(structure, tmp_path):
    write_structure(structure, str(tmp_path / "model.inc"))
    (tmp_path / "a.inp").write_text(
        "&GLOBAL\nPROJECT a\nRUN_TYPE ENERGY\n&END GLOBAL\n&FORCE_EVAL\nMETHOD QUICKSTEP\n"
        "&SUBSYS\n@INCLUDE 'model.inc'\n&END SUBSYS\n&END FORCE_EVAL\n"
    )
    answer = subprocess.run(
        ["cp2k", "-c", "a.inp"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "SUCCESS, the input could be parsed correctly" in answer.stdout, answer.stdout


def test_a_poscar_begins_with_what_it_is(structure):
    assert as_text(structure, "poscar").startswith("Cs4FA3Pb8I24 ")


def test_comment_lines_are_short_and_ascii(structure):
    odd = changed(structure)
    arguments = {"defects": ["$HOME @SET  \u03b1"]}
    text = "x" * 150 + " " * 250
    with_history(odd, 1, [{"step": "defects", "arguments": arguments, "text": text, "notes": []}])
    for form in ("cif", "cp2k", "qe"):
        comments = [line for line in as_text(odd, form).splitlines() if "# perovdb " in line]
        assert comments
        assert all(len(line) < 512 and line == line.rstrip() for line in comments)
        assert "$" not in "".join(comments)
        assert "@" not in "".join(comments)
        assert "".join(comments).isascii()


def test_a_json_file_is_pymatgens(structure, tmp_path):
    write_structure(structure, str(tmp_path / "model.json"))
    given = json.loads((tmp_path / "model.json").read_text())
    assert Structure.from_dict(given).properties["charge"] == structure.properties["charge"]


def test_what_carries_no_roles_is_not_written(structure):
    with pytest.raises(StructureError, match="adopt"):
        as_text(Structure(structure.lattice, ["Cs"], [[0, 0, 0]]), "cif")
    with pytest.raises(InputError, match="not a format"):
        as_text(structure, "pdb")


def test_a_name_must_tell_its_format():
    with pytest.raises(InputError, match=r"\.vasp, \.cif, \.xyz"):
        format_of("model.pdb")


def test_an_existing_file_is_kept(structure, tmp_path):
    target = tmp_path / "POSCAR"
    target.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_structure(structure, str(target))
    assert target.read_text() == "mine"


def test_a_failed_write_leaves_nothing(structure, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    for step in ("link", "rename", "replace"):
        monkeypatch.setattr(os, step, full)
    with pytest.raises(InputError, match="the disk is full"):
        write_structure(structure, str(tmp_path / "POSCAR"))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def steps():
    """One structure of each kind of step, some of several."""
    crystal = build("CsPbI3", "alpha", 2)
    hybrid = build(
        "MA0.5FA0.5PbI3",
        size=(2, 2, 1),
        order=Order("layered", axis=0),
        orientation=Orientation("aligned-110", "dipole", molecules={"MA": load_molecule("MA")}),
    )
    dots = particle("CsPb0.9Cd0.1Br3", cells=(2, 2, 5), seed=1)
    return {
        "order and orientation": hybrid,
        "charged": defects(crystal, ["V_I"]),
        "defects of a supercell": defects(supercell(hybrid, (1, 1, 2)), ["V_I", "Cd_Pb"]),
        "particle": dots,
        "layers": layers("CsPbBr3", (2, 1)),
        "slab": slab("CsPbBr3", layers=3),
        "adopted": adopt(Structure(hybrid.lattice, hybrid.species, hybrid.frac_coords)),
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_read_back_and_can_be_done_again(steps, tmp_path, name):
    for kind, structure in steps.items():
        folder = tmp_path / kind
        folder.mkdir()
        write_structure(structure, folder / name)
        again = read_structure(folder / name)
        assert again.properties == structure.properties, kind
        assert again.charge == structure.charge == structure.properties["charge"], kind
        if name == "model.json":
            assert rebuild(again.properties["history"]) == structure, kind
