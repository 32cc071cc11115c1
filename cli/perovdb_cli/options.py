"""Options that several commands share."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from perovdb.ranges import Range, range_of
from perovdb_cli import render
from perovdb_cli.headings import under

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Function = TypeVar("Function", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")


def formats(function: Function) -> Function:
    """--json and --csv, as `as_json` and `as_csv`, for `render.emit`."""
    return as_json(click.option("--csv", "as_csv", is_flag=True, help="Answer in CSV.")(function))


def each_layer(
    ctx: click.Context, argument: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """'MAPbI3 | (PEA)2PbI4' is two materials."""
    return tuple(part.strip() for text in texts for part in text.split("|"))


materials = click.argument(
    "materials", nargs=-1, required=True, metavar="FORMULA|FILE...", callback=each_layer
)


class Number(click.FloatRange):
    """A number in the range of its name, which the help shows; nan is in none."""

    name = "number"

    def __init__(self, name: str, owner: str = "") -> None:
        limits = _limits(name, owner)
        super().__init__(limits.least, limits.most)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number: float = super().convert(value, param, ctx)
        if number != number:
            self.fail("nan is no number.", param, ctx)
        return number


class Whole(click.IntRange):
    """A whole number in the range of its name, which the help shows."""

    name = "whole number"

    def __init__(self, name: str, owner: str = "") -> None:
        limits = _limits(name, owner)
        super().__init__(int(limits.least), int(limits.most))


def _limits(name: str, owner: str = "") -> Range:
    found = range_of(name, owner)
    assert found is not None, f"{name} has no range"
    return found


def numbers(text: str, name: str) -> str:
    """The help of an option in whose texts numbers of a name stand, with their range."""
    return f"{text}  [{Number(name)._describe_range()}]"


phase = click.option(
    "--phase",
    metavar="NAME",
    help="alpha, beta, gamma, delta, ... or cubic, tetragonal, orthorhombic; or the id of a cell "
    "in 'perovdb phases --json'. "
    "Default: the perovskite known at the temperature, alpha if its positions are not; alpha for "
    "alloys.",
)

temperature = click.option(
    "--temperature",
    "temperature_K",
    type=Number("temperature_K"),
    default=298,
    show_default=True,
    metavar="K",
    help="Temperature in kelvin: values of others do not count.",
)

cell_temperature = click.option(
    "--temperature",
    "temperature_K",
    type=Number("temperature_K", "cell"),
    default=298.15,
    show_default=True,
    metavar="K",
    help="Of the cell.",
)

sun = click.option(
    "--sun",
    metavar="AM1.5G|K|FILE",
    help="The light: AM1.5G (needs perovdb[solar]), the temperature of a black body, or a CSV "
    "file with the columns wavelength_nm and irradiance_W_m2_nm. Default: AM1.5G where it is "
    "installed, else 5772.",
)

wavelength = click.option(
    "--wavelength",
    default="CuKa1",
    show_default=True,
    metavar="LINE|A",
    help=numbers("An X-ray line, or a wavelength in angstrom.", "wavelength"),
)

attempts = click.option(
    "--attempts",
    "attempts_Hz",
    type=Number("attempt_frequency_Hz"),
    metavar="HZ",
    help="Attempt frequency of the rates. Default: 1e12, a convention.",
)

seed = click.option(
    "--seed",
    type=Whole("seed"),
    default=0,
    show_default=True,
    metavar="N",
    help="Of random orderings and orientations.",
)


def orientation_rule(default: str) -> Callable[[Function], Function]:
    """The option of the orientation of molecules."""
    return click.option(
        "--orientation",
        default=default,
        show_default=True,
        metavar="RULE",
        help="Of organic cations: crystal (in the crystal's order, where that is known), random, "
        "aligned, aligned-110, aligned-111, antiferro, columnar, ...",
    )


orientation = orientation_rule("random")


def _as_size(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:
    """One number, three, three rows of three, or the text of a distance, as `supercell` takes."""
    if text is None or text.strip().endswith(("A", "Å")):
        return text
    try:
        rows = [[int(n) for n in re.split("[x, ]+", row.strip())] for row in text.split("/")]
    except ValueError:
        rows = []
    lengths = [len(row) for row in rows]
    if lengths not in ([1], [3], [3, 3, 3]):
        raise click.BadParameter(
            f"'{text}' is not a size: write 2, 2x2x1, 12A, or a matrix 0,1,1/1,0,1/1,1,0."
        )
    return rows if len(rows) == 3 else rows[0] if len(rows[0]) == 3 else rows[0][0]


def size(**settings: Any) -> Callable[[Function], Function]:
    """--size of a supercell, with a default or required."""
    return click.option(
        "--size",
        callback=_as_size,
        metavar="SIZE",
        help="Repeats of the cell: 2, or 2x2x1 (gamma holds four formula units); 12A for the "
        "smallest cell whose periodic images are so far apart; a matrix, row by row, as "
        "0,1,1/1,0,1/1,1,0.",
        **settings,
    )


def model(function: Function) -> Function:
    """Options of a supercell: size, seed, orientation of molecules."""
    return size(show_default="2; of a file 1")(seed(orientation(function)))


def pairs(texts: tuple[str, ...], option: str, kind: str) -> dict[str, float]:
    """NAME=NUMBER of an option that is given again and again, in the range of a kind of number.

    Raises:
        click.BadParameter: one is not of this form, or a name is given twice.
    """
    typed = [pair(text, option, kind) for text in texts]
    names = [name for name, _ in typed]
    for name in names:
        if names.count(name) > 1:
            raise click.BadParameter(f"{name} is given twice.", param_hint=option)
    return dict(typed)


def pair(text: str, option: str, kind: str) -> tuple[str, float]:
    """NAME=NUMBER as typed for an option, in the range of a kind of number.

    Raises:
        click.BadParameter: it is not of this form, or outside the range.
    """
    name, equals, value = text.partition("=")
    try:
        number = float(value if equals else "")
    except ValueError:
        raise click.BadParameter(f"'{text}' is not NAME=NUMBER.", param_hint=option) from None
    if number not in _limits(kind):
        what = f"'{text}': {number:g} is not in the range {_limits(kind)}."
        raise click.BadParameter(what, param_hint=option)
    return name, number


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None] | None]:
    """What tells on a terminal's stderr how many of something are done; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    told = time.monotonic()

    def tell(count: int) -> None:
        nonlocal told
        # Short work needs no word.
        if time.monotonic() - told > 1:
            told = time.monotonic()
            sys.stderr.write(f"\r{count:,} {what} ")
            sys.stderr.flush()

    yield tell
    sys.stderr.write("\r")


def store() -> click.Option:
    """--store FILE, which every command takes."""

    def remember(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
        if value == "":
            raise click.BadParameter("it is empty; name a file.", ctx, option)
        if value is not None:
            # What every store that is opened later reads.
            os.environ["PEROVDB_STORE"] = value

    return click.Option(
        ["--store"],
        metavar="FILE",
        expose_value=False,
        is_eager=True,
        callback=remember,
        help="Your own store, beside the curated one. Default: $PEROVDB_STORE.",
    )


def reading() -> list[click.Option]:
    """--strict and --lenient, of every command that takes a formula."""

    def remember(ctx: click.Context, option: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            from perovdb.composition.parse import READING

            READING.set(str(option.name))

    words = {
        "strict": "Refuse formulas whose amounts do not sum to the whole.",
        "lenient": "Pass over words behind a formula, as in 'MAPbI3 w/ MACl'.",
    }
    return [
        click.Option(
            [f"--{name}"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=remember,
            help=text,
        )
        for name, text in words.items()
    ]


def help_page() -> click.Option:
    """--help: click's own would look for translations of its one line, which takes a while."""

    def show(ctx: click.Context, option: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            render.say(ctx.get_help())
            ctx.exit()

    return click.Option(
        ["-h", "--help"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help="Show this message and exit.",
    )


def add(command: click.Command, option: click.Option) -> None:
    """Give a command an option that it does not have yet."""
    if all(option.name != one.name for one in command.params):
        command.params.append(option)


#: Filters as `perovdb.facts.select.Filters` has them.
Filters = dict[str, Any]


def filters(function: Function) -> Function:
    """Options that choose facts, handed on as one dictionary `filters` for the library."""

    @wraps(function)
    def gather(**arguments: Any) -> Any:
        shares = arguments.pop("shares")
        years = arguments.pop("since"), arguments.pop("until")
        chosen = {
            **{site: arguments.pop(site.lower()) or None for site in "ABX"},
            "fraction": {ion: (low, high) for ion, low, high in shares},
            "year": years if years != (None, None) else None,
            "within": {column: (low, high) for column, low, high in arguments.pop("within")},
            **{name: arguments.pop(name) for name in ("evidence", "kind", "source", "limit")},
        }
        return function(filters=chosen, **arguments)

    options = [
        click.option(f"--{site}", site.lower(), multiple=True, metavar="ION", help=text)
        for site, text in (
            ("A", "Only with this ion on A; again for another one instead."),
            ("B", "The same for B."),
            ("X", "The same for X."),
        )
    ]
    options += [
        click.option(
            "--fraction",
            "shares",
            nargs=3,
            type=(str, Number("fraction"), Number("fraction")),
            multiple=True,
            metavar="ION LOW HIGH",
            help="Only with this fraction of the ion on its site.",
        ),
        click.option(
            "--within",
            nargs=3,
            type=(str, float, float),
            multiple=True,
            metavar="COLUMN LOW HIGH",
            help="Only with a number between these in a column of --json, such as barrier_eV.",
        ),
        click.option("--limit", type=Whole("limit"), metavar="N", help="The best N rows."),
        click.option("--evidence", metavar="LEVEL", help="At least: read, secondhand, recalled."),
        click.option("--kind", metavar="KIND", help="measured, computed, fitted, derived, ..."),
        click.option("--source", metavar="KEY", help="Only from this source."),
        click.option(
            "--since",
            type=Whole("year"),
            metavar="YEAR",
            help="Sources from this year on.",
        ),
        click.option(
            "--until",
            type=Whole("year"),
            metavar="YEAR",
            help="Sources up to this year.",
        ),
    ]
    return under("", *options)(gather)  # type: ignore[no-any-return]  # click has it so


class Picture:
    """A picture that was asked for: its file, and how it is to look."""

    def __init__(
        self, path: str, style: str | None, width: float | None, dpi: float, force: bool
    ) -> None:
        self.path = path
        self.style = style
        self.width = width
        self.dpi = dpi
        self.force = force

    def check(self) -> None:
        """Refuse a picture that cannot be written, before the work is done.

        Raises:
            InputError: as for `perovdb.plots.check_picture`.
        """
        import matplotlib

        from perovdb.plots import check_picture

        # No window is opened, whatever display there is.
        matplotlib.use("agg")
        check_picture(self.path, self.style, self.force)

    def save(self, drawn: Axes | Figure) -> None:
        """Write what was drawn, and let go of it.

        Raises:
            InputError: as for `perovdb.plots.save`.
        """
        from matplotlib.pyplot import close

        from perovdb import plots

        plots.save(drawn, self.path, width=self.width, dpi=self.dpi, force=self.force)
        close("all")


def picture(text: str, beside: tuple[str, str] | None = None) -> Callable[[Function], Function]:
    """The options of a picture, handed on as one argument `picture`, None if none is asked for.

    Args:
        text: what it shows, for the help.
        beside: option and parameter of another file that the command writes. --force is of both,
            and is handed on as `force`.
    """

    def decorate(function: Function) -> Function:
        @wraps(function)
        def gather(*args: Any, **arguments: Any) -> Any:
            path = arguments.pop("picture")
            look = {name: arguments.pop(name) for name in ("style", "width", "dpi", "force")}
            idle = [name for name, value in look.items() if value]
            if beside is not None:
                arguments["force"] = look["force"]
                if path is None and idle == ["force"]:
                    idle = []
                    if arguments[beside[1]] is None:
                        raise click.UsageError(
                            f"--force is that of a file; give {beside[0]} or --plot."
                        )
            if path is None and idle:
                raise click.UsageError(f"--{idle[0]} is that of a picture; give --plot.")
            look["dpi"] = look["dpi"] or 300
            picture = None if path is None else Picture(path, **look)
            return function(*args, picture=picture, **arguments)

        options = [
            click.option(
                "--plot",
                "picture",
                metavar="FILE",
                help=f"{text}: *.png, *.svg, *.pdf, a new file.",
            ),
            click.option(
                "--style",
                metavar="NAME|FILE",
                help="Of the picture: a matplotlib style. Default: perovdb's own, for one column "
                "of a journal.",
            ),
            click.option(
                "--width",
                type=Number("width"),
                metavar="INCHES",
                help="Of the picture. Default: the style's, 3.35.",
            ),
            click.option(
                "--dpi",
                type=Number("dpi"),
                metavar="N",
                help="Dots per inch of the picture. Default: 300.",
            ),
            click.option(
                "--force",
                is_flag=True,
                help=f"Write over a {'file' if beside else 'picture'} that is there.",
            ),
        ]
        return under("", *options)(gather)  # type: ignore[no-any-return]  # click has it so

    return decorate
