"""Formulas: drawn from a grammar, so that their amounts are known, or damaged, and then read by a
parser of its own, which finds every reading that the letters allow."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.run import ROOT

from perovdb.composition import parse
from perovdb.errors import FormulaError, UnknownSpecies

#: Ion -> its amount.
Amounts = dict[str, Fraction]

_TABLES = ROOT / "data" / "tables"
_UNITS = ((1, 1, 3), (1, 1, 3), (1, 1, 3), (2, 1, 4), (3, 2, 7), (4, 1, 6), (1, 2, 5), (2, 1, 6))

#: Amounts of a site with several ions are put right to a sum, up to this share.
_ROUNDING = 0.002

_STRANGE = (
    *"()[]{}_.,+-*/ xyzδ0123456789₀₁₂₉eE%$`'\"\\;|&<>\t\n\r\0\x1b\x7f\x9b",
    *(
        "\u200b",
        "\u202e",
        "\u00a0",
        "\ufeff",
        "С",
        "Ι",
        "Ⅰ",
        "ⅽ",
        "٣",
        "２",
        "½",
        "³",
        "😀",
        "\ud800",
    ),
    *("1e400", "-1", "0", "nan", "inf", "1/0", "9" * 400, "0.1.2", "1_000", "3" * 30, "0x3"),
    *(
        "$(touch pwned)",
        "`touch pwned`",
        "__import__('os').system('touch pwned')",
        "{0.__class__}",
    ),
)


@lru_cache
def _ions() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Site -> its ions, and every spelling -> its ion, out of the tables themselves."""
    with (_TABLES / "ion.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["site"]]
    by_site = {site: [row["species"] for row in rows if row["site"] == site] for site in "ABX"}
    spellings = {row["species"]: row["species"] for row in rows}
    with (_TABLES / "ion_alias.csv").open(encoding="utf-8") as file:
        aliases = {row["alias"]: row["species"] for row in csv.DictReader(file)}
    known = {alias: ion for alias, ion in aliases.items() if ion in spellings}
    return by_site, known | spellings


# ------------------------------------------------------------------ drawn


def drawn(rng: Random) -> tuple[str, Amounts]:
    """A formula and the amounts that it states."""
    by_site, spellings = _ions()
    texts, amounts = [], Amounts()
    for site, number in zip("ABX", rng.choice(_UNITS), strict=True):
        ions = rng.sample(by_site[site], rng.choice((1, 1, 2, 3)) if len(by_site[site]) > 2 else 1)
        cuts = sorted(rng.sample(range(1, 100), len(ions) - 1))
        shares = [Fraction(b - a, 100) for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        grouped = len(ions) > 1 and rng.random() < 0.5
        inside = ""
        for ion, share in zip(ions, shares, strict=True):
            amounts[ion] = number * share
            written = share if grouped else number * share
            name = rng.choice([text for text, other in spellings.items() if other == ion])
            inside += _spelled(rng, name) + _number(rng, written)
        opened, closed = rng.choice(("()", "[]"))
        texts.append(
            f"{opened}{inside}{closed}{_number(rng, Fraction(number))}" if grouped else inside
        )
    text = "".join(texts)
    if rng.random() < 0.1:
        text = text.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    return text, amounts


def _spelled(rng: Random, name: str) -> str:
    """A name that ends in a digit would run on into its amount."""
    ends = not name[-1].isalpha() or (name.isupper() and len(name) > 3)
    return f"({name})" if ends or rng.random() < 0.1 else name


def _number(rng: Random, amount: Fraction) -> str:
    text = f"{float(amount):.4f}".rstrip("0").rstrip(".")
    if amount == 1 and rng.random() < 0.9:
        return ""
    return rng.choice((text, text, text, text + ("0" if "." in text else ".0"), f"_{{{text}}}"))


# ------------------------------------------------------------------ damaged


def damaged(rng: Random, text: str) -> str:
    """A formula after one to four accidents."""
    for _ in range(rng.randint(1, 4)):
        at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        match rng.randrange(7):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + rng.choice(_STRANGE) + text[at:]
            case 2:
                text = text[:at] + rng.choice(_STRANGE) + text[at + 1 :]
            case 3:
                text = text[:at] + text[at:to] * rng.choice((2, 3, 50)) + text[to:]
            case 4:
                text = text[:at] + text[to:]
            case 5:
                text = text[:at] + text[at:to].swapcase() + text[to:]
            case 6:
                text = text[:at] + "(" * rng.choice((1, 9, 60)) + text[at:to] + ")" + text[to:]
    return text


# ------------------------------------------------------------------ read, in all ways


def readings(text: str) -> list[Amounts]:
    """The amounts of every way in which a text is a formula; none if it is none."""
    flat = "".join(
        str(unicodedata.digit(c)) if "₀" <= c <= "₉" or c.isdecimal() else c for c in text
    )
    return [amounts for at, amounts in _sequence(flat, 0) if at == len(flat)][:50]


def _sequence(text: str, at: int, depth: int = 0) -> list[tuple[int, Amounts]]:
    """Where sequences of items that begin at a place may end, and what they hold."""
    found, ends = [(at, Amounts())], []
    while found and len(ends) < 500:
        ends += found
        found = [
            (end, {ion: here.get(ion, 0) + more.get(ion, 0) for ion in here | more})
            for place, here in found
            for end, more in _item(text, _spaces(text, place), depth)
        ]
    return [(_spaces(text, end), amounts) for end, amounts in ends]


def _item(text: str, at: int, depth: int) -> list[tuple[int, Amounts]]:
    """An ion or a group and the number behind it."""
    _, spellings = _ions()
    inside = [
        (at + len(name), {ion: Fraction(1)})
        for name, ion in spellings.items()
        if text.startswith(name, at) and not text[at + len(name) : at + len(name) + 1].islower()
    ] + [
        (at + len(name), {ion: Fraction(1)})
        for name, ion in spellings.items()
        if text.startswith(name, at) and text[at + len(name) : at + len(name) + 1] in (*"xyzδ",)
    ]
    if depth < 12 and (closing := {"(": ")", "[": "]"}.get(text[at : at + 1])):
        inside += [
            (end + 1, amounts)
            for end, amounts in _sequence(text, at + 1, depth + 1)
            if amounts and text[end : end + 1] == closing
        ]
    found = []
    for end, amounts in inside:
        end, number = _amount(text, _spaces(text, end))
        found.append((end, {ion: amount * number for ion, amount in amounts.items()}))
    return found


def _amount(text: str, at: int) -> tuple[int, Fraction]:
    start = at + text.startswith("_", at)
    braced = start > at and text.startswith("{", start)
    end = start = start + braced
    while end < len(text) and (
        text[end] in "0123456789" or (text[end] == "." and "." not in text[start:end])
    ):
        end += 1
    digits = text[start:end].strip(".") and text[start:end]
    if not digits or (braced and text[end : end + 1] != "}"):
        return at, Fraction(1)
    return end + braced, Fraction(
        "0" + digits.rstrip(".") if digits[0] == "." else digits.rstrip(".")
    )


def _spaces(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


# ------------------------------------------------------------------ thrown


def attack(rng: Random, folder: Path) -> str:
    """Three in ten are true and must be read; what is damaged may be refused."""
    text, truth = drawn(rng)
    true = rng.random() < 0.3
    if not true:
        text = damaged(rng, text)
    try:
        composition = parse(text)
    except (FormulaError, UnknownSpecies) as error:
        # HA means two ions, of which layered phases hold the other: it is not read in them.
        if true and "HA" not in text:
            raise Finding(f"{text!r} is a formula and was refused: {error}") from None
        word = "refused"
    else:
        word = "read" if true else "read damaged"
        ways = [truth] if true else readings(text)
        amounts = {ion: float(x) for ion, x in composition.amounts.items()}
        # A site that was scaled, which a note says, still holds its ions in their ratio.
        parts = list(composition.sites.values()) if composition.notes else [amounts]
        if not any(_same(parts, way) for way in ways):
            raise Finding(f"{text!r} was read as {composition}; it says {ways[:2] or 'nothing'}")
        if parse(str(composition)) != composition:
            raise Finding(f"{text!r}: {composition} is read as another")
    if rng.random() < 0.05 and "\0" not in text and text.isprintable():
        answer = perovdb("tolerance", "--json", "--", text)
        if word == "refused" and not answer.refused:
            raise Finding(f"perovdb tolerance answers for {text!r}, which is refused")
    return word


def _same(parts: Sequence[Mapping[str, float]], way: Amounts) -> bool:
    """Whether the ions of each part stand in the same ratio, to within what counts as rounding."""
    if {ion for part in parts for ion in part} != set(way) or not all(way.values()):
        return False
    for part in parts:
        scale = float(sum(way[ion] for ion in part)) / sum(part.values())
        most = _ROUNDING * scale * sum(part.values())
        if any(abs(x * scale - float(way[ion])) > most for ion, x in part.items()):
            return False
    return True


CAMPAIGN = Campaign(
    kind="formulas",
    throws="formulas of every spelling, and damaged ones",
    promise="a formula is read with the amounts that it states, or refused",
    attack=attack,
    full=10_000,
    short=300,
    words={"read", "read damaged", "refused"},
    seconds=5,
)
