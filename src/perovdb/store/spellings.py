"""Ways to write ions, and where one that is new would change what formulas mean.

A formula is read from the left, each time by the longest spelling that is known. So a new name
changes one that is read without it only where it is itself a formula, or begins one.
"""

import re
from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence

#: Stands in a formula for an amount that is not told.
VARIABLES = "xyzδ"

#: Longest text that is read as a formula.
LONGEST_FORMULA = 200

#: Behind a formula prose begins with one of these; "-" only before a percentage, else it is a sum.
PROSE = re.compile(r"\s|[:;,·*+@/]|[-\u2010-\u2013](?=\d+(\.\d+)?\s*%)")

#: Prose, or what the end of a name has of it.
_PROSE_BEGUN = re.compile(rf"{PROSE.pattern}|[-\u2010-\u2013][\d.]*\s*$")

_BRACKET = re.compile(r"[(\[\s]")

#: What may stand behind an ion: an amount, or what one begins with, and brackets.
_BEHIND = re.compile(rf"[()\[\]_{{}}\d.{VARIABLES}]|[-\u2212\u2010-\u2013](?=[{VARIABLES}])")


def spelling_at(text: str, at: int, known: Container[str], lengths: Iterable[int]) -> str:
    """The longest known spelling of an ion that stands in a text from a position on; "" if none.

    Args:
        lengths: of the spellings, the longest first.
    """
    for length in lengths:
        end = at + length
        spelling, behind = text[at:end], text[end : end + 1]
        # A lower-case letter behind it makes it another symbol: In is not I and n.
        another = behind.islower() and (behind not in VARIABLES or spelling[-1:] + behind in known)
        if spelling in known and not another:
            return spelling
    return ""


class Spellings:
    """Those that are known, to be asked what a name is without itself."""

    def __init__(self, spellings: Iterable[str]) -> None:
        self._known = {one for one in spellings if len(one) <= LONGEST_FORMULA}
        self._sorted = sorted(self._known)
        self._lengths = sorted({*map(len, self._known)}, reverse=True)

    def ions_of(self, name: str) -> Sequence[str]:
        """The ions of a formula that a name is, or that may begin with it, as they are written;
        none if there is no such formula.

        >>> Spellings(["Ag", "Bi", "Br", "PEA", "F"]).ions_of("AgB")
        ['Ag', 'B...']
        >>> Spellings(["Ag", "Bi", "Br", "PEA", "F"]).ions_of("p-BrPEA")
        []
        """
        if len(name) > LONGEST_FORMULA:
            return []
        shorter = [length for length in self._lengths if length < len(name)]
        ions: list[str] = []
        at = 0
        while at < len(name):
            rest = name[at:]
            if at and self._begins(rest):
                return [*ions, f"{rest}..."]
            spelling = spelling_at(name, at, self._known, shorter)
            if spelling:
                ions.append(spelling)
                at += len(spelling)
            elif ions and _PROSE_BEGUN.match(name, at):
                return ions
            elif _BRACKET.match(name, at) or (ions and _BEHIND.match(name, at)):
                at += 1
            else:
                return []
        return ions or [f"{name}..."]

    def _begins(self, text: str) -> bool:
        at = bisect_left(self._sorted, text)
        return at < len(self._sorted) and self._sorted[at].startswith(text)
