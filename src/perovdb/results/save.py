"""A barrier as a row of one's own store, with where it comes from."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from perovdb.errors import InputError, MissingData, ResultError, StoreError
from perovdb.facts.formulas import reader
from perovdb.results.reading import MANIFEST, Barrier
from perovdb.store import Store, own, queries, using
from perovdb.store.connection import own_path

#: What the store calls the codes.
_NAMES = {"vasp": "VASP", "cp2k": "CP2K", "qe": "Quantum ESPRESSO", "ase": "ASE"}

_KEY = re.compile(r"[a-z][A-Za-z0-9_]*")


def result_id(barrier: Barrier) -> str:
    """A name that follows from the contents of the files that were read."""
    digest = hashlib.sha256()
    for path in sorted(barrier.band.files, key=lambda path: path.relative_to(barrier.folder)):
        digest.update(f"{path.relative_to(barrier.folder)}\0".encode())
        with path.open("rb") as handle:
            while chunk := handle.read(2**20):
                digest.update(chunk)
    return f"neb_{digest.hexdigest()[:16]}"


def save(
    barrier: Barrier,
    source: str | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Put a barrier into one's own store: source and row, both or none.

    Args:
        barrier: that was read.
        source: key of the source that the row names; by default one that follows from the
            manifest. A row for it is made if there is none.
        force: save one that cannot be trusted too; its row says so.

    Returns:
        the row: its id, and "saved" False if it stands there already.

    Raises:
        InputError: there is no own store, or the key cannot be one.
        ResultError: the barrier cannot be trusted, or is none.
        StoreError: the store refuses the row.
    """
    place = own_path()
    if place is None:
        raise InputError(
            "There is no store of your own to save in.",
            "Make one with 'perovdb store init FILE' and name it by --store FILE.",
        )
    if not barrier.converged and not force:
        blocking = next(problem for problem in barrier.problems if problem.blocks)
        raise ResultError(
            f"{barrier.folder} is not saved: {blocking.what}",
            f"{blocking.mend} Or save it as it is by --force.",
        )
    key = default_source(barrier) if source is None else source
    if not _KEY.fullmatch(key):
        raise InputError(
            f"'{key}' cannot be the key of a source.",
            "Take letters, digits and _, a small letter first, such as lab2026.",
        )
    row = barrier_row(barrier, key)
    with closing(Store(own=place)) as opened, using(opened):
        there = queries.facts("barrier", {"id": row["id"]})
        known = _has_source(key)
        row["cited_sources"] = _cited(barrier)
    if there:
        return {**dict(there[0]), "saved": False}
    tables = {"barrier": row} if known else {"source": source_row(barrier, key), "barrier": row}
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / "trial.sqlite"
        shutil.copy(place, trial)
        for target in (trial, Path(place)):
            for table, values in tables.items():
                _add(target, table, values, Path(folder))
    return {**row, "saved": True}


def _has_source(key: str) -> bool:
    try:
        return bool(queries.sources([key]))
    except MissingData:
        return False


def _cited(barrier: Barrier) -> str | None:
    """Works that the manifest asks to cite, as far as the store has them."""
    cited = barrier.manifest.get("citations")
    keys = [key for key in cited if _has_source(key)] if isinstance(cited, dict) else []
    return ";".join(keys) or None


def _add(store: Path, table: str, values: Mapping[str, Any], folder: Path) -> None:
    filled = {name: value for name, value in values.items() if value is not None}
    path = folder / f"{table}.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(filled)
        writer.writerow(filled.values())
    try:
        own.add(store, path, table, reader(str(store)))
    except StoreError as error:
        raise StoreError(f"The barrier was refused: {error.what}", error.mend) from error


def default_source(barrier: Barrier) -> str:
    """A key for the set: the code, the formula and what of the manifest tells sets apart."""
    manifest = barrier.manifest
    formula = str(manifest.get("formula") or _formula(barrier))
    words = [barrier.band.code, formula, _hop(barrier).get("species"), manifest.get("preset")]
    text = "_".join(str(word) for word in words if word)
    return "neb_" + re.sub(r"[^A-Za-z0-9]+", "_", text.replace(".", "p")).strip("_")


def source_row(barrier: Barrier, key: str) -> dict[str, Any]:
    """The row of the source that is the calculation itself."""
    manifest = barrier.manifest
    title = manifest.get("title") or f"band of {_formula(barrier)}"
    writer = manifest.get("perovdb")
    written = f"; input set by perovdb {writer}" if writer else ""
    citation = f"Own calculation: {title}, {_program(barrier)}{written}"
    return {"key": key, "citation": citation, "title": title, "note": _settings(manifest)}


def barrier_row(barrier: Barrier, source: str) -> dict[str, Any]:
    """The row of the barrier, with the manifest's provenance.

    Raises:
        ResultError: the path has no barrier that a store can hold.
    """
    found, band, manifest = barrier.profile, barrier.band, barrier.manifest
    hop = _hop(barrier)
    formula = manifest.get("formula")
    charge = manifest.get("charge")
    size = manifest.get("size")
    distance = hop.get("distance_A")
    cell = " x ".join(map(str, size)) + " cell, " if isinstance(size, list) else ""
    notes = [
        f"backward {found.barrier_backward_eV:z.4f} eV",
        f"reaction {found.reaction_energy_eV:z.4f} eV",
        f"curve through the images {found.curve_forward_eV:.4f} eV",
        band.energy_kind,
        band.facts.says,
        f"cell from {manifest['cell']['source']}"
        if isinstance(manifest.get("cell"), dict) and manifest["cell"].get("source")
        else "",
        f"input set by perovdb {manifest['perovdb']}" if manifest.get("perovdb") else "",
        *(
            [f"NOT CONVERGED, saved by force: {p.what}" for p in barrier.problems if p.blocks]
            if not barrier.converged
            else []
        ),
    ]
    # Tables show the beginning of the method, and not the note.
    doubt = "" if barrier.converged else "not converged: "
    return {
        "id": result_id(barrier),
        "host": formula or _formula(barrier),
        "formula": formula,
        "phase": manifest.get("phase"),
        "species": hop.get("species") or _mover(barrier),
        "mechanism": "vacancy" if hop else None,
        "charge_state": f"{charge:+d} (cell)" if isinstance(charge, int) else None,
        "barrier_eV": round(found.barrier_forward_eV, 6),
        "method": f"{doubt}NEB, {_program(barrier)}{_preset(manifest)}",
        "cell": f"{cell}{len(band.elements)} atoms, {len(band)} images",
        "environment": f"hop of {distance:.3f} A" if isinstance(distance, int | float) else None,
        "source": source,
        "locator": f"{barrier.folder.name}, {MANIFEST}" if manifest else barrier.folder.name,
        "kind": "computed",
        "evidence": "read",
        "confidence": None if barrier.converged else "low",
        "note": "; ".join(note for note in notes if note)[:2000],
    }


def _hop(barrier: Barrier) -> dict[str, Any]:
    hop = barrier.manifest.get("hop")
    return hop if isinstance(hop, dict) else {}


def _program(barrier: Barrier) -> str:
    band = barrier.band
    return f"{_NAMES[band.code]} {band.version}".strip()


def _preset(manifest: Mapping[str, Any]) -> str:
    preset = manifest.get("preset")
    return f", preset {preset}" if preset else ""


def _settings(manifest: Mapping[str, Any]) -> str | None:
    """The settings with where each comes from, as the manifest tells them."""
    sections = manifest.get("settings")
    if not isinstance(sections, dict):
        return None
    words = [
        f"{key}={one['value']}"
        for section in sections.values()
        if isinstance(section, dict)
        for key, one in section.items()
        if isinstance(one, dict) and "value" in one
    ]
    return "settings: " + ", ".join(words)[:4000] if words else None


def _formula(barrier: Barrier) -> str:
    return str(barrier.band.structure(0).composition.reduced_formula)


def _mover(barrier: Barrier) -> str:
    """The element of the atom that moves farthest."""
    chain = barrier.profile.chain_A
    far = ((chain[-1] - chain[0]) ** 2).sum(axis=1)
    return barrier.band.elements[int(far.argmax())]
