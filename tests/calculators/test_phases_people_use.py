"""The phases that people use most: each has a diffraction pattern, a model and a lattice."""

import numpy as np
import pytest

from perovdb import build, lattice, slab, xrd
from perovdb.errors import MissingData
from perovdb.structures import history

WITH_ATOMS = [
    ("MAPbI3", ("alpha", "beta", "gamma")),
    ("FAPbI3", ("alpha", "beta", "delta")),
    ("CsPbI3", ("alpha", "beta", "gamma", "delta")),
    ("CsPbBr3", ("alpha", "beta", "gamma")),
    ("CsPbCl3", ("alpha", "gamma")),
    ("MAPbBr3", ("alpha", "beta", "gamma")),
    ("FAPbBr3", ("alpha", "beta", "gamma")),
    ("MAPbCl3", ("alpha", "beta")),
    ("CsSnI3", ("alpha", "beta", "gamma", "delta")),
    ("MASnI3", ("alpha", "beta")),
    ("FASnI3", ("alpha", "beta", "gamma")),
    ("Cs4PbBr6", (None,)),
    ("CsPb2Br5", (None,)),
    ("Cs2AgBiBr6", (None,)),
    ("Cs2SnI6", (None,)),
    ("Cs3Bi2I9", (None,)),
    ("PEA2PbI4", (None,)),
    ("BA2PbI4", (None,)),
    ("RbPbI3", (None,)),
    ("PbI2", (None,)),
    ("CsI", (None,)),
]


EACH = [(formula, phase) for formula, phases in WITH_ATOMS for phase in phases]

#: Of these nothing that could be typed was found so far, so that they are refused in words.
NOT_FOUND = [("FAPbI3", "gamma"), ("MAPbCl3", "gamma")]

#: Commands that make something of a phase, with what they need beside a formula.
OF_A_PHASE = [
    ("build", "--size", "1"),
    ("xrd",),
    ("hops", "--species", "I"),
    ("lattice",),
    ("show",),
]


@pytest.mark.parametrize(("formula", "phase"), EACH)
def test_a_phase_has_a_pattern_and_a_model(formula, phase):
    pattern = xrd(formula, phase=phase, two_theta_deg=(5, 40))
    assert phase in (None, pattern.phase)
    assert pattern.peaks
    assert {pattern.kind, pattern.evidence} <= {
        "measured", "computed", "derived", "read", "secondhand", "recalled"
    }  # fmt: skip
    assert build(formula, phase).is_valid(0.5)


@pytest.mark.parametrize(("formula", "phase"), NOT_FOUND)
def test_a_phase_that_was_found_in_no_text_is_refused_by_what_is_known(formula, phase):
    with pytest.raises(MissingData) as refused:
        xrd(formula, phase=phase)
    assert f"{formula} alpha" in refused.value.mend


@pytest.mark.parametrize("formula", [formula for formula, _ in WITH_ATOMS])
def test_a_compound_has_a_lattice(formula):
    assert 3 < lattice(formula).a_pseudocubic_A < 12


@pytest.mark.parametrize("command", OF_A_PHASE, ids=lambda command: command[0])
def test_at_room_temperature_mapbi3_is_tetragonal(command, perovdb):
    name, *more = command
    told = perovdb(name, "MAPbI3", *more)
    assert told.code == 0
    assert "beta" in told.out
    # a sqrt(2) and 2 a of the cube would be 8.93 and 12.63 A: of another temperature.
    assert "400 K" not in told.out.splitlines()[0]


def test_a_slab_is_cut_from_the_cube_and_says_what_is_there_at_room_temperature():
    notes = " ".join(history.notes(slab("MAPbI3", layers=2)))
    assert "at 298 K MAPbI3 is known as beta" in notes


def test_what_a_crystal_holds_in_order_is_built_so_and_diffracts_so():
    """PEA2PbI4 in its own order; the rule "random" turns the methylammonium of gamma-MAPbI3."""
    model = build("MAPbI3", "gamma")
    carbon, nitrogen = (
        np.array([site.frac_coords for site in model if site.specie.symbol == element])
        for element in "CN"
    )
    axes = (nitrogen - carbon - np.round(nitrogen - carbon)) @ model.lattice.matrix
    # Four molecules in two mirror planes, each 29 degrees from a.
    assert np.abs(axes[:, 1]).max() < 1e-3
    assert np.degrees(np.arctan2(*np.abs(axes[:, [2, 0]]).T)) == pytest.approx([29.3] * 4, abs=0.5)
    ordered = xrd("MAPbI3", "gamma", two_theta_deg=(5, 40))
    standing = xrd(model, two_theta_deg=(5, 40))
    assert [peak.intensity for peak in ordered.peaks] == pytest.approx(
        [peak.intensity for peak in standing.peaks], abs=1e-3
    )
    assert "orientations follow" in " ".join(
        history.notes(build("MAPbI3", "gamma", orientation="random"))
    )
    assert "orientations follow" not in " ".join(history.notes(model))
    (twice,) = {round(float(d), 6) for d in np.linalg.norm(axes, axis=1)}
    again = build("MAPbI3", "gamma", 2, seed=5)
    assert len(again) == 8 * len(model)
    assert twice == pytest.approx(1.571, abs=2e-3)
