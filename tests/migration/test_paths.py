"""Paths of hops in supercells: the same atoms in the same order, even, whole and clear."""

from pathlib import Path as FilePath

import numpy as np
import pytest

from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.migration.hops import hops
from perovdb.migration.path import METHODS, Images, path
from perovdb.migration.placing import endpoints
from perovdb.structures.builder import build
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


def path_of(formula, species, phase=None, number=0, *, temperature_K=298.0, **options):
    hop = hops(formula, species, phase=phase, temperature_K=temperature_K)[number]
    return path(formula, hop, **options)


@pytest.fixture(scope="module", params=HOPS, ids=lambda hop: "-".join(map(str, hop[:3])))
def case(request):
    formula, phase, species, size, atoms, charge = request.param
    return path_of(formula, species, phase, size=size, images=5), atoms, charge


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


def test_both_ends_are_cut_from_one_host():
    """The end is the host without the ion that hopped: the vacancy has moved, nothing else."""
    host = build("MAPbI3", "alpha", 2, seed=5)
    ends = endpoints("MAPbI3", hops("MAPbI3", "MA", phase="alpha")[0], seed=5)
    wanted = host.frac_coords
    found = ends.end.frac_coords
    nearest = host.lattice.get_all_distances(found, wanted).min(axis=1)
    # Hydrogens that a turn of the molecule itself exchanges differ by its small asymmetry.
    assert nearest.max() < 0.03


@pytest.mark.parametrize("seed", range(4))
def test_random_orientations_give_sound_paths(seed):
    found = path_of("FAPbI3", "FA", "alpha", seed=seed)
    assert found.closest_contact_A > 1.5
    assert found.unevenness < 0.02


@pytest.mark.parametrize(("species", "formula"), [("MA", "MAPbI3"), ("FA", "FAPbI3")])
@pytest.mark.parametrize("alloy", [False, True])
@pytest.mark.parametrize("method", ["rigid", "idpp"])
def test_molecules_hop_whole_in_pure_and_mixed_lattices(species, formula, alloy, method):
    formula, phase = ("MA0.5FA0.5PbI3", None) if alloy else (formula, "alpha")
    found = path_of(formula, species, phase, images=Images(3, method=method))
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


def test_both_methods_begin_and_end_alike():
    two = [path_of("MAPbI3", "MA", "alpha", images=Images(2, method=m)) for m in METHODS]
    assert [found.method for found in two] == ["rigid", "idpp"]
    assert two[0].images[0] == two[1].images[0]
    assert two[0].images[-1] == two[1].images[-1]


def test_without_molecules_both_methods_are_one():
    rigid, idpp = (path_of("CsPbI3", "I", "alpha", images=Images(3, method=m)) for m in METHODS)
    for one, two in zip(rigid.images, idpp.images, strict=True):
        assert one.cart_coords == pytest.approx(two.cart_coords, abs=1e-9)


@pytest.mark.parametrize(("species", "spacing_A"), [("I", 0.8), ("Cs", 0.6), ("Pb", 0.9)])
def test_a_spacing_gives_the_fewest_images_that_keep_it(species, spacing_A):
    found = path_of("CsPbI3", species, "alpha", images=Images(spacing_A=spacing_A))
    steps = np.diff([image.cart_coords for image in found.images], axis=0)
    assert np.linalg.norm(steps, axis=2).max() <= spacing_A
    assert found.longest_step_A <= spacing_A
    fewer = path_of("CsPbI3", species, "alpha", images=len(found.images) - 3)
    assert fewer.longest_step_A > spacing_A


def test_the_mover_is_curved_through_the_window():
    """In gamma-CsPbI3 the four iodides of a window stand unevenly; the path keeps clear of the
    nearest, where the straight line does not."""
    for hop in hops("CsPbI3", "Cs", phase="gamma"):
        ends = endpoints("CsPbI3", hop, size=(2, 2, 1))
        chain = path(ends)
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
        path_of("CsPbI3", "Cs", "alpha", size=1)


def test_a_small_cell_is_noted():
    assert any("half a cell" in note for note in path_of("CsPbI3", "Cs", "alpha").notes)
    assert path_of("CsPbI3", "I", "alpha", temperature_K=634).notes == ()


def test_a_cell_of_another_temperature_is_noted():
    (note,) = path_of("CsPbI3", "I", "alpha").notes
    assert "that of 634 K (recalled), not of 298 K" in note
    assert "known as gamma" in note


def test_neighbours_of_one_kind_must_be_there():
    # One FA among eight A sites has no FA beside it.
    with pytest.raises(StructureError, match="No two neighbouring sites"):
        path_of("Cs0.875FA0.125PbI3", "FA")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (lambda: {"images": 0}, InputError, "1 to 99"),
        (lambda: {"images": Images(method="linear")}, InputError, "rigid, idpp"),
        (lambda: {"images": Images(spacing_A=0.0)}, InputError, "above zero"),
        (lambda: {"images": Images(spacing_A=0.01)}, InputError, "1 to 99"),
        (lambda: {"vacancies": 0}, InputError, "whole number from 1"),
        (lambda: {"vacancies": 24}, StructureError, "besides the ion that hops"),
        (lambda: {"species": "Br"}, UnknownSpecies, "no Br"),
        (lambda: {"size": (7, 7, 7)}, InputError, "1715 atoms"),
    ],
)
def test_what_cannot_be_made(arguments, error, words):
    with pytest.raises(error, match=words):
        path_of("CsPbI3", **{"species": "I", "phase": "alpha", **arguments()})


def test_a_hop_belongs_to_its_material():
    of_formula = hops("CsPbI3", "I", phase="alpha")[0]
    model = build("CsPbI3", "alpha", (2, 2, 2))
    of_model = hops(model, "I")[0]
    with pytest.raises(InputError, match="average cell of a formula"):
        path(model, of_formula)
    with pytest.raises(InputError, match="one of a structure"):
        path("CsPbI3", of_model)
    for option in ({"size": 2}, {"seed": 1}, {"orientation": "aligned"}):
        with pytest.raises(InputError, match="model of a formula"):
            path(model, of_model, **option)
    with pytest.raises(InputError, match="two ends"):
        path(model)
    with pytest.raises(InputError, match="path of a hop"):
        path(model, model, seed=1)


def test_a_supercell_may_be_askew():
    """A matrix of the same volume holds the same hop."""
    straight = path_of("CsPbI3", "I", "alpha", size=(2, 2, 2), images=1)
    askew = path_of("CsPbI3", "I", "alpha", size=[[2, 0, 0], [0, 2, 0], [0, 2, 2]], images=1)
    assert askew.distance_A == pytest.approx(straight.distance_A)
    assert askew.images[0].composition == straight.images[0].composition


def test_the_example_of_the_page_on_paths_runs():
    text = (FilePath(__file__).parents[2] / "docs" / "paths.md").read_text()
    names = {}
    exec(compile(text.split("```python\n")[1].split("```")[0], "paths.md", "exec"), names)
    assert [chain.method for chain in names["two"]] == ["rigid", "idpp"]
    assert names["fine"].charge == 0
    assert names["fine"].longest_step_A <= 0.9
