"""The local engines: ends and saddle of a hop, and how the saddle was found."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from perovdb.answers.encoding import decoded
from perovdb.errors import ResultError
from perovdb.files.reading import read_text
from perovdb.results import ase
from perovdb.results.band import Band
from perovdb.results.search import Search

CODE = "local"
#: Both ends and the saddle, with energies and forces; and how it was found.
IMAGES, SEARCH = "band.extxyz", "saddle.json"
MARKS = f"{SEARCH} and {IMAGES} of a search on this machine"


def holds(folder: Path) -> bool:
    """Whether a folder holds a finished search."""
    return (folder / SEARCH).is_file()


def read(folder: Path) -> Band:
    """Both ends and the saddle of a finished search.

    Raises:
        ResultError: a file is missing or damaged.
    """
    path = folder / SEARCH
    try:
        search = decoded(Search, json.loads(read_text(path, "search")))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ResultError(
            f"{path} is damaged: {error}.", "Copy it again, or compute it again."
        ) from error
    band = ase.read(folder, 3)
    calls = sum(search.calls.values())
    facts = replace(
        band.facts,
        converged=search.at_rest,
        says=f"{'saddle found' if search.at_rest else 'no saddle found'} in "
        f"{search.calls.get('saddle', 0)} of {calls} calls, {search.seconds:.1f} CPU s",
        threshold_eV_A=search.fmax_eV_A,
        steps=None,
        climbing=True,
        ends_relaxed=search.at_rest_ends,
        search=search,
        notes=_notes(search),
    )
    return replace(
        band,
        code=CODE,
        version=search.title,
        energy_kind=f"potential energy of {search.engine}",
        facts=facts,
        files=(path, *band.files),
    )


def _notes(search: Search) -> tuple[str, ...]:
    notes = []
    if search.mirrored:
        notes.append("the last end is the first one by a symmetry of the crystal")
    if search.pressure_GPa is not None:
        notes.append(
            f"the cell stays as it is: by {search.engine} it is under a pressure of "
            f"{search.pressure_GPa:z.2f} GPa"
        )
    return tuple(notes)
