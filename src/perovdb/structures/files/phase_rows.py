"""A CIF as rows of a store: phase, sites, and atoms of molecules that it holds in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.calculators.molecules import centre_of
from perovdb.calculators.orbits import Orbits, orbits, space_group
from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.composition.stoichiometry import ABX3
from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.files.cif_fields import CifFields, CifSite, Number, cif_fields, group_symbols
from perovdb.files.crystals import read_crystal
from perovdb.structures.files.molecular_graphs import (
    MOLECULAR,
    Molecule,
    find_molecules,
    hill_formula,
    match,
    without_hydrogen,
)
from perovdb.structures.octahedra.corners import shares_corners

Row = dict[str, Any]

#: A place of the asymmetric unit, repeated, is this near to the one that the reader made of it.
_SAME_A = 0.05

#: How far from whole numbers of formula units a cell may be: occupancies are printed rounded.
_WHOLE = 0.02

#: Larger cells are models.
_MOST_ATOMS = 2000

#: A site is full from this occupancy on.
_FULL = 0.999


class PhaseRows(NamedTuple):
    """Rows of a phase.

    Attributes:
        tables: phase, phase_site and phase_atom -> rows, column -> value.
        notes: what was not taken as it stands in the file.
    """

    tables: dict[str, list[Row]]
    notes: list[str]


class _Unit(NamedTuple):
    """The asymmetric unit of a file, in the setting that its positions have.

    Attributes:
        row: the cell, as columns of the table `phase`.
        sites: of the file.
        places: its sites, repeated.
    """

    row: Row
    sites: tuple[CifSite, ...]
    places: Orbits


def phase_rows(path: str, source: str, phase: str, kind: str, row_id: str | None) -> PhaseRows:
    """The rows that hold the first crystal of a CIF.

    The cell, the group and the sites are those of the file; formula, Z, volume and pseudo-cubic
    lattice parameter follow from them. Occupancies stay. A molecule whose atoms are all there is
    kept in its order; one without hydrogen stands as one site, at the centre of its other atoms.

    Args:
        path: of the CIF.
        source: key of the source.
        phase: name of the phase.
        kind: "measured", "computed" or another kind of facts.
        row_id: of the row; by default source, formula and phase.

    Raises:
        InputError: the file cannot be read, or is no CIF.
        StructureError: the tables cannot hold it; the message says why.
    """
    read = read_crystal(path)
    name = Path(path).name
    if read.form != "cif":
        raise InputError(f"{path} is no CIF.", "Convert it: 'perovdb read FILE -o phase.cif'.")
    try:
        if len(read.structure) > _MOST_ATOMS:
            raise StructureError(
                f"{len(read.structure)} sites are no cell of a phase.",
                f"Give a cell of {_MOST_ATOMS} at the most.",
            )
        return _rows(cif_fields(read.text), read.structure, name, source, phase, kind, row_id)
    except PerovdbError as error:
        raise type(error)(f"{name}: {error.what}", error.mend) from error


def _rows(
    fields: CifFields,
    given: Structure,
    name: str,
    source: str,
    phase: str,
    kind: str,
    row_id: str | None,
) -> PhaseRows:
    unit, notes = _unit(fields, given)
    ions, groups = _ions_and_molecules(unit)
    sites = [*ions, *(site for site, _ in groups)]
    basis = "refined" if kind == "measured" else "derived"
    amounts: dict[str, float] = defaultdict(float)
    for site in sites:
        amounts[site["species"]] += site["occupancy"] * len(orbits(unit.row, [site]).sites)
    composition = Composition.from_amounts(dict(amounts), load_registry(), strict=False)
    units = _formula_units(composition, amounts)
    if fields.Z not in (None, units):
        notes.append(f"Z = {units} by its atoms; it says {fields.Z}")
    letters = _letters(unit.row, sites)
    row_id = row_id or f"{source}-{composition.formula}-{phase}".replace(" ", "-")
    roles = {ion: role for role, held in composition.sites.items() for ion in held}
    number = _group_number(unit.row["space_group"])
    volume_A3 = abs(np.linalg.det(unit.places.lattice_A))
    row = unit.row | {
        "id": row_id,
        "formula": composition.formula,
        "phase": phase,
        "perovskite": int(composition.ratio == ABX3 and _is_perovskite(unit.row, sites, roles)),
        "space_group_number": number,
        "volume_A3": round(volume_A3, 4),
        "Z": units,
        "temperature_basis": "stated" if fields.temperature_K else "unknown",
        "database_ids": fields.database_ids,
        "source": source,
        "locator": name,
        "kind": kind,
        "evidence": "read",
        "qualifier": "=",
        "note": "; ".join(notes),
    }
    if fields.temperature_K:
        row["temperature_K"], row["temperature_su_K"] = fields.temperature_K
    site_rows = [
        {
            "phase_id": row_id,
            "site": roles[site["species"]],
            "basis": basis,
            "wyckoff": letter,
        }
        | site
        for site, letter in zip(sites, letters, strict=True)
    ]
    atom_rows = [
        {"phase_id": row_id, "label": site["label"], "atom": number, "basis": basis} | atom
        for site, atoms in groups
        for number, atom in enumerate(atoms, start=1)
    ]
    tables = {"phase": [row], "phase_site": site_rows, "phase_atom": atom_rows}
    return PhaseRows({table: rows for table, rows in tables.items() if rows}, notes)


def _unit(fields: CifFields, given: Structure) -> tuple[_Unit, list[str]]:
    """The asymmetric unit in the first setting of its group that gives the atoms of the file; all
    its atoms in P1, if none does."""
    row: Row = {}
    for names, numbers in (
        (("a_A", "b_A", "c_A"), fields.lengths_A),
        (("alpha_deg", "beta_deg", "gamma_deg"), fields.angles_deg),
    ):
        row |= {name: number.value for name, number in zip(names, numbers, strict=True)}
    row |= {
        f"{axis}_su_A": number.su for axis, number in zip("abc", fields.lengths_A, strict=True)
    }
    row["angle_su_deg"] = max((one.su for one in fields.angles_deg if one.su), default=None)
    for symbol in group_symbols(fields.group):
        mine = row | {"space_group": symbol}
        places = orbits(mine, [_xyz(site) for site in fields.sites])
        unit = _Unit(mine, fields.sites, places)
        if _gives(unit, given):
            return unit, []
    mine = row | {"space_group": "P1"}
    every = tuple(
        CifSite(
            f"{element.symbol}{number}",
            element.symbol,
            tuple(Number(round(float(x), 8)) for x in site.frac_coords),  # type: ignore[arg-type]  # three
            float(share),
        )
        for number, site in enumerate(given, start=1)
        for element, share in _elements(site)
    )
    unit = _Unit(mine, every, orbits(mine, [_xyz(site) for site in every]))
    said = f"'{fields.group}' of the file" if fields.group else "the file names no group"
    return unit, [f"{said}: all atoms stand in P1"]


def _elements(site: Any) -> list[tuple[Any, float]]:
    return [(getattr(one, "element", one), share) for one, share in site.species.items()]


def _xyz(site: CifSite) -> dict[str, float]:
    return {axis: number.value for axis, number in zip("xyz", site.fractional, strict=True)}


def _gives(unit: _Unit, given: Structure) -> bool:
    """Whether the sites, repeated, are the atoms that the reader made of the file."""
    held: dict[str, float] = defaultdict(float)
    for number in unit.places.sites.tolist():
        held[unit.sites[number].element] += unit.sites[number].occupancy
    wanted: dict[str, float] = defaultdict(float)
    of_element: dict[str, list[np.ndarray]] = {}
    for site in given:
        for element, share in _elements(site):
            wanted[element.symbol] += share
            of_element.setdefault(element.symbol, []).append(site.frac_coords)
    if held.keys() != wanted.keys() or any(abs(held[e] - wanted[e]) > 0.01 for e in held):
        return False
    for element, there in of_element.items():
        mine = unit.places.fractional[
            [unit.sites[number].element == element for number in unit.places.sites]
        ]
        apart = mine[:, None] - np.array(there)[None]
        apart -= np.round(apart)
        if np.linalg.norm(apart @ unit.places.lattice_A, axis=2).min(axis=1).max() > _SAME_A:
            return False
    return True


def _ions_and_molecules(unit: _Unit) -> tuple[list[Row], list[tuple[Row, list[Row]]]]:
    """Sites of ions that are atoms; sites of molecules with their atoms, if all are there.

    Raises:
        StructureError: an atom or molecule is no ion of the store, or a molecule is disordered.
    """
    registry = load_registry()
    elements = [unit.sites[number].element for number in unit.places.sites.tolist()]
    first = _first_on_each_place(unit.places.fractional)
    whole = Structure(
        Lattice(unit.places.lattice_A),
        [elements[n] for n in first],
        unit.places.fractional[first],
    )
    for site in unit.sites:
        if site.element in MOLECULAR and site.occupancy < _FULL:
            raise StructureError(
                f"{site.label} fills its site to {site.occupancy:g}: a molecule that is "
                "disordered over its orientations is one site here, at its centre.",
                "Add it as rows of phase and phase_site (data/README.md), its ion at the centre.",
            )
    groups = find_molecules(whole)
    inside = {
        int(unit.places.sites[first[atom]]) for group in groups for atom in group.atoms.tolist()
    }
    atomic = {ion.atoms: ion.species for ion in registry.ions.values() if not ion.molecular}
    ions = []
    for number, site in enumerate(unit.sites):
        if number in inside:
            continue
        if site.element not in atomic:
            raise StructureError(
                f"{site.element} of {site.label} is not an ion of A, B or X.",
                registry.suggestion(site.element),
            )
        sus = {f"{axis}_su": one.su for axis, one in zip("xyz", site.fractional, strict=True)}
        ions.append(
            {"label": site.label, "species": atomic[site.element]}
            | _xyz(site)
            | sus
            | {"occupancy": site.occupancy}
        )
    labels = Counter(site.label for number, site in enumerate(unit.sites) if number not in inside)
    twice = next((label for label, count in labels.items() if count > 1), None)
    if twice:
        raise StructureError(
            f"The label {twice} stands {labels[twice]} times.", "Give each site a name of its own."
        )
    return ions, _molecules(unit, whole, groups, set(labels))


def _first_on_each_place(fractional: np.ndarray) -> list[int]:
    """(m,) the first of the points that stand on each place: ions that share a site are one."""
    first: list[int] = []
    for number, point in enumerate(fractional):
        apart = fractional[first] - point if first else np.ones((1, 3))
        if (np.abs(apart - np.round(apart)) > 1e-3).any(axis=1).all() or not first:
            first.append(number)
    return first


def _molecules(
    unit: _Unit, whole: Structure, groups: Sequence[Molecule], labels: set[str]
) -> list[tuple[Row, list[Row]]]:
    found: list[tuple[Row, list[Row]]] = []
    centres = [_centre(whole, group, unit.places.lattice_A) for group in groups]
    left = set(range(len(groups)))
    kinds: Counter[str] = Counter()
    while left:
        number = min(left)
        group = groups[number]
        elements = group.elements(whole)
        species, hint = match(elements, group.bonds)
        complete = bool(species)
        if not species and "H" not in elements:
            species = without_hydrogen(elements, group.bonds)
        if not species:
            raise StructureError(
                f"The molecule {hill_formula(elements)} is not an ion of the store"
                + (f": {hint}." if hint else "."),
                "Mend its atoms, or add the ion to the tables first.",
            )
        centre = np.round(centres[number], 5)
        row = {"species": species, "occupancy": 1.0} | dict(
            zip("xyz", centre.tolist(), strict=True)
        )
        images = orbits(unit.row, [row]).fractional
        covered = {other for other in left if _near(centres[other], images, unit.places.lattice_A)}
        if len(covered) != len(images):
            raise StructureError(
                f"{len(images)} images of {species} do not fall on its {len(covered)} molecules.",
                "A molecule that is disordered by the symmetry of its site cannot be held in "
                "order: give it in a group in which it is whole.",
            )
        left -= covered
        kinds[species] += 1
        label = species if kinds[species] == 1 else f"{species}{kinds[species]}"
        while label in labels:
            label += "'"
        labels.add(label)
        row["label"] = label
        row["note"] = (
            "centre of mass of its atoms, which the crystal holds in order"
            if complete
            else "centre of its atoms in the file, which has no hydrogen"
        )
        row["basis"] = "derived"
        shifted = whole.frac_coords[group.atoms] + group.cells - centres[number] + centre
        atoms = [
            {"element": element} | dict(zip("xyz", np.round(place, 6).tolist(), strict=True))
            for element, place in zip(elements, shifted, strict=True)
        ]
        found.append((row, atoms if complete else []))
    return found


def _centre(whole: Structure, group: Molecule, lattice_A: np.ndarray) -> np.ndarray:
    """(3,) fractional: the centre of mass of a molecule, with all of its atoms or without H."""
    places = whole.frac_coords[group.atoms] + group.cells
    centre = centre_of(group.elements(whole), places @ lattice_A, "mass") @ np.linalg.inv(
        lattice_A
    )
    # 0.25 of a mirror comes out as 0.2499997: what is printed of it is on the mirror.
    return np.asarray(centre)


def _near(point: np.ndarray, images: np.ndarray, lattice_A: np.ndarray) -> bool:
    apart = images - point
    return bool((np.linalg.norm((apart - np.round(apart)) @ lattice_A, axis=1) < _SAME_A).any())


def _formula_units(composition: Composition, amounts: Mapping[str, float]) -> int:
    ratios = [amounts[ion] / amount for ion, amount in composition.amounts.items()]
    units = round(float(np.median(ratios)))
    if not units or any(abs(ratio / units - 1) > _WHOLE for ratio in ratios):
        held = ", ".join(f"{amount:g} {ion}" for ion, amount in amounts.items())
        raise StructureError(
            f"The cell holds {held}: no whole number of {composition.formula}.",
            "Mend the occupancies, or the group.",
        )
    return units


def _letters(row: Row, sites: Sequence[Row]) -> list[str | None]:
    """Multiplicity and letter of each site; none where the atoms have more symmetry than the
    group."""
    import spglib

    places = orbits(row, sites)
    first = _first_on_each_place(places.fractional)
    kinds: list[tuple[Any, ...]] = []
    on_place = np.zeros(len(places.sites), dtype=int)
    for number, place in enumerate(first):
        apart = places.fractional - places.fractional[place]
        here = np.flatnonzero((np.abs(apart - np.round(apart)) < 1e-3).all(axis=1))
        on_place[here] = number
        held = places.sites[here].tolist()
        kinds.append(tuple((sites[n]["species"], sites[n]["occupancy"]) for n in held))
    numbers = [sorted(set(kinds)).index(kind) for kind in kinds]
    cell = (places.lattice_A.tolist(), places.fractional[first].tolist(), numbers)
    found = spglib.get_symmetry_dataset(cell, symprec=1e-3)
    if found is None or found.number != _group_number(row["space_group"]):
        return [None] * len(sites)
    letters: list[str | None] = []
    for number in range(len(sites)):
        mine = np.flatnonzero(places.sites == number)
        letters.append(f"{len(mine)}{found.wyckoffs[on_place[mine[0]]]}")
    return letters


def _group_number(symbol: str) -> int:
    return int(space_group(symbol).int_number)


def _is_perovskite(row: Row, sites: Sequence[Row], roles: dict[str, str]) -> bool:
    places = orbits(row, sites)
    first = _first_on_each_place(places.fractional)
    role = np.array([roles[sites[number]["species"]] for number in places.sites[first].tolist()])
    points = places.fractional[first]
    return shares_corners(places.lattice_A, points[role == "B"], points[role == "X"])
