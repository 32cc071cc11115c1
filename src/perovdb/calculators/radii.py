"""Which radius a descriptor takes for an ion on a site: one convention, always reported.

The rule is that of Bartel et al., Sci. Adv. 5, eaav0693 (2019), doi 10.1126/sciadv.aav0693:
Shannon's ionic radius with the coordination nearest to 12 on A, to 6 on B and on X; the
high-spin one where Shannon lists two. Molecular ions take the Kieslich radius, and Sn2+, which
Shannon lacks, that of Travis.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from perovdb.composition import Composition, Ion
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, MissingData
from perovdb.store import queries
from perovdb.store.connection import Record

SETS_IN_ORDER = ("shannon1976", "kieslich2014", "travis2016")
WANTED_COORDINATION = {"A": 12, "B": 6, "X": 6}

RULE = (
    "Bartel 2019: Shannon ionic radius, coordination nearest 12 on A and 6 on B and X; "
    "Kieslich for molecular ions; Travis for Sn2+"
)


class RadiusUsed(NamedTuple):
    """A radius as a descriptor takes it, with where it comes from."""

    species: str
    radius_A: float
    set: str
    coordination: str
    source: str
    kind: str
    evidence: str


def choose_radius(rows: list[Record], ion: Ion, sets: Sequence[str] = SETS_IN_ORDER) -> Record:
    """The row of an ion's radii that a descriptor takes, by the rule of this module.

    Raises:
        MissingData: no row of the sets that descriptors use is there for the ion's charge.
    """
    for name in sets:
        of_set = [row for row in rows if row["radius_set"] == name and row["charge"] == ion.charge]
        if of_set:
            return min(of_set, key=lambda row: _distance_from_wanted(row, ion.site))
    raise MissingData(
        f"The store has no radius of {ion.species} ({ion.charge:+d}) for tolerance factors.",
        f"See 'perovdb radii {ion.species}' for what it has.",
    )


def known_radii(ion: str) -> list[Record]:
    """Radii of an ion in every set; `used` is true for that of descriptors, `rule` says why.

    Ions that no formula here may hold, such as O, have radii in use by none.

    Raises:
        UnknownSpecies: there is no such ion.
        MissingData: no radius of it is known.
    """
    rows = queries.radii(ion)
    used = None
    if not rows or ion in load_registry().spellings:
        known = load_registry().ion(ion)
        rows = queries.radii(known.species)
        if not rows:
            raise MissingData(
                f"The store has no radius of {known.species}.",
                "Add one to a store of your own: perovdb store add --help.",
            )
        with suppress(MissingData):
            used = choose_radius(rows, known)["id"]
    columns = ("spin", "host_anion", "radius_A", "source", "kind", "evidence", "locator", "note")
    return [
        {
            "species": row["species"],
            "charge": row["charge"],
            "set": row["radius_set"],
            "coordination": row["coordination"] or "effective",
            **{name: row[name] for name in columns},
            "used": row["id"] == used,
            "rule": RULE if row["id"] == used else None,
        }
        for row in rows
    ]


def _distance_from_wanted(row: Record, site: str) -> tuple[int, int]:
    coordination = row["coordination_number"] or WANTED_COORDINATION[site]
    return abs(coordination - WANTED_COORDINATION[site]), int(row["spin"] == "LS")


def ions_on_sites(composition: Composition) -> list[Ion]:
    """The ions of a composition, on the sites and with the charges that they have in it."""
    registry = load_registry()
    return [
        registry.ions[species]._replace(site=site, charge=composition.charges[species])
        for site, ions in composition.sites.items()
        for species in ions
    ]


def radii_used(
    ions: Iterable[Ion],
    radius_set: str | None = None,
    radii_A: Mapping[str, float] | None = None,
) -> dict[str, RadiusUsed]:
    """The radius that descriptors take for each ion.

    Args:
        ions: on their sites, with their charges.
        radius_set: a set that comes first, where it has the ion.
        radii_A: species -> radius in angstrom that comes before all sets.

    Raises:
        InputError: there is no such set, or a radius is not one.
        MissingData: an ion has none.
    """
    registry = load_registry()
    own = {registry.ion(name).species: value for name, value in (radii_A or {}).items()}
    for species, radius_A in own.items():
        if not 0.1 <= radius_A <= 4:
            raise InputError(
                f"A radius of {radius_A:g} A of {species} cannot be.",
                "Give it in angstrom, 0.1 to 4.",
            )
    sets = queries.vocabulary("radius_set")
    if radius_set is not None and radius_set not in sets:
        raise InputError(f"There is no radius set '{radius_set}'.", f"Sets: {', '.join(sets)}.")
    order = SETS_IN_ORDER if radius_set is None else (radius_set, *SETS_IN_ORDER)
    return {
        ion.species: RadiusUsed(
            ion.species, own[ion.species], "given", "given", "given", "stated", "given"
        )
        if ion.species in own
        else _of_store(ion, order)
        for ion in ions
    }


def _of_store(ion: Ion, order: tuple[str, ...]) -> RadiusUsed:
    row = choose_radius(queries.radii(ion.species), ion, order)
    return RadiusUsed(
        species=ion.species,
        radius_A=row["radius_A"],
        set=row["radius_set"],
        coordination=row["coordination"] or "effective",
        source=row["source"],
        kind=row["kind"],
        evidence=row["evidence"],
    )
