"""A phase from a CIF: what a store holds of it is what stands in the file."""

import csv
import warnings

import numpy as np
import pytest

from perovdb import average_cell, build, using, xrd
from perovdb.calculators.orbits import orbits, space_group
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError
from perovdb.facts.formulas import kept_word
from perovdb.store import own, queries
from perovdb.structures.files.phase_rows import phase_rows

CELL = ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg")


def cif(cell, group, atoms, more=""):
    """A CIF of (label, element, x, y, z, occupancy) in all operations of a group."""
    names = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    lines = [
        "data_one",
        *(f"_cell_{name} {value}" for name, value in zip(names, cell, strict=True)),
    ]
    lines += [f"_symmetry_space_group_name_H-M '{group}'", more, "loop_"]
    lines += ["_symmetry_equiv_pos_as_xyz"]
    lines += [f"'{operation.as_xyz_str()}'" for operation in space_group(group).symmetry_ops]
    lines += ["loop_", *(f"_atom_site_{name}" for name in (
        "label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy"))]  # fmt: skip
    return "\n".join([*lines, *(" ".join(map(str, atom)) for atom in atoms), ""])


def file_of(row):
    """The CIF of a stored phase; None if it holds a molecule whose atoms are not known."""
    held, ions, atoms = queries.phase_atoms(row["id"]), load_registry().ions, []
    for site in queries.phase_sites(row["id"]):
        if site["label"] in held:
            seen = np.empty((0, 3))
            for atom in held[site["label"]]:
                apart = seen - [atom[axis] for axis in "xyz"]
                # On a mirror one of two hydrogens stands for both.
                if not (np.abs(apart - np.round(apart)) < 2e-3).all(axis=1).any():
                    label = f"{site['label']}{atom['element']}{atom['atom']}"
                    atoms.append((label, atom["element"], *(atom[axis] for axis in "xyz"), 1))
                    seen = np.concatenate([seen, orbits(row, [atom]).fractional])
        elif ions[site["species"]].molecular:
            return None
        else:
            where = (site["x"], site["y"], site["z"], site["occupancy"])
            atoms.append((site["label"], ions[site["species"]].atoms, *where))
    return cif([row[name] for name in CELL], row["space_group"], atoms)


def rows_of(tmp_path, text, **said):
    path = tmp_path / "one.cif"
    path.write_text(text)
    made = phase_rows(
        str(path), said.get("source", "trots2008"), "beta", "measured", said.get("id")
    )
    return made.tables, made.notes


def stored(tmp_path, tables):
    """A store of one's own with these rows."""
    mine, files = tmp_path / "mine.sqlite", {}
    own.init(mine)
    for table, rows in tables.items():
        files[table] = tmp_path / f"{table}.csv"
        with files[table].open("w", newline="") as text:
            writer = csv.DictWriter(
                text, list(dict.fromkeys(name for row in rows for name in row))
            )
            writer.writeheader()
            writer.writerows(rows)
    own.add_all(mine, files, kept_word)
    return mine


def places(row, sites):
    """(species, occupancy) -> places of a phase, sorted."""
    found = {}
    every = orbits(row, sites)
    for number, place in zip(every.sites.tolist(), every.fractional, strict=True):
        kind = (sites[number]["species"], sites[number]["occupancy"])
        found.setdefault(kind, []).append(place)
    return found


@pytest.mark.filterwarnings("ignore")
def test_every_phase_comes_back_from_its_cif(tmp_path):
    """Store -> CIF -> store of one's own: cell, group, formula, Z, sites and molecules."""
    came: dict[str, list] = {"phase": [], "phase_site": [], "phase_atom": []}
    were = []
    for row in queries.facts("phase"):
        if not queries.phase_sites(row["id"]) or (text := file_of(row)) is None:
            continue
        tables, notes = rows_of(tmp_path, text, id=f"mine-{row['id']}")
        assert not notes
        were.append(row)
        for table, rows in tables.items():
            came[table] += rows
    assert len(were) >= 41
    with using(stored(tmp_path, came)):
        for row in were:
            mine = next(
                r for r in queries.phases(row["formula"]) if r["id"] == f"mine-{row['id']}"
            )
            assert [mine[name] for name in CELL] == [row[name] for name in CELL]
            for name in ("formula", "Z", "space_group_number", "perovskite"):
                assert mine[name] == row[name], (row["id"], name)
            assert mine["volume_A3"] == pytest.approx(row["volume_A3"], rel=3e-4)
            if row["perovskite"]:
                assert mine["a_pseudocubic_A"] == pytest.approx(row["a_pseudocubic_A"], abs=1e-3)
            one, other = (places(r, queries.phase_sites(r["id"])) for r in (row, mine))
            assert one.keys() == other.keys()
            for kind, points in one.items():
                apart = np.array(points)[:, None] - np.array(other[kind])[None]
                # The centre of a molecule may be that of all its atoms, or without hydrogen.
                off = 1e-2 if load_registry().ion(kind[0]).molecular else 2e-3
                assert np.abs(apart - np.round(apart)).max(axis=2).min(axis=1).max() < off
            held = [queries.phase_atoms(r["id"]) for r in (row, mine)]
            assert sorted(map(len, held[0].values())) == sorted(map(len, held[1].values()))


CUBE = (6.0, 6.0, 6.0, 90, 90, 90)
ABX3 = [("Cs1", "Cs", 0.5, 0.5, 0.5, 1), ("Pb1", "Pb", 0, 0, 0, 1), ("Br1", "Br", 0.5, 0, 0, 1)]


def test_shared_sites_keep_their_occupancies_and_a_phase_of_ones_own_is_used(tmp_path):
    atoms = [*ABX3[:2], ("Br1", "Br", 0.5, 0, 0, 0.667), ("I1", "I", 0.5, 0, 0, 0.333)]
    more = "_cell_formula_units_Z 1\n_diffrn_ambient_temperature 350(2)"
    tables, notes = rows_of(tmp_path, cif((6.0, *CUBE[1:]), "Pm-3m", atoms, more))
    (row,) = tables["phase"]
    assert not notes
    assert (row["temperature_K"], row["temperature_su_K"]) == (350, 2)
    assert (row["Z"], row["perovskite"], row["volume_A3"]) == (1, 1, 216)
    assert [(s["species"], s["occupancy"]) for s in tables["phase_site"]] == [
        ("Cs", 1), ("Pb", 1), ("Br", 0.667), ("I", 0.333)
    ]  # fmt: skip
    assert [s["wyckoff"] for s in tables["phase_site"]] == ["1b", "1a", "3d", "3d"]
    with using(stored(tmp_path, tables)):
        cell = average_cell(row["formula"], row["id"], 350)
        assert cell.occupants[-1] == {"Br": 0.667, "I": 0.333}
        assert xrd(row["formula"], row["id"], temperature_K=350).peaks[0].d_A == pytest.approx(6)


def test_an_uncertainty_a_setting_and_a_molecule_stand_as_in_the_file(tmp_path):
    methylammonium = [
        ("C1", "C", "0.4", "0.5(2)", 0.5, 1), ("N1", "N", 0.635, 0.5, 0.5, 1),
        ("H1", "H", 0.345, 0.665, 0.5, 1), ("H2", "H", 0.345, 0.418, 0.643, 1),
        ("H3", "H", 0.345, 0.418, 0.357, 1), ("H4", "H", 0.69, 0.345, 0.5, 1),
        ("H5", "H", 0.69, 0.577, 0.366, 1), ("H6", "H", 0.69, 0.577, 0.634, 1),
    ]  # fmt: skip
    ions = [("Pb1", "Pb", 0, 0, 0, 1), ("I1", "I", 0.5, 0, 0, 1), ("I2", "I", 0, 0.5, 0, 1),
            ("I3", "I", 0, 0, "0.500(3)", 1)]  # fmt: skip
    tables, _ = rows_of(
        tmp_path, cif(("6.28(1)", *[6.28] * 2, *CUBE[3:]), "P1", [*ions, *methylammonium])
    )
    assert tables["phase"][0]["a_su_A"] == 0.01
    assert tables["phase_site"][3]["z_su"] == 0.003
    assert len(tables["phase_atom"]) == 8
    with using(stored(tmp_path, tables)):
        model = build("MAPbI3", tables["phase"][0]["id"])
    (nitrogen,) = (site.frac_coords for site in model if site.specie.symbol == "N")
    assert nitrogen == pytest.approx([0.635, 0.5, 0.5], abs=1e-4)


def test_a_molecule_without_hydrogen_is_a_site_at_its_centre(tmp_path):
    atoms = [
        ("Pb1", "Pb", 0, 0, 0, 1), ("I1", "I", 0.5, 0, 0, 1), ("I2", "I", 0, 0.5, 0, 1),
        ("I3", "I", 0, 0, 0.5, 1), ("C1", "C", 0.38, 0.5, 0.5, 1), ("N1", "N", 0.61, 0.5, 0.5, 1),
    ]  # fmt: skip
    tables, _ = rows_of(tmp_path, cif((6.28, 6.28, 6.28, 90, 90, 90), "P1", atoms))
    assert "phase_atom" not in tables
    (site,) = (s for s in tables["phase_site"] if s["species"] == "MA")
    assert "no hydrogen" in site["note"]
    assert site["x"] == pytest.approx(0.504, abs=2e-3)


def test_what_the_file_says_of_z_or_of_its_group_may_be_wrong(tmp_path):
    tables, notes = rows_of(tmp_path, cif(CUBE, "Pm-3m", ABX3, "_cell_formula_units_Z 4"))
    assert tables["phase"][0]["Z"] == 1
    assert notes == ["Z = 1 by its atoms; it says 4"]
    # Its operations are those of Pm-3m, whatever its name.
    text = cif(CUBE, "Pm-3m", ABX3).replace("'Pm-3m'", "'I 4/m c m'")
    tables, (note,) = rows_of(tmp_path, text)
    assert "P1" in note
    assert len(tables["phase_site"]) == 5
    assert tables["phase"][0]["perovskite"] == 1


@pytest.mark.parametrize(
    ("atoms", "error", "message"),
    [
        ([*ABX3, ("C1", "C", 0.25, 0.25, 0.25, 0.5)], StructureError, "disordered"),
        ([*ABX3, ("Xe1", "Xe", 0.25, 0.25, 0.25, 1)], StructureError, "Xe of Xe1 is not an ion"),
        ([*ABX3[:2], ("Br1", "Br", "?", 0, 0, 1)], InputError, "one.cif"),
        ([*ABX3[:2], ("Zz1", "Zz", 0.5, 0, 0, 1)], InputError, "one.cif"),
        ([*ABX3[1:], ("C1", "C", 0.5, 0.5, 0.5, 1)], StructureError, "molecule"),
        ([ABX3[0], ABX3[2]], Exception, "one.cif"),
    ],
)  # fmt: skip
def test_what_the_tables_cannot_hold_is_refused_with_the_reason(tmp_path, atoms, error, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error, match=message):
            rows_of(tmp_path, cif(CUBE, "Pm-3m", atoms))
