"""Slabs: planes by counting, whole molecules, areas and charges."""

from collections import Counter

import numpy as np
import pytest
from pymatgen.core.surface import SlabGenerator

from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.structures import history
from perovdb.structures.builder import build
from perovdb.structures.crystals import Crystal
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.hosts import Tilt
from perovdb.structures.particles.report import report
from perovdb.structures.particles.slabs import Surface, slab
from perovdb.structures.units import closest_contact, units


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


@pytest.mark.parametrize("phase", ["alpha", "gamma"])
@pytest.mark.parametrize(
    ("normal", "bottom", "top", "per_layer", "extra"),
    [
        ((0, 0, 1), "AX", "AX", 1, {"Cs": 1, "Br": 1}),
        ((0, 0, 1), "BX2", "BX2", 1, {"Cs": -1, "Br": -1}),
        ((0, 0, 1), "AX", "BX2", 1, {}),
        ((1, 1, 0), "X2", "X2", 1, {"Br": 2}),
        ((1, 1, 0), "ABX", "ABX", 1, {"Br": -2}),
        ((1, 1, 1), "AX3", "AX3", 1, {"Cs": 1, "Br": 3}),
        ((1, 1, 1), "B", "AX3", 1, {}),
        ((1, 0, 0), "AX", "AX", 1, {"Cs": 1, "Br": 1}),
    ],
)
def test_planes_by_counting(phase, normal, bottom, top, per_layer, extra):
    made = slab(
        "CsPbBr3",
        layers=4,
        crystal=Crystal(phase),
        surface=Surface(normal=normal, termination=bottom, symmetric=bottom == top),
    )
    cells = ions(made)["Pb"] // 4
    wanted = {"Cs": 4 * per_layer, "Pb": 4 * per_layer, "Br": 12 * per_layer}
    assert ions(made) == {ion: cells * (n + extra.get(ion, 0)) for ion, n in wanted.items()}
    charge = cells * (extra.get("Cs", 0) - extra.get("Br", 0))
    assert made.properties["charge"] == charge == report(made).charge
    told = " ".join(history.notes(made))
    assert (f"the slab carries {charge:+d} e" in told) is (charge != 0)
    assert ("the two sides differ" in told) is (bottom != top)
    # CsBr and PbBr2 are neutral; CsPbBr, Br2, CsBr3 and Pb are not.
    assert ("polar" in told) is (bottom not in ("AX", "BX2"))
    assert closest_contact(made) > 2.5


@pytest.mark.parametrize("normal", [(0, 0, 1), (1, 1, 0), (1, 1, 1), (2, 1, 0)])
def test_areas_against_pymatgen(normal):
    crystal = build("CsPbBr3", "alpha")
    wanted = SlabGenerator(crystal, normal, 10, 10, primitive=False).get_slab().surface_area
    bottom = {(1, 1, 0): "ABX", (1, 1, 1): "B"}.get(normal, "BX2")
    assert report(
        slab("CsPbBr3", surface=Surface(normal=normal, termination=bottom))
    ).area_nm2 == (pytest.approx(wanted / 100))


@pytest.mark.parametrize("normal", [(0, 0, 1), (0, 1, 0), (1, 1, 0)])
def test_bonds_of_a_slab_are_those_of_the_crystal(normal):
    """Every Pb inside a slab of the tilted crystal keeps its six bonds, images counted."""
    crystal = build("CsPbBr3", "gamma")
    bottom = "X2" if normal == (1, 1, 0) else "AX"
    made = slab(
        crystal, layers=3, surface=Surface(normal=normal, termination=bottom, lateral=(2, 1))
    )
    wanted = sorted(n.nn_distance for n in crystal.get_neighbors(_lead(crystal)[0], 3.5))
    for site in _lead(made):
        found = sorted(n.nn_distance for n in made.get_neighbors(site, 3.5))
        assert found == pytest.approx(wanted, abs=1e-6)


def _lead(structure):
    return [site for site in structure if site.specie.symbol == "Pb"]


@pytest.mark.parametrize("termination", ["AX", "BX2"])
def test_molecules_stay_whole(termination):
    crystal = build("MA0.5FA0.5PbI3", size=(2, 2, 2), seed=3)
    made = slab(crystal, layers=4, surface=Surface(termination=termination))
    sizes = {unit.ion: len(unit.atoms) for unit in units(crystal)}
    spans = {}
    for unit in units(crystal):
        spans.setdefault(unit.ion, np.ptp(crystal.cart_coords[unit.atoms], axis=0).max())
    for unit in units(made):
        assert len(unit.atoms) == sizes[unit.ion]
        assert np.ptp(made.cart_coords[unit.atoms], axis=0).max() < 4.5
    molecules = [m for m in made.site_properties["molecule"] if m >= 0]
    assert len(set(molecules)) == sum(n for ion, n in ions(made).items() if sizes[ion] > 1)
    if termination == "BX2":
        # The ordering of the crystal is cut, not drawn anew: 12 molecules of three layers.
        assert sum(n for ion, n in ions(made).items() if ion in ("MA", "FA")) == 12


def test_vacuum_and_lateral_size():
    made = slab("MAPbI3", layers=3, surface=Surface(lateral=(2, 3), vacuum_A=15.0))
    one = slab("MAPbI3", layers=3)
    assert report(made).vacuum_nm == pytest.approx(1.5)
    assert report(made).area_nm2 == pytest.approx(6 * report(one).area_nm2)
    assert ions(made)["Pb"] == 18
    assert made.lattice.pbc == (True, True, False)


def test_polar_surfaces_are_noted_and_neutral_ones_are_not():
    polar = slab("CsPbBr3", surface=Surface(normal=(1, 1, 0), termination="X2", symmetric=False))
    assert any("polar" in note for note in polar.properties["history"][-1]["notes"])
    assert abs(report(polar).dipole_D_per_nm2) > 10
    neutral = slab("CsPbBr3", surface=Surface(symmetric=False))
    assert not any("polar" in note for note in neutral.properties["history"][-1]["notes"])
    assert report(neutral).dipole_D_per_nm2 == pytest.approx(0, abs=1e-9)


def test_alloys_in_exact_numbers(same):
    with pytest.raises(StructureError, match="nearest numbers"):
        slab("Cs0.3FA0.7PbI3", layers=2)
    made = slab("Cs0.5FA0.5PbI3", layers=3, seed=4, surface=Surface(lateral=(2, 2)))
    assert ions(made) == {"Cs": 8, "FA": 8, "Pb": 12, "I": 40}
    assert same(slab("Cs0.5FA0.5PbI3", layers=3, seed=4, surface=Surface(lateral=(2, 2))), made)


def test_the_history_makes_it_again(same):
    made = slab(
        "Cs0.5FA0.5PbI3", layers=3, seed=9, surface=Surface(termination="BX2", lateral=(2, 2))
    )
    assert same(slab(**made.properties["history"][-1]["arguments"]), made)
    crystal = build("CsPbBr3", "gamma")
    cut = slab(crystal, surface=Surface(normal=(1, 1, 0), termination="ABX"))
    assert same(slab(crystal, **cut.properties["history"][-1]["arguments"]), cut)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"surface": {"normal": (0, 0, 0)}}, InputError),
        ({"surface": {"normal": (0, 1)}}, InputError),
        ({"surface": {"normal": (0, 0, 0.5)}}, InputError),
        ({"layers": 0}, InputError),
        ({"layers": 99999}, InputError),
        ({"surface": {"termination": "X2"}}, InputError),
        ({"surface": {"lateral": (1, 0)}}, InputError),
        ({"surface": {"vacuum_A": -1}}, InputError),
        ({"crystal": {"lattice": 0}}, InputError),
    ],
)
def test_what_cannot_be_cut(arguments, error):
    with pytest.raises(PerovdbError) as caught:
        slab("CsPbBr3", **arguments)
    assert isinstance(caught.value, error)


@pytest.mark.parametrize("lateral", [(1, 1), (2, 3)])
def test_only_the_two_sides_of_a_slab_are_its_surface(lateral):
    cells = lateral[0] * lateral[1]
    made = slab("CsPbBr3", layers=3, surface=Surface(lateral=lateral))
    # On AX planes A has four B below it, X one; the B of the outer layers lack a neighbour.
    assert report(made).surface == {"A": 2 * cells, "B": 2 * cells, "X": 2 * cells}


def test_vacancies_of_a_slab_keep_apart_from_their_images():
    made = slab("CsPbBr3", layers=2, surface=Surface(lateral=(4, 1)))
    holes = defects(made, ["V_Br:4"], choose="surface")
    left = {tuple(unit.centre_A.round(3)) for unit in units(holes)}
    gone = np.array([u.centre_A for u in units(made) if tuple(u.centre_A.round(3)) not in left])
    # Two on either side, half a cell apart: the ends of the cell are neighbours.
    top = gone[gone[:, 2] > gone[:, 2].mean()]
    places = made.lattice.get_fractional_coords(top)
    apart = made.lattice.get_all_distances(places, places)
    assert apart[0, 1] == pytest.approx(made.lattice.a / 2)


@pytest.mark.parametrize("normal", [(1, 1, 0), (1, 0, 0), (3, 2, 1), (1, -2, 3)])
def test_a_surface_of_a_hexagonal_cell_is_no_smaller_than_its_lattice_allows(normal):
    """A layer of the cell's lattice holds one point in V/d, d being the distance of the planes."""
    crystal = build("CsPbI3", phase=Tilt("a-a-a-", [8]))
    cell = np.rint(crystal.lattice.matrix / np.cbrt(crystal.volume / 6))
    heights = np.rint(cell @ normal).astype(int)
    apart = np.gcd.reduce(heights) / np.linalg.norm(normal) * np.cbrt(crystal.volume / 6)
    termination = "AX" if np.sum(np.abs(normal)) % 2 else "ABX"
    made = slab(crystal, layers=1, surface=Surface(normal=normal, termination=termination))
    area = np.linalg.norm(np.cross(*made.lattice.matrix[:2]))
    assert area == pytest.approx(crystal.volume / apart, rel=0.02)
    assert closest_contact(made) >= closest_contact(crystal) - 1e-6
