"""A folder of a finished band becomes a barrier: which code it is of, its profile, its verdict."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ
from perovdb.errors import InputError, ResultError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.inputs.manifest import HopOfSet, Manifest, read_manifest
from perovdb.results import ase, cp2k, local, qe, vasp
from perovdb.results.agreement import check_atoms, contradictions
from perovdb.results.band import Band, check_band
from perovdb.results.barrier import Barrier, Barriers, kinetics
from perovdb.results.chain import check_order, unwrapped
from perovdb.results.profile import profile_of
from perovdb.results.verdict import problems

#: Code -> (whether a folder is of it, its reader, the files that it looks for).
CODES: dict[str, tuple[Callable[[Path], bool], Callable[[Path], Band], str]] = {
    vasp.CODE: (vasp.holds, vasp.read, vasp.MARKS),
    cp2k.CODE: (cp2k.holds, cp2k.read, cp2k.MARKS),
    qe.CODE: (qe.holds, qe.read, qe.MARKS),
    local.CODE: (local.holds, local.read, local.MARKS),
}


def read_barrier(
    folder: str | os.PathLike[str],
    images: int | None = None,
    *,
    temperature_K: float = ROOM_TEMPERATURE_K,
    attempt_frequency_Hz: float = ATTEMPT_FREQUENCY_HZ,
    neighbours: int | None = None,
    distance_A: float | None = None,
) -> Barrier:
    """The barrier of a finished band, of VASP, CP2K, Quantum ESPRESSO, ASE or `barrier`.

    Args:
        folder: where the code ran.
        images: of a step, ends included; for a trajectory of ASE that does not tell it.
        temperature_K, attempt_frequency_Hz: of the hop rates.
        neighbours: ways that lead from a site, for the diffusion of a vacancy; by default the
            hop's multiplicity, as the manifest tells it.
        distance_A: length of the hop; by default as the manifest tells.

    Raises:
        InputError: there is no such folder, or a number is not positive.
        ResultError: it holds no band, one that is damaged, or files of several runs.
    """
    place = Path(folder)
    band, manifest = _read(place, images)
    chain = unwrapped(band.positions_A, band.lattice_A, band.periodic)
    profile = profile_of(band, chain)
    hop = (manifest or Manifest()).hop or HopOfSet()
    other = () if manifest is None else contradictions(manifest, band, chain, place)
    farthest = int(((chain[-1] - chain[0]) ** 2).sum(axis=1).argmax())
    return Barrier(
        folder=place,
        code=band.code,
        version=band.version,
        profile=profile,
        problems=(*other, *problems(band, profile, chain)),
        facts=band.facts,
        energy_kind=band.energy_kind,
        other_barriers_eV=band.other_barriers_eV,
        formula=band.structure(0).composition.reduced_formula,
        atoms=len(band.elements),
        mover=band.elements[farthest],
        files=band.files,
        kinetics=kinetics(
            profile,
            temperature_K,
            attempt_frequency_Hz,
            hop.multiplicity if neighbours is None else neighbours,
            hop.distance_A if distance_A is None else distance_A,
        ),
        manifest=manifest,
    )


def read_barriers(
    folders: Iterable[str | os.PathLike[str]],
    images: int | None = None,
    *,
    temperature_K: float = ROOM_TEMPERATURE_K,
    attempt_frequency_Hz: float = ATTEMPT_FREQUENCY_HZ,
    neighbours: int | None = None,
    distance_A: float | None = None,
) -> Barriers:
    """The barriers of several finished bands, with their mean and spread.

    Folders that cannot be read are kept with the reason. The other arguments are those of
    `read_barrier`.

    Raises:
        InputError: there is no such folder, or a number is not positive.
    """
    barriers: list[Barrier] = []
    unreadable: dict[str, str] = {}
    for folder in dict.fromkeys(map(Path, folders)):
        try:
            barriers.append(
                read_barrier(
                    folder,
                    images,
                    temperature_K=temperature_K,
                    attempt_frequency_Hz=attempt_frequency_Hz,
                    neighbours=neighbours,
                    distance_A=distance_A,
                )
            )
        except ResultError as error:
            unreadable[str(folder)] = str(error)
    return Barriers(tuple(barriers), unreadable)


def read_band(folder: str | os.PathLike[str], images: int | None = None) -> Band:
    """The images of a finished band as the code left them, with energies and forces.

    Args:
        folder, images: as for `read_barrier`.

    Raises:
        as `read_barrier`.
    """
    return _read(Path(folder), images)[0]


def _read(folder: Path, images: int | None) -> tuple[Band, Manifest | None]:
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", "Name the folder in which a band ran.")
    try:
        manifest = read_manifest(folder)
        band = check_band(_by_its_code(folder, (manifest or Manifest()).code, images), folder)
    except OSError as error:
        raise ResultError(f"{folder} cannot be read: {error}.", "Check its rights.") from error
    if manifest is not None:
        check_atoms(manifest, band.elements, len(band), folder)
    if band.facts.search is None:
        # A saddle that was searched for may lie anywhere; its ways down tell.
        check_order(band.positions_A, band.lattice_A, band.periodic, str(folder))
    return band, manifest


def _by_its_code(folder: Path, written_for: str | None, images: int | None) -> Band:
    codes = [code for code, (holds, _, _) in CODES.items() if holds(folder)]
    if len(codes) > 1:
        raise ResultError(
            f"{folder} holds files of {' and '.join(codes)}.", "Keep those of one code."
        )
    if codes and written_for is not None and codes != [written_for]:
        raise ResultError(
            f"{folder} was written for {written_for} but holds files of {codes[0]}.",
            "Keep those of one code.",
        )
    if codes:
        if images is not None:
            raise InputError(
                f"The number of images of {codes[0]} is not to be given.", "Leave it out."
            )
        return CODES[codes[0]][1](folder)
    if ase.holds(folder):
        return ase.read(folder, images)
    known = "; ".join(f"{code}: {marks}" for code, (_, _, marks) in CODES.items())
    raise ResultError(
        f"{folder} holds no band of a code that can be read.",
        f"Looked for {known}; ase: {ase.MARKS}.",
    )
