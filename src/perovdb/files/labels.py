"""Texts from outside: what may stand in them where they enter, one line where they leave.

A label (a title, a name, a key, a unit) is one printable line. Prose (a quote, a note, what a
source says) may have several: a line break may stand in it, and spaces of other widths. Control
and escape characters, signs that turn the direction of writing, halves of a surrogate pair and
characters that no standard knows stand in neither.
"""

import re
import unicodedata
from collections.abc import Callable

#: Names of ions, phases and columns: letters and digits, and what formulas need.
_LABEL = re.compile(r"[\w(][\w()+.-]{0,79}")


def one_line(text: str) -> str:
    """A text with a space for each line break and control character.

    >>> one_line("CsPbI3\\nrm -rf x")
    'CsPbI3 rm -rf x'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def is_label(text: str) -> bool:
    """Whether a text can be the name of an ion or a phase.

    >>> is_label("MA"), is_label("I$(touch x)")
    (True, False)
    """
    return bool(_LABEL.fullmatch(text))


def stray(text: str, prose: bool = False) -> str | None:
    """What may not stand in a label, or in prose, with its place; None if all may.

    >>> stray("alpha\\nrm -rf x")
    'U+000A (a line break) at position 6'
    >>> stray("two\\nlines", prose=True)
    """
    if text.isprintable():
        return None
    for position, character in enumerate(text, start=1):
        if character.isprintable() or (prose and _of_prose(character)):
            continue
        name = unicodedata.name(character, "").lower() or _NAMES.get(character, "")
        shown = f" ({name})" if name else ""
        return f"U+{ord(character):04X}{shown} at position {position}"
    return None


def _of_prose(character: str) -> bool:
    return character == "\n" or unicodedata.category(character) == "Zs"


_NAMES = {"\n": "a line break", "\r": "a line break", "\t": "a tab", "\x1b": "escape"}


def _without(signs: str) -> Callable[[str], str]:
    table = str.maketrans(dict.fromkeys(signs, " "))
    return lambda text: one_line(text).translate(table)


#: A text as INCAR holds it behind "=": a semicolon begins another tag, a backslash goes on on the
#: next line, # and ! begin a comment.
in_incar = _without(";\\#!")

#: A text as CP2K's input holds it in a comment or behind a keyword: its preprocessor reads $ and @
#: in comments too, & begins a section.
in_cp2k = _without("$@&#!")


def in_namelist(text: str) -> str:
    """A text as a Fortran namelist holds it, quotes included.

    >>> in_namelist("the host's")
    "'the host''s'"
    """
    return "'" + one_line(text).replace("'", "''") + "'"
