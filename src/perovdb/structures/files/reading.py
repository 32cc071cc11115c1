"""Structures from files, of perovdb's own and of other hands, with roles and molecules."""

from __future__ import annotations

import os
import warnings
from typing import Any

from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.files.crystals import Crystal, read_crystal
from perovdb.files.own_records import KEY, find_record
from perovdb.structures.files.restoring import restore
from perovdb.structures.history import Outcome, step
from perovdb.structures.units import ion_formula


@step
def read_structure(
    path: str | os.PathLike[str],
    *,
    unknown: str = "refuse",
    charge: int | None = None,
    sha256: str | None = None,
) -> Outcome:
    """A structure from a file, with roles, ions and whole molecules.

    A file that perovdb wrote gives back what was written: history, charge, roles, molecules. If
    its atoms have moved since, roles and charge are kept and the history begins with the file.
    In a file of other hands they are recognised: elements are the ions of the store, molecules
    are found by bond lengths. Of several frames of an XYZ file the last is read; one without a
    cell is a particle in the middle of a box, 10 A from each side.

    Args:
        path: POSCAR*, CONTCAR*, *.vasp, *.cif, *.xyz, *.json of pymatgen, inputs of CP2K (*.inc,
            *.inp) and of pw.x (*.qe, *.in, *.pwi).
        unknown: "refuse" or "keep" molecules that the store does not know; kept, they are A
            cations of charge +1 named by their formula.
        charge: of the cell, in e; by default that of the file, or the sum of formal charges.
        sha256: the file must have this digest, as in a history.

    Raises:
        InputError: the file cannot be read, or its history says another charge.
        StructureError: a site is shared, atoms overlap, or an ion is not known.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{path!r} is not the path of a file.", "Give such as 'model.cif'.")
    path = os.fspath(path)
    crystal = read_crystal(path, sha256)
    carried, damaged = _record(crystal)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            restored = restore(crystal.structure, carried, unknown)
    except PerovdbError as error:
        raise type(error)(f"{path}: {error.what}", error.mend) from error
    except ArithmeticError as error:
        raise StructureError(
            f"{path}: its cell or positions run over ({error}).", "Mend its numbers."
        ) from error
    structure = restored.structure
    total = restored.charge if charge is None else charge
    if restored.history:
        if total != restored.charge:
            raise InputError(
                f"{path} says how it was made, and that its charge is {restored.charge:+d}, not "
                f"{total:+d}.",
                "Ask for another charge state where the defect is made.",
            )
        return Outcome(structure, "", total, history=restored.history)
    return Outcome(
        structure,
        f"{ion_formula(structure)} from {os.path.basename(path)}",
        charge=total,
        notes=[*damaged, *crystal.notes, *restored.notes],
        arguments={"sha256": crystal.sha256, "charge": total},
    )


def _record(crystal: Crystal) -> tuple[Any, list[str]]:
    """What a file carries of its structure, if anything, and a note if that is damaged."""
    if crystal.form in ("xyz", "json"):
        return crystal.structure.properties.get(KEY), []
    carried, seen = find_record(crystal.text)
    return carried, ["its perovdb record is damaged"] if seen and carried is None else []
