"""A space of compositions, such as "Cs,FA,MA | Pb,Sn | I,Br", and how a text states it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from perovdb.composition import Registry
from perovdb.composition.composition import SITE_COUNT
from perovdb.composition.registry import load_registry
from perovdb.composition.stoichiometry import DECIMALS
from perovdb.errors import FormulaError

EXAMPLE = "Write the ions of A, B and X as in 'Cs,FA,MA | Pb,Sn | I,Br'."

_LONGEST = 500
_AMOUNT = re.compile(r"\d+\.?\d*|\.\d+")


@dataclass(frozen=True)
class Site:
    """Ions that may share a site.

    Attributes:
        name: A, B or X.
        species: in canonical order.
        fixed: species -> fraction of the site at which it is held; the others share the rest.
    """

    name: str
    species: tuple[str, ...]
    fixed: Mapping[str, Fraction]

    @property
    def free(self) -> tuple[int, ...]:
        """Positions of the species that are not held."""
        return tuple(i for i, ion in enumerate(self.species) if ion not in self.fixed)

    @property
    def rest(self) -> Fraction:
        """What the free species share."""
        return 1 - sum(self.fixed.values(), Fraction(0))

    @property
    def varies(self) -> bool:
        """Whether any fraction of the site is left open."""
        return len(self.free) > 1

    def __str__(self) -> str:
        return ",".join(
            ion + (f"{float(self.fixed[ion]):g}" if ion in self.fixed else "")
            for ion in self.species
        )


@dataclass(frozen=True)
class Space:
    """Ions that may share the sites A, B and X of a perovskite ABX3."""

    A: Site
    B: Site
    X: Site

    @property
    def sites(self) -> tuple[Site, Site, Site]:
        """The sites in the order A, B, X."""
        return self.A, self.B, self.X

    @property
    def species(self) -> tuple[str, ...]:
        """All ions, site by site."""
        return tuple(ion for site in self.sites for ion in site.species)

    def __str__(self) -> str:
        return " | ".join(map(str, self.sites))


class Block(NamedTuple):
    """Site fractions of some compositions: (n, a), (n, b) and (n, x), in the space's order.

    Each column, the fractions of one ion, is contiguous in memory.
    """

    A: np.ndarray
    B: np.ndarray
    X: np.ndarray

    def __len__(self) -> int:
        return len(self.A)


def parse_space(text: str) -> Space:
    """The space that a text states.

    Args:
        text: ions of A, B and X; sites are parted by ``|`` and ions by commas. A number behind an
            ion, as in ``Cs0.1,FA,MA``, holds it at this fraction of its site.

    Raises:
        FormulaError: a site is missing or empty, an ion stands twice or on the wrong site, or the
            fractions held do not sum to what is there.
        UnknownSpecies: an ion is not in the registry.

    >>> str(parse_space("FA,CH3NH3,Cs0.1 | Pb | I,Br"))
    'Cs0.1,MA,FA | Pb | Br,I'
    """
    if len(text) > _LONGEST:
        raise FormulaError(
            f"The space has {len(text)} characters.", f"Write it in at most {_LONGEST}."
        )
    parts = text.split("|")
    if len(parts) != len(SITE_COUNT):
        raise FormulaError(f"'{text}' names {len(parts)} of the 3 sites.", EXAMPLE)
    registry = load_registry()
    return Space(
        *(_site(name, part, registry) for name, part in zip(SITE_COUNT, parts, strict=True))
    )


def _site(name: str, text: str, registry: Registry) -> Site:
    if not text.strip():
        raise FormulaError(f"The {name} site of the space is empty.", EXAMPLE)
    shares: dict[str, Fraction | None] = {}
    for entry in text.split(","):
        species, share = _entry(entry.strip(), name, registry)
        if species in shares:
            raise FormulaError(f"{species} stands twice on the {name} site.", "Leave one out.")
        shares[species] = share
    order = [species for species in registry.ions if species in shares]
    fixed = {ion: share for ion in order if (share := shares[ion]) is not None}
    site = Site(name, tuple(order), fixed)
    sums = f"The fractions held on the {name} site sum to {float(1 - site.rest):g}"
    if site.free and site.rest <= 0:
        names = ", ".join(order[i] for i in site.free)
        raise FormulaError(f"{sums}, which leaves nothing for {names}.", "Hold less, or leave it.")
    if not site.free and site.rest != 0:
        raise FormulaError(f"{sums}, not to 1.", "Leave one ion without a number: it is the rest.")
    return site


def _entry(text: str, site: str, registry: Registry) -> tuple[str, Fraction | None]:
    """An ion and the fraction at which it is held, if any."""
    if not text:
        raise FormulaError(f"A comma on the {site} site has no ion at its side.", EXAMPLE)
    spelling = next(
        (
            known
            for known in sorted(registry.spellings, key=len, reverse=True)
            if text.startswith(known)
            and (len(text) == len(known) or _AMOUNT.fullmatch(text[len(known) :].strip()))
        ),
        text,
    )
    ion = registry.ion(spelling)
    if ion.site != site:
        raise FormulaError(
            f"{ion.species} takes the {ion.site} site, but stands on {site} in the space.", EXAMPLE
        )
    number = text[len(spelling) :].strip()
    if not number:
        return ion.species, None
    share = Fraction(number)
    if not 0 < share <= 1 or share * 10**DECIMALS % 1:
        raise FormulaError(
            f"{ion.species} cannot be held at {number} of the {site} site.",
            f"Give a fraction above 0 and up to 1, with at most {DECIMALS} decimals.",
        )
    return ion.species, share
