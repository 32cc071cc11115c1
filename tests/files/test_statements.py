"""A file that contradicts itself is refused, or what it says is taken: in every format."""

import random
import re

import pytest
from ase.io import write
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from perovdb.errors import InputError
from perovdb.files.crystals import read_crystal
from perovdb.structures.files.reading import read_structure

CUBE = Structure(
    Lattice.cubic(6.29),
    ["Cs", "Pb", "I", "I", "I"],
    [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
)
BIG = CUBE * (2, 2, 2)
ROWS = [f"{s.specie} {' '.join(map(str, s.coords))}" for s in BIG]


def qe(charge="", rows=ROWS, nat=40, ntyp=3):
    vectors = "\n".join(" ".join(map(str, v)) for v in BIG.lattice.matrix)
    head = f"&SYSTEM\n ibrav=0, nat={nat}, ntyp={ntyp}{charge}\n/\nCELL_PARAMETERS angstrom\n"
    return f"{head}{vectors}\nATOMIC_POSITIONS angstrom\n" + "\n".join(rows) + "\n"


def cp2k(charge="", cell="", rows=ROWS):
    atoms = "\n".join(rows)
    return (
        f"&DFT\n{charge}\n&END DFT\n&CELL\nABC 12.58 12.58 12.58\n{cell}&END CELL\n"
        f"&COORD\n{atoms}\n&END COORD\n"
    )


def extxyz(tmp_path, **info):
    atoms = BIG.to_ase_atoms()
    atoms.info = info
    write(tmp_path / "a.xyz", atoms, format="extxyz")
    return (tmp_path / "a.xyz").read_text()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def read(place, name, text):
    (place / name).write_text(text)
    return read_crystal(str(place / name))


@settings(max_examples=25, deadline=None)
@given(form=st.sampled_from(["cif", "qe", "xyz", "poscar"]), seed=st.integers(0, 10**6))
def test_a_file_that_lost_atoms_is_refused(place, form, seed):
    """Of any element and any number, whole formula units among them."""
    draw = random.Random(seed)
    lost = set(draw.sample(range(40), draw.randint(1, 30)))
    if draw.random() < 0.3:
        lost = {k for k in range(40) if k % 8 in range(draw.randint(1, 6))}
    kept = [row for k, row in enumerate(ROWS) if k not in lost]
    if form == "cif":
        lines = str(CifWriter(BIG)).rstrip().split("\n")
        text = "\n".join(lines[:-40] + [x for k, x in enumerate(lines[-40:]) if k not in lost])
    elif form == "qe":
        text = qe(rows=kept)
    elif form == "xyz":
        text = "40\nLattice='12.58 0 0 0 12.58 0 0 0 12.58'\n" + "\n".join(kept) + "\n"
    else:
        lines = BIG.to(fmt="poscar").rstrip().split("\n")
        text = "\n".join(lines[:8] + [x for k, x in enumerate(lines[8:]) if k not in lost]) + "\n"
    ending = {"poscar": "vasp"}.get(form, form)
    with pytest.raises(InputError):
        read(place, f"a.{ending}", text)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), selective=st.booleans())
def test_a_poscar_whose_lines_and_head_differ_is_refused(place, seed, selective):
    draw = random.Random(seed)
    lines = BIG.to(fmt="poscar").rstrip().split("\n")
    assert len(read(place, "a.vasp", "\n".join(lines) + "\n").structure) == 40
    rows = [line.split() for line in lines[8:]]
    one, other = draw.choice([(0, 8), (8, 20), (3, 39)])
    rows[one][-1], rows[other][-1] = rows[other][-1], rows[one][-1]
    flags = ["T", "T", "F"] if selective else []
    words = [" ".join([*row[:3], *flags, row[3]]) for row in rows]
    head = lines[:7] + (["Selective dynamics"] if selective else []) + lines[7:8]
    with pytest.raises(InputError, match="by its head"):
        read(place, "a.vasp", "\n".join(head + words) + "\n")


@settings(max_examples=12, deadline=None)
@given(charge=st.integers(-9, 9), form=st.sampled_from(["qe", "inp", "xyz"]))
def test_a_charge_that_is_stated_is_taken(place, charge, form):
    text = {
        "qe": lambda: qe(f", tot_charge={charge}.0d0"),
        "inp": lambda: cp2k(f"  CHARGE {charge}"),
        "xyz": lambda: extxyz(place, charge=charge),
    }[form]()
    (place / f"c.{form}").write_text(text)
    assert read_structure(str(place / f"c.{form}")).properties["charge"] == charge


#: A charge of a force field is not that of the cell.
OF_AN_ATOM = "&MM\n&CHARGE\nATOM I\nCHARGE -1\n&END CHARGE\n&END MM\n"


def test_without_a_statement_it_is_that_of_the_ions(place):
    for name, text in (("n.qe", qe()), ("n.inp", cp2k() + OF_AN_ATOM), ("n.xyz", extxyz(place))):
        (place / name).write_text(text)
        assert read_structure(str(place / name)).properties["charge"] == 0


@pytest.mark.parametrize("charge", ["nan", "1e400", "two", "0.5"])
def test_charges_that_are_none(place, charge):
    for name, text in (
        ("b.qe", qe(f", tot_charge={charge}")),
        ("b.inp", cp2k(f"CHARGE {charge}")),
    ):
        (place / name).write_text(text)
        with pytest.raises(Exception, match="charge"):
            read_structure(str(place / name))


def test_kinds_and_repeated_cells(place):
    assert len(read(place, "k.qe", qe(ntyp=4)).structure) == 40
    with pytest.raises(InputError, match="ntyp = 2"):
        read(place, "k.qe", qe(ntyp=2))
    assert len(read(place, "k.inp", cp2k(cell="MULTIPLE_UNIT_CELL 1 1 1\n")).structure) == 40
    with pytest.raises(InputError, match="MULTIPLE_UNIT_CELL 2 2 1"):
        read(place, "k.inp", cp2k(cell="  multiple_unit_cell 2 2 1 ! twice\n"))


MA = Structure(
    Lattice.cubic(6.3),
    ["C", "N", "Pb", "I", "I", "I"],
    [[0.1, 0, 0], [-0.1, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]],
)


@pytest.mark.parametrize(
    ("formula", "units", "said"),
    [
        ("'C1 H6 I3 N1 Pb1'", 1, "hydrogen"),
        ("'C D6 I3 N Pb'", 1, "hydrogen"),
        ("'C I3 N Pb'", 1, None),
        ("?", 1, None),
        ("'C1 I3 N1 Pb1'", 4, "holds 1 formula units"),
        ("'C1 H6 Br3 N1 Pb1'", 1, "refused"),
        ("'C1 H6 I2 N1 Pb1'", 1, "refused"),
        ("'C1 I3 N1 Pb1'", 8, "refused"),
    ],
)
def test_formulas_of_experiments(place, formula, units, said):
    text = re.sub(r"(?m)^(_chemical_formula_sum +).*$", rf"\g<1>{formula}", str(CifWriter(MA)))
    text = re.sub(r"(?m)^(_cell_formula_units_Z +).*$", rf"\g<1>{units}", text)
    if said == "refused":
        with pytest.raises(InputError, match="but says"):
            read(place, "e.cif", text)
        return
    notes = read(place, "e.cif", text).notes
    assert any(said in note for note in notes) if said else not notes


def test_operators_that_make_atoms_coincide(place):
    """An atom near a special position and its image are merged, or are not: the formula tells."""
    text = str(CifWriter(CUBE, symprec=0.01))
    assert len(read(place, "s.cif", text).structure) == 5
    with pytest.raises(InputError):
        read(place, "s.cif", text.replace("_chemical_formula_sum   'Cs1 Pb1 I3'",
                                          "_chemical_formula_sum   'Cs1 Pb1 I4'"))  # fmt: skip
