"""Conditions: what they mean, how they treat the unknown, and all that they refuse."""

import pickle
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.screening.expressions import LONGEST, Condition, Quantity
from perovdb.errors import InputError

VALUES = {
    "t": np.array([0.85, 0.95, 1.05, np.nan]),
    "gap_eV": np.array([1.5, np.nan, 2.5, np.nan]),
    "Br": np.array([0.0, 0.3, 1.0, 0.5]),
}


def condition(text, names):
    return Condition(text, tuple(names))


def quantity(text, names):
    return Quantity(text, tuple(names))


def kept(text):
    return condition(text, VALUES)(VALUES).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t < 1", [1, 1, 0, 0]),
        ("0.9 < t <= 1.05", [0, 1, 1, 0]),
        ("1 > t > 0.9", [0, 1, 0, 0]),
        ("t < 0.9 or Br == 1", [1, 0, 1, 0]),
        ("t < 0.9 and Br == 0", [1, 0, 0, 0]),
        ("not t < 0.9", [0, 1, 1, 0]),
        ("not (t < 0.9 or t > 1)", [0, 1, 0, 0]),
        ("abs(t - 1) < 0.06", [0, 1, 1, 0]),
        ("-t + 1 > 0", [1, 1, 0, 0]),
        ("t ** 2 < 0.9025 + 1e-9", [1, 1, 0, 0]),
        ("t ** -1 > 1", [1, 1, 0, 0]),
        ("2 ** -2 * Br * 4 == Br", [1, 1, 1, 1]),
        ("(t - 0.85) * 10 / 2 + Br != 0", [0, 1, 1, 0]),
        ("1 < 2", [1, 1, 1, 1]),
        ("\n t\n<\t1 ", [1, 1, 0, 0]),
        ("Br == 0.3", [0, 1, 0, 0]),
        # What a division by zero gives is unknown, whatever is made of it.
        ("1 / Br > 10", [0, 0, 0, 0]),
        ("not 1 / Br > 10", [0, 1, 1, 1]),
        ("1 / (1 / Br) < 0.1", [0, 0, 0, 0]),
        ("(1 / Br) ** 0 == 1", [0, 1, 1, 1]),
        ("1 / Br != 2", [0, 1, 1, 0]),
        ("Br ** -1 > 0", [0, 1, 1, 1]),
        ("1 / (Br * 1e308 * 100) < 1 or Br < 0", [0, 0, 0, 0]),
        ("Br / Br == 1", [0, 1, 1, 1]),
        ("not Br / Br == 1", [0, 0, 0, 0]),
        ("(t - 0.9) ** 0.5 >= 0", [0, 1, 1, 0]),
    ],
)
def test_meaning(text, expected):
    assert kept(text) == [bool(value) for value in expected]


@pytest.mark.parametrize(
    "text",
    [
        "gap_eV < 9",
        "gap_eV > 9",
        "gap_eV != 9",
        "not gap_eV < 9",
        "not gap_eV > 9",
        "not not gap_eV < 9",
        "not (gap_eV < 9 and t < 9)",
        "gap_eV == gap_eV",
        "not gap_eV != gap_eV",
        "abs(gap_eV) >= 0",
        "gap_eV ** 0 == 1 and gap_eV < 9",
    ],
)
def test_unknown_satisfies_nothing(text):
    result = kept(text)
    assert not result[1]
    assert not result[3]


def test_unknown_does_not_spoil_what_is_sure():
    assert kept("gap_eV > 2 or Br < 0.4") == [True, True, True, False]
    assert kept("not (gap_eV > 2 and Br > 0.4)") == [True, True, False, False]


numbers = st.sampled_from(["x", "y", "1", "0.5", "abs(x - y)", "x * 2", "(-y)", "x ** 2"])
comparisons = st.builds(
    "{} {} {}".format, numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=8,
)
halves = st.integers(-6, 6).map(lambda n: n / 2)


@settings(max_examples=200, deadline=None)
@given(conditions, st.lists(st.tuples(halves, halves), min_size=1, max_size=5))
def test_means_what_python_means(text, points):
    x, y = np.array(points).T
    ours = condition(text, ["x", "y"])({"x": x, "y": y})
    theirs = [eval(text, {"x": x, "y": y, "abs": abs}) for x, y in points]
    assert ours.tolist() == theirs


@settings(max_examples=200, deadline=None)
@given(conditions, halves, st.lists(halves, min_size=1, max_size=5))
def test_what_holds_of_the_unknown_holds_of_any_value(text, y, fillings):
    unknown = {"x": np.array([np.nan]), "y": np.array([y])}
    (holds,) = condition(text, ["x", "y"])(unknown)
    (fails,) = condition(f"not ({text})", ["x", "y"])(unknown)
    assert not (holds and fails)
    for x in fillings:
        if holds or fails:
            assert eval(text, {"x": x, "y": y, "abs": abs}) == holds


class Known(float):
    """A float whose operations are exact about one thing: no finite value is no value."""

    def _of(self, operation, *others):
        try:
            result = operation(float(self), *map(float, others))
        except (ZeroDivisionError, OverflowError):
            return Known("nan")
        return Known(result if abs(result) < float("inf") else "nan")

    def __add__(self, other):
        return self._of(float.__add__, other)

    def __mul__(self, other):
        return self._of(float.__mul__, other)

    def __truediv__(self, other):
        return self._of(float.__truediv__, other)

    def __neg__(self):
        return self._of(float.__neg__)


arithmetic = st.recursive(
    st.sampled_from(["x", "y", "zero", "huge"]),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("({} * {})".format, inner, inner),
        st.builds("({} / {})".format, inner, inner),
        st.builds("(-{})".format, inner),
    ),
    max_leaves=8,
)


@pytest.mark.filterwarnings("error")
@settings(max_examples=200, deadline=None)
@given(arithmetic, halves, halves)
def test_what_has_no_finite_value_is_unknown_on_every_way(text, x, y):
    values = {"x": x, "y": y, "zero": 0.0, "huge": 1e200}
    (ours,) = quantity(text, values)({name: np.array([value]) for name, value in values.items()})
    theirs = eval(text, {name: Known(value) for name, value in values.items()})
    assert ours == pytest.approx(float(theirs), rel=1e-12, nan_ok=True)
    (holds,) = condition(f"{text} < 5 or {text} >= 5", values)(
        {name: np.array([value]) for name, value in values.items()}
    )
    assert holds == (theirs == theirs)


HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__bases__",
    "t.real < 1",
    "t.__class__ < 1",
    "__builtins__ < 1",
    "__t__ < 1",
    "t[0] < 1",
    "t[:] < 1",
    "(lambda: 1)() < 2",
    "lambda: 1",
    "open('x') < 1",
    "abs(t, t) < 1",
    "abs(x=t) < 1",
    "abs(*t) < 1",
    "abs() < 1",
    "abs < 1",
    "max(t) < 1",
    "abs.__call__(t) < 1",
    "(abs)(t)(t) < 1",
    "t ** 99 < 1",
    "t ** t < 1",
    "9 ** 9 ** 9 ** 9 < t",
    "t ** (2 * 9) < 1",
    "t ** True < 1",
    "t << 9 < 1",
    "t % 2 < 1",
    "t // 2 < 1",
    "t @ t < 1",
    "t & t",
    "(t < 1) & (t > 0)",
    "(t < 1) | (t > 0)",
    "~t < 1",
    "t in (1, 2)",
    "t is 1",
    "t is not None",
    "t < 'a'",
    "t < b'a'",
    "t < 1j",
    "t < True",
    "t < None",
    "t < ...",
    "t < 1e999",
    "t < " + "9" * 400,
    "f'{t}' < 1",
    "[t] < 1",
    "(t, t) < 1",
    "{t} < 1",
    "{1: t} < 1",
    "[u for u in t] < 1",
    "(u := t) < 1",
    "t if t else t",
    "t = 1",
    "t == 1; t",
    "import os",
    "await t",
    "yield t",
    "t",
    "1",
    "-t",
    "t + 1",
    "abs(t)",
    "not t",
    "t and t < 1",
    "(t < 1) + 1 < 2",
    "(t < 1) < 2",
    "t < (t < 1)",
    "t <",
    "t < 1)",
    "(t < 1",
    "t) < (1",
    "t < 1\\",
    "t\x00 < 1",
    "",
    "   ",
    "unknown < 1",
    "\ud800 < 1",
    "(" * 300 + "t" + ")" * 300 + " < 1",
    "-" * 500 + "t < 1",
    "not " * 200 + "t < 1",
    "t" + " + t" * 200 + " < 1",
    "t" * 10_000,
    "t < 1 and " * 1000 + "t < 1",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:30]))
def test_hostile(text):
    with pytest.raises(InputError) as caught:
        condition(text, ["t"])
    assert len(str(caught.value)) < 500
    assert caught.value.mend


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=LONGEST + 10))
def test_any_text_is_read_or_refused(text):
    for reader in (condition, quantity):
        with suppress(InputError):
            reader(text, ["t", "Br"])({"t": np.ones(2), "Br": np.zeros(2)})


def test_errors_say_where_and_what_is_near():
    with pytest.raises(InputError, match=r"position 11 the name 'gap_ev'.*Did you mean gap_eV\?"):
        condition("t < 1 and gap_ev > 1", VALUES)
    with pytest.raises(InputError, match=r"position 3 .*Did you mean t\?"):
        condition("  T < 1", ["t"])
    with pytest.raises(InputError, match="position 9 a dot behind a name"):
        condition("t < 1 < t.real", ["t"])
    with pytest.raises(InputError, match="Equal is written =="):
        condition("t = 1", ["t"])
    with pytest.raises(InputError, match="position 1 the name 'é'"):
        condition("é < ü", ["t"])


def test_names_used_and_pickle():
    read = condition("t < 1 and abs(Br) < 0.5", VALUES)
    assert read.names == ("t", "Br")
    again = pickle.loads(pickle.dumps(read))
    assert again == read
    assert again(VALUES).tolist() == read(VALUES).tolist()
    number = pickle.loads(pickle.dumps(quantity("t * 2", VALUES)))
    assert number(VALUES)[:2].tolist() == [1.7, 1.9]
    assert quantity("3", VALUES)(VALUES).tolist() == [3, 3, 3, 3]


@pytest.mark.parametrize("text", ["t < 1", "", "t +", "not t", "foo", "t ** 9"])
def test_quantities_refused(text):
    with pytest.raises(InputError):
        quantity(text, ["t"])
