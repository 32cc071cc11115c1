"""The ions that a formula may hold. They live in the store: nothing is guessed from letters."""

from collections.abc import Mapping
from itertools import combinations, product
from typing import NamedTuple

from perovdb.errors import UnknownSpecies
from perovdb.store import per_store, queries


class Ion(NamedTuple):
    """An ion of the registry: atomic (Cs, Pb, I) or molecular (MA, FA)."""

    species: str
    name: str
    site: str
    charge: int
    atoms: str
    smiles: str
    also_on_b: bool = False
    spacer: bool = False

    @property
    def molecular(self) -> bool:
        """True for an organic cation, which has a SMILES string; an element has none."""
        return bool(self.smiles)


class Registry:
    """Ions by species, in the order of a canonical formula, and the other ways to write them."""

    def __init__(
        self,
        ions: list[Ion],
        aliases: Mapping[str, str],
        other_charges: Mapping[str, tuple[int, ...]],
    ) -> None:
        self.ions = {ion.species: ion for ion in ions}
        self._other_charges = other_charges
        own = {species: species for species in self.ions}
        self.spellings = {**{a: s for a, s in aliases.items() if s in own}, **own}
        # The longest first: CH3NH3 is read before any shorter spelling that begins it.
        self.lengths = sorted({len(text) for text in self.spellings}, reverse=True)

    def ion(self, species: str) -> Ion:
        """The ion written as `species` or as one of its aliases.

        Raises:
            UnknownSpecies: there is none.
        """
        if species not in self.spellings:
            raise UnknownSpecies(
                f"'{species}' is not an ion that perovdb knows.", self.suggestion(species)
            )
        return self.ions[self.spellings[species]]

    def charges(self, species: str) -> tuple[int, ...]:
        """Oxidation states of an ion, the usual one first."""
        return (self.ions[species].charge, *self._other_charges.get(species, ()))

    def oxidation_states(self, amounts: Mapping[str, float], tolerance: float) -> dict[str, int]:
        """Ion -> its charge in a formula unit of these amounts.

        The usual charges where they balance to within a tolerance in e, or nothing else does;
        else those that balance with the fewest ions in another state. An ion has one state in a
        formula: a mixed valence, as in Cs2Au2I6, is not looked for.

        >>> load_registry().oxidation_states({"Cs": 2, "Sn": 1, "I": 6}, 1e-6)["Sn"]
        4
        """
        usual = {species: self.ions[species].charge for species in amounts}
        if abs(net_charge(amounts, usual)) <= tolerance:
            return usual
        several = [species for species in amounts if len(self.charges(species)) > 1]
        for changed in range(1, len(several) + 1):
            for group in combinations(several, changed):
                for states in product(*(self.charges(species)[1:] for species in group)):
                    charges = usual | dict(zip(group, states, strict=True))
                    if abs(net_charge(amounts, charges)) <= tolerance:
                        return charges
        return usual

    def suggestion(self, text: str) -> str:
        """The ions nearest to a text that is none, or all of them."""
        from difflib import get_close_matches

        if text.islower():
            return "Write symbols with their capitals, as in CsPbI3 and MAPbBr3."
        near = get_close_matches(text, list(self.ions), n=2, cutoff=0.6)
        if near:
            return f"Did you mean {' or '.join(near)}?"
        groups = {site: [i for i in self.ions.values() if i.site == site] for site in "ABX"}
        groups["between layers"] = [ion for ion in groups["A"] if ion.spacer]
        groups["A"] = [ion for ion in groups["A"] if not ion.spacer]
        known = "; ".join(
            f"{where} {', '.join(ion.species for ion in ions)}" for where, ions in groups.items()
        )
        return f"Known ions: {known}."


def net_charge(amounts: Mapping[str, float], charges: Mapping[str, int]) -> float:
    """The charge of a formula unit, in e."""
    return sum(amount * charges[species] for species, amount in amounts.items())


@per_store
def load_registry() -> Registry:
    """The registry of the store in use, read once."""
    ions = [
        Ion(
            species=row["species"],
            name=row["name"],
            site=row["site"],
            charge=row["charge"],
            atoms=row["atoms"],
            smiles=row["smiles"] or "",
            also_on_b=bool(row["also_on_b"]),
            spacer=bool(row["spacer"]),
        )
        for row in queries.ions()
        if row["site"]
    ]
    return Registry(ions, queries.aliases(), queries.other_charges())
