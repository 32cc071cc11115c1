"""How formulas, phases and planes are written in a figure."""

import re
from collections.abc import Sequence

from perovdb.errors import InputError

_AMOUNT = re.compile(r"(?<=[A-Za-z)\]])\d+(?:\.\d+)?")

_GREEK = dict(zip(("alpha", "beta", "gamma", "delta", "epsilon"), "αβγδε", strict=True))


def formula_label(formula: str) -> str:
    r"""A formula with its amounts as subscripts, in the mathtext of matplotlib.

    >>> formula_label("Cs0.5FA0.5PbI3")
    'Cs$_{\\mathregular{0.5}}$FA$_{\\mathregular{0.5}}$PbI$_{\\mathregular{3}}$'
    """
    return _AMOUNT.sub(lambda amount: rf"$_{{\mathregular{{{amount[0]}}}}}$", plain(formula))


def material_label(formula: str, phase: str = "") -> str:
    r"""A formula and its phase: a Greek letter and a hyphen before it, or words behind it.

    >>> material_label("CsI", "cubic")
    'CsI, cubic'
    """
    letter, _, rest = phase.partition("-")
    if letter in _GREEK:
        prefix = "-".join(filter(None, (_GREEK[letter], plain(rest))))
        return f"{prefix}-{formula_label(formula)}"
    return ", ".join(filter(None, (formula_label(formula), plain(phase))))


def plain(text: str) -> str:
    """A text that matplotlib takes as it stands, such as the name of a folder."""
    return text.replace("$", r"\$")


def plane_label(hkl: Sequence[int]) -> str:
    r"""The index of a plane, negative numbers with a bar.

    >>> plane_label((1, 0, 0)), plane_label((1, -1, 0)), plane_label((10, 0, 0))
    ('100', '1$\\overline{\\mathregular{1}}$0', '10 0 0')
    """
    numbers = [rf"$\overline{{\mathregular{{{-i}}}}}$" if i < 0 else str(i) for i in hkl]
    return ("" if all(abs(i) <= 9 for i in hkl) else " ").join(numbers)


def unique(labels: Sequence[str]) -> list[str]:
    """The same labels; with their numbers behind them, if one stands twice.

    >>> unique(["a", "b"]), unique(["a", "a"])
    (['a', 'b'], ['a (1)', 'a (2)'])
    """
    if len(set(labels)) == len(labels):
        return list(labels)
    return [f"{label} ({number})" for number, label in enumerate(labels, 1)]


def labels_of(own: Sequence[str], given: Sequence[str] | None) -> list[str]:
    """The labels of some results: those that were given, else their own.

    Args:
        own: one for each result.
        given: instead, one for each.

    Raises:
        InputError: there is no result, or other than one label for each.
    """
    if not own:
        raise InputError("There is nothing to draw.", "Give one result or more.")
    if given is None:
        return unique(own)
    if len(given) != len(own):
        raise InputError(
            f"{len(given)} labels do not match {len(own)} results.", "Give one for each."
        )
    return list(given)
