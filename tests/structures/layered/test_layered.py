"""Layered models: the measured template comes back, the rest holds together as derived."""

from collections import Counter

import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.diffraction.identification.stored_peaks import stored_cell
from perovdb.calculators.mixing import lattice
from perovdb.composition import parse
from perovdb.errors import FormulaError, InputError, MissingData, StructureError, UnknownSpecies
from perovdb.store import current_store
from perovdb.structures.builder import build
from perovdb.structures.crystals import Crystal
from perovdb.structures.layered.compositions import slab_ions
from perovdb.structures.layered.layers import Stack, layers
from perovdb.structures.layered.lengths import lengths, template
from perovdb.structures.layered.stacking import (
    Block,
    antiphase_sites,
    contact_spacing,
    intergrowth_sites,
)
from perovdb.structures.ordering import RULES
from perovdb.structures.units import closest_contact, units

STORE = current_store()
OF = lengths(parse("CsPbBr3"), {}, Crystal(lattice=6.0))


def where(layered, role, kind=None, region=None):
    """Numbers of the sites of a role, of a kind or in a region."""
    chosen = layered.sites.roles == role
    for labels, wanted in ((layered.kinds, kind), (layered.regions, region)):
        if wanted is not None:
            chosen = chosen & (labels == wanted)
    return np.flatnonzero(chosen)


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


def space_group(structure):
    cell = (structure.lattice.matrix, structure.frac_coords, structure.atomic_numbers)
    return spglib.get_symmetry_dataset(cell, symprec=1e-4).number


def shortest(structure, first, second):
    """The shortest distance between atoms of two elements, images of the cell searched."""
    i, j, _, distance = structure.get_neighbor_list(7.5)
    element = np.array([site.specie.symbol for site in structure])
    return distance[(element[i] == first) & (element[j] == second)].min()


def test_the_measured_phase_comes_back():
    (row,) = STORE.rows("SELECT * FROM phase WHERE id = 'L011'")
    lattice_A, fractional, occupants = stored_cell(row)
    measured = {
        (site[0][0].elements[0], *np.round(place % 1, 9).tolist())
        for site, place in zip(occupants, fractional, strict=True)
    }
    built = layers("CsPbCl3", 1, apical="I")
    assert built.lattice.matrix == pytest.approx(lattice_A, abs=1e-9)
    assert {
        (site.specie.symbol, *np.round(site.frac_coords % 1, 9).tolist()) for site in built
    } == measured
    assert space_group(built) == 139
    assert not built.properties["history"][0]["notes"]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_ideal_phases_have_their_formula_and_space_group(n):
    structure = layers("CsPbBr3", n)
    assert ions(structure) == {"Cs": 2 * (n + 1), "Pb": 2 * n, "Br": 2 * (3 * n + 1)}
    assert structure.properties["charge"] == 0
    assert space_group(structure) == 139
    # Slabs stand a half diagonal apart: the phase is body-centred.
    moved = np.mod(structure.frac_coords + 0.5, 1)
    gap = structure.lattice.get_all_distances(moved, structure.frac_coords)
    assert gap.min(axis=1) == pytest.approx(0, abs=1e-9)


def test_thick_slabs_become_perovskite():
    a_A = lattice("CsPbBr3").a_pseudocubic_A
    cells = [layers("CsPbBr3", n).lattice for n in (1, 2, 5)]
    # Each layer adds one lattice parameter, so c / 2n tends to a.
    assert cells[0].a == pytest.approx(a_A)
    assert cells[1].c - cells[0].c == pytest.approx(2 * a_A)
    assert cells[2].c - cells[1].c == pytest.approx(6 * a_A)
    # Inside a slab everything stands as in the perovskite.
    layered = intergrowth_sites((5, 5), OF)
    inner = where(layered, "B", "inner")
    inner = inner[layered.depths[inner] > 0]
    places, lattice_A = layered.sites.positions_A, layered.sites.lattice_A
    images = np.array(list(np.ndindex(3, 3, 3))) - 1
    for role, share, number in (("X", 1 / 2, 6), ("A", np.sqrt(3) / 2, 8), ("B", 1, 6)):
        every = (places[where(layered, role)][:, None] + images @ lattice_A).reshape(-1, 3)
        for b in inner:
            apart = np.linalg.norm(every - places[b], axis=1)
            around = np.sort(apart[apart > 1e-6])[: number + 1]
            assert around[:number] == pytest.approx(share * OF.a_A)
            assert around[number] > share * OF.a_A + 0.5


def test_kinds_and_depths_of_sites():
    layered = intergrowth_sites((3, 3), OF)
    kinds = Counter(zip(layered.sites.roles.tolist(), layered.kinds.tolist(), strict=True))
    assert kinds == {
        ("A", "face"): 4,
        ("A", "inner"): 4,
        ("B", "face"): 4,
        ("B", "inner"): 2,
        ("X", "apical"): 4,
        ("X", "bridging"): 4,
        ("X", "equatorial"): 12,
    }
    assert set(layered.regions) == {"RP"}
    assert len(layered.repeated((2, 1, 3))) == 6 * len(layered)


def test_lengths_are_those_of_the_template_scaled():
    face = template().face
    # Bonds of the measured phase, found by pymatgen.
    measured = layers("CsPbCl3", 1, apical="I")
    assert shortest(measured, "Cs", "I") == pytest.approx(face.across_A)
    assert shortest(measured, "Pb", "I") == pytest.approx(face.apical_A)
    # The bromide: what ends at I in the template scales as the iodide, what ends at Cl as the
    # chloride.
    a_A, iodide_A, chloride_A = (
        lattice(formula, 293).a_pseudocubic_A for formula in ("CsPbBr3", "CsPbI3", "CsPbCl3")
    )
    built = layers("CsPbBr3", 1)
    assert shortest(built, "Cs", "Br") == pytest.approx(face.across_A * a_A / iodide_A)
    wanted = face.apical_A + face.across_A
    wanted = 2 * a_A * (wanted / iodide_A + face.a_site_A / chloride_A)
    assert built.lattice.c == pytest.approx(wanted)
    # Cs stands as far from the halides of its layer, in units of the chloride's lattice.
    to_chloride = shortest(measured, "Cs", "Cl") / chloride_A
    beside = [
        near.nn_distance / a_A
        for near in built.get_neighbors(built[0], 4.0)
        if near.specie.symbol == "Br"
    ]
    assert sorted(beside)[1:] == pytest.approx([to_chloride] * 4, rel=0.01)


def test_lengths_may_be_given():
    structure = layers("CsPbBr3", 2, crystal=Crystal(lattice=5.9), stack=Stack(interlayer_A=11.0))
    assert structure.lattice.abc == pytest.approx((5.9, 5.9, 2 * (5.9 + 11.0)))
    # A composition without a cell in the store needs one.
    with pytest.raises(MissingData, match="give a lattice parameter"):
        layers("CsCdBr3", 1)
    assert ions(layers("CsCdBr3", 1, crystal=Crystal(lattice=5.33))) == {"Cs": 4, "Cd": 2, "Br": 8}
    for wrong in (
        {"crystal": {"lattice": 1.0}},
        {"crystal": {"lattice": float("nan")}},
        {"crystal": {"phase": "alpha"}},
        {"stack": {"interlayer_A": 6.0}},
        {"stack": "sideways"},
    ):
        with pytest.raises(InputError):
            layers("CsPbBr3", 1, **wrong)


def test_mixed_sites_hold_exact_numbers():
    structure = layers("Cs0.5MA0.5PbI3", 1, (2, 2, 1), seed=4)
    assert ions(structure) == {"Cs": 8, "MA": 8, "Pb": 8, "I": 32}
    assert structure.properties["charge"] == 0
    assert closest_contact(structure) > 1.6
    assert any("MA" in note for note in structure.properties["history"][0]["notes"])
    mixed = layers("CsPbBr3", 2, (2, 1, 1), apical={"I": 0.5, "Br": 0.5}, seed=2)
    assert ions(mixed) == {"Cs": 12, "Pb": 8, "Br": 24, "I": 4}
    with pytest.raises(StructureError, match="cell 2 times as large"):
        layers("Cs0.625FA0.375PbI3", 1)
    assert ions(layers("Cs0.625FA0.375PbI3", 1, (2, 1, 1)))["FA"] == 3


def test_apical_iodide_stands_at_the_faces_only():
    structure = layers("CsPbBr3", 2, apical="I")
    assert ions(structure) == {"Cs": 6, "Pb": 4, "Br": 10, "I": 4}
    near_iodine = [
        [near.specie.symbol for near in structure.get_neighbors(site, 3.5)].count("Pb")
        for site in structure
        if site.specie.symbol == "I"
    ]
    assert near_iodine == [1, 1, 1, 1]


def test_a_layered_formula_is_taken_apart():
    for formula, n in (("Cs2PbBr4", 1), ("Cs3Pb2Br7", 2), ("Cs4Pb3Br10", 3)):
        assert slab_ions(parse(formula), None, None) == (parse("CsPbBr3"), n, {})
    # The template's own formula has the template's order.
    assert slab_ions(parse("Cs2PbI2Cl2"), None, None) == (parse("CsPbCl3"), 1, {"I": 1.0})
    # The two iodides are apical.
    parent, n, apical = slab_ions(parse("Cs3Pb2Br5I2"), 2, "I")
    assert (parent, n, apical) == (parse("CsPbBr3"), 2, {"I": 1.0})
    with pytest.raises(FormulaError, match="too little"):
        slab_ions(parse("Cs3Pb2Br6I"), None, "I")
    with pytest.raises(InputError, match="n = 2"):
        slab_ions(parse("Cs3Pb2Br7"), 3, None)


def test_an_intergrowth_keeps_one_distance_between_b_ions():
    layered = intergrowth_sites((4, 1), OF)
    assert layered.sites.counts() == {"A": 7, "B": 5, "X": 17}
    assert len(where(layered, "B", region="RP")) == 1
    assert len(where(layered, "B", region="perovskite")) == 4
    structure = layers("CsPbBr3", (4, 1), (2, 2, 1))
    lead = [i for i, site in enumerate(structure) if site.specie.symbol == "Pb"]
    for region in ("RP", "perovskite"):
        here = [i for i in lead if structure.site_properties["region"][i] == region]
        apart = structure.distance_matrix[np.ix_(here, here)]
        assert apart[apart > 0.1].min() == pytest.approx(lattice("CsPbBr3").a_pseudocubic_A)


def test_equal_slabs_are_a_ruddlesden_popper_phase(same):
    pair = layers("CsPbBr3", (2, 2))
    phase = layers("CsPbBr3", 2)
    assert same(pair, phase)
    # Its primitive cell is one slab in an inclined cell.
    one = layers("CsPbBr3", (2,), stack=Stack(closing="tilt"))
    assert 2 * len(one) == len(phase)
    assert one.volume == pytest.approx(phase.volume / 2)
    assert space_group(one) == 139
    assert same(layers("CsPbBr3", (2,)), phase)


def test_an_odd_number_of_slabs_closes_either_way():
    double = layers("CsPbBr3", (3, 1, 2))
    tilt = layers("CsPbBr3", (3, 1, 2), stack=Stack(closing="tilt"))
    assert ions(double) == {ion: 2 * number for ion, number in ions(tilt).items()}
    i, _, _, apart = double.get_neighbor_list(6.5)
    k, _, _, other = tilt.get_neighbor_list(6.5)
    assert len(i) == 2 * len(k)
    assert np.sort(apart) == pytest.approx(np.repeat(np.sort(other), 2))
    with pytest.raises(InputError, match="'tilt'"):
        layers("CsPbBr3", (3,), stack=Stack(closing="open"))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.sampled_from(["double", "tilt"]))
@settings(max_examples=30, deadline=None)
def test_any_stack_is_neutral_and_free_of_contacts(thicknesses, closing):
    layered = intergrowth_sites(thicknesses, OF, closing=closing)
    times = 2 if closing == "double" and len(thicknesses) % 2 else 1
    layers, slabs = sum(thicknesses), len(thicknesses)
    assert layered.sites.counts() == {
        "A": times * (layers + slabs),
        "B": times * layers,
        "X": times * (3 * layers + slabs),
    }
    # One octahedron of X around every B, whatever the stack.
    sites = layered.sites
    b, x = sites.fractional[where(layered, "B")], sites.fractional[where(layered, "X")]
    from pymatgen.core import Lattice

    apart = Lattice(sites.lattice_A).get_points_in_sphere
    for place in b @ sites.lattice_A:
        assert len(apart(x, place, OF.a_A * 0.6)) == 6


def test_dopants_stay_in_their_region():
    structure = layers(
        "CsCd0.1Pb0.9Br3",
        (4, 1),
        (2, 2, 1),
        where={"Cd": "RP"},
        seed=1,
        crystal=Crystal(lattice=5.869),
    )
    regions = structure.site_properties["region"]
    assert ions(structure)["Cd"] == 2
    assert {
        region
        for region, site in zip(regions, structure, strict=True)
        if site.specie.symbol == "Cd"
    } == {"RP"}
    with pytest.raises(StructureError, match=r"At most a fraction 0\.2 "):
        layers(
            "CsCd0.25Pb0.75Br3",
            (4, 1),
            (2, 2, 1),
            where={"Cd": "RP"},
            crystal=Crystal(lattice=5.869),
        )
    with pytest.raises(InputError, match="It has: perovskite, RP"):
        layers("CsPbBr3", (4, 1), where={"Pb": "core"})
    with pytest.raises(UnknownSpecies):
        layers("CsPbBr3", (4, 1), where={"Sn": "RP"})


@pytest.mark.parametrize(
    ("boundary", "excess"), [("AX", 2), ("BX2", -2), ("AX+BX2", 0), ("conservative", 0)]
)
@pytest.mark.parametrize("shift", [(0.5, 0.5), (0.5, 0), (0, 0.5)])
def test_antiphase_boundaries(boundary, excess, shift):
    layered = antiphase_sites((4, 3), OF, boundary, shift)
    assert layered.sites.counts() == {"A": 7 + excess, "B": 7, "X": 21 + excess}
    # Both blocks are perovskite, one half a lattice vector beside the other.
    columns = [
        np.unique(np.round(layered.sites.fractional[of_block][:, :2] % 1, 9), axis=0)
        for of_block in (
            np.intersect1d(where(layered, "B"), np.where(layered.blocks == k)) for k in (0, 1)
        )
    ]
    assert [len(of_block) for of_block in columns] == [1, 1]
    assert (columns[1] - columns[0])[0] % 1 == pytest.approx(shift)
    structure = layers(
        "CsPbBr3", (4, 3), crystal=Crystal(lattice=6.0), stack=Stack(boundary, shift=shift)
    )
    assert structure.properties["charge"] == 0
    # Nothing is nearer across a boundary than it is in a crystal or in the template.
    assert shortest(structure, "Pb", "Br") == pytest.approx(3.0)
    assert shortest(structure, "Br", "Br") == pytest.approx(6 / np.sqrt(2))
    assert shortest(structure, "Cs", "Br") >= OF.face.across_A - 1e-9
    # The A ion of a face is sunk, towards the A and B of its own slab.
    sunk_A = OF.face.a_site_A
    assert shortest(structure, "Cs", "Cs") >= 3.0 + sunk_A - 1e-9
    assert shortest(structure, "Cs", "Pb") >= np.hypot(6 / np.sqrt(2), sunk_A) - 1e-9


def test_ax_on_ax_by_half_a_diagonal_is_the_boundary_of_an_intergrowth():
    boundary = layers("CsPbBr3", (4, 3), stack="AX")
    grown = layers("CsPbBr3", (4, 3))
    assert np.allclose(boundary.lattice.matrix, grown.lattice.matrix)
    assert np.allclose(boundary.frac_coords, grown.frac_coords)


def test_bx2_on_bx2_by_half_an_edge_shares_edges_of_octahedra():
    structure = layers(
        "CsPbBr3", (3, 3), crystal=Crystal(lattice=6.0), stack=Stack("BX2", shift=(0.5, 0))
    )
    around = [
        sum(near.specie.symbol == "Br" for near in structure.get_neighbors(site, 3.01))
        for site in structure
        if site.specie.symbol == "Pb"
    ]
    assert around == [6] * 6
    assert shortest(structure, "Pb", "Pb") == pytest.approx(6 / np.sqrt(2))


def test_the_spacing_is_where_the_first_contact_closes():
    layered = antiphase_sites((2, 2), OF, "AX", (0.5, 0))

    spacing = contact_spacing(Block(2), Block(2), (0.5, 0.0), OF)
    assert contact_spacing(Block(500), Block(900), (0.5, 0.0), OF) == spacing
    assert layered.sites.lattice_A[2, 2] == pytest.approx(2 * (spacing + OF.a_A))
    nearer = contact_spacing(Block(2), Block(2), (0.5, 0.5), OF)
    assert nearer == pytest.approx(OF.face.interlayer_A)


@pytest.mark.parametrize(
    "arguments",
    [
        {"x": "CsPb(I0.5Br0.5)3", "layers": 1, "size": [2, 1, 1]},
        {"x": "CsPbCl3", "apical": "I"},
        {"x": "MAPbI3", "layers": 2, "size": (2, 2, 1), "seed": 3},
        {
            "x": "CsCd0.25Pb0.75Br3",
            "layers": (3, 1),
            "size": (2, 2, 1),
            "where": {"Cd": "RP"},
            "crystal": Crystal(lattice=5.85),
        },
        {"x": "CsPbBr3", "layers": (2,), "stack": Stack(closing="tilt")},
        {"x": "CsPbBr3", "stack": Stack("BX2", shift=(0.5, 0))},
        {"x": "CsPb(I0.5Br0.5)3", "size": (2, 1, 1), "stack": "AX", "seed": 7},
    ],
)
def test_a_history_builds_the_structure_again(arguments, same):
    import json

    structure = layers(**arguments)
    (step,) = structure.properties["history"]
    assert step["step"] == "layers"
    again = layers(**json.loads(json.dumps(step["arguments"])))
    assert same(structure, again)
    assert structure.properties == again.properties


def test_the_seed_orders_the_ions(same):
    first, again, other = (
        layers("CsPb(I0.5Br0.5)3", 1, (2, 2, 1), seed=seed) for seed in (0, 0, 1)
    )
    assert same(first, again)
    assert not same(first, other)


@pytest.mark.parametrize("rule", RULES)
def test_ions_that_share_sites_are_ordered_by_any_rule(rule):
    # Of n = 1 each slab holds a square net of B ions, which two ions can share in turns.
    if rule == "columnar":
        with pytest.raises(StructureError, match="form no columns"):
            layers("CsPb0.5Sn0.5I3", 1, (2, 2, 1), order=rule)
        return
    made = layers("CsPb0.5Sn0.5I3", 1, (2, 2, 1), order=rule, seed=3)
    assert ions(made) == {"Cs": 16, "Pb": 4, "Sn": 4, "I": 32}
    assert made.properties["history"][0]["arguments"]["order"] == rule
    if rule == "rocksalt":
        i, j, *_ = made.get_neighbor_list(made.lattice.a / 2 * 1.01)
        symbol = np.array([site.specie.symbol for site in made])
        assert not ((symbol[i] == "Pb") & (symbol[j] == "Pb")).any()
        assert ((symbol[i] == "Pb") & (symbol[j] == "Sn")).sum() == 4 * 4
    if rule == "layered":
        planes = {
            (round(float(unit.centre_A[2]), 3), unit.ion)
            for unit in units(made)
            if unit.role == "B"
        }
        assert len(planes) == 2


def test_an_order_leaves_the_ions_of_a_region_there():
    made = layers(
        "CsCd0.1Pb0.5Sn0.4Br3",
        (4, 1),
        (2, 2, 1),
        where={"Cd": "RP"},
        order="clustered",
        crystal=Crystal(lattice=5.85),
    )
    # Seven AX planes and five BX2 planes in each of the four cells; a tenth of B is Cd.
    assert ions(made) == {"Cs": 28, "Cd": 2, "Pb": 10, "Sn": 8, "Br": 68}
    regions = made.site_properties["region"]
    assert {r for r, site in zip(regions, made, strict=True) if site.specie.symbol == "Cd"} == {
        "RP"
    }
    with pytest.raises(InputError, match="rocksalt"):
        layers("CsPbBr3", order="alphabetical")


def test_layered_models_stand_in_the_cell_of_the_perovskite():
    # The boundary costs volume, the slabs have the perovskite's.
    cubic = build("CsPbBr3", "alpha", (1, 1, 1))
    grown = layers("CsPbBr3", (6, 6), crystal=Crystal(lattice=cubic.lattice.a))
    face = lengths(parse("CsPbBr3"), {}, Crystal(lattice=cubic.lattice.a)).face
    wanted = 10 * cubic.volume + 2 * face.interlayer_A * cubic.lattice.a**2
    assert grown.volume == pytest.approx(wanted)


@pytest.mark.parametrize(
    "call",
    [
        lambda: layers("CsPbBr3", 0),
        lambda: layers("CsPbBr3", 1.5),
        lambda: layers("CsPbBr3", True),
        lambda: layers("CsPbBr3", 10**9),
        lambda: layers("CsPbBr3", 1, (0, 1, 1)),
        lambda: layers("CsPbBr3", 1, (100, 100, 100)),
        lambda: layers("CsPbBr3", 1, apical="Cs"),
        lambda: layers("CsPbBr3", 1, apical={"I": 0.3}),
        lambda: layers("CsPbBr3", 1, apical={}),
        lambda: layers("MAPbBr3", 1, orientation="sideways"),
        lambda: layers("CsPbBr3", ()),
        lambda: layers("CsPbBr3", (4, 0)),
        lambda: layers("CsPbBr3", (4, 1), stack=Stack(rp_layers=-1)),
        lambda: layers("CsPbBr3", (4, 1), stack="AX"),
        lambda: layers("CsPbBr3", (4,), stack="AX"),
        lambda: layers("CsPbBr3", 1, where={"Cs": "RP"}),
        lambda: layers("CsPbBr3", stack="PbI"),
        lambda: layers("CsPbBr3", stack=Stack("AX", shift=(0.25, 0))),
        lambda: layers("CsPbBr3", stack=Stack("AX", shift="half")),
    ],
)
def test_what_cannot_be_built_is_said(call):
    with pytest.raises(InputError) as refused:
        call()
    assert refused.value.mend


def test_a_layered_phase_takes_any_size():
    wide = layers("CsPbBr3", 1, "12 A")
    assert min(wide.lattice.abc[:2]) >= 12.0 - 1e-6
    turned = layers("CsPbBr3", 1, [[1, 1, 0], [-1, 1, 0], [0, 0, 1]])
    assert turned.lattice.a == pytest.approx(layers("CsPbBr3", 1).lattice.a * np.sqrt(2))
    assert len(turned) == 2 * len(layers("CsPbBr3", 1))
    assert space_group(turned) == 139
