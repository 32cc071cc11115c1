"""Arguments of another kind than a public function says; what a history keeps of the others."""

import inspect
import json

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovdb.composition import as_composition
from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.structures.adoption import as_structure
from perovdb.structures.arguments import checked
from perovdb.structures.builder import build
from perovdb.structures.defects.labels import Defect
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.defects.voids import voids
from perovdb.structures.files.ase_adapter import from_ase, to_ase
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.restoring import adopt
from perovdb.structures.files.writing import write_structure
from perovdb.structures.history import charge_of, history_of, rebuild, steps
from perovdb.structures.layered.layers import layers
from perovdb.structures.ordering import Order
from perovdb.structures.particles.boxes import Box
from perovdb.structures.particles.nanocrystals import particle
from perovdb.structures.particles.slabs import Surface, slab
from perovdb.structures.streams import stream
from perovdb.structures.supercells import supercell
from perovdb.structures.units import units

#: Nothing that any argument may be.
WRONG = [object(), b"x", {"x": object()}, [object()], float("nan")]


@pytest.fixture(scope="module")
def crystal():
    return build("CsPbBr3", "alpha", (2, 2, 2))


@pytest.mark.parametrize("name", sorted(steps()))
@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: type(value).__name__)
def test_no_step_takes_what_is_of_another_kind(name, wrong, crystal):
    step = steps()[name]
    _, *others = inspect.signature(step).parameters
    with pytest.raises(PerovdbError):
        step(wrong)
    for argument in others:
        with pytest.raises(PerovdbError):
            step(crystal, **{argument: wrong})


@pytest.mark.parametrize("name", sorted(steps()))
def test_a_call_that_does_not_fit_names_the_function_and_the_argument(name, crystal):
    step = steps()[name]
    with pytest.raises(InputError, match=f"{name} has no argument 'nonsense'"):
        step(crystal, nonsense=1)
    with pytest.raises(InputError, match=f"{name} takes .* by place"):
        step(crystal, *range(30))
    with pytest.raises(InputError, match=f"{name} needs "):
        step()


def test_kinds_are_those_of_the_annotations():
    @checked
    def takes(number: int, lengths: tuple[float, float], names: dict[str, int] | None = None):
        return number, lengths, names

    number, lengths, names = takes(np.int64(2), np.array([1.5, 2]), {"a": 1})
    assert (number, *lengths) == (2, 1.5, 2.0)
    assert names == {"a": 1}
    assert takes(2, [1, 2.5])[2] is None
    for wrong in (True, 1.0, "1", None):
        with pytest.raises(InputError, match=r"number of takes cannot be .* Give a whole number"):
            takes(wrong, (1, 2))
    with pytest.raises(InputError, match="two finite numbers"):
        takes(1, (np.inf, 1))
    with pytest.raises(InputError, match="a mapping of texts to whole numbers"):
        takes(1, (1, 2), {"a": 1.5})


@pytest.mark.parametrize("seed", [-1, True, 0.5, "1"])
def test_what_is_no_seed(seed):
    with pytest.raises(InputError, match="not a seed"):
        stream(seed, 0)


def test_numbers_of_numpy_make_the_same_structure_again(crystal):
    for made in (
        build("CsPbBr3", "alpha", np.array([2, 1, 1]), seed=np.int64(3)),
        defects(crystal, [f"V_Br:{np.int64(2)}"], choose="far"),
        defects(crystal, [Defect("Cd_Pb:2", at=np.array([0, 7]))]),
        particle("CsPbBr3", cells=np.array([2, 2, 3]), box=Box(padding_A=np.float32(9))),
        slab("CsPbBr3", layers=np.int64(2), surface=Surface(normal=np.array([0, 0, 1]))),
    ):
        again = rebuild(json.loads(json.dumps(made.properties["history"])))
        assert np.abs(again.cart_coords - made.cart_coords).max() < 1e-9
        assert again.properties["charge"] == made.properties["charge"]


@pytest.mark.parametrize(
    "history",
    [
        [{"step": "layers", "arguments": {}}],
        [{"step": "build", "arguments": {"x": "CsPbBr3", "store": None}}],
        [{"step": "build", "arguments": {"x": "CsPbBr3", "size": "2"}}],
        [{"step": "build", "arguments": {"x": "CsPbBr3"}}, {"step": "defects"}],
        [
            {"step": "build", "arguments": {"x": "CsPbBr3", "phase": "alpha"}},
            {"step": "defects", "arguments": {"choose": "far"}},
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


@pytest.mark.parametrize("step", [units])
def test_a_structure_without_roles_is_refused(step):
    with pytest.raises(StructureError, match="no site property role"):
        step(bare())


def test_a_structure_of_other_hands_is_taken_in():
    roles, ions = list("ABXXX"), ["Cs", "Pb", "I", "I", "I"]
    carrying = bare(role=roles, ion=ions, molecule=[-1] * 5)
    with pytest.raises(StructureError, match="carries no charge"):
        charge_of(carrying)
    for foreign in (carrying, bare(), to_ase(adopt(bare()))):
        larger = supercell(foreign, (2, 1, 1))
        assert len(larger) == 10
        assert charge_of(larger) == 0
        assert [done["step"] for done in history_of(larger)] == ["adopt", "supercell"]


def test_the_charge_stands_where_other_programs_look(crystal, tmp_path):
    charged = defects(crystal, ["V_Br"])
    assert charged.charge == charged.properties["charge"] == 1
    for structure in (
        charged.copy(),
        supercell(charged, (2, 1, 1)),
        from_ase(to_ase(charged)),
        Structure.from_dict(charged.as_dict()),
        rebuild(charged.properties["history"]),
    ):
        assert structure.charge == structure.properties["charge"] == charge_of(structure)
    for name in ("POSCAR", "a.cif", "a.xyz", "a.json", "a.inc", "a.qe"):
        write_structure(charged, str(tmp_path / name))
        again = read_structure(tmp_path / name)
        assert again.charge == again.properties["charge"] == 1
    assert Structure.from_file(str(tmp_path / "a.json")).charge == 1


def test_a_charge_that_somebody_set_is_believed_or_contradicted(crystal):
    foreign = bare()
    foreign.set_charge(-1)
    assert charge_of(adopt(foreign)) == adopt(foreign).charge == -1
    foreign.set_charge(0.5)
    with pytest.raises(StructureError, match="no whole number"):
        adopt(foreign)
    changed = crystal.copy()
    changed.set_charge(2)
    with pytest.raises(StructureError, match="charge of \\+0 by properties and \\+2 by its own"):
        supercell(changed, 2)


def test_a_file_has_a_name():
    with pytest.raises(InputError, match="not the path of a file"):
        read_structure(3)


def test_a_slab_is_repeated_in_its_plane_until_images_are_far_apart():
    thin = slab("CsPbBr3", layers=2, surface=Surface(vacuum_A=5.0))
    wide = supercell(thin, "20.0 A")
    repeats = np.array(wide.properties["history"][-1]["arguments"]["size"])
    assert repeats[2].tolist() == [0, 0, 1]
    # By trying all lattices of the square plane with so few cells, [[p, q], [0, r]].
    square = thin.lattice.matrix[:2]
    small = np.array([[i, j] for i in range(-9, 10) for j in range(-9, 10) if i or j])

    def nearest(rows):
        return np.linalg.norm(small @ rows @ square, axis=1).min()

    cells = round(np.linalg.det(repeats))
    assert nearest(repeats[:2, :2]) >= 20.0 - 1e-6
    fewer = [
        np.array([[p, q], [0, n // p]])
        for n in range(1, cells)
        for p in range(1, n + 1)
        if n % p == 0
        for q in range(n // p)
    ]
    assert max(map(nearest, fewer)) < 20.0


def test_only_a_halide_between_two_b_is_split():
    layered = layers("CsPbBr3", 1, (2, 2, 1))
    halides = [unit for unit in units(layered) if unit.role == "X"]
    lattice = layered.lattice
    b_places = [lattice.get_fractional_coords(u.centre_A) for u in units(layered) if u.role == "B"]
    bridging = 0
    for number, halide in enumerate(halides):
        place = lattice.get_fractional_coords(halide.centre_A)
        near = np.sort(lattice.get_all_distances(place, b_places)[0])
        if near[1] < 1.1 * near[0]:
            bridging += 1
            defects(layered, [Defect("Br_i", split=True, at=[number])])
        else:
            with pytest.raises(StructureError, match="bridges no two B"):
                defects(layered, [Defect("Br_i", split=True, at=[number])])
    # Of the four X of a formula unit of A2BX4 two are apical, each at one B only.
    assert bridging == len(halides) // 2


def test_a_structure_is_not_emptied():
    ion = adopt(Structure(Lattice.cubic(20, pbc=(False,) * 3), ["Cs"], [[0.5] * 3]))
    with pytest.raises(StructureError, match="Nothing would be left"):
        defects(ion, ["V_Cs"])
    with pytest.raises(StructureError, match="no void"):
        voids(ion)


def test_a_ball_says_when_it_is_not_of_the_size_asked_for():
    ball = particle("CsPbBr3", 2.4, shape="sphere")
    assert any("not the edge asked for" in note for note in ball.properties["history"][0]["notes"])
    cube = particle("CsPbBr3", 2.4)
    assert not any("asked for" in note for note in cube.properties["history"][0]["notes"])


@pytest.mark.parametrize(
    "asked",
    [
        {"phase": "a-b+a-"},
        {"nearest": True},
        {"replace": {"Pb": {"Cd": 1}}},
    ],
)
def test_what_a_layered_phase_does_not_heed_is_refused(asked):
    with pytest.raises(InputError, match="no phase, replace or nearest"):
        build("Cs2PbBr4", **asked)


def test_a_layered_phase_heeds_orders_and_orientations_with_their_options(same):
    order = {"rule": "layered", "axis": 0}
    made = build("Cs2Pb0.5Sn0.5I4", size=(2, 2, 1), order=order)
    assert same(made, layers("CsPb0.5Sn0.5I3", 1, (2, 2, 1), order=Order(**order)))
    planes = {(round(site.coords[0], 3), site.specie.symbol) for site in made}
    lead, tin = ({x for x, element in planes if element == one} for one in ("Pb", "Sn"))
    assert lead
    assert tin
    assert not lead & tin
    assert same(rebuild(made.properties["history"]), made)
    turned = build("MA2PbI4", orientation={"rule": "aligned", "pointing": "dipole"})
    assert turned.properties["history"][0]["arguments"]["orientation"]["pointing"] == "dipole"


def edited(how):
    structure = build("CsPbI3", "alpha", 2)
    how(structure)
    return structure


@pytest.mark.parametrize(
    ("how", "formula", "charge"),
    [
        (lambda s: s.replace_species({"Pb": "Sn"}), "CsSnI3", 0),
        (lambda s: s.remove_sites([0]), "Cs0.875PbI3", -1),
        (lambda s: s.replace(8, "Cd"), "CsCd0.125Pb0.875I3", 0),
        (lambda s: s.append("I", [0.1, 0.1, 0.1], validate_proximity=False), None, -1),
    ],
)
def test_a_structure_that_was_edited_elsewhere_is_taken_for_what_it_is(how, formula, charge):
    structure = edited(how)
    taken = as_structure(structure)
    assert charge_of(taken) == charge
    assert [done["step"] for done in history_of(taken)] == ["adopt"]
    assert charge_of(supercell(structure, (2, 1, 1))) == 2 * charge
    if formula:
        assert as_composition(structure).formula == formula


def test_moved_atoms_are_still_those_of_the_history():
    structure = build("CsPbI3", "alpha", 2)
    structure.perturb(0.05)
    assert as_structure(structure) is structure


def test_a_molecule_that_lacks_an_atom_is_refused():
    structure = build("MAPbI3", "alpha", 2)
    structure.remove_sites([next(i for i, s in enumerate(structure) if s.specie.symbol == "N")])
    with pytest.raises(StructureError):
        as_structure(structure)
