"""Composition: which ions share the sites A, B and X, and in which fractions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from perovdb.errors import FormulaError, UnknownSpecies

if TYPE_CHECKING:
    from perovdb.composition.registry import Registry

#: Ions of each site in one formula unit ABX3.
SITE_COUNT = {"A": 1, "B": 1, "X": 3}

#: Amounts are kept to a millionth of an ion per formula unit, so that text and value agree.
DECIMALS = 6

# A site shared by several ions may miss its sum by this much: 0.333 three times is one.
ROUNDING = 0.0015
EXACT = 5 * 10**-DECIMALS


class Composition(NamedTuple):
    """Amounts of the ions on each site of one formula unit ABX3.

    Attributes:
        A, B, X: species -> fraction of the site (each sums to 1), in canonical order.
        charge: net formal charge of the formula unit, in e.

    >>> from perovdb.composition import parse
    >>> composition = parse("Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3")
    >>> str(composition)
    'Cs0.05MA0.1615FA0.7885PbBr0.51I2.49'
    >>> dict(composition.X)
    {'Br': 0.17, 'I': 0.83}
    """

    A: Mapping[str, float]
    B: Mapping[str, float]
    X: Mapping[str, float]
    charge: float

    @classmethod
    def from_amounts(cls, amounts: Mapping[str, float], registry: "Registry") -> "Composition":
        """From ions and their amounts in any multiple of one formula unit.

        Raises:
            FormulaError: a site is empty, an amount is not positive, or the sites do not
                stand in the ratio 1 : 1 : 3.
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
        fractions = {
            site: _fractions(amounts) for site, amounts in _per_formula_unit(per_site).items()
        }
        charge = sum(
            SITE_COUNT[site] * fraction * registry.ions[species].charge
            for site, ions in fractions.items()
            for species, fraction in ions.items()
        )
        return cls(**fractions, charge=round(charge, DECIMALS) + 0.0)

    @property
    def sites(self) -> dict[str, Mapping[str, float]]:
        """The three sites by name: {"A": {...}, "B": {...}, "X": {...}}."""
        return {"A": self.A, "B": self.B, "X": self.X}

    @property
    def species(self) -> list[str]:
        """All ions, in canonical order."""
        return [species for site in self.sites.values() for species in site]

    @property
    def formula(self) -> str:
        """Canonical formula; parsing it gives the same composition."""
        return "".join(
            _ion_text(species, _amount_text(fraction * SITE_COUNT[site]))
            for site, ions in self.sites.items()
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
        site fractions.

        >>> from perovdb.composition import parse
        >>> parse("Cs0.5FA0.5PbI3").end_members()
        {'CsPbI3': 0.5, 'FAPbI3': 0.5}
        """
        return {
            formula: self.A[a] * self.B[b] * self.X[x]
            for formula, (a, b, x) in self.end_member_ions().items()
        }

    def end_member_ions(self) -> dict[str, tuple[str, str, str]]:
        """The pure compounds that this one mixes -> their ions on A, B and X."""
        return {
            a + b + _ion_text(x, "3"): (a, b, x) for a in self.A for b in self.B for x in self.X
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings do not pickle by themselves.
        return _thaw, (dict(self.A), dict(self.B), dict(self.X), self.charge)

    def __str__(self) -> str:
        return self.formula

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Composition) and self.formula == other.formula

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.formula)


def _thaw(a: dict[str, float], b: dict[str, float], x: dict[str, float], q: float) -> Composition:
    return Composition(MappingProxyType(a), MappingProxyType(b), MappingProxyType(x), q)


def _ion_text(species: str, amount: str) -> str:
    """NH4 and HCOO would run into their amounts: (NH4)0.5, (HCOO)3."""
    runs_on = species[-1].isdigit() or (species.isupper() and len(species) > 3)
    return f"({species}){amount}" if amount and runs_on else species + amount


def _amount_text(amount: float) -> str:
    text = f"{amount:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text


def _fractions(amounts: Mapping[str, float]) -> Mapping[str, float]:
    total = sum(amounts.values())
    # Twelve digits hide the last bit of a division, which nobody wrote.
    return MappingProxyType({ion: round(amount / total, 12) for ion, amount in amounts.items()})


def _per_formula_unit(sites: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Scale amounts to A : B : X = 1 : 1 : 3 and round them to DECIMALS.

    A formula that holds this ratio to within rounding is left as it is, so that scaling
    twice changes nothing.
    """
    for site, ions in sites.items():
        if not ions:
            raise FormulaError(
                f"There is no {site}-site ion in it.",
                "A perovskite ABX3 needs all three, as in CsPbI3.",
            )
    total_b = sum(sites["B"].values())
    unit = 1.0 if abs(total_b - 1) <= ROUNDING else total_b
    scaled = {}
    for site, ions in sites.items():
        total = sum(ions.values()) / unit
        wanted = SITE_COUNT[site]
        error = abs(total - wanted)
        allowed = EXACT if len(ions) == 1 else ROUNDING * wanted
        if error > allowed:
            raise _ratio_error({name: sum(x.values()) / unit for name, x in sites.items()})
        scale = 1.0 if error <= EXACT else wanted / total
        scaled[site] = {
            species: round(amount / unit * scale, DECIMALS) for species, amount in ions.items()
        }
        traces = [species for species, amount in scaled[site].items() if amount == 0]
        if traces:
            raise FormulaError(
                f"The amount of {', '.join(traces)} is below {10**-DECIMALS:g} of a formula unit.",
                "Leave the ion out.",
            )
    return scaled


def _ratio_error(totals: dict[str, float]) -> FormulaError:
    a, b, x = (round(totals[site], 4) for site in "ABX")
    ratio = f"A : B : X = {a:g} : {b:g} : {x:g}, not 1 : 1 : 3."
    if (a, b, x) == (0.5, 1, 2.5) or (a >= 1.5 and x >= 3.5):
        return FormulaError(
            f"The ions stand as {ratio}",
            "Layered and zero-dimensional phases such as A2BX4, A4BX6 or AB2X5 are not supported "
            "yet.",
        )
    if abs(a - 1) < 0.5 and abs(x - 3) < 1:
        return FormulaError(
            f"The ions stand as {ratio}",
            "Formulas with vacancies are not supported yet; "
            "if this is rounding, write digits that sum to the whole.",
        )
    return FormulaError(f"The ions stand as {ratio}", "Write the amounts of one unit ABX3.")
