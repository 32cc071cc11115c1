"""Radii against pymatgen's own copy of Shannon's table and against chemistry."""

import pytest
from pymatgen.core import Element, Species

from perovdb.store import Store

STORE = Store()
SPIN = {None: "", "HS": "High Spin", "LS": "Low Spin"}
CN = {"II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7}
CN |= {"VIII": 8, "IX": 9, "X": 10, "XI": 11, "XII": 12, "XIV": 14}


def shannon_rows():
    return STORE.rows("SELECT * FROM radius WHERE radius_set = 'shannon1976' ORDER BY id")


def pymatgens(row, kind):
    ion = Species(row["species"], row["charge"])
    return ion.get_shannon_radius(row["coordination"], SPIN[row["spin"]], kind)


def test_shannon_radii_are_those_of_pymatgens_own_copy():
    assert len(shannon_rows()) > 150
    for row in shannon_rows():
        assert pymatgens(row, "ionic") == row["radius_A"], row["id"]
        assert pymatgens(row, "crystal") == row["crystal_radius_A"], row["id"]


def test_no_coordination_or_spin_of_shannons_is_left_out():
    ours = {}
    for row in shannon_rows():
        key = (row["coordination"], SPIN[row["spin"]])
        ours.setdefault((row["species"], row["charge"]), set()).add(key)
    for (species, charge), keys in ours.items():
        theirs = Element(species).data["Shannon radii"][str(charge)]
        assert keys == {(cn, spin) for cn, spins in theirs.items() for spin in spins}


def test_radii_of_other_sets_that_name_shannon_are_his_numbers():
    rows = STORE.rows(
        "SELECT * FROM radius WHERE source = 'shannon1976' AND radius_set <> 'shannon1976'"
    )
    assert rows
    for row in rows:
        assert pymatgens(row, "ionic") == row["radius_A"], row["id"]


def test_shannon_has_no_tin_ii():
    """It is absent from his table: t of a tin perovskite always rests on another set."""
    assert not [r for r in shannon_rows() if (r["species"], r["charge"]) == ("Sn", 2)]


def test_coordinations_are_the_numbers_that_they_spell():
    for row in STORE.rows("SELECT * FROM radius WHERE coordination IS NOT NULL"):
        numeral = row["coordination"].removesuffix("PY").removesuffix("SQ")
        assert CN[numeral] == row["coordination_number"], row["id"]


def test_crystal_radii_differ_from_ionic_ones_by_the_convention():
    """Shannon's crystal radii are 0.14 A larger for cations and smaller for anions."""
    for row in STORE.rows("SELECT * FROM radius WHERE crystal_radius_A IS NOT NULL"):
        shift = 0.14 if row["charge"] > 0 else -0.14
        assert row["crystal_radius_A"] - row["radius_A"] == pytest.approx(shift, abs=1e-9)


def test_radii_of_shannon_grow_with_the_coordination():
    """One more neighbour stretches every bond. Antimony, whose value for six neighbours is that
    of Ahrens, and the flat (SQ) and pyramidal (PY) polyhedra are no part of the row."""
    series = {}
    for row in shannon_rows():
        if row["coordination"] in CN and row["species"] != "Sb":
            key = (row["species"], row["charge"], row["spin"])
            series.setdefault(key, {})[row["coordination_number"]] = row["radius_A"]
    for key, by_number in series.items():
        radii = [by_number[number] for number in sorted(by_number)]
        assert radii == sorted(radii), key


def test_charges_of_radii_are_of_the_sign_of_their_ion():
    rows = STORE.rows(
        "SELECT r.id, r.charge, i.charge AS formal FROM radius AS r JOIN ion AS i USING (species)"
    )
    for row in rows:
        assert row["charge"] * row["formal"] > 0, row["id"]
