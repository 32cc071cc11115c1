"""Full-text search over materials, notes, quotes and citations."""

from perovdb.composition.parse import parse
from perovdb.errors import FormulaError, InputError, UnknownSpecies
from perovdb.files.labels import one_line
from perovdb.store import queries
from perovdb.store.connection import Record

#: Words of a question, and characters of a word: each word that is looked for costs time.
MOST_WORDS = 32
LONGEST_WORD = 100

COLUMNS = ("table", "id", "formula", "excerpt", "source", "kind", "evidence")


def search(text: str, limit: int = 20) -> list[Record]:
    """Rows whose words hold all words of a text, or begin with them; best match first.

    A formula is also looked for as the store writes it, with its ions in canonical order.

    Raises:
        InputError: the text has no word in it, or the limit is not positive.
    """
    words = one_line(text).replace('"', " ").split()
    if not any(character.isalnum() for character in text):
        raise InputError("There is no word to look for.", "Give one, such as DDABr.")
    if limit < 1:
        raise InputError(f"{limit} rows cannot be shown.", "Give a number from 1.")
    each = list(
        {word.casefold(): word for word in words if any(c.isalnum() for c in word)}.values()
    )
    if len(each) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in each):
        raise InputError(
            "The question is too long to look for.",
            f"Give at most {MOST_WORDS} words of at most {LONGEST_WORD} characters.",
        )
    spelled = [_spellings(word) for word in each]
    query = " AND ".join(
        "(" + " OR ".join(f'"{spelling}"*' for spelling in spellings) + ")"
        for spellings in spelled
    )
    return queries.search(query, limit)


def _spellings(word: str) -> list[str]:
    """A word, and if it is a formula the one in canonical order."""
    try:
        return list(dict.fromkeys([word, parse(word, strict=True, lenient=False).formula]))
    except (FormulaError, UnknownSpecies):
        return [word]
