"""Distinct hops against counting by hand and by brute force."""

from dataclasses import replace

import numpy as np
import pytest

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import InputError, MissingData, StructureError, UnknownSpecies
from perovdb.migration.hop_pairs import first_shell
from perovdb.migration.hops import distinct_hops, hops
from perovdb.structures.sites import Sites


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


def sites_of(cell):
    return Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))


def brute_force(cell, role):
    """Sizes of the groups of pairs of the first shell that look the same: the sorted distances
    of both ends and of the middle to the sites of each role. Equivalent pairs agree in all."""
    sites = sites_of(cell)
    pairs, _ = first_shell(sites, sites.of(role))
    images = np.array(list(np.ndindex(7, 7, 7))) - 3

    def surroundings(point):
        by_role = []
        for other in "ABX":
            sites = cell.fractional[[r == other for r in cell.roles]]
            vectors = (sites[:, None] + images[None] - point % 1).reshape(-1, 3) @ cell.lattice_A
            by_role.append(np.sort(np.linalg.norm(vectors, axis=1))[:15])
        return np.concatenate(by_role)

    groups = []
    for (i, j, *shift), distance in zip(pairs.steps, pairs.distances_A, strict=True):
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
    sites = replace(sites_of(cell), lattice_A=cell.lattice_A * [[1], [1], [1.01]])
    found = distinct_hops(sites, sites.roles, sites.of("X"), "I")
    assert len(found) == 2
    assert sum(hop.per_cell for hop in found) == 12


@pytest.mark.parametrize("shift", [[0.1, 0.2, 0.3], [0.9, -1.3, 2.2]])
def test_the_origin_does_not_matter(shift):
    sites = sites_of(average_cell("CsPbI3", "gamma"))
    moved = replace(sites, fractional=sites.fractional + shift)
    here, there = (distinct_hops(one, one.roles, one.of("X"), "I") for one in (sites, moved))
    assert [round(h.distance_A, 6) for h in here] == [round(h.distance_A, 6) for h in there]
    assert [h.per_cell for h in here] == [h.per_cell for h in there]


def test_one_pair_that_is_unusually_near_makes_no_shell():
    """Of 27 sites with six neighbours each one leans over by a fifth of the way: the pair that
    it leaves behind is no neighbour any more, the other 160 are, far and near."""
    grid = np.array(list(np.ndindex(3, 3, 3))) / 3
    grid[13, 0] += 0.2 / 3
    sites = Sites(15 * np.eye(3), grid, np.array(["X"] * 27))
    pairs, gap = first_shell(sites, np.arange(27))
    assert gap
    assert len(pairs) == 160
    lengths = 5 * np.array([0.8, 1.0, np.sqrt(1 + 0.2**2)])
    assert np.unique(pairs.distances_A.round(6)) == pytest.approx(lengths, abs=1e-5)


def test_ions_that_are_not_there():
    with pytest.raises(UnknownSpecies, match="no Br in CsPbI3"):
        hops("CsPbI3", "Br")
    with pytest.raises(UnknownSpecies, match="'Q'"):
        hops("CsPbI3", "Q")
    with pytest.raises(MissingData):
        hops("MAPbBr3", "Br", phase="delta")
    with pytest.raises(StructureError, match="different roles"):
        hops("CsPbI3", "I", into="Cs")
    with pytest.raises(InputError, match="no one environment"):
        hops("CsPbI2Br", "I", group="environment")


def test_other_shells_and_other_vacancies_of_an_average_cell():
    """As in the atoms of a model, there counted ion by ion: in the cubic cell a / sqrt(2), a."""
    first, second = hops("CsPbI2Br", "I", reach_A=6.2)[:2]
    assert second.distance_A / first.distance_A == pytest.approx(2**0.5)
    (swap,) = hops("CsPbI2Br", "I", into="Br")
    assert (swap.species, swap.into, swap.multiplicity) == ("I", "Br", 8)
    # There and back are two.
    assert swap.per_cell == 2 * first.per_cell == 24
