"""How many of each ion stand on the sites of a cell: whole numbers, or a cell that has them."""

from collections.abc import Mapping
from math import floor, gcd
from operator import index

from perovdb.errors import InputError, StructureError
from perovdb.structures.sites import Sites

#: Ions are whole in number up to this part of the sites that they share.
WHOLE = 1e-4


def whole_counts(
    formula: str,
    shares: Mapping[str, Mapping[str, float]],
    sites: Mapping[str, int],
    *,
    nearest: bool | None = None,
    mend: str | None = None,
) -> dict[str, dict[str, int]]:
    """Exact numbers of ions per role -> species -> count; sites left over are empty.

    Args:
        formula: what to call it.
        shares: role -> species -> fraction; what is missing to 1 is empty.
        sites: number of sites of each role.
        nearest: True takes the nearest whole numbers, by largest remainders, instead of refusing;
            False refuses and says that it may be asked for.
        mend: what would hold the fractions, if it is not a larger cell.

    Raises:
        StructureError: a fraction does not give a whole number of ions.
    """
    counts: dict[str, dict[str, int]] = {}
    for role, number in sites.items():
        amounts = {species: x * number for species, x in shares[role].items()}
        amounts[""] = number - sum(amounts.values())
        rounded = _nearest(amounts, number)
        wrong = [
            f"{amount:.4g} {species or 'empty'}"
            for species, amount in amounts.items()
            if abs(amount - round(amount)) > WHOLE * number
        ]
        if wrong and not nearest:
            near = ", ".join(
                f"{count} {species or 'empty'} ({count / number:.4g})"
                for species, count in rounded.items()
                if species or count
            )
            here = "Nearest here:" if nearest is None else "Or ask for the nearest numbers:"
            raise StructureError(
                f"{formula} asks for {', '.join(wrong)} on {number} {role} sites"
                f"{' of this cell' if mend is None else ''}.",
                f"{_fitting_cell(shares, sites) if mend is None else mend} {here} {near}.",
            )
        counts[role] = {species: rounded[species] for species in shares[role]}
    return counts


def _nearest(amounts: Mapping[str, float], number: int) -> dict[str, int]:
    """The nearest whole numbers that sum to a number: largest remainders are rounded up."""
    counts = {species: floor(amount + 1e-6) for species, amount in amounts.items()}
    by_rest = sorted(amounts, key=lambda species: counts[species] - amounts[species])
    for species in by_rest[: number - sum(counts.values())]:
        counts[species] += 1
    return counts


def _fitting_cell(shares: Mapping[str, Mapping[str, float]], sites: Mapping[str, int]) -> str:
    """The smallest number of formula units in which every fraction is a whole number of ions."""
    units = gcd(*sites.values())
    for candidate in range(1, 1001):
        amounts = [
            x * candidate * (number // units)
            for role, number in sites.items()
            for x in shares[role].values()
        ]
        if all(abs(amount - round(amount)) < 1e-6 * candidate for amount in amounts):
            multiple = candidate // gcd(candidate, units)
            return (
                f"It needs a multiple of {candidate} formula units: "
                f"take a cell {multiple} times as large, such as {multiple} times the last "
                "number of the size."
            )
    return "No cell of up to 1000 formula units holds it exactly: round the fractions."


def exact_counts(
    sites: Sites, counts: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    """Role -> species -> number for all sites, those left over as the species "" (empty).

    Args:
        sites: the sites to fill.
        counts: role -> species -> number of ions; each role of the sites must be there.

    Returns:
        roles in the order A, B, X; only species that are there, empty sites last.

    Raises:
        InputError: a number is negative, or a role is missing.
        StructureError: more ions than sites.
    """
    there = sites.counts()
    every: dict[str, dict[str, int]] = {}
    for role in [*there, *(role for role in counts if role not in there)]:
        number = there.get(role, 0)
        if role not in counts:
            raise InputError(
                f"Nothing says what stands on the {number} {role} sites.",
                f"Give the number of each ion for {role}; what is left over stays empty.",
            )
        try:
            of_role = {species: index(count) for species, count in counts[role].items() if count}
        except TypeError:
            of_role = {"": -1}
        if min(of_role.values(), default=0) < 0:
            raise InputError(
                f"The numbers of ions for {role} are {dict(counts[role])}.",
                "Give whole numbers from 0 on.",
            )
        total = sum(of_role.values())
        if total > number:
            ions = ", ".join(f"{count} {species}" for species, count in of_role.items())
            times = f", {-(-total // number)} times this one" if number else ""
            raise StructureError(
                f"{ions} cannot stand on {number} {role} sites of this cell.",
                f"Give at most {number}, or take a cell with {total} {role} sites{times}.",
            )
        empty = number - total + of_role.pop("", 0)
        every[role] = of_role | ({"": empty} if empty else {})
    return {role: of_role for role, of_role in every.items() if of_role}


def mixed_roles(counts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The roles that more than one species shares, empty sites being a species."""
    return [role for role, of_role in counts.items() if len(of_role) > 1]
