"""Debye's equation: its quick forms against the sum itself, and limits that need no sum."""

import numpy as np
import pytest
from ase import Atoms
from scipy.spatial.transform import Rotation

from perovdb.calculators.diffraction import xrd
from perovdb.calculators.diffraction.bragg import two_theta_from_q
from perovdb.calculators.diffraction.debye import BINS_DEVIATION, Scattering, debye, debye_sum
from perovdb.calculators.diffraction.scatterers import atomic_form_factor
from perovdb.errors import InputError, OutOfRange

CELL = [
    ("Cs", (0, 0, 0)),
    ("Pb", (0.5, 0.5, 0.5)),
    *(("Br", place) for place in ((0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))),
]
Q = np.linspace(0.0, 6.0, 400)


def cube(cells, a_A=5.87, shape=(1, 1, 1)):
    """Elements and positions of a block of cubic perovskite cells."""
    corners = np.array(list(np.ndindex(*(cells * np.array(shape)))))
    positions = (np.array([place for _, place in CELL]) + corners[:, None]).reshape(-1, 3)
    return [element for element, _ in CELL] * len(corners), positions * a_A


def relaxed(cells, seed=1):
    elements, positions = cube(cells)
    noise = np.random.default_rng(seed).normal(0, 0.15, positions.shape)
    return elements, positions + noise


def plain_sum(elements, positions, q):
    """As the equation stands, with loops over elements of the double sum left to numpy."""
    distances = np.linalg.norm(positions[:, None] - positions, axis=2)
    f = np.array([atomic_form_factor(element, q) for element in elements])
    return np.array(
        [f[:, k] @ np.sinc(q[k] * distances / np.pi) @ f[:, k] for k in range(len(q))]
    ) / len(elements)


@pytest.mark.parametrize("method", ["auto", "direct", "grid"])
def test_a_block_on_a_lattice_to_rounding(method):
    elements, positions = cube(2, shape=(1, 2, 1))
    found = debye_sum(elements, positions, Q, method)
    assert found == pytest.approx(plain_sum(elements, positions, Q), rel=1e-10)


def test_relaxed_atoms_to_the_sum_itself():
    elements, positions = relaxed(3)
    q = Q[::10]
    assert debye_sum(elements, positions, q, "direct") == pytest.approx(
        plain_sum(elements, positions, q), rel=1e-10
    )


@pytest.mark.parametrize("low", [0.0, 1.5])
def test_bins_to_a_five_thousandth_of_the_strongest(low):
    elements, positions = relaxed(5)
    q = np.linspace(low, 8.0, 120)
    exact = debye_sum(elements, positions, q, "direct")
    binned = debye_sum(elements, positions, q, "bins")
    # The strongest peak, not the forward scattering, which is far stronger.
    assert np.abs(binned - exact).max() < 2e-4 * exact[q > 0.8].max()


def test_auto_takes_bins_where_there_is_no_grid():
    elements, positions = relaxed(5)
    assert np.array_equal(
        debye_sum(elements, positions, Q[:20]), debye_sum(elements, positions, Q[:20], "bins")
    )


def test_an_answer_by_bins_says_how_far_it_may_be_off():
    elements, positions = relaxed(4)
    particle = Atoms(elements, positions=positions)
    (note,) = debye(particle, Q[:20]).notes
    assert f"{BINS_DEVIATION:g} of the strongest peak" in note
    assert debye(particle, Q[:20], "direct").notes == ()


def test_a_turned_lattice_with_its_steps_given():
    elements, positions = cube(3)
    turn = Rotation.from_euler("xyz", [20, 35, 50], degrees=True).as_matrix()
    steps = np.eye(3) * 5.87 / 2 @ turn
    found = debye_sum(elements, positions @ turn + [3.0, 1.0, 2.0], Q, "grid", grid_A=steps)
    assert found == pytest.approx(debye_sum(elements, positions, Q, "direct"), rel=1e-8)


def test_an_oblique_lattice():
    elements, positions = cube(2, a_A=1.0)
    cell = np.array([[5.9, 0, 0], [0.4, 6.1, 0], [-0.3, 0.2, 6.4]])
    found = debye_sum(elements, positions @ cell, Q, "grid", grid_A=cell / 2)
    assert found == pytest.approx(debye_sum(elements, positions @ cell, Q, "direct"), rel=1e-8)


def test_an_orthorhombic_block_is_found_to_be_on_a_grid():
    elements, positions = cube(2, a_A=1.0)
    positions = positions * [5.8, 5.9, 6.1]
    found = debye_sum(elements, positions, Q, "grid")
    assert found == pytest.approx(debye_sum(elements, positions, Q, "direct"), rel=1e-8)


def test_a_row_of_atoms():
    rows = np.arange(400)[:, None] * [0.0, 0.0, 3.1]
    found = debye_sum(["I"] * 400, rows, Q, "grid")
    assert found == pytest.approx(debye_sum(["I"] * 400, rows, Q, "direct"), rel=1e-8)


@pytest.mark.parametrize("method", ["direct", "bins"])
def test_two_atoms_by_hand(method):
    f = atomic_form_factor("Pb", Q), atomic_form_factor("I", Q)
    found = debye_sum(["Pb", "I"], [[0, 0, 0], [0, 0, 3.1]], Q, method)
    expected = (f[0] ** 2 + f[1] ** 2 + 2 * f[0] * f[1] * np.sinc(Q * 3.1 / np.pi)) / 2
    assert found == pytest.approx(expected, rel=2e-4)


@pytest.mark.parametrize("method", ["direct", "grid", "bins"])
def test_forward_scattering_is_the_square_of_all_electrons(method):
    elements, positions = cube(3)
    electrons = 27 * (55 + 82 + 3 * 35)
    found = debye_sum(elements, positions, [0.0, 1e-4], method)
    assert found == pytest.approx([electrons**2 / len(elements)] * 2, rel=1e-4)


def test_far_out_each_atom_scatters_alone():
    """At large q the waves of pairs cancel, on average over q."""
    elements, positions = relaxed(3)
    q = np.linspace(60, 80, 1500)
    alone = np.mean([atomic_form_factor(element, q) ** 2 for element in elements], axis=0)
    assert np.mean(debye_sum(elements, positions, q, "direct") / alone) == pytest.approx(
        1, abs=0.01
    )


def test_motion_leaves_an_atom_with_itself():
    elements, positions = cube(2)
    q = np.array([8.0, 9.0, 10.0])
    alone = np.mean([atomic_form_factor(element, q) ** 2 for element in elements], axis=0)
    assert debye_sum(elements, positions, q, b_iso_A2=60.0) == pytest.approx(alone, rel=1e-6)


def test_motion_of_one_kind_is_that_of_its_pairs():
    f = atomic_form_factor("Pb", Q), atomic_form_factor("I", Q)
    wave = np.sinc(Q * 3.1 / np.pi) * np.exp(-(1.0 + 2.5) * (Q / (4 * np.pi)) ** 2)
    found = debye_sum(["Pb", "I"], [[0, 0, 0], [0, 0, 3.1]], Q, b_iso_A2={"Pb": 1.0, "I": 2.5})
    assert found == pytest.approx((f[0] ** 2 + f[1] ** 2 + 2 * f[0] * f[1] * wave) / 2)


def test_dispersion_takes_electrons_from_lead():
    still = debye_sum(["Pb"], [[0, 0, 0]], [0.0])
    with_it = debye_sum(["Pb"], [[0, 0, 0]], [0.0], wavelength_A=1.54056)
    assert still == pytest.approx(82**2)
    assert 76**2 < with_it[0] < 80**2


def test_place_orientation_and_order_change_nothing():
    elements, positions = relaxed(2)
    turned = Rotation.from_euler("xyz", [20, 35, 50], degrees=True).apply(positions) + 7.0
    order = np.random.default_rng(2).permutation(len(elements))
    found = debye_sum([elements[i] for i in order], turned[order], Q[1:], "direct")
    assert found == pytest.approx(debye_sum(elements, positions, Q[1:], "direct"), rel=1e-9)


def test_peaks_of_a_growing_cube_go_to_the_bragg_angles():
    pattern = xrd("CsPbBr3", "alpha", two_theta_deg=(10, 35), dispersion=False)
    strong = [peak for peak in pattern.peaks if peak.intensity > 40]
    assert len(strong) >= 2
    a_A = pattern.lattice_A[0, 0]
    for peak in strong:
        away = []
        for cells in (8, 16, 32):
            elements, positions = cube(cells, a_A)
            near = peak.q_inv_A + np.linspace(-1, 1, 401) * 2.0 / (cells * a_A)
            curve = debye_sum(elements, positions, near, "grid")
            top = two_theta_from_q(near[np.argmax(curve)], pattern.wavelength_A)
            away.append(abs(float(top) - peak.two_theta_deg))
        assert away[2] < away[0]
        assert away[2] < 0.02


def test_a_scan_is_polarised_and_no_more():
    q = np.array([2.0, 4 * np.pi / 1.5 * np.sin(np.pi / 4)])
    two_theta, intensity = Scattering("Pb", 1, None, q, np.array([3.0, 8.0])).on_two_theta(1.5)
    assert two_theta[1] == pytest.approx(90)
    # At a right angle one of the two polarisations is lost.
    assert intensity[1] == pytest.approx(4.0)
    assert intensity[0] == pytest.approx(1.5 * (1 + np.cos(np.radians(two_theta[0])) ** 2))


@pytest.mark.parametrize(
    "question",
    [
        lambda: debye_sum([], np.zeros((0, 3)), [1.0]),
        lambda: debye_sum(["Pb"], [[0, 0, 0], [1, 1, 1]], [1.0]),
        lambda: debye_sum(["Pb"], [[0, 0, np.nan]], [1.0]),
        lambda: debye_sum(["Pb"], [[0, 0, 0]], [-1.0]),
        lambda: debye_sum(["Pb"], [[0, 0, 0]], [1.0], "fast"),
        lambda: debye_sum(["Pb"], [[0, 0, 0]], [1.0], b_iso_A2={"I": 1.0}),
        lambda: debye_sum(["Pb"], [[0, 0, 0]], [1.0], grid_A=np.zeros((3, 3))),
        lambda: debye_sum(*relaxed(2), [1.0], "grid"),
        *(
            lambda method=method, pair=pair: debye_sum(pair, [[1, 1, 1], [1, 1, 1]], [1.0], method)
            for method in ("direct", "grid", "bins")
            for pair in (["Pb", "Pb"], ["Pb", "I"])
        ),
    ],
)
def test_what_cannot_be_summed(question):
    with pytest.raises(InputError):
        question()


def test_a_grid_that_cannot_be_held():
    far = np.array([[0, 0, 0], [1, 1, 1], [1e4, 1e4, 1e4]])
    with pytest.raises(OutOfRange, match="coarser steps"):
        debye_sum(["Pb"] * 3, far, [1.0], "grid")
    with pytest.raises(OutOfRange, match="too far"):
        debye_sum(["Pb"] * 3, far * 1e3, [1.0], "bins")
    assert debye_sum(["Pb"] * 3, far, [1.0]) == pytest.approx(
        debye_sum(["Pb"] * 3, far, [1.0], "direct")
    )


def test_bins_follow_a_narrow_window_far_from_zero():
    elements, positions = relaxed(4)
    window = np.linspace(5.0, 5.4, 60)
    direct = debye_sum(elements, positions, window, "direct")
    binned = debye_sum(elements, positions, window, "bins")
    assert np.abs(binned - direct).max() < 2e-4 * debye_sum(elements, positions, Q, "direct").max()
    assert debye_sum(elements, positions, np.array([]), "bins").shape == (0,)
