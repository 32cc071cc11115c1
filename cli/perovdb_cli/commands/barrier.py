"""perovdb barrier DIR..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from perovdb_cli import options, render

if TYPE_CHECKING:
    from perovdb.results.reading import Barrier


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...")
@click.option(
    "--images",
    type=click.IntRange(3),
    metavar="N",
    help="Images in a step, ends included: for an ASE trajectory that does not tell it.",
)
@options.temperature
@options.attempts
@click.option(
    "--neighbours",
    type=click.IntRange(1),
    metavar="N",
    help="Ways that lead from a site, for diffusion. Default: as manifest.json tells.",
)
@click.option(
    "--distance",
    "distance_A",
    type=float,
    metavar="A",
    help="Length of the hop, for diffusion. Default: as manifest.json tells.",
)
@click.option("--plot", metavar="FILE", help="Draw the profiles: *.png, *.svg or *.pdf.")
@click.option("--save", "to_save", is_flag=True, help="Put the barriers into your own store.")
@click.option(
    "--source",
    metavar="KEY",
    help="Source that saved rows name; made if it is not there. Default: from manifest.json.",
)
@click.option("--force", is_flag=True, help="Save what is not converged too; its row says so.")
@options.as_json
@options.as_csv
def command(
    folders: tuple[str, ...],
    images: int | None,
    temperature_K: float,
    attempts_Hz: float | None,
    neighbours: int | None,
    distance_A: float | None,
    plot: str | None,
    to_save: bool,
    source: str | None,
    force: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Barrier and profile of a finished band.

    Reads folders in which VASP, CP2K, Quantum ESPRESSO or ASE ran a band, and says whether the
    barrier can be trusted. Of several folders it gives mean and spread, too. The barrier is that
    of the highest image, as the codes print it; the curve through the images may rise above it.

    \b
    Example:
      perovdb barrier band
    """
    from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ
    from perovdb.errors import ResultError
    from perovdb.results.reading import read_barrier
    from perovdb.results.series import average, kinetics

    attempts_Hz = ATTEMPT_FREQUENCY_HZ if attempts_Hz is None else attempts_Hz
    if (source is not None or force) and not to_save:
        raise click.UsageError("--source and --force go with --save.")
    if plot is not None:
        from perovdb_cli.pictures import check_picture

        check_picture(plot)
    found: list[Barrier] = []
    failed: list[dict[str, str]] = []
    for folder in dict.fromkeys(folders):
        try:
            found.append(read_barrier(folder, images))
        except ResultError as error:
            if len(folders) == 1:
                raise
            failed.append({"folder": folder, "error": str(error)})
    records = [
        {
            **barrier.record(),
            "kinetics": kinetics(barrier, temperature_K, attempts_Hz, neighbours, distance_A),
        }
        for barrier in found
    ]
    if to_save:
        _save(found, records, source, force)
    if plot is not None and found:
        from perovdb_cli.band_pictures import draw_profiles

        draw_profiles(plot, found)
    if len(folders) == 1:
        _emit_one(records[0], as_json, as_csv)
        return
    mean = vars(average(found, temperature_K, attempts_Hz))
    _emit_series(records, failed, mean, as_json, as_csv)
    if failed:
        raise ResultError(
            f"{len(failed)} of {len(failed) + len(found)} folders cannot be read.",
            "Each says why.",
        )


def _save(
    found: list[Barrier], records: list[dict[str, Any]], source: str | None, force: bool
) -> None:
    from perovdb.errors import ResultError
    from perovdb.results.save import save

    bad = [barrier for barrier in found if not barrier.converged]
    if bad and not force:
        # Nothing is saved unless all can be.
        raise ResultError(
            f"Nothing is saved: {bad[0].folder} is not converged. {bad[0].problems[0].what}",
            f"{bad[0].problems[0].mend} Or save it as it is by --force.",
        )
    for barrier, record in zip(found, records, strict=True):
        row = save(barrier, source=source, force=force)
        record["saved"] = {key: row[key] for key in ("id", "source", "saved")}
        if not row["saved"] and source not in (None, row["source"]):
            record["saved"]["note"] = (
                f"--source {source} was not taken: the row keeps its source; the same files are "
                "one result. For a row under another source save into another store, --store FILE"
            )


def _emit_one(record: dict[str, Any], as_json: bool, as_csv: bool) -> None:
    if as_json:
        render.emit_json(record)
        return
    rows = [{"image": number, **image} for number, image in enumerate(record["images"])]
    if as_csv:
        render.emit_csv(rows)
        return
    lines = [
        f"{record['folder']}: {record['code']} {record['version'] or ''}".rstrip()
        + f", {len(rows)} images, {record['verdict']}",
        f"  barrier forward {record['barrier_forward_eV']:z.4f} eV, backward "
        f"{record['barrier_backward_eV']:z.4f} eV, reaction "
        f"{record['reaction_energy_eV']:z.4f} eV",
        f"  curve forward {record['curve_forward_eV']:z.4f} eV, backward "
        f"{record['curve_backward_eV']:z.4f} eV, saddle at {record['saddle_coordinate_A']:.3f} A",
        f"  energy: {record['energy']}",
        f"  curve: {record['curve']}",
        *_told(record["kinetics"]),
        *render.table([_shown(row) for row in rows], indent="  "),
        *(f"  problem: {text}" for text in record["problems"]),
        *(f"  note: {text}" for text in record["notes"]),
        *_saved(record),
    ]
    render.emit_lines(lines)


def _shown(image: dict[str, Any]) -> render.Row:
    slope, force = image["slope_eV_A"], image["force_eV_A"]
    return {
        "image": image["image"],
        "path / A": f"{image['coordinate_A']:.3f}",
        "energy / eV": f"{image['energy_eV']:z.4f}",
        "slope / eV/A": None if slope is None else f"{slope:.3f}",
        "force / eV/A": None if force is None else f"{force:.3f}",
    }


def _told(kinetics: dict[str, Any]) -> list[str]:
    lines = [
        f"  at {kinetics['temperature_K']:g} K and {kinetics['attempt_frequency_Hz']:g} Hz: "
        f"{kinetics['hop_rate_Hz']:.3g} hops/s forward, "
        f"{kinetics['hop_rate_backward_Hz']:.3g} backward"
    ]
    if kinetics["vacancy_diffusion_cm2_s"] is not None:
        lines.append(
            f"  vacancy diffusion {kinetics['vacancy_diffusion_cm2_s']:.3g} cm2/s by "
            f"{kinetics['neighbours']} hops of {kinetics['distance_A']:.3f} A from a site"
        )
    return lines


def _saved(record: dict[str, Any]) -> list[str]:
    if "saved" not in record:
        return []
    row = record["saved"]
    done = "saved" if row["saved"] else "stands in your store already"
    lines = [f"  {done}: {row['id']}, source {row['source']}"]
    return lines + ([f"  {row['note']}"] if "note" in row else [])


def _emit_series(
    records: list[dict[str, Any]],
    failed: list[dict[str, str]],
    mean: dict[str, Any],
    as_json: bool,
    as_csv: bool,
) -> None:
    if as_json:
        render.emit_json({"barriers": records, "failed": failed, "average": mean})
        return
    rows = [_line(record) for record in records]
    if as_csv:
        render.emit_csv(rows)
        return
    shown = [
        {
            key: f"{value:z.4f}" if key.endswith("_eV") else render.cell(value)
            for key, value in row.items()
        }
        for row in rows
    ]
    lines = render.table(shown)
    for record in records:
        lines += [f"{record['folder']}: problem: {text}" for text in record["problems"]]
        lines += [f"{record['folder']}:{line}" for line in _saved(record)]
    lines += [f"{one['folder']}: cannot be read: {one['error']}" for one in failed]
    if mean["count"]:
        spread = "" if mean["deviation_eV"] is None else f" +- {mean['deviation_eV']:z.4f}"
        lines.append(
            f"mean of {mean['count']}: {mean['mean_eV']:z.4f}{spread} eV, from "
            f"{mean['lowest_eV']:z.4f} to {mean['highest_eV']:z.4f}; mean rate "
            f"{mean['rate_Hz']:.3g} hops/s"
        )
    if mean["left_out"]:
        lines.append(f"left out of the mean, not converged: {', '.join(mean['left_out'])}")
    render.emit_lines(lines)


def _line(record: dict[str, Any]) -> dict[str, Any]:
    keys = (
        "folder",
        "code",
        "barrier_forward_eV",
        "barrier_backward_eV",
        "reaction_energy_eV",
        "curve_forward_eV",
        "converged",
    )
    return {
        **{key: record[key] for key in keys},
        "images": len(record["images"]),
        "hop_rate_Hz": record["kinetics"]["hop_rate_Hz"],
        "vacancy_diffusion_cm2_s": record["kinetics"]["vacancy_diffusion_cm2_s"],
        "problems": len(record["problems"]),
    }
