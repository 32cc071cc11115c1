"""Many hops at once: a tree of input sets with a table of contents.

Each set has a folder of its own, written whole or not at all, so that a run that was stopped goes
on where it was. For each code, preset and scheduler a script submits all of its sets.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from perovdb.errors import InputError, PerovdbError
from perovdb.inputs import writer
from perovdb.inputs.machine import Machine, find_machine
from perovdb.inputs.neb import MANIFEST, array_files, neb_files
from perovdb.inputs.set_folders import folder_names
from perovdb.inputs.set_requests import SetRequest
from perovdb.migration.chain import Chain
from perovdb.migration.requests import HopRequest, Hosts, chains

CONTENTS = "contents.csv"


def write_study(
    folder: str | os.PathLike[str],
    study: Sequence[SetRequest],
    *,
    force: bool = False,
    machine: Machine | None = None,
    done: Callable[[Mapping[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """Write the sets of a study as a tree, and its table of contents.

    Sets that are there already and were asked for in the same words are kept; a set that fails
    is told of in the table and does not stop the others. The table also holds the sets that
    other studies left in the tree.

    Args:
        folder: of the tree; made if it is not there.
        study: the sets.
        force: replace folders that hold another set.
        machine: how the codes are started; by default that of `find_machine`.
        done: called with the row of each set when it is there.

    Returns:
        a row for each set of the study: folder, status ("written", "kept" or "failed"), what the
        set is, and what failed.

    Raises:
        InputError: there is no set, two have one name, a folder holds something else and is not
            to be replaced, or the tree cannot be written.
    """
    machine = machine or find_machine()
    root = Path(folder)
    if not study:
        raise InputError("The study asks for no set.", "Name a hop.")
    if (root / MANIFEST).exists():
        raise InputError(f"{root} is an input set.", "Name another folder for the tree.")
    names = folder_names(study)
    kept = [_kept(root / name, request) for name, request in zip(names, study, strict=True)]
    for name, manifest in zip(names, kept, strict=True):
        if manifest is None:
            check_place(root / name, force)
    _make(root)
    for place in {root, *(up for name in names for up in (root / name).parents[:2])}:
        writer.clear(place)
    paths: dict[HopRequest, Chain | PerovdbError] = {}
    hosts: Hosts = {}
    rows = []
    for name, request, manifest in zip(names, study, kept, strict=True):
        row = _row(name, request)
        try:
            if manifest is None:
                chain = _chain(request.hop, paths, hosts)
                _, files, manifest = set_of(request, machine, chain)
                _make((root / name).parent)
                writer.write(root / name, files, replace=force)
                row["status"] = "written"
            row |= _of_manifest(manifest)
        except PerovdbError as error:
            row |= {"status": "failed", "problem": str(error)}
        rows.append(row)
        if done:
            done(row)
    every = [*_others(root, names), *rows]
    _write_arrays(root, every, machine)
    writer.replace_file(root / CONTENTS, _as_csv(every))
    return rows


def set_of(
    request: SetRequest, machine: Machine, chain: Chain | None = None
) -> tuple[Chain, dict[str, str], dict[str, Any]]:
    """The path of a request, the files of its set, and its manifest.

    Args:
        request: the set.
        machine: how the codes are started.
        chain: the path, if it is there already.

    Raises:
        as `chains` and `neb_files`.
    """
    chain = chain or _only(chains(request.hop))
    files = neb_files(
        chain,
        request.code,
        request.preset,
        request.ranks_per_image,
        request.hours,
        request.build,
        settings=request.settings,
        scheduler=request.scheduler,
        cores=request.cores,
        relax_first=request.relax_first,
        machine=machine,
    )
    manifest = json.loads(files[MANIFEST])
    manifest |= {"request": request.record(), "request_sha256": request.digest}
    files[MANIFEST] = json.dumps(manifest, indent=1) + "\n"
    return chain, files, manifest


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
    if "request_sha256" not in _manifest_of(Path(target)) or os.path.islink(target):
        raise InputError(
            f"{target} holds no input set of 'perovdb neb', and is not replaced.",
            "Name another folder, or remove it yourself.",
        )


def _manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of a set; empty if there is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _kept(folder: Path, request: SetRequest) -> dict[str, Any] | None:
    """The manifest of the set of a request, if a folder holds it with all of its files."""
    found = _manifest_of(folder)
    if found.get("request_sha256") != request.digest:
        return None
    # A run may have changed files since; none of them goes.
    return found if all((folder / name).exists() for name in found["files"]) else None


def _chain(hop: HopRequest, known: dict[HopRequest, Chain | PerovdbError], hosts: Hosts) -> Chain:
    """The path of a hop, made once for all codes; so is the error where there is none."""
    if hop not in known:
        try:
            known[hop] = _only(chains(hop, hosts))
        except PerovdbError as error:
            known[hop] = error
    found = known[hop]
    if isinstance(found, PerovdbError):
        raise found
    return found


def _only(found: Sequence[Chain]) -> Chain:
    if len(found) != 1:
        raise InputError(
            "The method 'both' makes two paths, and a set holds one.",
            "Ask for each by its name: rigid, idpp.",
        )
    return found[0]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be made: {error.strerror}.", "Name a folder where you may write."
        ) from error


def _row(name: str, request: SetRequest) -> dict[str, Any]:
    hop = request.hop
    return {
        "folder": name,
        "status": "kept",
        "host": hop.formula or hop.file,
        "formula": None,
        "species": hop.species,
        "into": hop.into or hop.species,
        "hop": hop.hop,
        "vacancies": hop.vacancies,
        "distance_A": None,
        "charge": None,
        "n_atoms": None,
        "images": None,
        "closest_contact_A": None,
        "method": hop.method,
        "code": request.code,
        "preset": request.preset,
        "scheduler": request.scheduler,
        "notes": None,
        "problem": None,
    }


def _of_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "formula": manifest["formula"],
        "distance_A": round(manifest["hop"]["distance_A"], 6),
        "charge": manifest["charge"],
        "n_atoms": manifest["atoms"],
        "images": manifest["images"],
        "closest_contact_A": round(manifest["checks"]["closest_contact_A"], 4),
        "notes": " | ".join(manifest["notes"]),
    }


def _others(root: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of the table that stands in the tree, of sets of other studies that are still there."""
    try:
        with (root / CONTENTS).open(newline="", encoding="utf-8") as handle:
            rows: list[dict[str, Any]] = list(csv.DictReader(handle))
    except (OSError, ValueError, csv.Error):
        return []
    found = [row for row in rows if row.get("folder") and row["folder"] not in names]
    return [
        {**row, "status": "kept"}
        for row in found
        if "request_sha256" in _manifest_of(root / row["folder"])
    ]


def _write_arrays(root: Path, rows: Sequence[Mapping[str, Any]], machine: Machine) -> None:
    """The script that runs all sets of a code, preset and scheduler, in their folder."""
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        if row["status"] != "failed":
            top, _, rest = row["folder"].partition("/")
            groups.setdefault(top, {})[rest] = _manifest_of(root / row["folder"])
    for top, sets in groups.items():
        manifests = list(sets.values())
        scheduler = manifests[0]["scheduler"]
        files = array_files(list(sets), manifests, f"{top}, all", scheduler, machine)
        for name, text in files.items():
            writer.replace_file(root / top / name, text)


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, list(rows[-1]), extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return buffer.getvalue()
