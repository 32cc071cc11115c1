"""The images of a hop: a path that a band calculation can start from, and what it must pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, isfinite
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.composition import Material
from perovdb.errors import InputError, StructureError, check_choice
from perovdb.migration.band import relax_band
from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.migration.guess import first_guess, molecules
from perovdb.migration.hops import Hop
from perovdb.migration.idpp import PairPotential
from perovdb.migration.integrity import BondChange, check_ends, largest_bond_change
from perovdb.migration.matching import between, in_words, matched, other_order, strays
from perovdb.migration.placing import check_size, endpoints
from perovdb.migration.vacancies import Vacancies
from perovdb.structures.history import charge_of
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.supercells import Size
from perovdb.structures.units import closest_contact, ion_formula

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The ways to make a path, and how much a bond may change on it. "rigid": ions follow the
#: image-dependent pair potential, and so do molecules, each as one rigid body, from a start by
#: spherical linear interpolation. "idpp": every atom follows the potential by itself.
METHODS = {"rigid": 0.01, "idpp": 0.10}

#: A path is refused if atoms of different ions or molecules come nearer than this.
SHORTEST_CONTACT_A = 1.5

#: A path is refused if the distance between two images differs by more from the mean.
UNEVEN = 0.02

#: Ends are the same if no atom moves farther.
STILL_A = 0.05

MOST_IMAGES = 99

#: A path is relaxed until no atom wants to go farther, and refused if one wants to go farther
#: than the second.
CONVERGED_A = 1e-5
UNCONVERGED_A = 1e-3


@dataclass(frozen=True)
class Images:
    """How the images between two ends are made.

    Attributes:
        count: how many there are.
        spacing_A: instead of `count`, as many that no atom goes farther than this from one image
            to the next.
        method: a key of METHODS.

    Raises:
        InputError: there is no such method, or the number or the spacing cannot be.
    """

    count: int = 5
    spacing_A: float | None = None
    method: str = "rigid"

    def __post_init__(self) -> None:
        check_choice(self.method, METHODS, "no way to make a path")
        if self.spacing_A is None:
            _check_count(self.count)
        elif not (isfinite(self.spacing_A) and self.spacing_A > 0):
            raise InputError(
                f"A spacing of {self.spacing_A} A cannot be kept.", "Give it above zero."
            )


@answer
class Path(Answer):
    """A hop as a chain of images, both ends included.

    Attributes:
        formula: of the host, before the vacancy; of two ends that were given, their ions and
            their numbers.
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
        hop: the distinct hop that it is; None between two ends that were given.
        source, kind, evidence: of the average cell that the host was built from, if it was.
        from_ends: the images follow from the two ends alone; not where they lead through a saddle
            that is known.
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
    hop: Hop | None = None
    source: str = ""
    kind: str = ""
    evidence: str = ""
    notes: tuple[str, ...] = ()
    from_ends: bool = True

    derived = ("phase",)

    @property
    def phase(self) -> str:
        """Of the average cell that the host was built from; "" for another host."""
        return self.hop.phase if self.hop else ""

    def plot(self, ax: Axes | None = None) -> Axes:
        """How near the ion that moves comes to others on the way, as `plots.bands.contacts`."""
        from perovdb.plots.bands import contacts

        return contacts(self, ax)

    def _scalars(self) -> dict[str, Any]:
        row = super()._scalars()
        counts = {"images": len(self.images), "atoms": len(self.images[0])}
        return {"formula": row.pop("formula"), "phase": self.phase, **row} | counts

    def _headline(self) -> str:
        into = "" if self.into == self.species else f" into V_{self.into}"
        host = " ".join(filter(None, (self.formula, self.phase)))
        return (
            f"{host}, {self.species}{into} by {self.distance_A:.3f} A, {self.method}, "
            f"{len(self.images)} images of {len(self.images[0])} atoms"
        )

    def _lines(self) -> list[str]:
        return [
            self._headline(),
            f"  charge {self.charge:+d}, spacing {self.spacing_A:.3f} A, longest step "
            f"{self.longest_step_A:.3f} A, closest contact {self.closest_contact_A:.2f} A",
            *self._note_lines(),
        ]


@overload
def path(
    x: Material,
    to: Hop,
    *,
    images: int | Images = 5,
    size: Size | None = None,
    seed: int = 0,
    orientation: str | Orientation = "random",
    vacancies: int | Vacancies = 1,
    keep_numbering: bool = False,
) -> Path: ...
@overload
def path(
    x: Material, to: Material, *, images: int | Images = 5, keep_numbering: bool = False
) -> Path: ...
@overload
def path(x: Endpoints, *, images: int | Images = 5, keep_numbering: bool = False) -> Path: ...
def path(
    x: Material | Endpoints,
    to: Hop | Material | None = None,
    *,
    images: int | Images = 5,
    size: Size | None = None,
    seed: int = 0,
    orientation: str | Orientation = "random",
    vacancies: int | Vacancies = 1,
    keep_numbering: bool = False,
) -> Path:
    """The path of a hop, or between two ends: a chain of images that passed all checks.

    By the method "rigid" ions follow the image-dependent pair potential; organic cations, the
    mover and the others, move as rigid bodies under the same potential, from a start by
    spherical linear interpolation. By "idpp" every atom follows the potential by itself.

    Args:
        x: a material, with a hop of it; or the start, with the end; or `Endpoints`, alone.
        to: the hop, of `hops` or `sample_hops`; or the other end, a structure with the same ions
            in the same cell, whose atoms are matched with those of the start, see
            `matching.between`.
        images: number of images between the two ends; or `Images`, with a spacing or a method.
        size, seed, orientation, vacancies: of a hop, as for `endpoints`.
        keep_numbering: take two ends as they number their atoms, even where other names for
            identical ones would shorten the path, such as for a ring of ions that change places.

    Raises:
        InputError: an argument cannot be used, or the hop is of another material.
        FormulaError, UnknownSpecies, MissingData: as `build`, of a formula.
        StructureError: the cell cannot hold the hop; the ends are the same or hold other atoms; or
            two atoms come too near, a molecule bends too far, or the path does not come to rest.
    """
    how = images if isinstance(images, Images) else Images(images)
    if isinstance(to, Hop) and not isinstance(x, Endpoints):
        ends = endpoints(x, to, size=size, seed=seed, orientation=orientation, vacancies=vacancies)
    elif (size, seed, orientation, vacancies) != (None, 0, "random", 1):
        raise InputError(
            "A size, a seed, an orientation and vacancies are for the path of a hop.",
            "Two ends are taken as they are: leave them out.",
        )
    elif isinstance(x, Endpoints):
        ends = x
    elif to is None or isinstance(to, Hop):
        raise InputError("A path has two ends.", "Give a hop of `hops`, or another structure.")
    else:
        ends = between(x, to, keep_numbering)
    _check_ends(ends, keep_numbering)
    if how.spacing_A is None:
        positions, residual = interpolate_path(ends, how.count, how.method)
    else:
        positions, residual = _spaced(ends, how.spacing_A, how.method)
    return measured(ends, positions, residual, how.method)


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
    check_size(start)
    if start.species != end.species:
        raise other_order()
    if np.linalg.norm(end.cart_coords - start.cart_coords, axis=1).max() < STILL_A:
        raise StructureError(
            f"The two ends are the same: no atom moves by {STILL_A} A.",
            "Give two ends of a hop; check that a relaxation did not bring one to the other.",
        )
    check_ends(start, end)
    away = [unit for unit, _ in strays(start, end, ends.mover)]
    if away:
        raise StructureError(
            "Ions or molecules stand in another periodic image at the end: "
            f"{len(away)}, the first {away[0].ion} with atom {int(away[0].atoms[0]) + 1}.",
            "Give the two structures, whose atoms are matched: `path(start, end)`.",
        )
    exchanged = [] if keep_numbering else matched(start, end)[1]
    if exchanged:
        raise StructureError(
            "The ends number identical atoms differently; the path would be shorter with other "
            f"names: {in_words(exchanged)}.",
            "Give the two structures, whose atoms are matched: `path(start, end)`; or keep the "
            "names, if ions shall change places.",
        )


def measured(ends: Endpoints, positions: np.ndarray, residual: float, method: str) -> Path:
    """The path of some positions (k, n, 3), ends included, with its figures, if it passes.

    Raises:
        StructureError: atoms come too near, images are uneven, or a molecule is torn.
    """
    chain = tuple(with_positions(ends.start, image) for image in positions)
    lengths = np.sqrt((np.diff(positions, axis=0) ** 2).sum(axis=(1, 2)))
    contacts = [closest_contact(image) for image in chain]
    result = Path(
        formula=ends.formula or ion_formula(ends.start),
        species=ends.species,
        into=ends.into or ends.species,
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
        hop=ends.hop,
        source=ends.source,
        kind=ends.kind,
        evidence=ends.evidence,
    )
    _refuse_bad(result, int(np.argmin(contacts)))
    return replace(result, notes=tuple(_notes(ends, result)))


def _notes(ends: Endpoints, chain: Path) -> list[str]:
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


def _refuse_bad(chain: Path, worst: int) -> None:
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
