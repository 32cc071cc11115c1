import json
import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.transform import Rotation

from perovdb.calculators.average_cell import average_cell
from perovdb.composition import parse
from perovdb.errors import InputError, StructureError
from perovdb.structures.builder import build
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.files.writing import write_structure
from perovdb.structures.octahedra.analysis import (
    Octahedra,
    density_g_cm3,
    octahedra_of_sites,
)
from perovdb.structures.octahedra.bonds import sites_of
from perovdb.structures.octahedra.comparison import OctahedraChange
from perovdb.structures.octahedra.measuring import octahedra
from perovdb.structures.octahedra.octahedron import CORNERS, measure
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat
from perovdb.structures.tilts.cells import tilted_sites

ORIGIN = np.zeros(3)


def bare(formula: str, phase: str) -> Sites:
    cell = average_cell(formula, phase)
    return Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))


def test_a_stretched_octahedron():
    # Delta of two bonds of 1 + 2e and four of 1 - e is 2 e^2; nothing is bent.
    one = measure(0, "Pb", ORIGIN, 3.0 * CORNERS * [0.98, 0.98, 1.04])
    assert one.mean_bond_A == pytest.approx(3.0)
    assert one.bond_length_distortion == pytest.approx(2 * 0.02**2)
    assert one.angle_variance_deg2 == pytest.approx(0)
    assert one.volume_A3 == pytest.approx(4 / 3 * 27 * 0.98**2 * 1.04)
    assert one.tilt_deg == pytest.approx((0, 0, 0))


def test_a_sheared_octahedron():
    # The axes a and b lean to each other: two cis angles of 90 + 4 degrees, two of 90 - 4.
    lean = np.radians(2)
    shear = np.array([[np.cos(lean), np.sin(lean), 0], [np.sin(lean), np.cos(lean), 0], [0, 0, 1]])
    one = measure(0, "", ORIGIN, 3.0 * CORNERS @ shear)
    assert one.angle_variance_deg2 == pytest.approx(4 * 4**2 / 11)
    assert one.bond_length_distortion == pytest.approx(0)
    volume = 4 / 3 * 27 * np.cos(2 * lean)
    assert one.volume_A3 == pytest.approx(volume)
    assert one.quadratic_elongation == pytest.approx(9 / (0.75 * volume) ** (2 / 3))
    assert one.tilt_deg == pytest.approx((0, 0, 0), abs=1e-9)


def test_an_octahedron_off_its_centre():
    one = measure(0, "", ORIGIN, 3.0 * CORNERS - [0.1, 0.2, -0.2])
    assert one.off_centre_A == pytest.approx(0.3)
    assert one.tilt_deg == pytest.approx((0, 0, 0), abs=1e-9)


def test_the_tilt_is_the_best_rigid_turn():
    """Against a direct search for the rotation of least squares."""
    rng = np.random.default_rng(7)
    turn = Rotation.from_rotvec([8, -5, 11], degrees=True).as_matrix()
    vectors = 3.0 * CORNERS @ turn.T + rng.normal(scale=0.1, size=(6, 3))
    one = measure(0, "", ORIGIN, vectors)

    def misfit(rotvec: np.ndarray) -> float:
        fitted = 3.0 * CORNERS @ Rotation.from_rotvec(rotvec, degrees=True).as_matrix().T
        return float(((vectors - vectors.mean(axis=0) - fitted) ** 2).sum())

    best = minimize(misfit, [8, -5, 11], method="Nelder-Mead", options={"xatol": 1e-6}).x
    assert one.tilt_deg == pytest.approx(best, abs=1e-3)


@pytest.mark.parametrize("lost", [[0], [0, 2], [0, 2, 4], [1, 4]])
def test_an_octahedron_that_lacks_corners(lost):
    turn = Rotation.from_rotvec([8, -5, 11], degrees=True).as_matrix()
    vectors = np.delete(3.0 * CORNERS @ turn.T - [0.1, 0, 0], lost, axis=0)
    one = measure(0, "", ORIGIN, vectors)
    assert not one.complete
    assert one.coordination == 6 - len(lost)
    assert math.isnan(one.volume_A3)
    assert one.tilt_deg == pytest.approx((8, -5, 11), abs=0.5)
    assert one.off_centre_A == pytest.approx(0.1, abs=0.05)


def test_two_bonds_in_line_show_no_tilt():
    one = measure(0, "", ORIGIN, 3.0 * CORNERS[:2])
    assert all(map(math.isnan, one.tilt_deg))
    assert math.isnan(measure(0, "", ORIGIN, np.empty((0, 3))).mean_bond_A)


def test_one_cell_of_the_cubic_phase_shares_corners_with_itself():
    found = octahedra(build("CsPbI3", "alpha"))
    assert found.glazer == "a0a0a0"
    assert found.complete == 1
    assert found.bridge_angles_deg == pytest.approx([180, 180, 180])
    assert found.a_coordination == (12,)
    assert found.shared_edges == 0


def test_gamma_cspbi3_is_tilted_as_its_coordinates_say():
    """No tilt angles of Sutton (2018) were found in print: they are worked out from the
    coordinates by hand. The apical Pb-I-Pb is 180 - 2 theta, theta the turn about the axis in
    the plane; seen along c, the four bonds in the plane are turned by phi."""
    sites = bare("CsPbI3", "gamma")
    found = octahedra_of_sites(sites)
    assert found.glazer == "a-a-c+"
    a, b, c = found.tilts.tilt_deg
    assert a == pytest.approx(b, abs=1e-6)
    assert min(found.bridge_angles_deg) > 145
    theta = (180 - max(found.bridge_angles_deg)) / 2
    # Of the octahedra themselves, not quite regular (angle variance 2.5), within a degree.
    assert math.hypot(a, b) == pytest.approx(theta, abs=1.0)

    apical = sites.fractional[:, 2] % 0.5
    flat = [i for i in sites.of("X") if min(abs(apical[i] - 0.25), 1) > 0.1]
    pb = sites.fractional[sites.of("B")[0]]
    steps = sites.fractional[flat] - pb
    steps = (steps - np.rint(steps)) @ sites.lattice_A
    near = steps[np.argsort(np.linalg.norm(steps, axis=1))[:4]]
    lengths = np.linalg.norm(sites.lattice_A, axis=1)
    axes = np.array([[lengths[0], lengths[1]], [-lengths[0], lengths[1]]])
    turns = []
    for step in near:
        angle = np.degrees(np.arctan2(step[1], step[0]) - np.arctan2(axes[:, 1], axes[:, 0]))
        angle = (angle + 90) % 180 - 90
        turns.append(angle[np.abs(angle).argmin()])
    assert c == pytest.approx(abs(np.mean(turns)), abs=0.6)


def test_every_octahedron_of_gamma_cspbi3_against_a_direct_fit():
    sites = bare("CsPbI3", "gamma")
    found = octahedra_of_sites(sites)
    frame = np.array(found.axes)
    for one in found.octahedra:
        steps = sites.fractional[sites.of("X")] - sites.fractional[one.site]
        steps = (steps - np.rint(steps)) @ sites.lattice_A @ frame.T
        near = steps[np.argsort(np.linalg.norm(steps, axis=1))[:6]]
        corners = CORNERS[(near @ CORNERS.T).argmax(axis=1)]
        turn, _ = Rotation.align_vectors(near, corners)
        assert one.tilt_deg == pytest.approx(turn.as_rotvec(degrees=True), abs=1e-6)


def test_phases_of_the_store():
    assert octahedra_of_sites(bare("CsPbI3", "beta")).glazer == "a0a0c+"
    assert octahedra_of_sites(bare("CsPbBr3", "gamma")).glazer == "a-a-c+"
    assert octahedra_of_sites(bare("MAPbI3", "gamma")).glazer == "a-b+a-"
    # The yellow phase is made of chains that share edges.
    assert octahedra_of_sites(bare("CsPbI3", "delta")).shared_edges > 0


@pytest.mark.parametrize("size", [(2, 1, 1), (2, 2, 2), (1, 3, 1)])
def test_a_supercell_and_another_frame_change_nothing(size):
    sites = tilted_sites("a-a-c+", (8, 5), 3.1)
    lattice, fractional = repeat(sites.lattice_A, sites.fractional, size)
    rng = np.random.default_rng(3)
    moved = fractional + rng.integers(-2, 3, size=fractional.shape)
    large = Sites(lattice, moved, np.tile(sites.roles, int(np.prod(size))))
    found = octahedra_of_sites(large)
    assert found.glazer == "a-a-c+"
    assert found.tilts.tilt_deg == pytest.approx((8, 8, 5), abs=1e-6)
    turn = Rotation.from_rotvec([10, 20, 70], degrees=True).as_matrix()
    turned = octahedra_of_sites(Sites(lattice @ turn.T, moved, large.roles), axes=turn.T)
    assert turned.glazer == "a-a-c+"
    assert turned.tilts.tilt_deg == pytest.approx((8, 8, 5), abs=1e-6)


def test_tilts_at_random_have_no_pattern():
    lattice, fractional = repeat(
        np.eye(3) * 6.2, tilted_sites("a0a0a0", (), 3.1).fractional, (4,) * 3
    )
    roles = np.tile(["A", "B", "X", "X", "X"], 64)
    shaken = fractional + np.random.default_rng(0).normal(scale=0.01, size=fractional.shape)
    found = octahedra_of_sites(Sites(lattice, shaken, roles))
    assert found.glazer == "a~a~a~"


def test_a_particle_has_octahedra_that_lack_corners():
    lattice, fractional = repeat(
        np.eye(3) * 6.2, tilted_sites("a0a0a0", (), 3.1).fractional, (3,) * 3
    )
    roles = np.tile(["A", "B", "X", "X", "X"], 27)
    box = Sites(lattice * 2, fractional / 2 + 0.1, roles, (False, False, False))
    found = octahedra_of_sites(box)
    # X stands on the far side of each B along each axis: only B with a cell before them are whole.
    assert found.complete == 8
    assert sorted(one.coordination for one in found.octahedra)[0] == 3
    assert found.glazer == "a0a0a0"
    assert found.averages["volume_A3"] == pytest.approx(4 / 3 * 3.1**3)


def test_a_vacancy_and_what_it_does():
    before = build("CsPbI3", "alpha", (2, 2, 2))
    after = defects(build("CsPbI3", "alpha", (2, 2, 2)), ["V_I"])
    found = octahedra(before, after)
    gone = [one for one in found.changes if one.lost_corners]
    assert len(gone) == 2
    assert [one.distance_A for one in gone] == pytest.approx([3.1447, 3.1447], abs=1e-4)
    assert found.changes[:2] == tuple(gone)
    assert found.after.complete == 6
    assert all(math.isnan(one.differences["volume_A3"]) for one in gone)
    assert all(one.moved_A < 1e-9 for one in found.changes)


def test_changes_are_per_octahedron_and_by_distance():
    before = defects(build("CsPbI3", "alpha", (2, 2, 2)), ["V_Cs"])
    after = before.copy()
    x = next(i for i, role in enumerate(after.site_properties["role"]) if role == "X")
    after.translate_sites([x], [0.2, 0, 0], frac_coords=False, to_unit_cell=False)
    found = octahedra(before, after, point_A=before[x].coords)
    changed = [one for one in found.changes if abs(one.differences["mean_bond_A"]) > 1e-6]
    assert len(changed) == 2
    assert max(one.distance_A for one in changed) == pytest.approx(found.changes[1].distance_A)
    json.dumps(found.as_dict(), allow_nan=False)
    assert math.isnan(octahedra(before, before).changes[0].distance_A)


def test_molecules_count_as_one_a_ion():
    found = octahedra(build("FAPbI3", "alpha", (2, 2, 2), seed=3))
    assert len(found.a_coordination) == 8
    assert {one.ion for one in found.octahedra} == {"Pb"}
    text = json.dumps(found.as_dict(), allow_nan=False)
    assert "mean_bond_A" in text


def test_density():
    # Cs Pb I3 in 248.787 A^3: 720.82 u (IUPAC weights) by hand.
    cube = build("CsPbI3", "alpha", (1, 1, 1))
    grams = (132.905 + 207.2 + 3 * 126.904) * 1.66053907
    assert density_g_cm3(cube) == pytest.approx(grams / cube.volume, rel=1e-4)
    assert density_g_cm3(cube) == pytest.approx(float(cube.density), rel=1e-4)


def test_what_has_no_octahedra_is_refused():
    cell = build("CsPbI3", "alpha")
    with pytest.raises(StructureError):
        octahedra_of_sites(Sites(np.eye(3) * 6, np.zeros((1, 3)), np.array(["A"])))
    far = Sites(np.eye(3) * 30, np.array([[0, 0, 0], [0.5, 0, 0]]), np.array(["B", "X"]))
    with pytest.raises(StructureError):
        octahedra_of_sites(far)
    cell.remove_site_property("role")
    with pytest.raises(StructureError):
        sites_of(cell)
    assert octahedra(cell).complete == 1
    with pytest.raises(InputError):
        octahedra(build("CsPbI3", "alpha"), axes=np.zeros((3, 3)))
    with pytest.raises(InputError):
        octahedra(build("CsPbI3", "alpha"), build("CsPbI3", "alpha"), point_A=(1, 2))
    with pytest.raises(StructureError):
        octahedra(build("CsPbI3", "alpha"), build("CsPbI3", "alpha", (2, 1, 1)))


def test_any_material_is_measured(tmp_path):
    structure = build("CsPbI3", "gamma")
    file = tmp_path / "x.cif"
    write_structure(structure, file)
    bare = structure.copy()
    for name in ("role", "ion", "molecule"):
        bare.remove_site_property(name)
    bare.properties = {}
    for material in (
        "CsPbI3",
        parse("CsPbI3"),
        structure,
        bare,
        file,
        str(file),
        bare.to_ase_atoms(),
    ):
        answer = octahedra(material)
        assert (answer.glazer, answer.complete) == ("a-a-c+", 4)
        assert answer.density_g_cm3 == pytest.approx(density_g_cm3(structure), rel=1e-6)
        assert "4 of 4 octahedra complete, a-a-c+" in repr(answer)
    assert octahedra("CsPbI3", phase="alpha").space_group == "Pm-3m"
    assert octahedra(structure).space_group == "Pnma"
    assert octahedra("CsPbI3", phase="delta").space_group is None
    with pytest.raises(InputError, match="that of a formula"):
        octahedra(structure, phase="alpha")
    with pytest.raises(InputError, match="second structure"):
        octahedra(structure, point_A=(0, 0, 0))


def test_answers_go_through_json_and_into_a_frame():
    full = build("CsPbI3", "alpha", (2, 2, 2))
    lacking = defects(build("CsPbI3", "alpha", (2, 2, 2)), ["V_I"])
    one, change = octahedra(lacking), octahedra(full, lacking)
    for answer, kind in ((one, Octahedra), (change, OctahedraChange)):
        data = json.loads(json.dumps(answer.as_dict(), allow_nan=False))
        again = kind.from_dict(data)
        assert json.dumps(again.as_dict()) == json.dumps(data)
        assert "\n" not in repr(answer)
        assert len(answer.to_frame()) == 8
    assert math.isnan(one.octahedra[0].volume_A3) or math.isnan(one.octahedra[-1].volume_A3)
    assert change.to_frame()["lost"].astype(bool).sum() == 2
    assert "6 of 8 octahedra complete" in str(change)
    assert max(map(len, f"{one}\n{change}".split("\n"))) <= 80
    assert octahedra("CsPbI3", phase="delta").notes[0].startswith("8 pairs")
