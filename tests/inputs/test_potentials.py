"""Potentials: every family has the elements of the field, with the electrons of its files."""

import bz2
import json
from importlib.resources import files

import pytest

from perovdb.errors import InputError, MissingData
from perovdb.inputs.potentials import electron_count, families, potentials

CODES = ("cp2k", "qe", "vasp")
EVERY_FAMILY = [(code, family) for code in CODES for family in families(code)]
FIELD = {"K", "Rb", "Cs", "C", "N", "H", "Cd", "Mn", "Ge", "Sn", "Pb", "F", "Cl", "Br", "I"}
LIGANDS = {"O", "S"}


@pytest.mark.parametrize(("code", "family"), EVERY_FAMILY)
def test_the_elements_of_the_field_have_a_potential(code, family):
    found = potentials(code, sorted(FIELD | LIGANDS), family)
    assert set(found) == FIELD | LIGANDS
    assert all(len(potential.source) > 10 for potential in found.values())


@pytest.mark.parametrize(("code", "family"), EVERY_FAMILY)
def test_the_electrons_differ_by_closed_shells_only(code, family):
    """A potential may keep 5d10 or 5s2 5p6 in the core: never an odd number more or less."""
    outer = {"H": 1, "C": 4, "N": 5, "O": 6, "Cl": 7, "Br": 7, "I": 7, "Cs": 9, "Pb": 4, "Sn": 4}
    for element, potential in potentials(code, list(outer), family).items():
        assert (potential.valence - outer[element]) in (0, 10, 18)


def test_vasp_has_the_electrons_of_the_potcars():
    """ZVAL in the headers of VASP's own files, as pymatgen keeps them."""
    packed = (files("pymatgen.io.vasp") / "potcar-summary-stats.json.bz2").read_bytes()
    listed = json.loads(bz2.decompress(packed))["PBE_54"]
    charges = {e["symbol"]: e["ZVAL"] for entries in listed.values() for e in entries}
    for potential in potentials("vasp", sorted(FIELD | LIGANDS)).values():
        assert charges[potential.symbol] == potential.valence


def test_an_element_without_a_potential_is_named():
    with pytest.raises(MissingData, match="No vasp potential is listed for U"):
        potentials("vasp", ["Pb", "U"])


def test_a_family_that_is_not_there():
    with pytest.raises(InputError, match="pseudodojo_standard, sssp_efficiency, sssp_precision"):
        potentials("qe", ["Pb"], "sssp")


def test_a_positive_cell_has_fewer_electrons():
    table = potentials("vasp", ["Cs", "Pb", "I"])
    assert electron_count(["Cs", "Pb", "I", "I", "I"], table, 0) == 9 + 14 + 3 * 7
    assert electron_count(["Cs", "Pb", "I", "I"], table, +1) == 9 + 14 + 2 * 7 - 1
