"""Lattice parameters of Ye et al., J. Am. Chem. Soc. 144, 12102 (2022), as peaks.

doi 10.1021/jacs.2c02631: cubic cells of 6.11, 6.08, 6.03, 6.02 and 6.41 A, scattering at 1.05 A.
The angles and q are those worked out from them by hand, the copper line being 1.5406 A.
"""

import numpy as np
import pytest

from perovdb.calculators.diffraction.bragg import q_from_d
from perovdb.calculators.diffraction.bragg import two_theta_deg as two_theta_from_d
from perovdb.calculators.diffraction.powder import peaks
from perovdb.calculators.diffraction.scatterers import Scatterer

# a in A, 2theta of (100) and (200) for copper, of (100) at 1.05 A, q of (100)
CELLS = [
    (6.11, 14.49, 29.21, 9.86, 1.0283),
    (6.08, 14.56, 29.36, 9.91, 1.0334),
    (6.03, 14.68, 29.61, 9.99, 1.0420),
    (6.02, 14.70, 29.66, 10.01, 1.0437),
    (6.41, 13.80, 27.81, 9.40, 0.9802),
]
SITES = [("Cs", (0, 0, 0)), ("Pb", (0.5, 0.5, 0.5))] + [
    ("I", place) for place in ((0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))
]


def found(a_A, wavelength_A):
    """Peaks of a cubic perovskite, by their first index."""
    listed = peaks(
        np.eye(3) * a_A,
        np.array([place for _, place in SITES]),
        [[(Scatterer((element,), (0.0,)), 1.0)] for element, _ in SITES],
        wavelength_A,
        (5.0, 40.0),
    )
    return {peak.hkl[0]: peak for peak in listed}


@pytest.mark.parametrize(("a_A", "first", "second", "synchrotron", "q_inv_A"), CELLS)
def test_angles_and_q(a_A, first, second, synchrotron, q_inv_A):
    copper, short = found(a_A, 1.5406), found(a_A, 1.05)
    assert copper[1, 0, 0].two_theta_deg == pytest.approx(first, abs=0.006)
    assert copper[2, 0, 0].two_theta_deg == pytest.approx(second, abs=0.006)
    assert short[1, 0, 0].two_theta_deg == pytest.approx(synchrotron, abs=0.006)
    assert short[1, 0, 0].q_inv_A == pytest.approx(q_inv_A, abs=6e-5)
    assert short[2, 0, 0].q_inv_A == pytest.approx(2 * short[1, 0, 0].q_inv_A)
    assert two_theta_from_d(a_A, 1.5406) == pytest.approx(copper[1, 0, 0].two_theta_deg)
    assert q_from_d(a_A) == pytest.approx(short[1, 0, 0].q_inv_A)
