"""Read what people write: Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3, CH3NH3PbI3, alpha-FAPbI3, ...

Every error names the text, the position and the nearest thing that perovdb knows. Letters are
never guessed: FA is the ion FA of the registry, and fluorine is not in it; a name in brackets is
one ion or none, so that (FEA)2PbI4 never becomes fluorine and ethylammonium.
"""

import re
import warnings
from contextvars import ContextVar
from dataclasses import replace

from perovdb.composition.composition import Composition
from perovdb.composition.registry import Registry, load_registry
from perovdb.errors import FormulaError, FormulaWarning, UnknownSpecies
from perovdb.store.spellings import LONGEST_FORMULA, PROSE, VARIABLES, spelling_at

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_OPEN = {"(": ")", "[": "]"}
_DEEPEST = 10

# Longer texts in brackets are no name of an ion.
_LONGEST_NAME = 12

#: What stands before a formula as its phase -> the phase. δ- is no variable there.
_PHASES = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta"}
_PHASE = re.compile(
    "(alpha|beta|gamma|delta|cubic|tetragonal|orthorhombic|[αβγδ])"
    "[-\u2010-\u2013 ]\\s*(?=[^\\W\\d]|[(\\[])"
)

# An amount that is no number: x, -x, 3-x.
_UNKNOWN_AMOUNT = re.compile(f"[\\d.]*[-+\u2212\u2013{VARIABLES}]")


#: How formulas are read where `parse` is not told: "", "strict" or "lenient".
READING = ContextVar("READING", default="")


def parse(text: str, *, strict: bool | None = None, lenient: bool | None = None) -> Composition:
    """The composition that a formula states, read with the ions of the store in use.

    Args:
        text: a formula such as ``(FAPbI3)0.85(MAPbBr3)0.15``; Unicode subscripts, brackets,
            spelled-out cations (``CH3NH3``, ``HC(NH2)2``) and a phase before it
            (``alpha-FAPbI3``) are read.
        strict: refuse amounts that do not sum to the whole. Else sums of ABX3 that are off by up
            to 3 % are scaled and ``Br0.17I0.83`` is times 3, which `Composition.notes` tells.
        lenient: pass over words behind the formula, as in ``MAPbI3 w/ MACl``, with a note.

    Warns:
        FormulaWarning: it was not read as it stands; the same words are in `Composition.notes`.

    Raises:
        FormulaError: the text is not a formula, or one whose ions fit no known ratio of A, B and
            X, see `stoichiometry`.
        UnknownSpecies: it holds an ion that the registry does not know.

    >>> str(parse("(FAPbI₃)0.85(MAPbBr₃)0.15"))
    'MA0.15FA0.85PbBr0.45I2.55'
    """
    composition = _with_words(
        text,
        READING.get() == "strict" if strict is None else strict,
        READING.get() == "lenient" if lenient is None else lenient,
    )
    for note in composition.notes:
        warnings.warn(f"'{text}': {note}", FormulaWarning, stacklevel=2)
    return composition


def layers_in(text: str) -> list[str]:
    """The formulas of a stack of layers that are written with bars between them.

    >>> layers_in("MAPbI3 | (PEA)2PbI4")
    ['MAPbI3', '(PEA)2PbI4']
    """
    return [part.strip() for part in text.split("|")]


def _with_words(text: str, strict: bool, lenient: bool) -> Composition:
    """The composition of a formula, or of the one that a text begins with."""
    layers = layers_in(text)
    if len(layers) > 1:
        raise FormulaError(
            f"'{text}' names {len(layers)} layers, each of its own composition.",
            f"Ask for each: {', '.join(layers)}.",
        )
    registry = load_registry()
    try:
        return _read(text, registry, strict)
    except (FormulaError, UnknownSpecies) as error:
        cut = PROSE.search(text.strip())
        formula, rest = (
            (text.strip()[: cut.start()], text.strip()[cut.start() :]) if cut else ("", "")
        )
        try:
            composition = _read(formula, registry, strict)
        except (FormulaError, UnknownSpecies):
            from perovdb.composition.hints import with_hint

            raise with_hint(error, text, lambda guess: _read(guess, registry, strict)) from None
    if not lenient:
        raise FormulaError(
            f"'{text}': '{rest.strip()}' behind {formula} is not part of a formula.",
            f"Ask for {formula} alone, or be lenient: it is then read as {formula}, with a note.",
        )
    note = f"read as {composition.formula}, ignoring '{rest.strip()}'"
    return replace(composition, notes=(*composition.notes, note))


def _read(text: str, registry: Registry, strict: bool) -> Composition:
    written = _PHASE.match(text.strip())
    formula = text.strip()[written.end() :] if written else text
    reader = _Reader(formula, registry)
    amounts = reader.read()
    try:
        composition = Composition.from_amounts(amounts, registry, strict=strict)
    except FormulaError as error:
        raise FormulaError(f"'{text}': {error.what}", error.mend) from None
    if "HA" in reader.spellings and composition.layers:
        raise FormulaError(
            f"'{text}': HA is hydroxylammonium here, and hexylammonium in most layered phases.",
            "Write HxA for hexylammonium, NH3OH for hydroxylammonium.",
        )
    phase = _PHASES.get(written[1], written[1]) if written else ""
    return replace(composition, phase=phase) if phase else composition


class _Reader:
    """A position in the text; each method reads on from it."""

    def __init__(self, text: str, registry: Registry) -> None:
        self.shown = text
        self.text = text.translate(_SUBSCRIPTS)
        self.registry = registry
        self.at = 0
        #: Ions as they are written.
        self.spellings: set[str] = set()
        #: Where the innermost open bracket stands, -1 outside of all.
        self.bracket = -1

    def read(self) -> dict[str, float]:
        if not self.text.strip():
            raise FormulaError("The formula is empty.", "Write one such as CsPbI3.")
        if len(self.text) > LONGEST_FORMULA:
            raise FormulaError(
                f"The formula has {len(self.text)} characters.",
                f"Write it in at most {LONGEST_FORMULA}.",
            )
        amounts = self._sequence(depth=0)
        if self.at < len(self.text):
            self._fail("a bracket closes that was not opened", "Remove it or open it.")
        return amounts

    def _sequence(self, depth: int) -> dict[str, float]:
        """Ions and groups up to a closing bracket or the end of the text."""
        amounts: dict[str, float] = {}
        without: dict[str, list[str]] = {"A": [], "X": []}
        while True:
            self._skip_spaces()
            here = self.text[self.at : self.at + 1]
            if here == "" or here in ")]":
                break
            inside, number = self._item(depth)
            for species, amount in inside.items():
                amounts[species] = amounts.get(species, 0.0) + amount * (number or 1.0)
                ion = self.registry.ions[species]
                # A dication between layers has no share of a site: BDACsPb2I7.
                shares = ion.site in without and not (ion.spacer and ion.charge == 2)
                if shares and len(inside) == 1 and number is None:
                    without[ion.site].append(species)
        for site, ions in without.items():
            if len(set(ions)) > 1:
                raise FormulaError(
                    f"'{self.shown}' does not say how {' and '.join(dict.fromkeys(ions))} share "
                    f"site {site}.",
                    "Write the amount of each, also where it is 1.",
                )
        return amounts

    def _item(self, depth: int) -> tuple[dict[str, float], float | None]:
        """One ion or one bracketed group, and the number behind it, None without."""
        species = self._ion()
        if species:
            inside = {species: 1.0}
        elif self.text[self.at] in _OPEN:
            inside = self._group(depth)
        else:
            self._refuse()
        return inside, self._number()

    def _group(self, depth: int) -> dict[str, float]:
        start, outer = self.at, self.bracket
        closing = _OPEN[self.text[start]]
        if depth == _DEEPEST:
            self._fail("brackets stand too deep in each other", "Multiply some of them out.")
        name = self.text[start + 1 : max(self.text.find(closing, start), start + 1)]
        if name in self.registry.spellings:
            self.at = start + len(name) + 2
            self.spellings.add(name)
            return {self.registry.spellings[name]: 1.0}
        self.at, self.bracket = start + 1, start
        inside = self._sequence(depth + 1)
        if self.text[self.at : self.at + 1] != closing:
            self.at = start
            self._fail("this bracket is not closed", f"Add its '{closing}'.")
        if not inside:
            self.at = start
            self._fail("this bracket holds nothing", "Remove it or fill it.")
        sites = "".join(self.registry.ions[species].site for species in inside)
        # An anion before a cation is no salt but a name: F3PEA.
        if "B" not in sites and "XA" in sites:
            self.at = start + 1
            self._unknown(self.text[start + 1 : self.text.find(closing, start)])
        self.at, self.bracket = self.at + 1, outer
        return inside

    def _ion(self) -> str:
        """The ion that begins here, by its longest spelling; "" if none does."""
        known = self.registry.spellings
        spelling = spelling_at(self.text, self.at, known, self.registry.lengths)
        if not spelling:
            return ""
        self.at += len(spelling)
        self.spellings.add(spelling)
        return known[spelling]

    def _number(self) -> float | None:
        """The amount that stands here, as in CsPbI3 or, in LaTeX, CsPbI_3 or CsPbI_{3}."""
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
            return None
        if self.text[end : end + 1] == ".":
            self._fail(f"'{digits}.' is no number", "Write one decimal point in each amount.")
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
        if _UNKNOWN_AMOUNT.match(self.text, self.at):
            names = dict.fromkeys(re.findall(f"[{VARIABLES}]", self.text))
            self._fail(
                "an amount here is not a number",
                f"Give numbers for {', '.join(names) or 'all amounts'}, as in MAPbI2.9Cl0.1 for "
                "MAPbI3-xClx with x = 0.1.",
            )
        unknown = self._unknown_text()
        if self.bracket >= 0:
            closing = self.text.find(_OPEN[self.text[self.bracket]], self.bracket)
            name = self.text[self.bracket + 1 : closing]
            if closing > 0 and name[:1].isalnum() and len(name) <= _LONGEST_NAME:
                self.at, unknown = self.bracket + 1, name
        if not unknown[0].isalnum() or (self.bracket < 0 and not unknown[0].isalpha()):
            self._fail(f"'{unknown[0]}' does not belong in a formula", "Remove it.")
        self._unknown(unknown)

    def _unknown(self, unknown: str) -> None:
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
