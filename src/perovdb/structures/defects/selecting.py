"""Which units of a structure a defect takes: counts, places, distinct choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import floor

import numpy as np
from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.charges import LIGANDS, charge_of_units, ion_charge
from perovdb.structures.defects.choices import Demand, Points, pick
from perovdb.structures.ordering import enumerate_orderings
from perovdb.structures.sites import Sites
from perovdb.structures.units import crystal_units

#: How many of an ion: a whole number, or a fraction between 0 and 1 of those there are.
Amount = int | float

#: A place: the number of the unit among those of its ion, from 0; or fractional coordinates.
Place = int | Sequence[float]

#: A unit stands at a place if its centre is this near.
ON_SITE_A = 0.5


class Stock:
    """The units of a structure, to choose from.

    Ligands are no ions of the crystal: none is chosen, nor counted.

    Args:
        structure: with roles and molecules.
    """

    def __init__(self, structure: Structure) -> None:
        self.structure, self.registry = structure, load_registry()
        self.every = crystal_units(structure)
        centres = np.array([unit.centre_A for unit in self.every]).reshape(-1, 3)
        self.points = Points(structure.lattice, structure.lattice.get_fractional_coords(centres))
        self.ions = np.array([unit.ion for unit in self.every])

    def species(self, name: str) -> str:
        """The ion as the structure names it.

        Raises:
            UnknownSpecies: the structure holds none.
        """
        if name in LIGANDS and name not in self.ions:
            raise UnknownSpecies(f"{name} is a ligand.", "Name an ion of the crystal.")
        own = name if name in self.ions else self.registry.ion(name).species
        if own not in self.ions:
            present = ", ".join(dict.fromkeys(self.ions.tolist()))
            raise UnknownSpecies(f"There is no {name} in the structure.", f"It holds: {present}.")
        return own

    def charge(self, numbers: Iterable[int] | np.ndarray) -> int:
        """Sum of the formal charges of units, in e."""
        return charge_of_units(self.every[int(number)] for number in numbers)

    def charge_of(self, ion: str) -> int:
        """Formal charge of one ion, in e, there or not."""
        here = self.of(ion)
        return self.charge(here[:1]) if len(here) else ion_charge(ion)

    def of(self, ion: str) -> np.ndarray:
        """(n,) numbers of the units of an ion."""
        return np.flatnonzero(self.ions == ion)

    def counted(self, amount: Amount, ion: str) -> int:
        """A count, or a fraction of an ion's units, as a whole number from 1 on.

        Raises:
            InputError: it is no count, or more than there are.
            StructureError: the fraction gives no whole number in this cell.
        """
        there = len(self.of(ion))
        if amount >= 1 and amount == amount // 1:
            if amount > there:
                raise InputError(
                    f"There are not {int(amount)} {ion}.", f"The structure has {there}."
                )
            return int(amount)
        if not 0 < amount < 1:
            raise InputError(
                f"{amount} is not a number of {ion}.",
                "Give a whole number from 1 on, or a fraction between 0 and 1.",
            )
        whole = round(amount * there)
        if whole and abs(amount * there - whole) < 1e-6 * there:
            return whole
        below = floor(amount * there)
        near = [f"{n} of {there} ({n / there:.4g})" for n in (below, below + 1) if 0 < n <= there]
        larger = Fraction(there * Fraction(amount).limit_denominator(1000)).denominator
        raise StructureError(
            f"A fraction of {amount:g} is {amount * there:.4g} of the {there} {ion} of this cell.",
            f"Nearest here: {' and '.join(near)}; or take a cell {larger} times as large.",
        )

    def at(self, ion: str, places: Sequence[Place]) -> np.ndarray:
        """(m,) numbers of the units of an ion at some places.

        Raises:
            InputError: there is no such unit at one of them, or one is named twice.
        """
        numbers = [self._at(ion, place) for place in places]
        if len(set(numbers)) < len(numbers):
            raise InputError(f"A place of {ion} is named twice.", "Name each place once.")
        return np.array(numbers, dtype=int)

    def _at(self, ion: str, place: Place) -> int:
        candidates = self.of(ion)
        if isinstance(place, int | np.integer):
            if not 0 <= place < len(candidates):
                raise InputError(
                    f"There is no {ion} number {place}.",
                    f"The structure has {len(candidates)}, numbered from 0.",
                )
            return int(candidates[place])
        wanted = fractional_place(place)
        distances = self.structure.lattice.get_all_distances(
            wanted[None], self.points.fractional[candidates]
        )[0]
        nearest = int(distances.argmin())
        if distances[nearest] > ON_SITE_A:
            raise InputError(
                f"There is no {ion} at {wanted.tolist()}.",
                f"The nearest is {distances[nearest]:.2f} A away, at "
                f"{self.points.fractional[candidates[nearest]].round(4).tolist()}.",
            )
        return int(candidates[nearest])

    def distinct(
        self, demands: Sequence[Demand], names: Sequence[str]
    ) -> list[tuple[list[np.ndarray], int]]:
        """The choices that no symmetry operation turns into each other, with their multiplicities.

        The symmetry is that of the structure, its units points of their species: a molecule is one
        at its centre of mass, and how it is turned does not count.

        Args:
            demands: what is chosen; units of their ions that are no candidates are each of their
                own kind.
            names: of what comes to stand there, such as "V_I".

        Returns:
            the units that each demand gets, and how many choices are equivalent; these numbers
            sum to the product of the multinomials.

        Raises:
            StructureError: there are too many choices.
        """
        kinds = self.ions.astype(object)
        for demand in demands:
            others = np.setdiff1d(self.of(self.ions[demand.candidates[0]]), demand.candidates)
            kinds[others] = [f"{self.ions[number]} number {number}" for number in others]
        counts = {kind: Counter({kind: n}) for kind, n in Counter(kinds.tolist()).items()}
        for demand, name in zip(demands, names, strict=True):
            of_kind = counts[kinds[demand.candidates[0]]]
            of_kind.subtract({kinds[demand.candidates[0]]: demand.count})
            of_kind[name] = demand.count
        lattice = self.structure.lattice
        sites = Sites(np.array(lattice.matrix), self.points.fractional, kinds, lattice.pbc)
        try:
            orderings = enumerate_orderings(sites, counts)
        except StructureError as error:
            raise StructureError(
                error.what, "Take a smaller cell or fewer defects, or let them be chosen by rule."
            ) from error
        return [
            ([np.flatnonzero(one.ions == name) for name in names], one.multiplicity)
            for one in orderings
        ]

    def choose(
        self,
        demands: Sequence[Demand],
        names: Sequence[str],
        choose: str | int,
        generator: np.random.Generator,
    ) -> list[np.ndarray]:
        """The units that each demand gets: a rule of `choices.RULES`, or a distinct choice."""
        if isinstance(choose, str):
            return pick(self.points, demands, choose, generator)
        distinct = self.distinct(demands, names)
        if not 0 <= choose < len(distinct):
            raise InputError(
                f"There is no distinct choice number {choose}.",
                f"There are {len(distinct)}, numbered from 0.",
            )
        return distinct[choose][0]

    def commonest(self, role: str, taken: Iterable[int] = ()) -> str:
        """The ion that most sites of a role hold besides those taken, the first of equals.

        Raises:
            StructureError: the structure has no such site.
        """
        gone = set(taken)
        counts = Counter(
            unit.ion for n, unit in enumerate(self.every) if unit.role == role and n not in gone
        )
        if not counts:
            raise StructureError(
                f"The structure holds no ion on {role} to make up for the charge.",
                "Leave the cell charged, or name another partner.",
            )
        return max(counts, key=lambda ion: counts[ion])


def fractional_place(place: object) -> np.ndarray:
    """(3,) fractional coordinates out of what a user gave.

    Raises:
        InputError: they are not three finite numbers.
    """
    try:
        wanted = np.array(place, dtype=float)
    except (TypeError, ValueError):
        wanted = np.empty(0)
    if wanted.shape != (3,) or not np.isfinite(wanted).all():
        raise InputError(
            f"{place!r} is not a place.", "Give a number from 0, or three fractional coordinates."
        )
    return wanted
