"""Sources as BibTeX entries, and in words."""

from collections.abc import Iterable

from perovdb.files.labels import one_line
from perovdb.store import queries
from perovdb.store.connection import Record

_ESCAPED = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"\\": "\\textbackslash{}"})
#: Addresses stand as they are, without what would end the entry.
_PLAIN = str.maketrans(dict.fromkeys("{}\\"))
_ADDRESSES = ("doi", "url")


def bibtex(keys: Iterable[str]) -> str:
    """BibTeX of sources, in the order of their keys.

    A DOI that is only recalled stands in a note, not in the doi field, until it is checked.

    Raises:
        MissingData: there is no such key.
    """
    return "\n".join(_entry(row) for row in queries.sources(keys))


def in_words(rows: Iterable[Record]) -> str:
    """Key, citation, link and note of sources, for people to read."""
    lines = []
    for row in rows:
        lines.append(f"{row['key']}: {row['citation']}")
        if row["doi"]:
            recalled = "" if row["doi_evidence"] == "read" else " (recalled, to be checked)"
            lines.append(f"  https://doi.org/{row['doi']}{recalled}")
        if row["note"]:
            lines.append(f"  {row['note']}")
    return "".join(f"{line}\n" for line in lines)


def _entry(row: Record) -> str:
    preprint = row["container"] == "arXiv"
    article = row["container"] and row["authors"] and not preprint
    fields = {
        "author": _authors(row["authors"]),
        "title": row["title"] or (None if article else row["citation"]),
        "journal": row["container"] if article else None,
        "volume": row["volume"],
        "pages": None if preprint else row["pages"],
        "eprint": row["pages"] if preprint else None,
        "archiveprefix": "arXiv" if preprint else None,
        "year": str(row["year"]) if row["year"] else None,
        "doi": row["doi"] if row["doi_evidence"] == "read" else None,
        "url": row["url"],
        "note": f"doi {row['doi']} (recalled, to be checked)"
        if row["doi_evidence"] not in (None, "read")
        else None,
    }
    lines = [
        f"  {name} = {{{one_line(text).translate(_PLAIN if name in _ADDRESSES else _ESCAPED)}}},"
        for name, text in fields.items()
        if text
    ]
    return "\n".join([f"@{'article' if article else 'misc'}{{{row['key']},", *lines, "}", ""])


def _authors(printed: str | None) -> str | None:
    """Names joined by "and": printed as "A, B.; C, D." or as "A B., C D."."""
    if not printed:
        return None
    names = printed.replace(" et al.", "; others").replace("et al.", "others")
    parts = names.split(";") if ";" in printed else names.replace(";", ",").split(",")
    return " and ".join(part.strip() for part in parts if part.strip())
