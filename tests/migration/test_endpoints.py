"""Endpoints in a structure: the same atoms, whole molecules, the right vacancy; and relaxed."""

from collections import Counter

import numpy as np
import pytest
from ase.calculators.calculator import Calculator, all_changes
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from perovdb.errors import InputError, StructureError
from perovdb.migration.endpoints import with_positions
from perovdb.migration.hops import hops
from perovdb.migration.numbering import stand_as
from perovdb.migration.placing import endpoints
from perovdb.migration.relaxation import check_on_site, relax_endpoints
from perovdb.structures.builder import build
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.units import closest_contact, units

CASES = [
    # formula, phase, size, species, into, charge, half a cell
    ("CsPbI3", "alpha", (2, 2, 2), "I", None, +1, False),
    ("CsPbI3", "alpha", (2, 2, 2), "Cs", None, -1, True),
    ("CsPbI3", "alpha", (3, 3, 3), "Cs", None, -1, False),
    ("CsPbI3", "gamma", (1, 1, 1), "Pb", None, -2, True),
    ("MAPbI3", "alpha", (2, 2, 2), "MA", None, -1, True),
    ("FA0.5MA0.5PbI3", "alpha", (2, 2, 2), "FA", "MA", -1, True),
    ("CsPb(I0.6667Br0.3333)3", "alpha", (3, 3, 3), "I", "Br", +1, False),
    ("CsPb(I0.6667Br0.3333)3", "alpha", (3, 3, 3), "Br", "I", +1, False),
]


@pytest.mark.parametrize(("formula", "phase", "size", "species", "into", "charge", "half"), CASES)
def test_the_ion_hops_and_nothing_else_moves(formula, phase, size, species, into, charge, half):
    host = build(formula, phase, size, seed=1)
    hop = hops(host, species, into=into)[0]
    ends = endpoints(host, hop)
    assert ends.start.species == ends.end.species
    assert ends.start.site_properties == ends.end.site_properties
    assert ends.start.properties["charge"] == ends.end.properties["charge"] == charge
    assert ends.half_cell == half
    assert np.linalg.norm(ends.vector_A) == pytest.approx(hop.distance_A, abs=1e-6)
    still = np.setdiff1d(np.arange(len(ends.start)), ends.mover)
    assert ends.start.cart_coords[still] == pytest.approx(ends.end.cart_coords[still])
    (mover,) = [unit for unit in units(ends.start) if ends.mover[0] in unit.atoms]
    assert mover.ion == species
    assert np.array_equal(mover.atoms, ends.mover)
    # What is gone is the ion of the vacancy, and the mover takes its place.
    gone = Counter(unit.ion for unit in units(host)) - Counter(u.ion for u in units(ends.start))
    assert gone == {into or species: 1}
    (there,) = [unit for unit in units(ends.end) if ends.mover[0] in unit.atoms]
    vacant = units(host)[hop.end_site].centre_A
    offset = host.lattice.get_fractional_coords(there.centre_A - vacant)
    assert offset == pytest.approx(np.rint(offset), abs=1e-6)
    for structure in (ends.start, ends.end):
        for unit in units(structure):
            local = structure.cart_coords[unit.atoms] - unit.centre_A
            assert np.linalg.norm(local, axis=1).max() < 2.5
        assert closest_contact(structure) > 1.5


def test_other_vacancies_stay():
    host = build("CsPbI3", "alpha", (2, 2, 2))
    lacking = defects(host, ["V_I:2"])
    ends = endpoints(lacking, hops(lacking, "I")[0])
    assert (len(ends.start), ends.start.properties["charge"]) == (37, 3)


def test_hops_that_cannot_be_placed():
    small = build("CsPbI3", "alpha")
    (own,) = hops(small, "Cs")
    with pytest.raises(StructureError, match="own periodic image"):
        endpoints(small, own)
    large = build("CsPbI3", "alpha", (2, 2, 2))
    hop = hops(large, "I")[0]
    for other in (small, build("CsPbBr3", "alpha", (2, 2, 2))):
        with pytest.raises(InputError, match="not one of this structure"):
            endpoints(other, hop)


def test_a_molecule_keeps_its_numbers_where_symmetry_allows():
    """A third of a turn of MA about C-N is nothing but new names for its hydrogens."""
    shape = load_molecule("MA")
    axis = (
        shape.positions_A[shape.elements.index("N")] - shape.positions_A[shape.elements.index("C")]
    )
    turned = Rotation.from_rotvec(2 * np.pi / 3 * axis / np.linalg.norm(axis)).apply(
        shape.positions_A
    )
    stood = stand_as(shape.elements, shape.positions_A, shape.elements, turned)
    assert stood == pytest.approx(shape.positions_A, abs=0.02)


@settings(max_examples=30, deadline=None)
@given(
    species=st.sampled_from(["MA", "FA"]),
    seed=st.integers(0, 10**6),
    noise=st.floats(0, 0.03),
)
def test_any_order_of_atoms_is_understood(species, seed, noise):
    shape = load_molecule(species)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(shape.elements))
    turned = Rotation.random(random_state=generator).apply(shape.positions_A)
    turned += generator.normal(size=turned.shape) * noise
    stood = stand_as(
        shape.elements,
        shape.positions_A,
        tuple(shape.elements[k] for k in order),
        turned[order],
    )
    # The same places, each taken by an atom of the right element, all distances kept.
    assert sorted(map(tuple, stood.round(9))) == sorted(map(tuple, turned.round(9)))
    by_place = {tuple(p.round(9)): e for p, e in zip(turned, shape.elements, strict=True)}
    assert tuple(by_place[tuple(p.round(9))] for p in stood) == shape.elements
    whole, left = Rotation.align_vectors(stood, shape.positions_A)
    assert left < 0.5
    assert whole.magnitude() < np.pi + 1e-6


@pytest.mark.parametrize(("by_A", "same"), [(0.12, True), (0.4, False)])
def test_every_atom_may_be_off_by_what_still_is_one_shape(by_A, same):
    """All eight at once: each by itself counts, in directions that no turn makes up for."""
    shape = load_molecule("MA")
    away = shape.positions_A / np.linalg.norm(shape.positions_A, axis=1)[:, None]
    order = np.arange(len(shape.elements))[::-1]
    swollen = (shape.positions_A + by_A * away)[order]
    names = tuple(shape.elements[k] for k in order)
    stood = stand_as(shape.elements, shape.positions_A, names, swollen)
    wanted = swollen[np.argsort(order)] if same else shape.positions_A
    assert np.linalg.norm(stood - wanted, axis=1).max() < 1e-9


def test_a_mirror_image_is_another_shape():
    """Four different atoms on a carbon: no rotation turns it into its image."""
    elements = ("C", "F", "Cl", "Br", "H")
    corners = np.array([[0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)
    image = corners * [1, 1, -1]
    assert stand_as(elements, corners, elements, image) == pytest.approx(corners)


class Springs(Calculator):
    """Each atom is held by a spring at its own place."""

    implemented_properties = ("energy", "forces")

    def __init__(self, *places_A):
        super().__init__()
        self.places_A = list(places_A)

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        # The end that this is: the one whose places are nearer.
        offsets = [place - atoms.positions for place in self.places_A]
        offset = min(offsets, key=lambda x: (x**2).sum())
        self.results = {"energy": 0.5 * float((offset**2).sum()), "forces": offset}


def case(species="I", formula="CsPbI3"):
    host = build(formula, "alpha", (2, 2, 2))
    return endpoints(host, hops(host, species)[0])


def test_relaxed_ends_are_measured_anew():
    ends = case()
    generator = np.random.default_rng(0)
    places = [
        structure.cart_coords + generator.normal(size=(39, 3)) * 0.05
        for structure in (ends.start, ends.end)
    ]
    relaxed = relax_endpoints(ends, Springs(*places), fmax=1e-4)
    for structure, place in zip((relaxed.start, relaxed.end), places, strict=True):
        assert structure.cart_coords == pytest.approx(place, abs=1e-3)
    mover = ends.mover[0]
    assert relaxed.vector_A == pytest.approx(places[1][mover] - places[0][mover], abs=1e-3)
    assert relaxed.start.properties["charge"] == 1
    assert relaxed.start.site_properties == ends.start.site_properties


def test_an_ion_that_slips_into_the_vacancy_is_refused():
    ends = case()
    slipped = ends.start.cart_coords
    slipped[ends.mover] += 0.6 * ends.vector_A
    with pytest.raises(StructureError, match="start of the hop I number"):
        relax_endpoints(ends, Springs(slipped, ends.end.cart_coords), fmax=1e-3)


def test_a_shift_of_the_whole_crystal_is_no_change():
    ends = case()
    vacant = ends.end.cart_coords[ends.mover[0]]
    moved = with_positions(ends.start, ends.start.cart_coords + 3.0)
    check_on_site(ends.start, moved, vacant_A=vacant)


def test_a_broken_molecule_is_refused():
    ends = case("MA", "MAPbI3")
    spectator = next(
        unit
        for unit in units(ends.start)
        if len(unit.atoms) > 1 and ends.mover[0] not in unit.atoms
    )
    torn = ends.start.cart_coords
    hydrogen = next(a for a in spectator.atoms if ends.start[int(a)].specie.symbol == "H")
    torn[hydrogen] += (torn[hydrogen] - spectator.centre_A) * 0.9
    with pytest.raises(StructureError, match=r"MA .* is torn|bonds of MA"):
        relax_endpoints(ends, Springs(torn, ends.end.cart_coords), fmax=1e-3)


def test_relaxation_that_does_not_end_is_refused():
    ends = case()
    far = ends.start.cart_coords + 0.5 * np.random.default_rng(0).normal(size=(39, 3))
    with pytest.raises(StructureError, match="did not come to rest in 2 steps"):
        relax_endpoints(ends, Springs(far, ends.end.cart_coords), fmax=1e-6, steps=2)
    with pytest.raises(InputError, match="cannot be reached"):
        relax_endpoints(ends, Springs(far), fmax=0)


@pytest.mark.parametrize("other", ["MAPbI3", "CsPbBr3", "CsPbI2.7Br0.3"])
def test_a_hop_of_another_formula_is_refused(other):
    hop = hops("CsPbI3", "I", phase="alpha")[0]
    with pytest.raises(InputError, match="is none of"):
        endpoints(other, hop)
