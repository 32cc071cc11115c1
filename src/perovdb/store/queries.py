"""Questions that the rest of perovdb asks a store. Each answers with rows, best first.

"Best" is one rule for every table: read before second-hand before recalled; then measured
before fitted, derived and computed; then the newest source. Competing rows stay in the answer.
"""

from collections.abc import Iterable

from perovdb.errors import InputError, MissingData
from perovdb.store.connection import Record, Store

# Every fact table `f` can be ranked by this.
_RANKED = """
  JOIN evidence_level AS e ON e.name = f.evidence
  JOIN fact_kind AS k ON k.name = f.kind
  JOIN source AS s ON s.key = f.source
"""
_BEST_FIRST = "ORDER BY e.rank, k.rank, s.year DESC, f.id"


def ions(store: Store) -> list[Record]:
    """Every ion of the registry, in the order of a canonical formula."""
    return store.rows("SELECT * FROM ion ORDER BY formula_order")


def aliases(store: Store) -> dict[str, str]:
    """Other ways to write an ion -> its species."""
    return {row["alias"]: row["species"] for row in store.rows("SELECT * FROM ion_alias")}


def radii(store: Store, species: str) -> list[Record]:
    """Radii of an ion in every set."""
    return store.rows(
        f"SELECT f.* FROM radius AS f {_RANKED} WHERE f.species = ? "
        "ORDER BY e.rank, f.radius_set, f.charge, f.coordination_number, f.id",
        (species,),
    )


def phases(store: Store, formula: str) -> list[Record]:
    """Phases of a compound, measured at whatever temperature."""
    return store.rows(
        f"SELECT f.* FROM phase AS f {_RANKED} WHERE f.formula = ? {_BEST_FIRST}", (formula,)
    )


def phase_sites(store: Store, phase_id: str) -> list[Record]:
    """Sites of the asymmetric unit of a phase; none if the positions are not known."""
    return store.rows(
        "SELECT * FROM phase_site WHERE phase_id = ? ORDER BY site, label", (phase_id,)
    )


def band_gaps(store: Store, formula: str) -> list[Record]:
    """Band gaps of a compound."""
    return store.rows(
        f"SELECT f.* FROM band_gap AS f {_RANKED} WHERE f.formula = ? {_BEST_FIRST}", (formula,)
    )


def molecule_atoms(store: Store, species: str) -> list[Record]:
    """Atoms of a molecular ion: element, x_A, y_A, z_A.

    Raises:
        MissingData: the store has no geometry for it.
    """
    rows = store.rows("SELECT * FROM molecule_atom WHERE species = ? ORDER BY atom", (species,))
    if not rows:
        raise MissingData(
            f"The store has no geometry for the molecular ion {species}.",
            "It can take part in look-ups and tolerance factors, but not in structures.",
        )
    return rows


def sources(store: Store, keys: Iterable[str]) -> list[Record]:
    """Sources by key, in the order of the keys, each once.

    Raises:
        MissingData: there is no such key.
    """
    wanted = tuple(dict.fromkeys(keys))
    marks = ", ".join("?" * len(wanted))
    found = {
        row["key"]: row
        for row in store.rows(f"SELECT * FROM source WHERE key IN ({marks})", wanted)
    }
    for key in wanted:
        if key not in found:
            near = store.rows(
                "SELECT key FROM source WHERE key LIKE ? ORDER BY key LIMIT 5", (key[:4] + "%",)
            )
            hint = ", ".join(row["key"] for row in near)
            raise MissingData(
                f"There is no source '{key}'.",
                f"Near it: {hint}." if hint else "Answers print the keys of their sources.",
            )
    return [found[key] for key in wanted]


def wavelength(store: Store, name: str) -> Record:
    """Wavelength of an X-ray line, such as CuKa1.

    Raises:
        InputError: there is no such line.
    """
    rows = store.rows("SELECT * FROM radiation WHERE name = ?", (name,))
    if not rows:
        known = ", ".join(row["name"] for row in store.rows("SELECT name FROM radiation"))
        raise InputError(
            f"'{name}' is not an X-ray line of the store.",
            f"Give a wavelength in angstrom, or one of: {known}.",
        )
    return rows[0]
