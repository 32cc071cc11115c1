"""The barrier of a hop on this machine: from a hop to a verdict, in a folder that can go on."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from perovdb.composition import Material
from perovdb.errors import InputError
from perovdb.files.failures import cannot_be_written
from perovdb.files.locks import held
from perovdb.files.new_files import write_new_text
from perovdb.files.reading import read_text
from perovdb.inputs.hop_manifest import manifest_of_path
from perovdb.inputs.manifest import MANIFEST, Manifest
from perovdb.inputs.presets import Setting
from perovdb.local.engines import Engine, as_engine
from perovdb.local.strategy import Found, Limits, find
from perovdb.local.surface import Progress, Surface
from perovdb.local.trace import Trace
from perovdb.migration.endpoints import Endpoints, half_cell
from perovdb.migration.hops import Hop, hops
from perovdb.migration.path import Path as HopPath
from perovdb.migration.path import path
from perovdb.migration.vacancies import Vacancies
from perovdb.results.barrier import Barrier
from perovdb.results.beside import literature, of_engine
from perovdb.results.local import CODE, IMAGES, SEARCH
from perovdb.results.reading import read_barrier
from perovdb.results.search import Search
from perovdb.structures.files.ase_adapter import to_ase
from perovdb.structures.supercells import Size
from perovdb.structures.units import units

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

#: What the engine was asked, one after another.
STEPS = "steps.xyz"
REQUEST = "request.json"

#: Goes up when a change of the search makes other numbers of the same request.
_SEARCH_VERSION = 2


def barrier(
    x: Material | Endpoints | HopPath,
    to: str | Hop | Material | None = None,
    *,
    engine: str | Engine | Calculator = "7net-0",
    phase: str | None = None,
    size: Size | None = None,
    seed: int = 0,
    vacancies: int | Vacancies = 1,
    check: str | Engine | Calculator | None = None,
    limits: Limits | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Barrier:
    """The barrier of a hop, computed here by a local engine.

    Both ends are relaxed in the cell as it is, a saddle is searched for between them, its
    curvature is measured, and it is followed down to both sides. What fails of this is told by
    the problems of the barrier: ask it for `converged` before its height is used.

    Args:
        x: a material, with what hops in it; or a path or `Endpoints`, alone.
        to: an ion, for the shortest of its hops; a hop of `hops` or `sample_hops`; or the other
            end, a structure.
        engine: a name of `ENGINES`; `module:factory` or `file.py:factory`, where the factory
            gives a calculator of ASE; or a calculator.
        phase, size, seed, vacancies: of a hop in a formula, as for `hops` and `endpoints`.
        check: a second engine, whose value stands beside, with those of the literature.
        limits: forces to which ends and saddle come.
        folder: where the run stands, and goes on if it was stopped; by default one in the user's
            cache, named by what is asked.
        progress: told after every call of the engine.

    Raises:
        InputError: an argument cannot be used, or the folder holds another run.
        MissingData: the engine is not installed, or does not know an element.
        StructureError: as `path`.
        ResultError: the engine fails.
        and what `hops` raises.
    """
    asked = _asked_path(x, to, phase, size, seed, vacancies)
    chosen = as_engine(engine)
    limits = limits or Limits()
    chosen.check_elements(asked.images[0])
    second = None if check is None else as_engine(check)
    if second is not None:
        second.check_elements(asked.images[0])
    found = _finished(asked, chosen, limits, folder, progress)
    manifest = found.manifest or Manifest()
    beside = literature(asked.formula, asked.species, manifest.phase)
    if second is not None:
        # Not below the first one's folder, which is one result, and may be moved or removed.
        beside = (of_engine(_finished(asked, second, limits, None, progress)), *beside)
    return replace(found, beside=beside)


def _finished(
    asked: HopPath,
    engine: Engine,
    limits: Limits,
    folder: str | os.PathLike[str] | None,
    progress: Progress | None,
) -> Barrier:
    request = _request(asked, engine, limits)
    place = Path(folder) if folder is not None else cache_folder() / "barriers" / request["digest"]
    _enter(place, request)
    if not (place / SEARCH).is_file():
        with held(place):
            # Another run may have finished it while this one waited.
            if not (place / SEARCH).is_file():
                _run(place, asked, engine, limits, request, progress)
    return read_barrier(place)


def cache_folder() -> Path:
    """Where runs stand that were given no folder: `$XDG_CACHE_HOME/perovdb`, or `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "perovdb")


def _asked_path(
    x: Material | Endpoints | HopPath,
    to: str | Hop | Material | None,
    phase: str | None,
    size: Size | None,
    seed: int,
    vacancies: int | Vacancies,
) -> HopPath:
    """The path of what is asked for; its inner images are not used."""
    if isinstance(x, HopPath):
        return x
    if isinstance(x, Endpoints):
        return path(x, images=1)
    if isinstance(to, str):
        to = hops(x, to, phase=phase)[0]
    if isinstance(to, Hop):
        return path(x, to, images=1, size=size, seed=seed, vacancies=vacancies)
    if to is None:
        raise InputError(
            "It is not said what hops.", "Name an ion, such as 'I', a hop of `hops`, or an end."
        )
    return path(x, to, images=1)


def _ends(asked: HopPath) -> Endpoints:
    start, end = asked.images[0], asked.images[-1]
    centres = [
        next(unit.centre_A for unit in units(one) if int(asked.mover[0]) in unit.atoms)
        for one in (start, end)
    ]
    vector = centres[1] - centres[0]
    return Endpoints(
        start=start,
        end=end,
        mover=asked.mover,
        vector_A=vector,
        half_cell=half_cell(start, vector),
        into=asked.into,
        formula=asked.formula,
        hop=asked.hop,
        source=asked.source,
        kind=asked.kind,
        evidence=asked.evidence,
        notes=asked.notes,
    )


def _request(asked: HopPath, engine: Engine, limits: Limits) -> dict[str, Any]:
    """What is asked, in words, with a digest of it: the same atoms, engine and limits."""
    start, end = asked.images[0], asked.images[-1]
    words = {
        "search": _SEARCH_VERSION,
        "title": manifest_of_path(asked).title,
        "engine": engine.title,
        "weights_sha256": engine.weights_sha256,
        "limits": asdict(limits),
        "atoms": len(start),
    }
    digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    digest.update(" ".join(site.specie.symbol for site in start).encode())
    for array in (start.lattice.matrix, start.cart_coords, end.cart_coords):
        # Rounded, so that the last bits of another machine make no other request.
        digest.update(np.round(array, 6).astype("<f8").tobytes())
    return {"digest": digest.hexdigest()[:16], **words}


def _enter(place: Path, request: dict[str, Any]) -> None:
    """Make the folder of a run, or find that it is of this very one.

    Raises:
        InputError: it holds something else, or cannot be written.
    """
    path = place / REQUEST
    if path.is_file():
        try:
            there = json.loads(read_text(path, "search"))
        except ValueError:
            there = {}
        if there.get("digest") == request["digest"]:
            return
        raise InputError(
            f"{place} holds another run: {there.get('title')}, {there.get('engine')}.",
            "Name another folder, or remove this one.",
        )
    try:
        if place.is_dir() and any(place.iterdir()):
            raise InputError(f"{place} is not empty.", "Name a new folder.")
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_be_written(place, error) from error
    write_new_text(str(path), json.dumps(request, indent=1) + "\n", force=True)


def _run(
    place: Path,
    asked: HopPath,
    engine: Engine,
    limits: Limits,
    request: dict[str, Any],
    progress: Progress | None,
) -> None:
    ends = _ends(asked)
    atoms = to_ase(ends.start)
    symbols = atoms.get_chemical_symbols()
    trace = Trace(place / STEPS, symbols, atoms.cell.array)
    surface = Surface(atoms, engine.calculator, trace, progress)
    found = find(ends, surface, limits)
    search = Search(
        engine=engine.name,
        version=engine.version,
        weights_sha256=engine.weights_sha256,
        elements_known=None if engine.elements is None else True,
        charge=asked.charge,
        fmax_eV_A=limits.fmax_eV_A,
        fmax_ends_eV_A=limits.fmax_ends_eV_A,
        at_rest=found.at_rest,
        at_rest_ends=found.at_rest_ends,
        curvatures_eV_A2=found.curvatures_eV_A2,
        negative_modes=found.negative_modes,
        mirrored=found.mirrored,
        left_sites=found.left_sites,
        descents=found.descents,
        moved_ends_eV=found.moved_ends_eV,
        half_cell=ends.half_cell,
        shortest_vector_A=_nearest_image_A(ends),
        contact=found.contact,
        pressure_GPa=surface.pressure_GPa(found.chain_A[0]),
        calls=dict(surface.calls),
        seconds=surface.seconds,
    )
    manifest = _manifest(asked, engine, limits, request)
    texts = {
        MANIFEST: manifest.text(),
        IMAGES: _frames(surface, found),
        # Last: where it is, the run is finished.
        SEARCH: json.dumps(asdict(search), indent=1) + "\n",
    }
    for name, text in texts.items():
        write_new_text(str(place / name), text, force=True)


def _nearest_image_A(ends: Endpoints) -> float:
    lattice = ends.start.lattice
    cells = [cell for cell in np.ndindex(3, 3, 3) if cell != (1, 1, 1)]
    periodic = np.array(lattice.pbc, dtype=int)
    vectors = (np.array(cells) - 1) * periodic
    vectors = vectors[vectors.any(axis=1)]
    if not len(vectors):
        return float("inf")
    return float(np.linalg.norm(vectors @ lattice.matrix, axis=1).min())


def _manifest(asked: HopPath, engine: Engine, limits: Limits, request: dict[str, Any]) -> Manifest:
    settings = {
        "engine": {
            "name": Setting(engine.name, "asked for"),
            "version": Setting(engine.version, "installed"),
            "weights_sha256": Setting(engine.weights_sha256, "file of the weights"),
        },
        "search": {
            name: Setting(value, "asked for, or default") for name, value in asdict(limits).items()
        },
    }
    return replace(
        manifest_of_path(asked),
        task="barrier",
        images=3,
        method="search for a saddle",
        checks={},
        notes=asked.notes,
        code=CODE,
        preset=engine.name,
        settings=settings,
        citations={asked.source: {}} if asked.source else {},
        request=request,
        request_sha256=request["digest"],
    )


def _frames(surface: Surface, found: Found) -> str:
    """Both ends and the saddle between them as frames of extended XYZ."""
    from io import StringIO

    from ase import Atoms
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    frames = []
    for positions, energy, forces in zip(
        found.chain_A, found.energies_eV, found.forces_eV_A, strict=True
    ):
        frame = Atoms(
            surface.atoms.numbers, positions, cell=surface.atoms.cell, pbc=surface.atoms.pbc
        )
        frame.calc = SinglePointCalculator(frame, energy=float(energy), forces=forces)
        frames.append(frame)
    out = StringIO()
    write(out, frames, format="extxyz")
    return out.getvalue()
