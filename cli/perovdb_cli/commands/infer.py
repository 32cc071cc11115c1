"""perovdb infer END1 END2 [END3]"""

from __future__ import annotations

import re
from typing import Any

import click

from perovdb_cli import options, render
from perovdb_cli.inference_answers import (
    Answer,
    head_lines,
    inference_answer,
    inference_rows,
    measured_text,
)

_NUMBER = re.compile(r"[\d.][\d.()eE+-]*")


class EndsTakesAll(click.Command):
    """A command whose --ends takes all numbers behind it: two or three of them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        gathered: list[str] = []
        rest = list(args)
        while rest:
            gathered.append(rest.pop(0))
            if gathered[-1] == "--ends":
                numbers = []
                while rest and _NUMBER.fullmatch(rest[0]):
                    numbers.append(rest.pop(0))
                if numbers:
                    gathered.append(" ".join(numbers))
        return super().parse_args(ctx, gathered)


@click.command(cls=EndsTakesAll)
@click.argument("formulas", nargs=-1, required=True, metavar="END1 END2 [END3]")
@click.option(
    "--a",
    "a_A",
    multiple=True,
    metavar="A",
    help="Measured lattice parameter of the pseudo-cubic cell; again for another sample.",
)
@click.option(
    "--d",
    "d_A",
    multiple=True,
    metavar="A",
    help="Measured spacing of the planes --hkl; again for another sample.",
)
@click.option(
    "--peak",
    "two_theta_deg",
    multiple=True,
    metavar="DEG",
    help="Measured 2theta of the peak --hkl; again for another peak of the same sample, from "
    "which a zero shift is told.",
)
@click.option(
    "--hkl",
    nargs=3,
    type=int,
    multiple=True,
    metavar="H K L",
    help="Index: one for each --d or --peak, in their order.",
)
@click.option(
    "--wavelength",
    metavar="LINE|A",
    help="Of --peak: an X-ray line, or a wavelength in angstrom. Default: CuKa1.",
)
@click.option(
    "--su",
    multiple=True,
    metavar="SU",
    help="Standard uncertainty of the measured value: one for all, or one for each. Default: as "
    "in 6.110(4), else half of the last digit.",
)
@click.option(
    "--ends",
    "ends_a_A",
    metavar="A1 A2 [A3]",
    help="Lattice parameters of the end members. Default: those of 'perovdb lattice'.",
)
@click.option(
    "--setting",
    metavar="NAME",
    help="Cell of --hkl: pseudo-cubic, tetragonal (sqrt2 x sqrt2 x 2 or 1), orthorhombic (Pbnm "
    "or Pnma), or auto. Default: auto, the first that gives a composition.",
)
@options.temperature
@options.picture("Draw the samples on the line between the end members, or in their triangle")
@options.as_json
@options.as_csv
def command(
    formulas: tuple[str, ...],
    a_A: tuple[str, ...],
    d_A: tuple[str, ...],
    two_theta_deg: tuple[str, ...],
    hkl: tuple[tuple[int, int, int], ...],
    wavelength: str | None,
    su: tuple[str, ...],
    ends_a_A: str | None,
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
      perovdb infer CsPbBr3 CsPbI3 --ends 6.02 6.41 --a 6.11 --a 6.08
    """
    from perovdb.calculators.inference import infer

    if picture is not None:
        picture.check()
    numbers = _kind_of_measurement(a_A, d_A, two_theta_deg)
    if setting and not hkl:
        raise click.UsageError("--setting is that of an index; give --hkl.")
    shared: Answer = {
        "ends_a_A": re.split(r"[\s,]+", ends_a_A.strip()) if ends_a_A is not None else None,
        "wavelength": wavelength,
        "setting": setting or "auto",
        "temperature_K": temperature_K,
    }
    if two_theta_deg:
        found = [infer(formulas, two_theta_deg=two_theta_deg, hkl=hkl, su=su or None, **shared)]
    else:
        name = "a_A" if a_A else "d_A"
        uncertainties = _one_each(su, len(numbers), "--su")
        if a_A and hkl:
            raise click.UsageError("--a has no index; leave --hkl out, or give --d or --peak.")
        indices = [None] * len(numbers) if a_A else _one_each(hkl, len(numbers), "--hkl")
        samples: list[Answer] = [
            {name: number, "hkl": index, "su": uncertainty}
            for number, index, uncertainty in zip(numbers, indices, uncertainties, strict=True)
        ]
        found = [infer(formulas, **sample, **shared) for sample in samples]
    if picture is not None:
        from perovdb.plots import vegard

        picture.save(vegard(found, style=picture.style))
    if as_json:
        render.emit_json([inference_answer(one) for one in found])
        return
    rows = [row for one in found for row in inference_rows(one, as_csv)]
    if as_csv:
        render.emit_csv(rows)
        return
    render.emit_lines(head_lines(found[0]) + render.table(rows))
    reasons = [f"{measured_text(one.measured)}: {one.reason}" for one in found if one.reason]
    render.emit_notes(list(dict.fromkeys([*reasons, *(n for one in found for n in one.notes)])))


def _kind_of_measurement(*kinds: tuple[str, ...]) -> tuple[str, ...]:
    given = [numbers for numbers in kinds if numbers]
    if len(given) != 1:
        raise click.UsageError("Give what was measured: one of --a, --d or --peak.")
    return given[0]


def _one_each(values: tuple[Any, ...], n: int, name: str) -> list[Any]:
    """Values for n measurements out of none, one for all, or one for each."""
    if len(values) not in (0, 1, n):
        raise click.UsageError(f"{name} is given {len(values)} times for {n} measured values.")
    return list(values) if len(values) == n else [values[0] if values else None] * n
