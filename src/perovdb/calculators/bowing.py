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
    found = [
        (len(set(beside) - others), value, row)
        for of_site, ions, others, value, row in _series()
        if of_site == site and ions == {i, j}
    ]
    near = [entry for entry in found if entry[0] < 2]
    if not near:
        return None
    # min() keeps the store's order of preference among equals.
    best = min(near, key=lambda entry: entry[0])
    foreign, value, row = best
    return Bowing(
        site, (i, j), value, row["series"], row["source"], row["kind"], row["evidence"],
        tuple(entry[1] for entry in found if entry is not best), foreign > 0,
    )  # fmt: skip


@per_store
def _series() -> list[tuple[str, set[str], set[str], float, Record]]:
    """Site, two ions exchanged, the others, bowing and row of series of perovskites with one."""
    found = []
    for row in select("gap_series"):
        value = _bowing_of(row)
        if value is None or not (row["site"] and row["end_1"] and row["end_2"]):
            continue
        ends = [as_composition(row[end]) for end in ("end_1", "end_2")]
        if not all(end.is_perovskite for end in ends):
            continue
        ions = {ion for end in ends for ion in end.sites[row["site"]]}
        others = {ion for end in ends for ion in end.species} - ions
        found.append((row["site"], ions, others, value, row))
    return found


def _bowing_of(row: Record) -> float | None:
    for column in ("bowing_eV", "c2_eV"):
        if row[column] is not None:
            return float(row[column])
    if row["bowing_min_eV"] is not None and row["bowing_max_eV"] is not None:
        return float(row["bowing_min_eV"] + row["bowing_max_eV"]) / 2
    return None


def bowing_note(found: Bowing) -> str:
    """Where a bowing is from, and what other series say."""
    others = ", ".join(f"{value:g}" for value in found.competing_eV)
    return (
        f"bowing {found.site} {'-'.join(found.ions)}: {found.bowing_eV:g} eV "
        f"{'borrowed ' if found.borrowed else ''}from {found.series} "
        f"({found.evidence}, {found.source})" + (f"; other series say {others}" if others else "")
    )
