"""Every verb takes what people hold: a formula, a file, a structure of pymatgen or of ASE."""

from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from pymatgen.core import Composition as PymatgenComposition
from pymatgen.core import Lattice, Structure

from perovdb.composition import parse
from perovdb.errors import InputError, StructureError
from perovdb.structures.adoption import as_structure
from perovdb.structures.builder import build
from perovdb.structures.defects.point_defects import defects, distinct_defects
from perovdb.structures.defects.voids import voids
from perovdb.structures.history import charge_of, history_of
from perovdb.structures.layered.layers import layers
from perovdb.structures.particles.dopants import dope
from perovdb.structures.particles.ligands import ligands
from perovdb.structures.particles.nanocrystals import particle
from perovdb.structures.particles.report import report
from perovdb.structures.particles.slabs import Surface, slab
from perovdb.structures.supercells import supercell
from perovdb.structures.units import units

VERBS = {
    "as_structure": as_structure,
    "supercell": lambda x: supercell(x, 2),
    "defects": lambda x: defects(x, ["V_Br", "Cd_Pb"]),
    "slab": lambda x: slab(x, 2),
    "particle": lambda x: particle(x, cells=2),
    "layers": lambda x: layers(x, 1),
    "distinct_defects": lambda x: distinct_defects(x, ["V_Br"]),
    "voids": voids,
    "report": report,
}
OF_SURFACES = {
    "dope": lambda x: dope(x, "Pb", "Cd", count=1),
    "ligands": lambda x: ligands(x, "methylammonium", count=1, exchange=True),
    "report": report,
    "defects": lambda x: defects(x, ["V_Br"], choose="surface"),
}


def bare(structure):
    """As another program would hand it over: elements and places alone."""
    return Structure(structure.lattice, structure.species, structure.frac_coords)


def hands(structure, folder):
    foreign = bare(structure)
    file = folder / "POSCAR"
    foreign.to(str(file), fmt="poscar")
    atoms = Atoms(
        [site.specie.symbol for site in foreign],
        positions=foreign.cart_coords,
        cell=foreign.lattice.matrix,
        pbc=foreign.lattice.pbc,
    )
    return {"file": str(file), "Path": file, "Structure": foreign, "Atoms": atoms}


def plain(answer):
    """What is to be the same, whoever handed the material over."""
    if isinstance(answer, Structure):
        assert answer.charge == charge_of(answer)
        assert history_of(answer)
        return sorted(Counter(unit.ion for unit in units(answer)).items()), charge_of(answer)
    if isinstance(answer, list):
        return sorted(one.multiplicity for one in answer)
    return answer.ions, answer.charge


@pytest.mark.parametrize("verb", VERBS)
def test_a_crystal_from_any_hands(verb, tmp_path):
    crystal = build("CsPbBr3", "alpha", 2)
    wanted = plain(VERBS[verb](crystal))
    for hand, material in hands(crystal, tmp_path).items():
        assert plain(VERBS[verb](material)) == wanted, hand


@pytest.mark.parametrize("verb", OF_SURFACES)
def test_a_surface_from_any_hands(verb, tmp_path):
    crystal = slab("CsPbBr3", 2, surface=Surface(lateral=(2, 2)))
    wanted = plain(OF_SURFACES[verb](crystal))
    for hand, material in hands(crystal, tmp_path).items():
        assert plain(OF_SURFACES[verb](material)) == wanted, hand


@pytest.mark.parametrize("verb", VERBS)
def test_a_formula_in_any_form(verb):
    wanted = plain(VERBS[verb]("CsPbBr3"))
    for material in (parse("CsPbBr3"), PymatgenComposition("CsPbBr3")):
        assert plain(VERBS[verb](material)) == wanted


@pytest.mark.parametrize("verb", VERBS)
def test_a_shared_site_is_refused_by_its_name(verb):
    places = [[0.5] * 3, [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    species = ["Cs", {"Pb": 0.5, "Sn": 0.5}, "Br", "Br", "Br"]
    shared = Structure(Lattice.cubic(5.9), species, places)
    with pytest.raises(StructureError, match="Site 2") as refused:
        VERBS[verb](shared)
    assert refused.value.mend


@pytest.mark.parametrize("verb", {**VERBS, **OF_SURFACES})
@pytest.mark.parametrize("wrong", [None, 3, np.eye(3), ["CsPbBr3"], object()])
def test_what_is_no_material_is_refused(verb, wrong):
    with pytest.raises(InputError, match="is no material"):
        {**VERBS, **OF_SURFACES}[verb](wrong)


def test_answers_show_themselves():
    dot = report(particle("CsPbBr3", cells=3))
    plate = report(slab("CsPbBr3", 2))
    assert repr(dot) == "Report(Cs54 Pb27 Br108, charge +0, 1.76 x 1.76 x 1.76 nm)"
    assert "dipole" in str(dot)
    assert "area" in str(plate)
    (void, *_) = voids("CsPbBr3")
    (choice, *_) = distinct_defects("CsPbBr3", ["V_Br"])
    for answer in (dot, plate, void, choice):
        assert len(repr(answer)) < 120
        assert len(answer.rows()) == 1
        assert type(answer).from_dict(answer.as_dict()) == answer
        assert len(answer.to_frame()) == 1
