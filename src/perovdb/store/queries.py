"""Questions that the rest of perovdb asks a store. Each answers with rows, best first.

"Best" is one rule for every table: what is recalled gives way to all else, and of the rest what is
computed to what comes from experiments; then read before second-hand; then measured before fitted
and derived; then of high before medium and low confidence; then the
newest source. Competing rows stay in the answer.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from perovdb.errors import InputError, MissingData
from perovdb.store.connection import Record, current_store, per_store
from perovdb.store.schema import ABOUT_ITSELF, column_types, tables, tables_with
from perovdb.store.selection import equals, matching, ranks


def _rows(query: str, parameters: tuple[Any, ...] = ()) -> list[Record]:
    return current_store().rows(query, parameters)


def facts(table: str, equal: Mapping[str, Any] | None = None) -> list[Record]:
    """Rows of a table of facts with the year of their source, best first.

    Args:
        table: a table that has evidence, kind and source.
        equal: column -> value that it must have.
    """
    return list(matching(table, [equals(*item) for item in (equal or {}).items()]))


def has_formula(formula: str) -> bool:
    """Whether any curated fact is about this very text of a formula."""
    return any(
        _rows(f"SELECT 1 FROM main.{table} WHERE formula = ? LIMIT 1", (formula,))
        for table in tables_with(current_store().connection, "formula", "evidence")
    )


def formulas() -> list[str]:
    """Every formula that a fact of the store in use is about."""
    tables = tables_with(current_store().connection, "formula", "evidence")
    every = " UNION ".join(f'SELECT formula FROM "{table}"' for table in tables)
    return [row["formula"] for row in _rows(f"{every} ORDER BY formula") if row["formula"]]


def values(table: str, column: str) -> list[str]:
    """All that stands in a column, each once."""
    rows = _rows(f'SELECT DISTINCT "{column}" AS word FROM "{table}" ORDER BY "{column}"')
    return [row["word"] for row in rows if row["word"]]


@per_store
def moving_species() -> set[str]:
    """Words that the curated store has for what moves: ions, and "halide" and the like."""
    rows = _rows("SELECT species FROM main.barrier")
    return {part for row in rows for part in row["species"].split(";")}


def ions() -> list[Record]:
    """Every ion of the registry, in the order of a canonical formula."""
    return _rows("SELECT * FROM ion ORDER BY formula_order")


def aliases() -> dict[str, str]:
    """Other ways to write an ion -> its species."""
    return {row["alias"]: row["species"] for row in _rows("SELECT * FROM ion_alias")}


def other_charges() -> dict[str, tuple[int, ...]]:
    """Ion -> its oxidation states beside the usual one, the commonest first."""
    states: dict[str, tuple[int, ...]] = {}
    for row in _rows("SELECT * FROM ion_charge ORDER BY rowid"):
        states[row["species"]] = (*states.get(row["species"], ()), row["charge"])
    return states


def radii(species: str) -> list[Record]:
    """Radii of an ion in every set."""
    rows = _rows(
        "SELECT * FROM radius WHERE species = ? "
        "ORDER BY radius_set, charge, coordination_number, id",
        (species,),
    )
    evidence = ranks("evidence_level")
    return sorted(rows, key=lambda row: evidence[row["evidence"]])


def phases(formula: str) -> list[Record]:
    """Phases of a compound, measured at whatever temperature."""
    return facts("phase", {"formula": formula})


def phase_sites(phase_id: str) -> list[Record]:
    """Sites of the asymmetric unit of a phase; none if the positions are not known."""
    return _rows("SELECT * FROM phase_site WHERE phase_id = ? ORDER BY site, label", (phase_id,))


def phase_atoms(phase_id: str) -> dict[str, list[Record]]:
    """Label of a site -> atoms of the molecule that stands there in order, in their order."""
    rows = _rows("SELECT * FROM phase_atom WHERE phase_id = ? ORDER BY label, atom", (phase_id,))
    return {label: list(atoms) for label, atoms in groupby(rows, key=itemgetter("label"))}


def vocabulary(table: str) -> list[str]:
    """Words of evidence_level, fact_kind or radius_set, in their order."""
    return [row["name"] for row in _rows(f'SELECT name FROM "{table}" ORDER BY rowid')]


def all_sources() -> list[Record]:
    """Every source, by key."""
    return _rows("SELECT * FROM source ORDER BY key")


def descriptor_windows() -> list[Record]:
    """Published windows of tolerance factors."""
    rows, evidence = _rows("SELECT * FROM descriptor_window ORDER BY id"), ranks("evidence_level")
    return sorted(rows, key=lambda row: (row["descriptor"], evidence[row["evidence"]]))


def molecule_atoms(species: str) -> list[Record]:
    """Atoms of a molecular ion: element, x_A, y_A, z_A.

    Raises:
        MissingData: the store has no geometry for it.
    """
    rows = _rows("SELECT * FROM molecule_atom WHERE species = ? ORDER BY atom", (species,))
    if not rows:
        raise MissingData(
            f"The store has no geometry for the molecular ion {species}.",
            "It can take part in look-ups and tolerance factors; for a model give its geometry.",
        )
    return rows


def molecule(species: str) -> Record:
    """The molecular ion as it was computed: method, point group, dipoles.

    Raises:
        MissingData: the store has none.
    """
    rows = _rows("SELECT * FROM molecule WHERE species = ?", (species,))
    if not rows:
        raise MissingData(f"The store has no dipole of {species}.", "Leave it out.")
    return rows[0]


def sources(keys: Iterable[str]) -> list[Record]:
    """Sources by key, in the order of the keys, each once.

    Raises:
        MissingData: there is no such key.
    """
    each = tuple(dict.fromkeys(keys))
    marks = ", ".join("?" * len(each))
    by_key = {
        row["key"]: row for row in _rows(f"SELECT * FROM source WHERE key IN ({marks})", each)
    }
    for key in each:
        if key not in by_key:
            near = _rows(
                "SELECT key FROM source WHERE key LIKE ? ORDER BY key LIMIT 5", (key[:4] + "%",)
            )
            hint = ", ".join(row["key"] for row in near)
            raise MissingData(
                f"There is no source '{key}'.",
                f"Near it: {hint}." if hint else "Answers print the keys of their sources.",
            )
    return [by_key[key] for key in each]


def wavelength(name: str) -> Record:
    """Wavelength of an X-ray line, such as CuKa1.

    Raises:
        InputError: there is no such line.
    """
    rows = _rows("SELECT * FROM radiation WHERE name = ?", (name,))
    if not rows:
        known = ", ".join(row["name"] for row in _rows("SELECT name FROM radiation"))
        raise InputError(
            f"'{name}' is not an X-ray line of the store.",
            f"Give a wavelength in angstrom, or one of: {known}.",
        )
    return rows[0]


def columns(table: str) -> list[str]:
    """Columns of a table, in their order."""
    return [*types(table)]


def types(table: str) -> dict[str, str]:
    """Column -> TEXT, REAL or INTEGER, in the order of the table."""
    return column_types(current_store().connection, table)


def column_meanings(table: str) -> list[Record]:
    """Column, unit and meaning of each column of a table."""
    meanings = {
        row["column_name"]: row
        for row in _rows("SELECT * FROM column_meaning WHERE table_name = ?", (table,))
    }
    return [
        {"column": name, "unit": meanings[name]["unit"], "meaning": meanings[name]["meaning"]}
        for name in columns(table)
    ]


def fact_tables() -> list[str]:
    """Tables that hold facts, or what facts point at."""
    return [table for table in tables(current_store().connection) if table not in ABOUT_ITSELF]


def fact_table(name: str) -> str:
    """The table that a name means: as it is, or its plural, such as barriers or radii.

    Raises:
        InputError: there is no such table.
    """
    known = fact_tables()
    plurals = {_plural(table): table for table in known}
    plurals |= {"solvents": "solvent_ligand", "ligands": "solvent_ligand", "gaps": "band_gap"}
    word = name.strip().casefold().replace("-", "_")
    table = word if word in known else plurals.get(word)
    if table is None:
        raise InputError(f"There is no table '{name}'.", f"Tables: {', '.join(known)}.")
    return table


def _plural(table: str) -> str:
    if table == "radius":
        return "radii"
    return table[:-1] + "ies" if table.endswith("y") else table + "s"


def search(query: str, limit: int) -> list[Record]:
    """Rows of the full-text index for a query of SQLite's FTS5, best match first."""
    hits = []
    for schema in current_store().schemas:
        hits += _rows(
            "SELECT table_name AS 'table', row_id AS id, formula, "
            "snippet(search, -1, '', '', ' ... ', 20) AS excerpt, source, kind, evidence, "
            "rank AS score "
            f"FROM {schema}.search WHERE search MATCH ? ORDER BY rank LIMIT ?",
            (query, limit),
        )
    hits.sort(key=lambda row: row["score"])
    return [{k: v for k, v in row.items() if k != "score"} for row in hits[:limit]]


def conflicts() -> list[Record]:
    """All conflicts; `rows` names the facts concerned as table:id, separated by ";"."""
    return _rows(
        "SELECT c.id, c.scope, c.statement, "
        "group_concat(r.table_name || ':' || r.row_id, ';') AS rows FROM conflict AS c "
        "LEFT JOIN conflict_row AS r ON r.conflict_id = c.id GROUP BY c.id ORDER BY c.id"
    )


def conflicts_of(rows: Iterable[tuple[str, str]]) -> list[Record]:
    """Conflicts that concern any of some rows, given as (table, id)."""
    concerned = list(dict.fromkeys(rows))
    pairs = ", ".join(["(?, ?)"] * len(concerned)) or "(NULL, NULL)"
    links: dict[str, list[str]] = {}
    for row in _rows(
        "SELECT conflict_id, row_id FROM conflict_row "
        f"WHERE (table_name, row_id) IN (VALUES {pairs}) ORDER BY conflict_id, table_name, row_id",
        tuple(word for pair in concerned for word in pair),
    ):
        links.setdefault(row["conflict_id"], []).append(row["row_id"])
    marks = ", ".join("?" * len(links))
    query = f"SELECT * FROM conflict WHERE id IN ({marks}) ORDER BY id"
    return [{**row, "rows": links[row["id"]]} for row in _rows(query, tuple(links))]


def statistics() -> Record:
    """Rows of every table, facts by evidence, schema version and digest of the curated data."""
    connection = current_store().connection
    rows = {
        table: _rows(f'SELECT count(*) AS n FROM "{table}"')[0]["n"]
        for table in tables(connection)
    }
    evidence = dict.fromkeys(vocabulary("evidence_level"), 0)
    for table in tables_with(connection, "evidence"):
        query = f'SELECT evidence, count(*) AS n FROM "{table}" GROUP BY evidence'
        for row in _rows(query):
            evidence[row["evidence"]] = evidence.get(row["evidence"], 0) + row["n"]
    meta = {row["key"]: row["value"] for row in _rows("SELECT * FROM main.meta")}
    return {
        "tables": rows,
        "evidence": evidence,
        "schema_version": int(meta["schema_version"]),
        "digest": meta["digest"],
    }
