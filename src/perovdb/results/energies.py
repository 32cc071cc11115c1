"""Energies of finished single points and relaxations, and differences between them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.errors import InputError, ResultError
from perovdb.inputs.job import SINGLE
from perovdb.inputs.manifest import Manifest, read_manifest
from perovdb.results.agreement import MIXED_IN, check_atoms, other_electrons
from perovdb.results.runs import cp2k, qe, vasp
from perovdb.results.runs.run import Run


class Code(Protocol):
    """What the module of a code offers."""

    MARKS: str

    def holds(self, folder: Path) -> bool:
        """Whether a folder holds the output of one calculation."""

    def read(self, folder: Path) -> Run:
        """The last step."""


#: Code -> its reader.
CODES: dict[str, Code] = {"vasp": vasp, "cp2k": cp2k, "qe": qe}

#: Settings that move atoms and cells, not energies.
_OF_MOTION = ("relax", "cell", "path", "control", "ions", "band.plain", "band.vtst")

_ELECTRON = 1e-3

#: Columns that people see.
_SHOWN = (
    *("name", "formula", "charge", "energy_eV", "gap_eV", "max_force_eV_A", "pressure_GPa"),
    *("code", "level"),
)

_TERM = re.compile(r"(?:(\d+(?:\.\d+)?)\s*\*?\s+)?(\S+)")


@answer
class Energy(Answer):
    """The energy of a structure, as a finished calculation left it.

    Attributes:
        folder: where it ran.
        name: the last part of that.
        code, version: what computed it.
        task: "static" or "relax".
        energy_eV: total energy of the cell.
        energy_kind: which of the code's energies that is.
        formula: elements and their numbers.
        n_atoms: atoms in the cell.
        charge: net charge in e, as the manifest tells; None without one.
        level: of theory, as the manifest tells.
        max_force_eV_A: largest force on an atom.
        pressure_GPa: third of the trace of the stress; above zero the cell wants to grow.
        stress_GPa: (3, 3), or empty.
        gap_eV, vbm_eV, cbm_eV: on the k-points of the run.
        potentials_V: (a,) electrostatic potential at the cores, of VASP, or empty.
        settings_sha256: of all settings and potentials that an energy depends on, as the manifest
            tells; energies with the same one may be compared.
        structure: atoms and cell of this energy.
        notes: what a user should know.
    """

    folder: str
    name: str
    code: str
    version: str
    task: str
    energy_eV: float
    energy_kind: str
    formula: str
    n_atoms: int
    structure: Structure
    charge: int | None = None
    level: str | None = None
    max_force_eV_A: float | None = None
    pressure_GPa: float | None = None
    stress_GPa: tuple[tuple[float, ...], ...] = ()
    gap_eV: float | None = None
    vbm_eV: float | None = None
    cbm_eV: float | None = None
    potentials_V: tuple[float, ...] = ()
    settings_sha256: str | None = None
    notes: tuple[str, ...] = ()

    def _headline(self) -> str:
        return f"{self.formula}, {self.energy_eV:.6f} eV ({self.code})"

    def rows(self) -> list[dict[str, Any]]:
        row = {key: value for key, value in self.as_dict().items() if not key.startswith("@")}
        for key in ("structure", "stress_GPa", "potentials_V", "notes"):
            row.pop(key, None)
        return [{**row, "notes": "; ".join(self.notes) or None}]

    def _lines(self) -> list[str]:
        return [*table(_shown(self.rows())), *self._note_lines()]


def _shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What people see of rows: energies with the digits that differences need."""
    return [
        {name: row[name] for name in _SHOWN} | {"energy_eV": f"{row['energy_eV']:.4f}"}
        for row in rows
    ]


@answer
class Reaction(Answer):
    """The energy of a reaction between computed cells.

    Attributes:
        equation: with the names of the cells.
        energy_eV: products less educts, as the equation is written; below zero it runs by itself.
        per_atom_eV: of the atoms on one side.
        per_formula_unit_eV: of the formula units, by three halides each; None where the halides on
            a side are not a multiple of three.
        formula_units: so many.
        settings_sha256: that all cells share; None where they are without manifests.
        notes: what a user should know.
    """

    equation: str
    energy_eV: float
    per_atom_eV: float
    per_formula_unit_eV: float | None = None
    formula_units: float | None = None
    settings_sha256: str | None = None
    notes: tuple[str, ...] = ()

    def _headline(self) -> str:
        return f"{self.equation}: {self.energy_eV:+.4f} eV"

    def _lines(self) -> list[str]:
        per = [f"{1000 * self.per_atom_eV:+.2f} meV an atom"]
        if self.per_formula_unit_eV is not None:
            unit = f"{1000 * self.per_formula_unit_eV:+.2f} meV a formula unit of 3 halides"
            per.insert(0, unit)
        return [f"{self._headline()}; {', '.join(per)}", *self._note_lines()]


@dataclass(frozen=True, repr=False, eq=False)
class Energies(Answer):
    """Energies of several cells.

    Attributes:
        energies: those that could be read.
        unreadable: the others' folders, with the reason.
    """

    energies: tuple[Energy, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def _headline(self) -> str:
        return f"{len(self.energies)} energies"

    def rows(self) -> list[dict[str, Any]]:
        return [row for one in self.energies for row in one.rows()]

    def _lines(self) -> list[str]:
        notes = dict.fromkeys(note for one in self.energies for note in one.notes)
        return [
            *table(_shown(self.rows())),
            *(f"  note: {note}" for note in notes),
            *(f"  {folder}: {reason}" for folder, reason in self.unreadable.items()),
        ]

    def reaction(self, equation: str) -> Reaction:
        """The energy of a reaction, such as "CsPbI3 + CsPbBr3 -> 2 mixed".

        Args:
            equation: names of the cells, each with a number of them if it is not one.

        Raises:
            InputError: the equation cannot be read, a cell is not there, or the atoms or charges
                on its sides are not the same.
            ResultError: the cells were computed with different settings.
        """
        sides = [_side(text) for text in equation.split("->")]
        if len(sides) != 2 or not all(sides):
            raise InputError(f"'{equation}' is no equation.", 'Write "a + 2 b -> c".')
        known: dict[str, Energy] = {}
        for one in self.energies:
            if one.name in known:
                raise InputError(
                    f"Two cells are named {one.name}.", "Give them folders of different names."
                )
            known[one.name] = one
        names = [name for side in sides for name in side]
        for name in names:
            if name not in known:
                raise InputError(
                    f"There is no cell {name}.", f"Choose of: {', '.join(known) or 'none'}."
                )
        cells = [known[name] for name in names]
        notes = _check_same(cells)
        totals = [_total(side, known) for side in sides]
        _check_balance(totals, equation)
        energy = totals[1]["energy"] - totals[0]["energy"]
        atoms = totals[1]["atoms"]
        halides = sum(totals[1]["elements"].get(X, 0.0) for X in ("F", "Cl", "Br", "I"))
        whole = halides >= 3 and abs(halides / 3 - round(halides / 3)) < 1e-9
        return Reaction(
            equation=" ".join(equation.split()),
            energy_eV=energy,
            per_atom_eV=energy / atoms,
            per_formula_unit_eV=energy / (halides / 3) if whole else None,
            formula_units=halides / 3 if whole else None,
            settings_sha256=cells[0].settings_sha256,
            notes=notes,
        )


def read_energy(folder: str | os.PathLike[str]) -> Energy:
    """The energy of a finished single point or relaxation, of VASP, CP2K or Quantum ESPRESSO.

    Raises:
        InputError: there is no such folder.
        ResultError: it holds no such calculation, one that did not come to its end or to
            self-consistency, a relaxation that did not come to rest, or files of several runs.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"There is no folder {place}.", "Name one in which a calculation ran.")
    try:
        manifest = read_manifest(place)
        run = _by_its_code(place)
    except OSError as error:
        raise ResultError(f"{place} cannot be read: {error}.", "Check its rights.") from error
    _refuse_unfinished(run, place)
    _check_manifest(run, manifest, place)
    return _energy(run, manifest, place)


def read_energies(folders: Iterable[str | os.PathLike[str]]) -> Energies:
    """The energies of several folders, or of all sets in a tree.

    Folders that cannot be read are kept with the reason.

    Raises:
        InputError: there is no such folder.
    """
    energies: list[Energy] = []
    unreadable: dict[str, str] = {}
    for folder in dict.fromkeys(one for top in folders for one in _sets_in(Path(top))):
        try:
            energies.append(read_energy(folder))
        except ResultError as error:
            unreadable[str(folder)] = str(error)
    return Energies(tuple(energies), unreadable)


def _sets_in(folder: Path) -> list[Path]:
    """A folder that holds a calculation, or those in it that do."""
    if not folder.is_dir() or any(code.holds(folder) for code in CODES.values()):
        return [folder]
    inside = [one for one in sorted(folder.iterdir()) if one.is_dir()]
    sets = [one for one in inside if any(code.holds(one) for code in CODES.values())]
    return sets or [folder]


def _by_its_code(folder: Path) -> Run:
    codes = [name for name, code in CODES.items() if code.holds(folder)]
    if len(codes) > 1:
        raise ResultError(
            f"{folder} holds files of {' and '.join(codes)}.", "Keep those of one code."
        )
    if not codes:
        known = "; ".join(f"{name}: {code.MARKS}" for name, code in CODES.items())
        raise ResultError(f"{folder} holds no finished calculation.", f"Looked for {known}.")
    return CODES[codes[0]].read(folder)


def _refuse_unfinished(run: Run, folder: Path) -> None:
    for bad, what, mend in (
        (not run.finished, "did not come to its end", "Submit it again: it goes on."),
        (
            not run.scf_converged,
            "did not come to self-consistency in its last step",
            "Give the electrons more steps, or another mixing.",
        ),
        (run.relaxed is False, "did not come to rest", "Submit it again: it goes on."),
    ):
        if bad:
            raise ResultError(f"The calculation in {folder} {what}.", mend)


def _check_manifest(run: Run, manifest: Manifest | None, folder: Path) -> None:
    """Refuse the files of another run than the set was written for."""
    if manifest is None:
        return
    if manifest.task not in SINGLE:
        raise ResultError(
            f"{folder} was written for the task '{manifest.task}'.",
            "Read a band with read_barrier ('perovdb barrier').",
        )
    if manifest.code != run.code:
        raise ResultError(f"{folder} was written for {manifest.code}, not {run.code}.", MIXED_IN)
    check_atoms(manifest, run.elements, 1, folder)
    for problem in other_electrons(manifest, [run.electrons]):
        raise ResultError(f"{folder}: {problem.what}", problem.mend)


def _energy(run: Run, manifest: Manifest | None, folder: Path) -> Energy:
    lattice = Lattice(run.lattice_A)
    structure = Structure(lattice, list(run.elements), run.positions_A, coords_are_cartesian=True)
    stress = run.stress_GPa
    known = manifest or Manifest()
    notes = [] if manifest else ["no manifest.json: charge and settings are not known"]
    if run.gap_eV is not None and run.gap_eV <= 0:
        notes.append("no gap on the k-points of the run")
    forces = run.forces_eV_A
    return Energy(
        folder=str(folder),
        name=folder.resolve().name,
        code=run.code,
        version=run.version,
        task="static" if run.relaxed is None else "relax",
        energy_eV=run.energy_eV,
        energy_kind=run.energy_kind,
        formula=structure.composition.formula.replace(" ", ""),
        n_atoms=len(structure),
        structure=structure,
        charge=known.charge,
        level=known.level,
        max_force_eV_A=None
        if forces is None
        else round(float(np.linalg.norm(forces, axis=1).max()), 6),
        pressure_GPa=None if stress is None else round(float(np.trace(stress)) / 3, 6),
        stress_GPa=() if stress is None else tuple(tuple(map(float, row)) for row in stress),
        gap_eV=run.gap_eV,
        vbm_eV=run.vbm_eV,
        cbm_eV=run.cbm_eV,
        potentials_V=() if run.potentials_V is None else tuple(map(float, run.potentials_V)),
        settings_sha256=_settings_of(manifest) if manifest else None,
        notes=tuple(notes),
    )


def _settings_of(manifest: Manifest) -> str:
    """A digest of what an energy depends on: code, level of theory, and settings, the family of
    the potentials among them; not how atoms were moved.
    """
    values = {
        section: {key: setting.value for key, setting in settings.items()}
        for section, settings in manifest.settings.items()
        if section not in _OF_MOTION
    }
    # A mesh that follows from the spacing is another number in another cell, and the same setting.
    text = json.dumps([manifest.code, manifest.level, values], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _side(text: str) -> dict[str, float]:
    """Names of cells -> how many of them."""
    side: dict[str, float] = {}
    for term in text.split(" + "):
        match = _TERM.fullmatch(term.strip())
        if match is None:
            return {}
        number = float(match[1] or 1)
        side[match[2]] = side.get(match[2], 0.0) + number
    return side


def _total(side: Mapping[str, float], known: Mapping[str, Energy]) -> dict[str, Any]:
    elements: dict[str, float] = {}
    for name, number in side.items():
        for element, count in known[name].structure.composition.as_dict().items():
            elements[element] = elements.get(element, 0.0) + number * count
    charges = [known[name].charge for name in side]
    return {
        "energy": sum(number * known[name].energy_eV for name, number in side.items()),
        "atoms": sum(elements.values()),
        "elements": elements,
        "charge": None
        if None in charges
        else sum(number * (known[name].charge or 0) for name, number in side.items()),
    }


def _check_same(cells: Iterable[Energy]) -> tuple[str, ...]:
    """Refuse cells of different settings; notes where it cannot be told."""
    every = list(cells)
    codes = {(one.code, one.version.split(" ")[0]) for one in every}
    digests = {one.settings_sha256 for one in every}
    if len({code for code, _ in codes}) > 1 or len(digests - {None}) > 1:
        other = next(
            one
            for one in every
            if (one.code, one.settings_sha256) != (every[0].code, every[0].settings_sha256)
        )
        raise ResultError(
            f"{every[0].name} and {other.name} were computed with different settings.",
            "Compute all cells of a reaction with the same code, preset, level and settings.",
        )
    notes = []
    if None in digests:
        notes.append("a cell has no manifest.json: that the settings are the same is not checked")
    if len(codes) > 1:
        notes.append("the cells were computed with different versions of the code")
    if len({one.task for one in every}) > 1:
        notes.append("some cells are relaxed and some are not")
    return tuple(notes)


def _check_balance(totals: list[dict[str, Any]], equation: str) -> None:
    educts, products = totals
    names = sorted({*educts["elements"], *products["elements"]})
    for name in names:
        before, after = (side["elements"].get(name, 0.0) for side in totals)
        if abs(before - after) > 1e-9 * max(before, after, 1.0):
            raise InputError(
                f"'{equation}' has {before:g} {name} before and {after:g} after.",
                "Balance it: atoms that are exchanged with a reservoir need a cell of their own.",
            )
    if None not in (educts["charge"], products["charge"]) and (
        abs(educts["charge"] - products["charge"]) > _ELECTRON
    ):
        raise InputError(
            f"'{equation}' has a charge of {educts['charge']:+g} before and "
            f"{products['charge']:+g} after.",
            "Electrons come from a reservoir at the Fermi level: that is the formation energy of "
            "a defect, not the energy of a reaction.",
        )
