"""Which formula unit the ions of a formula make up: ABX3, a layered or another phase, and what
of its sites is empty.

The rule, first match first:

1. A : B : X is a known ratio to within rounding: all sites are full.
2. The amounts, as they stand, lack ions of a known formula unit: the rest of its sites is empty.
3. They do so once divided by a whole number of formula units: that which B tells where no B is
   missing (Cs8Pb8I23), else, in whole amounts, the least that holds all ions (Cs8Pb7I22).
4. As people write them, unless asked to be strict, and with a note: the sums of ABX3 are off by
   at most 3 %, or X is written as fractions that sum to one.

Of ABX3 a quarter of each site may be empty, of A2BX4, A3B2X7, A4BX6, A3BX5, A2BX6 and AB2X5 a
sixteenth: with more, most formulas could be read as several phases. Longer layered phases must be
full for the same reason: a little AX too much in ABX3 is no layered phase with vacancies. Those
of dications, A3B2X9 and the binaries must be full and neutral.
"""

from collections.abc import Callable, Iterator, Mapping
from math import ceil, gcd

from perovdb.errors import FormulaError

#: Sites of the kinds A, B and X in one formula unit.
Ratio = tuple[int, int, int]

#: Ion -> amount or fraction, by site.
Sites = Mapping[str, Mapping[str, float]]

ABX3: Ratio = (1, 1, 3)

#: ABX3 twice, for a double perovskite A2BB'X6: B and B' of different charge.
DOUBLE: Ratio = (2, 2, 6)

#: Layered phases A(n+1)B(n)X(3n+1) -> n, the layers of octahedra between two cuts; up to this n
#: in any multiple and with amounts that are rounded, beyond it in whole amounts.
LAYERED: dict[Ratio, int] = {(n + 1, n, 3 * n + 1): n for n in range(1, 7)}

# Compounds on the lines from ABX3 to AX and to BX2, and A2BX6, ABX3 with every other B missing.
_OTHERS: tuple[Ratio, ...] = ((4, 1, 6), (3, 1, 5), (1, 2, 5), (2, 1, 6))

#: Formula units that are known -> the share of each site that may be empty.
MAY_LACK: dict[Ratio, float] = {
    ABX3: 1 / 4,
    **{ratio: 1 / 16 if n <= 2 else 0.0 for ratio, n in LAYERED.items()},
    **dict.fromkeys(_OTHERS, 1 / 16),
}

#: The most that may be empty where a cation stands that keeps layers apart: BA2MA3Pb4I12 is
#: BA2MA3Pb4I13 without an iodide and not BAMAPbI3 with a fifth of its sites empty.
MOST_BESIDE_SPACERS = 1 / 16

#: Units that amounts make up only if their charges balance.
_NEUTRAL: tuple[Ratio, ...] = ((3, 2, 9), (1, 0, 1), (0, 1, 2), (0, 1, 3), (0, 1, 4))

#: Amounts are kept to a millionth of an ion per formula unit, so that text and value agree.
DECIMALS = 6

# A site shared by several ions may miss its sum by this much: 0.333 three times is one.
ROUNDING = 0.0015
EXACT = 5 * 10**-DECIMALS

# Two digits of an amount leave this much of it open.
_TWO_DIGITS = 0.005

# Sums of ABX3 that are off by no more than this share are read as full sites, with a note.
_SLACK = 0.03

# Sums that are off by less are not worth a note.
_OFF = 1e-9

# Placing what was placed changes nothing; so many times is more than it ever took.
_ROUNDS = 8


def name_of(ratio: Ratio) -> str:
    """A formula unit in letters.

    >>> name_of((3, 2, 7))
    'A3B2X7'
    """
    if ratio == DOUBLE:
        return "A2BB'X6"
    return "".join(
        site + (str(number) if number > 1 else "")
        for site, number in zip("ABX", ratio, strict=True)
        if number
    )


def layers_of(ratio: Ratio) -> int | None:
    """n of a layered phase: of A(n+1)B(n)X(3n+1), or with a dication between the layers of
    A(n)B(n)X(3n+1); None for another ratio.

    >>> layers_of((10, 9, 28)), layers_of((2, 2, 7)), layers_of((1, 1, 3))
    (9, 2, None)
    """
    a, n, x = ratio
    return n if n and x == 3 * n + 1 and a in (n, n + 1) else None


def place(
    amounts: Sites, neutral: Callable[[Ratio, Sites], bool], spacers: bool = False
) -> tuple[Ratio, dict[str, dict[str, float]]]:
    """The formula unit that amounts of ions make up, and the fraction of each ion on its site.

    Args:
        amounts: "A", "B" and "X" -> ion -> amount, in any multiple of a formula unit.
        neutral: whether the charges of a unit with these fractions balance.
        spacers: whether ions stand on A that keep layers apart.

    Raises:
        FormulaError: a site has no ion, an amount is too small, or the ratio fits nothing.
    """
    for site, ions in amounts.items():
        if not ions and (site == "X" or not (amounts["A"] or amounts["B"])):
            raise FormulaError(
                f"There is no {site}-site ion in it.",
                "A perovskite ABX3 needs all three, as in CsPbI3.",
            )
    for _ in range(_ROUNDS):
        ratio, fractions = _placed(amounts, neutral, spacers)
        again = {
            site: {ion: round(x * number, DECIMALS) for ion, x in fractions[site].items()}
            for site, number in zip("ABX", ratio, strict=True)
        }
        if again == amounts:
            break
        amounts = again
    return ratio, fractions


def as_written(amounts: Sites) -> tuple[dict[str, dict[str, float]], str] | None:
    """Amounts of one ABX3 as people write them, made exact, and what was done to them; None for
    amounts that are not meant so.

    >>> as_written({"A": {"Cs": 1.0}, "B": {"Pb": 1.0}, "X": {"Br": 0.17, "I": 0.83}})[1]
    'X is written in fractions of the site: times 3'
    """
    sums = {site: sum(ions.values()) for site, ions in amounts.items()}
    wanted, note = dict(zip("ABX", map(float, ABX3), strict=True)), ""
    if len(amounts["X"]) > 1 and abs(sums["X"] - 1) <= _SLACK:
        note = "X is written in fractions of the site: times 3"
        wanted["X"] = 1.0
    off = {
        site: total
        for site, total in sums.items()
        if abs(total - wanted[site]) > _OFF * wanted[site]
    }
    if any(
        abs(total - wanted[site]) > (_SLACK + EXACT) * wanted[site] for site, total in off.items()
    ):
        return None
    scaled = [
        f"{site} sums to {round(total, 6):g}, not {wanted[site]:g}: scaled"
        for site, total in off.items()
    ]
    full = {
        site: {ion: x * number / sums[site] for ion, x in amounts[site].items()}
        for site, number in zip("ABX", ABX3, strict=True)
    }
    return full, "; ".join([*([note] if note else []), *scaled])


def may_be_rounding(fractions: Sites, ratio: Ratio) -> bool:
    """Whether what a shared site lacks may be due to amounts written with two digits."""
    return any(
        len(ions) > 1
        and EXACT < (1 - sum(ions.values())) * number <= len(ions) * _TWO_DIGITS + EXACT
        for ions, number in zip(fractions.values(), ratio, strict=True)
    )


def ratio_error(amounts: Sites) -> FormulaError:
    """What to say of amounts that make up no known formula unit, or not for sure."""
    a, b, x = (sum(ions.values()) for ions in amounts.values())
    unit = b or 1.0
    stand = " : ".join(f"{round(total / unit, 4):g}" for total in (a, b, x))
    near = abs(a / unit - 1) < 0.1 and abs(x / unit - 3) < 0.3
    others = ", ".join(name_of(ratio) for ratio in (*MAY_LACK, *_NEUTRAL) if ratio != ABX3)
    return FormulaError(
        f"The ions stand as A : B : X = {stand}, not 1 : 1 : 3.",
        "If this is rounding, write digits that sum to the whole; if ions are missing, let their "
        "charges balance, as in Cs0.96PbI2.96."
        if near
        else f"Write the amounts of one unit ABX3, of which up to a quarter of each site may be "
        f"empty, or of one unit of {others}.",
    )


def _placed(
    amounts: Sites, neutral: Callable[[Ratio, Sites], bool], spacers: bool
) -> tuple[Ratio, dict[str, dict[str, float]]]:
    limit = MOST_BESIDE_SPACERS if spacers else 1.0
    for ratio, units, most in _readings([sum(ions.values()) for ions in amounts.values()]):
        if ratio not in MAY_LACK and layers_of(ratio) and not spacers and not _is_split(amounts):
            continue
        fractions = _fractions(amounts, ratio, units, min(most, limit))
        if fractions and (ratio in MAY_LACK or neutral(ratio, fractions)):
            return ratio, fractions
    raise ratio_error(amounts)


def _is_split(amounts: Sites) -> bool:
    """Whether A is written as two ions between the layers and n - 1 in them: EA2MA8Pb9I28. Else
    (Cs8Pb7I22) it is a cell of ABX3 without a B and two X."""
    return sorted(amounts["A"].values()) == sorted([2.0, sum(amounts["B"].values()) - 1])


def _readings(totals: list[float]) -> Iterator[tuple[Ratio, float, float]]:
    """Formula units that the amounts of A, B and X may make up, in the order of the rule of this
    module, with how many of them these are and the share of each site that may be empty."""
    for ratio in (*MAY_LACK, *_NEUTRAL):
        units = totals[1] / ratio[1] if ratio[1] else totals[0]
        yield ratio, 1.0 if abs(units - 1) <= ROUNDING else units, 0.0
    if all(_whole(total) for total in totals):
        whole = [round(total) for total in totals]
        common = gcd(*whole)
        a, b, x = (number // common for number in whole)
        if layers_of((a, b, x)):
            yield (a, b, x), float(common), 0.0
    lacking = [(ratio, most) for ratio, most in MAY_LACK.items() if most]
    for ratio, most in lacking:
        yield ratio, 1.0, most
    for ratio, most in lacking:
        several = [totals[1] / ratio[1]]
        if all(_whole(total) for total in totals):
            holds_all = max(total / number for total, number in zip(totals, ratio, strict=True))
            several.append(ceil(holds_all - EXACT))
        yield from ((ratio, float(round(unit)), most) for unit in several if _whole(unit))


def _whole(number: float) -> bool:
    return number > 0.5 and abs(number - round(number)) <= EXACT


def _fractions(
    amounts: Sites, ratio: Ratio, units: float, most: float
) -> dict[str, dict[str, float]] | None:
    """Fractions of the sites if the amounts of so many formula units fit it, with a share of
    each site empty that is at most `most`."""
    if not units or any(
        bool(ions) != bool(n) for ions, n in zip(amounts.values(), ratio, strict=True)
    ):
        return None
    fractions: dict[str, dict[str, float]] = {}
    for (site, ions), number in zip(amounts.items(), ratio, strict=True):
        if not number:
            fractions[site] = {}
            continue
        total = sum(ions.values()) / units
        # One ion was not rounded to make a sum.
        allowed = EXACT if len(ions) == 1 else ROUNDING * number
        full = abs(total - number) <= allowed
        if not full and not number * (1 - most) - EXACT <= total < number:
            return None
        scale = number / total if full and abs(total - number) > EXACT else 1.0
        kept = {ion: round(amount / units * scale, DECIMALS) for ion, amount in ions.items()}
        traces = [ion for ion, amount in kept.items() if not amount]
        if traces:
            raise FormulaError(
                f"The amount of {', '.join(traces)} is below {10**-DECIMALS:g} of a formula unit.",
                "Leave the ion out.",
            )
        whole = sum(kept.values()) if full else number
        # Twelve digits hide the last bit of a division, which nobody wrote.
        fractions[site] = {ion: round(amount / whole, 12) for ion, amount in kept.items()}
    return fractions
