import itertools

import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.errors import InputError, OutOfRange
from perovdb.structures.octahedra.analysis import octahedra_of_sites
from perovdb.structures.sites import Sites
from perovdb.structures.tilts.angles import tilt_from_tolerance
from perovdb.structures.tilts.cells import tilted_sites
from perovdb.structures.tilts.glazer import HOWARD_STOKES, OTHER_SYMBOLS, axis_angles, parse_glazer

ANGLES = {0: (), 1: (9.0,), 2: (9.0, 6.0), 3: (9.0, 6.0, 4.0)}
SYMBOLS = [*HOWARD_STOKES, *OTHER_SYMBOLS]
#: Those that cannot be rigid; Woodward (1997) names two more, see `join`.
NOT_RIGID = {"a+a+c-", "a+a+a-", "a+b+b-", "a+b+c-"}


def model(symbol: str, bond_A: float = 3.1) -> Sites:
    return tilted_sites(symbol, ANGLES[len(parse_glazer(symbol).tilted)], bond_A)


def space_group(sites: Sites, precision: float = 1e-4) -> int:
    kinds = ["ABX".index(role) for role in sites.roles]
    cell = (sites.lattice_A, sites.fractional, kinds)
    return int(spglib.get_symmetry_dataset(cell, precision).number)


def b_x(sites: Sites) -> list[np.ndarray]:
    """The six nearest X of each B, by brute force over images."""
    images = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    x = sites.fractional[sites.of("X")]
    found = []
    for b in sites.of("B"):
        steps = (x[:, None, :] + images - sites.fractional[b]).reshape(-1, 3) @ sites.lattice_A
        found.append(steps[np.argsort(np.linalg.norm(steps, axis=1))[:6]])
    return found


def test_there_are_the_23_systems_of_glazer_15_of_them_of_howard_and_stokes():
    assert len(HOWARD_STOKES) == 15
    assert len(SYMBOLS) == len(set(SYMBOLS)) == 23


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_space_group_is_that_of_the_table(symbol):
    assert space_group(model(symbol)) == parse_glazer(symbol).space_group[1]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_octahedra_are_regular_and_keep_the_bond(symbol):
    sites = model(symbol)
    spread = 0.01 if symbol in NOT_RIGID else 1e-9
    assert len(sites) == 5 * len(sites.of("B"))
    lengths = []
    for vectors in b_x(sites):
        length = np.linalg.norm(vectors, axis=1)
        lengths += list(length)
        assert length == pytest.approx(np.full(6, 3.1), abs=spread)
        cosines = np.abs((vectors / length[:, None]) @ (vectors / length[:, None]).T)
        # One corner opposite, four across.
        assert np.sort(cosines, axis=1)[:, :4] == pytest.approx(np.zeros((6, 4)), abs=spread)
    assert np.mean(lengths) == pytest.approx(3.1, abs=1e-9)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_analysis_gives_back_symbol_and_angles(symbol):
    system = parse_glazer(symbol)
    about = axis_angles(system, ANGLES[len(system.tilted)])
    found = octahedra_of_sites(model(symbol))
    assert found.glazer == symbol
    assert found.tilts.tilt_deg == pytest.approx(about, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(
    symbol=st.sampled_from(["a0a0c-", "a0a0c+", "a-b+a-", "a-a-a-", "a0b-b-", "a+b-c-", "a-b-c-"]),
    angles=st.lists(st.floats(1.5, 15.0), min_size=3, max_size=3),
    bond=st.floats(1.8, 3.4),
)
def test_any_angle_comes_back_to_a_hundredth_of_a_degree(symbol, angles, bond):
    system = parse_glazer(symbol)
    given_ = angles[: len(system.tilted)]
    about = axis_angles(system, given_ if len(given_) < 3 else angles)
    found = octahedra_of_sites(tilted_sites(symbol, given_, bond))
    assert found.tilts.tilt_deg == pytest.approx(about, abs=0.01)
    assert found.averages["mean_bond_A"] == pytest.approx(bond, abs=1e-6)
    assert found.averages["angle_variance_deg2"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("angle", "bond"), [(5.0, 3.0), (12.5, 3.15)])
def test_cells_of_single_tilts_are_those_of_trigonometry(angle, bond):
    cosine = np.cos(np.radians(angle))
    in_phase = np.linalg.norm(tilted_sites("a0a0c+", angle, bond).lattice_A, axis=1)
    antiphase = np.linalg.norm(tilted_sites("a0a0c-", angle, bond).lattice_A, axis=1)
    across = 2 * np.sqrt(2) * bond * cosine
    assert in_phase == pytest.approx([across, across, 2 * bond])
    assert antiphase == pytest.approx([across, across, 4 * bond])
    # About a threefold axis: the edge across it shrinks, that along it is two diagonals.
    edges = np.linalg.norm(tilted_sites("a-a-a-", angle, bond).lattice_A, axis=1)
    whole = np.cos(np.radians(np.sqrt(3) * angle))
    assert edges == pytest.approx([2 * np.sqrt(2) * bond * whole] * 2 + [4 * np.sqrt(3) * bond])


def test_a_positive_tilt_turns_the_first_octahedron_counter_clockwise():
    sites = tilted_sites("a0a0c-", 10, 3.0)
    corner = 3.0 * np.array([np.cos(np.radians(10)), np.sin(np.radians(10)), 0])
    assert min(np.linalg.norm(b_x(sites)[0] - corner, axis=1)) == pytest.approx(0, abs=1e-9)
    assert sites.fractional[sites.of("B")[0]] == pytest.approx([0, 0, 0])


def test_the_usual_cells_are_in_their_standard_settings():
    """spglib has nothing to turn in the Pnma and R-3c cells."""
    sites = tilted_sites("a-b+a-", (9, 6), 3.1)
    data = spglib.get_symmetry_dataset(
        (sites.lattice_A, sites.fractional, [*map(ord, sites.roles)])
    )
    assert data.transformation_matrix == pytest.approx(np.eye(3), abs=1e-6)
    assert len(tilted_sites("a-a-a-", 8, 3.1)) == 30
    assert len(tilted_sites("a0a0a0", (), 3.1)) == 5


def test_a_stands_midway_between_its_eight_b():
    sites = tilted_sites("a-b+a-", (9, 6), 3.1)
    images = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    b = (sites.fractional[sites.of("B")][:, None, :] + images).reshape(-1, 3) @ sites.lattice_A
    for a in sites.positions_A[sites.of("A")]:
        near = b[np.argsort(np.linalg.norm(b - a, axis=1))[:8]]
        assert near.mean(axis=0) == pytest.approx(a, abs=1e-6)


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("a-b+a-", "a+b-b-"),
        ("a-a-c+", "a+b-b-"),
        ("a⁻b⁺a⁻", "a+b-b-"),
        ("a^-b^+a^-", "a+b-b-"),
        ("b+a-a-", "a+b-b-"),
        ("a-a-a+", "a+a-a-"),
        ("c-a0a0", "a0a0c-"),
        ("b-b-a0", "a0b-b-"),
        ("a-a-c-", "a-b-b-"),
        ("a0b0c0", "a0a0a0"),
    ],
)
def test_equivalent_symbols(written, standard):
    assert parse_glazer(written).standard == standard


def test_every_symbol_is_one_of_the_23():
    for letters in itertools.product("abc", repeat=3):
        for signs in itertools.product("+-0", repeat=3):
            symbol = "".join(map(str.__add__, letters, signs))
            assert parse_glazer(symbol).standard in SYMBOLS


@pytest.mark.parametrize("symbol", ["", "a-b+", "a-b+d-", "Pnma", "a*b+c-"])
def test_what_is_no_symbol_is_refused(symbol):
    with pytest.raises(InputError):
        parse_glazer(symbol)


@pytest.mark.parametrize(
    ("symbol", "angles", "bond", "error"),
    [
        ("a-b+a-", (9, 6, 4), 3.1, InputError),
        ("a-b+c-", (9, 6), 3.1, InputError),
        ("a0a0c-", (0,), 3.1, InputError),
        ("a0a0c-", (1, 0, 9), 3.1, InputError),
        ("a0a0c-", (float("nan"),), 3.1, InputError),
        ("a0a0c-", (40,), 3.1, OutOfRange),
        ("a0a0c-", (9,), -3.1, InputError),
        ("a0a0c-", (9,), float("nan"), InputError),
    ],
)
def test_what_cannot_be_built_is_refused(symbol, angles, bond, error):
    with pytest.raises(error):
        tilted_sites(symbol, angles, bond)


def test_tilts_from_tolerance():
    # The closed form of the docstring, for one tilt.
    for t in (0.99, 0.93, 0.85):
        angle = np.degrees(np.arcsin(2 * (1 - t**2))) / 2
        assert tilt_from_tolerance("a0a0c-", t) == pytest.approx(angle, abs=1e-6)
        assert tilt_from_tolerance("a0a0c+", t) == pytest.approx(angle, abs=1e-6)
    assert tilt_from_tolerance("a-b+a-", 1.0) == 0
    assert tilt_from_tolerance("a-b+a-", 0.85) > tilt_from_tolerance("a-b+a-", 0.9) > 0


def test_estimates_out_of_range_are_refused():
    with pytest.raises(OutOfRange):
        tilt_from_tolerance("a0a0c-", 1.01)
    with pytest.raises(OutOfRange):
        tilt_from_tolerance("a0a0c-", 0.4)
    with pytest.raises(OutOfRange):
        tilt_from_tolerance("a0a0a0", 0.9)
    with pytest.raises(InputError):
        tilt_from_tolerance("a0a0c-", float("nan"))
