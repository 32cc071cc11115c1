"""XRPD peaks of Imran et al., Chem. Mater. 32, 10641 (2020): CsPbBr3, and Cs2PbBr4 (n = 1).

doi 10.1021/acs.chemmater.0c03825. The angles are those of the store's rows STR035 to STR038:
orthorhombic CsPbBr3 shows peaks at around 24, 25 and 28 degrees that the cubic phase lacks; "the
only significantly distinctive peak for Cs2PbBr4 is at around 9-10". The paper's model is relaxed
by DFT, which is not printed. The one here is made from the store alone: Cs2PbI2Cl2 (phase L011,
with its positions) with Br for I and Cl, its cell scaled in all directions by the ratio of the
Pb-Br bond in cubic CsPbBr3, a / 2, to the mean of its own six Pb-X bonds.
"""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovdb.calculators.diffraction import xrd
from perovdb.calculators.diffraction.identification.stored_peaks import stored_cell
from perovdb.store import current_store, queries

STORE = current_store()


def record(row_id):
    (row,) = STORE.rows("SELECT * FROM structure_record WHERE id = ?", (row_id,))
    assert row["source"] == "imran2020"
    return row


@pytest.fixture(scope="module")
def ruddlesden_popper():
    (row,) = STORE.rows("SELECT * FROM phase WHERE id = 'L011'")
    assert row["formula"] == "Cs2PbCl2I2"
    lattice_A, fractional, occupants = stored_cell(row)
    elements = [site[0][0].elements[0] for site in occupants]
    template = Structure(Lattice(lattice_A), elements, fractional)
    lead = next(site for site in template if site.specie.symbol == "Pb")
    bonds = sorted(
        near.nn_distance
        for near in template.get_neighbors(lead, 4.0)
        if near.specie.symbol in ("I", "Cl")
    )[:6]
    cubic = next(r for r in queries.phases("CsPbBr3") if r["id"] == "L005")
    ratio = (cubic["a_A"] / 2) / np.mean(bonds)
    model = Structure(
        Lattice(lattice_A * ratio),
        ["Br" if element in ("I", "Cl") else element for element in elements],
        fractional,
    )
    assert model.composition.reduced_formula == "Cs2PbBr4"
    # The bonds have the length already, so that the cell stays as it is within a part in 200.
    assert ratio == pytest.approx(1, abs=0.005)
    return model


def test_the_distinctive_peak_of_the_layered_phase(ruddlesden_popper):
    stated = record("STR038")
    low, high = stated["two_theta_min_deg"], stated["two_theta_max_deg"]
    assert (low, high) == (9, 10)
    listed = xrd(ruddlesden_popper, two_theta_deg=(5, 60)).peaks
    first = listed[0]
    assert first.hkl == ((0, 0, 2),)
    assert low < first.two_theta_deg < high
    # Bragg's law for these angles.
    assert 8.8 < first.d_A < 9.8
    assert first.intensity > 5
    # No other peak is as far below the first one of the perovskite.
    perovskite = min(p.two_theta_deg for p in xrd("CsPbBr3", "alpha").peaks)
    assert [p.hkl for p in listed if p.two_theta_deg < perovskite - 1] == [((0, 0, 2),)]
    for phase in ("alpha", "gamma"):
        assert not [p for p in xrd("CsPbBr3", phase).peaks if 8 < p.two_theta_deg < 11]


@pytest.mark.parametrize("row_id", ["STR035", "STR036", "STR037"])
def test_peaks_of_the_orthorhombic_phase_that_the_cubic_one_lacks(row_id):
    marker = record(row_id)["two_theta_deg"]

    def near(phase):
        listed = xrd("CsPbBr3", phase, two_theta_deg=(20, 32)).peaks
        return [p for p in listed if abs(p.two_theta_deg - marker) < 0.6 and p.intensity > 0.5]

    assert near("gamma")
    assert not near("alpha")
