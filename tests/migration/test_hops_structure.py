"""Hops of structures with real atoms against brute force, counting and another program."""

import math
from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.migration.hops import hops
from perovdb.structures.builder import build
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.layered.layers import layers
from perovdb.structures.neighbours import Neighbours
from perovdb.structures.octahedra.bonds import find_bonds, sites_of
from perovdb.structures.supercells import supercell
from perovdb.structures.units import units

ALLOY = "CsPb(I0.6667Br0.3333)3"
IMAGES = np.array(list(np.ndindex(5, 5, 5))) - 2


def pairs_by_hand(structure, species, into, reach_A):
    """All (i, j, cell) with the ions wanted, one by one over 125 cells."""
    every = units(structure)
    places = structure.lattice.get_fractional_coords([unit.centre_A for unit in every])
    found = []
    for i, one in enumerate(every):
        for j, two in enumerate(every):
            if (one.ion, two.ion) != (species, into):
                continue
            vectors = (places[j] + IMAGES - places[i]) @ structure.lattice.matrix
            lengths = np.linalg.norm(vectors, axis=1)
            near = np.flatnonzero((lengths > 1e-6) & (lengths < reach_A))
            found += [(i, j, *IMAGES[k].tolist()) for k in near]
    return found


def groups_by_hand(structure, pairs, reach_A=9.0):
    """Sizes of the groups of pairs that look the same: sorted distances to the ions of each
    species from both ends and from the middle. Equivalent pairs agree in all."""
    every = units(structure)
    places = structure.lattice.get_fractional_coords([unit.centre_A for unit in every])
    species = sorted({unit.ion for unit in every})
    cloud = {
        ion: (
            np.array([p for p, unit in zip(places, every, strict=True) if unit.ion == ion])[
                :, None
            ]
            + IMAGES
        ).reshape(-1, 3)
        for ion in species
    }

    def looks(point):
        parts = []
        for ion in species:
            vectors = (cloud[ion] - point % 1) @ structure.lattice.matrix
            lengths = np.sort(np.linalg.norm(vectors, axis=1))
            parts.append(np.append(lengths[lengths < reach_A].round(4), 99))
        return tuple(np.concatenate(parts).tolist())

    at = [looks(place) for place in places]
    groups = {}
    for i, j, *cell in pairs:
        ends = tuple(sorted((at[i], at[j])))
        middle = looks((places[i] + places[j] + cell) / 2)
        groups.setdefault((ends, middle), []).append((i, j, *cell))
    return sorted(map(len, groups.values()))


def groups_by_trying_everything(structure, pairs, cells):
    """Sizes of the groups under all rotations of the cube and all shifts by half an edge that
    leave a cubic supercell of so many cells as it is, each tried on every ion."""
    every = units(structure)
    places = structure.lattice.get_fractional_coords([unit.centre_A for unit in every])
    points = np.rint(places * 2 * cells).astype(int)
    kinds = {ion: n + 1 for n, ion in enumerate(sorted({unit.ion for unit in every}))}
    grid = np.zeros((2 * cells,) * 3, dtype=int)
    number = np.full_like(grid, -1)
    grid[tuple(points.T % (2 * cells))] = [kinds[unit.ion] for unit in every]
    number[tuple(points.T % (2 * cells))] = np.arange(len(every))
    kind = grid[tuple(points.T % (2 * cells))]
    pairs = np.array(pairs)
    ends = points[pairs[:, 1]] + 2 * cells * pairs[:, 2:]
    vectors = ends - points[pairs[:, 0]]
    index = {
        (i, *v): n for n, (i, v) in enumerate(zip(pairs[:, 0], vectors.tolist(), strict=True))
    }
    leader = np.arange(len(pairs))
    for axes in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            turn = np.eye(3, dtype=int)[list(axes)] * np.array(signs)[:, None]
            for shift in np.ndindex(grid.shape):
                moved = points @ turn.T + shift
                where = tuple(moved.T % (2 * cells))
                if not np.array_equal(grid[where], kind):
                    continue
                image = number[where]
                for n, (i, j) in enumerate(pairs[:, :2]):
                    vector = turn @ vectors[n]
                    leader[n] = min(leader[n], index[(image[i], *vector)])
                    back = index.get((image[j], *(-vector)))
                    leader[n] = leader[n] if back is None else min(leader[n], back)
    return sorted(np.unique(leader, return_counts=True)[1].tolist())


@pytest.mark.parametrize(
    ("formula", "phase", "size", "species", "into", "reach_A"),
    [
        ("CsPbI3", "gamma", (1, 1, 1), "I", None, 4.7),
        ("CsPbI3", "gamma", (1, 1, 1), "Cs", None, 7.0),
        ("CsPbI3", "delta", (1, 1, 1), "Pb", None, 5.5),
        ("CsPbI3", "alpha", (2, 2, 2), "Pb", None, 6.5),
        ("CsPbI2Br", "alpha", (2, 2, 2), "I", None, 4.6),
        (ALLOY, "alpha", (3, 3, 3), "I", None, 4.6),
        (ALLOY, "alpha", (3, 3, 3), "I", "Br", 4.6),
        ("FA0.5MA0.5PbI3", "alpha", (2, 2, 2), "FA", "MA", 7.0),
    ],
)
def test_pairs_and_groups_are_those_found_by_hand(formula, phase, size, species, into, reach_A):
    structure = build(formula, phase, size, seed=3)
    found = hops(structure, species, into=into, reach_A=reach_A, group="symmetry")
    by_hand = pairs_by_hand(structure, species, into or species, reach_A)
    assert sorted(step for hop in found for step in hop.steps) == sorted(by_hand)
    if phase == "alpha":
        groups = groups_by_trying_everything(structure, by_hand, size[0])
    else:
        groups = groups_by_hand(structure, by_hand)
    assert sorted(len(hop.steps) for hop in found) == groups
    both_ways = 1 if into else 2
    assert all(hop.per_cell * both_ways == len(hop.steps) for hop in found)
    for hop in found:
        # All that leaves the start site, counted anew.
        leaving = [step for step in hop.steps if step[0] == hop.start_site]
        assert hop.multiplicity == len(leaving)
        assert (hop.start, hop.end) == hop.equivalents[0]


@pytest.mark.parametrize("size", [(1, 1, 1), (2, 2, 2), (3, 2, 1)])
@pytest.mark.parametrize(("species", "multiplicity"), [("I", 8), ("Cs", 6), ("Pb", 6)])
def test_the_cubic_phase_has_one_hop_in_any_cell(size, species, multiplicity):
    (hop,) = hops(build("CsPbI3", "alpha", size), species)
    length = 6.2894 / math.sqrt(2) if species == "I" else 6.2894
    assert hop.distance_A == pytest.approx(length, abs=1e-6)
    per_cell = {"I": 12, "Cs": 3, "Pb": 3}[species]
    assert (hop.multiplicity, hop.per_cell) == (multiplicity, per_cell * math.prod(size))


@pytest.mark.parametrize("phase", ["beta", "gamma", "delta"])
@pytest.mark.parametrize("species", ["I", "Cs", "Pb"])
def test_a_structure_has_the_hops_of_its_average_cell(phase, species):
    found = hops(build("CsPbI3", phase), species)
    expected = hops("CsPbI3", species, phase=phase)
    assert [(round(h.distance_A, 5), h.multiplicity, h.per_cell) for h in found] == [
        (round(h.distance_A, 5), h.multiplicity, h.per_cell) for h in expected
    ]


def test_a_skewed_supercell_changes_nothing_but_the_number():
    cell = build("CsPbI3", "gamma")
    larger = supercell(cell, [[1, 1, 0], [-1, 1, 0], [0, 0, 1]])
    one, two = (hops(structure, "I") for structure in (cell, larger))
    assert [round(hop.distance_A, 5) for hop in one] == [round(hop.distance_A, 5) for hop in two]
    assert [hop.multiplicity for hop in one] == [hop.multiplicity for hop in two]
    assert [2 * hop.per_cell for hop in one] == [hop.per_cell for hop in two]


def edges_by_bonds(structure, species, into):
    """Number of edges of octahedra between two ions, from the corners of each octahedron."""
    sites, ions, _ = sites_of(structure)
    bonds = find_bonds(sites)
    count = 0
    for b in sites.of("B"):
        rows = bonds.of(b)
        for n, one in enumerate(rows):
            for two in rows[:n]:
                straight = np.dot(bonds.vector_A[one], bonds.vector_A[two]) < -4
                pair = {ions[bonds.x_site[one]], ions[bonds.x_site[two]]}
                count += pair == {species, into} and not straight
    return count


@pytest.mark.parametrize("seed", [0, 1])
def test_mixed_halide_hops_are_the_edges_between_unlike_ions(seed):
    structure = build("CsPb(I0.5Br0.5)3", "alpha", (2, 2, 2), seed=seed)
    numbers = {}
    for species, into in (("I", "I"), ("I", "Br"), ("Br", "I"), ("Br", "Br")):
        found = hops(structure, species, into=into)
        assert {(hop.species, hop.into, hop.direction) for hop in found} == {
            (species, into, "edge")
        }
        numbers[species, into] = sum(hop.per_cell for hop in found)
        assert numbers[species, into] == edges_by_bonds(structure, species, into)
    # The way back is the same way.
    assert numbers["I", "Br"] == numbers["Br", "I"]
    assert numbers["I", "I"] + numbers["I", "Br"] + numbers["Br", "Br"] == 12 * 8
    # About half, as 12 of 23 neighbours of an ion are of the other kind.
    assert 0.35 < numbers["I", "Br"] / 96 < 0.7


def test_classes_by_environment_share_their_surroundings():
    structure = build(ALLOY, "alpha", (3, 3, 3), seed=1)
    exact = hops(structure, "I", group="symmetry")
    classes = hops(structure, "I")
    assert len(classes) < len(exact)
    assert len({(hop.direction, hop.environment) for hop in classes}) == len(classes)
    assert sum(hop.per_cell for hop in classes) == sum(hop.per_cell for hop in exact)
    described = {step: hop.environment for hop in exact for step in hop.steps}
    for hop in classes:
        assert {described[step] for step in hop.steps} == {hop.environment}
    # Both ends have 8 X neighbours, 2 of them in common, and are among them themselves; the path
    # runs past one Pb and two Cs.
    for hop in classes:
        inner, outer = hop.environment.split(" | ")
        assert "Cs2" in inner
        assert inner.endswith("Pb")
        assert outer.endswith("Pb2")


def test_hops_along_and_across_the_axis_of_a_tetragonal_alloy_stay_apart():
    structure = build(ALLOY, "beta", (1, 1, 3), seed=1)
    lengths = {round(h.distance_A, 3) for h in hops(structure, "I", group="symmetry")}
    by_length = {}
    for hop in hops(structure, "I", group="environment"):
        start = np.array([place for place, _ in hop.equivalents])
        end = np.array([place for _, place in hop.equivalents])
        vectors = (end - start) @ structure.lattice.matrix
        assert np.ptp(np.linalg.norm(vectors, axis=1)) < 1e-4
        by_length[round(hop.distance_A, 3)] = hop
    assert by_length.keys() == lengths


def test_a_relaxed_alloy_keeps_to_the_edges_of_its_octahedra():
    structure = build("CsPb(I0.5Br0.5)3", "alpha", (2, 2, 2), seed=0)
    ideal = hops(structure, "I", group="symmetry")
    structure.perturb(0.5, seed=5)
    found = hops(structure, "I", group="symmetry")
    assert {hop.direction for hop in found} == {"edge"}
    assert sum(hop.per_cell for hop in found) == sum(hop.per_cell for hop in ideal)
    assert len(hops(structure, "I", group="environment")) <= len(found)


def test_across_is_what_shares_no_b():
    structure = build("CsPbI3", "gamma")
    found = hops(structure, "I", reach_A=6.7)
    edges = [hop for hop in found if hop.direction == "edge"]
    assert sum(hop.per_cell for hop in edges) == 12 * 4
    assert {hop.direction for hop in found} == {"edge", "across"}
    # Opposite corners of an octahedron share a B too, but no edge.
    longest = max(hop.distance_A for hop in edges)
    assert longest < min(h.distance_A for h in found if h.direction == "across")


def test_vacancies_that_are_there_already_are_left_out():
    host = build("CsPbI3", "alpha", (2, 2, 2))
    found = hops(defects(host, ["V_I"]), "I", group="symmetry")
    # Of the 96 edges, the 8 of the missing I are gone.
    assert sum(hop.per_cell for hop in found) == 88


def test_layers_of_chlorine_are_planes():
    structure = layers("Cs2PbI2Cl2")
    (hop,) = hops(structure, "Cl")
    # Four neighbours in the plane, at a / sqrt(2).
    assert hop.multiplicity == 4
    assert hop.distance_A == pytest.approx(structure.lattice.a / math.sqrt(2), abs=1e-6)
    assert hop.direction == "edge"
    (swap,) = hops(structure, "I", into="Cl")
    assert (swap.multiplicity, swap.direction) == (4, "edge")
    with pytest.raises(StructureError, match="beside it"):
        hops(structure, "I")
    assert hops(structure, "I", reach_A=6.0)


def test_a_slab_has_no_neighbours_across_its_vacuum():
    bulk = build("CsPbI3", "alpha", (2, 2, 2))
    open_cell = Structure(
        Lattice(bulk.lattice.matrix, pbc=(True, True, False)),
        bulk.species,
        bulk.frac_coords,
        site_properties=bulk.site_properties,
    )
    open_cell.properties = bulk.properties
    found = hops(open_cell, "Cs")
    assert {step[4] for hop in found for step in hop.steps} == {0}
    # 8 bonds along a, 8 along b, and 4 of 8 along c.
    assert sum(hop.per_cell for hop in found) == 20


@settings(max_examples=25, deadline=None)
@given(
    cell=st.lists(st.floats(-0.4, 0.4), min_size=9, max_size=9),
    n=st.integers(1, 6),
    seed=st.integers(0, 10**6),
    reach=st.floats(0.3, 2.2),
    periodic=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_neighbours_are_those_of_all_images(cell, n, seed, reach, periodic):
    lattice = np.eye(3) + np.array(cell).reshape(3, 3)
    if np.linalg.det(lattice) < 0.3:
        return
    places = np.random.default_rng(seed).uniform(-1, 2, (n, 3))
    start, end, shift, distance = Neighbours(lattice, places, reach, periodic).pairs()
    cells = (np.array(list(np.ndindex(23, 23, 23))) - 11) * np.array(periodic, dtype=int)
    cells = np.unique(cells, axis=0)
    vectors = places[None, :, None] + cells - places[:, None, None]
    lengths = np.linalg.norm(vectors @ lattice, axis=3)
    i, j, c = np.nonzero((lengths <= reach) & (lengths > 0))
    expected = set(zip(i.tolist(), j.tolist(), map(tuple, cells[c].tolist()), strict=True))
    found = set(zip(start.tolist(), end.tolist(), map(tuple, shift.tolist()), strict=True))
    assert found == expected
    place = places[end] + shift - places[start]
    assert distance == pytest.approx(np.linalg.norm(place @ lattice, axis=1))


@pytest.mark.parametrize(
    ("phase", "size", "species"),
    [
        ("alpha", (2, 2, 2), "I"),
        ("alpha", (2, 2, 2), "Cs"),
        ("gamma", (1, 1, 1), "I"),
        ("gamma", (1, 1, 1), "Pb"),
        ("delta", (1, 1, 1), "I"),
    ],
)
def test_pymatgen_analysis_diffusion_finds_as_many(phase, size, species):
    pathfinder = pytest.importorskip("pymatgen.analysis.diffusion.neb.pathfinder")
    structure = build("CsPbI3", phase, size)
    found = hops(structure, species)
    plain = Structure(structure.lattice, structure.species, structure.frac_coords)
    longest = max(hop.distance_A for hop in found)
    paths = pathfinder.DistinctPathFinder(
        plain, species, max_path_length=longest, symprec=1e-3
    ).get_paths()
    lengths = sorted(path.length for path in paths)
    assert lengths == pytest.approx([hop.distance_A for hop in found], abs=1e-4)


def test_questions_that_have_no_answer():
    structure = build("CsPbI3", "alpha", (2, 2, 2))
    with pytest.raises(UnknownSpecies, match="no Br in the structure"):
        hops(structure, "I", into="Br")
    with pytest.raises(UnknownSpecies, match="'Q'"):
        hops(structure, "Q")
    with pytest.raises(StructureError, match="different roles"):
        hops(structure, "I", into="Cs")
    with pytest.raises(StructureError, match="beside it"):
        hops(structure, "I", reach_A=2.0)
    with pytest.raises(InputError, match="way to group"):
        hops(structure, "I", group="colour")
    for reach in (-1.0, float("nan")):
        with pytest.raises(InputError, match="A long"):
            hops(structure, "I", reach_A=reach)
    bare = Structure(structure.lattice, structure.species, structure.frac_coords)
    # A structure of other hands is recognised.
    assert [hop.steps for hop in hops(bare, "I")] == [hop.steps for hop in hops(structure, "I")]
    with pytest.raises(InputError, match="'phase' is for the model"):
        hops(structure, "I", phase="alpha")
    with pytest.raises(InputError, match="'temperature_K' is for the model"):
        hops(structure, "I", temperature_K=350.0)


def test_one_alone_has_no_neighbour():
    particle = build("CsPbI3", "alpha")
    alone = Structure(
        Lattice(particle.lattice.matrix, pbc=(False, False, False)),
        particle.species,
        particle.frac_coords,
        site_properties=particle.site_properties,
    )
    alone.properties = particle.properties
    with pytest.raises(StructureError, match="one site only"):
        hops(alone, "Cs")


def test_the_average_cell_tells_the_same_sites():
    cell = average_cell("CsPbI3", "gamma")
    for hop in hops("CsPbI3", "I", phase="gamma"):
        for (i, j, *shift), (start, end) in zip(hop.steps, hop.equivalents, strict=True):
            assert cell.fractional[i] == pytest.approx(start, abs=1e-8)
            assert cell.fractional[j] + shift == pytest.approx(end, abs=1e-8)
        assert replace(hop, direction="") == hop
