"""Charges: of ions, ligands and kept molecules, and defects of particles that wear ligands."""

from collections import Counter

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError, UnknownSpecies
from perovdb.structures.builder import build
from perovdb.structures.charges import charge_of_units, formal_charge
from perovdb.structures.crystals import Crystal
from perovdb.structures.defects.labels import Defect
from perovdb.structures.defects.point_defects import defects, distinct_defects
from perovdb.structures.defects.voids import voids
from perovdb.structures.files.restoring import adopt
from perovdb.structures.layered.layers import layers
from perovdb.structures.particles.dopants import dope
from perovdb.structures.particles.ligands import ligands
from perovdb.structures.particles.nanocrystals import particle
from perovdb.structures.particles.report import report
from perovdb.structures.units import crystal_units, units


@pytest.fixture(scope="module")
def ligated():
    """A particle that wears both ligands: MA is one, and stands in cages too."""
    lacking = defects(particle("MAPbBr3", cells=3, seed=1), ["V_Br:3"], choose="surface")
    capped = ligands(lacking, "acetate")
    return ligands(capped, "methylammonium", count=2, exchange=True)


def worn(structure):
    return Counter(unit.ion for unit in units(structure) if unit.role == "L")


def counted(structure):
    return Counter(unit.ion for unit in crystal_units(structure))


def test_charges_by_name(store):
    assert formal_charge(["Cs", "Pb", "I", "", "MA", "acetate"]) == 2
    with pytest.raises(UnknownSpecies):
        formal_charge(["Xx"])


def test_a_vacancy_in_a_ligated_particle(ligated, store):
    assert worn(ligated) == {"acetate": 3, "MA": 2}
    assert charge_of_units(units(ligated)) == ligated.properties["charge"]
    for ion, charge in (("Br", 1), ("MA", -1), ("Pb", -2)):
        made = defects(ligated, [f"V_{ion}"], choose="far")
        assert made.properties["charge"] - ligated.properties["charge"] == charge
        assert worn(made) == worn(ligated)
        assert counted(made)[ion] == counted(ligated)[ion] - 1
        assert charge_of_units(units(made)) == made.properties["charge"]
    # All of a fraction, and all that are distinct, are of the crystal.
    whole = defects(ligated, [f"V_MA:{counted(ligated)['MA']}"])
    assert counted(whole)["MA"] == 0
    assert worn(whole) == worn(ligated)
    number = sum(choice.multiplicity for choice in distinct_defects(ligated, ["V_MA"]))
    assert number == counted(ligated)["MA"]
    with pytest.raises(UnknownSpecies, match="ligand"):
        defects(ligated, ["V_acetate"])


def test_a_named_ligand_is_not_there_to_be_taken_out(ligated):
    ligand = next(unit for unit in units(ligated) if unit.role == "L" and unit.ion == "MA")
    place = ligated.lattice.get_fractional_coords(ligand.centre_A)
    with pytest.raises(InputError, match="There is no MA at"):
        defects(ligated, [Defect("V_MA", at=[place.tolist()])])


@pytest.mark.parametrize("neutral", ["partner", "V_MA", "V_Br"])
def test_partners_are_ions_of_the_crystal(ligated, neutral, store):
    ion = "MA" if neutral == "V_Br" else "Br"
    made = defects(ligated, [f"V_{ion}"], neutral=neutral)
    assert made.properties["charge"] == ligated.properties["charge"]
    assert worn(made) == worn(ligated)
    assert charge_of_units(units(made)) == made.properties["charge"]


def test_schottky_defects_have_no_charge_state_of_their_own():
    crystal = build("CsPbBr3", "alpha", size=(2, 2, 2))
    made = defects(crystal, ["V_Cs"], neutral="schottky")
    assert counted(made) == {"Cs": 7, "Pb": 7, "Br": 21}
    with pytest.raises(InputError, match="contradict"):
        defects(crystal, ["V_Cs"], neutral="schottky", charge=1)


def test_no_void_is_beside_a_ligand(ligated, store):
    ligands = np.concatenate([u.atoms for u in units(ligated) if u.role == "L"])
    for void in voids(ligated, most=6):
        place = ligated.lattice.get_cartesian_coords(void.fractional)
        away = np.linalg.norm(ligated.cart_coords[ligands] - place, axis=1)
        assert away.min() > void.radius_A + 1e-3
        assert "acetate" not in void.neighbours
    made = defects(ligated, ["Br_i"], neutral="partner")
    assert worn(made) == worn(ligated)
    assert charge_of_units(units(made)) == made.properties["charge"]


def test_other_ions_in_a_ligated_particle(ligated, store):
    made = defects(ligated, ["Cs_MA:2", "Cd_Pb"], choose="random")
    assert worn(made) == worn(ligated)
    assert charge_of_units(units(made)) == made.properties["charge"]
    symbols = [site.specie.symbol for site in made]
    assert list(dict.fromkeys(symbols)) == ["Cs", "C", "N", "O", "H", "Cd", "Pb", "Br"]
    doped = dope(ligated, "Pb", "Cd", count=2)
    assert report(doped).charge == ligated.properties["charge"]
    bare = particle(build("MAPbBr3", size=(4, 4, 4)), cells=2, balance="ligands")
    assert bare.properties["charge"] == charge_of_units(units(bare)) == 0


def test_a_molecule_that_was_kept_counts_as_one_cation(store):
    bulk = build("CsPbI3", "alpha", size=(2, 2, 2))
    cage = bulk[0].coords
    water = [[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]]
    kept = Structure(
        Lattice(bulk.lattice.matrix),
        [*(site.specie.symbol for site in bulk[1:]), "O", "H", "H"],
        [*(site.coords for site in bulk[1:]), *(cage + np.array(water))],
        coords_are_cartesian=True,
    )
    found = adopt(kept, unknown="keep")
    assert charge_of_units(units(found)) == found.properties["charge"] == 0
    made = defects(found, ["V_H2O"])
    assert made.properties["charge"] == -1
    assert particle(found, cells=2, balance="none").properties["charge"] == 3 * 2 + 1


def test_what_else_sites_carry_stays(store):
    grown = layers(
        "CsCd0.1Pb0.9Br3", (4, 1), (2, 2, 1), where={"Cd": "RP"}, crystal=Crystal(lattice=5.85)
    )
    before = Counter(grown.site_properties["region"])
    made = defects(grown, ["Pb_Cd", "MA_Cs"])
    regions = Counter(made.site_properties["region"])
    # One atom has become the eight of MA.
    assert sum(regions.values()) == sum(before.values()) + 7
    assert None not in regions
    filled = defects(grown, [Defect("Br_i", at=[[0.25, 0.25, 0.1]])])
    assert Counter(filled.site_properties["region"])[None] == 1


def test_acetate_is_recognised_in_a_file_of_other_hands(ligated):
    bare = Structure(ligated.lattice, [site.specie for site in ligated], ligated.frac_coords)
    found = adopt(bare)
    # Nothing tells a methylammonium at the surface from one in a cage.
    assert worn(found) == {"acetate": 3}
    assert found.properties["charge"] == ligated.properties["charge"]
    assert Counter(u.ion for u in units(found)) == Counter(u.ion for u in units(ligated))
