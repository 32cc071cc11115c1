"""manifest.json: what a set is and where its numbers come from."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from pymatgen.core import Structure

import perovdb
from perovdb.inputs.job import NebJob
from perovdb.inputs.preflight import Check
from perovdb.migration.chain import Chain
from perovdb.migration.paths import Path

#: Programs whose versions decide what the files say.
_LIBRARIES = ("numpy", "pymatgen", "ase")


def structure_sources(job: NebJob) -> list[str]:
    """Keys of the sources that the host's cell comes from."""
    return [job.path.cell.source] if isinstance(job.path, Path) and job.path.cell.source else []


def manifest(
    job: NebJob,
    files: Mapping[str, str],
    found: list[Check],
    notes: list[str],
    cited: Mapping[str, Mapping[str, Any]],
    run: Mapping[str, Any],
) -> dict[str, Any]:
    """The manifest of a set.

    Args:
        job: the calculation.
        files: all other files of the set, whose hashes it keeps.
        found: the checks that it passed.
        notes: what a user should know.
        cited: works to cite, by key.
        run: scheduler, ranks and hours.
    """
    path = job.path
    return {
        "perovdb": perovdb.__version__,
        "versions": {
            "python": platform.python_version(),
            **{library: version(library) for library in _LIBRARIES},
        },
        "title": job.title,
        "formula": path.formula,
        **_host(path),
        "hop": {"species": path.species, "distance_A": path.distance_A, **_class_of_hop(path)},
        "method": path.method,
        "composition": path.images[0].composition.as_dict(),
        "images": len(path.images),
        "atoms": len(path.images[0]),
        "moving_atoms": [int(atom) + 1 for atom in path.mover],
        "charge": path.charge,
        "valence_electrons": job.electrons,
        "checks": {
            "spacing_A": path.spacing_A,
            "longest_step_A": path.longest_step_A,
            "unevenness": path.unevenness,
            "closest_contact_A": path.closest_contact_A,
            "largest_bond_change": path.bond_change.share,
            "residual_A": path.residual_A,
            "preflight": {check.name: check.found for check in found},
        },
        "notes": notes,
        "code": job.preset.code,
        "build": job.build,
        "preset": job.preset.name,
        "set_by_user": dict(job.preset.changed),
        "ends_relaxed": "before the band" if job.relax_first else "in the band",
        **run,
        "settings": job.preset.record(),
        "potentials": {
            element: {
                "symbol": p.symbol,
                "valence": p.valence,
                **p.details,
                "source": p.source,
            }
            for element, p in job.potentials.items()
        },
        "citations": {key: dict(entry) for key, entry in cited.items()},
        "files": {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())
        },
    }


def _host(path: Chain) -> dict[str, Any]:
    """How the cell was made: of an average cell, or by the steps that its structure remembers."""
    if not isinstance(path, Path):
        return {"history": path.images[0].properties.get("history", [])}
    return {
        "phase": path.phase,
        "temperature_K": path.temperature_K,
        "cell": {
            "origin": path.cell.origin,
            "source": path.cell.source,
            "kind": path.cell.kind,
            "evidence": path.cell.evidence,
        },
        "size": list(path.size),
        "seed": path.seed,
        "orientation": path.orientation,
    }


def _class_of_hop(path: Chain) -> dict[str, Any]:
    """Which of the distinct hops of the average cell it is; without one, from where to where."""
    if isinstance(path, Path):
        return {
            "into": path.into,
            "multiplicity": path.hop.multiplicity,
            "from": list(path.hop.start),
            "to": list(path.hop.end),
            "coordinates": "fractional, in the average cell",
        }
    ends = (path.images[0], path.images[-1])
    start, end = (_centre(image, path.mover) for image in ends)
    return {
        "into": path.into,
        "from": start,
        "to": end,
        "coordinates": "fractional, in the cell of the images; of a molecule its centre of mass",
    }


def _centre(image: Structure, atoms: np.ndarray) -> list[float]:
    """(3,) fractional coordinates of the centre of mass of some atoms."""
    masses = [float(image[int(atom)].specie.atomic_mass) for atom in atoms]
    centre = np.average(image.frac_coords[atoms], axis=0, weights=masses)
    return [round(float(number), 9) for number in centre]
