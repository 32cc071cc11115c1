"""What the commands that compute on this machine share: engines, progress, being stopped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from perovdb_cli import render

engine = click.option(
    "--engine",
    default="7net-0",
    show_default=True,
    metavar="NAME",
    help="7net-0, 7net-l3i5, chgnet, chgnet-r2scan; or module:factory or file.py:factory, which "
    "gives a calculator of ASE.",
)

check = click.option("--check", metavar="NAME", help="A second engine, whose value stands beside.")

output = click.option(
    "-o",
    "--output",
    metavar="DIR",
    help="Folder of the run. Default: one in the cache, by what is asked.",
)


@contextmanager
def watched() -> Iterator[Callable[[str, int, float, float], None] | None]:
    """What tells on a terminal's stderr how far a search is; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    told = 0.0

    def tell(stage: str, calls: int, energy_eV: float, fmax_eV_A: float) -> None:
        nonlocal told
        if time.monotonic() - told > 0.5:
            told = time.monotonic()
            line = f"{stage}: {calls} calls, {energy_eV:.3f} eV, force {fmax_eV_A:.3f} eV/A"
            sys.stderr.write(f"\r{line:<70}")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write(f"\r{'':<70}\r")


@contextmanager
def stopped() -> Iterator[None]:
    """Ctrl-C is answered by how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        render.say("stopped; the same command goes on from here", err=True)
        raise
