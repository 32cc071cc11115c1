"""Composition from the atomic percents of the ions of one site."""

from collections.abc import Mapping

from perovdb.composition import Composition, as_perovskite
from perovdb.composition.composition import SITE_COUNT
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError


def composition_from_percent(
    host: Composition | str, percent: Mapping[str, float], rest: str | None = None
) -> Composition:
    """Composition whose one site is shared as atomic percents of its ions say.

    Only the ratio of the percents counts, so those of a whole sample (I 49, Br 11 at %) do as
    well as those of the site alone (I 82, Br 18). With I % of the halides,
    CsPb(Br,I)3 holds x = 3 (1 - I / 100) Br.

    Args:
        host: a perovskite that gives the other two sites.
        percent: ion -> atomic percent, all of one site; zeros are left out.
        rest: the ion that makes up what is missing to 100, if any.

    Raises:
        FormulaError, UnknownSpecies: the host or an ion cannot be read.
        InputError: ions of several sites, or percents that are negative, all zero, or, with
            `rest`, above 100.
        OutOfRange: the host is not a full ABX3.

    >>> str(composition_from_percent("CsPbI3", {"I": 82}, rest="Br"))
    'CsPbBr0.54I2.46'
    """
    registry = load_registry()
    composition = as_perovskite(host, "A composition from atomic percents")
    shares: dict[str, float] = {}
    for name, value in percent.items():
        species = registry.ion(name).species
        if species in shares:
            raise InputError(f"{species} is given twice.", "Give each ion once.")
        shares[species] = float(value)
    total = sum(shares.values())
    if not all(0 <= value < float("inf") for value in shares.values()):
        raise InputError(f"The percents {percent} cannot be.", "Give numbers from 0 up.")
    if rest is not None:
        species = registry.ion(rest).species
        if species in shares or total > 100:
            raise InputError(
                f"{species} cannot make up what {total:g} at % leave.",
                "Give percents that sum to at most 100, without the ion that takes the rest.",
            )
        shares[species] = 100 - total
    total = sum(shares.values())
    sites = sorted({registry.ion(species).site for species in shares})
    if len(sites) != 1 or total == 0:
        raise InputError(
            f"The percents {percent} do not share out one site.",
            "Give ions of one site, at least one above 0.",
        )
    amounts = {
        species: SITE_COUNT[site] * fraction
        for site, ions in composition.sites.items()
        if site != sites[0]
        for species, fraction in ions.items()
    }
    amounts |= {
        species: SITE_COUNT[sites[0]] * value / total for species, value in shares.items() if value
    }
    return Composition.from_amounts(amounts, registry)
