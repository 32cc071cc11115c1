"""Nanocrystals: counts of a block of octahedra, neutral by count, dopants where they should be."""

import json
from collections import Counter
from itertools import product

import numpy as np
import pytest
from pymatgen.analysis.wulff import WulffShape
from pymatgen.core import Lattice
from scipy.optimize import brentq
from scipy.spatial import HalfspaceIntersection

from perovdb.calculators.diffraction.debye import debye
from perovdb.calculators.diffraction.profile import fwhm_in_q, scherrer_fwhm_deg
from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.structures.builder import build
from perovdb.structures.crystals import Crystal
from perovdb.structures.particles.boxes import Box
from perovdb.structures.particles.dopants import Placement
from perovdb.structures.particles.nanocrystals import Shape, particle
from perovdb.structures.particles.report import report
from perovdb.structures.particles.wulff import facet_planes, inside
from perovdb.structures.units import closest_contact, units


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


def centres(structure, *wanted):
    return np.array([unit.centre_A for unit in units(structure) if unit.ion in wanted])


@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_a_block_of_octahedra_by_counting(n):
    """(N+1)^3 A, N^3 B, 3 N^2 (N+1) X with AX planes outside; (N-1)^3, N^3, 3 N^2 (N-1) else."""
    ax = particle("CsPbBr3", cells=n, balance="none")
    assert ions(ax) == {"Cs": (n + 1) ** 3, "Pb": n**3, "Br": 3 * n * n * (n + 1)}
    assert ax.properties["charge"] == 3 * n + 1
    bx2 = particle("CsPbBr3", cells=n, balance="none", shape=Shape(termination="BX2"))
    assert ions(bx2) == {"Cs": (n - 1) ** 3, "Pb": n**3, "Br": 3 * n * n * (n - 1)}
    assert bx2.properties["charge"] == 3 * n - 1


@pytest.mark.parametrize("termination", ["AX", "BX2"])
@pytest.mark.parametrize("balance", ["surface A", "surface X", "ligands"])
@pytest.mark.parametrize("shape", ["cube", "sphere", {"100": 1.0, "110": 1.1, "111": 1.2}])
def test_neutral_by_count_whatever_the_shape(termination, balance, shape):
    if balance == "surface X" and termination == "AX":
        # Every octahedron is whole: there is no place for another X.
        with pytest.raises(StructureError, match="0 such sites"):
            particle("CsPbBr3", 2.9, shape=Shape(shape, termination=termination), balance=balance)
        return
    made = particle("CsPbBr3", 2.9, shape=Shape(shape, termination=termination), balance=balance)
    found = ions(made)
    assert found["Cs"] + 2 * found["Pb"] == found["Br"] + found["acetate"]
    assert made.properties["charge"] == 0 == report(made).charge
    assert closest_contact(made) > 2.0


def test_surface_a_goes_from_the_corners_first_and_evenly():
    full = centres(particle("CsPbBr3", cells=4, balance="none"), "Cs")
    kept = centres(particle("CsPbBr3", cells=4), "Cs")
    middle = (full.max(axis=0) + full.min(axis=0)) / 2
    gone = [p for p in full if np.linalg.norm(kept - p, axis=1).min() > 0.1] - middle
    outer = np.abs(gone) > np.abs(gone).max() - 0.1
    assert Counter(outer.sum(axis=1)) == {3: 8, 2: 5}
    edges = np.sign(np.where(outer, gone, 0))[outer.sum(axis=1) == 2]
    # No two of the five on one edge.
    assert len(np.unique(edges, axis=0)) == 5


def test_all_that_is_removed_keeps_the_cube_symmetric_where_it_can():
    """Sixteen A of a cube of five: its corners and eight of twelve edges, no dipole."""
    assert report(particle("CsPbBr3", cells=5)).dipole_D == pytest.approx(0, abs=1e-6)


@pytest.fixture(scope="module")
def three_nm():
    return {
        placement: particle("CsCd0.25Pb0.75Br3", edge_nm=3.0, placement=placement)
        for placement in ("uniform", "core", "surface")
    }


@pytest.mark.parametrize("placement", ["uniform", "core", "surface"])
def test_three_nanometres_with_a_quarter_of_cadmium(three_nm, placement):
    made = three_nm[placement]
    found = ions(made)
    assert 4 * found["Cd"] == found["Cd"] + found["Pb"]
    assert found["Cs"] + 2 * (found["Cd"] + found["Pb"]) == found["Br"]
    told = report(made)
    assert told.charge == 0
    assert told.edges_nm == pytest.approx((3.0,) * 3, abs=0.1)
    assert told.formula == "Cs0.5Cd0.25Pb0.75Br2.5"
    assert "Cs108Cd54Pb162Br540" in str(told).replace(" ", "")
    assert "2.93 x" in made.properties["history"][-1]["text"]


def test_cadmium_is_where_it_was_asked_for(three_nm):
    size = {}
    for placement, made in three_nm.items():
        b_sites = centres(made, "Cd", "Pb")
        middle = (b_sites.max(axis=0) + b_sites.min(axis=0)) / 2
        cd, pb = (centres(made, ion) - middle for ion in ("Cd", "Pb"))
        half = np.abs(b_sites - middle).max()
        size[placement] = (
            np.mean(np.abs(cd).max(axis=1) > half - 0.1),
            np.linalg.norm(cd, axis=1).max() - np.linalg.norm(pb, axis=1).min(),
        )
    assert size["surface"][0] == 1
    assert size["core"][0] == 0
    # No Pb is nearer to the centre than the furthest Cd, but for ties.
    assert size["core"][1] < 1e-3
    # 152 of 216 B are in the outermost layer.
    assert size["uniform"][0] == pytest.approx(152 / 216, abs=1 / 54)


def test_even_means_far_apart(three_nm):
    nearest = {}
    for placement, made in three_nm.items():
        cd = centres(made, "Cd")
        away = np.linalg.norm(cd[:, None] - cd, axis=2) + 99 * np.eye(len(cd))
        nearest[placement] = (away < 6.0).sum() / 2
    drawn = particle(
        "CsCd0.25Pb0.75Br3", cells=6, placement="random", shape=Shape(termination="BX2")
    )
    cd = centres(drawn, "Cd")
    by_chance = ((np.linalg.norm(cd[:, None] - cd, axis=2) < 6.0).sum() - len(cd)) / 2
    assert nearest["uniform"] < by_chance / 3 < nearest["core"]


def laue_constant():
    """FWHM of sin^2(x) / x^2 over pi: what Scherrer's K is for a cube along its edge."""
    return 2 * brentq(lambda x: (np.sin(x) / x) ** 2 - 0.5, 1, 2) / np.pi


def peak(q, intensity, near):
    """Position and full width at half maximum of the peak nearest to a place."""
    window = np.abs(q - near) < 0.15
    top = np.flatnonzero(window)[np.argmax(intensity[window])]
    half = intensity[top] / 2
    low, high = top, top
    while intensity[low] > half:
        low -= 1
    while intensity[high] > half:
        high += 1
    left = np.interp(half, intensity[low : low + 2], q[low : low + 2])
    right = np.interp(half, intensity[[high, high - 1]], q[[high, high - 1]])
    return q[top], right - left


@pytest.mark.parametrize("placement", ["uniform", "core", "surface"])
def test_its_pattern_is_that_of_the_perovskite_broadened_by_scherrer(three_nm, placement):
    """Every column along [100] of a cube is as long as its edge: K = 0.886 for FWHM.

    A. R. Stokes and A. J. C. Wilson, Proc. Camb. Phil. Soc. 38, 313 (1942), doi
    10.1017/S0305004100021988: width is the volume mean over columns normal to the planes.
    """
    made = three_nm[placement]
    q = np.linspace(0.7, 3.0, 1500)
    intensity = debye(made, q).intensity_e2
    a = 10 * report(made).edges_nm[0] / 5  # five cells between six planes of B
    for hkl in ((1, 0, 0), (1, 1, 0), (2, 0, 0)):
        wanted = 2 * np.pi / a * np.linalg.norm(hkl)
        assert peak(q, intensity, wanted)[0] == pytest.approx(wanted, rel=0.02)
    place, width = peak(q, intensity, 4 * np.pi / a)
    lam = 1.5  # any: the width in q does not depend on it
    two_theta = np.degrees(2 * np.arcsin(place * lam / (4 * np.pi)))
    for edge_nm in (report(made).edges_nm[0], report(made).edges_nm[0] + a / 20):
        # Of the outermost planes, or with the half spacing that each end plane stands for.
        scherrer = scherrer_fwhm_deg(two_theta, lam, edge_nm, laue_constant())
        assert width == pytest.approx(float(fwhm_in_q(scherrer, two_theta, lam)), rel=0.15)


def test_a_size_that_cannot_hold_the_fraction_is_refused_with_ones_that_can():
    with pytest.raises(StructureError) as caught:
        particle("CsCd0.25Pb0.75Br3", edge_nm=3.0, shape=Shape(termination="AX"))
    text = str(caught.value)
    assert "31.25 Cd" in text
    assert "125 B" in text
    assert "6x6x6 octahedra, BX2-terminated (2.93 x 2.93 x 2.93 nm)" in text
    made = particle(
        "CsCd0.25Pb0.75Br3",
        edge_nm=3.0,
        shape=Shape(termination="AX"),
        placement=Placement(nearest=True),
    )
    assert ions(made)["Cd"] == 31


def test_wulff_polyhedra_against_pymatgen():
    energies = {"100": 1.0, "110": 1.05, "111": 1.02}
    shape = WulffShape(Lattice.cubic(1), [(1, 0, 0), (1, 1, 0), (1, 1, 1)], [1.0, 1.05, 1.02])
    points = np.array(shape.wulff_pt_list)
    wanted = points / np.ptp(points[:, 0])
    normals, distances = facet_planes(energies)
    found = HalfspaceIntersection(
        np.column_stack([normals, -distances]), np.zeros(3)
    ).intersections
    away = np.linalg.norm(found[:, None] - wanted, axis=2)
    assert away.min(axis=1).max() < 1e-6
    assert away.min(axis=0).max() < 1e-6


def test_wulff_shapes_that_are_known():
    grid = np.array(list(product(range(-6, 7), repeat=3)), dtype=float)
    width = np.full(3, 8.0)
    cube = inside({"100": 1.0}, grid, width, 1e-6)
    assert cube.sum() == 9**3
    assert (cube == inside("cube", grid, width, 1e-6)).all()
    octahedron = inside({"111": 1.0}, grid, width, 1e-6)
    assert (octahedron == (np.abs(grid).sum(axis=1) <= 4)).all()
    assert len(facet_planes({"100": 1, "110": 1, "111": 1})[0]) == 6 + 12 + 8
    assert (inside("sphere", grid, width, 1e-6) == (np.linalg.norm(grid, axis=1) <= 4)).all()


def test_platelets_and_centres():
    plate = particle("CsPbBr3", cells=(6, 5, 2), balance="none")
    assert ions(plate)["Pb"] == 60
    assert ions(plate)["Cs"] == 7 * 6 * 3
    ball = {
        centre: particle("CsPbBr3", cells=4, shape=Shape("sphere", centre=centre), balance="none")
        for centre in ("A", "B")
    }
    for centre, made in ball.items():
        middle = np.array(made.lattice.abc) / 2
        kinds = ["Cs"] if centre == "A" else ["Pb"]
        assert np.linalg.norm(centres(made, *kinds) - middle, axis=1).min() < 0.01
    with pytest.raises(StructureError, match="no B in its middle"):
        particle("CsPbBr3", cells=4, shape=Shape(centre="B"))


@pytest.mark.parametrize(
    ("formula", "phase", "size"),
    [
        ("CsPbBr3", "gamma", (1, 1, 1)),
        ("MA0.5FA0.5PbI3", "alpha", (2, 2, 2)),
        ("CsPbI3", "beta", (1, 1, 1)),
    ],
)
def test_a_particle_of_a_tilted_or_hybrid_crystal(formula, phase, size):
    crystal = build(formula, phase, size)
    full = particle(crystal, cells=3, balance="none")
    counts = Counter(unit.role for unit in units(full))
    assert counts == {"A": 64, "B": 27, "X": 108}
    made = particle(crystal, cells=3)
    roles = Counter(unit.role for unit in units(made))
    assert roles["A"] + 2 * roles["B"] == roles["X"]
    assert closest_contact(made) == pytest.approx(closest_contact(crystal), abs=0.7)
    sizes = {unit.ion: len(unit.atoms) for unit in units(crystal)}
    assert all(len(unit.atoms) == sizes[unit.ion] for unit in units(made))
    b_sites = np.sort(np.linalg.norm(centres(made, "Pb")[:, None] - centres(made, "Pb"), axis=2))
    bond = b_sites[:, 1]
    assert bond.min() == pytest.approx(bond.max(), rel=0.03)


def test_a_carved_particle_keeps_distances_of_its_crystal():
    crystal = build("CsPbBr3", "gamma")
    made = particle(crystal, cells=4)
    pb, br = centres(made, "Pb"), centres(made, "Br")
    bonds = np.sort(np.linalg.norm(pb[:, None] - br, axis=2), axis=1)[:, :6]
    site = next(s for s in crystal if s.specie.symbol == "Pb")
    wanted = sorted(n.nn_distance for n in crystal.get_neighbors(site, 3.5))
    assert bonds == pytest.approx(np.tile(wanted, (len(pb), 1)), abs=1e-6)


@pytest.mark.parametrize(
    "arguments",
    [
        {"x": "CsCd0.25Pb0.75Br3", "edge_nm": 3.0, "placement": "core"},
        {"x": "Cs0.5FA0.5PbI3", "cells": 3, "placement": Placement(nearest=True), "seed": 5},
        {"x": "CsPbBr3", "cells": [4, 3, 2], "balance": "ligands", "box": Box(periodic=True)},
        {
            "x": "CsPbBr3",
            "edge_nm": 2.5,
            "shape": {"100": 1.0, "110": 1.1},
            "crystal": Crystal("alpha", lattice=5.9),
        },
        {"x": "CsPbBr3", "cells": 3, "shape": Shape("sphere", "AX", "A")},
    ],
)
def test_the_history_makes_it_again(arguments, same):
    made = particle(**arguments)
    step = json.loads(json.dumps(made.properties["history"][-1]))
    again = particle(**step["arguments"])
    assert same(again, made)
    assert again.properties == made.properties
    assert made.lattice.pbc == ("box" in arguments,) * 3


def test_the_history_of_a_carved_one(same):
    crystal = build("MA0.5FA0.5PbI3", size=(2, 2, 2))
    made = particle(crystal, edge_nm=2.0, shape="sphere", balance="none")
    step = made.properties["history"][-1]
    assert [s["step"] for s in made.properties["history"]][-2:] == ["build", "particle"]
    assert same(particle(crystal, **step["arguments"]), made)


def test_mixed_a_and_x_in_whole_numbers():
    made = particle("Cs0.5FA0.5Pb(I0.5Br0.5)3", cells=4, placement=Placement(nearest=True))
    found = ions(made)
    assert abs(found["Cs"] - found["FA"]) <= 1
    assert found["I"] == found["Br"] == 120
    assert found["Cs"] + found["FA"] + 2 * 64 == 240


def test_a_lattice_that_cannot_be_mixed_is_said():
    made = particle("CsPb(Br0.75F0.25)3", cells=4)
    assert any("on the lattice of CsPbBr3" in n for n in made.properties["history"][-1]["notes"])
    other = particle("CsCd0.25Pb0.75Br3", cells=4, crystal=Crystal("alpha", lattice=5.85))
    assert report(other).edges_nm == pytest.approx((4 * 0.585,) * 3)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, InputError),
        ({"cells": 3, "edge_nm": 2}, InputError),
        ({"cells": 0}, InputError),
        ({"cells": 2.5}, InputError),
        ({"cells": (2, 2)}, InputError),
        ({"edge_nm": float("nan")}, InputError),
        ({"edge_nm": 500}, InputError),
        ({"edge_nm": "three"}, InputError),
        ({"cells": 3, "shape": "banana"}, InputError),
        ({"cells": 3, "shape": {"12": 1.0}}, InputError),
        ({"cells": 3, "shape": {"100": -1.0}}, InputError),
        ({"cells": 3, "shape": {}}, InputError),
        ({"cells": (3, 3, 4), "shape": "sphere"}, InputError),
        ({"cells": 3, "shape": Shape(termination="X")}, InputError),
        ({"cells": 3, "balance": "wish"}, InputError),
        ({"cells": 3, "placement": "shell"}, InputError),
        ({"cells": 3, "shape": {"centre": "C"}}, InputError),
        ({"cells": 3, "box": {"padding_A": 0}}, InputError),
        ({"cells": 4, "placement": Placement(within={"normal": [0, 0, 0]})}, InputError),
        ({"cells": 2, "shape": Shape(termination="BX2"), "placement": "uniform"}, StructureError),
    ],
)
def test_what_cannot_be_built(arguments, error):
    with pytest.raises(PerovdbError) as caught:
        particle("CsCd0.5Pb0.5Br3", **{"placement": Placement(nearest=True), **arguments})
    assert isinstance(caught.value, error)


def test_a_particle_is_no_crystal_to_cut_another_from():
    with pytest.raises(StructureError, match="cut from a crystal"):
        particle(particle("CsPbBr3", cells=2), cells=2)


def test_no_particle_is_cut_from_chains_of_octahedra():
    with pytest.raises(StructureError, match="network of octahedra"):
        particle(build("CsPbI3", "delta"), cells=2)
