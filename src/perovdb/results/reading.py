"""A folder of a finished band becomes a barrier: which code it is of, its profile, its verdict."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perovdb.errors import InputError, ResultError
from perovdb.results import ase, cp2k, qe, vasp
from perovdb.results.band import Band, check_band
from perovdb.results.chain import check_order
from perovdb.results.profile import Profile, profile
from perovdb.results.text import whole
from perovdb.results.verdict import Problem, problems

MANIFEST = "manifest.json"

_ELECTRON = 1e-3

#: Code -> (whether a folder is of it, its reader, the files that it looks for).
CODES: dict[str, tuple[Callable[[Path], bool], Callable[[Path], Band], str]] = {
    vasp.CODE: (vasp.holds, vasp.read, vasp.MARKS),
    cp2k.CODE: (cp2k.holds, cp2k.read, cp2k.MARKS),
    qe.CODE: (qe.holds, qe.read, qe.MARKS),
}


@dataclass(frozen=True)
class Barrier:
    """A band that was read, with what can be said of it.

    Attributes:
        folder: where it stands.
        band: what the code left.
        profile: energy along the path.
        problems: what is wrong, what blocks first.
        manifest: of the input set, empty if there is none.
    """

    folder: Path
    band: Band
    profile: Profile
    problems: tuple[Problem, ...]
    manifest: dict[str, Any]

    @property
    def converged(self) -> bool:
        """Nothing blocks: the barrier can be trusted."""
        return not any(problem.blocks for problem in self.problems)

    @property
    def verdict(self) -> str:
        """Whether the barrier can be trusted, and by whose word."""
        facts = self.band.facts
        if facts.converged is None and self.converged:
            return f"ends and forces are within the limit; {facts.says}"
        return f"{'converged' if self.converged else 'NOT CONVERGED'} ({facts.says})"

    def record(self) -> dict[str, Any]:
        """The answer as JSON can say it; energies of the images count from the first one."""
        found, band = self.profile, self.band
        return {
            "folder": str(self.folder),
            "code": band.code,
            "version": band.version or None,
            "barrier_forward_eV": found.barrier_forward_eV,
            "barrier_backward_eV": found.barrier_backward_eV,
            "reaction_energy_eV": found.reaction_energy_eV,
            "curve_forward_eV": found.curve_forward_eV,
            "curve_backward_eV": found.curve_backward_eV,
            "curve": found.curve_from,
            "energy": band.energy_kind,
            "forward_eV_with_other_energies": band.other_barriers_eV,
            "saddle_image": found.saddle_image,
            "saddle_coordinate_A": found.curve_saddle_A,
            "converged": self.converged,
            "code_says": band.facts.says,
            "verdict": self.verdict,
            "images": [
                {
                    "coordinate_A": float(along),
                    "energy_eV": float(energy),
                    "total_energy_eV": float(total),
                    "slope_eV_A": None if found.slopes_eV_A is None else float(slope),
                    "force_eV_A": None if np.isnan(force) else float(force),
                }
                for along, energy, total, slope, force in zip(
                    found.coordinates_A,
                    found.energies_eV,
                    band.energies_eV,
                    found.coordinates_A if found.slopes_eV_A is None else found.slopes_eV_A,
                    found.total_eV_A,
                    strict=True,
                )
            ],
            "problems": [str(problem) for problem in self.problems],
            "notes": list(band.facts.notes),
        }


def read_barrier(folder: str | os.PathLike[str], images: int | None = None) -> Barrier:
    """The barrier of a finished band, of VASP, CP2K, Quantum ESPRESSO or ASE.

    Args:
        folder: where the code ran.
        images: of a step, ends included; for a trajectory of ASE that does not tell it.

    Raises:
        InputError: there is no such folder.
        ResultError: it holds no band, one that is damaged, or files of several runs.
    """
    place = Path(folder)
    if not place.is_dir():
        raise InputError(f"There is no folder {place}.", "Name the folder in which a band ran.")
    try:
        manifest = _manifest(place)
        band = check_band(_read(place, manifest, images), place)
    except OSError as error:
        raise ResultError(f"{place} cannot be read: {error}.", "Check its rights.") from error
    _check_manifest(place, manifest, band)
    check_order(band.positions_A, band.lattice_A, band.periodic, str(place))
    found = profile(band)
    told = [*_other_electrons(manifest, band), *problems(band, found)]
    return Barrier(place, band, found, tuple(told), manifest)


def _other_electrons(manifest: dict[str, Any], band: Band) -> list[Problem]:
    wanted = manifest.get("valence_electrons")
    counts = [count for count in band.facts.electrons if np.isfinite(count)]
    if not isinstance(wanted, int) or not counts or abs(counts[0] - wanted) < _ELECTRON:
        return []
    return [
        Problem(
            f"The run had {counts[0]:g} electrons, but the set was written for {wanted}.",
            "Its charge is not the one that the manifest tells, or its potentials have another "
            "valence: check NELECT and POTCAR.",
            True,
        )
    ]


def _read(folder: Path, manifest: dict[str, Any], images: int | None) -> Band:
    codes = [code for code, (holds, _, _) in CODES.items() if holds(folder)]
    if len(codes) > 1:
        raise ResultError(
            f"{folder} holds files of {' and '.join(codes)}.", "Keep those of one code."
        )
    written_for = str(manifest.get("code"))
    if codes and written_for in CODES and codes != [written_for]:
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


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        found = json.loads(whole(path))
    except (ValueError, RecursionError) as error:
        raise ResultError(
            f"{path} cannot be read: {error}.", "Copy it from the input set, or remove it."
        ) from error
    if not isinstance(found, dict):
        raise ResultError(f"{path} is no manifest.", "Copy it from the input set, or remove it.")
    return found


def _check_manifest(folder: Path, manifest: dict[str, Any], band: Band) -> None:
    for key, count, what in (
        ("images", len(band), "images"),
        ("atoms", len(band.elements), "atoms"),
    ):
        wanted = manifest.get(key)
        if wanted is not None and wanted != count:
            raise ResultError(
                f"{folder} holds {count} {what}, but the set was written with {wanted}.",
                "Files are missing, or those of another run are mixed in.",
            )
