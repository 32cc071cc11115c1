"""The images between two ends, and the checks that a chain must pass before a band starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import InputError, StructureError
from perovdb.migration.band import relax_band
from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.migration.guess import first_guess, molecules
from perovdb.migration.idpp import PairPotential
from perovdb.migration.integrity import BondChange, check_ends, largest_bond_change
from perovdb.migration.periodic_images import strays
from perovdb.migration.relabelling import swaps
from perovdb.structures.history import charge_of
from perovdb.structures.units import closest_contact, ion_formula

#: The ways to make a path, and how much a bond may change on it. "rigid": ions follow the
#: image-dependent pair potential, and so do molecules, each as one rigid body, from a start by
#: spherical linear interpolation. "idpp": every atom follows the potential by itself.
METHODS = {"rigid": 0.01, "idpp": 0.10}

#: Asks for a path by each method.
BOTH = "both"

#: A path is refused if atoms of different ions or molecules come nearer than this.
SHORTEST_CONTACT_A = 1.5

#: A path is refused if the distance between two images differs by more from the mean.
UNEVEN = 0.02

#: Ends are the same if no atom moves farther.
STILL_A = 0.05

MOST_IMAGES = 99

#: DFT bands of larger cells do not run.
MOST_ATOMS = 1500

#: A path is relaxed until no atom wants to go farther, and refused if one wants to go farther
#: than the second.
CONVERGED_A = 1e-5
UNCONVERGED_A = 1e-3


@dataclass(frozen=True)
class Chain:
    """A hop as a chain of images, both ends included.

    Attributes:
        formula: ions and their numbers.
        species: ion that hops.
        into: ion whose vacancy it hops into.
        distance_A: length of the hop, straight.
        method: how it was made, a key of METHODS.
        images: structures with the same atoms in the same order, not wrapped into the cell.
        mover: (m,) indices of the atoms that hop.
        charge: net charge of every image, in e.
        spacing_A: distance between neighbouring images, root of the sum of squares.
        longest_step_A: longest way of an atom from one image to the next.
        unevenness: largest relative deviation of a spacing from the mean.
        closest_contact_A: shortest distance between atoms of different ions or molecules.
        bond_change: of a molecule, the largest on the way.
        residual_A: longest step that an atom still asked for when the path was relaxed.
        notes: what a user should know before running it.
    """

    formula: str
    species: str
    into: str
    distance_A: float
    method: str
    images: tuple[Structure, ...]
    mover: np.ndarray
    charge: int
    spacing_A: float
    longest_step_A: float
    unevenness: float
    closest_contact_A: float
    bond_change: BondChange
    residual_A: float
    notes: tuple[str, ...]


def path_between(
    ends: Endpoints,
    images: int = 5,
    method: str = "rigid",
    *,
    spacing_A: float | None = None,
    keep_numbering: bool = False,
) -> Chain:
    """The path between two ends, whatever the host: a chain that passed all checks.

    Args:
        ends: start and end, the same atoms in the same order.
        images: number of images between the two ends.
        method: a key of METHODS.
        spacing_A: instead of `images`, take as many that no atom goes farther than this from
            one image to the next.
        keep_numbering: take a path that other names for identical atoms would shorten, such as
            a ring of ions that change places.

    Raises:
        InputError: an argument cannot be used.
        StructureError: the ends are the same, or number their atoms differently; or two atoms
            come too near, a molecule bends too far, or the path does not come to rest.
    """
    if method not in METHODS:
        raise InputError(
            f"'{method}' is no way to make a path.", f"Choose one of: {', '.join(METHODS)}."
        )
    _check_ends(ends, keep_numbering)
    if spacing_A is None:
        _check_count(images)
        positions, residual = interpolate_path(ends, images, method)
    else:
        positions, residual = _spaced(ends, spacing_A, method)
    return _measured(ends, positions, residual, method)


def interpolate_path(
    ends: Endpoints, images: int, method: str = "rigid"
) -> tuple[np.ndarray, float]:
    """(images + 2, n, 3) positions of a path, ends included, and the step still asked for.

    Args:
        ends: start and end.
        images: number of images in between.
        method: a key of METHODS.
    """
    start, end = ends.start.cart_coords, ends.end.cart_coords
    lattice = ends.start.lattice
    bodies = molecules(ends) if method == "rigid" else []
    fractions = np.linspace(0, 1, images + 2)[1:-1]
    inner = first_guess(ends, images)
    potential = PairPotential(lattice.matrix, start, end, fractions, bodies, lattice.pbc)
    inner, residual = relax_band(start, inner, end, potential, bodies, CONVERGED_A)
    return np.concatenate([start[None], inner, end[None]]), residual


def _spaced(ends: Endpoints, spacing_A: float, method: str) -> tuple[np.ndarray, float]:
    """As `interpolate_path`, with the fewest images on which no atom goes farther at a time."""
    if not spacing_A > 0:
        raise InputError(f"A spacing of {spacing_A} A cannot be kept.", "Give it above zero.")
    ends_A = np.array([ends.start.cart_coords, ends.end.cart_coords])
    guess = np.concatenate([ends_A[:1], first_guess(ends, 15), ends_A[1:]])
    way = np.linalg.norm(np.diff(guess, axis=0), axis=2).sum(axis=0).max()
    images = max(1, ceil(way / spacing_A) - 1)
    while True:
        _check_count(images)
        positions, residual = interpolate_path(ends, images, method)
        longest = _longest_step(positions)
        if longest <= spacing_A:
            return positions, residual
        images = max(images + 1, ceil((images + 1) * longest / spacing_A) - 1)


def _longest_step(positions_A: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(positions_A, axis=0), axis=2).max())


def _check_count(images: int) -> None:
    if not 1 <= images <= MOST_IMAGES:
        raise InputError(
            f"A path of {images} images cannot be made.",
            f"Ask for 1 to {MOST_IMAGES}, or for a wider spacing.",
        )


def _check_ends(ends: Endpoints, keep_numbering: bool) -> None:
    start, end = ends.start, ends.end
    if len(start) > MOST_ATOMS:
        raise InputError(
            f"A path in a cell of {len(start)} atoms cannot be made.",
            f"Take a smaller size: at most {MOST_ATOMS} atoms.",
        )
    if start.species != end.species:
        raise StructureError(
            "The two ends do not hold the same atoms in the same order.",
            "Sort the atoms of the end as those of the start.",
        )
    if np.linalg.norm(end.cart_coords - start.cart_coords, axis=1).max() < STILL_A:
        raise StructureError(
            f"The two ends are the same: no atom moves by {STILL_A} A.",
            "Give two ends of a hop; check that a relaxation did not bring one to the other.",
        )
    check_ends(start, end)
    away = [unit for unit, _ in strays(ends)]
    if away:
        raise StructureError(
            "Ions or molecules stand in another periodic image at the end: "
            f"{len(away)}, the first {away[0].ion} with atom {int(away[0].atoms[0]) + 1}.",
            "Bring them to the nearest one: `unwrapped(ends)`.",
        )
    found = [] if keep_numbering else swaps(ends)
    if found:
        raise StructureError(
            "The ends number identical atoms differently; the path would be shorter with other "
            f"names: {'; '.join(swap.what for swap in found[:5])}.",
            "Renumber them: `renumbered(ends)`; or keep the names, if ions shall change places.",
        )


def _measured(ends: Endpoints, positions: np.ndarray, residual: float, method: str) -> Chain:
    chain = tuple(with_positions(ends.start, image) for image in positions)
    lengths = np.sqrt((np.diff(positions, axis=0) ** 2).sum(axis=(1, 2)))
    contacts = [closest_contact(image) for image in chain]
    result = Chain(
        formula=ion_formula(ends.start),
        species=str(ends.start.site_properties["ion"][int(ends.mover[0])]),
        into=ends.into or str(ends.start.site_properties["ion"][int(ends.mover[0])]),
        distance_A=float(np.linalg.norm(ends.vector_A)),
        method=method,
        images=chain,
        mover=ends.mover,
        charge=charge_of(ends.start),
        spacing_A=float(lengths.mean()),
        longest_step_A=_longest_step(positions),
        unevenness=float(np.abs(lengths / lengths.mean() - 1).max()),
        closest_contact_A=min(contacts),
        bond_change=largest_bond_change(ends.start, positions),
        residual_A=residual,
        notes=(),
    )
    _refuse_bad(result, int(np.argmin(contacts)))
    return replace(result, notes=tuple(_notes(ends, result)))


def _notes(ends: Endpoints, chain: Chain) -> list[str]:
    notes = list(ends.notes)
    if ends.half_cell:
        notes.append(
            "the hop is half a cell vector, so its mirror image is as long: "
            "the cell is small, check the barrier in a larger one"
        )
    if chain.residual_A > CONVERGED_A:
        notes.append(f"the path did not quite come to rest: {chain.residual_A:.0e} A are left")
    if chain.bond_change.share > METHODS["rigid"]:
        notes.append(f"molecules bend: {_bond_in_words(chain.bond_change)}")
    return notes


def _bond_in_words(change: BondChange) -> str:
    one, two = (atom + 1 for atom in change.atoms)
    return (
        f"on image {change.image:02d} the bond of atoms {one} and {two} of {change.ion} is "
        f"{100 * change.share:.1f} % off"
    )


def _refuse_bad(chain: Chain, worst: int) -> None:
    if chain.closest_contact_A < SHORTEST_CONTACT_A:
        raise StructureError(
            f"On image {worst:02d} two atoms of different ions are "
            f"{chain.closest_contact_A:.2f} A apart.",
            "Take more images, another hop, another seed or aligned molecules.",
        )
    if chain.residual_A > UNCONVERGED_A:
        raise StructureError(
            f"The path did not come to rest: a step of {chain.residual_A:.1e} A is left.",
            "Take another seed, aligned molecules, another hop or a larger cell.",
        )
    if chain.unevenness > UNEVEN:
        raise StructureError(
            f"The images are uneven by {100 * chain.unevenness:.1f} %.",
            "Take more images.",
        )
    if chain.bond_change.share > METHODS[chain.method]:
        raise StructureError(
            f"A molecule is torn: {_bond_in_words(chain.bond_change)}.",
            "Take more images, or rigid molecules.",
        )
