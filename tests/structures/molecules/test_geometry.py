"""Organic cations in a crystal: exact counts, whole molecules, room, the same for a seed."""

import json
from collections import Counter

import numpy as np
import pytest

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.molecules import CENTRES
from perovdb.errors import InputError, MissingData, StructureError
from perovdb.structures.drawing import draw
from perovdb.structures.molecules.geometry import (
    RigidMolecule,
    from_record,
    load_molecule,
)
from perovdb.structures.molecules.orientations import ORIENTATIONS, Orientation
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat
from perovdb.structures.units import closest_contact, units

CATIONS = ("MA", "FA", "NH4", "GUA", "DMA", "EA")


def sites_of(formula, size, store, phase=None):
    cell = average_cell(formula, phase)
    lattice_A, fractional = repeat(cell.lattice_A, cell.fractional, size)
    return Sites(lattice_A, fractional, np.array(cell.roles * int(np.prod(size))))


def mixed(sites, share, seed):
    """MA on a share of the cages, FA on the others, by the seed."""
    ions = np.array([{"A": "FA", "B": "Pb", "X": "I"}[role] for role in sites.roles])
    cages = np.random.default_rng(seed).permutation(sites.of("A"))
    ions[cages[: round(share * len(cages))]] = "MA"
    return list(ions)


def intact(structure, store, molecules=None):
    """Every molecule has the distances of its own geometry, and its hand, to 1e-6 A."""
    elements = np.array([site.specie.symbol for site in structure])
    for unit in units(structure):
        if len(unit.atoms) == 1:
            continue
        shape = (molecules or {}).get(unit.ion) or load_molecule(unit.ion)
        # Atoms of an element keep their order.
        for element in set(shape.elements):
            assert (elements[unit.atoms] == element).sum() == shape.elements.count(element)
        order = np.concatenate(
            [np.flatnonzero(np.array(shape.elements) == e) for e in unique(elements[unit.atoms])]
        )
        found, wanted = structure.cart_coords[unit.atoms], shape.positions_A[order]
        assert distances(found) == pytest.approx(distances(wanted), abs=1e-6)
        assert volumes(found) == pytest.approx(volumes(wanted), abs=1e-5)


def same(one, two):
    """To the last bit; pymatgen's == looks for every site in the other and takes seconds."""
    return (one.frac_coords == two.frac_coords).all() and one.species == two.species


def unique(elements):
    return list(dict.fromkeys(elements))


def distances(positions):
    return np.linalg.norm(positions[:, None] - positions[None], axis=2)


def volumes(positions):
    """Signed volumes of the tetrahedra of four atoms in a row: a mirror image has others."""
    edges = np.diff(positions, axis=0)
    return np.einsum("na,na->n", np.cross(edges[:-2], edges[1:-1]), edges[2:])


@pytest.mark.parametrize("rule", ORIENTATIONS)
@pytest.mark.parametrize("edge", [2, 3, 4])
def test_mixed_cations_by_every_rule(edge, rule, store):
    """MA0.5FA0.5PbI3; the half of an odd number of cages is rounded."""
    sites = sites_of("MA0.5FA0.5PbI3", (edge,) * 3, store)
    ions = mixed(sites, 0.5, seed=edge)
    if edge == 3 and rule.startswith(("antiferro", "columnar")):
        with pytest.raises(StructureError, match="is odd"):
            draw(sites, ions, rule, edge)
        return
    structure = draw(sites, ions, rule, edge)
    cages = edge**3
    counts = Counter(unit.ion for unit in units(structure))
    ma = round(cages / 2)
    assert counts == {"MA": ma, "FA": cages - ma, "Pb": cages, "I": 3 * cages}
    assert len(structure) == 12 * cages
    assert closest_contact(structure) > 1.6
    intact(structure, store)
    assert same(draw(sites, ions, rule, edge), structure)


@pytest.mark.parametrize("cation", CATIONS)
@pytest.mark.parametrize("rule", ["random", "random-free", "aligned-110", "antiferro"])
@pytest.mark.parametrize(("host", "phase"), [("FAPbI3", "alpha"), ("MAPbI3", "gamma")])
def test_every_cation_of_the_store_fits_a_lead_iodide(cation, rule, host, phase, store):
    sites = sites_of(host, (2, 2, 2) if phase == "alpha" else (1, 1, 1), store, phase)
    ions = [{"A": cation, "B": "Pb", "X": "I"}[role] for role in sites.roles]
    structure = draw(sites, ions, rule, 0)
    assert closest_contact(structure) > 1.6
    intact(structure, store)
    if rule == "random":
        other = draw(sites, ions, rule, 1)
        assert not same(other, structure)


@pytest.mark.parametrize("centre", CENTRES)
def test_the_centre_that_is_asked_for_stands_on_the_site(centre, store):
    sites = sites_of("FAPbI3", (2, 1, 1), store, "alpha")
    ions = ["EA" if role == "A" else "" for role in sites.roles]
    structure = draw(sites, ions, Orientation(centre=centre), 4, share=None)
    weights = {
        "mass": [float(site.specie.atomic_mass) for site in structure],
        "charge": [float(site.specie.Z) for site in structure],
        "heavy": [float(site.specie.symbol != "H") for site in structure],
    }[centre]
    weights = np.array(weights)
    for unit, cage in zip(units(structure), sites.of("A"), strict=True):
        share = weights[unit.atoms] / weights[unit.atoms].sum()
        found = share @ structure.cart_coords[unit.atoms]
        assert found == pytest.approx(sites.positions_A[cage], abs=1e-9)


def test_dipoles_point_where_long_axes_pointed(store):
    """FA's dipole lies along its C-H bond, which the axis "dipole" turns to [100]."""
    sites = Sites(np.eye(3) * 20, np.array([[0.5] * 3]), np.array(["A"]))
    long, polar = (
        draw(sites, ["FA"], Orientation("aligned", pointing), 0) for pointing in ("long", "dipole")
    )
    for structure, along in ((long, [0, 1, 0]), (polar, [1, 0, 0])):
        carbon = structure.cart_coords[structure.indices_from_symbol("C")[0]]
        apart = structure.cart_coords - carbon
        hydrogen = min(
            structure.indices_from_symbol("H"), key=lambda atom: np.linalg.norm(apart[atom])
        )
        bond = apart[hydrogen] / np.linalg.norm(apart[hydrogen])
        assert abs(bond @ np.array(along)) == pytest.approx(1, abs=1e-3)
    intact(polar, store)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"pointing": "short"}, "long, dipole"), ({"centre": "gravity"}, "mass, charge, heavy")],
)
def test_an_axis_or_centre_that_is_not_there(options, words):
    with pytest.raises(InputError, match=words):
        Orientation("aligned", **options)


def test_empty_sites_and_own_molecules(store):
    """A geometry of one's own replaces the store's, elements of any kind among its atoms."""
    own = load_molecule("MA")
    stretched = RigidMolecule("MA", own.elements, own.positions_A * 1.01)
    strange = RigidMolecule(
        "TMA", ("P", "H", "S"), np.array([[0, 0, 0], [1.4, 0, 0], [0, 2.0, 0]])
    )
    sites = Sites(
        np.eye(3) * 20,
        np.array([[0.2] * 3, [0.5] * 3, [0.8] * 3, [0.05] * 3, [0.95] * 3]),
        np.array(["A", "A", "A", "B", "X"]),
    )
    given = {"MA": stretched, "TMA": strange}
    ions = ["MA", "FA", "TMA", "", "I"]
    structure = draw(sites, ions, Orientation(molecules=given), 0)
    assert Counter(unit.ion for unit in units(structure)) == {"MA": 1, "FA": 1, "TMA": 1, "I": 1}
    symbols = [site.specie.symbol for site in structure]
    assert list(dict.fromkeys(symbols)) == ["C", "N", "H", "P", "S", "I"]
    intact(structure, store, given)


def test_an_ion_without_a_geometry_says_how_to_give_one(store):
    sites = Sites(np.eye(3) * 20, np.array([[0.5] * 3]), np.array(["A"]))
    with pytest.raises(MissingData, match=r"no geometry for the molecular ion AZ.*`Orientation"):
        draw(sites, ["AZ"], "aligned", 0)


def test_a_molecule_comes_back_from_its_record(store):
    molecule = load_molecule("EA")
    again = from_record("EA", json.loads(json.dumps(molecule.record())))
    assert again.elements == molecule.elements
    assert (again.positions_A == molecule.positions_A).all()


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"elements": ["C"], "positions_A": [[0, 0]]},
        {"elements": ["C", "H"], "positions_A": [[0, 0, 0]]},
        {"elements": ["C"], "positions_A": [[0, 0, float("nan")]]},
        {"elements": ["Qq"], "positions_A": [[0, 0, 0]]},
        {"elements": 3, "positions_A": "no"},
    ],
)
def test_a_record_that_is_no_molecule(record):
    with pytest.raises(InputError, match="record of MA"):
        from_record("MA", record)
