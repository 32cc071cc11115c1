"""How the gap bends between two compounds that exchange two ions: bowing parameters.

E(x) = (1 - x) E1 + x E2 - b x (1 - x); b is the quadratic coefficient of the printed series
E(x) = c0 + c1 x + c2 x^2.
"""

from collections.abc import Collection
from typing import NamedTuple

from perovdb.composition import as_composition
from perovdb.facts.select import select
from perovdb.store import per_store
from perovdb.store.connection import Record


class Bowing(NamedTuple):
    """The bowing parameter of two ions on a site, from one series of compounds.

    It is borrowed if the series has another ion on one of the two other sites.
    """

    site: str
    ions: tuple[str, str]
    bowing_eV: float
    series: str
    source: str
    kind: str
    evidence: str
    competing_eV: tuple[float, ...]
    borrowed: bool


def bowing(site: str, i: str, j: str, beside: Collection[str] = ()) -> Bowing | None:
    """The bowing of two ions on a site; none if no series states it.

    A series with the ions `beside` on both other sites comes first, then one with one of them,
    which is borrowed; one with neither does not count. Among equals the store's order of
    preference decides. A range gives its middle.
    """
    every = [
        (len(set(beside) - others), value, row)
        for of_site, ions, others, value, row in _series()
        if of_site == site and ions == {i, j}
    ]
    near = [entry for entry in every if entry[0] < 2]
    if not near:
        return None
    # min() keeps the store's order of preference among equals.
    best = min(near, key=lambda entry: entry[0])
    foreign, value, row = best
    return Bowing(
        site=site,
        ions=(i, j),
        bowing_eV=value,
        series=row["series"],
        source=row["source"],
        kind=row["kind"],
        evidence=row["evidence"],
        competing_eV=tuple(entry[1] for entry in every if entry is not best),
        borrowed=foreign > 0,
    )


@per_store
def _series() -> list[tuple[str, set[str], set[str], float, Record]]:
    """Site, two ions exchanged, the others, bowing and row of series of perovskites with one."""
    series = []
    for row in select("gap_series"):
        value = _bowing_of(row)
        if value is None or not (row["site"] and row["end_1"] and row["end_2"]):
            continue
        ends = [as_composition(row[end]) for end in ("end_1", "end_2")]
        if not all(end.is_perovskite for end in ends):
            continue
        ions = {ion for end in ends for ion in end.sites[row["site"]]}
        others = {ion for end in ends for ion in end.species} - ions
        series.append((row["site"], ions, others, value, row))
    return series


def _bowing_of(row: Record) -> float | None:
    for column in ("bowing_eV", "c2_eV"):
        if row[column] is not None:
            return float(row[column])
    if row["bowing_min_eV"] is not None and row["bowing_max_eV"] is not None:
        return float(row["bowing_min_eV"] + row["bowing_max_eV"]) / 2
    return None


def bowing_note(one: Bowing) -> str:
    """Where a bowing is from, and what other series say."""
    others = ", ".join(f"{value:g}" for value in one.competing_eV)
    return (
        f"bowing {one.site} {'-'.join(one.ions)}: {one.bowing_eV:g} eV "
        f"{'borrowed ' if one.borrowed else ''}from {one.series} "
        f"({one.evidence}, {one.source})" + (f"; other series say {others}" if others else "")
    )
