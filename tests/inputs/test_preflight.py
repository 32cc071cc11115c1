"""A path that is not fit for a band never becomes files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp.inputs import Poscar

from perovdb.errors import StructureError
from perovdb.inputs.job import Electrons
from perovdb.inputs.preflight import UNEVEN
from perovdb.inputs.sets import CODES, input_files, write_inputs
from perovdb.migration.endpoints import with_positions
from perovdb.migration.hops import hops
from perovdb.migration.path import path
from perovdb.migration.vacancies import Vacancies


def moved(hop, number, change):
    """The path with the positions of one image changed."""
    images = list(hop.images)
    positions = images[number].cart_coords.copy()
    images[number] = with_positions(images[number], change(positions))
    return replace(hop, images=tuple(images))


@pytest.mark.parametrize("code", CODES)
def test_the_report_stands_in_every_set(code, iodide_hop, fa_hop):
    for hop in (iodide_hop, fa_hop):
        files = input_files(hop, code=code)
        lines = files["preflight.txt"].splitlines()
        assert all(line.startswith("ok  ") for line in lines[1:11])
        # The notes of the manifest are the end of the report.
        notes = json.loads(files["manifest.json"])["notes"]
        assert [line.removeprefix("note  ") for line in lines[11:]] == notes
        assert notes
        assert f"{len(hop.images)} images of {len(hop.images[0])} atoms" in lines[1]
    assert "molecules               7, no bond" in "".join(lines)


def swap(positions):
    positions[[0, 1]] = positions[[1, 0]]
    return positions


@pytest.mark.parametrize(
    ("number", "change", "words"),
    [
        (2, lambda x: x + np.array([12.6, 0, 0]), "unwrapped"),
        (2, lambda x: x + np.array([0.3, 0, 0]), "spacing"),
        (2, swap, "unwrapped"),
    ],
)
def test_an_image_that_jumps(iodide_hop, tmp_path, number, change, words):
    with pytest.raises(StructureError, match=words):
        write_inputs(tmp_path / "set", moved(iodide_hop, number, change), code="cp2k")
    assert list(tmp_path.iterdir()) == []


def test_an_atom_that_was_wrapped(iodide_hop):
    """One atom a whole cell vector away, on one image only."""

    def wrap(positions):
        positions[3] += iodide_hop.images[0].lattice.matrix[0]
        return positions

    with pytest.raises(StructureError, match=r"unwrapped: .*1\.0\d\d of a cell vector"):
        input_files(moved(iodide_hop, 3, wrap), code="vasp")


def test_how_uneven_a_chain_may_be(iodide_hop):
    """One step is made longer or shorter by a share, which the others make up for together."""
    first, *_, last = (image.cart_coords for image in iodide_hop.images)
    steps = len(iodide_hop.images) - 1

    def chain(off):
        shares = [0.0, *np.linspace((1 + off) / steps, 1, steps)]
        images = [with_positions(iodide_hop.images[0], first + s * (last - first)) for s in shares]
        return replace(iodide_hop, images=tuple(images))

    length = np.linalg.norm(last - first) / steps
    for off in (0.0, UNEVEN - 0.005, -UNEVEN + 0.005):
        report = input_files(chain(off), code="cp2k")["preflight.txt"]
        assert f"{length:.3f} A, even to {100 * abs(off):.1f} %" in report
    for off in (UNEVEN + 0.005, -UNEVEN - 0.005):
        with pytest.raises(StructureError, match=f"even to {100 * abs(off):.1f} %"):
            input_files(chain(off), code="cp2k")


def test_two_images_that_are_the_same(iodide_hop):
    images = list(iodide_hop.images)
    images[2] = images[1]
    with pytest.raises(StructureError, match="images are the same"):
        input_files(replace(iodide_hop, images=tuple(images)), code="vasp")


def test_a_contact(iodide_hop):
    """All images shifted alike for one atom: even spacing, but it stands in another."""
    images = []
    for image in iodide_hop.images:
        positions = image.cart_coords.copy()
        positions[0] = positions[8] + [1.0, 0, 0]
        images.append(with_positions(image, positions))
    with pytest.raises(StructureError, match=r"contacts: 1\.00 A"):
        input_files(replace(iodide_hop, images=tuple(images)), code="vasp")


def test_a_molecule_that_bends(fa_hop):
    """A carbon-hydrogen bond that is longer on the middle image than at both ends."""
    start = fa_hop.images[0]
    hydrogen = next(k for k, site in enumerate(start) if site.specie.symbol == "H")
    images = list(fa_hop.images)
    positions = images[2].cart_coords.copy()
    positions[hydrogen] += 0.1
    images[2] = with_positions(images[2], positions)
    with pytest.raises(StructureError, match="A molecule is torn on image 02: make"):
        input_files(replace(fa_hop, images=tuple(images)), code="vasp")


def test_atoms_in_another_order(iodide_hop):
    images = list(iodide_hop.images)
    order = list(range(len(images[0])))
    order[0], order[-1] = order[-1], order[0]
    images[1] = images[1].__class__.from_sites([images[1][k] for k in order])
    with pytest.raises(StructureError, match="atom 1 differs on image 01"):
        input_files(replace(iodide_hop, images=tuple(images)), code="vasp")
    images[1] = images[0].copy()
    images[1].remove_sites([0])
    with pytest.raises(StructureError, match="Image 01 has 38 atoms, image 00 has 39"):
        input_files(replace(iodide_hop, images=tuple(images)), code="vasp")


def test_images_of_another_charge(iodide_hop):
    images = list(iodide_hop.images)
    images[1] = with_positions(images[1], images[1].cart_coords)
    images[1].properties = {**images[1].properties, "charge": 0}
    with pytest.raises(StructureError, match="charge"):
        input_files(replace(iodide_hop, images=tuple(images)), code="vasp")


def notes(hop, code="cp2k", **options):
    return " ".join(json.loads(input_files(hop, code=code, **options)["manifest.json"])["notes"])


def test_what_is_left_out_is_told(iodide_hop):
    told = notes(iodide_hop)
    assert "charge of +1 is compensated by a uniform background" in told
    assert "spin-orbit coupling of Pb is left out" in told
    assert "made anew by 'perovdb neb --again'" in told
    assert "Gamma point only" in told
    assert "made anew" not in notes(iodide_hop, relax_first=False)
    assert "spin-orbit" not in notes(iodide_hop, "vasp", electrons=Electrons("PBE+SOC"))


def test_a_neutral_cell_without_lead_has_no_such_notes():
    hop = hops("CsSnI3", "I", phase="alpha")[0]
    told = notes(path("CsSnI3", hop, images=1, vacancies=Vacancies(neutral="partner")))
    assert "background" not in told
    assert "spin-orbit" not in told


def test_the_notes_of_a_hop_that_is_half_a_cell():
    told = notes(path("CsPbI3", hops("CsPbI3", "Cs", phase="alpha")[0], images=1))
    assert "half a cell vector" in told


def test_a_structure_keeps_the_notes_of_how_it_was_made(iodide_hop):
    """Not of an average cell: its history tells."""
    hop = iodide_hop
    images = [with_positions(image, image.cart_coords) for image in hop.images]
    for image in images:
        image.properties = {"charge": 1, "history": [{"step": "x", "notes": ["of another T"]}]}
    assert "of another T" in notes(replace(hop, hop=None, images=tuple(images)))


def test_relaxed_ends_make_a_new_path(iodide_hop, tmp_path, monkeypatch):
    """The example of docs/input_sets.md, with ends that a code wrapped and moved a little."""
    monkeypatch.chdir(tmp_path)
    for number, shift in ((0, 0.02), (6, -0.02)):
        folder = tmp_path / "v" / f"{number:02d}"
        folder.mkdir(parents=True)
        image = iodide_hop.images[number]
        moved = with_positions(image, image.cart_coords + shift)
        wrapped = Structure(moved.lattice, moved.species, moved.frac_coords, to_unit_cell=True)
        Poscar(wrapped, sort_structure=False).write_file(folder / "CONTCAR")
    text = (Path(__file__).parents[2] / "docs" / "input_sets.md").read_text()
    exec(compile(text.split("```python\n")[1].split("```")[0], "input_sets.md", "exec"), {})
    manifest = json.loads((tmp_path / "v2" / "manifest.json").read_text())
    start = Structure.from_file(tmp_path / "v2" / "00" / "POSCAR")
    off = start.frac_coords - iodide_hop.images[0].frac_coords
    shifts = start.lattice.get_cartesian_coords(off - np.rint(off))
    assert shifts == pytest.approx(np.full(shifts.shape, 0.02), abs=1e-6)
    assert manifest["images"] == 7
