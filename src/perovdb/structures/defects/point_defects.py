"""Vacancies, substitutions, antisites and interstitials: one step for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.composition import Material
from perovdb.composition.registry import Ion
from perovdb.errors import InputError
from perovdb.structures.adoption import as_structure
from perovdb.structures.charges import ion_charge
from perovdb.structures.defects.charge_rules import (
    charge_after,
    compensating,
    defect_notes,
    partner_vacancies,
    signed,
)
from perovdb.structures.defects.choices import Demand, Points
from perovdb.structures.defects.editing import ROOMIEST, Newcomer, edit, nearest_A
from perovdb.structures.defects.interstitials import Used, interstitial_places
from perovdb.structures.defects.labels import Defect, as_defects
from perovdb.structures.defects.selecting import Stock
from perovdb.structures.history import Outcome, charge_of, step
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.particles.surface_choice import at_surface, surface_partners
from perovdb.structures.streams import stream
from perovdb.structures.units import Unit

#: Streams of the random choices of this module.
VACANCIES, SUBSTITUTIONS, INTERSTITIALS = 2, 21, 22

_NONE = np.empty(0, dtype=int)

#: A way to choose beside those of `choices.RULES`: ions of the surface of a particle or slab.
SURFACE = "surface"


@answer
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

    @property
    def label(self) -> str:
        return f"{self.new or 'V'}_{self.old}"


@step
def defects(
    x: Structure,
    defects: Sequence[str | Defect],
    *,
    choose: str | int = "first",
    neutral: str | None = None,
    partner: str = "close",
    charge: int | None = None,
    orientation: str | Orientation | None = None,
    seed: int = 0,
) -> Outcome:
    """A structure with point defects. A molecule goes and comes as a whole.

    All defects of a call act together: their places are chosen together, and what makes up for
    their charge does so for all. It is a start for a relaxation.

    Args:
        x: any material.
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
        orientation: rule for new molecules, as for `build`, or "roomiest", which interstitial ones
            take by default.
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
    if neutral == "schottky" and any(one.kind != "vacancy" for one in wanted):
        raise InputError(
            "Schottky defects are vacancies.", "Name vacancies alone, or another partner."
        )
    stock = Stock(x)
    sites = _sites(stock, wanted)
    parts = _chosen(stock, sites, choose, seed)
    instead = [
        Newcomer(site.new, stock.every[n].role, stock.points.fractional[n], stock.every[n])
        for site, part in zip(sites, parts, strict=True)
        for n in part.tolist()
        if site.new
    ]
    between, split, where = _between(stock, wanted, np.concatenate([*parts, _NONE]), choose, seed)
    taken = np.concatenate([*parts, split])
    if len(np.unique(taken)) < len(taken):
        raise InputError("An ion would take part in two defects.", "Name each place once.")

    places = np.array([one.fractional for one in between]).reshape(-1, 3)
    points = Points(x.lattice, np.concatenate([stock.points.fractional, places]))
    beyond = np.arange(len(stock.every), len(points.fractional))
    around = np.concatenate([*parts, beyond])
    coming = sum(ion_charge(one.ion) for one in [*instead, *between])
    if choose == SURFACE and neutral == "partner":
        partners = surface_partners(x, taken)
    else:
        change = coming - stock.charge(taken)
        wanted_partners = compensating(stock, taken, change, neutral, _frenkel(stock, wanted))
        partners = partner_vacancies(stock, taken, points, around, wanted_partners, partner)
    out = np.concatenate([taken, *partners.values()])
    edited = edit(
        x, [stock.every[n] for n in out.tolist()], instead, orientation or "random", seed
    )
    if between:
        edited = edit(edited, [], between, orientation or ROOMIEST, seed)

    formal = coming - stock.charge(out)
    total = charge_after(x, formal, neutral, charge)
    counts = [(site.label, len(part)) for site, part in zip(sites, parts, strict=True)]
    counts += [*where, *((f"V_{ion} {partner}", len(part)) for ion, part in partners.items())]
    text = ", ".join(f"{count} {label}" if count != 1 else label for label, count in counts)
    how = choose if isinstance(choose, str) else f"distinct choice {choose}"
    if all(one.at is not None for one in wanted):
        how = "as named"
    elif choose == "random":
        how = f"random, seed {seed}"
    apart_A = points.apart_A(np.concatenate([around, *partners.values()]))
    antisites = np.array(
        [one.fractional for one in instead if stock.registry.ion(one.ion).site != one.role]
    )
    return Outcome(
        edited,
        f"{text} ({how}); charge {signed(total)}",
        charge=total,
        notes=[
            f"The nearest atom is {nearest_A(edited, new):.2f} A from the {what}: relax "
            "the structure."
            for what, new in (("antisite", antisites), ("interstitial", places))
            if len(new)
        ],
        state=defect_notes(edited, total, charge_of(x) + formal, apart_A),
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
    if any(one.kind == "interstitial" for one in wanted):
        raise InputError(
            "Only vacancies and substitutions are sorted into distinct ones.",
            "Choose interstitials by rule, or name their void or place.",
        )
    stock = Stock(as_structure(x))
    sites = _sites(stock, wanted)
    fixed = [site for site in sites if site.defect.at is not None]
    free = [site for site in _free(stock, sites) if site.demand.count]
    choices = []
    for parts, multiplicity in stock.distinct(
        [site.demand for site in free], [site.label for site in free]
    ):
        places = {
            site.label: np.searchsorted(stock.of(site.old), part).tolist()
            for site, part in zip(free, parts, strict=True)
        }
        placed = [
            Defect(site.defect.label, at=places.get(site.label, site.defect.at)) for site in sites
        ]
        every = [*parts, *(stock.at(site.old, site.defect.at or []) for site in fixed)]
        apart_A = stock.points.apart_A(np.concatenate(every))
        choices.append(Choice(tuple(placed), multiplicity, apart_A))
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


def _free(stock: Stock, sites: Sequence[_Site]) -> list[_Site]:
    """The sites whose places are not named, out of those that are left."""
    named = [stock.at(s.old, s.defect.at) for s in sites if s.defect.at is not None]
    taken = np.concatenate([_NONE, *named])
    return [
        site._replace(
            demand=Demand(np.setdiff1d(site.demand.candidates, taken), site.demand.count)
        )
        for site in sites
        if site.defect.at is None
    ]


def _chosen(
    stock: Stock, sites: Sequence[_Site], choose: str | int, seed: int
) -> list[np.ndarray]:
    """Numbers of the units that each of the sites takes."""
    free = _free(stock, sites)
    demands = [site.demand for site in free]
    if choose != SURFACE:
        vacant = any(not site.new for site in sites)
        generator = stream(seed, VACANCIES if vacant else SUBSTITUTIONS)
        labels = [site.label for site in free]
        parts = iter(stock.choose(demands, labels, choose, generator) if free else [])
    elif any(site.new for site in sites):
        raise InputError(
            "Ions are taken off the surface, not replaced there.",
            "For dopants at the surface there is `dope`.",
        )
    else:
        parts = iter([at_surface(stock.structure, s.old, s.demand.count) for s in free])
    return [
        next(parts) if site.defect.at is None else stock.at(site.old, site.defect.at)
        for site in sites
    ]


def _between(
    stock: Stock, wanted: Sequence[Defect], taken: np.ndarray, choose: str | int, seed: int
) -> tuple[list[Newcomer], np.ndarray, list[tuple[str, int]]]:
    """Interstitials, the units that are split, and both in words."""
    generator = stream(seed, INTERSTITIALS)
    newcomers: list[Newcomer] = []
    split = _NONE
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
        used = Used(np.concatenate([taken, split]), [new.fractional for new in newcomers])
        places, hosts, where = interstitial_places(stock, one, ion, used, choose, generator)
        newcomers += [Newcomer(ion.species, ion.site, place) for place in places]
        split = np.concatenate([split, hosts])
        words.append((f"{ion.species}_i {where}", int(one.amount)))
    return newcomers, split, words


def _frenkel(stock: Stock, wanted: Sequence[Defect]) -> str | None:
    """The ion of the interstitials, if there is nothing else: a vacancy of its own pairs it."""
    if any(one.site for one in wanted):
        return None
    species = {stock.registry.ion(one.ion).species for one in wanted}
    return species.pop() if len(species) == 1 else None
