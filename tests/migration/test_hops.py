"""Distinct hops against counting by hand and by brute force."""

import numpy as np
import pytest

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import MissingData, UnknownSpecies
from perovdb.migration.hops import distinct_hops, first_shell, hops


@pytest.mark.parametrize(
    ("species", "distance_A", "multiplicity", "per_cell"),
    [
        # Cubic perovskite, a = 6.2894 A: X-X is a / sqrt(2), 8 neighbours, 12 octahedron edges;
        # A-A and B-B are a, 6 neighbours, 3 bonds a cell.
        ("I", 6.2894 / 2**0.5, 8, 12),
        ("Cs", 6.2894, 6, 3),
        ("Pb", 6.2894, 6, 3),
    ],
)
def test_the_cubic_phase_has_one_hop_of_each_ion(species, distance_A, multiplicity, per_cell):
    (hop,) = hops("CsPbI3", species, phase="alpha")
    assert hop.distance_A == pytest.approx(distance_A, abs=1e-6)
    assert (hop.multiplicity, hop.per_cell) == (multiplicity, per_cell)


def test_a_molecule_hops_as_a_point():
    (hop,) = hops("FAPbI3", "FA", phase="alpha")
    assert hop.distance_A == pytest.approx(6.3579, abs=1e-3)
    assert hop.multiplicity == 6


@pytest.mark.parametrize("phase", ["beta", "gamma"])
def test_halide_hops_are_the_edges_of_the_octahedra(phase):
    """Each octahedron has 12 edges; corners are shared, edges are not."""
    cell = average_cell("CsPbI3", phase)
    found = hops("CsPbI3", "I", phase=phase)
    assert sum(hop.per_cell for hop in found) == 12 * cell.roles.count("B")
    # Every iodide lies on two octahedra and has four neighbours on each.
    leaving = np.zeros(len(cell.roles))
    for hop in found:
        for start, _ in hop.equivalents:
            offset = cell.fractional - start
            leaving[np.abs(offset - np.rint(offset)).max(axis=1).argmin()] += 1
    assert set(leaving[[role == "X" for role in cell.roles]]) == {8}


def brute_force(cell, role):
    """Sizes of the groups of pairs of the first shell that look the same: the sorted distances
    of both ends and of the middle to the sites of each role. Equivalent pairs agree in all."""
    movers = np.array([i for i, other in enumerate(cell.roles) if other == role])
    pairs, shifts, distances = first_shell(cell.lattice_A, cell.fractional, movers)
    images = np.array(list(np.ndindex(7, 7, 7))) - 3

    def surroundings(point):
        by_role = []
        for other in "ABX":
            sites = cell.fractional[[r == other for r in cell.roles]]
            vectors = (sites[:, None] + images[None] - point % 1).reshape(-1, 3) @ cell.lattice_A
            by_role.append(np.sort(np.linalg.norm(vectors, axis=1))[:15])
        return np.concatenate(by_role)

    groups = []
    for (i, j), shift, distance in zip(pairs, shifts, distances, strict=True):
        start, end = cell.fractional[i], cell.fractional[j] + shift
        ends = surroundings(start), surroundings(end)
        common = [distance, *surroundings((start + end) / 2)]
        forward, backward = (np.concatenate([*order, common]) for order in (ends, ends[::-1]))
        for group in groups:
            if min(np.abs(group[0] - looks).max() for looks in (forward, backward)) < 1e-5:
                group[1] += 1
                break
        else:
            groups.append([forward, 1])
    return [count for _, count in groups]


@pytest.mark.parametrize(
    ("formula", "phase", "species", "role"),
    [
        ("CsPbI3", "beta", "I", "X"),
        ("CsPbI3", "gamma", "I", "X"),
        ("CsPbI3", "gamma", "Cs", "A"),
        ("CsPbI3", "gamma", "Pb", "B"),
        ("CsPbBr3", "gamma", "Br", "X"),
        ("CsPbI3", "delta", "I", "X"),
    ],
)
def test_distinct_hops_are_those_that_look_different(formula, phase, species, role):
    cell = average_cell(formula, phase)
    found = hops(formula, species, phase=phase)
    assert sorted(2 * hop.per_cell for hop in found) == sorted(brute_force(cell, role))


def test_breaking_the_symmetry_splits_a_hop():
    cell = average_cell("CsPbI3", "alpha")
    kinds = np.array(["ABX".index(role) for role in cell.roles])
    movers = np.array([i for i, role in enumerate(cell.roles) if role == "X"])
    stretched = cell.lattice_A * [[1], [1], [1.01]]
    found = distinct_hops(stretched, cell.fractional, kinds, movers, "I")
    assert len(found) == 2
    assert sum(hop.per_cell for hop in found) == 12


@pytest.mark.parametrize("shift", [[0.1, 0.2, 0.3], [0.9, -1.3, 2.2]])
def test_the_origin_does_not_matter(shift):
    cell = average_cell("CsPbI3", "gamma")
    kinds = np.array(["ABX".index(role) for role in cell.roles])
    movers = np.array([i for i, role in enumerate(cell.roles) if role == "X"])
    here, there = (
        distinct_hops(cell.lattice_A, cell.fractional + offset, kinds, movers, "I")
        for offset in (np.zeros(3), np.array(shift))
    )
    assert [round(h.distance_A, 6) for h in here] == [round(h.distance_A, 6) for h in there]
    assert [h.per_cell for h in here] == [h.per_cell for h in there]


def test_ions_that_are_not_there():
    with pytest.raises(UnknownSpecies, match="no Br in CsPbI3"):
        hops("CsPbI3", "Br")
    with pytest.raises(UnknownSpecies, match="'Q'"):
        hops("CsPbI3", "Q")
    with pytest.raises(MissingData):
        hops("MAPbI3", "I", phase="beta")
