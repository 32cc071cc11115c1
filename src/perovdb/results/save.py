"""Barriers as rows of one's own store, with where they come from."""

from __future__ import annotations

import csv
import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from perovdb.errors import InputError, MissingData, ResultError, StoreError
from perovdb.facts.formulas import kept_word
from perovdb.files.failures import cannot_be_written
from perovdb.files.reading import opened
from perovdb.inputs.manifest import MANIFEST, HopOfSet, Manifest
from perovdb.results.barrier import Barrier, Saved
from perovdb.store import Store, own, queries, using
from perovdb.store.connection import own_path

#: What the store calls the codes.
_NAMES = {"vasp": "VASP", "cp2k": "CP2K", "qe": "Quantum ESPRESSO", "ase": "ASE", "local": ""}

_KEY = re.compile(r"[a-z][A-Za-z0-9_]*")


def save_barriers(
    barriers: Sequence[Barrier],
    *,
    source: str | None = None,
    force: bool = False,
) -> tuple[Barrier, ...]:
    """Put barriers into one's own store: nothing, if one of them cannot be trusted.

    Args:
        barriers: that were read.
        source: key of the source that the rows name; by default one that follows from the
            manifest. A row for it is made if there is none.
        force: save those that cannot be trusted too; their rows say so.

    Returns:
        the barriers, which hold their rows.

    Raises:
        InputError: there is no own store, or the key cannot be one.
        ResultError: a barrier cannot be trusted.
        StoreError: the store refuses a row; those before it are saved.
    """
    place = own_path()
    if place is None:
        raise InputError(
            "There is no store of your own to save in.",
            "Make one with 'perovdb store init FILE' and name it by --store FILE.",
        )
    if source is not None and not _KEY.fullmatch(source):
        raise InputError(
            f"'{source}' cannot be the key of a source.",
            "Take letters, digits and _, a small letter first, such as lab2026.",
        )
    for barrier in barriers if not force else ():
        if not barrier.converged:
            blocking = next(problem for problem in barrier.problems if problem.blocks)
            raise ResultError(
                f"Nothing is saved: {barrier.folder} is not converged. {blocking.what}",
                f"{blocking.mend} Or save it as it is: force=True, --unconverged.",
            )
    return tuple(replace(one, saved=_save(one, Path(place), source)) for one in barriers)


def result_id(barrier: Barrier) -> str:
    """A name that follows from the contents of the files that were read."""
    digest = hashlib.sha256()
    for path in sorted(barrier.files, key=lambda path: path.relative_to(barrier.folder)):
        digest.update(f"{path.relative_to(barrier.folder)}\0".encode())
        with opened(path, "output", unpack=False) as handle:
            while chunk := handle.read(2**20):
                digest.update(chunk)
    return f"neb_{digest.hexdigest()[:16]}"


def _save(barrier: Barrier, place: Path, source: str | None) -> Saved:
    key = source or _default_source(barrier)
    row = barrier_row(barrier, key)
    with closing(Store(own=str(place))) as opened, using(opened):
        there = queries.facts("barrier", {"id": row["id"]})
        known = _has_source(key)
        cited = barrier.manifest.citations if barrier.manifest else {}
        # Works that the manifest asks to cite, as far as the store has them.
        row["cited_sources"] = ";".join(filter(_has_source, cited)) or None
    if there:
        note = None
        if source not in (None, there[0]["source"]):
            note = (
                f"--source {source} was not taken: the row keeps its source; the same files are "
                "one result. For a row under another source save into another store, --store FILE"
            )
        return Saved(row["id"], there[0]["source"], False, dict(there[0]), note)
    tables = {"barrier": row} if known else {"source": source_row(barrier, key), "barrier": row}
    _add(place, tables)
    return Saved(row["id"], key, True, row)


def _has_source(key: str) -> bool:
    try:
        return bool(queries.sources([key]))
    except MissingData:
        return False


def _add(store: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Add a row to each of some tables: all of them, or none."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            files = {}
            for table, values in tables.items():
                filled = {name: value for name, value in values.items() if value is not None}
                files[table] = Path(folder, f"{table}.csv")
                with files[table].open("w", newline="", encoding="utf-8") as handle:
                    csv.writer(handle).writerows([list(filled), list(filled.values())])
            own.add_all(store, files, kept_word)
    except OSError as error:
        raise cannot_be_written(tempfile.gettempdir(), error) from error
    except StoreError as error:
        raise StoreError(f"The barrier was not saved: {error.what}", error.mend) from error


def _default_source(barrier: Barrier) -> str:
    """A key for the set: the code, the formula and what of the manifest tells sets apart."""
    manifest = barrier.manifest or Manifest()
    species = manifest.hop.species if manifest.hop else None
    words = [barrier.code, manifest.formula or barrier.formula, species, manifest.preset]
    text = "_".join(word for word in words if word)
    return "neb_" + re.sub(r"[^A-Za-z0-9]+", "_", text.replace(".", "p")).strip("_")


def source_row(barrier: Barrier, key: str) -> dict[str, Any]:
    """The row of the source that is the calculation itself."""
    manifest = barrier.manifest or Manifest()
    title = manifest.title or f"band of {barrier.formula}"
    written = f"; input set by perovdb {manifest.perovdb}" if manifest.perovdb else ""
    citation = f"Own calculation: {title}, {_program(barrier)}{written}"
    settings = ", ".join(
        f"{name}={setting.value}"
        for section in manifest.settings.values()
        for name, setting in section.items()
    )
    note = f"settings: {settings[:4000]}" if settings else None
    return {"key": key, "citation": citation, "title": title, "note": note}


def barrier_row(barrier: Barrier, source: str) -> dict[str, Any]:
    """The row of the barrier, with the manifest's provenance."""
    manifest, profile = barrier.manifest or Manifest(), barrier.profile
    hop = manifest.hop or HopOfSet()
    blocking = [problem.what for problem in barrier.problems if problem.blocks]
    notes = [
        f"backward {profile.barrier_backward_eV:z.4f} eV",
        f"reaction {profile.reaction_energy_eV:z.4f} eV",
        f"curve through the images {profile.curve_forward_eV:.4f} eV",
        barrier.energy_kind,
        barrier.facts.says,
        f"cell from {manifest.source}" if manifest.source else "",
        f"input set by perovdb {manifest.perovdb}" if manifest.perovdb else "",
        *(f"NOT CONVERGED, saved by force: {what}" for what in blocking),
    ]
    # Tables show the beginning of the method, and not the note.
    doubt = "not converged: " if blocking else ""
    preset = f", preset {manifest.preset}" if manifest.preset and not barrier.facts.search else ""
    way = "saddle search" if barrier.facts.search else "NEB"
    cell = " x ".join(map(str, manifest.size)) + " cell, " if manifest.size else ""
    return {
        "id": result_id(barrier),
        "host": manifest.formula or barrier.formula,
        "formula": manifest.formula,
        "phase": manifest.phase,
        "species": hop.species or barrier.mover,
        "mechanism": "vacancy" if manifest.hop else None,
        "charge_state": None if manifest.charge is None else f"{manifest.charge:+d} (cell)",
        "barrier_eV": round(barrier.barrier_forward_eV, 6),
        "method": f"{doubt}{way}, {_program(barrier)}{preset}",
        "cell": f"{cell}{barrier.atoms} atoms, {len(profile.energies_eV)} images",
        "environment": None if hop.distance_A is None else f"hop of {hop.distance_A:.3f} A",
        "source": source,
        "locator": f"{barrier.folder.name}, {MANIFEST}"
        if barrier.manifest
        else barrier.folder.name,
        "kind": "computed",
        "evidence": "read",
        "confidence": "low" if blocking else None,
        "note": "; ".join(note for note in notes if note)[:2000],
    }


def _program(barrier: Barrier) -> str:
    return f"{_NAMES[barrier.code]} {barrier.version}".strip()
