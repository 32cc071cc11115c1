"""The composition of whatever people hold a material as."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from monty.json import MontyDecoder
from pymatgen.core import Composition as ElementComposition
from pymatgen.core import Lattice, Structure

import perovdb
from perovdb.composition import Composition, as_composition, parse
from perovdb.errors import FormulaError, InputError, PerovdbError, StructureError

CUBIC = [[0.5] * 3, [0] * 3, [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]


def cubic(a=("Cs",), b="Pb", x="I"):
    site = dict.fromkeys(a, 1 / len(a)) if len(a) > 1 else a[0]
    return Structure(Lattice.cubic(6.3), [site, b, x, x, x], CUBIC)


def test_one_composition_from_each_form(tmp_path):
    structure = cubic()
    wanted = parse("CsPbI3")
    file = tmp_path / "x.cif"
    structure.to(str(file))
    atoms = structure.to_ase_atoms()
    forms = ["CsPbI3", wanted, structure, structure.composition, atoms, str(file), Path(file)]
    assert [as_composition(form) for form in forms] == [wanted] * len(forms)


def test_a_model_is_counted_by_its_ions(tmp_path):
    model = perovdb.build("MA0.5FA0.5PbI3", "alpha", size=(2, 1, 1))
    assert as_composition(model).formula == "MA0.5FA0.5PbI3"
    bare = Structure(model.lattice, model.species, model.frac_coords)
    assert as_composition(bare).formula == "MA0.5FA0.5PbI3"
    assert as_composition(bare.to_ase_atoms()).formula == "MA0.5FA0.5PbI3"
    perovdb.write_structure(model, str(tmp_path / "POSCAR"))
    assert as_composition(tmp_path / "POSCAR").formula == "MA0.5FA0.5PbI3"


def test_a_vacancy_is_one_of_the_composition():
    model = perovdb.build("CsPbI3", "alpha", size=(2, 2, 2))
    assert as_composition(model).is_perovskite
    model.remove_sites([model.site_properties["ion"].index("I")])
    found = as_composition(model)
    assert found.vacancies == {"X": pytest.approx(1 / 24)}
    assert found.charge == pytest.approx(1 / 8)


def test_what_no_formula_says_is_refused():
    model = perovdb.build("CsPbI3", "alpha", size=(2, 2, 2))
    antisite, interstitial = model.copy(), model.copy()
    ions = list(model.site_properties["ion"])
    ions[model.site_properties["role"].index("B")] = "I"
    antisite.add_site_property("ion", ions)
    with pytest.raises(StructureError, match="I stands on a site of B"):
        as_composition(antisite)
    interstitial.append(
        "I", [0.125, 0.125, 0.125], properties={"role": "X", "ion": "I", "molecule": -1}
    )
    with pytest.raises(FormulaError, match="between the sites"):
        as_composition(interstitial)


def test_a_particle_is_no_layered_phase():
    dot = perovdb.particle("CsPbBr3", edge_nm=2)
    # More Cs and Br than the crystal has: the count alone reads as Cs2PbBr4.
    with pytest.raises(StructureError, match="surfaces of"):
        as_composition(dot)


def test_shared_sites_of_atoms_are_counted(tmp_path):
    assert as_composition(cubic(("Cs", "Rb"))).formula == "Rb0.5Cs0.5PbI3"
    file = tmp_path / "x.cif"
    cubic(("Cs", "Rb")).to(str(file))
    assert as_composition(file).formula == "Rb0.5Cs0.5PbI3"


def test_elements_tell_molecules_where_only_one_fits():
    assert as_composition(ElementComposition("CH6NPbI3")).formula == "MAPbI3"
    assert as_composition(ElementComposition("Cs2PbI2Cl2")).formula == "Cs2PbCl2I2"
    with pytest.raises(StructureError, match="DMA or EA"):
        as_composition(ElementComposition("C2H8NPbI3"))
    with pytest.raises(StructureError, match="do not tell which molecules"):
        as_composition(ElementComposition("CNPbI3"))
    with pytest.raises(FormulaError, match="no X-site ion"):
        as_composition(ElementComposition("CsPb"))


def test_what_is_no_material_is_refused(tmp_path):
    for wrong in (None, 3, ["CsPbI3"], b"CsPbI3"):
        with pytest.raises(FormulaError, match="is not a material"):
            as_composition(wrong)
    with pytest.raises(InputError, match="there is no file"):
        as_composition(tmp_path / "none.cif")
    (tmp_path / "x.cif").write_text("nothing")
    with pytest.raises(PerovdbError, match=r"x\.cif"):
        as_composition(tmp_path / "x.cif")


def test_a_formula_imports_nothing_heavy():
    program = (
        "import sys; from perovdb.composition import as_composition as f; f('CsPbI3');"
        "print(*{'numpy', 'pandas', 'pymatgen', 'ase', 'monty'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "" == done.stderr


def test_a_composition_shows_itself_and_travels_as_json():
    composition = parse("Cs0.48FA0.48PbI2.96")
    assert repr(composition) == "Composition(Cs0.48FA0.48PbI2.96)"
    assert not isinstance(composition, tuple)
    assert composition.rows()[0] == {
        "species": "Cs", "site": "A", "fraction": 0.48, "amount": 0.48,
    }  # fmt: skip
    assert "FA" in composition._repr_html_()
    text = json.dumps(composition.as_dict())
    assert json.loads(text)["formula"] == "Cs0.48FA0.48PbI2.96"
    for again in (Composition.from_dict(json.loads(text)), MontyDecoder().decode(text)):
        assert again == composition
        assert again.sites == composition.sites
        assert (again.charge, again.ratio) == (composition.charge, composition.ratio)
