"""Ruddlesden-Popper models of Imran et al., Chem. Mater. 32, 10641 (2020), built by perovdb.

doi 10.1021/acs.chemmater.0c03825; rows STR031, STR032, STR038 and STR043 of the store. The mixed
columns and the offset of an antiphase boundary are those of Ye et al. (2022), rows STR029 and
STR030. Their models are relaxed by DFT, which is not printed; these are not.
"""

from collections import Counter, defaultdict

import numpy as np
import pytest

from perovdb.calculators.diffraction import xrd
from perovdb.store import current_store
from perovdb.structures.builder import build
from perovdb.structures.crystals import Crystal
from perovdb.structures.layered.layers import layers
from perovdb.structures.units import units

STORE = current_store()


def record(row_id):
    (row,) = STORE.rows("SELECT * FROM structure_record WHERE id = ?", (row_id,))
    return row


def low_angle(structure):
    """The peaks under the first of the perovskite."""
    return [p for p in xrd(structure, two_theta_deg=(5, 60)).peaks if p.two_theta_deg < 12]


def columns(structure, along, region=None):
    """Position of each column of atoms along an axis -> the elements in it."""
    across = [axis for axis in range(3) if axis != along]
    found = defaultdict(set)
    for site, where in zip(structure, structure.site_properties["region"], strict=True):
        if region in (None, where):
            place = np.round(site.frac_coords[across] % 1, 6) % 1
            found[tuple(place.tolist())].add(site.specie.symbol)
    return found


def test_the_distinctive_peak():
    stated = record("STR038")
    assert stated["source"] == "imran2020"
    (peak,) = low_angle(layers("CsPbBr3", 1))
    assert peak.hkl == ((0, 0, 2),)
    assert stated["two_theta_min_deg"] < peak.two_theta_deg < stated["two_theta_max_deg"]
    # Bragg's law at 1.5406 A for 9 and 10 degrees.
    assert 8.8 < peak.d_A < 9.8
    assert peak.intensity > 5
    assert not low_angle(build("CsPbBr3", "alpha"))


def test_cadmium_moves_it_up_and_weakens_it():
    # The lattice parameters of the regions without and with more Cd stand for the contraction.
    pure_A, with_cadmium_A = (
        record("STR032")["lattice_parameter_A"],
        record("STR031")["lattice_parameter_A"],
    )
    (pure,) = low_angle(layers("CsPbBr3", 1, crystal=Crystal(lattice=pure_A)))
    for seed in range(3):
        alloy = layers(
            "CsCd0.25Pb0.75Br3", 1, (2, 2, 1), seed=seed, crystal=Crystal(lattice=with_cadmium_A)
        )
        moved = max(low_angle(alloy), key=lambda p: p.intensity)
        assert moved.two_theta_deg > pure.two_theta_deg
        assert moved.intensity < pure.intensity


def test_lead_is_as_far_from_lead_in_both_regions():
    assert record("STR043")["source"] == "imran2020"
    structure = layers("CsPbBr3", (4, 1, 4, 1), (2, 2, 1))
    regions = structure.site_properties["region"]
    nearest = {}
    for region in ("RP", "perovskite"):
        lead = [
            i
            for i, site in enumerate(structure)
            if site.specie.symbol == "Pb" and regions[i] == region
        ]
        apart = structure.distance_matrix[np.ix_(lead, lead)]
        nearest[region] = apart[apart > 0.1].min()
    assert nearest["RP"] == pytest.approx(nearest["perovskite"])


def test_cadmium_gathers_in_the_layers():
    # A quarter of the metal, all of it in single layers between slabs of three.
    structure = layers(
        "CsCd0.25Pb0.75Br3",
        (3, 1),
        (2, 2, 1),
        where={"Cd": "RP"},
        crystal=Crystal(lattice=record("STR032")["lattice_parameter_A"]),
    )
    found = Counter(
        (unit.ion, structure.site_properties["region"][unit.atoms[0]])
        for unit in units(structure)
        if unit.role == "B"
    )
    assert found == {("Cd", "RP"): 4, ("Pb", "perovskite"): 12}


def test_columns_of_the_layered_phase_are_mixed():
    # "All the [001]-projected cation columns are Cs-Pb-Br columns"; those of a perovskite are
    # of Cs alone or of Pb and Br.
    assert record("STR029")["source"] == "ye2022"
    phase = columns(layers("CsPbBr3", 1), along=2)
    assert [held for held in phase.values() if "Pb" in held] == [{"Cs", "Pb", "Br"}] * 2
    inside = columns(layers("CsPbBr3", (6, 1)), along=2, region="perovskite")
    assert sorted(map(sorted, inside.values())) == [["Br"], ["Br"], ["Br", "Pb"], ["Cs"]]


@pytest.mark.parametrize("boundary", ["AX", "AX+BX2"])
def test_the_offset_of_an_antiphase_boundary(boundary):
    assert "1/2" in record("STR030")["quote"]
    structure = layers("CsPbBr3", (4, 4), (2, 1, 1), stack=boundary)
    lead = structure.frac_coords[[site.specie.symbol == "Pb" for site in structure]]
    heights = np.unique(np.round(lead[:, 2], 6))
    beside = [np.round(lead[np.isclose(lead[:, 2], z), 0] * 2 % 1, 6) % 1 for z in heights]
    assert [float(np.unique(row)[0]) for row in beside] in (
        [0.0] * 4 + [0.5] * 4,
        [0.5] * 4 + [0.0] * 4,
    )
