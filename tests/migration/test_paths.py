"""Paths of hops in supercells: the same atoms in the same order, even, whole and clear."""

import numpy as np
import pytest

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.migration.chain import path_between
from perovdb.migration.endpoints import endpoints
from perovdb.migration.hops import hops_in_cell
from perovdb.migration.paths import path, paths
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
    host = fill(cell, (2, 2, 2), 5, "random")
    ends = endpoints(host, hops_in_cell(cell, "MA")[0], cell, (2, 2, 2))
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


@pytest.mark.parametrize(("species", "formula"), [("MA", "MAPbI3"), ("FA", "FAPbI3")])
@pytest.mark.parametrize("alloy", [False, True])
@pytest.mark.parametrize("method", ["rigid", "idpp"])
def test_molecules_hop_whole_in_pure_and_mixed_lattices(species, formula, alloy, method):
    formula, phase = ("MA0.5FA0.5PbI3", None) if alloy else (formula, "alpha")
    found = path(formula, species, phase, method=method, images=3)
    assert found.method == method
    assert found.closest_contact_A > 1.5
    assert found.residual_A < 1e-4
    reference = found.images[0]
    molecules = [unit.atoms for unit in units(reference) if len(unit.atoms) > 1]
    limit = {"rigid": 0.01, "idpp": 0.10}[method]
    changes = [
        np.abs(inside(image, atoms) / inside(reference, atoms) - 1).max()
        for image in found.images
        for atoms in molecules
    ]
    # Two copies of a molecule in one cell differ by nothing, so bonds have one length each.
    bent = found.bond_change.share
    assert bent <= limit
    assert max(changes) < 3 * limit
    assert any("molecules bend" in note for note in found.notes) == (bent > 0.01)


def test_both_gives_two_paths_of_molecules_and_one_of_ions():
    two = paths("MAPbI3", "MA", "alpha", images=2)
    assert [found.method for found in two] == ["rigid", "idpp"]
    assert two[0].images[-1] == two[1].images[-1]
    (one,) = paths("CsPbI3", "Cs", "alpha", images=2)
    assert one.method == "rigid"


def test_without_molecules_both_methods_are_one():
    rigid, idpp = (path("CsPbI3", "I", "alpha", images=3, method=m) for m in ("rigid", "idpp"))
    for one, two in zip(rigid.images, idpp.images, strict=True):
        assert one.cart_coords == pytest.approx(two.cart_coords, abs=1e-9)


@pytest.mark.parametrize(("species", "spacing_A"), [("I", 0.8), ("Cs", 0.6), ("Pb", 0.9)])
def test_a_spacing_gives_the_fewest_images_that_keep_it(species, spacing_A):
    found = path("CsPbI3", species, "alpha", spacing_A=spacing_A)
    steps = np.diff([image.cart_coords for image in found.images], axis=0)
    assert np.linalg.norm(steps, axis=2).max() <= spacing_A
    assert found.longest_step_A <= spacing_A
    fewer = path("CsPbI3", species, "alpha", images=len(found.images) - 3)
    assert fewer.longest_step_A > spacing_A


def test_the_mover_is_curved_through_the_window(store):
    """In gamma-CsPbI3 the four iodides of a window stand unevenly; the path keeps clear of the
    nearest, where the straight line does not."""
    cell = average_cell("CsPbI3", "gamma")
    host = fill(cell, (2, 2, 1), 0, "random")
    for hop in hops_in_cell(cell, "Cs"):
        ends = endpoints(host, hop, cell, (2, 2, 1))
        chain = path_between(ends, 5)
        iodides = [n for n, site in enumerate(ends.start) if site.specie.symbol == "I"]
        (mover,) = chain.mover

        def clearance(structure, place_A, iodides=iodides):
            lattice = structure.lattice
            place = lattice.get_fractional_coords(place_A)
            return lattice.get_all_distances(place, structure.frac_coords[iodides]).min()

        straight = (ends.start.cart_coords[mover] + ends.end.cart_coords[mover]) / 2
        middle = chain.images[3]
        assert clearance(middle, middle.cart_coords[mover]) > 0.1 + clearance(ends.start, straight)


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
        ({"method": "linear"}, InputError, "rigid, idpp, both"),
        ({"method": "both"}, InputError, "`paths`"),
        ({"spacing_A": 0.0}, InputError, "above zero"),
        ({"spacing_A": 0.01}, InputError, "1 to 99"),
        ({"species": "Br"}, UnknownSpecies, "no Br"),
    ],
)
def test_what_cannot_be_made(arguments, error, words):
    with pytest.raises(error, match=words):
        path("CsPbI3", **{"species": "I", "phase": "alpha", **arguments})
