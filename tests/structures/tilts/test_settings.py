import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from pymatgen.symmetry.groups import SpaceGroup

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction.bragg import LONG_B, pseudocubic_index
from perovdb.errors import InputError, StructureError
from perovdb.structures.tilts.cell_setting import setting_of
from perovdb.structures.tilts.cells import tilted_sites
from perovdb.structures.tilts.settings import (
    SETTINGS,
    along,
    direction_in,
    hkl_in,
    index_text,
    position_in,
    same_sites,
    to_setting,
)

NAMES = st.sampled_from(list(SETTINGS))
WHOLE = st.lists(st.integers(-4, 4), min_size=3, max_size=3)
PART = st.lists(st.floats(-1, 1), min_size=3, max_size=3)


@rules(max_examples=60, deadline=None)
@given(NAMES, NAMES, WHOLE, WHOLE, PART)
def test_names_change_and_things_do_not(start, end, hkl, uvw, point):
    """Same spacing, same vector, the same number of planes crossed; and back again."""
    cubic = np.diag([6.0, 6.1, 6.3]) + 0.05
    one, other = (SETTINGS[name].rows_array @ cubic for name in (start, end))
    planes, step = to_setting(start, end, hkl=hkl), to_setting(start, end, direction=uvw)
    assert planes @ np.linalg.inv(other).T == pytest.approx(hkl @ np.linalg.inv(one).T)
    assert step @ other == pytest.approx(uvw @ one)
    assert planes @ step == pytest.approx(np.dot(hkl, uvw))
    assert hkl_in(planes, end, start) == pytest.approx(hkl, abs=1e-9)
    assert direction_in(step, end, start) == pytest.approx(uvw, abs=1e-9)
    there = position_in(point, start, end, wrap=False)
    assert position_in(there, end, start, wrap=False) == pytest.approx(point, abs=1e-9)


def test_named_planes():
    assert hkl_in((1, 0, 0), "pseudo-cubic", "Pbnm").tolist() == [1, 1, 0]
    assert hkl_in((2, 0, 0), "pseudo-cubic", "I4/mcm").tolist() == [2, 2, 0]
    assert hkl_in((0, 0, 2), "Pbnm", "Pnma").tolist() == [0, 2, 0]
    assert hkl_in((1, 1, 1), "pseudo-cubic", "R-3c").tolist() == [0, 0, 6]
    assert index_text(hkl_in((0, 1, 0), "Pnma", "pseudo-cubic")) == "(0 0 1/2)"


@rules(max_examples=30, deadline=None)
@given(WHOLE.filter(any))
def test_pnma_is_the_long_b_cell_of_bragg_turned_about_its_long_axis(hkl):
    here = hkl_in(hkl, along(SETTINGS["Pnma"], "b"), "pseudo-cubic")
    there = pseudocubic_index(tuple(hkl), LONG_B)
    assert sorted(np.abs(here)) == pytest.approx(sorted(np.abs(there)))


def test_all_settings_are_right_handed_and_pnma_and_pnam_are_axes_of_pbnm():
    for setting in SETTINGS.values():
        assert np.linalg.det(setting.rows_array) > 0
    a, b, c = SETTINGS["Pbnm"].rows_array
    assert SETTINGS["Pnma"].rows_array.tolist() == [b.tolist(), c.tolist(), a.tolist()]
    assert SETTINGS["Pnam"].rows_array.tolist() == [b.tolist(), (-a).tolist(), c.tolist()]


@pytest.mark.parametrize("name", ["Pbnm", "Pnma", "Pnam"])
@pytest.mark.filterwarnings("ignore:Full symbol not available")
def test_gamma_cspbi3_taken_to_another_setting_has_its_space_group(name):
    """The operations of the group, as pymatgen has them, send each ion to one of its kind."""
    cell = average_cell("CsPbI3", "gamma")
    roles = np.array(cell.roles)
    start = setting_of(cell.lattice_A, cell.fractional, roles)
    assert start.name == "Pnam"
    there = position_in(cell.fractional, start, name)
    for operation in SpaceGroup(name).symmetry_ops:
        for role in "ABX":
            moved = operation.operate_multi(there[roles == role])
            apart = moved[:, None, :] - there[roles == role][None, :, :]
            apart -= np.rint(apart)
            assert np.abs(apart).max(axis=2).min(axis=1).max() < 1e-6


def test_a_hop_of_the_cubic_cell_is_found_in_pbnm():
    """A to A along the pseudo-cubic a, in the sites of a tilted model."""
    sites = tilted_sites("a-a-c+", (6, 9), 3.1)
    step = direction_in((1, 0, 0), "pseudo-cubic", "Pbnm")
    start = sites.fractional[sites.of("A")[0]]
    apart = sites.fractional[sites.of("A")] - (start + step)
    assert np.abs(apart - np.rint(apart)).max(axis=1).min() < 1e-9
    assert same_sites((0.5, 0.5, 0.5), "pseudo-cubic", "Pbnm").shape == (4, 3)
    assert same_sites((0.5, 0.5, 0), "Pbnm", "pseudo-cubic").shape == (1, 3)


@pytest.mark.parametrize(
    ("symbol", "angles", "name"),
    [
        ("a0a0a0", (), "pseudo-cubic"),
        ("a0a0c+", 9, "P4/mbm"),
        ("a0a0c-", 9, "I4/mcm"),
        ("a-a-c+", (9, 6), "Pbnm"),
        ("a-b+a-", (9, 6), "Pnma"),
        ("a-a-a-", 9, "R-3c"),
        ("a+a+a+", 9, "2x2x2"),
    ],
)
def test_the_setting_of_a_cell(symbol, angles, name):
    sites = tilted_sites(symbol, angles, 3.1)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    for lattice in (sites.lattice_A, sites.lattice_A @ (turn * np.linalg.det(turn))):
        found = setting_of(lattice, sites.fractional, sites.roles)
        assert found.name == name
        assert found.b_at == pytest.approx((0, 0, 0))


def test_other_cells():
    sites = tilted_sites("a0a0a0", (), 3.1)
    above = sites.fractional + np.array([0, 0, 1])
    tall = np.concatenate([sites.fractional, above]) / [1, 1, 2]
    found = setting_of(sites.lattice_A * [[1], [1], [2]], tall, np.tile(sites.roles, 2))
    assert (found.name, found.formula_units) == ("other", 2)
    delta = average_cell("CsPbI3", "delta")
    with pytest.raises(StructureError):
        setting_of(delta.lattice_A, delta.fractional, delta.roles)
    with pytest.raises(StructureError):
        setting_of(sites.lattice_A, sites.fractional[:1], ["A"])


def test_nonsense_is_refused():
    with pytest.raises(InputError):
        hkl_in((1, 0, 0), "Pm-3m", "Pbnm")
    with pytest.raises(InputError):
        hkl_in((1, 0), "Pbnm", "Pnma")
    with pytest.raises(InputError):
        direction_in(("x", 0, 0), "Pbnm", "Pnma")
    with pytest.raises(InputError):
        to_setting("Pbnm", "Pnma")
    with pytest.raises(InputError):
        along(SETTINGS["Pbnm"], "d")
