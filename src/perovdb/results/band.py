"""What a code left of a band, in one shape for all codes: images, energies, forces, facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from ase.data import atomic_numbers
from pymatgen.core import Lattice, Structure
from scipy.constants import physical_constants

from perovdb.errors import ResultError
from perovdb.results.search import Search

#: Atomic units.
BOHR_A = physical_constants["Bohr radius"][0] * 1e10
HARTREE_EV = physical_constants["Hartree energy in eV"][0]

FEWEST_IMAGES = 3

#: Total energies of one path differ by less than this; more means files of different systems.
_WIDEST_EV = 50.0


@dataclass(frozen=True)
class Facts:
    """What the code says of the run.

    Attributes:
        finished: the program came to its end.
        converged: the code says that the band came to rest; None if it says nothing.
        says: its words, or why there are none.
        threshold_eV_A: force that the run was to reach, if known.
        per_component: whether the threshold is for each component of a force, or for its length.
        steps: steps of the band.
        climbing: whether the highest image climbs; None if not known.
        scf_failed: images, from 0, whose last electronic structure did not converge.
        scf_known: whether the files tell of that.
        ends_relaxed: what the code says of first and last image; None if nothing.
        electrons: of each image, where the files tell.
        search: how its saddle was searched for, where it is no relaxed band.
        notes: what else should be known.
    """

    finished: bool
    converged: bool | None
    says: str
    threshold_eV_A: float | None = None
    per_component: bool = False
    steps: int | None = None
    climbing: bool | None = None
    scf_failed: tuple[int, ...] = ()
    scf_known: bool = True
    ends_relaxed: tuple[bool | None, bool | None] = (None, None)
    electrons: tuple[float, ...] = ()
    search: Search | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Band:
    """A chain of images as a code left it.

    Attributes:
        code, version: what computed it.
        lattice_A: (3, 3) rows are the cell vectors.
        elements: (a,) of every image.
        positions_A: (n, a, 3) as they stand in the files, wrapped or not.
        energies_eV: (n,) total energies.
        energy_kind: which of the code's energies that is.
        forces_eV_A: (n, a, 3) of the potential, without springs; rows of NaN where not known.
        tangential_eV_A: (n,) forces along the path as the code prints them, NaN where not;
            they take the place of what `forces_eV_A` gives.
        facts: what the code says of the run.
        files: what was read; the energies and their images hang on these.
        periodic: directions in which the cell repeats.
        other_barriers_eV: barriers with other energies of the code, by name.
    """

    code: str
    version: str
    lattice_A: np.ndarray
    elements: tuple[str, ...]
    positions_A: np.ndarray
    energies_eV: np.ndarray
    energy_kind: str
    forces_eV_A: np.ndarray
    tangential_eV_A: np.ndarray
    facts: Facts
    files: tuple[Path, ...]
    periodic: tuple[bool, bool, bool] = (True, True, True)
    other_barriers_eV: dict[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.energies_eV)

    def structure(self, image: int) -> Structure:
        """An image, not wrapped into the cell."""
        lattice = Lattice(self.lattice_A, pbc=self.periodic)
        return Structure(
            lattice, list(self.elements), self.positions_A[image], coords_are_cartesian=True
        )


def check_band(band: Band, folder: Path) -> Band:
    """The same band, if it can be one.

    Raises:
        ResultError: too few images, a number that is none, arrays of different length, energies
            or cells that cannot belong together, the same image twice, another order of images.
    """
    count = len(band.energies_eV)
    if count < FEWEST_IMAGES:
        raise ResultError(
            f"{folder} holds a band of {count} images.",
            "A barrier needs both ends and one image or more between them.",
        )
    shape = (count, len(band.elements), 3)
    if band.positions_A.shape != shape or band.forces_eV_A.shape != shape:
        raise ResultError(
            f"{folder}: the images do not have the same number of atoms.",
            "Files of different runs are mixed: keep those of one.",
        )
    unknown = [symbol for symbol in band.elements if symbol not in atomic_numbers]
    if unknown or not band.elements:
        raise ResultError(
            f"{folder}: '{(unknown or [''])[0]}' is no element.", "The files are damaged."
        )
    for what, values in (
        ("an energy", band.energies_eV),
        ("a position", band.positions_A),
        ("the cell", band.lattice_A),
    ):
        if not np.isfinite(values).all():
            raise ResultError(
                f"{folder}: {what} is not a number.",
                "The calculation failed, or a file is damaged: run it again.",
            )
    if abs(np.linalg.det(band.lattice_A)) < 1.0:
        raise ResultError(f"{folder}: the cell has no volume.", "The files are damaged.")
    spread = float(np.ptp(band.energies_eV))
    if spread > _WIDEST_EV:
        raise ResultError(
            f"{folder}: the energies of the images differ by {spread:.1f} eV.",
            "They are of different systems or settings, or a file is damaged: look for the one "
            "that stands apart.",
        )
    return band


def same_elements(chains: Sequence[tuple[str, ...]], names: Sequence[str]) -> tuple[str, ...]:
    """The elements of all images.

    Raises:
        ResultError: an image has other atoms, or another order of them.
    """
    for elements, name in zip(chains, names, strict=True):
        if elements != chains[0]:
            raise ResultError(
                f"{name} has other atoms than {names[0]}, or the same in another order.",
                "All images need the same atoms in the same order: the files of two runs are "
                "mixed, or an image was sorted.",
            )
    return chains[0]
