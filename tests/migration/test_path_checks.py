"""What a path between two ends refuses, says, and mends."""

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Structure

from perovdb.errors import InputError, StructureError
from perovdb.migration.endpoints import with_positions
from perovdb.migration.hops import hops
from perovdb.migration.integrity import largest_bond_change
from perovdb.migration.matching import in_nearest_images, matched
from perovdb.migration.path import Images, path
from perovdb.migration.placing import endpoints
from perovdb.structures.units import units


def ends_of(formula, species, size=2, orientation="aligned"):
    hop = hops(formula, species, phase="alpha")[0]
    return endpoints(formula, hop, size=size, seed=1, orientation=orientation)


@pytest.fixture(scope="module")
def iodide():
    return ends_of("CsPbI3", "I")


@pytest.fixture(scope="module")
def methylammonium():
    return ends_of("MAPbI3", "MA")


def moved(ends, change):
    """The ends with other positions at the end: `change` works on a copy of them."""
    positions = ends.end.cart_coords.copy()
    change(positions)
    return replace(ends, end=with_positions(ends.end, positions))


def others(ends, symbol, count):
    """Atoms of an element that do not hop."""
    found = [n for n, site in enumerate(ends.start) if site.specie.symbol == symbol]
    return [n for n in found if n not in ends.mover][:count]


def test_a_sound_hop_passes_and_says_what_it_is(iodide):
    chain = path(iodide, images=4)
    assert (chain.formula, chain.species, chain.charge) == ("CsPbI3", "I", 1)
    assert len(chain.images) == 6
    assert chain.distance_A == pytest.approx(np.linalg.norm(iodide.vector_A))
    assert chain.bond_change.share == 0
    assert matched(iodide.start, iodide.end)[1] == []


def test_ends_that_are_the_same_are_refused(iodide):
    with pytest.raises(StructureError, match="same"):
        path(replace(iodide, end=iodide.start))


def test_ends_of_other_atoms_are_refused(iodide):
    shuffled = Structure.from_sites(list(reversed(iodide.end)))
    with pytest.raises(StructureError, match="same order"):
        path(replace(iodide, end=shuffled))


def test_an_unknown_method_is_refused(iodide):
    with pytest.raises(InputError, match="rigid, idpp"):
        path(iodide, images=Images(method="linear"))


def test_an_ion_in_another_cell_at_the_end_is_refused_and_mended(methylammonium):
    """As from two files, each wrapped into its cell: an ion, and a whole molecule."""
    lattice = methylammonium.start.lattice.matrix
    iodide = others(methylammonium, "I", 1)[0]
    unit = next(
        unit
        for unit in units(methylammonium.start)
        if unit.ion == "MA" and int(unit.atoms[0]) not in methylammonium.mover
    )

    def wrap(positions):
        positions[iodide] += lattice[1]
        positions[unit.atoms] -= lattice[2]

    ends = moved(methylammonium, wrap)
    with pytest.raises(StructureError, match="another periodic image at the end: 2"):
        path(ends)
    mended = in_nearest_images(ends.start, ends.end, ends.mover).cart_coords
    assert mended == pytest.approx(methylammonium.end.cart_coords, abs=1e-9)


def test_exchanged_ions_are_found_named_and_mended(iodide):
    one, two = others(iodide, "I", 2)

    def exchange(positions):
        positions[[one, two]] = positions[[two, one]]

    ends = moved(iodide, exchange)
    with pytest.raises(StructureError, match=f"I {one + 1} for I {two + 1}"):
        path(ends)
    mended, _ = matched(ends.start, ends.end)
    assert mended.cart_coords == pytest.approx(iodide.end.cart_coords, abs=1e-9)
    assert path(replace(ends, end=mended), images=2).closest_contact_A > 1.5


def test_a_chain_of_two_hops_for_one_is_found(iodide):
    """The mover steps in, and a neighbour of it takes the vacancy: with one name exchanged the
    same end is one hop."""
    (mover,) = iodide.mover
    start = iodide.start
    goal = iodide.end.cart_coords[mover]
    iodides = others(iodide, "I", 30)
    away = start.lattice.get_all_distances(
        start.lattice.get_fractional_coords(start.cart_coords[mover]), start.frac_coords[iodides]
    )[0]
    pusher = iodides[int(np.argmax(away))]

    def push(positions):
        positions[mover], positions[pusher] = positions[pusher], goal

    ends = moved(iodide, push)
    mended, exchanged = matched(ends.start, ends.end)
    assert {int(atom) for swap in exchanged for atom in swap.atoms} == {mover, pusher}
    assert mended.cart_coords == pytest.approx(iodide.end.cart_coords, abs=1e-6)


def test_a_ring_may_be_asked_for(iodide):
    one, two = others(iodide, "Cs", 2)

    def exchange(positions):
        positions[[one, two]] = positions[[two, one]]

    # The two pass through each other: that is what is refused then.
    with pytest.raises(StructureError, match=r"A apart"):
        path(moved(iodide, exchange), keep_numbering=True)


@pytest.mark.parametrize("of_mover", [True, False])
def test_exchanged_hydrogens_are_found_and_mended(methylammonium, of_mover):
    """A third of a turn of MA about C-N moves nothing but names."""
    ends = methylammonium
    unit = next(
        unit
        for unit in units(ends.start)
        if unit.ion == "MA" and (int(unit.atoms[0]) in ends.mover) == of_mover
    )
    start = ends.start.cart_coords
    carbon, nitrogen = (
        next(n for n in unit.atoms if ends.start[int(n)].specie.symbol == symbol)
        for symbol in "CN"
    )
    hydrogens = np.array([n for n in unit.atoms if ends.start[int(n)].specie.symbol == "H"])
    distance = np.linalg.norm(start[hydrogens, None] - start[[carbon, nitrogen]], axis=2)
    axis = start[nitrogen] - start[carbon]

    def turned(positions):
        for near in (0, 1):
            three = hydrogens[distance.argmin(axis=1) == near]
            # Round the axis, all in one sense.
            middle = start[three].mean(axis=0)
            arms = start[three] - middle
            sense = np.cross(arms[0], arms[1]) @ axis
            order = three if sense > 0 else three[::-1]
            positions[order] = positions[np.roll(order, 1)]

    wrong = moved(ends, turned)
    with pytest.raises(StructureError, match=r"atoms of MA .* 120 deg, renumbered by 0"):
        path(wrong)
    mended = matched(wrong.start, wrong.end)[0].cart_coords
    assert mended == pytest.approx(ends.end.cart_coords, abs=0.05)


def test_a_molecule_torn_at_the_cell_border_is_refused(methylammonium):
    hydrogen = next(
        n for n in methylammonium.mover if methylammonium.start[int(n)].specie.symbol == "H"
    )

    def wrap(positions):
        positions[hydrogen] -= methylammonium.start.lattice.matrix[0]

    with pytest.raises(StructureError, match=r"MA .* is torn at the end"):
        path(moved(methylammonium, wrap))
    torn = methylammonium.start.cart_coords
    torn[hydrogen] -= methylammonium.start.lattice.matrix[0]
    with pytest.raises(StructureError, match="do not hang together"):
        path(replace(methylammonium, start=with_positions(methylammonium.start, torn)))


def test_atoms_that_collide_are_refused(iodide):
    (mover,) = iodide.mover
    near = others(iodide, "I", 1)[0]

    def collide(positions):
        positions[near] = positions[mover] + [0, 0, 1.0]

    with pytest.raises(StructureError, match=r"1\.00 A apart"):
        path(moved(iodide, collide), images=2)


def test_the_worst_bond_is_found(methylammonium):
    positions = np.array([methylammonium.start.cart_coords] * 4)
    nitrogen = others(methylammonium, "N", 1)[0]
    carbon = others(methylammonium, "C", 1)[0]
    axis = positions[0, nitrogen] - positions[0, carbon]
    unit = next(unit for unit in units(methylammonium.start) if carbon in unit.atoms)
    assert nitrogen in unit.atoms
    rest = [n for n in unit.atoms if n != carbon]
    positions[2, rest] += 0.04 * axis
    change = largest_bond_change(methylammonium.start, positions)
    assert (change.image, change.ion, set(change.atoms)) == (2, "MA", {carbon, nitrogen})
    assert change.share == pytest.approx(0.04)


def test_hosts_that_no_average_cell_describes_will_do(iodide):
    """A structure with a second vacancy and a strain of its own: the ends alone are enough."""
    keep = [n for n in range(len(iodide.start)) if n != others(iodide, "I", 3)[2]]
    strain = np.eye(3) + np.array([[0.02, 0.01, 0], [0, -0.01, 0], [0.01, 0, 0.015]])
    sides = []
    for structure in (iodide.start, iodide.end):
        side = Structure(
            structure.lattice.matrix @ strain,
            [structure[n].specie for n in keep],
            structure.cart_coords[keep] @ strain,
            coords_are_cartesian=True,
            site_properties={
                name: [values[n] for n in keep]
                for name, values in structure.site_properties.items()
            },
        )
        side.properties = {"charge": 2, "history": []}
        sides.append(side)
    ends = replace(
        iodide,
        start=sides[0],
        end=sides[1],
        mover=np.array([keep.index(int(iodide.mover[0]))]),
        vector_A=iodide.vector_A @ strain,
        formula="",
    )
    chain = path(ends, images=Images(spacing_A=0.9))
    assert chain.charge == 2
    assert chain.formula == "Cs8Pb8I22"
    assert chain.longest_step_A <= 0.9
    assert chain.residual_A < 1e-5
