"""Walks on jump networks against exact and published numbers."""

import numpy as np
import pytest

from perovdb.calculators.kinetics import hop_rate
from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.calculators.kinetics.diffusion import CORRELATION, correlation_factor
from perovdb.errors import InputError
from perovdb.migration.hops import hops
from perovdb.migration.transport.answer import transport
from perovdb.migration.transport.network import JumpNetwork
from perovdb.migration.transport.walks import correlation_factors, vacancy_diffusion_cm2_s

K_T = K_B_EV * 300


def network(points, lattice, reach, saddles=None):
    """All jumps up to a length among some sites; each with its saddle in eV, by its number."""
    points, lattice = np.array(points, float), np.array(lattice, float)
    rows = []
    for i, here in enumerate(points):
        for j, there in enumerate(points):
            for shift in np.indices((5, 5, 5)).reshape(3, -1).T - 2:
                way = (there + shift - here) @ lattice
                if 1e-6 < np.linalg.norm(way) < reach:
                    rows.append((i, j, shift, way))
    start, end, shift, ways = map(np.array, zip(*rows, strict=True))
    m, n = len(rows), len(points)
    saddle = np.zeros(m) if saddles is None else saddles(start, end, shift)
    return JumpNetwork(n, start, end, shift, ways, saddle, np.zeros(n), np.zeros(m, int))


LATTICES = {
    "simple cubic": ([[0, 0, 0]], np.eye(3), 1.01),
    "face-centred": ([[0, 0, 0]], [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], 0.72),
    "body-centred": ([[0, 0, 0]], [[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]], 0.88),
    "X of a perovskite": ([[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]], np.eye(3), 0.72),
}


@pytest.mark.parametrize(
    ("name", "factor", "vacancy"),
    [
        # Exact factors of one vacancy; those of the X sublattice by Trinkle's onsager package, and
        # 0.69 by Ishigaki et al. 1988. Uniform rates w: a^2 w, and (2/3) a^2 w for X.
        ("simple cubic", 0.653109, 1.0),
        ("face-centred", 0.781451, 1.0),
        ("body-centred", 0.727194, 1.0),
        ("X of a perovskite", 0.688916, 2 / 3),
    ],
)
def test_correlation_factors_that_are_known(name, factor, vacancy):
    lattice = network(*LATTICES[name])
    tensor = vacancy_diffusion_cm2_s(lattice, 300, 1.0)
    assert 1e16 * tensor == pytest.approx(vacancy * np.eye(3), abs=1e-12)
    found = correlation_factors(lattice, 300, 1.0)
    assert found == pytest.approx(factor * np.eye(3), abs=1e-4)


def test_in_one_dimension_the_slowest_jump_counts():
    """D = 1/mean(1/w) along a chain, and nothing across it."""
    rng = np.random.default_rng(0)
    n = 12
    barriers = rng.uniform(0, 0.1, n)
    points = [[k / n, 0, 0] for k in range(n)]

    def saddles(start, end, shift):
        low = np.where((end - start) % n == 1, start, end)
        return barriers[low]

    chain = network(points, np.diag([n, 50.0, 50.0]), 1.01, saddles)
    tensor = 1e16 * vacancy_diffusion_cm2_s(chain, 300, 1.0)
    assert tensor[0, 0] == pytest.approx(1 / np.mean(np.exp(barriers / K_T)), rel=1e-6)
    assert np.abs(tensor - np.diag([tensor[0, 0], 0, 0])).max() < 1e-12


def test_small_spreads_of_barriers_follow_perturbation_theory():
    """(E_eff - mean)/kT = -s^2 (1/2 - 1/3) on a simple cubic lattice, s the spread in kT."""
    size, spread = 6, 0.5
    points = np.indices((size,) * 3).reshape(3, -1).T / size
    logs = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        heights = spread * K_T * rng.standard_normal((3, size**3))

        def saddles(start, end, shift, heights=heights):
            here, there = points[start] * size, points[end] * size + shift * size
            way = there - here
            axis = np.abs(way).argmax(axis=1)
            low = np.where((way[np.arange(len(way)), axis] > 0)[:, None], here, there) % size
            number = (low.astype(int) @ [size * size, size, 1]).astype(int)
            return heights[axis, number]

        cubic = network_of_grid(size, saddles)
        tensor = 1e16 * vacancy_diffusion_cm2_s(cubic, 300, 1.0)
        logs.append(np.log(np.trace(tensor) / 3))
    assert -np.mean(logs) == pytest.approx(-(spread**2) / 6, abs=0.03)


def network_of_grid(size, saddles):
    """A simple cubic lattice as one large cell."""
    numbers = np.arange(size**3).reshape((size,) * 3)
    rows = []
    for axis in range(3):
        for sign in (1, -1):
            there = np.roll(numbers, -sign, axis)
            shift = np.zeros((size, size, size, 3), int)
            edge = [slice(None)] * 3
            edge[axis] = -1 if sign == 1 else 0
            shift[tuple(edge)][..., axis] = sign
            way = np.zeros(3)
            way[axis] = sign
            rows.append((numbers.ravel(), there.ravel(), shift.reshape(-1, 3),
                         np.tile(way, (size**3, 1))))  # fmt: skip
    start, end, shift, ways = (np.concatenate(part) for part in zip(*rows, strict=True))
    m, n = len(start), size**3
    return JumpNetwork(n, start, end, shift, ways, saddles(start, end, shift), np.zeros(n),
                       np.zeros(m, int))  # fmt: skip


def test_sites_of_other_energies_keep_detailed_balance():
    """A trap of depth e holds the vacancy exp(e/kT) times as long: D falls by the mean of that."""
    depth = 0.1
    lattice = network([[0, 0, 0], [0.5, 0, 0]], np.diag([2.0, 50, 50]), 1.01)
    even = vacancy_diffusion_cm2_s(lattice, 300, 1.0)[0, 0]
    trapped = JumpNetwork(
        2, lattice.start, lattice.end, lattice.shift, lattice.vectors_A, lattice.saddle_eV + depth,
        np.array([0.0, depth]), lattice.hop,
    )  # fmt: skip
    found = vacancy_diffusion_cm2_s(trapped, 300, 1.0)[0, 0]
    weight = np.exp(-depth / K_T)
    assert found / even == pytest.approx(2 * weight / (1 + weight), rel=1e-9)


def test_the_hops_of_a_crystal():
    """Alpha CsPbI3 at 6.2894 A: one hop of 4.447 A, 8 a site, so D = (2/3) a^2 w and f = 0.6889;
    the same numbers as from `rate`."""
    answer = transport(hops("CsPbI3", "I", phase="alpha"), [0.35], [298.0, 350.0], vacant=1e-3)
    assert answer.effective_barrier_eV == pytest.approx([0.35, 0.35], abs=1e-6)
    assert answer.anisotropy == pytest.approx([1, 1])
    rate = hop_rate(0.35, 298.0, distance_A=answer_length(), neighbours=8, vacant=1e-3)
    (row, _) = answer.rows()
    assert row["vacancy_cm2_s"] == pytest.approx(rate.vacancy_diffusion_cm2_s, rel=1e-6)
    assert row["ion_cm2_s"] == pytest.approx(rate.ion_diffusion_cm2_s, rel=3e-4)
    assert row["correlation"] == pytest.approx(0.688916, abs=2e-4)
    assert answer.plot().get_ylabel().startswith("$D$")


def answer_length():
    return hops("CsPbI3", "I", phase="alpha")[0].distance_A


@pytest.mark.parametrize("species", ["Cs", "Pb"])
def test_a_and_b_are_simple_cubic(species):
    answer = transport(hops("CsPbI3", species, phase="alpha"), [0.7])
    assert answer.rows()[0]["correlation"] == pytest.approx(0.653109, abs=2e-4)


def test_the_easy_hops_carry_the_current():
    """In gamma CsPbI3 a current sees a barrier between that of the easiest hop and the mean."""
    network_hops = hops("CsPbI3", "I", phase="gamma")
    barriers = list(np.linspace(0.3, 0.6, len(network_hops)))
    answer = transport(network_hops, barriers, tracer=False)
    assert min(barriers) < answer.effective_barrier_eV[0] < np.mean(barriers)
    assert answer.effective_barrier_eV[0] < answer.percolating_eV + 0.05
    assert answer.anisotropy[0] > 1


@pytest.mark.parametrize(
    ("barriers", "options", "words"),
    [
        ([], {}, "1 distinct hops do not go with 0"),
        ([0.3, 0.4], {}, "do not go with 2"),
        ([-0.1], {}, "cannot be"),
        ([float("nan")], {}, "cannot be"),
        ([(0.3, 0.4)], {}, "do not close around a cycle"),
        ([0.3], {"vacant": 0.5}, "few vacancies"),
        ([0.3], {"temperature_K": 0}, "emperature"),
    ],
)
def test_what_cannot_be(barriers, options, words):
    with pytest.raises(InputError, match=words):
        transport(hops("CsPbI3", "I", phase="alpha"), barriers, **options)


def test_rates_have_the_same_factors():
    """D_ion = f c D_vacancy: it was 1.53 times too high on A and 1.45 times on X without f."""
    for ways, excess in ((6, 1.53), (8, 1.45)):
        rate = hop_rate(0.5, distance_A=6.0, neighbours=ways, vacant=1e-3)
        ratio = 1e-3 * rate.vacancy_diffusion_cm2_s / rate.ion_diffusion_cm2_s
        assert ratio == pytest.approx(excess, abs=0.005)
        assert rate.correlation == CORRELATION[ways]
    assert hop_rate(0.5, distance_A=6.0, vacant=1.0).correlation == 1.0
    assert any("estimated" in note for note in hop_rate(0.5, distance_A=6, neighbours=4,
                                                        vacant=1e-3).notes)  # fmt: skip
    with pytest.raises(InputError, match="chain"):
        correlation_factor(2)


def test_the_command_line(perovdb, tmp_path):
    line = ("transport", "CsPbI3", "--phase", "alpha", "--species", "I", "--barrier", "0.35")
    answer = perovdb(*line, "--plot", str(tmp_path / "d.png"))
    assert answer.code == 0
    assert "0.6889" in answer.out
    assert (tmp_path / "d.png").exists()
    assert perovdb(*line, "--barrier", "0.4").code != 0
    assert perovdb(*line[:-1], "0.3/0.4/0.5").code == 2
