"""Ye et al., J. Am. Chem. Soc. 144, 12102 (2022): compositions and peaks of CsPbBrxI3-x.

The lattice constants of the washed nanocrystals and their elemental analysis do not tell the same
composition; both are reproduced as the paper's own numbers give them.
"""

import pytest

from perovdb.calculators.diffraction import bragg
from perovdb.calculators.inference import composition_from_percent, infer
from perovdb.composition import parse
from perovdb.store import queries

# Text and Table S2: cubic CsPbBr3 6.02, CsPbI3 6.41 A; the sample's a in A. Table 1: I in at %
# of the halides by TEM-EDX, and by XPS in brackets.
ENDS_A = {"CsPbBr3": "6.02", "CsPbI3": "6.41"}
SAMPLES = [
    # washed with, a, iodide fraction by Vegard, I at % by EDX
    ("nothing", "6.11", 0.231, 82),
    ("methyl acetate", "6.08", 0.154, 55),
    ("acetone", "6.03", 0.026, 37),
    ("butanol", "6.02", 0.000, 25),
]


@pytest.mark.parametrize(("washed", "a", "x", "percent"), SAMPLES)
def test_iodide_by_vegard_from_the_papers_ends(washed, a, x, percent):
    found = infer(ENDS_A, a_A=a)
    assert found.in_range
    assert round(found.fraction, 3) == x
    assert found.point.from_measured == pytest.approx(0.005 / 0.39)
    # The paper's two analyses disagree by far more than the digits.
    assert percent / 100 - found.fraction > 10 * found.point.uncertainty


def test_the_store_tells_that_the_two_disagree(store):
    told = " ".join(row["statement"] for row in queries.conflicts() if "EDX" in str(row))
    assert "XRD" in told


@pytest.mark.parametrize(
    ("percent", "formula"),
    [
        (82, "CsPbBr0.54I2.46"),
        (55, "CsPbBr1.35I1.65"),
        (37, "CsPbBr1.89I1.11"),
        (25, "CsPbBr2.25I0.75"),
        (44, "CsPbBr1.68I1.32"),
        (18, "CsPbBr2.46I0.54"),
        (14, "CsPbBr2.58I0.42"),
    ],
)
def test_composition_from_the_iodine_content(percent, formula, store):
    found = composition_from_percent("CsPbI3", {"I": percent}, rest="Br")
    assert str(found) == formula
    assert found == parse(formula)
    stated = store.rows("SELECT 1 FROM material WHERE formula = ?", (formula,))
    assert stated


# Angles and q of (100) at Cu K-alpha1 and at the 1.05 A of the synchrotron (Experimental), and
# of (200) at Cu K-alpha1; computed from the paper's a by Bragg's law.
PEAKS = [
    # a, 2theta(100), 2theta(200), 2theta(100) at 1.05 A, q(100)
    (6.11, 14.49, 29.21, 9.86, 1.0283),
    (6.08, 14.56, 29.36, 9.91, 1.0334),
    (6.03, 14.68, 29.61, 9.99, 1.0420),
    (6.02, 14.70, 29.66, 10.01, 1.0437),
    (6.41, 13.80, 27.81, 9.40, 0.9802),
]


@pytest.mark.parametrize(("a", "first", "second", "synchrotron", "q"), PEAKS)
def test_peaks_of_the_lattice_constants(a, first, second, synchrotron, q):
    d = [a / bragg.a_over_d((1, 0, 0)), a / bragg.a_over_d((2, 0, 0))]
    assert bragg.two_theta_deg(d, 1.5406) == pytest.approx([first, second], abs=0.0051)
    assert bragg.two_theta_deg(d[0], 1.05) == pytest.approx(synchrotron, abs=0.0051)
    assert bragg.q_from_d(d) == pytest.approx([q, 2 * q], abs=1.1e-4)


@pytest.mark.parametrize(("a", "first", "second", "synchrotron", "q"), PEAKS[:-1])
def test_the_peaks_give_the_composition_back(a, first, second, synchrotron, q):
    wanted = (a - 6.02) / 0.39
    for hkl, angle, wavelength in (
        ((1, 0, 0), first, 1.5406),
        ((2, 0, 0), second, 1.5406),
        ((1, 0, 0), synchrotron, 1.05),
    ):
        found = infer(
            ENDS_A,
            two_theta_deg=f"{angle:.2f}",
            hkl=hkl,
            wavelength=wavelength,
        )
        assert found.setting.chosen.cell == "pseudo-cubic"
        assert found.fraction == pytest.approx(wanted, abs=2 * found.point.from_measured)


def test_more_bromide_shifts_peaks_to_higher_angles():
    angles = [first for _, first, *_ in PEAKS[:-1]]
    assert angles == sorted(angles)
    assert PEAKS[-1][1] < angles[0]
