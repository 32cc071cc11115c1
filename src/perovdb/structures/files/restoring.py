"""A foreign structure as one of perovdb's: by what it carries of its own, else by recognition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pymatgen.core import Composition as Formula
from pymatgen.core import Lattice, Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.charges import charge_of_units, unit_charge
from perovdb.structures.files.molecular_graphs import Molecule, find_molecules
from perovdb.structures.files.overlaps import check_overlaps, plain
from perovdb.structures.files.recognise import make_whole, recognise
from perovdb.structures.files.records import Labels, Record, fit_record, labels_of
from perovdb.structures.history import Outcome, pymatgen_charge, step
from perovdb.structures.units import PROPERTIES, ion_formula, units

#: The highest charge of an atom, in e.
_MOST_CHARGE = 9


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
    record = None if carried is None else fit_record(carried, bare)
    if record is not None and not _are_ions(record.labels.on(bare)):
        record = None
    if record is not None:
        matrix = record.lattice.matrix if record.unmoved else bare.lattice.matrix
        bare.lattice = Lattice(matrix, pbc=record.lattice.pbc)
    check_overlaps(bare)
    wrong: list[str] = []
    if record is not None and not _is_asked(record, bare):
        formal, more = _formal_charge(record.labels.on(bare))
        said = f"its perovdb record says charge {record.charge:+d}, which no step asked for"
        wrong = [f"{said}: that of the ions is taken", *more]
        record = record._replace(charge=formal)
    if record is not None and record.unmoved:
        history = [] if wrong else record.history
        return Restored(record.labels.on(bare), record.charge, history, tuple(wrong))
    groups = find_molecules(bare)
    whole = make_whole(bare, groups)
    if record is not None and _are_molecules(record.labels, groups):
        steps = "; ".join(step["text"] for step in record.history)
        note = f"atoms or cell have moved since it was made: {steps}"
        return Restored(record.labels.on(bare, whole), record.charge, [], (note, *wrong))
    own = pymatgen_charge(raw)
    if own is not None and own != round(own):
        raise StructureError(
            f"The charge of the structure is {own:g}, no whole number.", "Set a whole one."
        )
    notes: list[str] = []
    if carried is not None and record is None:
        notes.append("its perovdb record is not that of these atoms: roles are recognised anew")
    labels = labels_of(raw) if record is None else None
    if labels is None or not _are_molecules(labels, groups) or not _are_ions(labels.on(bare)):
        labels, more = recognise(bare, groups, unknown)
        notes += more
    structure = labels.on(bare, whole)
    charge, more = _formal_charge(structure)
    return Restored(structure, charge if own is None else round(own), [], (*notes, *more))


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


def _are_molecules(labels: Labels, groups: Sequence[Molecule]) -> bool:
    """Whether the molecules that labels number are those that bonds make."""
    atoms: dict[int, list[int]] = {}
    for atom, number in enumerate(labels.molecules):
        if number >= 0:
            atoms.setdefault(number, []).append(atom)
    return sorted(atoms.values()) == sorted(group.atoms.tolist() for group in groups)


def _are_ions(structure: Structure) -> bool:
    """Whether each unit holds the atoms of its ion, as far as the store knows it, and stands on a
    site of some role: that of another ion, if it is an antisite."""
    registry = load_registry()
    if not set(structure.site_properties["role"]) <= set("ABXL"):
        return False
    for unit in units(structure):
        own = [structure.site_properties[name] for name in ("role", "ion")]
        if any(len({column[atom] for atom in unit.atoms}) > 1 for column in own):
            return False
        if unit.ion in registry.ions:
            atoms = Formula("".join(structure[int(atom)].specie.symbol for atom in unit.atoms))
            if atoms != Formula(registry.ion(unit.ion).atoms):
                return False
        elif len(unit.atoms) == 1:
            return False
    return True


def _is_asked(record: Record, bare: Structure) -> bool:
    """Whether the charge of a record is that of its ions, or may be that for which a step asked,
    or that of a molecule that the store does not know."""
    try:
        if record.charge == charge_of_units(units(record.labels.on(bare))):
            return True
        arguments = [step["arguments"] for step in record.history]
        asked = any(one.get("neutral") == "cell" for one in arguments)
        for number, one in enumerate(arguments, 1):
            if type(one.get("charge")) is int:
                # Steps after it may have added to the charge that was asked for.
                asked = one["charge"] == record.charge or number < len(arguments)
    except UnknownSpecies:
        asked = True
    return asked and abs(record.charge) <= _MOST_CHARGE * len(bare)


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


def _from_mapping(atoms: Mapping[str, Any]) -> Structure:
    try:
        lattice = Lattice(atoms["lattice_A"], pbc=tuple(atoms["pbc"]))
        properties = {name: atoms[name] for name in PROPERTIES if name in atoms}
        return Structure(
            lattice, atoms["elements"], atoms["fractional"], site_properties=properties
        )
    except Exception as error:
        # pymatgen's errors for wrong shapes and names are of many kinds.
        raise InputError(
            f"This is no structure: {error or type(error).__name__}.",
            "Give a pymatgen Structure, or a mapping with lattice_A, pbc, elements, fractional.",
        ) from error
