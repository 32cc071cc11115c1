"""From a barrier that was found here to a band of a DFT code: the path through its saddle."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from perovdb.errors import ResultError
from perovdb.inputs.manifest import HopOfSet, Manifest
from perovdb.migration.endpoints import Endpoints, half_cell, with_positions
from perovdb.migration.path import Path as HopPath
from perovdb.migration.waypoint import path_through
from perovdb.results.chain import unwrapped
from perovdb.results.local import CODE
from perovdb.results.reading import read_band, read_barrier
from perovdb.structures.adoption import as_structure
from perovdb.structures.history import charge_of, with_history


def path_through_saddle(folder: str | os.PathLike[str], images: int = 5) -> HopPath:
    """The path between the relaxed ends of a barrier that was computed here, through its saddle.

    A band of a DFT code that starts from it has fewer steps to go. Ends, saddle and hop are those
    of the folder; its history and source go on.

    Args:
        folder: of `barrier`.
        images: between the ends.

    Raises:
        InputError: there is no such folder, or there cannot be so many images.
        ResultError: it holds no such barrier, or one without a saddle between the ends.
        StructureError: as `path`.
    """
    found = read_barrier(folder)
    if found.code != CODE:
        raise ResultError(
            f"{folder} holds a band of {found.code}, and no barrier that was computed here.",
            "Name a folder of 'perovdb barrier --species', or go on from the band itself.",
        )
    blocking = [problem for problem in found.problems if problem.blocks]
    if blocking:
        raise ResultError(
            f"The barrier in {folder} is not to be trusted: {blocking[0].what}", blocking[0].mend
        )
    band, manifest = read_band(folder), found.manifest or Manifest()
    chain = unwrapped(band.positions_A, band.lattice_A, band.periodic)
    start = as_structure(band.structure(0))
    charge = charge_of(start) if manifest.charge is None else manifest.charge
    start = with_history(start, charge, manifest.history)
    mover = np.array(manifest.moving_atoms, dtype=int) - 1
    hop = manifest.hop or HopOfSet()
    vector = (chain[-1] - chain[0])[mover].mean(axis=0)
    search = found.facts.search
    assert search is not None
    note = (
        f"the ends and the path come from {Path(folder).name}: by {search.title} the barrier is "
        f"{found.barrier_forward_eV:.3f} eV"
    )
    ends = Endpoints(
        start=start,
        end=with_positions(start, chain[-1]),
        mover=mover,
        vector_A=vector,
        half_cell=half_cell(start, vector),
        into=hop.into or hop.species,
        formula=manifest.formula or "",
        source=manifest.source or "",
        notes=(note,),
    )
    path = path_through(ends, chain[1], images)
    return replace(path, from_ends=False, species=hop.species or path.species)
