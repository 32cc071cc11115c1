"""A path between any two structures: their atoms are matched, and what moved is found."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor
from pymatgen.io.vasp import Poscar

from perovdb.errors import InputError, StructureError
from perovdb.migration.hops import hops
from perovdb.migration.path import path
from perovdb.migration.placing import endpoints
from perovdb.structures.builder import build
from perovdb.structures.files.writing import write_structure


def ends_of(formula, species, **options):
    return endpoints(formula, hops(formula, species, phase="alpha")[0], **options)


@pytest.fixture(scope="module")
def iodide():
    return ends_of("CsPbI3", "I")


@pytest.fixture(scope="module")
def methylammonium():
    return ends_of("MAPbI3", "MA", orientation="aligned")


def plain(structure, order=None):
    """As other programs hold it: elements and places inside the cell, in another order."""
    order = range(len(structure)) if order is None else order
    return Structure(
        structure.lattice,
        [structure[int(n)].specie for n in order],
        structure.frac_coords[list(order)],
        to_unit_cell=True,
    )


def test_the_ends_of_a_hop_give_its_path(iodide):
    chain, same = path(iodide), path(iodide.start, iodide.end)
    assert same.mover.tolist() == chain.mover.tolist()
    assert same.distance_A == pytest.approx(chain.distance_A)
    for one, two in zip(chain.images, same.images, strict=True):
        assert two.cart_coords == pytest.approx(one.cart_coords, abs=1e-6)
    assert (same.formula, same.charge, same.hop) == ("Cs8Pb8I23", 1, None)


@pytest.mark.parametrize("seed", range(3))
def test_ions_in_any_order_and_image_are_matched(iodide, seed):
    generator = np.random.default_rng(seed)
    shaken = iodide.end.copy()
    shaken.perturb(0.05, seed=seed)
    order = generator.permutation(len(shaken))
    chain = path(plain(iodide.start), plain(shaken, order), images=2)
    # One iodide moves, along the edge; all else trembles.
    assert chain.distance_A == pytest.approx(np.linalg.norm(iodide.vector_A), abs=0.15)
    assert (chain.species, chain.into, chain.charge) == ("I", "I", 1)
    ways = np.linalg.norm(chain.images[-1].cart_coords - chain.images[0].cart_coords, axis=1)
    assert np.sort(ways)[-2] < 0.1 < ways[chain.mover[0]]
    assert any("order of the start" in note for note in chain.notes)


@pytest.mark.parametrize("seed", range(2))
def test_molecules_in_any_order_are_matched(methylammonium, seed):
    ends = methylammonium
    order = np.random.default_rng(seed).permutation(len(ends.end))
    chain = path(plain(ends.start), plain(ends.end, order), images=1)
    assert chain.species == "MA"
    assert chain.bond_change.share < 0.01
    assert chain.distance_A == pytest.approx(np.linalg.norm(ends.vector_A), abs=1e-3)
    assert any("half a cell vector" in note for note in chain.notes)


def test_a_long_hop_past_another_ion_stays_one_hop():
    """Two short ways, of the ion and of one between, have the same sum of squares."""
    model = build("CsPbI3", "alpha", 2)
    long = next(hop for hop in hops(model, "I", reach_A=6.3) if hop.distance_A > 6)
    ends = endpoints(model, long)
    order = np.random.default_rng(1).permutation(len(ends.end))
    for end in (ends.end, plain(ends.end, order)):
        chain = path(ends.start, end, images=1)
        assert chain.distance_A == pytest.approx(long.distance_A, abs=1e-3)
        assert chain.mover.tolist() == ends.mover.tolist()


def test_what_is_held_does_not_matter(iodide, tmp_path):
    """Files of perovdb and of others, ASE's atoms, pymatgen's structures."""
    first, last = str(tmp_path / "first.cif"), tmp_path / "POSCAR_last"
    write_structure(iodide.start, first)
    Poscar(plain(iodide.end)).write_file(last)
    atoms = AseAtomsAdaptor.get_atoms(plain(iodide.end))
    wanted = path(iodide, images=1).images[1].cart_coords
    for start, end in ((first, last), (iodide.start, atoms), (plain(iodide.start), str(last))):
        chain = path(start, end, images=1)
        offset = chain.images[1].cart_coords - wanted
        assert offset == pytest.approx(np.zeros_like(offset), abs=1e-4)


def test_exchanged_names_are_mended_and_told_or_kept(iodide):
    positions = iodide.end.cart_coords
    one, two = [n for n, site in enumerate(iodide.end) if site.specie.symbol == "Cs"][:2]
    positions[[one, two]] = positions[[two, one]]
    end = Structure(iodide.end.lattice, iodide.end.species, positions, coords_are_cartesian=True)
    chain = path(iodide.start, end, images=1)
    assert chain.mover.tolist() == iodide.mover.tolist()
    assert any(f"renumbered: Cs {one + 1} for Cs {two + 1}" in note for note in chain.notes)
    with pytest.raises(StructureError, match="apart"):
        path(iodide.start, end, images=1, keep_numbering=True)


def test_ends_that_do_not_belong_together(iodide, methylammonium):
    larger = iodide.end.copy()
    larger.lattice = Lattice(larger.lattice.matrix * 1.01)
    for start, end, words in (
        (iodide.start, larger, "same cell"),
        (iodide.start, plain(iodide.end, range(38)), "hold other ions"),
        (iodide.start, iodide.start, "are the same"),
        (iodide.start, ends_of("CsPbI3", "Cs").start, "hold other ions"),
    ):
        with pytest.raises(StructureError, match=words):
            path(start, end)
    with pytest.raises(StructureError, match="same order"):
        path(iodide.start, plain(iodide.end, range(38, -1, -1)), keep_numbering=True)
    with pytest.raises(InputError, match="two ends"):
        path("CsPbI3", None)
