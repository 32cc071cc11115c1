"""What atoms, and the path of a hop, tell of themselves in a manifest, whatever computes them."""

from __future__ import annotations

import platform
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from pymatgen.core import Structure

import perovdb
from perovdb.files.labels import one_line
from perovdb.inputs.manifest import HopOfSet, Manifest
from perovdb.migration.path import Path
from perovdb.structures.units import ion_formula

#: Programs whose versions decide what the files say.
_LIBRARIES = ("numpy", "pymatgen", "ase")


def manifest_of_atoms(structure: Structure) -> Manifest:
    """The manifest as far as the atoms tell."""
    return Manifest(
        perovdb=perovdb.__version__,
        versions={
            "python": platform.python_version(),
            **{library: version(library) for library in _LIBRARIES},
        },
        formula=ion_formula(structure),
        phase=phase_of(structure),
        size=_repeats(built_by(structure).get("size")),
        history=list(structure.properties.get("history", [])),
        composition=structure.composition.as_dict(),
        images=1,
        atoms=len(structure),
    )


def manifest_of_path(path: Path) -> Manifest:
    """The manifest as far as the path tells."""
    return replace(
        manifest_of_atoms(path.images[0]),
        title=title_of_path(path),
        formula=path.formula,
        source=path.source or None,
        hop=_hop(path),
        method=path.method,
        images=len(path.images),
        moving_atoms=tuple(int(atom) + 1 for atom in path.mover),
        charge=path.charge,
        from_ends=path.from_ends,
        checks=figures_of(path),
    )


def figures_of(path: Path) -> dict[str, Any]:
    """What can be measured of a path, by name with unit."""
    return {
        "spacing_A": path.spacing_A,
        "longest_step_A": path.longest_step_A,
        "unevenness": path.unevenness,
        "closest_contact_A": path.closest_contact_A,
        "largest_bond_change": path.bond_change.share,
        "residual_A": path.residual_A,
    }


def built_by(structure: Structure) -> dict[str, Any]:
    """Arguments of the step that built the host, out of its history; empty if it was read."""
    first, *_ = structure.properties.get("history") or [{}]
    return dict(first.get("arguments", {})) if first.get("step") == "build" else {}


def phase_of(structure: Structure) -> str | None:
    """The phase that the host was built in; None if it was read from a file."""
    phase = built_by(structure).get("phase")
    return one_line(phase) if isinstance(phase, str) else None


def title_of_path(path: Path) -> str:
    """One line that says what it is."""
    vacancy = "a vacancy" if path.into == path.species else f"a vacancy of {path.into}"
    host = " ".join(filter(None, (path.formula, phase_of(path.images[0]))))
    return one_line(f"{host}, {path.species} hop into {vacancy}, charge {path.charge:+d}")


def _repeats(matrix: Any) -> tuple[int, ...] | None:
    """How often the host's cell is repeated along its vectors; None of other supercells, and of
    what is no matrix: the history of a file may say anything."""
    match matrix:
        case [[int(a), 0, 0], [0, int(b), 0], [0, 0, int(c)]]:
            return a, b, c
    return None


def _hop(path: Path) -> HopOfSet:
    """Which of the distinct hops of the average cell it is; without one, from where to where."""
    hop = path.hop
    if hop is not None and hop.of_average_cell:
        return HopOfSet(
            path.species,
            path.into,
            path.distance_A,
            tuple(hop.start),
            tuple(hop.end),
            "fractional, in the average cell",
            hop.multiplicity,
        )
    start, end = (_centre(image, path.mover) for image in (path.images[0], path.images[-1]))
    where = "fractional, in the cell of the images; of a molecule its centre of mass"
    return HopOfSet(path.species, path.into, path.distance_A, start, end, where)


def _centre(image: Structure, atoms: np.ndarray) -> tuple[float, ...]:
    """(3,) fractional coordinates of the centre of mass of some atoms."""
    masses = [float(image[int(atom)].specie.atomic_mass) for atom in atoms]
    centre = np.average(image.frac_coords[atoms], axis=0, weights=masses)
    return tuple(round(float(number), 9) for number in centre)
