"""Numbers of options: each has a range, which the help shows and which holds."""

import click
import pytest
from tests.attack.options import LINES, _choices

from perovdb.ranges import RANGES

NUMBERS = [
    (command, option)
    for command, option in _choices()
    if isinstance(option.type, click.types.FloatParamType | click.types.IntParamType)
]


def test_every_command_is_attacked():
    assert {command for command, _ in _choices()} | {"completion", "store info"} == set(LINES)


@pytest.mark.parametrize(("command", "option"), NUMBERS, ids=lambda v: getattr(v, "name", v))
def test_a_number_of_an_option_has_two_finite_ends(command, option):
    kind = option.type
    assert isinstance(kind, click.IntRange | click.FloatRange), f"{command} {option.name}"
    assert float("-inf") < kind.min <= kind.max < float("inf")
    for wrong in ("nan", "inf", "-inf", "1e308", "-1e308", "9" * 5000):
        with pytest.raises(click.BadParameter):
            kind.convert(wrong, option, None)


def test_the_help_shows_the_range(perovdb):
    assert "0.001<=x<=100" in perovdb("neb", "--help").out
    assert "0.1<=x<=10" in perovdb("tolerance", "--help").out


@pytest.mark.parametrize("name", RANGES)
def test_a_range_has_two_ends_and_no_nan_in_it(name):
    limits = RANGES[name]
    assert limits.least < limits.most
    assert limits.least in limits
    assert limits.most in limits
    for wrong in (float("nan"), float("inf"), 10**400, "1"):
        assert wrong not in limits
