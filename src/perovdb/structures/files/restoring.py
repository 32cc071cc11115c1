"""A foreign structure as one of perovdb's: by what it carries of its own, else by recognition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pymatgen.core import Composition as Formula
from pymatgen.core import Lattice, Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.charges import unit_charge
from perovdb.structures.files.molecular_graphs import find_molecules
from perovdb.structures.files.overlaps import check_overlaps, plain
from perovdb.structures.files.recognise import dressed, make_whole, recognise
from perovdb.structures.files.records import carried_columns, fit_record
from perovdb.structures.history import Outcome, pymatgen_charge, step
from perovdb.structures.units import ion_formula, units


class Restored(NamedTuple):
    """A structure with the site properties role, ion and molecule; molecules are whole.

    Attributes:
        structure: its properties are empty.
        charge: of the cell, in e.
        history: its steps, if its atoms are where these put them; else empty.
        notes: what a user should know.
    """

    structure: Structure
    charge: int
    history: list[dict[str, Any]]
    notes: tuple[str, ...]


def restore(raw: Structure, carried: Any, unknown: str) -> Restored:
    """Roles, ions, molecules, charge and history of a structure.

    They come from the record as far as it fits the atoms, else from site properties of these
    names, else they are recognised.

    Args:
        raw: as read, not checked.
        carried: what stands for its record (`files.records`), if anything.
        unknown: "refuse" or "keep", as for `recognise`.

    Raises:
        InputError, StructureError: as for `plain` and `recognise`.
    """
    bare = plain(raw)
    notes: list[str] = []
    kept = None if carried is None else fit_record(carried, bare)
    if carried is not None and kept is None:
        notes.append("its perovdb record is not that of these atoms: roles are recognised anew")
    if kept is not None and kept.unmoved:
        placed = Structure(kept.lattice, [site.specie for site in bare], bare.frac_coords)
        check_overlaps(placed)
        whole = dressed(placed, kept.roles, kept.ions, kept.molecules, placed.frac_coords)
        return Restored(whole, kept.charge, kept.history, ())
    if kept is not None:
        lattice = Lattice(bare.lattice.matrix, pbc=kept.lattice.pbc)
        bare = Structure(lattice, [site.specie for site in bare], bare.frac_coords)
        whole_one = _whole_by(bare, kept.roles, kept.ions, kept.molecules)
        if whole_one is not None:
            made = "; ".join(step["text"] for step in kept.history)
            notes.append(f"atoms or cell have moved since it was made: {made}")
            return Restored(whole_one, kept.charge, [], tuple(notes))
    columns = carried_columns(raw) if kept is None else None
    own = pymatgen_charge(raw)
    if own is not None and own != round(own):
        raise StructureError(
            f"The charge of the structure is {own:g}, no whole number.", "Set a whole one."
        )
    if columns is not None:
        whole_one = _whole_by(bare, *columns)
        if whole_one is not None and _ions_are_atoms(whole_one):
            charge, more = _formal_charge(whole_one)
            total = charge if own is None else round(own)
            return Restored(whole_one, total, [], (*notes, *more))
    found = recognise(bare, unknown)
    total = found.charge if own is None else round(own)
    return Restored(found.structure, total, [], (*notes, *found.notes))


@step
def adopt(
    structure: Structure | Mapping[str, object],
    *,
    unknown: str = "refuse",
    charge: int | None = None,
) -> Outcome:
    """A structure in memory as one of perovdb's: roles and molecules are recognised.

    Site properties role, ion and molecule are kept where they fit the bonds.

    Args:
        structure: pymatgen's, or a mapping with lattice_A (3, 3), pbc (3,), elements (n,) and
            fractional (n, 3), and perhaps role, ion and molecule (n,), as its history keeps it.
        unknown: "refuse" or "keep" molecules that the store does not know; kept, they are A
            cations of charge +1 named by their formula.
        charge: of the cell, in e; by default pymatgen's own where it is set, else the sum of the
            formal charges of the ions.

    Raises:
        InputError: there are no atoms, or numbers that are none.
        StructureError: a site is shared, atoms overlap, or an ion is not known.
    """
    raw = structure if isinstance(structure, Structure) else _from_mapping(structure)
    restored = restore(raw, None, unknown)
    structure = restored.structure
    total = restored.charge if charge is None else charge
    atoms = {
        "lattice_A": structure.lattice.matrix.tolist(),
        "pbc": list(structure.lattice.pbc),
        "elements": [site.specie.symbol for site in structure],
        "fractional": structure.frac_coords.tolist(),
        **{name: list(values) for name, values in structure.site_properties.items()},
    }
    return Outcome(
        structure,
        f"{ion_formula(structure)}, given atom by atom",
        charge=total,
        notes=restored.notes,
        arguments={"structure": atoms, "charge": total},
    )


def _whole_by(
    bare: Structure, roles: list[str], ions: list[str], molecules: list[int]
) -> Structure | None:
    """The structure with these properties and whole molecules; None if its bonds are others."""
    check_overlaps(bare)
    found = find_molecules(bare)
    groups: dict[int, list[int]] = {}
    for atom, number in enumerate(molecules):
        if number >= 0:
            groups.setdefault(number, []).append(atom)
    if sorted(groups.values()) != sorted(molecule.atoms.tolist() for molecule in found):
        return None
    return dressed(bare, roles, ions, molecules, make_whole(bare, found))


def _ions_are_atoms(structure: Structure) -> bool:
    """Whether each unit holds the atoms of its ion, as far as the store knows it."""
    registry = load_registry()
    for unit in units(structure):
        own = [structure.site_properties[name] for name in ("role", "ion")]
        if any(len({column[atom] for atom in unit.atoms}) > 1 for column in own):
            return False
        if unit.ion in registry.ions:
            atoms = Formula("".join(structure[int(atom)].specie.symbol for atom in unit.atoms))
            if atoms != Formula(registry.ion(unit.ion).atoms):
                return False
        elif unit.role not in ("A", "B", "X", "L") or len(unit.atoms) == 1:
            return False
    return True


def _formal_charge(structure: Structure) -> tuple[int, list[str]]:
    """Sum of formal charges in e, and what to say of it."""
    charge, notes = 0, []
    for unit in units(structure):
        try:
            charge += unit_charge(unit)
        except UnknownSpecies:
            notes.append(f"the charge of {unit.ion} is not known: counted as 0")
    if charge:
        notes.append(f"the formal charges of the ions sum to {charge:+d}")
    return charge, list(dict.fromkeys(notes))


def _from_mapping(given: Mapping[str, Any]) -> Structure:
    try:
        lattice = Lattice(given["lattice_A"], pbc=tuple(given["pbc"]))
        carried = {name: given[name] for name in ("role", "ion", "molecule") if name in given}
        return Structure(lattice, given["elements"], given["fractional"], site_properties=carried)
    except Exception as error:
        # pymatgen's errors for wrong shapes and names are of many kinds.
        raise InputError(
            f"This is no structure: {error or type(error).__name__}.",
            "Give a pymatgen Structure, or a mapping with lattice_A, pbc, elements, fractional.",
        ) from error
