"""The phases that people use most: each has a diffraction pattern, a model and a lattice."""

import pytest

from perovdb import build, lattice, xrd

WITH_ATOMS = [
    ("MAPbI3", ("alpha", "beta", "gamma")),
    ("FAPbI3", ("alpha", "delta")),
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
    ("Cs3Bi2I9", (None,)),
    ("RbPbI3", (None,)),
    ("PbI2", (None,)),
    ("CsI", (None,)),
]


@pytest.mark.parametrize(
    ("formula", "phase"), [(formula, phase) for formula, each in WITH_ATOMS for phase in each]
)
def test_a_phase_has_a_pattern_and_a_model(formula, phase):
    pattern = xrd(formula, phase=phase)
    assert phase in (None, pattern.phase)
    assert pattern.peaks
    assert build(formula, phase).is_valid(0.5)


@pytest.mark.parametrize(
    "formula", [*(formula for formula, _ in WITH_ATOMS), "BA2PbI4", "PEA2PbI4"]
)
def test_a_compound_has_a_lattice(formula):
    assert 3 < lattice(formula).a_pseudocubic_A < 12
