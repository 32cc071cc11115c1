"""Foreign structures: metals, halides and molecules are known by elements and bonds."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError
from perovdb.structures.builder import build
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.files.molecular_graphs import find_molecules, match, smiles_graph
from perovdb.structures.files.restoring import adopt
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.units import units

MOLECULES = ["MA", "FA", "GUA", "DMA", "EA", "NH4"]


def alone(species, edge_A=9.0, shift=(0.0, 0.0, 0.0)):
    """A molecule by itself in a periodic cube, wrapped atom by atom: torn at the corner."""
    molecule = load_molecule(species)
    fractional = (molecule.positions_A / edge_A + shift) % 1.0
    return Structure(Lattice.cubic(edge_A), molecule.elements, fractional)


def bare(structure, order=None, wrap=True):
    """Elements and places alone, as a foreign program would give them."""
    order = range(len(structure)) if order is None else order
    fractional = structure.frac_coords[list(order)]
    return Structure(
        structure.lattice,
        [structure[int(i)].specie for i in order],
        fractional % 1.0 if wrap else fractional,
    )


def insides(structure):
    """Distances within each molecule, as they stand, without periodic images."""
    found = []
    for unit in units(structure):
        if len(unit.atoms) > 1:
            places = structure.cart_coords[unit.atoms]
            between = np.linalg.norm(places[:, None] - places[None], axis=2)
            found.append((unit.ion, np.sort(between.ravel())))
    return found


@pytest.mark.parametrize("species", MOLECULES)
@pytest.mark.parametrize("shift", [(0, 0, 0), (0.5, 0.5, 0.5), (0.03, 0.98, 0.5)])
def test_a_molecule_is_known_and_made_whole(species, shift):
    found = adopt(alone(species, shift=shift))
    assert set(found.site_properties["ion"]) == {species}
    assert set(found.site_properties["role"]) == {"A"}
    assert set(found.site_properties["molecule"]) == {0}
    assert found.properties["charge"] == 1
    wanted = load_molecule(species).positions_A
    wanted = np.linalg.norm(wanted[:, None] - wanted[None], axis=2)
    assert insides(found)[0][1] == pytest.approx(np.sort(wanted.ravel()), abs=1e-9)


def test_every_ion_of_the_store_is_another_molecule():
    """Published isomers differ: DMA and EA have one formula."""
    graphs = [
        (ion.species, smiles_graph(ion.smiles), ion.atoms)
        for ion in load_registry().ions.values()
        if ion.molecular
    ]
    for number, (species, graph, atoms) in enumerate(graphs):
        assert nx.is_connected(graph)
        for other, other_graph, other_atoms in graphs[:number]:
            assert atoms != other_atoms or not nx.is_isomorphic(
                graph, other_graph, node_match=lambda a, b: a["element"] == b["element"]
            ), (species, other)


@pytest.mark.parametrize(
    ("smiles", "atoms", "bonds"),
    [("c1c[nH]c[nH+]1", 5, 5), ("C[N+](C)(C)C", 5, 4), ("[NH4+]", 1, 0), ("[O-]C=O", 3, 2)],
)
def test_smiles_give_atoms_and_bonds(smiles, atoms, bonds):
    graph = smiles_graph(smiles)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (atoms, bonds)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_shuffled_wrapped_model_is_recognised(seed):
    wanted = (
        build("MA0.5FA0.5PbI2Br", "alpha", size=(2, 1, 1), seed=seed)
        if seed % 2
        else build("Cs0.5FA0.5PbI3", size=(2, 2, 1), seed=seed)
    )
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(wanted))
    moved = wanted.copy()
    moved.translate_sites(range(len(moved)), generator.random(3), to_unit_cell=False)
    found = adopt(bare(moved, order))
    for name in ("role", "ion"):
        assert found.site_properties[name] == [wanted.site_properties[name][i] for i in order]
    groups = {}
    for mine, theirs in zip(
        found.site_properties["molecule"],
        (wanted.site_properties["molecule"][i] for i in order),
        strict=True,
    ):
        assert groups.setdefault(mine, theirs) == theirs
    lengths = dict.fromkeys(ion for ion, _ in insides(wanted))
    for ion in lengths:
        mine = sorted(tuple(d) for i, d in insides(found) if i == ion)
        theirs = sorted(tuple(d) for i, d in insides(wanted) if i == ion)
        assert np.array(mine) == pytest.approx(np.array(theirs), abs=1e-6)
    assert found.properties["charge"] == 0


def test_whole_molecules_stay_where_they_are():
    wanted = build("FAPbI3", "alpha", size=(2, 1, 1))
    found = adopt(bare(wanted, wrap=False))
    assert found.frac_coords == pytest.approx(wanted.frac_coords, abs=1e-12)


def test_an_adopted_structure_is_made_again_by_its_history():
    import json

    found = adopt(bare(build("FAPbI3", "alpha")), charge=2)
    step = json.loads(json.dumps(found.properties["history"][0]))
    again = adopt(**step["arguments"])
    assert again.site_properties == found.site_properties
    assert again.frac_coords == pytest.approx(found.frac_coords, abs=1e-12)
    assert again.properties == found.properties
    assert found.properties["charge"] == 2


def test_a_particle_keeps_its_open_box():
    molecule = alone("MA", shift=(0.5, 0.5, 0.5))
    open_box = Lattice(molecule.lattice.matrix, pbc=(False, False, False))
    found = adopt(Structure(open_box, molecule.species, molecule.frac_coords))
    assert found.lattice.pbc == (False, False, False)
    assert set(found.site_properties["ion"]) == {"MA"}
    torn = alone("MA")
    with pytest.raises(StructureError, match="not an ion of the store"):
        adopt(Structure(open_box, torn.species, torn.frac_coords))


def test_a_charge_is_told():
    found = adopt(bare(defects(build("CsPbI3", "alpha"), ["V_I"])))
    assert found.properties["charge"] == 1
    assert "+1" in " ".join(found.properties["history"][0]["notes"])


def test_deuterium_is_hydrogen():
    molecule = alone("MA")
    heavy = Structure(
        molecule.lattice,
        ["D" if site.specie.symbol == "H" else site.specie for site in molecule],
        molecule.frac_coords,
    )
    assert set(adopt(heavy).site_properties["ion"]) == {"MA"}


def test_oxidation_states_do_no_harm():
    crystal = bare(build("CsPbI3", "alpha"))
    crystal.add_oxidation_state_by_element({"Cs": 1, "Pb": 2, "I": -1})
    assert adopt(crystal).properties["charge"] == 0


def without(structure, element, count):
    left = structure.copy()
    left.remove_sites([i for i, s in enumerate(left) if s.specie.symbol == element][:count])
    return left


@pytest.mark.parametrize(
    ("structure", "told"),
    [
        (without(alone("MA"), "H", 6), "MA has 6 H, this molecule has 0"),
        (without(alone("FA"), "H", 1), "FA has 5 H, this molecule has 4"),
        (Structure(Lattice.cubic(6), ["W", "I"], [[0, 0, 0], [0.5, 0, 0]]), "W"),
        (
            Structure(Lattice.cubic(6.2), [{"Cs": 0.5, "Rb": 0.5}, "I"], [[0] * 3, [0.5] * 3]),
            r"Site 1 .*shared or partly filled",
        ),
        (Structure(Lattice.cubic(6.2), [{"Cs": 0.5}], [[0] * 3]), "partly filled"),
        (
            Structure(Lattice.cubic(6), ["Pb", "I", "Cs"], [[0] * 3, [0.999, 0, 0], [0.5] * 3]),
            r"Pb \(atom 1\) and I \(atom 2\) are 0\.006 A apart",
        ),
        (Structure(Lattice.cubic(1.5), ["C"], [[0] * 3]), "bonded to its own periodic image"),
        (Structure(Lattice.cubic(1e4), ["Cs"], [[0] * 3]), "longer than"),
        (Structure(Lattice.tetragonal(6, 1e-3), ["Cs"], [[0] * 3]), "flat"),
    ],
)
def test_what_cannot_be_is_refused(structure, told):
    with pytest.raises(StructureError, match=told):
        adopt(structure)


def test_unknown_molecules_are_kept_if_asked():
    water = Structure(
        Lattice.cubic(8), ["O", "H", "H"], [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]],
        coords_are_cartesian=True,
    )  # fmt: skip
    with pytest.raises(StructureError, match="H2O"):
        adopt(water)
    found = adopt(water, unknown="keep")
    assert found.site_properties["ion"] == ["H2O"] * 3
    assert "H2O" in found.properties["history"][0]["notes"][0]
    with pytest.raises(InputError, match="refuse, keep"):
        adopt(water, unknown="maybe")


def test_no_structure_is_an_input_error():
    for given_ in ({}, {"lattice_A": np.eye(3), "pbc": [1, 1, 1], "elements": ["Xx"]}):
        with pytest.raises(InputError):
            adopt(given_)


def test_matching_knows_bonds_from_formula():
    ethyl = alone("EA")
    molecule = find_molecules(ethyl)[0]
    assert match(molecule.elements(ethyl), molecule.bonds)[0] == "EA"
    assert match(("C", "H", "H", "H", "H"), ((0, 1), (0, 2), (0, 3), (0, 4)))[0] == ""
