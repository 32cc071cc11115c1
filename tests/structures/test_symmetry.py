"""Operations of a space group as permutations of sites: a group that keeps the crystal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import StructureError
from perovdb.structures.supercells import repeat
from perovdb.structures.symmetry import permutations

PEROVSKITE = np.array([[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])


def cubic(size):
    lattice, fractional = repeat(6 * np.eye(3), PEROVSKITE, size)
    return lattice, fractional, np.array(list("ABXXX") * int(np.prod(size)))


def gamma(size=(1, 1, 1)):
    cell = average_cell("CsPbI3", "gamma")
    lattice, fractional = repeat(cell.lattice_A, cell.fractional, size)
    return lattice, fractional, np.array(list(cell.roles) * int(np.prod(size)))


@pytest.mark.parametrize(
    ("cell", "operations"),
    [
        # The point group of the lattice of the cell times the translations inside it.
        (cubic((1, 1, 1)), 48),
        (cubic((2, 1, 1)), 16 * 2),
        (cubic((3, 2, 1)), 8 * 6),
        (cubic((2, 2, 2)), 48 * 8),
        (gamma(), 8),
        (gamma((2, 1, 2)), 8 * 4),
    ],
)
def test_the_group_is_as_large_as_the_space_group_says(cell, operations):
    table = permutations(*cell)
    assert len(table) == operations
    assert len(np.unique(table.images, axis=0)) <= operations
    rows = {row.tobytes() for row in table.images}
    rng = np.random.default_rng(0)
    for i, j in rng.integers(len(table), size=(200, 2)):
        assert table.images[i][table.images[j]].tobytes() in rows


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10**6),
    noise_A=st.sampled_from([0.0, 1e-13, 1e-7, 2e-4]),
    size=st.sampled_from([(1, 1, 1), (2, 1, 1), (2, 2, 1)]),
    tilted=st.booleans(),
)
def test_each_site_goes_where_the_table_says(seed, noise_A, size, tilted):
    """Also with sites a little off their places, and just on this or that side of the border."""
    lattice, fractional, kinds = gamma(size) if tilted else cubic(size)
    rng = np.random.default_rng(seed)
    shaken = fractional + rng.uniform(-noise_A, noise_A, fractional.shape) @ np.linalg.inv(lattice)
    shaken += rng.integers(-2, 3, shaken.shape)
    table = permutations(lattice, shaken, kinds)
    exact = len(permutations(lattice, fractional, kinds))
    # Near the tolerance spglib may settle for a subgroup.
    assert len(table) == exact or (noise_A > 1e-6 and exact % len(table) == 0)
    moved = np.einsum("oab,nb->ona", table.rotations, shaken) + table.translations[:, None]
    apart = (moved - shaken[table.images] - table.shifts) @ lattice
    assert np.linalg.norm(apart, axis=-1).max() < max(1e-9, 10 * noise_A)
    assert (kinds[table.images] == kinds).all()
    assert (np.sort(table.images, axis=1) == np.arange(len(kinds))).all()


def test_pairs_keep_their_length():
    lattice, fractional, kinds = gamma((2, 1, 1))
    table = permutations(lattice, fractional, kinds)
    rng = np.random.default_rng(1)
    pairs = rng.integers(len(kinds), size=(50, 2))
    shifts = rng.integers(-2, 3, size=(50, 3))
    ends, cells = table.moved(pairs, shifts)

    def length(first, second, cell):
        offset = fractional[second] + cell - fractional[first]
        return np.linalg.norm(offset @ lattice, axis=-1)

    before = length(*pairs.T, shifts)
    after = length(ends[..., 0], ends[..., 1], cells)
    assert after == pytest.approx(np.broadcast_to(before, after.shape), abs=1e-9)


def test_orbits_are_the_wyckoff_positions():
    """Pnma perovskite: A on 4c, B on 4a or 4b, X on 4c and 8d."""
    lattice, fractional, kinds = gamma()
    orbits = permutations(lattice, fractional, kinds).orbits()
    sizes = {
        role: sorted(np.unique(orbits[kinds == role], return_counts=True)[1].tolist())
        for role in "ABX"
    }
    assert sizes == {"A": [4], "B": [4], "X": [4, 8]}
    assert set(permutations(*cubic((2, 2, 2))).orbits()) == {0, 1, 2}


def test_a_table_for_some_sites_is_numbered_anew():
    lattice, fractional, kinds = cubic((2, 2, 1))
    table = permutations(lattice, fractional, kinds)
    halides = np.flatnonzero(kinds == "X")
    part = table.of(halides)
    assert (halides[part.images] == table.images[:, halides]).all()
    alone = permutations(lattice, fractional, kinds, among=halides)
    assert (alone.images == part.images).all()
    assert (alone.shifts == part.shifts).all()
    with pytest.raises(StructureError, match="equivalent to sites that are left out"):
        table.of(halides[1:])


def test_kinds_lower_the_symmetry():
    lattice, fractional, kinds = cubic((2, 2, 2))
    marked = kinds.copy()
    marked[1] = "M"
    assert len(permutations(lattice, fractional, marked)) == 48


def test_sites_on_each_other_are_refused():
    twice = np.zeros((2, 3))
    with pytest.raises(StructureError, match=r"cannot be found|do not permute"):
        permutations(6 * np.eye(3), twice, "AA")
