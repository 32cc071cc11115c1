"""The images of a hop: from a composition to a path that a band calculation can start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.calculators.scatterers import atomic_masses
from perovdb.composition import Composition
from perovdb.errors import InputError, StructureError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.migration.band import relax_band
from perovdb.migration.endpoints import Endpoints, endpoints, with_positions
from perovdb.migration.hops import Hop, hops_in_cell
from perovdb.migration.idpp import PairPotential
from perovdb.migration.rigid import interpolate
from perovdb.store import Store, open_store
from perovdb.structures.builder import fill
from perovdb.structures.supercells import Size
from perovdb.structures.units import closest_contact, units

#: A path is refused if atoms of different ions or molecules come nearer than this.
SHORTEST_CONTACT_A = 1.5

#: A path is refused if the distance between two images differs by more from the mean.
UNEVEN = 0.02

#: Height of the arc on which an ion starts round another one.
DETOUR_A = 1.5

MOST_IMAGES = 99

#: Every pair of atoms counts in the path's potential, and DFT bands of larger cells do not run.
MOST_ATOMS = 1500

#: Forces are gradients over curvature: a step of this length would bring an atom to rest.
CONVERGED_A = 1e-5


@dataclass(frozen=True)
class Path:
    """A hop as a chain of images, both ends included.

    Attributes:
        formula, phase: of the host, before the vacancy.
        cell: the average cell that the host repeats.
        size, seed, orientation, temperature_K: how the host was built.
        hop: the distinct hop that it is.
        images: structures with the same atoms in the same order, not wrapped into the cell.
        mover: (m,) indices of the atoms that hop.
        charge: net charge of every image, in e.
        spacing_A: distance between neighbouring images, root of the sum of squares.
        unevenness: largest relative deviation of a spacing from the mean.
        closest_contact_A: shortest distance between atoms of different ions or molecules.
        residual_A: largest force that was left when the path was relaxed.
        notes: what a user should know before running it.
    """

    formula: str
    phase: str
    cell: AverageCell
    size: Size
    seed: int
    orientation: str
    temperature_K: float
    hop: Hop
    images: tuple[Structure, ...]
    mover: np.ndarray
    charge: int
    spacing_A: float
    unevenness: float
    closest_contact_A: float
    residual_A: float
    notes: tuple[str, ...]


def path(
    composition: Composition | str,
    species: str,
    phase: str | None = None,
    size: Size = (2, 2, 2),
    images: int = 5,
    hop: int = 0,
    seed: int = 0,
    orientation: str = "random",
    temperature_K: float = ROOM_TEMPERATURE_K,
    store: Store | None = None,
) -> Path:
    """The path of a vacancy hop in a supercell with one vacancy.

    Ions follow the image-dependent pair potential; organic cations, the mover and the others,
    move as rigid bodies under the same potential, from a start by spherical linear interpolation.

    Args:
        composition: a Composition or a formula.
        species: ion that hops into a vacancy of its own kind.
        phase, temperature_K: as for `average_cell`.
        size: repeats of the phase's cell.
        images: number of images between the two ends.
        hop: which of the distinct hops that `hops` lists, from 0.
        seed, orientation: as for `build`.
        store: the curated store by default.

    Raises:
        FormulaError, UnknownSpecies: the formula or the ion is not known.
        InputError: an argument cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the cell cannot hold the hop, or atoms come too near on the way.
    """
    store = store or open_store()
    if not 1 <= images <= MOST_IMAGES:
        raise InputError(f"A path of {images} images cannot be made.", "Ask for 1 to 99.")
    cell = average_cell(composition, phase, temperature_K, store)
    choices = hops_in_cell(cell, species, store)
    if not 0 <= hop < len(choices):
        raise InputError(
            f"There is no hop number {hop} of {species}.",
            f"There are {len(choices)} distinct hops, numbered from 0: see 'perovdb hops'.",
        )
    host = fill(cell, size, seed, orientation, store)
    if len(host) > MOST_ATOMS:
        raise InputError(
            f"A path in a cell of {len(host)} atoms cannot be made.",
            f"Take a smaller size: at most {MOST_ATOMS} atoms.",
        )
    ends = endpoints(host, choices[hop], cell, size, store)
    positions, residual = interpolate_path(ends, images)
    chain = tuple(with_positions(ends.start, image) for image in positions)
    lengths = np.sqrt((np.diff(positions, axis=0) ** 2).sum(axis=(1, 2)))
    contacts = [closest_contact(image) for image in chain]
    result = Path(
        formula=cell.composition.formula,
        phase=cell.phase,
        cell=cell,
        size=size,
        seed=seed,
        orientation=orientation,
        temperature_K=temperature_K,
        hop=choices[hop],
        images=chain,
        mover=ends.mover,
        charge=ends.start.properties["charge"],
        spacing_A=float(lengths.mean()),
        unevenness=float(np.abs(lengths / lengths.mean() - 1).max()),
        closest_contact_A=min(contacts),
        residual_A=residual,
        notes=(*cell.notes, *_notes(ends)),
    )
    _refuse_bad(result, contacts)
    return result


def interpolate_path(ends: Endpoints, images: int) -> tuple[np.ndarray, float]:
    """(images + 2, n, 3) positions of a path, ends included, and the force left on it.

    Args:
        ends: start and end.
        images: number of images in between.
    """
    start, end = ends.start.cart_coords, ends.end.cart_coords
    lattice_A = ends.start.lattice.matrix
    bodies = [unit.atoms for unit in units(ends.start) if len(unit.atoms) > 1]
    fractions = np.linspace(0, 1, images + 2)[1:-1]
    inner = start + fractions[:, None, None] * (end - start)
    if len(ends.mover) == 1:
        inner[:, ends.mover[0]] += _detour(ends, inner[:, ends.mover[0]], fractions)
    for body in bodies:
        masses = atomic_masses([ends.start[int(atom)].specie.symbol for atom in body])
        inner[:, body] = interpolate(start[body], end[body], masses, fractions)
    potential = PairPotential(lattice_A, start, end, fractions, bodies)
    inner, residual = relax_band(
        start, inner, end, potential.gradient, spring=1.0, bodies=bodies, tolerance=CONVERGED_A
    )
    return np.concatenate([start[None], inner, end[None]]), residual


def _detour(ends: Endpoints, line_A: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """(k, 3) what to add to the straight line of an ion that runs through another ion.

    A B ion meets the X ion half-way between two octahedra. Symmetry would hold the path on it;
    so it starts on the arc, of DETOUR_A in height, that keeps farthest from all others.
    """
    others = np.delete(ends.start.frac_coords, ends.mover, axis=0)
    lattice = ends.start.lattice

    def clearance(points_A: np.ndarray) -> float:
        return float(
            lattice.get_all_distances(lattice.get_fractional_coords(points_A), others).min()
        )

    if clearance(line_A) >= SHORTEST_CONTACT_A:
        return np.zeros_like(line_A)
    along = ends.vector_A / np.linalg.norm(ends.vector_A)
    # Any vector off the line gives a frame; sixteen directions round it, unevenly begun so that
    # none is a mirror plane of a cubic cell.
    across = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(along, across)])
    angles = 0.1 + 2 * np.pi * np.arange(16) / 16
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1) @ frame
    arcs = DETOUR_A * np.sin(np.pi * fractions)[None, :, None] * directions[:, None, :]
    return np.asarray(max(arcs, key=lambda arc: clearance(line_A + arc)))


def _notes(ends: Endpoints) -> list[str]:
    if not ends.half_cell:
        return []
    return [
        "the hop is half a cell vector, so its mirror image is as long: "
        "the cell is small, check the barrier in a larger one"
    ]


def _refuse_bad(result: Path, contacts: list[float]) -> None:
    if result.closest_contact_A < SHORTEST_CONTACT_A:
        worst = int(np.argmin(contacts))
        raise StructureError(
            f"On image {worst:02d} two atoms of different ions are "
            f"{result.closest_contact_A:.2f} A apart.",
            "Take more images, another hop, another seed or aligned molecules.",
        )
    if result.residual_A > CONVERGED_A:
        raise StructureError(
            f"The path did not come to rest: a step of {result.residual_A:.1e} A is left.",
            "Take another seed, aligned molecules, another hop or a larger cell.",
        )
    if result.unevenness > UNEVEN:
        raise StructureError(
            f"The images are uneven by {100 * result.unevenness:.1f} %.",
            "Take more images.",
        )
