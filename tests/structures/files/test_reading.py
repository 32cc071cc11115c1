"""Files of other hands: what is good is read, what is broken gives one clear error."""

import hashlib
import json
import os
import re

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.io import write
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp.inputs import Poscar

from perovdb.errors import InputError, StructureError
from perovdb.structures.builder import build
from perovdb.structures.files.ase_adapter import from_ase, to_ase
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.writing import as_text, write_structure
from perovdb.structures.history import with_charge

#: Mutations of each base file; there are ten of these.
MUTATIONS = 52


@pytest.fixture(scope="module")
def hybrid():
    return build("MA0.5FA0.5PbI3", size=(2, 1, 1), seed=1)


@pytest.fixture(scope="module")
def bases(hybrid):
    """Name of a file -> its text: five of our formats, and others as their programs write them."""
    bare = Structure(hybrid.lattice, hybrid.species, hybrid.frac_coords % 1.0)
    cubic = Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(6.29), ["Cs", "Pb", "I"], [[0.5] * 3, [0] * 3, [0.5, 0, 0]]
    )
    own = {
        "POSCAR": "poscar",
        "own.cif": "cif",
        "own.xyz": "xyz",
        "own.inc": "cp2k",
        "own.qe": "qe",
        "own.json": "json",
    }
    cell = " ".join(map(str, hybrid.lattice.abc))
    rows = "\n".join(f"{s.specie.symbol} {' '.join(map(str, s.frac_coords))}" for s in bare)
    return {
        **{name: as_text(hybrid, form) for name, form in own.items()},
        "POSCAR.other": Poscar(bare).get_str(),
        "other.cif": str(CifWriter(cubic, symprec=0.01)),
        "other.inp": "&FORCE_EVAL\n&SUBSYS\n&CELL\n  ABC [angstrom] "
        f"{cell}\n&END CELL\n&COORD\n  SCALED\n{rows}\n&END COORD\n&END SUBSYS\n&END FORCE_EVAL\n",
        "other.pwi": f"&system\nibrav=0, nat={len(bare)}, ntyp=5\n/\nCELL_PARAMETERS angstrom\n"
        + "\n".join(" ".join(map(str, row)) for row in hybrid.lattice.matrix)
        + f"\nATOMIC_POSITIONS crystal\n{rows}\n",
    }


def counted(structure):
    """Ion -> how many atoms belong to it."""
    ions = structure.site_properties["ion"]
    return {ion: ions.count(ion) for ion in sorted(set(ions))}


def test_foreign_files_have_roles_and_molecules(bases, hybrid, tmp_path):
    for name, text in bases.items():
        (tmp_path / name).write_text(text)
        found = read_structure(str(tmp_path / name))
        if name == "other.cif":
            assert counted(found) == {"Cs": 1, "I": 3, "Pb": 1}
        else:
            assert counted(found) == counted(hybrid), name
        assert found.properties["charge"] == 0
        if "other" in name:
            step = found.properties["history"][0]
            assert step["step"] == "read_structure"
            digest = hashlib.sha256(text.encode()).hexdigest()
            assert step["arguments"]["sha256"] == digest
            again = read_structure(**json.loads(json.dumps(step["arguments"])))
            assert again == found
            assert again.properties == found.properties


def test_the_file_of_a_history_must_be_the_same(bases, tmp_path):
    path = tmp_path / "POSCAR"
    path.write_text(bases["POSCAR.other"])
    arguments = read_structure(str(path)).properties["history"][0]["arguments"]
    path.write_text(bases["POSCAR.other"] + "\n")
    with pytest.raises(InputError, match="SHA-256"):
        read_structure(**arguments)


def with_record_of(old, new):
    """A new file that still has the record of the old one."""
    if new.startswith("{"):
        given, earlier = json.loads(new), json.loads(old)
        return json.dumps({**given, "properties": earlier["properties"]})
    mark = re.compile(r"^# perovdb .*\n", re.MULTILINE)
    if mark.search(new):
        return "".join(mark.findall(old)) + mark.sub("", new)
    lines, earlier = new.split("\n"), old.split("\n")
    if "Lattice=" not in new:
        return "\n".join([earlier[0], *lines[1:]])
    cell = re.search('Lattice="[^"]*"', lines[1])[0]
    second = re.sub('Lattice="[^"]*"', cell, earlier[1])
    return "\n".join([lines[0], second, *lines[2:]])


@pytest.mark.parametrize("name", ["POSCAR", "own.cif", "own.inc", "own.qe", "own.json", "own.xyz"])
def test_moved_atoms_keep_roles_but_not_the_history(hybrid, tmp_path, name):
    """As after a relaxation: the comment stays, positions and cell change, atoms are wrapped."""
    charged = hybrid.copy()
    built = hybrid.properties["history"][0]
    asked = {**built, "arguments": {**built["arguments"], "charge": -1}}
    charged.properties = {**hybrid.properties, "history": [asked]}
    with_charge(charged, -1)
    moved = hybrid.copy()
    generator = np.random.default_rng(5)
    places = (moved.cart_coords + generator.normal(scale=0.02, size=(len(moved), 3))) * 1.01
    moved = Structure(
        Lattice(moved.lattice.matrix * 1.01), moved.species, places, coords_are_cartesian=True,
        to_unit_cell=True, site_properties=moved.site_properties,
    )  # fmt: skip
    moved.properties = dict(charged.properties)
    with_charge(moved, -1)
    form = {"POSCAR": "poscar", "inc": "cp2k"}.get(name.split(".")[-1], name.split(".")[-1])
    (tmp_path / name).write_text(with_record_of(as_text(charged, form), as_text(moved, form)))
    found = read_structure(str(tmp_path / name))
    assert found.site_properties == hybrid.site_properties
    assert found.properties["charge"] == -1
    (step,) = found.properties["history"]
    assert step["step"] == "read_structure"
    assert "moved since it was made" in step["notes"][0]
    assert found.get_distance(0, 1) == pytest.approx(moved.get_distance(0, 1), abs=1e-6)
    spread = max(
        np.ptp(found.cart_coords[np.array(found.site_properties["molecule"]) == number], 0).max()
        for number in set(found.site_properties["molecule"]) - {-1}
    )
    assert spread < 5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["Cs",8]', '["Rb",8]'),
        ('["A",8]', '["Z",8]'),
        ('["I",24]', '["Br",24]'),
        ('"atoms":"Cs8 Pb8 I24"', '"atoms":"Cs8 Pb8 Br24"'),
    ],
)
def test_a_record_that_says_other_ions_than_the_atoms_is_not_believed(tmp_path, old, new):
    honest = as_text(build("CsPbI3", phase="alpha", size=2), "cp2k")
    pieces = [line for line in honest.splitlines() if line.startswith("# perovdb ")]
    record = "".join(piece.removeprefix("# perovdb ") for piece in pieces)
    # Elements stand before roles and ions in a record, and alike.
    before, said, after = record.rpartition(old)
    assert said
    path = tmp_path / "own.inc"
    path.write_text(f"# perovdb {before}{new}{after}\n" + honest.replace("\n".join(pieces), ""))
    structure = read_structure(path)
    assert set(structure.site_properties["ion"]) == {"Cs", "Pb", "I"}
    assert structure.properties["charge"] == 0
    assert any("recognised anew" in note for note in structure.properties["history"][0]["notes"])


def test_a_record_cut_off_as_vasp_does_is_none(bases, hybrid, tmp_path):
    first, rest = bases["POSCAR"].split("\n", 1)
    (tmp_path / "CONTCAR").write_text(f"{first[:40]}\n{rest}")
    assert counted(read_structure(str(tmp_path / "CONTCAR"))) == counted(hybrid)
    (tmp_path / "POSCAR").write_text(f"{first[:400]}\n{rest}")
    found = read_structure(str(tmp_path / "POSCAR"))
    assert counted(found) == counted(hybrid)
    assert "damaged" in " ".join(found.properties["history"][0]["notes"])


def test_atoms_taken_out_in_ase_leave_the_others_their_roles(hybrid):
    atoms = to_ase(hybrid)
    del atoms[next(i for i, symbol in enumerate(atoms.symbols) if symbol == "I")]
    found = from_ase(atoms)
    assert found.properties["charge"] == 1
    assert found.site_properties["ion"] == atoms.arrays["ion"].tolist()
    assert found.properties["history"][0]["step"] == "adopt"


def test_a_particle_without_a_cell_stands_in_a_box(tmp_path):
    atoms = Atoms("PbI3", [[0, 0, 0], [3.1, 0, 0], [0, 3.1, 0], [0, 0, 3.1]])
    (tmp_path / "plain.xyz").write_text(
        "4\nnothing\n"
        + "\n".join(
            f"{s} {x} {y} {z}" for s, (x, y, z) in zip(atoms.symbols, atoms.positions, strict=True)
        )
    )
    found = read_structure(str(tmp_path / "plain.xyz"))
    assert found.lattice.pbc == (False, False, False)
    assert found.lattice.abc == pytest.approx([23.1] * 3)
    assert found.cart_coords.min(axis=0) == pytest.approx([10.0] * 3)
    assert found.properties["charge"] == -1
    assert found.distance_matrix[0] == pytest.approx([0, 3.1, 3.1, 3.1])
    with pytest.raises(InputError, match="lacks a vector"):
        from_ase(Atoms("Cs", cell=[6, 6, 0], pbc=True))


def test_the_last_frame_of_a_trajectory_is_read(tmp_path):
    frames = [Atoms("Cs", cell=[edge] * 3, pbc=True) for edge in (6, 7)]
    write(tmp_path / "run.xyz", frames, format="extxyz")
    assert read_structure(str(tmp_path / "run.xyz")).lattice.a == pytest.approx(7)


def test_bohr_and_alat_are_read(tmp_path):
    (tmp_path / "a.in").write_text(
        "&system\nibrav=0, celldm(1)=11.9, nat=1, ntyp=1\n/\nATOMIC_SPECIES\nCs 1 Cs.upf\n"
        "cell_parameters (alat)\n1 0 0\n0 1 0\n0 0 1\nATOMIC_POSITIONS alat\nCs 0 0 0.25\n"
    )
    found = read_structure(str(tmp_path / "a.in"))
    # 1 bohr = 0.529177 A, CODATA.
    assert found.lattice.a == pytest.approx(11.9 * 0.529177, abs=1e-5)
    assert found.frac_coords[0] == pytest.approx([0, 0, 0.25], abs=1e-9)
    (tmp_path / "a.inp").write_text("&CELL\nABC 6 6 6\n&END\n&COORD\nUNIT bohr\nCs1 0 0 1\n&END\n")
    assert read_structure(str(tmp_path / "a.inp")).cart_coords[0, 2] == pytest.approx(0.529177)


def test_foreign_molecules_are_named(tmp_path):
    atoms = molecule("C6H6", cell=[10] * 3, pbc=True)
    write(tmp_path / "benzene.cif", atoms)
    with pytest.raises(StructureError, match=r"benzene\.cif: The molecule C6H6"):
        read_structure(str(tmp_path / "benzene.cif"))
    found = read_structure(str(tmp_path / "benzene.cif"), unknown="keep", charge=0)
    assert set(found.site_properties["ion"]) == {"C6H6"}
    assert found.properties["charge"] == 0


BROKEN = {
    "empty.cif": b"",
    "blank.xyz": b" \n\n",
    "junk.cif": bytes(range(256)) * 20,
    "POSCAR.gz": b"\x1f\x8b\x08\x00" + bytes(100),
    "words.cif": b"a file of words\n" * 10,
    "words.vasp": b"a file of words\n" * 10,
    "words.xyz": b"a file of words\n" * 10,
    "words.inc": b"a file of words\n" * 10,
    "words.qe": b"a file of words\n" * 10,
    "words.json": b"a file of words\n" * 10,
    "list.json": b"[1, 2]",
    "deep.json": b"[" * 100_000,
    "none.pdb2": b"ATOM",
    "zero.xyz": b"0\n\n",
    "POSCAR.zero": b"c\n1\n6 0 0\n0 6 0\n0 0 6\nCs\n0\ndirect\n",
    "many.xyz": b"99999999999999\n\nCs 0 0 0\n",
    "POSCAR.many": b"c\n1\n6 0 0\n0 6 0\n0 0 6\nCs\n9999999999\ndirect\n0 0 0\n",
    "POSCAR.nan": b"c\n1\n6 0 0\n0 6 0\n0 0 6\nCs\n1\ndirect\nnan 0 0\n",
    "POSCAR.inf": b"c\n1\ninf 0 0\n0 6 0\n0 0 6\nCs\n1\ndirect\n0 0 0\n",
    "POSCAR.names": b"c\n1\n6 0 0\n0 6 0\n0 0 6\n1\ndirect\n0 0 0\n",
    "nan.xyz": b"1\n\nCs nan 0 0\n",
    "nan.cell.xyz": b'1\nLattice="6 0 0 0 nan 0 0 0 6"\nCs 0 0 0\n',
    "ghost.xyz": b"1\n\nXx 0 0 0\n",
}
IMPOSSIBLE = {
    "POSCAR.flat": b"c\n1\n6 0 0\n6 0 0\n0 0 6\nCs\n1\ndirect\n0 0 0\n",
    "POSCAR.small": b"c\n1e-4\n6 0 0\n0 6 0\n0 0 6\nCs\n1\ndirect\n0 0 0\n",
    "POSCAR.over": b"c\n1\n6 0 0\n0 6 0\n0 0 6\nCs I\n1 1\ndirect\n0 0 0\n0 0 .99\n",
    "twice.xyz": b"2\n\nCs 0 0 0\nCs 0 0 0\n",
    "heap.xyz": b"5000\n\n" + b"Cs 0 0 0\n" * 5000,
    "far.xyz": b"2\n\nCs 0 0 0\nCs 0 0 1e30\n",
    "metal.xyz": b"1\n\nW 0 0 0\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_cannot_be_read(tmp_path, name):
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(InputError) as told:
        read_structure(str(tmp_path / name))
    assert told.value.what.endswith((".", ".xyz", ".json"))
    assert len(str(told.value)) < 600


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_structures_are_refused(tmp_path, name):
    (tmp_path / name).write_bytes(IMPOSSIBLE[name])
    with pytest.raises(StructureError, match=re.escape(name)):
        read_structure(str(tmp_path / name))


def test_what_is_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.cif", "/dev/null"):
        with pytest.raises(InputError):
            read_structure(str(path))
    with (tmp_path / "huge.cif").open("wb") as handle:
        handle.truncate(10**10)
    with pytest.raises(InputError, match="MB"):
        read_structure(str(tmp_path / "huge.cif"))
    os.mkfifo(tmp_path / "pipe.cif")
    with pytest.raises(InputError, match="a pipe, not a file"):
        read_structure(str(tmp_path / "pipe.cif"))


def test_disordered_files_are_to_be_ordered_first(tmp_path):
    crystal = Structure(
        Lattice.cubic(6.2),
        [{"Cs": 0.5, "Rb": 0.5}, "Pb", "I", "I", "I"],
        [[0.5] * 3, [0] * 3, [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]],
    )
    crystal.to(str(tmp_path / "mixed.cif"))
    with pytest.raises(StructureError, match=r"mixed\.cif: Site 1 .* shared or partly filled"):
        read_structure(str(tmp_path / "mixed.cif"))


def attempt(path):
    """The structure of a file, or the error that it gives; other errors go through."""
    try:
        return read_structure(path), None
    except (InputError, StructureError) as error:
        return None, error


def mutated(text, generator):
    """A text with one thing broken."""
    lines = text.split("\n")
    at = int(generator.integers(len(lines)))
    kind = int(generator.integers(10))
    numbers = list(re.finditer(r"-?\d+\.?\d*", text))
    if kind == 0:
        return text[: int(generator.integers(len(text)))]
    if kind == 1:
        return "\n".join(lines[:at] + lines[at + 1 :])
    if kind == 2:
        return "\n".join([*lines[:at], lines[at], *lines[at:]])
    if kind in (3, 4, 5):
        found = numbers[int(generator.integers(len(numbers)))]
        other = ["nan", "-1", "0", "1e308", "inf", "99999999999", "x", "", "1e-300", "0.5"]
        new = other[int(generator.integers(len(other)))]
        return text[: found.start()] + new + text[found.end() :]
    if kind == 6:
        place = int(generator.integers(len(text)))
        return text[:place] + chr(int(generator.integers(1, 300))) + text[place + 1 :]
    if kind == 7:
        start, end = sorted(generator.integers(len(text), size=2))
        return text[:start] + text[end:]
    if kind == 8:
        generator.shuffle(lines)
        return "\n".join(lines)
    return text.replace("I", ["D", "Xx", "Au", ""][int(generator.integers(4))])


def test_mutated_files_are_read_or_refused(bases, tmp_path):
    """More than 500 of them; a warning would be an error here."""
    read, refused = 0, 0
    for number, (name, text) in enumerate(bases.items()):
        generator = np.random.default_rng([7, number])
        for count in range(MUTATIONS):
            folder = tmp_path / f"{number}-{count}"
            folder.mkdir()
            (folder / name).write_text(mutated(text, generator), encoding="utf-8")
            structure, error = attempt(str(folder / name))
            if error is not None:
                refused += 1
                assert name in error.what, error
                assert error.mend
                assert "\n" not in str(error)
            else:
                read += 1
                assert np.isfinite(structure.cart_coords).all()
                assert set(structure.site_properties["role"]) <= set("ABX")
                write_structure(structure, str(folder / "again.json"))
    assert read + refused == MUTATIONS * len(bases) >= 500
    assert refused > 200


@pytest.mark.parametrize("material", ["CsPbI3", "MAPbI3", "Cs0.5FA0.5PbI3"])
def test_a_poscar_is_the_one_that_pymatgen_writes(material):
    from pymatgen.io.vasp.inputs import Poscar

    from perovdb.structures.files.overlaps import plain
    from perovdb.structures.files.writing import as_text

    model = build(material, size=2)
    theirs = Poscar(plain(model)).get_str(significant_figures=12)
    ours = as_text(model, "poscar")
    assert ours.split("\n", 1)[1].split() == theirs.split("\n", 1)[1].split()


def cif_of(sites: int, symmetry: str, name: str = "x") -> str:
    cell = "".join(f"_cell_length_{axis} 80\n" for axis in "abc")
    cell += "".join(f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma"))
    columns = "".join(f"_atom_site_{one}\n" for one in ("label", *(f"fract_{x}" for x in "xyz")))
    rows = np.random.default_rng(1).random((sites, 3))
    atoms = "".join(f"Cs{i} {x:.5f} {y:.5f} {z:.5f}\n" for i, (x, y, z) in enumerate(rows))
    return f"data_{name}\n{cell}{symmetry}loop_\n{columns}{atoms}"


@pytest.mark.parametrize(
    "text",
    [
        cif_of(300, "_symmetry_space_group_name_H-M 'F m -3 m'\n_symmetry_Int_Tables_number 1\n"),
        cif_of(300, "_space_group_name_H-M_alt 'F m -3 m'\n"),
        cif_of(300, "_space_group_name_H-M_alt 'of no group'\n"),
        cif_of(300, "_space_group_IT_number 225\n"),
        cif_of(3, "_symmetry_Int_Tables_number 1\n")
        + cif_of(300, "_symmetry_Int_Tables_number 225\n", "y"),
    ],
)
def test_operations_are_counted_as_they_will_be_applied(tmp_path, text):
    (tmp_path / "m.cif").write_text(text)
    with pytest.raises(InputError, match="300 sites and 192 operations takes too long"):
        read_structure(tmp_path / "m.cif")


def test_a_charge_that_another_was_asked_for_is_not_believed(tmp_path):
    write_structure(build("CsPbI3", "alpha", 2), str(tmp_path / "b.vasp"))
    foreign = (tmp_path / "b.vasp").read_text().split("\n", 1)[1]
    (tmp_path / "f.vasp").write_text("foreign\n" + foreign)
    write_structure(read_structure(tmp_path / "f.vasp"), str(tmp_path / "m.vasp"))
    text = (tmp_path / "m.vasp").read_text()
    assert '"version":1,"charge":0' in text
    (tmp_path / "lie.vasp").write_text(
        text.replace('"version":1,"charge":0', '"version":1,"charge":7')
    )
    assert read_structure(tmp_path / "lie.vasp").charge == 0
