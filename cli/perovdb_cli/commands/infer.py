"""perovdb infer END1 END2 [END3]"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formulas", nargs=-1, required=True, metavar="END1 END2 [END3]")
@click.option(
    "--a",
    "a_A",
    multiple=True,
    metavar="A",
    help=options.numbers(
        "Measured lattice parameter of the pseudo-cubic cell; again for another sample.", "a_A"
    ),
)
@click.option(
    "--d",
    "d_A",
    multiple=True,
    metavar="A",
    help=options.numbers("Measured spacing of the planes --hkl; again for another sample.", "d_A"),
)
@click.option(
    "--peak",
    "two_theta_deg",
    multiple=True,
    metavar="DEG",
    help=options.numbers(
        "Measured 2theta of the peak --hkl; again for another peak of the same sample, from which "
        "a zero shift is told.",
        "two_theta_deg",
    ),
)
@click.option(
    "--hkl",
    nargs=3,
    type=options.Whole("hkl"),
    multiple=True,
    metavar="H K L",
    help="Index: one for each --d or --peak, in their order.",
)
@click.option(
    "--wavelength",
    metavar="LINE|A",
    help=options.numbers(
        "Of --peak: an X-ray line, or a wavelength in angstrom. Default: CuKa1.", "wavelength"
    ),
)
@click.option(
    "--su",
    multiple=True,
    metavar="SU",
    help="Standard uncertainty of the measured value: one for all, or one for each. Default: as "
    "in 6.110(4), else half of the last digit.",
)
@click.option(
    "--end",
    "ends",
    multiple=True,
    metavar="FORMULA=A",
    help="Lattice parameter of an end member; again for another. Default: that of 'perovdb "
    "lattice'.",
)
@click.option(
    "--setting",
    metavar="NAME",
    help="Cell of --hkl: pseudo-cubic, tetragonal (sqrt2 x sqrt2 x 2 or 1), orthorhombic (Pbnm "
    "or Pnma), or auto. Default: auto, the first that gives a composition.",
)
@options.temperature
@options.picture("Draw the samples on the line between the end members, or in their triangle")
@options.formats
def command(
    formulas: tuple[str, ...],
    a_A: tuple[str, ...],
    d_A: tuple[str, ...],
    two_theta_deg: tuple[str, ...],
    hkl: tuple[tuple[int, int, int], ...],
    wavelength: str | None,
    su: tuple[str, ...],
    ends: tuple[str, ...],
    setting: str | None,
    temperature_K: float,
    picture: options.Picture | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Composition of an alloy from a lattice parameter or peaks.

    Vegard's rule between two or three end members; the fraction is that of the second. Write
    numbers with the digits that they are known to: 6.110 is surer than 6.11. A composition out
    of range is said, not clipped. Of three end members one lattice parameter gives a line of
    compositions. --json gives a list, one answer for each sample.

    \b
    Example:
      perovdb infer CsPbBr3 CsPbI3 --end CsPbBr3=6.02 --end CsPbI3=6.41 --a 6.11 --a 6.08
    """
    from perovdb.answers.tables import fitted
    from perovdb.calculators.inference import card, infer, read_number

    if picture is not None:
        picture.check()
    numbers = _kind_of_measurement(a_A, d_A, two_theta_deg)
    if setting and not hkl:
        raise click.UsageError("--setting is that of an index; give --hkl.")
    readings = [
        read_number(number, uncertainty)
        for number, uncertainty in zip(numbers, _one_each(su, len(numbers), "--su"), strict=True)
    ]
    shared: dict[str, Any] = {
        "wavelength": wavelength,
        "setting": setting or "auto",
        "temperature_K": temperature_K,
    }
    members = _end_members(formulas, ends)
    if two_theta_deg:
        samples = [infer(members, two_theta_deg=readings, hkl=hkl, **shared)]
    else:
        if a_A and hkl:
            raise click.UsageError("--a has no index; leave --hkl out, or give --d or --peak.")
        indices = _one_each(hkl, len(readings), "--hkl")
        samples = [
            infer(
                members,
                a_A=reading if a_A else None,
                d_A=reading if d_A else None,
                hkl=index,
                **shared,
            )
            for reading, index in zip(readings, indices, strict=True)
        ]
    if picture is not None:
        from perovdb.plots import vegard

        picture.save(vegard(samples, style=picture.style))
    if as_json or as_csv:
        render.emit_all(samples, as_json, as_csv)
    else:
        with fitted(render.terminal_width()):
            render.emit_lines(card(samples))


def _end_members(formulas: tuple[str, ...], ends: tuple[str, ...]) -> Any:
    """The formulas, each with its lattice parameter as typed where one is given."""
    numbers: dict[str, str | None] = dict.fromkeys(formulas)
    for text in ends:
        formula, equals, number = text.partition("=")
        if not equals or formula not in numbers:
            raise click.BadParameter(
                f"'{text}' is not FORMULA=A of one of {', '.join(formulas)}.", param_hint="--end"
            )
        if numbers[formula] is not None:
            raise click.BadParameter(f"{formula} is given twice.", param_hint="--end")
        numbers[formula] = number
    return numbers if ends else formulas


def _kind_of_measurement(*kinds: tuple[str, ...]) -> tuple[str, ...]:
    measured = [numbers for numbers in kinds if numbers]
    if len(measured) != 1:
        raise click.UsageError("Give what was measured: one of --a, --d or --peak.")
    return measured[0]


def _one_each(values: tuple[Any, ...], n: int, name: str) -> list[Any]:
    """Values for n measurements out of none, one for all, or one for each."""
    if len(values) not in (0, 1, n):
        raise click.UsageError(f"{name} is given {len(values)} times for {n} measured values.")
    return list(values) if len(values) == n else [values[0] if values else None] * n
