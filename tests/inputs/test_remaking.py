"""The images of a set anew, between its ends as a run has relaxed them."""

import json

import numpy as np
import pytest

from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.files.crystals import read_crystal
from perovdb.inputs import cp2k, qe, vasp
from perovdb.inputs.manifest import read_manifest
from perovdb.inputs.remaking import remake_images
from perovdb.inputs.sets import write_inputs
from perovdb.structures.adoption import as_structure

CODES = {"vasp": vasp, "cp2k": cp2k, "qe": qe}


def images(folder, code, count):
    """(k, n, 3) positions of all images as the code will read them, and the elements."""
    if code == "vasp":
        every = [read_crystal(str(folder / f"{k:02d}/POSCAR")).structure for k in range(count)]
        return np.array([one.cart_coords for one in every]), every[0]
    if code == "cp2k":
        ends = [cp2k.end_of(folder, k) for k in range(count)]
        return np.array([one.cart_coords for one in ends]), ends[0]
    text = (folder / "neb.in").read_text()
    blocks = text.split("ATOMIC_POSITIONS angstrom\n")[1:]
    n = len(qe.end_of(folder, 0))
    rows = [[row.split()[1:] for row in block.splitlines()[:n]] for block in blocks]
    return np.array(rows, dtype=float), qe.end_of(folder, 0)


def relax(folder, code, last, shift):
    """What job.sh leaves of ends whose atoms moved by (n, 3) each."""
    for number, moved in ((0, shift[0]), (last, shift[1])):
        end = CODES[code].end_of(folder, number)
        end = end.copy()
        for atom, way in enumerate(moved):
            end.translate_sites([atom], way, frac_coords=False, to_unit_cell=False)
        if code == "vasp":
            (folder / f"{number:02d}/POSCAR").write_text(vasp.poscar(as_structure(end)))
            (folder / f"{number:02d}/relaxed").touch()
        else:
            (folder / f"endpoint_{number:02d}.done").touch()
        if code == "cp2k":
            name = f"image_{number:02d}.xyz"
            (folder / name).write_text(cp2k._xyz(end, name))
        if code == "qe":
            text = (folder / "neb.in").read_text()
            word = "FIRST_IMAGE" if number == 0 else "LAST_IMAGE"
            head, tail = text.split(f"\n{word}\n")
            rest = "".join(tail.splitlines(keepends=True)[1 + len(end) :])
            text = f"{head}\n{word}\n{qe._positions(end)}{rest}"
            (folder / "neb.in").write_text(text)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("hop", ["iodide_hop", "fa_hop"])
def test_the_new_images_lie_between_the_relaxed_ends(request, tmp_path, code, hop):
    path = request.getfixturevalue(hop)
    folder = write_inputs(tmp_path / "set", path, code=code)
    last = len(path.images) - 1
    rng = np.random.default_rng(1)
    # Ions move by themselves; of molecules each moves as a whole.
    molecule = np.array(path.images[0].site_properties["molecule"])
    shift = rng.normal(0, 0.05, (2, len(molecule), 3))
    for number in set(molecule[molecule >= 0].tolist()):
        shift[:, molecule == number] = shift[:, molecule == number][:, :1]
    before, atoms = images(folder, code, last + 1)
    relax(folder, code, last, shift)
    remake_images(folder)
    after, same = images(folder, code, last + 1)
    assert same.species == atoms.species
    inverse = np.linalg.inv(atoms.lattice.matrix)
    for image, moved in ((0, shift[0]), (last, shift[1])):
        way = (after[image] - before[image] - moved) @ inverse
        assert np.abs(way - np.round(way)).max() < 1e-6
    steps = np.sqrt((np.diff(after, axis=0) ** 2).sum(axis=(1, 2)))
    assert steps == pytest.approx(np.full(last, steps.mean()), rel=0.02)
    # The old inner images are not between the new ends.
    assert np.abs(after[1:-1] - before[1:-1]).max() > 0.01
    told = read_manifest(folder)
    assert any("made anew" in note for note in told.notes)
    assert (folder / "again.done").exists()


@pytest.mark.parametrize("code", CODES)
def test_what_cannot_be_made_anew(tmp_path, iodide_hop, code):
    folder = write_inputs(tmp_path / "set", iodide_hop, code=code)
    with pytest.raises(InputError, match="not relaxed yet"):
        remake_images(folder)
    relax(folder, code, 6, np.zeros((2, 39, 3)))
    for name in ("band.done", "neb.done"):
        (folder / name).touch()
        with pytest.raises(InputError, match="has run"):
            remake_images(folder)
        (folder / name).unlink()
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(json.dumps(json.loads(text) | {"from_ends": False}))
    with pytest.raises(InputError, match="not those of a path between"):
        remake_images(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match="no set of a band"):
        remake_images(folder)
    with pytest.raises(InputError):
        remake_images(tmp_path / "nowhere")


@pytest.mark.parametrize("code", CODES)
def test_ends_that_ran_together_leave_the_set_as_it_was(tmp_path, iodide_hop, code):
    """Both ends fell into the same place: no path, and no file is touched."""
    folder = write_inputs(tmp_path / "set", iodide_hop, code=code)
    start, end = CODES[code].end_of(folder, 0), CODES[code].end_of(folder, 6)
    inverse = np.linalg.inv(start.lattice.matrix)
    way = (start.cart_coords - end.cart_coords) @ inverse
    way = (way - np.round(way)) @ start.lattice.matrix
    relax(folder, code, 6, np.array([np.zeros_like(way), way]))
    texts = {file: file.read_text() for file in folder.rglob("*") if file.is_file()}
    with pytest.raises((StructureError, PerovdbError)):
        remake_images(folder)
    assert texts == {file: file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_the_command_line(tmp_path, perovdb, iodide_hop):
    folder = write_inputs(tmp_path / "set", iodide_hop, code="cp2k")
    assert perovdb("neb", "--again", str(folder)).code != 0
    relax(folder, "cp2k", 6, np.zeros((2, 39, 3)))
    assert perovdb("neb", "--again", str(folder), "--images", "3").code == 2
    assert "7 images" in perovdb("neb", "--again", str(folder)).out
    # A band may have begun: it is not thrown away.
    assert "again.done" in perovdb("neb", "--again", str(folder)).err
    assert perovdb("neb", "CsPbI3", "--species", "I", "--code", "cp2k").code == 2


def test_two_files_are_two_ends(tmp_path, perovdb, iodide_hop):
    from perovdb import write_structure

    ends = [str(tmp_path / f"{name}.cif") for name in ("start", "end")]
    for file, image in zip(ends, (iodide_hop.images[0], iodide_hop.images[-1]), strict=True):
        write_structure(image, file)
    answer = perovdb("neb", *ends, "--code", "cp2k", "-o", str(tmp_path / "b"))
    assert answer.code == 0, answer.err
    told = read_manifest(tmp_path / "b")
    assert (told.hop.species, told.charge) == ("I", 1)
    assert told.hop.distance_A == pytest.approx(4.447, abs=0.02)
