"""Bands and paths: images are points at their energies, contacts are distances of atoms."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from pymatgen.core import Lattice, Structure

from perovdb import plots
from perovdb.errors import InputError
from perovdb.plots.bands import closest_A, path_lengths_A
from perovdb.results.barrier import Barriers
from perovdb.results.reading import read_barrier

FIXTURES = Path(__file__).parents[1] / "results" / "fixtures"


@pytest.fixture(scope="module")
def barriers():
    return [read_barrier(FIXTURES / name) for name in ("qe", "cp2k", "qe_stopped")]


def test_images_and_curve_of_a_band(barriers):
    ax = plots.profiles(barriers[0])
    profile = barriers[0].profile
    points = next(line for line in ax.lines if line.get_marker() == "o")
    assert points.get_xdata() == pytest.approx(profile.coordinates_A)
    assert points.get_ydata() == pytest.approx(profile.energies_eV)
    curve = next(line for line in ax.lines if len(line.get_xdata()) > 50)
    assert curve.get_ydata() == pytest.approx(profile.curve(curve.get_xdata()))
    assert ax.get_xlim() == pytest.approx((0, profile.coordinates_A[-1]))
    (label,) = ax.get_legend().get_texts()
    assert label.get_text() == f"qe: {profile.barrier_forward_eV:.3f} eV"


def test_bands_that_are_not_converged_are_open_and_said(barriers):
    ax = plots.profiles(barriers)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert ["not converged" in label for label in labels] == [
        not barrier.converged for barrier in barriers
    ]
    faces = [to_rgba(line.get_markerfacecolor()) for line in ax.lines if line.get_marker() == "o"]
    assert [face == to_rgba("white") for face in faces] == [
        not barrier.converged for barrier in barriers
    ]
    assert plots.profiles(barriers, labels=["a", "b", "c"]).get_legend().get_texts()[2].get_text()
    with pytest.raises(InputError, match="2 labels do not match 3"):
        plots.profiles(barriers, labels=["a", "b"])
    with pytest.raises(InputError, match="nothing to draw"):
        plots.profiles([])


def test_barriers_draw_themselves(barriers):
    _, ax = plt.subplots()
    assert barriers[0].plot(ax) is ax
    every = Barriers(tuple(barriers)).plot()
    assert len(every.get_legend().get_texts()) == 3
    assert "<svg" in barriers[0]._repr_html_()


def row(*places):
    """Ions on a line in a box of 10 A, the first one the mover."""
    properties = {"role": ["X"] * len(places), "molecule": [-1] * len(places)}
    coords = [[x, 0, 0] for x in places]
    return Structure(
        Lattice.cubic(10), ["I"] * len(places), coords, coords_are_cartesian=True,
        site_properties=properties,
    )  # fmt: skip


def test_contacts_count_periodic_images():
    mover = np.array([0])
    assert closest_A(row(0, 3, 5), mover) == pytest.approx((3, 2))
    assert closest_A(row(0, 5, 8.5), mover) == pytest.approx((1.5, 1.5))
    assert np.isnan(closest_A(row(0), mover)).all()
    molecule = row(0, 1, 4)
    molecule.add_site_property("molecule", [0, 0, -1])
    assert closest_A(molecule, np.array([0, 1])) == pytest.approx((3, 3))


def test_a_path_is_drawn_over_its_length():
    class Chain:
        formula, species, method = "I3", "I", "rigid"
        images = (row(0, 4, 8), row(1, 4, 8), row(1, 3, 8))
        mover = np.array([0])

    assert path_lengths_A(Chain.images) == pytest.approx([0, 1, 2])
    ax = plots.contacts(Chain)
    near, of_any, _ = ax.lines
    assert near.get_xdata() == pytest.approx([0, 1, 2])
    assert near.get_ydata() == pytest.approx([2, 3, 2])
    assert of_any.get_ydata() == pytest.approx([2, 3, 2])
    assert ax.get_xlim() == pytest.approx((0, 2))
