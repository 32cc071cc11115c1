"""Bottlenecks against plane geometry, and against a scan of the whole plane."""

import math

import numpy as np
import pytest

from perovdb.errors import InputError, StructureError
from perovdb.migration.bottleneck import bottleneck
from perovdb.migration.hops import hops
from perovdb.structures.builder import build

A = 6.2894


def cubic(species, formula="CsPbI3"):
    structure = build(formula, "alpha", (2, 2, 2))
    return bottleneck(structure, hops(structure, species)[0])


def test_the_triangle_of_an_x_hop_has_the_critical_radius():
    """The circle that touches a B at the origin and two A at (a/2, a/2, +-a/2) from outside:
    (r + r_B, 0) is r + r_A from (a / sqrt 2, a / 2)."""
    found = cubic("I")
    r_a, r_b = found.radii["Cs"].radius_A, found.radii["Pb"].radius_A
    critical = (A * (0.75 * A - math.sqrt(2) * r_b) + r_b**2 - r_a**2) / (
        2 * (r_a - r_b) + math.sqrt(2) * A
    )
    assert found.window_radius_A == pytest.approx(critical, abs=1e-5)
    assert found.window_ions == ("Cs", "Cs", "Pb")
    assert found.window_at == 0.5
    # Straight along the edge the I passes the Pb at a / (2 sqrt 2).
    assert found.straight_radius_A == pytest.approx(A / math.sqrt(8) - r_b)
    assert (found.straight_ion, found.straight_at) == ("Pb", pytest.approx(0.5))
    assert found.mover_radius_A == found.radii["I"].radius_A


@pytest.mark.parametrize(("formula", "species"), [("CsPbI3", "Cs"), ("FAPbI3", "FA")])
def test_the_window_of_an_a_hop_is_the_square_of_four_x(formula, species):
    found = cubic(species, formula)
    a = build(formula, "alpha").lattice.a
    assert found.window_radius_A == pytest.approx(a / 2 - found.radii["I"].radius_A, abs=1e-6)
    assert found.window_radius_A == pytest.approx(found.straight_radius_A, abs=1e-6)
    assert found.window_ions == ("I",) * 4


def test_a_b_ion_runs_into_the_x_between():
    found = cubic("Pb")
    assert found.straight_ion == "I"
    assert found.straight_radius_A == pytest.approx(-found.radii["I"].radius_A)
    assert found.window_radius_A > found.straight_radius_A


@pytest.mark.parametrize("species", ["I", "Cs"])
def test_no_larger_sphere_is_in_the_plane(species):
    """In gamma-CsPbI3, by a fine grid over the plane of the window."""
    structure = build("CsPbI3", "gamma", (2, 2, 2))
    hop = hops(structure, species)[1]
    found = bottleneck(structure, hop)
    start, end = (structure.lattice.get_cartesian_coords(p) for p in (hop.start, hop.end))
    axis = (end - start) / np.linalg.norm(end - start)
    frame = np.linalg.svd(axis[None])[2][1:]
    grid = np.stack(np.meshgrid(*[np.linspace(-0.5, 0.5, 61)] * 2), axis=2).reshape(-1, 2)
    grid = grid[np.linalg.norm(grid, axis=1) <= 0.5] * hop.distance_A
    places = start + found.window_at * (end - start) + grid @ frame
    others = [
        site
        for number, site in enumerate(structure)
        if number not in (hop.start_site, hop.end_site)
    ]
    distances = structure.lattice.get_all_distances(
        structure.lattice.get_fractional_coords(places), [site.frac_coords for site in others]
    )
    sizes = np.array([found.radii[site.specie.symbol].radius_A for site in others])
    scanned = (distances - sizes).min(axis=1).max()
    # The grid is coarse, and the sphere fits no worse anywhere in it.
    assert found.window_radius_A - 0.08 < scanned < found.window_radius_A + 1e-6
    centre = np.array(found.window_centre_A)
    assert (centre - start) @ axis == pytest.approx(found.window_at * hop.distance_A)


def test_a_smaller_ion_in_the_corner_opens_the_window():
    structure = build("CsPb(I0.6667Br0.3333)3", "alpha", (3, 3, 3), seed=1)
    by_window = {}
    for hop in hops(structure, "I", reach_A=4.5)[:12]:
        found = bottleneck(structure, hop)
        by_window.setdefault(found.window_ions, []).append(found.window_radius_A)
    # A and B ions line the triangle: the halides around do not matter to it.
    assert set(by_window) == {("Cs", "Cs", "Pb")}
    assert np.ptp(by_window["Cs", "Cs", "Pb"]) < 1e-4


def test_radius_sets():
    structure = build("CsPbI3", "alpha", (2, 2, 2))
    (hop,) = hops(structure, "I")
    assert bottleneck(structure, hop).radii["Pb"].set == "shannon1976"
    with pytest.raises(InputError, match="no radius set"):
        bottleneck(structure, hop, radius_set="guessed")
    with pytest.raises(StructureError, match="no site"):
        bottleneck(build("CsPbI3", "alpha"), hop)
