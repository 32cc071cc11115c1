"""Molecules as rigid bodies: turns, numbering, and motions that keep them whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from perovdb.migration.rigid import interpolate, move, rigid_part, rotation_between
from perovdb.structures.molecules.geometry import load_molecule

MOLECULES = {name: load_molecule(name) for name in ("MA", "FA")}
vectors = st.tuples(*[st.floats(-3, 3)] * 3).map(np.array)


def distances(positions):
    return np.linalg.norm(positions[:, None] - positions[None], axis=-1)


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


def test_molecules_of_one_size_move_together_as_they_do_one_by_one():
    ma = MOLECULES["MA"]
    positions = np.concatenate([ma.positions_A, ma.positions_A + np.array([5.0, 0, 0])])[None]
    motion = np.random.default_rng(4).normal(size=positions.shape) * 0.2
    apart = [np.arange(8), np.arange(8, 16)]
    together = [np.arange(16).reshape(2, 8)]
    assert rigid_part(motion, positions, together) == pytest.approx(
        rigid_part(motion, positions, apart), abs=1e-12
    )
    assert move(positions, motion, together) == pytest.approx(
        move(positions, motion, apart), abs=1e-12
    )


def test_a_straight_molecule_moves_without_a_turn_about_itself():
    positions = np.array([[0.0, 0, 0], [1.1, 0, 0], [2.3, 0, 0]])[None]
    motion = np.array([[0.0, 0.1, 0], [0, 0, 0], [0, -0.1, 0.3]])[None]
    moved = move(positions, motion, [np.arange(3)])
    assert distances(moved[0]) == pytest.approx(distances(positions[0]), abs=1e-9)
