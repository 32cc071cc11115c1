"""Sets of several structures at once, in a tree with a table of contents."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.composition import Material
from perovdb.errors import InputError, PerovdbError
from perovdb.files.labels import one_line
from perovdb.files.new_folders import write_new_folder
from perovdb.inputs.job import SINGLE, Electrons, Resources
from perovdb.inputs.machine import find_machine
from perovdb.inputs.manifest import MANIFEST, Manifest, parse_manifest
from perovdb.inputs.schedulers import array_files
from perovdb.inputs.sets import input_files

CONTENTS = "contents.csv"

#: More sets than this are a slip of the pen.
MOST_SETS = 2000

_SHOWN = ("folder", "formula", "boundary", "n_atoms", "charge", "valence_electrons")


@answer
class Series(Answer):
    """Input sets of several structures.

    Attributes:
        folder: of the tree.
        sets: manifest of each, by the name of its folder.
        notes: of the script that runs all of them.
    """

    folder: str
    sets: Mapping[str, Manifest]
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        return _contents(self.sets)

    def _headline(self) -> str:
        return f"{len(self.sets)} sets in {self.folder}"

    def _lines(self) -> list[str]:
        shown = [{name: row[name] for name in _SHOWN} for row in self.rows()]
        notes = dict.fromkeys(note for one in self.sets.values() for note in one.notes)
        return [
            *table(shown),
            f"  {self._headline()}; contents in {os.path.join(self.folder, CONTENTS)}",
            *(f"  note: {note}" for note in notes),
            *self._note_lines(),
        ]


def write_series(
    folder: str | os.PathLike[str],
    materials: Mapping[str, Material],
    *,
    code: str,
    task: str,
    preset: str = "standard",
    settings: Mapping[str, Any] | None = None,
    electrons: Electrons | None = None,
    cell: str = "fixed",
    resources: Resources | None = None,
) -> Series:
    """Write a set of each of several structures to a new tree, all of them or nothing.

    Args:
        folder: a folder that does not exist.
        materials: by the names of their folders, letters, digits, dots, hyphens and _.
        code, task, preset, settings, electrons, cell, resources: as for `write_inputs`.

    Raises:
        InputError: a name cannot be a folder, there are none or too many, or as `write_inputs`.
        and what `write_inputs` raises, with the name of the set.
    """
    if not 0 < len(materials) <= MOST_SETS:
        raise InputError(
            f"{len(materials)} structures make no series.", f"Give 1 to {MOST_SETS} of them."
        )
    if task not in SINGLE:
        raise InputError(
            f"A series has no task '{task}'.",
            "Give static or relax; bands are made by 'perovdb neb'.",
        )
    resources = resources or Resources()
    resources = replace(resources, machine=resources.machine or find_machine())
    files: dict[str, str] = {}
    sets: dict[str, Manifest] = {}
    for name, material in materials.items():
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*", name):
            raise InputError(
                f"'{name}' cannot be the name of a folder here.",
                "Take letters, digits, dots, hyphens and _.",
            )
        try:
            of_set = input_files(
                material,
                code=code,
                task=task,
                preset=preset,
                settings=settings,
                electrons=electrons,
                cell=cell,
                resources=resources,
            )
        except PerovdbError as error:
            raise type(error)(f"{name}: {error.what}", error.mend) from error
        sets[name] = parse_manifest(of_set[MANIFEST])
        files |= {f"{name}/{file}": text for file, text in of_set.items()}
    title = one_line(f"{task} of {len(sets)} structures with {code}")
    files |= array_files(
        list(sets), list(sets.values()), title, resources.scheduler, resources.machine
    )
    text = io.StringIO()
    rows = _contents(sets)
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = write_new_folder(folder, files | {CONTENTS: text.getvalue()})
    machine = resources.machine
    notes = machine.array_notes(resources.scheduler) if machine else []
    return Series(str(Path(path)), sets, tuple(notes))


def _contents(sets: Mapping[str, Manifest]) -> list[dict[str, Any]]:
    return [
        {
            "folder": name,
            "task": one.task,
            "formula": one.formula,
            "boundary": one.boundary,
            "n_atoms": one.atoms,
            "charge": one.charge,
            "multiplicity": one.multiplicity,
            "valence_electrons": one.valence_electrons,
            "level": one.level,
            "cell": one.cell,
            "code": one.code,
            "preset": one.preset,
            "notes": " | ".join(one.notes) or None,
        }
        for name, one in sets.items()
    ]
