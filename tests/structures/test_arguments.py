"""Arguments of another kind than a public function says; what a history keeps of the others."""

import inspect
import json

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.structures.arguments import checked
from perovdb.structures.builder import build
from perovdb.structures.defects.interstitials import add_interstitial
from perovdb.structures.defects.substitutions import substitute
from perovdb.structures.defects.vacancies import vacancies
from perovdb.structures.defects.voids import voids
from perovdb.structures.files.ase_adapter import to_ase
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.restoring import adopt
from perovdb.structures.files.writing import as_text
from perovdb.structures.layered.ruddlesden_popper import ruddlesden_popper
from perovdb.structures.particles.nanocrystals import nanocrystal
from perovdb.structures.particles.slabs import slab
from perovdb.structures.rebuilding import CHANGES, FIRST, rebuild
from perovdb.structures.streams import stream
from perovdb.structures.supercells import supercell
from perovdb.structures.units import units

#: Nothing that any argument may be.
WRONG = [object(), b"x", {"x": object()}, [object()], float("nan")]


@pytest.fixture(scope="module")
def crystal():
    return build("CsPbBr3", "alpha", (2, 2, 2))


@pytest.mark.parametrize("name", [*FIRST, *CHANGES])
@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: type(value).__name__)
def test_no_step_takes_what_is_of_another_kind(name, wrong, crystal):
    step = {**FIRST, **CHANGES}[name]
    parameters = inspect.signature(step).parameters
    # The store is the program's own; what a step needs is given, so that the one is refused.
    needed = {one: None for one, about in parameters.items() if about.default is about.empty}
    if name in CHANGES:
        del needed["structure"]
    for argument in [one for one in parameters if one not in ("store", "structure")]:
        given = {**needed, argument: wrong}
        with pytest.raises(PerovdbError):
            step(*([crystal] if name in CHANGES else []), **given)


def test_kinds_are_those_of_the_annotations():
    @checked
    def takes(number: int, lengths: tuple[float, float], names: dict[str, int] | None = None):
        return number, lengths, names

    assert takes(np.int64(2), np.array([1.5, 2]), {"a": 1}) is not None
    assert takes(2, [1, 2.5])[2] is None
    for wrong in (True, 1.0, "1", None):
        with pytest.raises(InputError, match=r"number of takes cannot be .* Give a whole number"):
            takes(wrong, (1, 2))
    with pytest.raises(InputError, match="2 times a finite number"):
        takes(1, (np.inf, 1))
    with pytest.raises(InputError, match="a mapping from a text to a whole number or None"):
        takes(1, (1, 2), {"a": 1.5})


@pytest.mark.parametrize("seed", [-1, True, 0.5, "1"])
def test_what_is_no_seed(seed):
    with pytest.raises(InputError, match="not a seed"):
        stream(seed, 0)


def test_numbers_of_numpy_make_the_same_structure_again(crystal):
    for made in (
        build("CsPbBr3", "alpha", np.array([2, 1, 1]), seed=np.int64(3)),
        vacancies(crystal, remove={"Br": np.int64(2)}, choose="far"),
        substitute(crystal, replace={"Pb": {"Cd": 2}}, at={"Pb": np.array([0, 7])}),
        nanocrystal("CsPbBr3", cells=np.array([2, 2, 3]), padding_A=np.float32(9)),
        slab("CsPbBr3", normal=np.array([0, 0, 1]), layers=np.int64(2)),
    ):
        again = rebuild(json.loads(json.dumps(made.properties["history"])))
        assert np.abs(again.cart_coords - made.cart_coords).max() < 1e-9
        assert again.properties["charge"] == made.properties["charge"]


@pytest.mark.parametrize(
    "history",
    [
        [{"step": "ruddlesden_popper", "arguments": {}}],
        [{"step": "build", "arguments": {"composition": "CsPbBr3", "store": None}}],
        [{"step": "build", "arguments": {"composition": "CsPbBr3", "size": "2"}}],
        [{"step": "build", "arguments": {"composition": "CsPbBr3"}}, {"step": "vacancy"}],
        [
            {"step": "build", "arguments": {"composition": "CsPbBr3", "phase": "alpha"}},
            {"step": "vacancy", "arguments": {"ion": "Br"}},
        ],
    ],
)
def test_a_damaged_history_is_refused(history):
    with pytest.raises(InputError):
        rebuild(history)


def bare(**properties):
    places = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
    return Structure(
        Lattice.cubic(5.9), ["Cs", "Pb", "I", "I", "I"], places, site_properties=properties
    )


@pytest.mark.parametrize("step", [to_ase, voids, units, lambda s: as_text(s, "xyz")])
def test_a_structure_without_roles_is_refused(step):
    with pytest.raises(StructureError, match="no site property role"):
        step(bare())


def test_a_structure_without_charge_is_refused():
    roles, ions = list("ABXXX"), ["Cs", "Pb", "I", "I", "I"]
    with pytest.raises(StructureError, match="carries no charge"):
        supercell(bare(role=roles, ion=ions, molecule=[-1] * 5), matrix=(2, 1, 1))


def test_a_file_has_a_name():
    with pytest.raises(InputError, match="path of read_structure"):
        read_structure(3)


def test_a_slab_is_repeated_in_its_plane_until_images_are_far_apart():
    thin = slab("CsPbBr3", layers=2, vacuum_A=5.0)
    wide = supercell(thin, distance_A=20.0)
    steps = np.array(wide.properties["history"][-1]["arguments"]["matrix"])
    assert steps[2].tolist() == [0, 0, 1]
    # By trying all lattices of the square plane with so few cells, [[p, q], [0, r]].
    square = thin.lattice.matrix[:2]
    small = np.array([[i, j] for i in range(-9, 10) for j in range(-9, 10) if i or j])

    def nearest(rows):
        return np.linalg.norm(small @ rows @ square, axis=1).min()

    cells = round(np.linalg.det(steps))
    assert nearest(steps[:2, :2]) >= 20.0 - 1e-6
    fewer = [
        np.array([[p, q], [0, n // p]])
        for n in range(1, cells)
        for p in range(1, n + 1)
        if n % p == 0
        for q in range(n // p)
    ]
    assert max(map(nearest, fewer)) < 20.0


def test_only_a_halide_between_two_b_is_split():
    layered = ruddlesden_popper("CsPbBr3", 1, (2, 2, 1))
    halides = [unit for unit in units(layered) if unit.role == "X"]
    lattice = layered.lattice
    b_places = [lattice.get_fractional_coords(u.centre_A) for u in units(layered) if u.role == "B"]
    bridging = 0
    for number, halide in enumerate(halides):
        place = lattice.get_fractional_coords(halide.centre_A)
        near = np.sort(lattice.get_all_distances(place, b_places)[0])
        if near[1] < 1.1 * near[0]:
            bridging += 1
            add_interstitial(layered, ion="Br", kind="split", at=[number])
        else:
            with pytest.raises(StructureError, match="bridges no two B"):
                add_interstitial(layered, ion="Br", kind="split", at=[number])
    # Of the four X of a formula unit of A2BX4 two are apical, each at one B only.
    assert bridging == len(halides) // 2


def test_a_structure_is_not_emptied():
    ion = adopt(Structure(Lattice.cubic(20, pbc=(False,) * 3), ["Cs"], [[0.5] * 3]))
    with pytest.raises(StructureError, match="Nothing would be left"):
        vacancies(ion, remove={"Cs": 1})
    with pytest.raises(StructureError, match="no void"):
        voids(ion)


def test_a_ball_says_when_it_is_not_of_the_size_asked_for():
    ball = nanocrystal("CsPbBr3", 2.4, shape="sphere")
    assert any("not the edge asked for" in note for note in ball.properties["history"][0]["notes"])
    cube = nanocrystal("CsPbBr3", 2.4)
    assert not any("asked for" in note for note in cube.properties["history"][0]["notes"])


@pytest.mark.parametrize("asked", [{"axis": 0}, {"pointing": "dipole"}, {"angles_deg": [5.0]}])
def test_what_a_layered_phase_does_not_heed_is_refused(asked):
    with pytest.raises(InputError, match="takes a size"):
        build("Cs2PbBr4", **asked)
