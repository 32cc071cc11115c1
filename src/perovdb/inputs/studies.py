"""Many hops at once: a tree of input sets with a table of contents.

Each set has a folder of its own, written whole or not at all, so that a run that was stopped goes
on where it was. For each code, preset and scheduler a script submits all of its sets.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.errors import InputError, PerovdbError, ResultError
from perovdb.files.failures import cannot_be_written
from perovdb.files.locks import held
from perovdb.files.new_files import write_new_text
from perovdb.files.new_folders import check_new_folder, inside, write_new_folder
from perovdb.files.parts import clear
from perovdb.files.reading import digest_of, read_text
from perovdb.inputs.machine import Machine, find_machine
from perovdb.inputs.manifest import MANIFEST, Manifest, parse_manifest, read_manifest
from perovdb.inputs.schedulers import (
    ARRAY_SCRIPT,
    FOLDERS,
    SCHEDULERS,
    array_files,
    is_sealed,
)
from perovdb.inputs.set_folders import folder_names, is_folder_name
from perovdb.inputs.set_requests import SetRequest
from perovdb.inputs.sets import input_files
from perovdb.migration.path import Path as HopPath
from perovdb.migration.requests import HopRequest, Hosts

CONTENTS = "contents.csv"

#: Ends of the names of files that a run changes: positions, and inputs of Quantum ESPRESSO.
_A_RUN_CHANGES = ("POSCAR", ".xyz", ".in")

#: Columns that people see of the table of contents.
_SHOWN = (
    *("folder", "status", "formula", "distance_A", "vacancies", "charge", "n_atoms"),
    "closest_contact_A",
)


@dataclass(frozen=True)
class StudySet:
    """A set of a study, as the table of contents tells of it.

    Attributes:
        folder: in the tree.
        status: "written", "kept" or "failed".
        host: formula or file.
        formula: of the host.
        species, into, hop, vacancies, method: as for `HopRequest`.
        distance_A, charge, n_atoms, images, closest_contact_A: of the path; None if it failed.
        code, preset, scheduler: as for `SetRequest`.
        notes: of the set, parted by " | ".
        problem: what failed.
    """

    folder: str
    status: str
    host: str
    formula: str | None
    species: str
    into: str
    hop: int
    vacancies: int
    distance_A: float | None
    charge: int | None
    n_atoms: int | None
    images: int | None
    closest_contact_A: float | None
    method: str
    code: str
    preset: str
    scheduler: str
    notes: str | None = None
    problem: str | None = None


@answer
class Study(Answer):
    """The sets of a study, in a tree.

    Attributes:
        folder: of the tree.
        sets: one for each request.
        notes: of the scripts that run all sets.
    """

    folder: str
    sets: tuple[StudySet, ...]
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self.sets]

    def _headline(self) -> str:
        counts = Counter(one.status for one in self.sets)
        return ", ".join(f"{counts[s]} {s}" for s in ("written", "kept", "failed") if counts[s])

    def _lines(self) -> list[str]:
        shown = [{name: row[name] for name in _SHOWN} for row in self.rows()]
        notes = Counter(note for one in self.sets if one.notes for note in one.notes.split(" | "))
        return [
            *table(shown),
            f"  {self._headline()}; contents in {os.path.join(self.folder, CONTENTS)}",
            *(f"  note: {note} (in {count})" for note, count in notes.items()),
            *self._note_lines(),
        ]

    def problems(self) -> list[str]:
        """What failed, each problem once with where."""
        folders: dict[str, list[str]] = {}
        for one in self.sets:
            if one.problem:
                folders.setdefault(one.problem, []).append(one.folder)
        return [
            f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {problem}"
            for problem, names in folders.items()
        ]


def write_study(
    folder: str | os.PathLike[str],
    study: Sequence[SetRequest],
    *,
    force: bool = False,
    machine: Machine | None = None,
    progress: Callable[[StudySet], object] | None = None,
) -> Study:
    """Write the sets of a study as a tree, and its table of contents.

    Sets that are there already and were asked for in the same words are kept; a set that fails
    is told of in the table and does not stop the others. The table also holds the sets that
    other studies left in the tree.

    Args:
        folder: of the tree; made if it is not there.
        study: the sets.
        force: replace folders that hold another set.
        machine: how the codes are started; by default that of `find_machine`.
        progress: called with each set when it is there.

    Raises:
        InputError: there is no set, two have one name, a folder holds something else and is not
            to be replaced, a table or list of the tree is another's or was edited, or the tree
            cannot be written.
    """
    machine = machine or find_machine()
    root = Path(folder)
    if not study:
        raise InputError("The study asks for no set.", "Name a hop.")
    if (root / MANIFEST).exists():
        raise InputError(f"{root} is an input set.", "Name another folder for the tree.")
    names = folder_names(study)
    for place in {root, *(up for name in names for up in inside(root, name).parents[:2])}:
        clear(place)
    kept = [_kept(root / name, request) for name, request in zip(names, study, strict=True)]
    for name, manifest in zip(names, kept, strict=True):
        if manifest is None:
            check_place(root / name, force)
    if not force:
        _check_ours(root, [*names, *(row["folder"] for row in _others(root, names))])
    _make(root)
    paths: dict[HopRequest, HopPath | PerovdbError] = {}
    hosts: Hosts = {}
    sets = []
    for name, request, manifest in zip(names, study, kept, strict=True):
        status, problem = "kept", None
        try:
            if manifest is None:
                chain = _chain(request.hop, paths, hosts)
                files, manifest = set_of(request, machine, chain)
                _make((root / name).parent)
                status, manifest = _put(root / name, request, files, manifest, force)
        except PerovdbError as error:
            status, problem, manifest = "failed", str(error), None
        sets.append(_set_of_study(name, status, request, manifest, problem))
        if progress:
            progress(sets[-1])
    written = Study(os.fspath(folder), tuple(sets))
    with held(root):
        # Other runs may have written their sets meanwhile.
        every = [*_others(root, names), *written.rows()]
        notes = _write_arrays(root, every, machine)
        write_new_text(root / CONTENTS, _as_csv(every), force=True)
    return replace(written, notes=tuple(notes))


def _put(
    folder: Path, request: SetRequest, files: Mapping[str, str], manifest: Manifest, force: bool
) -> tuple[str, Manifest]:
    """Write a set, unless another run has done so meanwhile: its status and manifest."""
    try:
        write_new_folder(folder, files, replace=force)
    except InputError:
        there = _kept(folder, request)
        if there is None:
            raise
        return "kept", there
    return "written", manifest


def write_set(
    folder: str | os.PathLike[str],
    request: SetRequest,
    *,
    force: bool = False,
    machine: Machine | None = None,
) -> Manifest:
    """Write the set of one request to a new folder.

    Args:
        folder: of the set.
        request: the set.
        force: replace another set that stands there.
        machine: how the codes are started; by default that of `find_machine`.

    Raises:
        as `set_of`, and InputError if the place is taken or cannot be written.
    """
    clear(Path(folder).absolute().parent)
    replacing = force and os.path.lexists(folder)
    if replacing:
        check_place(folder, force)
    else:
        check_new_folder(folder)
    files, manifest = set_of(request, machine or find_machine())
    write_new_folder(folder, files, replace=replacing)
    return manifest


def set_of(
    request: SetRequest, machine: Machine, chain: HopPath | None = None
) -> tuple[dict[str, str], Manifest]:
    """The files of the set of a request, and its manifest, which holds the request too.

    Args:
        request: the set.
        machine: how the codes are started.
        chain: the path, if it is there already.

    Raises:
        as `HopRequest.path` and `input_files`.
    """
    files = input_files(
        chain or request.hop.path(),
        code=request.code,
        preset=request.preset,
        settings=request.settings,
        relax_first=request.relax_first,
        resources=replace(request.resources, machine=machine),
    )
    manifest = replace(
        parse_manifest(files[MANIFEST]), request=request.record(), request_sha256=request.digest
    )
    return files | {MANIFEST: manifest.text()}, manifest


def check_place(target: str | os.PathLike[str], force: bool) -> None:
    """Refuse a place for a set that is taken; by force only another set is replaced.

    Raises:
        InputError: something stands there.
    """
    if not os.path.lexists(target):
        return
    if not force:
        raise InputError(
            f"{target} exists already and does not hold this set.",
            "Name another folder, or replace the set by --force.",
        )
    if _manifest_of(Path(target)).request_sha256 is None or os.path.islink(target):
        raise InputError(
            f"{target} holds no input set of 'perovdb neb', and is not replaced.",
            "Name another folder, or remove it yourself.",
        )


def _manifest_of(folder: Path) -> Manifest:
    """The manifest of a set; an empty one if there is none that can be read."""
    try:
        return read_manifest(folder) or Manifest()
    except ResultError:
        return Manifest()


def _kept(folder: Path, request: SetRequest) -> Manifest | None:
    """The manifest of the set of a request, if a folder holds it with all of its files."""
    manifest = _manifest_of(folder)
    if manifest.request_sha256 != request.digest:
        return None
    # A run may have changed files since; none of them goes.
    if not all((folder / name).exists() for name in manifest.files):
        return None
    changed = [
        name
        for name, digest in manifest.files.items()
        if not name.endswith(_A_RUN_CHANGES) and not _is_as_written(folder, name, digest)
    ]
    if not changed:
        return manifest
    note = f"kept, though not as it was written: {', '.join(changed)}"
    return replace(manifest, notes=(*manifest.notes, note))


def _is_as_written(folder: Path, name: str, digest: str) -> bool:
    try:
        return digest_of(inside(folder, name), "manifest") == digest
    except PerovdbError:
        return False


def _chain(
    hop: HopRequest, known: dict[HopRequest, HopPath | PerovdbError], hosts: Hosts
) -> HopPath:
    """The path of a hop, made once for all codes; so is the error where there is none."""
    if hop not in known:
        try:
            known[hop] = hop.path(hosts)
        except PerovdbError as error:
            known[hop] = error
    chain = known[hop]
    if isinstance(chain, PerovdbError):
        raise chain
    return chain


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_be_written(folder, error) from error


def _set_of_study(
    folder: str, status: str, request: SetRequest, manifest: Manifest | None, problem: str | None
) -> StudySet:
    hop, path = request.hop, manifest or Manifest()
    distance = path.hop.distance_A if path.hop else None
    contact = path.checks.get("closest_contact_A")
    species = hop.species or (path.hop.species if path.hop else "")
    return StudySet(
        folder=folder,
        status=status,
        host=str(hop.formula or hop.file),
        formula=path.formula,
        species=species,
        into=hop.into or species,
        hop=hop.hop,
        vacancies=hop.vacancies,
        distance_A=None if distance is None else round(distance, 6),
        charge=path.charge,
        n_atoms=path.atoms,
        images=path.images,
        closest_contact_A=None if contact is None else round(contact, 4),
        method=hop.method,
        code=request.code,
        preset=request.preset,
        scheduler=request.resources.scheduler,
        notes=" | ".join(path.notes) if manifest else None,
        problem=problem,
    )


def _others(root: Path, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows of the table that stands in the tree, of sets of other studies that are still there.

    Whoever else may have written it: a row counts if it names a folder as we do, in the tree.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(root / CONTENTS, "manifest"))))
    except (ResultError, csv.Error):
        return
    for row in rows:
        folder = row.get("folder") or ""
        if folder not in names and is_folder_name(folder) and _is_set(root, folder):
            yield {**row, "status": "kept"}


def _is_set(root: Path, folder: str) -> bool:
    try:
        manifest = _manifest_of(inside(root, folder))
    except InputError:
        return False
    return manifest.request_sha256 is not None and manifest.scheduler in SCHEDULERS


def _check_ours(root: Path, names: Sequence[str]) -> None:
    """Refuse a tree whose table of contents, lists of folders or scripts for all sets are not as
    a study wrote them: they are written anew.

    Raises:
        InputError: one is another's, or was edited.
    """

    def is_ours(path: Path) -> bool:
        try:
            text = read_text(path, "manifest")
        except ResultError:
            return not os.path.lexists(path)
        if path.name == CONTENTS:
            return not text or text.startswith(_as_csv([]))
        if path.name == ARRAY_SCRIPT:
            return is_sealed(text)
        return all(is_folder_name(f"{path.parent.name}/{line}") for line in text.splitlines())

    tops = dict.fromkeys(name.partition("/")[0] for name in names)
    lists = [root / top / name for top in tops for name in (ARRAY_SCRIPT, FOLDERS)]
    for path in (root / CONTENTS, *lists):
        if not is_ours(path):
            raise InputError(
                f"{path} is not as a study wrote it, and would be written anew.",
                "Move it away or name another folder; force=True, --force, replaces it.",
            )


def _write_arrays(root: Path, rows: Sequence[Mapping[str, Any]], machine: Machine) -> list[str]:
    """The script that runs all sets of a code, preset and scheduler, in their folder.

    What it runs besides is returned as notes.
    """
    notes: dict[str, None] = {}
    groups: dict[str, dict[str, Manifest]] = {}
    for row in rows:
        if row["status"] != "failed":
            top, _, rest = row["folder"].partition("/")
            groups.setdefault(top, {})[rest] = _manifest_of(root / row["folder"])
    for top, sets in groups.items():
        manifests = list(sets.values())
        scheduler = manifests[0].scheduler or "bash"
        files = array_files(list(sets), manifests, f"{top}, all", scheduler, machine)
        for name, text in files.items():
            write_new_text(root / top / name, text, force=True)
        notes |= dict.fromkeys(machine.array_notes(scheduler))
    return list(notes)


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    columns = [one.name for one in fields(StudySet)]
    writing = csv.DictWriter(buffer, columns, extrasaction="ignore", lineterminator="\n")
    writing.writeheader()
    writing.writerows(rows)
    return buffer.getvalue()
