"""Composition: which ions share the sites A, B and X, and in which fractions."""

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any, NoReturn

from perovdb.answers import Answer, answer
from perovdb.composition.stoichiometry import (
    ABX3,
    DECIMALS,
    EXACT,
    LAYERED,
    Ratio,
    may_be_rounding,
    name_of,
    place,
    ratio_error,
)
from perovdb.errors import FormulaError, UnknownSpecies

if TYPE_CHECKING:
    from perovdb.composition.registry import Registry

#: Ions of each site in one formula unit ABX3.
SITE_COUNT = dict(zip("ABX", ABX3, strict=True))


class _Fixed(dict[str, float]):
    """A dictionary that stays as it is: a composition is hashed by it. (Read-only views of
    dictionaries are not copied by `dataclasses.asdict`, which monty's encoder calls.)"""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("A composition does not change: make another one.")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


@answer
class Composition(Answer):
    """Which ions stand on the sites of one formula unit, ABX3 or another, and in which fractions.

    Attributes:
        A, B, X: species -> fraction of all sites of this kind, in canonical order. Fractions of
            a full site sum to 1; what is missing is empty.
        charge: net formal charge of the formula unit, in e, with the registry's charge of each
            ion.
        ratio: sites A, B and X in one formula unit, (1, 1, 3) for ABX3.

    >>> from perovdb.composition import parse
    >>> composition = parse("Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3")
    >>> str(composition)
    'Cs0.05MA0.1615FA0.7885PbBr0.51I2.49'
    >>> dict(composition.X)
    {'Br': 0.17, 'I': 0.83}
    >>> parse("Cs0.96PbI2.96").vacancies
    {'A': 0.04, 'X': 0.013333333333}
    >>> parse("Cs2PbI2Cl2").ratio
    (2, 1, 4)
    """

    A: Mapping[str, float]
    B: Mapping[str, float]
    X: Mapping[str, float]
    charge: float
    ratio: Ratio = ABX3

    derived = ("formula",)

    def __post_init__(self) -> None:
        for site, ions in self.sites.items():
            self.__dict__[site] = _Fixed(ions)

    @classmethod
    def from_amounts(cls, amounts: Mapping[str, float], registry: "Registry") -> "Composition":
        """From ions and their amounts in a formula unit, or in a multiple of one; in a whole
        multiple where sites are partly empty.

        Raises:
            FormulaError: a site has no ion, an amount is not positive, or the ratio of the sites
                is none that is known, also not with vacancies.
            UnknownSpecies: an ion is not in the registry.
        """
        per_site: dict[str, dict[str, float]] = {"A": {}, "B": {}, "X": {}}
        order = list(registry.ions)
        for species in sorted(amounts, key=lambda name: order.index(registry.ion(name).species)):
            ion = registry.ion(species)
            if not amounts[species] > 0:
                raise FormulaError(
                    f"The amount of {species} is {amounts[species]:g}.",
                    "Give a positive number, or leave the ion out.",
                )
            per_site[ion.site][ion.species] = amounts[species]
        ratio, fractions = place(per_site)
        charge = sum(
            number * fraction * registry.ions[species].charge
            for ions, number in zip(fractions.values(), ratio, strict=True)
            for species, fraction in ions.items()
        )
        if abs(charge) > EXACT and may_be_rounding(fractions, ratio):
            raise ratio_error(per_site)
        return cls(**fractions, charge=round(charge, DECIMALS) + 0.0, ratio=ratio)

    @property
    def sites(self) -> dict[str, Mapping[str, float]]:
        """The three sites by name: {"A": {...}, "B": {...}, "X": {...}}."""
        return {"A": self.A, "B": self.B, "X": self.X}

    @property
    def numbers(self) -> dict[str, int]:
        """Sites of each kind in one formula unit, {"A": 1, "B": 1, "X": 3} for ABX3."""
        return dict(zip("ABX", self.ratio, strict=True))

    @property
    def amounts(self) -> dict[str, float]:
        """Species -> amount in one formula unit, in canonical order."""
        return {
            species: round(fraction * self.numbers[site], DECIMALS)
            for site, ions in self.sites.items()
            for species, fraction in ions.items()
        }

    @property
    def vacancies(self) -> dict[str, float]:
        """Site -> fraction of it that is empty, for the sites that are not full."""
        lack = {site: round(1 - sum(ions.values()), 12) for site, ions in self.sites.items()}
        return {site: share for site, share in lack.items() if share > 1e-9}

    @property
    def stoichiometry(self) -> str:
        """The formula unit in letters: "ABX3", "A2BX4", ..."""
        return name_of(self.ratio)

    @property
    def is_perovskite(self) -> bool:
        """Whether it is ABX3 without vacancies, for which the formulas of perovskites hold.

        The formula says nothing of the structure: that of delta-CsPbI3 is no perovskite.
        """
        return self.ratio == ABX3 and not self.vacancies

    @property
    def layers(self) -> int | None:
        """n of A(n+1)B(n)X(3n+1), the formula of layered phases; None for any other."""
        return LAYERED.get(self.ratio)

    @property
    def species(self) -> list[str]:
        """All ions, in canonical order."""
        return [species for site in self.sites.values() for species in site]

    @property
    def formula(self) -> str:
        """Canonical formula; parsing it gives the same composition."""
        return "".join(
            ion_text(species, _amount_text(fraction * number))
            for ions, number in zip(self.sites.values(), self.ratio, strict=True)
            for species, fraction in ions.items()
        )

    def site_of(self, species: str) -> str:
        """The site, A, B or X, that a species of this composition takes.

        Raises:
            UnknownSpecies: it takes none.
        """
        for site, ions in self.sites.items():
            if species in ions:
                return site
        raise UnknownSpecies(
            f"There is no {species} in {self.formula}.", f"It holds {', '.join(self.species)}."
        )

    def end_members(self) -> dict[str, float]:
        """The pure compounds that this one mixes -> their weights, which sum to 1.

        Each site is mixed on its own, so the weight of ABX3 is the product of the three
        site fractions. Empty sites are left out of account.

        >>> from perovdb.composition import parse
        >>> parse("Cs0.5FA0.5PbI3").end_members()
        {'CsPbI3': 0.5, 'FAPbI3': 0.5}
        """
        filled = 1.0
        for site in self.vacancies:
            filled *= sum(self.sites[site].values())
        return {
            formula: self.A[a] * self.B[b] * self.X[x] / filled
            for formula, (a, b, x) in self.end_member_ions().items()
        }

    def end_member_ions(self) -> dict[str, tuple[str, str, str]]:
        """The pure compounds that this one mixes -> their ions on A, B and X."""
        return {
            "".join(map(ion_text, ions, map(_amount_text, self.ratio))): ions
            for ions in product(self.A, self.B, self.X)
        }

    def filled(self, registry: "Registry") -> "Composition":
        """The composition without vacancies, in which ions share each site as they do here.

        >>> from perovdb.composition.registry import load_registry
        >>> from perovdb.composition import parse
        >>> str(parse("Cs0.48FA0.48PbI2.96").filled(load_registry()))
        'Cs0.5FA0.5PbI3'
        """
        if not self.vacancies:
            return self
        amounts = {
            species: number * fraction / sum(ions.values())
            for ions, number in zip(self.sites.values(), self.ratio, strict=True)
            for species, fraction in ions.items()
        }
        return Composition.from_amounts(amounts, registry)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each ion: its site, its fraction of the site, its amount in the formula."""
        return [
            {"species": ion, "site": site, "fraction": x, "amount": round(x * number, DECIMALS)}
            for (site, ions), number in zip(self.sites.items(), self.ratio, strict=True)
            for ion, x in ions.items()
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings do not pickle by themselves.
        sites = (dict(ions) for ions in self.sites.values())
        return Composition, (*sites, self.charge, self.ratio)

    def _headline(self) -> str:
        return self.formula

    def __str__(self) -> str:
        return self.formula

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Composition) and self.formula == other.formula

    def __hash__(self) -> int:
        return hash(self.formula)


def ion_text(species: str, amount: str) -> str:
    """NH4 and HCOO would run into their amounts: (NH4)0.5, (HCOO)3."""
    runs_on = species[-1].isdigit() or (species.isupper() and len(species) > 3)
    return f"({species}){amount}" if amount and runs_on else species + amount


def _amount_text(amount: float) -> str:
    text = f"{amount:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text
