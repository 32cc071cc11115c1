"""Pictures of structures: what is seen along an axis is where geometry puts it."""

import numpy as np
import pytest
from matplotlib.collections import PatchCollection
from matplotlib.patches import Circle

from perovdb import plots
from perovdb.errors import InputError, StructureError
from perovdb.plots.projection import project, view
from perovdb.structures.builder import build


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


def test_what_a_cube_shows_by_counting():
    """Pb on the corners of the cell is shown eight times, I on the edges of these twelve times,
    and three more about each Pb close its octahedron; without halides there is none."""
    crystal = build("CsPbI3", "alpha")
    seen = project(crystal)
    counted = {element: seen.elements.count(element) for element in ("Cs", "Pb", "I")}
    assert counted == {"Cs": 1, "Pb": 8, "I": 12 + 8 * 3}
    assert [polygon.element for polygon in seen.polygons] == ["Pb"] * 8
    bare = crystal.copy()
    bare.remove_species(["I"])
    seen = project(bare)
    assert (len(seen.polygons), seen.elements.count("Pb")) == (0, 8)


def test_molecules_keep_their_bonds(hybrid):
    """CH3NH3 has 7 bonds, HC(NH2)2 has 7: two of each in the cell."""
    seen = project(hybrid, "b")
    assert len(seen.bonds) == 4 * 7
    places = np.c_[seen.centres_A, seen.depths_A]
    lengths = [np.linalg.norm(places[i] - places[j]) for i, j in seen.bonds]
    assert min(lengths) > 0.9
    assert max(lengths) < 1.6


def test_all_that_is_seen_is_drawn_and_the_legend_names_the_elements(hybrid):
    ax = plots.structure(hybrid, axis="b")
    seen = project(hybrid, "b")
    (patches,) = (each for each in ax.collections if isinstance(each, PatchCollection))
    drawn = len(seen.elements) + len(seen.bonds) + len(seen.polygons)
    assert len(patches.get_paths()) == drawn
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(names) == ["C", "H", "I", "N", "Pb"]


def test_what_stands_behind_fades():
    crystal = build("CsPbI3", "alpha", size=(1, 1, 4))
    seen = project(crystal, "c")
    depths = sorted(depth for depth, name in zip(seen.depths_A, seen.elements, strict=True)
                    if name == "Cs")  # fmt: skip

    def lightness(fade):
        ax = plots.structure(crystal, axis="c", fade=fade)
        (patches,) = (each for each in ax.collections if isinstance(each, PatchCollection))
        # The largest circles are Cs; they are drawn from the back to the front.
        circles = [
            (path.get_extents().width, color[:3].sum())
            for path, color in zip(patches.get_paths(), patches.get_facecolor(), strict=True)
            if len(path.vertices) > 10
        ]
        widest = max(width for width, _ in circles)
        return [light for width, light in circles if width > 0.99 * widest]

    assert len(lightness(0)) == len(depths)
    assert np.ptp(lightness(0)) == pytest.approx(0)
    fading = lightness(0.65)
    assert fading == sorted(fading, reverse=True)
    assert fading[0] - fading[-1] > 0.5


def test_pictures_that_cannot_be_drawn_are_refused(hybrid):
    with pytest.raises(InputError, match="not an axis"):
        plots.structure(hybrid, axis="d")
    with pytest.raises(InputError, match="from 0 to 1"):
        plots.structure(hybrid, fade=1.5)
    bare = hybrid.copy()
    bare.remove_site_property("role")
    with pytest.raises(StructureError, match="read_structure"):
        plots.structure(bare)


def test_a_hop_is_drawn_image_by_image_over_its_start():
    start = build("CsPbI3", "alpha", size=(2, 2, 2))
    iodide = next(i for i, site in enumerate(start) if site.specie.symbol == "I")
    images = [start.copy() for _ in range(4)]
    for number, image in enumerate(images):
        image.translate_sites([iodide], [0.7 * number, 0.5 * number, 0], frac_coords=False,
                              to_unit_cell=False)  # fmt: skip

    class Chain:
        formula, species, method = "CsPbI3", "I", "rigid"
        mover = np.array([iodide])

    Chain.images = images
    ax = plots.hop(Chain, axis="c")
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    centres = np.array([circle.center for circle in circles])
    assert np.diff(centres, axis=0) == pytest.approx(np.array([[0.7, 0.5]] * 2))
    (way,) = ax.lines
    first = project(start, "c").centres_A[iodide]
    assert way.get_xydata()[0] == pytest.approx(first)
    assert way.get_xydata()[-1] == pytest.approx(centres[-1])
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    reach = circles[0].radius - 1e-9
    assert left <= centres[:, 0].min() - reach
    assert right >= centres[:, 0].max() + reach
    assert bottom <= centres[:, 1].min() - reach
    assert top >= centres[:, 1].max() + reach
