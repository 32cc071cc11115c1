"""What a formula that cannot be read was probably meant to be. A hint is a formula that can be
read; it is only ever offered, with a question mark."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from perovdb.composition.registry import load_registry
from perovdb.errors import FormulaError, PerovdbError, UnknownSpecies

# Letters of the longest ion.
_LONGEST_ION = 12

# Readings of letters that are tried; a formula that has more is too far from any.
_TRIES = 50
_LONGEST = 60

_LETTERS = re.compile(r"[A-Za-z]+")


def with_hint(
    error: FormulaError | UnknownSpecies, text: str, read: Callable[[str], object]
) -> FormulaError | UnknownSpecies:
    """The error, and what the text means in right capitals or with decimal points, if that can
    be read in one way only."""
    if len(text) > _LONGEST:
        return error
    if re.search(r"\d,\d", text):
        guesses = [text.replace(",", ".")]
    else:
        guesses = list(islice(_in_right_letters(text), _TRIES))
    readable = {}
    for guess in guesses:
        try:
            readable[str(read(guess))] = guess
        except PerovdbError:
            continue
    if len(readable) != 1:
        return error
    return type(error)(error.what, f"Did you mean {next(iter(readable.values()))}?")


def _in_right_letters(text: str) -> Iterator[str]:
    """The text with its letters read as ions whatever their case, and l as I."""
    spelled: dict[str, list[str]] = {}
    for species in load_registry().ions:
        if species.isalpha():
            for letters in {species.lower(), species.lower().replace("i", "l")}:
                spelled.setdefault(letters, []).append(species)

    def readings(letters: str) -> Iterator[str]:
        if not letters:
            yield ""
            return
        for end in range(min(len(letters), _LONGEST_ION), 0, -1):
            for species in spelled.get(letters[:end].lower(), ()):
                yield from (species + rest for rest in readings(letters[end:]))

    def whole(parts: list[str]) -> Iterator[str]:
        if not parts:
            yield ""
            return
        first = [parts[0]]
        if _LETTERS.fullmatch(parts[0]):
            first = list(islice(readings(parts[0]), _TRIES))
        for start in first:
            yield from (start + rest for rest in whole(parts[1:]))

    yield from (guess for guess in whole(re.split("([A-Za-z]+)", text)) if guess != text)
