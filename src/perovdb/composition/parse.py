"""Read what people write: Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3, CH3NH3PbI3, ...

Every error names the text, the position and the nearest thing that perovdb knows. Letters are
never guessed: FA is the ion FA of the registry, and fluorine is not in it.
"""

from perovdb.composition.composition import Composition
from perovdb.composition.registry import Registry, load_registry
from perovdb.errors import FormulaError, UnknownSpecies

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_VARIABLES = "xyzδ"
_OPEN = {"(": ")", "[": "]"}
_LONGEST = 200
_DEEPEST = 10


def parse(text: str) -> Composition:
    """The composition that a formula states, read with the ions of the store in use.

    Args:
        text: a formula such as ``(FAPbI3)0.85(MAPbBr3)0.15``; Unicode subscripts, brackets and
            spelled-out cations (``CH3NH3``, ``HC(NH2)2``) are read.

    Raises:
        FormulaError: the text is not a formula, or one whose ions fit no known ratio of A, B and
            X, see `stoichiometry`.
        UnknownSpecies: it holds an ion that the registry does not know.

    >>> str(parse("(FAPbI₃)0.85(MAPbBr₃)0.15"))
    'MA0.15FA0.85PbBr0.45I2.55'
    """
    registry = load_registry()
    reader = _Reader(text, registry)
    amounts = reader.read()
    try:
        return Composition.from_amounts(amounts, registry)
    except FormulaError as error:
        raise FormulaError(f"'{text}': {error.what}", error.mend) from None


class _Reader:
    """A position in the text; each method reads on from it."""

    def __init__(self, text: str, registry: Registry) -> None:
        self.shown = text
        self.text = text.translate(_SUBSCRIPTS)
        self.registry = registry
        self.at = 0

    def read(self) -> dict[str, float]:
        if not self.text.strip():
            raise FormulaError("The formula is empty.", "Write one such as CsPbI3.")
        if len(self.text) > _LONGEST:
            raise FormulaError(
                f"The formula has {len(self.text)} characters.",
                f"Write it in at most {_LONGEST}.",
            )
        amounts = self._sequence(closing="", depth=0)
        if self.at < len(self.text):
            self._fail("a bracket closes that was not opened", "Remove it or open it.")
        return amounts

    def _sequence(self, closing: str, depth: int) -> dict[str, float]:
        """Ions and groups up to the bracket `closing` or the end of the text."""
        amounts: dict[str, float] = {}
        while True:
            self._skip_spaces()
            here = self.text[self.at : self.at + 1]
            if here == "" or here in ")]":
                return amounts
            for species, amount in self._item(depth).items():
                amounts[species] = amounts.get(species, 0.0) + amount

    def _item(self, depth: int) -> dict[str, float]:
        """One ion or one bracketed group, times the number behind it."""
        species = self._ion()
        if species:
            inside = {species: 1.0}
        elif self.text[self.at] in _OPEN:
            inside = self._group(depth)
        else:
            self._refuse()
        number = self._number()
        return {species: amount * number for species, amount in inside.items()}

    def _group(self, depth: int) -> dict[str, float]:
        start = self.at
        closing = _OPEN[self.text[start]]
        if depth == _DEEPEST:
            self._fail("brackets stand too deep in each other", "Multiply some of them out.")
        self.at += 1
        inside = self._sequence(closing, depth + 1)
        if self.text[self.at : self.at + 1] != closing:
            self.at = start
            self._fail("this bracket is not closed", f"Add its '{closing}'.")
        if not inside:
            self.at = start
            self._fail("this bracket holds nothing", "Remove it or fill it.")
        self.at += 1
        return inside

    def _ion(self) -> str:
        """The ion that begins here, by its longest spelling; "" if none does."""
        for length in self.registry.lengths:
            end = self.at + length
            spelling, behind = self.text[self.at : end], self.text[end : end + 1]
            # A lower-case letter behind it makes it another symbol: In is not I and n.
            another = behind.islower() and behind not in _VARIABLES
            if spelling in self.registry.spellings and not another:
                self.at += len(spelling)
                return self.registry.spellings[spelling]
        return ""

    def _number(self) -> float:
        """The amount that stands here, as in CsPbI3 or, in LaTeX, CsPbI_3 or CsPbI_{3}; else 1."""
        self._skip_spaces()
        start = self.at + self.text.startswith("_", self.at)
        braced = start > self.at and self.text.startswith("{", start)
        start += braced
        end = start
        while self.text[end : end + 1].isdecimal() or (
            self.text[end : end + 1] == "." and "." not in self.text[start:end]
        ):
            end += 1
        digits = self.text[start:end]
        if digits in ("", ".") or (braced and self.text[end : end + 1] != "}"):
            return 1.0
        end += braced
        if not 0 < float(digits) < 1e4:
            self._fail(f"the amount {self.text[self.at : end]} cannot be", "Give one above 0.")
        self.at = end
        return float(digits)

    def _skip_spaces(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1

    def _refuse(self) -> None:
        """Say why nothing that we know begins here."""
        if self.text[self.at] in _VARIABLES + "-+\u2212\u2013":
            self._fail(
                "an amount here is not a number",
                "Give numbers for x, y and δ, as in MAPbI2.9Cl0.1.",
            )
        unknown = self._unknown_text()
        if not unknown[0].isalpha():
            self._fail(f"'{unknown[0]}' does not belong in a formula", "Remove it.")
        raise UnknownSpecies(
            f"'{self.shown}': '{unknown}' at position {self.at + 1} is not an ion that "
            "perovdb knows.",
            self.registry.suggestion(unknown),
        )

    def _unknown_text(self) -> str:
        """The text from here to where something known, a number or a bracket begins."""
        start = self.at
        self.at += 1
        while self.at < len(self.text) and self.text[self.at].isalpha():
            before = self.at
            if self.text[self.at].isupper() and self._ion():
                self.at = before
                break
            self.at = before + 1
        end, self.at = self.at, start
        return self.text[start:end]

    def _fail(self, what: str, mend: str) -> None:
        raise FormulaError(f"'{self.shown}': at position {self.at + 1} {what}.", mend)
