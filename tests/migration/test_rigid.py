"""Molecules as rigid bodies: turns, numbering, and motions that keep them whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from perovdb.migration.rigid import (
    interpolate,
    move,
    nearest_numbering,
    own_rotations,
    rigid_part,
    rotation_between,
)
from perovdb.store import open_store
from perovdb.structures.molecules import load_molecule

MOLECULES = {name: load_molecule(name, open_store()) for name in ("MA", "FA")}
vectors = st.tuples(*[st.floats(-3, 3)] * 3).map(np.array)


def distances(positions):
    return np.linalg.norm(positions[:, None] - positions[None], axis=-1)


@pytest.mark.parametrize(("species", "count"), [("MA", 3), ("FA", 2)])
def test_a_molecule_has_the_rotations_of_its_point_group(species, count):
    """C3v has three proper rotations, C2v two."""
    molecule = MOLECULES[species]
    found = own_rotations(molecule.elements, molecule.positions_A)
    assert len(found) == count
    assert list(found[0]) == list(range(len(molecule.elements)))
    for permutation in found:
        renamed = [molecule.elements[i] for i in permutation]
        assert renamed == list(molecule.elements)
        moved = molecule.positions_A[permutation]
        assert distances(moved) == pytest.approx(distances(molecule.positions_A), abs=0.02)


def test_a_third_of_a_turn_of_ma_about_its_axis_is_no_turn():
    ma = MOLECULES["MA"]
    axis = np.array([1.0, 0, 0])
    turned = Rotation.from_rotvec(2 * np.pi / 3 * axis).apply(ma.positions_A)
    renumbered = nearest_numbering(ma.elements, ma.positions_A, turned)
    assert rotation_between(ma.positions_A, turned).magnitude() > 2
    assert rotation_between(ma.positions_A, renumbered).magnitude() < 0.01
    assert renumbered == pytest.approx(ma.positions_A, abs=0.02)


def test_half_a_turn_of_fa_about_its_axis_is_no_turn():
    fa = MOLECULES["FA"]
    turned = Rotation.from_rotvec([0, np.pi, 0]).apply(fa.positions_A)
    renumbered = nearest_numbering(fa.elements, fa.positions_A, turned)
    assert rotation_between(fa.positions_A, renumbered).magnitude() < 0.01


@given(vectors, vectors)
@settings(deadline=None, max_examples=50)
def test_interpolation_keeps_every_distance_and_goes_straight(turn, shift):
    fa = MOLECULES["FA"]
    end = Rotation.from_rotvec(turn).apply(fa.positions_A) + shift
    fractions = np.linspace(0, 1, 6)
    images = interpolate(fa.positions_A, end, fa.masses, fractions)
    assert images[0] == pytest.approx(fa.positions_A, abs=1e-9)
    assert images[-1] == pytest.approx(end, abs=1e-9)
    for image, fraction in zip(images, fractions, strict=True):
        assert distances(image) == pytest.approx(distances(fa.positions_A), abs=1e-9)
        centre = fa.masses @ image / fa.masses.sum()
        assert centre == pytest.approx(fraction * shift, abs=1e-9)


def test_turns_are_even_steps():
    ma = MOLECULES["MA"]
    end = Rotation.from_rotvec([0.0, 1.2, 0.0]).apply(ma.positions_A)
    images = interpolate(ma.positions_A, end, ma.masses, np.array([0.25, 0.5, 0.75]))
    angles = [rotation_between(ma.positions_A, image).magnitude() for image in images]
    assert angles == pytest.approx([0.3, 0.6, 0.9], abs=1e-6)


def test_the_rigid_part_of_a_rigid_motion_is_the_motion():
    fa = MOLECULES["FA"]
    positions = fa.positions_A[None]
    motion = np.array([0.1, -0.2, 0.3]) + np.cross([0.01, 0.02, -0.03], positions)
    body = [np.arange(len(fa.elements))]
    assert rigid_part(motion, positions, body) == pytest.approx(motion, abs=1e-12)
    stretch = 0.1 * (positions - positions.mean(axis=1, keepdims=True))
    assert rigid_part(stretch, positions, body) == pytest.approx(np.zeros_like(stretch), abs=1e-12)


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=30)
def test_any_motion_leaves_a_body_rigid_and_other_atoms_free(seed):
    fa = MOLECULES["FA"]
    positions = np.concatenate([fa.positions_A, [[4.0, 0, 0]]])[None].repeat(2, axis=0)
    motion = np.random.default_rng(seed).normal(size=positions.shape) * 0.3
    body = np.arange(8)
    moved = move(positions, motion, [body])
    for image in moved:
        assert distances(image[:8]) == pytest.approx(distances(fa.positions_A), abs=1e-9)
    assert moved[:, 8] == pytest.approx(positions[:, 8] + motion[:, 8])
