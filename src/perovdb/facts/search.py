"""Full-text search over materials, notes, quotes and citations."""

from perovdb.errors import InputError
from perovdb.store import Store, queries
from perovdb.store.connection import Record

COLUMNS = ("table", "id", "formula", "excerpt", "source", "kind", "evidence")


def search(text: str, store: Store, limit: int = 20) -> list[Record]:
    """Rows whose words hold all words of a text, or begin with them; best match first.

    Raises:
        InputError: the text has no word in it, or the limit is not positive.
    """
    words = text.replace('"', " ").split()
    if not any(character.isalnum() for character in text):
        raise InputError("There is no word to look for.", "Give one, such as DDABr.")
    if limit < 1:
        raise InputError(f"{limit} rows cannot be shown.", "Give a number from 1.")
    query = " ".join(f'"{word}"*' for word in words if any(c.isalnum() for c in word))
    return queries.search(store, query, limit)
