"""The images of a band anew, between the ends as a run has relaxed them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from pymatgen.core import Structure

from perovdb.errors import InputError, PerovdbError
from perovdb.files.new_files import write_new_text
from perovdb.inputs.hop_manifest import figures_of
from perovdb.inputs.job import BAND
from perovdb.inputs.manifest import MANIFEST, Manifest, read_manifest
from perovdb.inputs.sets import CODES
from perovdb.migration.path import METHODS, Images, path
from perovdb.structures.adoption import as_structure
from perovdb.structures.history import with_charge

#: Says to job.sh that the images are those of the relaxed ends.
DONE = "again.done"

#: Say that the band has run.
_RAN = ("band.done", "neb.done")


def remake_images(folder: str | os.PathLike[str]) -> Manifest:
    """Make the inner images of a set anew from its ends as they are relaxed, in place.

    The path is made as before: as many images, by the same method, with the same checks. Atoms
    keep their numbers. `job.sh` does it between the relaxation of the ends and the band.

    Args:
        folder: of a set of `write_inputs`, whose ends were relaxed by its job.sh.

    Raises:
        InputError: there is no such set, its ends are not relaxed yet, or its band has run.
        StructureError: the ends cannot be joined; they have moved too far.
        ResultError: the manifest cannot be read.
    """
    place = Path(folder)
    manifest = read_manifest(place) if place.is_dir() else None
    if manifest is None or manifest.task != BAND or manifest.code not in CODES:
        raise InputError(
            f"{place} holds no set of a band.", "Name the folder that 'perovdb neb' wrote."
        )
    code = CODES[manifest.code]
    last = (manifest.images or 0) - 1
    for name in _RAN:
        if (place / name).exists():
            raise InputError(f"The band in {place} has run.", "Write a new set to begin anew.")
    if (place / DONE).exists():
        raise InputError(
            f"The images in {place} are made anew already, and its band may be on its way.",
            f"Remove {DONE} if it is not, and begin again.",
        )
    if manifest.method not in METHODS or not (manifest.relax_first and manifest.from_ends):
        raise InputError(
            f"The images in {place} are not those of a path between two ends that are relaxed "
            "first.",
            "Write a new set from the relaxed ends: perovdb neb START END.",
        )
    for end in (0, last):
        if not any((place / mark.format(end=end)).exists() for mark in _RELAXED):
            raise InputError(f"End {end:02d} in {place} is not relaxed yet.", "Run job.sh first.")
    ends = [_adopted(code.end_of(place, end), manifest) for end in (0, last)]
    try:
        images = Images(last - 1, method=manifest.method)
        chain = path(ends[0], ends[1], images=images, keep_numbering=True)
    except PerovdbError as error:
        raise type(error)(f"Between the relaxed ends: {error.what}", error.mend) from error
    files = code.image_files(place, chain.images, manifest.title)
    for name, text in files.items():
        write_new_text(place / name, text, force=True)
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    remade = replace(
        manifest,
        checks=figures_of(chain),
        notes=(
            *(note for note in manifest.notes if "made anew" not in note),
            "the images were made anew from the relaxed ends",
        ),
        files=dict(sorted({**manifest.files, **digests}.items())),
    )
    write_new_text(place / MANIFEST, remade.text(), force=True)
    write_new_text(place / DONE, "", force=True)
    return remade


#: Files that job.sh leaves of an end that is relaxed.
_RELAXED = ("{end:02d}/relaxed", "endpoint_{end:02d}.done")


def _adopted(structure: Structure, manifest: Manifest) -> Structure:
    """A structure with ions and molecules, and the charge of the set."""
    adopted = as_structure(structure)
    if manifest.charge is not None:
        with_charge(adopted, manifest.charge)
    return adopted
