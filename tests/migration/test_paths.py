"""Paths: the same atoms in the same order, even, whole, and at the minimum of their objective."""

import numpy as np
import pytest
from ase import Atoms
from ase.mep.neb import idpp_interpolate

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.migration.endpoints import endpoints
from perovdb.migration.hops import hops_in_cell
from perovdb.migration.idpp import PairPotential
from perovdb.migration.paths import interpolate_path, path
from perovdb.structures.builder import fill
from perovdb.structures.units import closest_contact, units

HOPS = [
    # formula, phase, species, size, atoms, charge
    ("CsPbI3", "alpha", "I", (2, 2, 2), 39, +1),
    ("CsPbI3", "alpha", "Cs", (2, 2, 2), 39, -1),
    ("CsPbI3", "alpha", "Pb", (2, 2, 2), 39, -2),
    ("CsPbI3", "gamma", "I", (1, 1, 1), 19, +1),
    ("FAPbI3", "alpha", "FA", (2, 2, 2), 88, -1),
    ("MAPbI3", "alpha", "MA", (2, 2, 2), 88, -1),
    ("MAPbI3", "alpha", "I", (2, 2, 2), 95, +1),
    ("MA0.5FA0.5PbI3", None, "MA", (2, 2, 2), 88, -1),
    ("MA0.5FA0.5PbI3", None, "FA", (2, 2, 2), 88, -1),
]


@pytest.fixture(scope="module", params=HOPS, ids=lambda hop: "-".join(map(str, hop[:3])))
def case(request):
    formula, phase, species, size, atoms, charge = request.param
    return path(formula, species, phase, size, images=5), atoms, charge


def test_every_image_has_the_same_atoms_in_the_same_order(case):
    found, atoms, charge = case
    assert len(found.images) == 7
    for image in found.images:
        assert len(image) == atoms
        assert image.species == found.images[0].species
        assert image.properties["charge"] == charge
        assert image.site_properties["ion"] == found.images[0].site_properties["ion"]


def test_images_are_evenly_spaced(case):
    found, _, _ = case
    positions = np.array([image.cart_coords for image in found.images])
    steps = np.sqrt((np.diff(positions, axis=0) ** 2).sum(axis=(1, 2)))
    assert steps == pytest.approx(np.full(6, steps.mean()), rel=0.02)


def test_only_the_mover_is_elsewhere_at_the_end(case):
    found, _, _ = case
    start, end = found.images[0].cart_coords, found.images[-1].cart_coords
    shift = np.linalg.norm(end - start, axis=1)
    still = np.delete(shift, found.mover)
    assert still == pytest.approx(np.zeros_like(still), abs=1e-12)
    masses = np.array([float(found.images[0][int(i)].specie.atomic_mass) for i in found.mover])
    centres = [masses @ x[found.mover] / masses.sum() for x in (start, end)]
    assert np.linalg.norm(centres[1] - centres[0]) == pytest.approx(found.hop.distance_A)


def test_no_atom_jumps_across_the_cell(case):
    found, _, _ = case
    for one, two in zip(found.images, found.images[1:], strict=False):
        assert np.linalg.norm(two.cart_coords - one.cart_coords, axis=1).max() < 3


def test_molecules_stay_whole_and_nothing_collides(case):
    found, _, _ = case
    reference = found.images[0]
    molecules = [unit.atoms for unit in units(reference) if len(unit.atoms) > 1]
    for image in found.images:
        assert closest_contact(image) > 1.5
        for atoms in molecules:
            assert inside(image, atoms) == pytest.approx(inside(reference, atoms), rel=0.01)


def inside(structure, atoms):
    positions = structure.cart_coords[atoms]
    pairs = np.triu_indices(len(atoms), 1)
    return np.linalg.norm(positions[:, None] - positions[None], axis=-1)[pairs]


def test_both_ends_are_cut_from_one_host(store):
    """The end is the host without the ion that hopped: the vacancy has moved, nothing else."""
    cell = average_cell("MAPbI3", "alpha")
    host = fill(cell, (2, 2, 2), 5, "random", store)
    ends = endpoints(host, hops_in_cell(cell, "MA", store)[0], cell, (2, 2, 2), store)
    wanted = host.frac_coords
    found = ends.end.frac_coords
    nearest = host.lattice.get_all_distances(found, wanted).min(axis=1)
    # Hydrogens that a turn of the molecule itself exchanges differ by its small asymmetry.
    assert nearest.max() < 0.03


@pytest.mark.parametrize("seed", range(4))
def test_random_orientations_give_sound_paths(seed):
    found = path("FAPbI3", "FA", "alpha", seed=seed)
    assert found.closest_contact_A > 1.5
    assert found.unevenness < 0.02


@pytest.fixture(scope="module")
def iodide():
    from perovdb.store import open_store

    store = open_store()
    cell = average_cell("CsPbI3", "alpha")
    host = fill(cell, (2, 2, 2), 0, "random", store)
    return endpoints(host, hops_in_cell(cell, "I", store)[0], cell, (2, 2, 2), store)


def potential(ends, images):
    fractions = np.linspace(0, 1, images + 2)[1:-1]
    return PairPotential(
        ends.start.lattice.matrix, ends.start.cart_coords, ends.end.cart_coords, fractions
    )


def test_the_gradient_is_the_slope_of_the_objective(iodide):
    objective = potential(iodide, 3)
    start, end = iodide.start.cart_coords, iodide.end.cart_coords
    positions = start + np.array([0.25, 0.5, 0.75])[:, None, None] * (end - start)
    positions += np.random.default_rng(2).normal(size=positions.shape) * 0.05
    slope = objective.gradient(positions) * objective.stiffness
    for index in [(0, 3, 1), (1, 20, 0), (2, 38, 2)]:
        values = []
        for step in (1e-5, -1e-5):
            moved = positions.copy()
            moved[index] += step
            values.append(objective.value(moved))
        assert slope[index] == pytest.approx((values[0] - values[1]) / 2e-5, rel=1e-5)


def test_the_path_is_stationary_across_itself(iodide):
    positions, residual = interpolate_path(iodide, 5)
    assert residual < 1e-5
    objective = potential(iodide, 5)
    slope = objective.gradient(positions[1:-1])
    tangent = positions[2:] - positions[:-2]
    tangent -= tangent.mean(axis=1, keepdims=True)
    tangent /= np.sqrt((tangent**2).sum(axis=(1, 2)))[:, None, None]
    across = slope - (slope * tangent).sum(axis=(1, 2))[:, None, None] * tangent
    assert np.abs(across).max() < 2e-3


@pytest.mark.filterwarnings("ignore:The default method has changed:UserWarning")
def test_the_path_is_better_than_the_straight_line_and_as_good_as_ases(iodide):
    objective = potential(iodide, 5)
    start, end = iodide.start.cart_coords, iodide.end.cart_coords
    fractions = np.linspace(0, 1, 7)[1:-1]
    line = start + fractions[:, None, None] * (end - start)
    ours = interpolate_path(iodide, 5)[0][1:-1]
    symbols = [site.specie.symbol for site in iodide.start]
    chain = [
        Atoms(symbols, x, cell=iodide.start.lattice.matrix, pbc=True) for x in (start, *line, end)
    ]
    idpp_interpolate(chain, traj=None, log=None, fmax=0.01, mic=True)
    theirs = np.array([image.get_positions() for image in chain[1:-1]])
    assert objective.value(ours) < 0.5 * objective.value(line)
    assert objective.value(ours) <= objective.value(theirs) * 1.01


def test_images_mirror_each_other_where_the_hop_does(iodide):
    """The iodide hop has a mirror plane half-way: image k and image -k have equal objectives."""
    positions, _ = interpolate_path(iodide, 5)
    lengths = np.sqrt((np.diff(positions, axis=0) ** 2).sum(axis=(1, 2)))
    assert lengths == pytest.approx(lengths[::-1], abs=1e-4)


def test_the_cell_may_be_too_small():
    with pytest.raises(StructureError, match="its own periodic image"):
        path("CsPbI3", "Cs", "alpha", size=(1, 1, 1))


def test_a_small_cell_is_noted():
    assert any("half a cell" in note for note in path("CsPbI3", "Cs", "alpha").notes)
    assert path("CsPbI3", "I", "alpha", temperature_K=634).notes == ()


def test_a_cell_of_another_temperature_is_noted():
    (note,) = path("CsPbI3", "I", "alpha").notes
    assert "that of 634 K (recalled), not of 298 K" in note
    assert "known as gamma" in note


def test_neighbours_of_one_kind_must_be_there():
    # One FA among eight A sites has no FA beside it.
    with pytest.raises(StructureError, match="No two neighbouring sites"):
        path("Cs0.875FA0.125PbI3", "FA")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"images": 0}, InputError, "1 to 99"),
        ({"hop": 3}, InputError, "1 distinct hops"),
        ({"species": "Br"}, UnknownSpecies, "no Br"),
    ],
)
def test_what_cannot_be_made(arguments, error, words):
    with pytest.raises(error, match=words):
        path("CsPbI3", **{"species": "I", "phase": "alpha", **arguments})
