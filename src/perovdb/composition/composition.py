"""Composition: which ions share the sites A, B and X, and in which fractions."""

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from math import prod
from typing import Any, NoReturn

from perovdb.answers import Answer, answer
from perovdb.composition.registry import Registry, net_charge
from perovdb.composition.stoichiometry import (
    ABX3,
    DECIMALS,
    DOUBLE,
    EXACT,
    Ratio,
    Sites,
    as_written,
    layers_of,
    may_be_rounding,
    name_of,
    place,
    ratio_error,
)
from perovdb.errors import FormulaError, UnknownSpecies

#: Ions of each site in one formula unit ABX3.
SITE_COUNT = dict(zip("ABX", ABX3, strict=True))


class _Fixed(dict[str, Any]):
    """A dictionary that stays as it is: a composition is hashed by it. (Read-only views of
    dictionaries are not copied by `dataclasses.asdict`, which monty's encoder calls.)"""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("A composition does not change: make another one.")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


@answer
class Composition(Answer):
    """Which ions stand on the sites of one formula unit, ABX3 or another, and in which fractions.

    Attributes:
        A, B, X: species -> fraction of all sites of this kind, in canonical order. Fractions of
            a full site sum to 1; what is missing is empty.
        charge: net formal charge of the formula unit, in e, of the ions in their `charges`.
        ratio: sites A, B and X in one formula unit, (1, 1, 3) for ABX3.
        charges: species -> oxidation state, see `Registry.oxidation_states`.
        phase: the phase that was written before the formula, as in alpha-FAPbI3; else "".
        notes: what was made of a formula that was not exact.

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
    >>> parse("Cs2AgBiBr6").stoichiometry, dict(parse("Cs2SnI6").charges)
    ("A2BB'X6", {'Cs': 1, 'Sn': 4, 'I': -1})
    """

    A: Mapping[str, float]
    B: Mapping[str, float]
    X: Mapping[str, float]
    charge: float
    ratio: Ratio = ABX3
    charges: Mapping[str, int] = _Fixed()
    phase: str = ""
    notes: tuple[str, ...] = ()

    derived = ("formula",)

    def __post_init__(self) -> None:
        for name, ions in {**self.sites, "charges": self.charges}.items():
            self.__dict__[name] = _Fixed(ions)

    @classmethod
    def from_amounts(
        cls, amounts: Mapping[str, float], registry: Registry, *, strict: bool = True
    ) -> "Composition":
        """From ions and their amounts in a formula unit, or in a multiple of one; in a whole
        multiple where sites are partly empty.

        Args:
            amounts: species -> amount.
            registry: of the ions.
            strict: refuse sums of ABX3 that are off, which are else made exact, with a note.

        Raises:
            FormulaError: a site has no ion, an amount is not positive, or the ratio of the sites
                is none that is known, also not with vacancies.
            UnknownSpecies: an ion is not in the registry.
        """
        order = list(registry.ions)
        ions = {}
        for species in sorted(amounts, key=lambda name: order.index(registry.ion(name).species)):
            if not amounts[species] > 0:
                raise FormulaError(
                    f"The amount of {species} is {amounts[species]:g}.",
                    "Give a positive number, or leave the ion out.",
                )
            ions[registry.ion(species).species] = amounts[species]
        usual = _on_sites(ions, registry, {})
        notes: tuple[str, ...] = ()
        try:
            ratio, fractions = _placed(usual, registry)
        except FormulaError:
            elsewhere = _on_another_site(ions, registry) or _half(usual, registry)
            made_exact = None if strict or elsewhere else as_written(usual)
            if elsewhere:
                ratio, fractions = elsewhere
            elif made_exact:
                ratio, fractions = _placed(made_exact[0], registry)
                notes = (made_exact[1],)
            else:
                raise
        of_unit = _of_unit(ratio, fractions)
        charges = registry.oxidation_states(of_unit, EXACT)
        charge = round(net_charge(of_unit, charges), DECIMALS) + 0.0
        if ratio == ABX3 and {1, 3} <= {charges[species] for species in fractions["B"]}:
            ratio, charge = DOUBLE, 2 * charge
        a, b, x = (fractions[site] for site in "ABX")
        return cls(a, b, x, charge=charge, ratio=ratio, charges=charges, notes=notes)

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
            species: self._amount(site, fraction)
            for site, ions in self.sites.items()
            for species, fraction in ions.items()
        }

    def _amount(self, site: str, fraction: float) -> float:
        """Amount in a formula unit, with the digits that are kept of it; a double perovskite is
        read as two ABX3, of which each has them."""
        units = 2 if self.ratio == DOUBLE else 1
        return round(units * round(fraction * self.numbers[site] / units, DECIMALS), DECIMALS)

    @property
    def vacancies(self) -> dict[str, float]:
        """Site -> fraction of it that is empty, for the sites that are not full."""
        lack = {
            site: round(1 - sum(ions.values()), 12)
            for site, ions in self.sites.items()
            if self.numbers[site]
        }
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
        """n of A(n+1)B(n)X(3n+1) or, with dications, A(n)B(n)X(3n+1), the formulas of layered
        phases; None for any other."""
        return layers_of(self.ratio)

    @property
    def species(self) -> list[str]:
        """All ions, in canonical order."""
        return [species for site in self.sites.values() for species in site]

    @property
    def formula(self) -> str:
        """Canonical formula; parsing it gives the same composition."""
        return "".join(
            _site_text(site, {species: self._amount(site, x) for species, x in ions.items()})
            for site, ions in self.sites.items()
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
        site fractions. Empty sites are left out of account; a double perovskite mixes those of
        one ion of each charge on B.

        >>> from perovdb.composition import parse
        >>> parse("Cs0.5FA0.5PbI3").end_members()
        {'CsPbI3': 0.5, 'FAPbI3': 0.5}
        """
        share = {ion: x for ions in self.sites.values() for ion, x in ions.items()}
        weights = {
            formula: prod(share[ion] for ion in ions)
            for formula, ions in self.end_member_ions().items()
        }
        total = sum(weights.values())
        return {formula: weight / total for formula, weight in weights.items()}

    def end_member_ions(self) -> dict[str, tuple[str, ...]]:
        """The pure compounds that this one mixes -> their ions on A, B and X; of a double
        perovskite on A, B, B' and X."""
        return {
            "".join(map(ion_text, ions, amounts)): ions for ions, amounts in self._pure_compounds()
        }

    def _pure_compounds(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        """The ions of each end member and their amounts in words."""
        groups = [list(ions) for ions in self.sites.values() if ions]
        numbers = [number for number in self.ratio if number]
        if self.ratio == DOUBLE:
            low, high = ([ion for ion in self.B if self.charges[ion] == n] for n in (1, 3))
            groups, numbers = [list(self.A), low, high, list(self.X)], [2, 1, 1, 6]
        for ions in product(*groups):
            yield ions, tuple(map(_amount_text, numbers))

    def filled(self, registry: Registry) -> "Composition":
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
            {"species": ion, "site": site, "fraction": x, "amount": self._amount(site, x)}
            for site, ions in self.sites.items()
            for ion, x in ions.items()
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        # Read-only mappings do not pickle by themselves.
        sites = (dict(ions) for ions in self.sites.values())
        rest = (self.charge, self.ratio, dict(self.charges), self.phase, self.notes)
        return Composition, (*sites, *rest)

    def _headline(self) -> str:
        return self.formula

    def __str__(self) -> str:
        return self.formula

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Composition) and self.formula == other.formula

    def __hash__(self) -> int:
        return hash(self.formula)


def ion_text(species: str, amount: str) -> str:
    """NH4 and HCOO would run into their amounts, and 3AMP into that of the ion before it:
    (NH4)0.5, (HCOO)3, (3AMP)."""
    runs_on = species[-1].isdigit() or (species.isupper() and len(species) > 3)
    if species[0].isdigit() or (amount and runs_on):
        return f"({species}){amount}"
    return species + amount


def _on_sites(
    ions: Mapping[str, float], registry: Registry, moved: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """Ions by the site that each takes, which for those of `moved` is another than the usual."""
    sites: dict[str, dict[str, float]] = {"A": {}, "B": {}, "X": {}}
    for species, amount in ions.items():
        sites[moved.get(species, registry.ions[species].site)][species] = amount
    return sites


def _placed(amounts: Sites, registry: Registry) -> tuple[Ratio, dict[str, dict[str, float]]]:
    """The formula unit and the fractions on its sites, as `place` finds them."""
    spacers = any(registry.ions[species].spacer for species in amounts["A"])
    ratio, fractions = place(
        amounts, lambda *unit: abs(_charge(unit[0], unit[1], registry)) <= EXACT, spacers
    )
    if may_be_rounding(fractions, ratio) and abs(_charge(ratio, fractions, registry)) > EXACT:
        raise ratio_error(amounts)
    return ratio, fractions


def _of_unit(ratio: Ratio, fractions: Sites) -> dict[str, float]:
    """Ion -> amount in a formula unit."""
    return {
        species: number * fraction
        for ions, number in zip(fractions.values(), ratio, strict=True)
        for species, fraction in ions.items()
    }


def _charge(ratio: Ratio, fractions: Sites, registry: Registry) -> float:
    unit = _of_unit(ratio, fractions)
    return net_charge(unit, registry.oxidation_states(unit, EXACT))


def _on_another_site(
    ions: Mapping[str, float], registry: Registry
) -> tuple[Ratio, dict[str, dict[str, float]]] | None:
    """ABX3 or A2BB'X6 that is neutral once an ion stands on the site that it seldom takes: a
    small one of A on B, as Na in Cs2NaBiCl6, or where A is empty a univalent one of B on A, as
    Cu in CuZnCl3."""
    known = [registry.ions[species] for species in ions]
    homeless = not any(ion.site == "A" for ion in known)
    seldom = {ion.species: "B" for ion in known if ion.also_on_b} or {
        ion.species: "A"
        for ion in known
        if homeless and ion.site == "B" and 1 in registry.charges(ion.species)
    }
    for count in range(1, len(seldom) + 1):
        for moved in combinations(seldom, count):
            sites = _on_sites(ions, registry, {species: seldom[species] for species in moved})
            try:
                ratio, fractions = _placed(sites, registry)
            except FormulaError:
                continue
            if ratio == ABX3 and abs(_charge(ratio, fractions, registry)) <= EXACT:
                return ratio, fractions
    return None


def _half(amounts: Sites, registry: Registry) -> tuple[Ratio, dict[str, dict[str, float]]] | None:
    """A double perovskite A2BB'X6 with vacancies, which is two ABX3."""
    if not {1, 3} <= {registry.ions[species].charge for species in amounts["B"]}:
        return None
    halves = {
        site: {species: amount / 2 for species, amount in ions.items()}
        for site, ions in amounts.items()
    }
    try:
        ratio, fractions = _placed(halves, registry)
    except FormulaError:
        return None
    return (ratio, fractions) if ratio == ABX3 else None


def _site_text(site: str, amounts: Mapping[str, float]) -> str:
    """Ions of a site with their amounts: 1 is written where several of A or of X have it, which
    else could be shorthand for any shares."""
    texts = {species: _amount_text(amount) for species, amount in amounts.items()}
    if site != "B" and list(texts.values()).count("") > 1:
        texts = {species: text or "1" for species, text in texts.items()}
    return "".join(ion_text(species, text) for species, text in texts.items())


def _amount_text(amount: float) -> str:
    text = f"{amount:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text
