"""Families of reflections, member by member."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perovdb.calculators.diffraction.reflections import families
from perovdb.structures.rotations import cube_rotations

#: All of a cube; the four turns about its z axis; none.
SYMMETRIES = (
    cube_rotations(),
    np.array([r for r in cube_rotations() if r[2, 2] == 1]),
    np.eye(3)[None],
)


@given(st.integers(1, 5), st.sampled_from(SYMMETRIES))
def test_a_family_is_what_the_symmetry_turns_into_one_another(most, operations):
    """In a cubic cell angles group reflections by h^2 + k^2 + l^2, as 333 and 511."""
    every = np.array(list(np.ndindex(*[2 * most + 1] * 3))) - most
    squares = (every**2).sum(axis=1)
    half = [tuple(n) > (0, 0, 0) for n in every.tolist()]
    hkl, squares = every[half], squares[half]
    order = np.argsort(squares, kind="stable")
    hkl, group = hkl[order], np.unique(squares[order], return_inverse=True)[1]
    wanted = [set() for _ in range(group[-1] + 1)]
    for index, number in zip(hkl, group, strict=True):
        turned = np.concatenate([operations @ index, -(operations @ index)])
        wanted[number].add(max(map(tuple, turned.round().astype(int).tolist())))
    found = families(hkl, group, np.asarray(operations, dtype=float))
    assert found == [tuple(sorted(some, reverse=True)) for some in wanted]
