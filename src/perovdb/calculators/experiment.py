"""What experiment says of mixed compositions: limits of solubility, lattice parameters of samples.

A row of `solubility_limit_share` names the host by its formula and, as its meaning, the ion and
the site, as in "Cl on X".
"""

from collections.abc import Collection, Iterator, Mapping

from perovdb.composition import Composition, as_composition, parse
from perovdb.facts.select import select
from perovdb.store import per_store
from perovdb.store.connection import Record

#: Words for perovskite phases of records of samples.
_PEROVSKITES = ("alpha", "beta", "gamma", "pseudo-cubic")


@per_store
def _limits() -> list[tuple[str, str, str, Record]]:
    """Ion, site, the host's ion there, and the row."""
    found = []
    for row in select("other_property"):
        if row["property"] == "solubility_limit_share" and row["value"] is not None:
            ion, _, site = row["meaning"].split()
            (of_host,) = parse(row["formula"]).sites[site]
            found.append((ion, site, of_host, row))
    return found


def _near(sites: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str, Record]]:
    for ion, site, of_host, row in _limits():
        if ion in sites[site] and of_host in sites[site]:
            yield ion, site, row


def solubility_notes(composition: Composition) -> list[str]:
    """What experiment says against a composition: ions that it holds more of than entered."""
    notes = []
    for ion, site, row in _near(composition.sites):
        share, most = composition.sites[site][ion], row["value"]
        # A limit told as "<" must not be reached.
        if share > most or (row["qualifier"] == "<" and share >= most):
            notes.append(f"{ion} {share:g} of {site}: {_told(row)}")
    return notes


def space_notes(sites: Mapping[str, Collection[str]]) -> list[str]:
    """The limits that bear on a space of ions."""
    return [f"{ion} on {site}: {_told(row)}" for ion, site, row in _near(sites)]


def _told(row: Record) -> str:
    return f"{row['statement']} ({row['evidence']}, {row['source']})"


@per_store
def measured_samples() -> list[Record]:
    """Measured lattice parameters of samples of mixed perovskites, at room temperature."""
    rows = [
        row
        for row in select("structure_record", kind="measured")
        if row["lattice_parameter_A"] is not None
        and row["formula"]
        and row["phase"] in _PEROVSKITES
    ]
    mixed = []
    for row in rows:
        composition = as_composition(row["formula"])
        if composition.is_perovskite and len(composition.end_members()) > 1:
            mixed.append(row)
    return mixed


def sample_notes(formula: str, but: str) -> list[str]:
    """Lattice parameters of samples of a composition that the store has, but for one row."""
    rows = [
        row
        for row in select("structure_record", kind="measured")
        if row["formula"] == formula and row["lattice_parameter_A"] is not None
    ]
    return [
        f"{formula}: also measured: {row['lattice_parameter_A']:g} A, {row['sample']}, "
        f"{row['method']} ({row['source']})"
        for row in rows
        if row["lattice_parameter_A"] is not None
        and row["formula"] == formula
        and row["id"] != but
    ]
