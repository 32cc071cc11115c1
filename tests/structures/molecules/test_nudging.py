"""Molecules moved apart: no contact is left, nothing else is moved, and molecules stay whole."""

import numpy as np
import pytest
from ase.data import vdw_radii
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.optimize import check_grad
from scipy.spatial.transform import Rotation

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import InputError, StructureError
from perovdb.structures.drawing import draw
from perovdb.structures.molecules.contact_radii import contact_limits, contact_radius
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.molecules.nudging import _Crowd, _left_jacobian, nudge
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat
from perovdb.structures.units import units


def crystal(formula, phase, size, cation, store, rule="random", seed=1, **options):
    cell = average_cell(formula, phase)
    lattice_A, fractional = repeat(cell.lattice_A, cell.fractional, size)
    roles = cell.roles * int(np.prod(size))
    halide = cell.composition.species[-1]
    ions = [{"A": cation, "B": "Pb", "X": halide}[role] for role in roles]
    return draw(Sites(lattice_A, fractional, np.array(roles)), ions, rule, seed, **options)


def shortest(structure):
    """(n, n) shortest distances of atoms of different units, over 125 cells, by brute force."""
    group = np.empty(len(structure), dtype=int)
    for number, unit in enumerate(units(structure)):
        group[unit.atoms] = number
    span = [range(-2, 3) if periodic else (0,) for periodic in structure.lattice.pbc]
    cells = np.array(np.meshgrid(*span)).reshape(3, -1).T
    best = np.full((len(structure),) * 2, np.inf)
    for cell in cells:
        vector = structure.cart_coords + cell @ structure.lattice.matrix
        distance = np.linalg.norm(structure.cart_coords[:, None] - vector[None], axis=2)
        if not cell.any():
            distance[group[:, None] == group[None]] = np.inf
        best = np.minimum(best, distance)
    return best


def molecular(structure):
    return np.array(structure.site_properties["molecule"]) >= 0


CROWDED = [
    ("MAPbI3", "gamma", (1, 1, 1), "FA", "random-free"),
    ("MAPbI3", "gamma", (1, 1, 1), "EA", "random"),
    ("MAPbI3", "gamma", (2, 1, 2), "GUA", "random"),
    ("FAPbI3", "alpha", (2, 2, 2), "EA", "aligned-110"),
    ("MAPbBr3", "alpha", (2, 2, 2), "GUA", "random"),
    ("MAPbCl3", "alpha", (2, 2, 1), "FA", "random"),
    ("MAPbCl3", "alpha", (1, 1, 1), "DMA", "random-free"),
]


@pytest.mark.parametrize("case", CROWDED, ids=lambda case: "-".join(map(str, case)))
def test_no_contact_is_left(case, store):
    formula, phase, size, cation, rule = case
    raw = crystal(formula, phase, size, cation, store, rule, share=None)
    after = crystal(formula, phase, size, cation, store, rule)
    limits = contact_limits([site.specie.symbol for site in raw])
    limits[~(molecular(raw)[:, None] | molecular(raw)[None])] = 0
    assert (shortest(raw) < limits).any()
    assert (shortest(after) >= limits - 1e-9).all()
    # Ions stay where they were, to the last bit, and molecules keep all their distances.
    still = ~molecular(raw)
    assert (after.frac_coords[still] == raw.frac_coords[still]).all()
    for one, two in zip(units(raw), units(after), strict=True):
        before, later = raw.cart_coords[one.atoms], after.cart_coords[two.atoms]
        assert pairs(later) == pytest.approx(pairs(before), abs=1e-9)
        # The same molecule, not its mirror image.
        if len(before) > 3:
            _, off = Rotation.align_vectors(later - later.mean(0), before - before.mean(0))
            assert off < 1e-6
        assert np.abs(two.centre_A - one.centre_A).max() <= 1.0 + 1e-6


def pairs(positions):
    return np.linalg.norm(positions[:, None] - positions[None], axis=2)


@pytest.mark.parametrize("case", CROWDED[:4], ids=lambda case: "-".join(map(str, case)))
def test_another_machine_gives_the_same(case, store):
    """Its arithmetic differs in the last bits, as a cell does that is a little larger."""
    formula, phase, size, cation, rule = case
    raw = crystal(formula, phase, size, cation, store, rule, share=None)
    larger = raw.copy()
    larger.lattice = Lattice(raw.lattice.matrix * (1 + 4e-15))
    assert nudge(raw).cart_coords == pytest.approx(nudge(larger).cart_coords, abs=1e-6)
    assert (nudge(raw).frac_coords == nudge(raw).frac_coords).all()


def test_where_nothing_touches_nothing_moves(store):
    raw = crystal("FAPbI3", "alpha", (2, 2, 2), "FA", store, share=None)
    assert nudge(raw) is raw
    ions = crystal("MAPbI3", "alpha", (2, 2, 2), "Cs", store, share=None)
    assert nudge(ions) is ions


def test_molecules_that_touch_nothing_stay_to_the_last_bit(store):
    """Two molecules collide, a third stands far off."""
    sites = Sites(
        np.eye(3) * 40,
        np.array([[0.2, 0.2, 0.2], [0.25, 0.2, 0.2], [0.7, 0.7, 0.7]]),
        np.array(["A"] * 3),
        (False,) * 3,
    )
    raw = draw(sites, ["MA"] * 3, "aligned", 0, share=None)
    after = nudge(raw)
    third = np.array(raw.site_properties["molecule"]) == 2
    assert (after.frac_coords[third] == raw.frac_coords[third]).all()
    assert shortest(after).min() >= 1.8 > shortest(raw).min()


def test_two_that_lie_on_one_another_symmetrically_are_freed(store):
    """Nothing says which way: the seed does."""
    sites = Sites(np.eye(3) * 30, np.full((2, 3), 0.5), np.array(["A"] * 2), (False,) * 3)
    raw = draw(sites, ["NH4", "NH4"], "aligned", 0, share=None)
    after = nudge(raw, seed=3)
    assert shortest(after).min() >= 1.8 - 1e-9
    assert (nudge(raw, seed=3).frac_coords == after.frac_coords).all()
    assert (nudge(raw, seed=4).frac_coords != after.frac_coords).any()


def test_a_cage_that_is_too_small_is_named(store):
    with pytest.raises(StructureError, match=r"H of GUA \d stays \d\.\d\d A from F"):
        crystal_of_fluoride(store)


def crystal_of_fluoride(store):
    fractional = np.array([[0.5] * 3, [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    sites = Sites(np.eye(3) * 4.6, fractional, np.array(["A", "B", "X", "X", "X"]))
    return draw(sites, ["GUA", "Pb", "F", "F", "F"], "aligned", 0)


@pytest.mark.parametrize("share", [-0.1, 1.2, np.nan])
def test_a_share_that_is_none(share, store):
    with pytest.raises(InputError, match=r"from 0 to 1|finite number"):
        crystal("FAPbI3", "alpha", (1, 1, 1), "FA", store, share=share)


def test_radii_are_those_of_their_kind():
    """Bondi's van der Waals radii, J. Phys. Chem. 68, 441 (1964), and Shannon's ionic ones."""
    assert [contact_radius(e) for e in ("H", "C", "N", "I")] == [1.2, 1.7, 1.55, 1.98]
    assert contact_radius("H") == vdw_radii[1]
    # Six-fold Cs+ and Pb2+: crystal or effective radii, 0.14 A apart.
    assert contact_radius("Cs") == pytest.approx(1.67, abs=0.15)
    assert contact_radius("Pb") == pytest.approx(1.19, abs=0.15)
    assert contact_limits(["H", "Be"]).min() == 1.6


def test_the_gradient_is_the_slope_of_the_overlap(store):
    raw = crystal("MAPbI3", "gamma", (1, 1, 1), "EA", store, share=None)
    crowd = _Crowd.of(raw, 0.85)
    near = crowd.pairs()
    at = np.random.default_rng(0).normal(size=24) * 0.1
    error = check_grad(
        lambda x: crowd._overlap(x.reshape(4, 6), near)[0],
        lambda x: crowd._overlap(x.reshape(4, 6), near)[1],
        at,
    )
    slope = crowd._overlap(at.reshape(4, 6), near)[1]
    assert error < 1e-5 * np.linalg.norm(slope)


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3))
@settings(deadline=None, max_examples=30)
def test_the_jacobian_is_that_of_the_rotation(vector):
    vector, step = np.array(vector), 1e-6
    jacobian = _left_jacobian(vector[None])[0]
    for axis in range(3):
        ahead, behind = (
            Rotation.from_rotvec(vector + s * np.eye(3)[axis] * step) for s in (1, -1)
        )
        turn = (ahead * behind.inv()).as_rotvec() / (2 * step)
        assert jacobian[:, axis] == pytest.approx(turn, abs=1e-8)


def test_a_structure_of_one_molecule(store):
    """Its own images are all that it can touch."""
    ma = load_molecule("MA")
    alone = Structure(
        Lattice.cubic(3.6),
        list(ma.elements),
        ma.positions_A,
        coords_are_cartesian=True,
        site_properties={"role": ["A"] * 8, "ion": ["MA"] * 8, "molecule": [0] * 8},
    )
    assert shortest(alone).min() < 1.8
    after = nudge(alone)
    assert shortest(after).min() >= 1.8 - 1e-9
