"""Texts from outside: printable and on one line before they go into a file or a shell."""

import re

#: Names of ions, phases and columns: letters and digits, and what formulas need.
_LABEL = re.compile(r"[\w()+.-]{1,80}")


def one_line(text: str) -> str:
    """A text with a space for each line break and control character.

    >>> one_line("CsPbI3\\nrm -rf x")
    'CsPbI3 rm -rf x'
    """
    return "".join(c if c.isprintable() else " " for c in text)


def is_label(text: str) -> bool:
    """Whether a text can be the name of an ion or a phase.

    >>> is_label("MA"), is_label("I$(touch x)")
    (True, False)
    """
    return bool(_LABEL.fullmatch(text))
