"""The store as people ask it: every question answers with a data frame, units in the columns."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, ParamSpec, TypeVar, Unpack

from perovdb.facts import search
from perovdb.facts.bibtex import bibtex
from perovdb.facts.preferred import Preferred, preferred
from perovdb.facts.properties import COLUMNS, properties
from perovdb.facts.select import Filters, barriers, devices, read
from perovdb.store import Store, queries, using
from perovdb.store.connection import Record, Rows, own_path
from perovdb.store.gate import CURATED

if TYPE_CHECKING:
    import pandas as pd

P = ParamSpec("P")
T = TypeVar("T")


class FactStore(Store):
    """A store with its questions.

    The questions about facts take the same filters, which compose, see `Filters`: A, B, X (an
    ion, or one of several, on the site), fraction ({"FA": (0.1, 0.5)}), evidence (the least sure
    that is wanted), kind, source, year (or a pair from, to), within ({"barrier_eV": (0.2, 0.4)}, a
    range of a column of numbers) and limit (so many rows, the best). Rows come best first, as
    `perovdb.store.queries` tells. Each carries source, year, kind, evidence and locator.

    All raise FormulaError or UnknownSpecies for a formula or an ion that is not known, and
    InputError for a filter that cannot be used.
    """

    def __reduce__(self) -> tuple[type[FactStore], tuple[str, str | None]]:
        # A connection is not sent to another process: it opens the same files.
        return FactStore, (self.path, self.own)

    def ions(self) -> pd.DataFrame:
        """Ions of the registry: site, charge, atoms, SMILES."""
        return self._frame("ion", self._ask(queries.ions))

    def radii(
        self, species: str | None = None, radius_set: str | None = None, **filters: Unpack[Filters]
    ) -> pd.DataFrame:
        """Radii (radius_A) by ion, charge, coordination, spin and set."""
        return self._facts("radius", filters, equal={"species": species, "radius_set": radius_set})

    def phases(
        self, formula: str | None = None, phase: str | None = None, **filters: Unpack[Filters]
    ) -> pd.DataFrame:
        """Phases: lattice (a_A, ...), space group, volume_A3, Z, a_pseudocubic_A, temperature."""
        return self._facts("phase", filters, formula, {"phase": phase})

    def transitions(self, formula: str | None = None, **filters: Unpack[Filters]) -> pd.DataFrame:
        """Phase transitions: temperature_K, from_phase, to_phase."""
        return self._facts("transition", filters, formula)

    def properties(
        self,
        formula: str | None = None,
        name: str | None = None,
        form: str | None = None,
        **filters: Unpack[Filters],
    ) -> pd.DataFrame:
        """Properties, one number or statement a row: name (with its unit), value, min, max."""
        return _frame(self._ask(properties, formula, name, form, **filters), COLUMNS)

    def barriers(
        self, species: str | None = None, host: str | None = None, **filters: Unpack[Filters]
    ) -> pd.DataFrame:
        """Migration and exchange barriers (barrier_eV) by moving ion and host, with method."""
        return _frame_of(self._ask(barriers, species, host, **filters))

    def gap_series(self, **filters: Unpack[Filters]) -> pd.DataFrame:
        """How the gap runs between end members: bowing_eV and polynomials."""
        return self._facts("gap_series", filters)

    def formability(self, formula: str | None = None, **filters: Unpack[Filters]) -> pd.DataFrame:
        """Compounds with their experimental label: perovskite or not."""
        return self._facts("formability", filters, formula)

    def devices(
        self,
        formula: str | None = None,
        min_pce_pct: float | None = None,
        certified: bool = False,
        **filters: Unpack[Filters],
    ) -> pd.DataFrame:
        """Devices: pce_pct, jsc_mA_cm2, voc_V, ff_pct, architecture, treatment."""
        return _frame_of(self._ask(devices, formula, min_pce_pct, certified, **filters))

    def solvents(self, **filters: Unpack[Filters]) -> pd.DataFrame:
        """Solvents and ligands: polarity, dielectric constant, donor and acceptor numbers."""
        return self._facts("solvent_ligand", filters)

    def methods(self, **filters: Unpack[Filters]) -> pd.DataFrame:
        """Settings of calculations and instruments."""
        return self._facts("method", filters)

    def synthesis(self, **filters: Unpack[Filters]) -> pd.DataFrame:
        """Steps and amounts of syntheses."""
        return self._facts("synthesis", filters)

    def facts(
        self, table: str, formula: str | None = None, **filters: Unpack[Filters]
    ) -> pd.DataFrame:
        """Rows of any table of facts by its name, such as kinetics or other_property."""
        return self._facts(self._ask(queries.fact_table, table), filters, formula)

    def conflicts(self) -> pd.DataFrame:
        """Where sources disagree with themselves or with one another, and the rows concerned."""
        return _frame(self._ask(queries.conflicts), ("id", "scope", "statement", "rows"))

    def sources(self, keys: Iterable[str] | None = None) -> pd.DataFrame:
        """Sources by key; all by default."""
        if keys is None:
            return self._frame("source", self._ask(queries.all_sources))
        return self._frame("source", self._ask(queries.sources, keys))

    def search(self, text: str, limit: int = 20) -> pd.DataFrame:
        """Rows whose words hold all words of a text, best match first."""
        return _frame(self._ask(search.search, text, limit), search.COLUMNS)

    def preferred(
        self,
        formula: str,
        quantity: str,
        temperature_K: float | None = None,
        phase: str | None = None,
    ) -> Preferred:
        """The preferred value of a property, its spread and its source; see `facts.preferred`."""
        return self._ask(preferred, formula, quantity, temperature_K, phase)

    def bibtex(self, keys: Iterable[str]) -> str:
        """BibTeX entries of sources."""
        return self._ask(bibtex, keys)

    def __repr__(self) -> str:
        statistics = self._ask(queries.statistics)
        facts, sources = sum(statistics["evidence"].values()), statistics["tables"]["source"]
        own = f", with {self.own}" if self.own else ""
        return f"FactStore({facts} facts from {sources} sources{own})"

    def _repr_html_(self) -> str:
        from perovdb.answers.tables import html_table

        statistics = self._ask(queries.statistics)
        levels = ", ".join(f"{number} {level}" for level, number in statistics["evidence"].items())
        rows = [
            {"table": table, "rows": number, "columns": ", ".join(self._columns(table))}
            for table, number in statistics["tables"].items()
        ]
        return f"<p><b>{escape(repr(self))}</b>: {levels}</p>{html_table(rows)}"

    def _ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with using(self):
            return question(*args, **kwargs)

    def _facts(
        self,
        table: str,
        filters: Filters,
        formula: str | None = None,
        equal: dict[str, str | None] | None = None,
    ) -> pd.DataFrame:
        return _frame_of(self._ask(read, table, equal, formula, **filters))

    def _frame(self, table: str, rows: list[Record]) -> pd.DataFrame:
        return _frame(rows, self._columns(table))

    def _columns(self, table: str) -> list[str]:
        columns = self._ask(queries.columns, table)
        return [*columns, "year"] if "evidence" in columns and table != "ion" else columns


def open_store(path: str | os.PathLike[str] | None = None) -> FactStore:
    """The curated store, together with your own.

    Args:
        path: your own store; by default the one in use, as `using` or PEROVDB_STORE says.

    Raises:
        StoreError: a store is missing, damaged or of another schema.
    """
    own = own_path() if path is None else os.path.abspath(os.fspath(path))
    return _open(own, os.stat(own).st_mtime_ns if own and os.path.exists(own) else 0)


@lru_cache(maxsize=8)
def _open(own: str | None, version: int) -> FactStore:
    return FactStore(CURATED, own)


def _frame(rows: Iterable[Record], columns: Iterable[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def _frame_of(rows: Rows) -> pd.DataFrame:
    """Rows that never are dictionaries: there may be a million."""
    import pandas as pd

    return pd.DataFrame.from_records(list(rows.tuples()), columns=list(rows.names))
