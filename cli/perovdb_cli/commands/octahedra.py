"""perovdb octahedra FORMULA|FILE"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options, render

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovdb.structures.octahedra.bonds import Octahedron
    from perovdb.structures.octahedra.comparison import Change, Comparison
    from perovdb.structures.octahedra.distortion import Distortion

#: What a table shows of an octahedron -> digits after the point.
SHOWN = {
    "mean_bond_A": 4,
    "bond_length_distortion": 6,
    "angle_variance_deg2": 3,
    "quadratic_elongation": 5,
    "off_centre_A": 4,
    "volume_A3": 2,
}


@click.command()
@click.argument("source", metavar="FORMULA|FILE")
@click.option(
    "--with", "after", metavar="FILE", help="Compare with this structure of the same B sites."
)
@options.phase
@options.temperature
@options.as_json
@options.as_csv
def command(
    source: str,
    after: str | None,
    phase: str | None,
    temperature_K: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Octahedra: bonds, angles, off-centring, tilts; what changed.

    Tilts are turns about the pseudo-cubic axes; the Glazer system is a guess from how neighbours
    turn. With a second file the changes of each octahedron are listed, nearest to what is missing
    there first.

    \b
    Example:
      perovdb octahedra CsPbI3 --phase gamma
    """
    from perovdb.structures.octahedra.comparison import compare
    from perovdb.structures.octahedra.distortion import density_g_cm3, distortion
    from perovdb.structures.units import closest_contact

    before = _structure(source, phase, temperature_K)
    if after is not None:
        _emit_comparison(
            source, after, compare(before, _structure(after, None, temperature_K)), as_json, as_csv
        )
        return
    found = distortion(before)
    if as_json:
        render.emit_json(
            {
                "source": source,
                **found.to_dict(),
                "density_g_cm3": density_g_cm3(before) if all(before.lattice.pbc) else None,
                "closest_contact_A": round(closest_contact(before), 6),
            }
        )
        return
    rows = [_row(one) for one in found.octahedra]
    if as_csv:
        render.emit_csv(rows)
        return
    click.echo(_head(source, found))
    if found.shared_edges:
        click.echo(
            f"  note: {found.shared_edges} pairs of octahedra share more than a corner: this is "
            "no perovskite, and its tilts mean nothing"
        )
    render.emit_lines(render.table(rows))


def _structure(source: str, phase: str | None, temperature_K: float) -> Structure:
    from perovdb.structures.builder import build
    from perovdb.structures.files.reading import read_structure

    if not is_file_name(source):
        return build(source, phase, temperature_K=temperature_K)
    if phase is not None:
        raise click.UsageError(f"--phase is that of a formula; {source} is a file.")
    return read_structure(source)


def _head(source: str, found: Distortion) -> str:
    bridges = [angle for angle in found.bridge_angles_deg if math.isfinite(angle)]
    angles = f"B-X-B {min(bridges):.2f} to {max(bridges):.2f} deg" if bridges else "no B-X-B"
    return (
        f"{source}: {found.complete} of {len(found.octahedra)} octahedra complete, "
        f"{found.glazer}, {angles}"
    )


def _row(one: Octahedron) -> dict[str, Any]:
    row: dict[str, Any] = {"B": f"{one.ion}{one.site + 1}", "X": len(one.corners)}
    for name, digits in SHOWN.items():
        row[name] = _rounded(getattr(one, name), digits)
    for axis, angle in zip("abc", one.tilt_deg, strict=True):
        row[f"tilt_{axis}_deg"] = _rounded(angle, 2)
    return row


def _rounded(value: float, digits: int) -> float | None:
    """A number for a table, without a minus before zero; nothing where there is none."""
    return round(value, digits) + 0.0 if math.isfinite(value) else None


def _emit_comparison(
    before: str, after: str, found: Comparison, as_json: bool, as_csv: bool
) -> None:
    if as_json:
        render.emit_json({"before_file": before, "after_file": after, **found.to_dict()})
        return
    rows = [_change_row(change) for change in found.changes]
    if as_csv:
        render.emit_csv(rows)
        return
    click.echo(_head(before, found.before))
    click.echo(_head(after, found.after))
    render.emit_lines(render.table(rows))


def _change_row(change: Change) -> dict[str, Any]:
    row: dict[str, Any] = {
        "B": change.site + 1,
        "distance_A": _rounded(change.distance_A, 3),
        "lost": " ".join(change.lost_corners),
        "gained": " ".join(change.gained_corners),
        "moved_A": _rounded(change.moved_A, 4),
        "turned_deg": _rounded(change.turned_deg, 2),
    }
    for name, digits in SHOWN.items():
        row[f"d_{name}"] = _rounded(change.differences[name], digits)
    return row
