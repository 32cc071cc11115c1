"""The tables in data/: every row is checked against physics or against another source."""

import itertools

import numpy as np
import pytest
import spglib
from pymatgen.core import Lattice, Species, Structure

from perovdb.calculators.average_cell import expand
from perovdb.composition import parse
from perovdb.store import open_store, queries

STORE = open_store()
PHASES = STORE.rows("SELECT * FROM phase ORDER BY id")
WITH_SITES = [row for row in PHASES if queries.phase_sites(STORE, row["id"])]


def name(row):
    return f"{row['id']}-{row['formula']}-{row['phase']}"


@pytest.mark.parametrize("row", PHASES, ids=name)
def test_the_volume_follows_from_the_cell(row):
    lattice = Lattice.from_parameters(
        *(row[key] for key in ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg"))
    )
    assert lattice.volume == pytest.approx(row["volume_A3"], rel=2e-4)
    if row["a_pseudocubic_A"]:
        assert row["perovskite"] == 1
        edge = (lattice.volume / row["Z"]) ** (1 / 3)
        assert edge == pytest.approx(row["a_pseudocubic_A"], abs=2e-3)


@pytest.mark.parametrize("row", PHASES, ids=name)
def test_a_perovskite_has_a_pseudo_cubic_parameter_and_no_other_phase_has(row):
    assert (row["a_pseudocubic_A"] is not None) == bool(row["perovskite"])


@pytest.mark.parametrize("row", PHASES, ids=name)
def test_formulas_are_canonical(row):
    assert str(parse(row["formula"])) == row["formula"]


@pytest.mark.parametrize("row", WITH_SITES, ids=name)
def test_positions_have_the_space_group_that_is_stated(row):
    lattice, roles, fractional = expand(row, queries.phase_sites(STORE, row["id"]))
    assert len(roles) == 5 * row["Z"]
    kinds = ["ABX".index(role) for role in roles]
    cell = (lattice.tolist(), fractional.tolist(), kinds)
    found = spglib.get_symmetry_dataset(cell, symprec=1e-3)
    assert found.number == row["space_group_number"]


@pytest.mark.parametrize("row", WITH_SITES, ids=name)
def test_every_b_ion_has_six_anions_at_a_bond_length(row):
    lattice, roles, fractional = expand(row, queries.phase_sites(STORE, row["id"]))
    structure = Structure(
        lattice, [{"A": "Cs", "B": "Pb", "X": "I"}[r] for r in roles], fractional
    )
    halide = parse(row["formula"]).species[-1]
    # Sum of Shannon radii: Pb2+ VI 1.19 with Cl 1.81, Br 1.96, I 2.20; found within 10 %.
    bond = 1.19 + {"Cl": 1.81, "Br": 1.96, "I": 2.20}[halide]
    for site in structure:
        if site.specie.symbol == "Pb":
            near = [
                n for n in structure.get_neighbors(site, 1.25 * bond) if n.specie.symbol == "I"
            ]
            assert len(near) == 6
            mean = np.mean([n.nn_distance for n in near])
            assert mean == pytest.approx(bond, rel=0.10)


def test_shannon_radii_are_those_of_pymatgens_own_copy():
    rows = STORE.rows("SELECT * FROM radius WHERE radius_set = 'shannon1976'")
    assert rows
    for row in rows:
        ion = Species(row["species"], row["charge"])
        options = {"cn": row["coordination"], "spin": row["spin"] or ""}
        assert ion.get_shannon_radius(**options, radius_type="ionic") == row["radius_A"]
        crystal = ion.get_shannon_radius(**options, radius_type="crystal")
        assert crystal == row["crystal_radius_A"]


def test_crystal_radii_differ_from_ionic_ones_by_the_convention():
    for row in STORE.rows("SELECT * FROM radius WHERE crystal_radius_A IS NOT NULL"):
        shift = 0.14 if row["charge"] > 0 else -0.14
        assert row["crystal_radius_A"] - row["radius_A"] == pytest.approx(shift, abs=1e-9)


def test_every_source_is_used():
    used = set()
    tables = [r["name"] for r in STORE.rows("SELECT name FROM sqlite_master WHERE type='table'")]
    for table in tables:
        columns = [r["name"] for r in STORE.rows(f"PRAGMA table_info({table})")]
        if "source" in columns:
            used |= {r["source"] for r in STORE.rows(f"SELECT source FROM {table}")}
        if "cited_sources" in columns:
            cited = STORE.rows(f"SELECT cited_sources AS c FROM {table} WHERE c IS NOT NULL")
            used |= set(itertools.chain(*(r["c"].split(";") for r in cited)))
    assert {r["key"] for r in STORE.rows("SELECT key FROM source")} == used


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("phase", "formula, phase, space_group, a_A, b_A, c_A, temperature_K, source"),
        ("radius", "species, charge, coordination, spin, host_anion, radius_set"),
        ("band_gap", "formula, phase, quantity, value_eV, min_eV, temperature_K, source"),
    ],
)
def test_no_fact_stands_twice(table, key):
    doubles = STORE.rows(f"SELECT {key} FROM {table} GROUP BY {key} HAVING count(*) > 1")
    assert doubles == []


def test_recalled_rows_do_not_claim_a_place_where_they_were_read():
    for table in ("phase", "band_gap", "radius"):
        claims = STORE.rows(
            f"SELECT id FROM {table} WHERE evidence = 'recalled' AND locator IS NOT NULL"
        )
        assert claims == []


@pytest.mark.parametrize(
    ("species", "bond", "length_A", "count"),
    [
        # Bond lengths of the optimised cations, as the calculation printed them.
        ("MA", "C-N", 1.517, 1),
        ("MA", "C-H", 1.090, 3),
        ("MA", "H-N", 1.028, 3),
        ("FA", "C-N", 1.315, 2),
        ("FA", "C-H", 1.087, 1),
        ("FA", "H-N", 1.015, 4),
    ],
)
def test_molecules_have_their_bonds(species, bond, length_A, count):
    atoms = queries.molecule_atoms(STORE, species)
    lengths = [
        np.linalg.norm([a[k] - b[k] for k in ("x_A", "y_A", "z_A")])
        for a, b in itertools.combinations(atoms, 2)
        if "-".join(sorted([a["element"], b["element"]])) == bond
    ]
    bonded = [length for length in lengths if length < 1.7]
    assert len(bonded) == count
    assert bonded == pytest.approx([length_A] * count, abs=2e-3)


def test_molecules_are_the_atoms_of_their_ions():
    from pymatgen.core import Composition

    for row in STORE.rows("SELECT species, atoms FROM ion WHERE smiles IS NOT NULL"):
        elements = [atom["element"] for atom in queries.molecule_atoms(STORE, row["species"])]
        assert Composition("".join(elements)) == Composition(row["atoms"])
