"""Pictures: what is seen along an axis is where geometry puts it."""

import numpy as np
import pytest

from perovdb.errors import InputError
from perovdb.structures.builder import build
from perovdb.structures.files.picture import project, view
from perovdb_cli.structure_pictures import draw_structure


@pytest.fixture(scope="module")
def hybrid():
    return build("MA0.5FA0.5PbI3", size=(2, 2, 1), seed=1)


@pytest.mark.parametrize("along", range(3))
def test_the_view_is_a_rotation_that_looks_along_the_axis(along):
    matrix = np.array([[6, 0.3, 0.1], [0.2, 7, 0.4], [-0.5, 0.6, 8]])
    frame = view(matrix, along)
    assert frame.T @ frame == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1)
    assert (matrix[along] @ frame)[:2] == pytest.approx([0, 0], abs=1e-12)
    assert (matrix[(along + 1) % 3] @ frame)[0] > 0


@pytest.mark.parametrize("axis", ["a", "b", "c"])
def test_a_cubic_crystal_shows_squares(axis):
    """Along a cube's edge an octahedron is a square with the halides at its corners."""
    crystal = build("CsPbI3", "alpha")
    edge = crystal.lattice.a
    seen = project(crystal, axis)
    assert np.ptp(seen.edges_A.reshape(-1, 2), axis=0) == pytest.approx([edge, edge])
    assert seen.edges_A.shape == (12, 2, 2)
    for polygon in seen.polygons:
        assert len(polygon.corners_A) == 4
        sides = np.linalg.norm(np.roll(polygon.corners_A, 1, 0) - polygon.corners_A, axis=1)
        assert sides == pytest.approx([edge / np.sqrt(2)] * 4)
    places = {tuple(row) for row in np.round(np.c_[seen.centres_A, seen.depths_A], 6)}
    assert len(places) == len(seen.elements)


def test_molecules_keep_their_bonds(hybrid):
    """CH3NH3 has 7 bonds, HC(NH2)2 has 7: two of each in the cell."""
    seen = project(hybrid, "b")
    assert len(seen.bonds) == 4 * 7
    places = np.c_[seen.centres_A, seen.depths_A]
    lengths = [np.linalg.norm(places[i] - places[j]) for i, j in seen.bonds]
    assert min(lengths) > 0.9
    assert max(lengths) < 1.6


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_drawn_without_a_display(hybrid, tmp_path, ending, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    path = tmp_path / f"a.{ending}"
    draw_structure(hybrid, str(path))
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)
    with pytest.raises(InputError, match="exists already"):
        draw_structure(hybrid, str(path))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_pictures_that_cannot_be_drawn_are_refused(hybrid, tmp_path):
    with pytest.raises(InputError, match="not an axis"):
        draw_structure(hybrid, str(tmp_path / "a.png"), "d")
    with pytest.raises(InputError, match="End it in"):
        draw_structure(hybrid, str(tmp_path / "a.gif"))
