"""Vacancies, substitutions, antisites and interstitials: one step for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pymatgen.core import Structure

from perovdb.answers import Answer
from perovdb.composition import Material
from perovdb.composition.registry import Ion
from perovdb.errors import InputError
from perovdb.structures.adoption import as_structure
from perovdb.structures.charges import ion_charge
from perovdb.structures.defects.charge_rules import charge_after, defect_notes, schottky, signed
from perovdb.structures.defects.choices import Demand, Points, distinct_choices
from perovdb.structures.defects.editing import ROOMIEST, Newcomer, edit, nearest_A
from perovdb.structures.defects.interstitials import interstitial_places
from perovdb.structures.defects.labels import Defect, as_defects
from perovdb.structures.defects.partnering import partner_vacancies, with_partners
from perovdb.structures.defects.selecting import Stock, named, said
from perovdb.structures.history import Outcome, charge_of, step
from perovdb.structures.particles.surface_choice import at_surface, surface_partners
from perovdb.structures.streams import stream
from perovdb.structures.units import Unit

#: Streams of the random choices of this module.
VACANCIES, SUBSTITUTIONS, INTERSTITIALS = 2, 21, 22

#: A way to choose beside those of `choices.RULES`: ions of the surface of a particle or slab.
SURFACE = "surface"


@dataclass(frozen=True, repr=False, eq=False)
class Choice(Answer):
    """A symmetry-distinct choice of places for defects.

    Attributes:
        defects: with their places, as `defects` takes them.
        multiplicity: how many choices are equivalent to it, itself counted.
        apart_A: the shortest distance between two of the sites; infinite for one.
    """

    defects: tuple[Defect, ...]
    multiplicity: int
    apart_A: float

    def rows(self) -> list[dict[str, Any]]:
        """One row: what is where, by numbers of ions."""
        places = "; ".join(f"{one.label} at {list(one.at or ())}" for one in self.defects)
        return [{"defects": places, "multiplicity": self.multiplicity, "apart_A": self.apart_A}]


class _Site(NamedTuple):
    """Units that a defect takes: their species, what comes in their place, how many."""

    defect: Defect
    old: str
    new: str
    demand: Demand


@step
def defects(
    structure: Structure,
    defects: Sequence[str | Defect],
    *,
    choose: str | int = "first",
    neutral: str | None = None,
    partner: str = "close",
    charge: int | None = None,
    orientation: str | None = None,
    seed: int = 0,
) -> Outcome:
    """A structure with point defects. A molecule goes and comes as a whole.

    All defects of a call act together: their places are chosen together, and what makes up for
    their charge does so for all. It is a start for a relaxation.

    Args:
        structure: any material.
        defects: labels such as "V_I", "V_Pb:2", "Cd_Pb:0.25" (a fraction of the Pb), the antisite
            "I_Pb" or the interstitial "I_i"; or a `Defect`, which also says places, the void, or
            that the interstitial is split.
        choose: how places are chosen: a key of `choices.RULES`; "surface", for vacancies of A and
            X in a particle or slab: those with the fewest B neighbours; or the number of a choice
            of `distinct_defects`.
        neutral: None for a charged cell, each ion coming and going with its charge; or a key of
            `charge_rules.NEUTRAL`; or the vacancy that makes up for the charge, such as "V_I".
        partner: where the vacancies that make up for the charge are: "close" or "far".
        charge: of the defects together, in e, if not the formal one.
        orientation: rule for new molecules, of `molecules.orientations`, or "roomiest", which
            interstitial ones take by default.
        seed: of random choices and orientations.

    Returns:
        the structure; its notes give the distances of the defects and the number of electrons.

    Raises:
        UnknownSpecies: an ion is not known, or the structure has none of it.
        InputError: there are not that many, a place does not exist, or an argument is none of
            those listed.
        StructureError: a fraction gives no whole number, there are not so many voids, or nothing
            can make up for the charge.
        MissingData: the store has no geometry of a molecule, or no radius.
    """
    wanted = as_defects(defects)
    stock = Stock(structure)
    sites = _sites(stock, wanted)
    parts = _chosen(structure, stock, sites, choose, seed)
    taken = np.concatenate([*parts, np.empty(0, dtype=int)])
    new_ions = [
        Newcomer(site.new, stock.every[n].role, stock.points.fractional[n], stock.every[n])
        for site, part in zip(sites, parts, strict=True)
        for n in part.tolist()
        if site.new
    ]
    between, split, where = _between(stock, wanted, choose, seed)
    if len(np.unique([*taken, *split])) < len(taken) + len(split):
        raise InputError("An ion would take part in two defects.", "Name each place once.")

    places = np.array([one.fractional for one in between]).reshape(-1, 3)
    points = Points(structure.lattice, np.concatenate([stock.points.fractional, places]))
    coming = sum(ion_charge(one.ion) for one in [*new_ions, *between])
    taken = np.concatenate([taken, split])
    beyond = np.arange(len(stock.every), len(points.fractional))
    around = np.concatenate([np.setdiff1d(taken, split), beyond])
    more = _partners(stock, wanted, taken, points, around, coming, choose, neutral, partner)
    out = np.concatenate([taken, *more.values()])
    change = coming - stock.charge(out)
    gone = [stock.every[int(number)] for number in out]
    edited = edit(structure, gone, new_ions, orientation or "random", seed)
    if between:
        edited = edit(edited, [], between, orientation or ROOMIEST, seed)

    total = charge_after(structure, change, neutral, charge)
    counts = [(one.label, len(part)) for one, part in zip(_labels(sites), parts, strict=True)]
    text = named([*counts, *where], more, partner)
    how = "as named" if all(one.at is not None for one in wanted) else said(choose, seed)
    apart_A = points.apart_A(np.concatenate([around, *more.values()]))
    return Outcome(
        edited,
        f"{text} ({how}); charge {signed(total)}",
        charge=total,
        notes=_near_notes(edited, stock, new_ions, places),
        state=defect_notes(edited, total, charge_of(structure) + change, apart_A),
    )


def distinct_defects(x: Material, defects: Sequence[str | Defect]) -> list[Choice]:
    """The choices of places that no symmetry operation turns into each other.

    The symmetry is that of the structure as it is, each unit a point of its species: molecules
    stand at their centres of mass, and how they are turned does not count. The multiplicities sum
    to the product of the multinomials. `defects` takes the number of a choice as `choose`.

    Args:
        x: any material.
        defects: vacancies and substitutions.

    Raises:
        UnknownSpecies, InputError, StructureError: as for `defects`; or there are too many.
    """
    wanted = as_defects(defects)
    if any(one.kind == "interstitial" or one.at is not None for one in wanted):
        raise InputError(
            "Only vacancies and substitutions without places are sorted into distinct ones.",
            "Choose the others by rule.",
        )
    stock = Stock(as_structure(x))
    sites = _sites(stock, wanted)
    choices = []
    for parts, multiplicity in distinct_choices([site.demand for site in sites], stock.images()):
        named_sites = [
            Defect(site.defect.label, at=np.searchsorted(stock.of(site.old), part).tolist())
            for site, part in zip(sites, parts, strict=True)
        ]
        apart_A = stock.points.apart_A(np.concatenate(parts))
        choices.append(Choice(tuple(named_sites), multiplicity, apart_A))
    return choices


def remove_unit(structure: Structure, unit: Unit) -> Structure:
    """The structure without a unit of it; charge and history follow."""
    place = structure.lattice.get_fractional_coords(unit.centre_A)
    return defects(structure, [Defect(f"V_{unit.ion}", at=[[round(float(x), 6) for x in place]])])


def _sites(stock: Stock, wanted: Sequence[Defect]) -> list[_Site]:
    """What vacancies and substitutions take, in the order named.

    Raises:
        UnknownSpecies: the structure holds no such ion, or the new one is not known.
        InputError: one is named twice, or there are not so many.
    """
    sites: list[_Site] = []
    for one in wanted:
        if not one.site:
            continue
        old = stock.species(one.site)
        new = stock.registry.ion(one.ion).species if one.ion else ""
        if new == old:
            raise InputError(f"{one.label} is no defect.", "Name another ion.")
        if any((site.old, site.new) == (old, new) for site in sites):
            raise InputError(f"{one.label} is named twice.", f"Write it once, as {one.label}:2.")
        sites.append(_Site(one, old, new, Demand(stock.of(old), stock.counted(one.amount, old))))
    for old in dict.fromkeys(site.old for site in sites):
        total = sum(site.demand.count for site in sites if site.old == old)
        if total > len(stock.of(old)):
            raise InputError(
                f"{total} {old} would have to go.", f"The structure has {len(stock.of(old))}."
            )
    return sites


def _chosen(
    structure: Structure, stock: Stock, sites: Sequence[_Site], choose: str | int, seed: int
) -> list[np.ndarray]:
    """Numbers of the units that each of the sites takes."""
    named_parts = [
        None if site.defect.at is None else stock.at(site.old, site.defect.at) for site in sites
    ]
    fixed = np.concatenate([*(p for p in named_parts if p is not None), np.empty(0, dtype=int)])
    free = [
        Demand(np.setdiff1d(site.demand.candidates, fixed), site.demand.count)
        for site, part in zip(sites, named_parts, strict=True)
        if part is None
    ]
    if choose == SURFACE:
        if any(site.new for site in sites):
            raise InputError(
                "Ions are taken off the surface, not replaced there.",
                "For dopants at the surface there is `dope`.",
            )
        parts = iter([at_surface(structure, site.old, site.demand.count) for site in sites])
    else:
        vacant = any(not site.new for site in sites)
        generator = stream(seed, VACANCIES if vacant else SUBSTITUTIONS)
        parts = iter(stock.choose(free, choose, generator) if free else [])
    return [next(parts) if part is None else part for part in named_parts]


def _between(
    stock: Stock, wanted: Sequence[Defect], choose: str | int, seed: int
) -> tuple[list[Newcomer], np.ndarray, list[tuple[str, int]]]:
    """Interstitials, the units that are split, and both in words."""
    generator = stream(seed, INTERSTITIALS)
    newcomers: list[Newcomer] = []
    split = np.empty(0, dtype=int)
    words: list[tuple[str, int]] = []
    for one in wanted:
        if one.kind != "interstitial":
            continue
        if not isinstance(choose, str):
            raise InputError(
                "Voids have no numbered choices.",
                "Choose by rule, or name the void or the places.",
            )
        ion: Ion = stock.registry.ion(one.ion)
        places, hosts, where = interstitial_places(stock, one, ion, choose, generator)
        newcomers += [Newcomer(ion.species, ion.site, place) for place in places]
        split = np.concatenate([split, hosts])
        words.append((f"{ion.species}_i {where}", int(one.amount)))
    return newcomers, split, words


def _partners(
    stock: Stock,
    wanted: Sequence[Defect],
    taken: np.ndarray,
    points: Points,
    around: np.ndarray,
    coming: int,
    choose: str | int,
    neutral: str | None,
    partner: str,
) -> dict[str, np.ndarray]:
    """Ion -> numbers of the units that go to make up for the charge."""
    if choose == SURFACE and neutral == "partner":
        return surface_partners(stock.structure, taken)
    if neutral == "schottky":
        if any(one.kind != "vacancy" for one in wanted):
            raise InputError(
                "Schottky defects are vacancies.", "Name vacancies alone, or another partner."
            )
        ions = [stock.every[int(number)].ion for number in taken]
        lacking = schottky(stock, {ion: ions.count(ion) for ion in dict.fromkeys(ions)})
        return partner_vacancies(stock, taken, points, around, lacking, partner)
    species = {stock.registry.ion(one.ion).species for one in wanted if one.kind == "interstitial"}
    own = species.pop() if len(species) == 1 and not any(one.site for one in wanted) else None
    change = coming - stock.charge(taken)
    return with_partners(stock, taken, points, around, change, neutral, partner, own)


def _labels(sites: Sequence[_Site]) -> list[Defect]:
    return [Defect(f"{site.new or 'V'}_{site.old}") for site in sites]


def _near_notes(
    edited: Structure, stock: Stock, new_ions: Sequence[Newcomer], between: np.ndarray
) -> list[str]:
    """How near atoms stand where there is little room."""
    antisites = [
        one.fractional for one in new_ions if stock.registry.ion(one.ion).site != one.role
    ]
    return [
        f"The nearest atom is {nearest_A(edited, np.array(places)):.2f} A from the {what}: relax "
        "the structure."
        for what, places in (("antisite", antisites), ("interstitial", between))
        if len(places)
    ]
