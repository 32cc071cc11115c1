"""Write docs/data.md: what the tables hold, from the store that data/ was built into.

python docs/make_data_page.py            writes the page
python docs/make_data_page.py --check    exits with 1 if the page is out of date
"""

import argparse
import sys
from pathlib import Path

from perovdb.errors import PerovdbError
from perovdb.facts.conditions import temperature_text
from perovdb.store import Store, queries

PAGE = Path(__file__).with_name("data.md")

#: What a row of each table is.
TABLES = {
    "source": "Works that facts come from.",
    "ion": "Ions that formulas are made of.",
    "ion_charge": "Oxidation states beside the usual one, for formulas that they make neutral.",
    "ion_alias": "Other ways to write an ion.",
    "radius": "Ionic radii, by charge, coordination, spin and set.",
    "ion_statement": "What papers say of ions in words.",
    "molecule": "Molecular cations whose geometry is known, and their dipoles.",
    "molecule_atom": "Atoms of those cations.",
    "phase": "Unit cells of compounds in their phases.",
    "phase_site": "Sites of the asymmetric unit, where positions are known.",
    "phase_atom": "Atoms of the molecules that a crystal holds in order.",
    "transition": "Phase transitions.",
    "band_gap": "Band gaps and luminescence energies of compounds.",
    "gap_series": "Gaps of mixed compounds as a function of composition.",
    "gap_median": "Medians of the gaps that a database of papers has of a composition.",
    "gap_term": "Terms of the model of gaps, fitted to the gaps above (data/fit_gaps.py).",
    "barrier": "Barriers and activation energies of migration and exchange.",
    "kinetics": "Times and rates of exchange and migration.",
    "formability": "ABX3 compounds: do they form a perovskite? With t, mu and tau.",
    "descriptor_window": "Between which values a descriptor says perovskite.",
    "material": "Samples: composition, form, size, phase.",
    "structure_record": "Diffraction angles, plane spacings, lattice parameters of samples.",
    "optical": "Luminescence, absorption and quantum yields of samples.",
    "defect_energy": "Energies of defects, surfaces and adsorption, computed.",
    "device": "Solar cells, LEDs and detectors.",
    "solvent_ligand": "Solvents and ligands: polarity, role, effect.",
    "method": "Settings of calculations and instruments.",
    "synthesis": "Steps of syntheses and their parameters.",
    "other_property": "Properties without a table of their own.",
    "conflict": "Where a paper disagrees with itself or with another.",
    "conflict_row": "The rows that a conflict is about.",
    "radiation": "Wavelengths of X-ray lines.",
}
VOCABULARY = {
    "evidence_level": "How sure we are (`evidence`), best first",
    "fact_kind": "How a fact was obtained (`kind`), preferred first",
    "radius_set": "Sets of radii (`radius_set`)",
}
#: Tables about the store itself.
INNER = {"column_meaning", "meta"}

#: Columns that most tables of facts have, told once.
COMMON = (
    "id", "source", "cited_sources", "locator", "quote", "quote_2", "kind", "evidence",
    "confidence", "qualifier", "note",
)  # fmt: skip


def page(store: Store) -> str:
    """The text of the page."""
    counts = queries.statistics()
    tables = counts["tables"]
    untold = set(tables) - set(TABLES) - set(VOCABULARY) - INNER
    if untold:
        raise SystemExit(f"make_data_page.py: say in TABLES what is in {', '.join(untold)}.")
    total = sum(counts["evidence"].values())
    levels = ", ".join(f"{number} {level}" for level, number in counts["evidence"].items())
    parts = [
        "# What the data hold",
        "",
        "Written by `python docs/make_data_page.py`; do not edit. How to add a value is told in",
        "[data/README.md](../data/README.md).",
        "",
        f"{total} facts ({levels}) from {tables['source']} sources.",
        f"{mark(store)}.",
        "",
        *_overview(store, tables, list(counts["evidence"])),
        *_crystals(),
        *_recalled(store),
        "## Words",
        "",
    ]
    for table, title in VOCABULARY.items():
        order = "rowid" if table == "radius_set" else "rank"
        rows = store.rows(f"SELECT name, meaning FROM {table} ORDER BY {order}")
        parts += [f"{title}:", "", *(f"* **{r['name']}**: {r['meaning']}" for r in rows), ""]
    parts += ["## Columns that many tables have", ""]
    meanings = {m["column"]: m for m in queries.column_meanings("phase")}
    parts += [*_columns([meanings[name] for name in COMMON]), "", "## Tables", ""]
    for table, what in TABLES.items():
        rows = "row" if tables[table] == 1 else "rows"
        parts += [f"### {table}", "", f"{what} {tables[table]} {rows}.", ""]
        told = queries.column_meanings(table)
        own = [m for m in told if m != meanings.get(m["column"]) or m["column"] not in COMMON]
        shared = [f"`{m['column']}`" for m in told if m not in own]
        parts += [*_columns(own), ""]
        if shared:
            parts += [f"And {', '.join(shared)}.", ""]
    return "\n".join(parts)


def mark(store: Store) -> str:
    """What tells the data of this page, and of those written with it, from data edited since."""
    (row,) = store.rows("SELECT value FROM meta WHERE key = 'digest'")
    return f"The digest of the files begins with {row['value'][:8]}"


def _overview(store: Store, tables: dict[str, int], levels: list[str]) -> list[str]:
    """The table of all tables: rows, and facts by evidence."""
    lines = [
        f"| table | rows | {' | '.join(levels)} | what |",
        "|---|---:|" + "---:|" * 3 + "---|",
    ]
    for table, what in TABLES.items():
        cells = [""] * len(levels)
        if "evidence" in queries.columns(table):
            query = f"SELECT evidence, count(*) AS n FROM {table} GROUP BY evidence"
            found = {row["evidence"]: row["n"] for row in store.rows(query)}
            cells = [str(found.get(level, 0)) for level in levels]
        lines.append(f"| [{table}](#{table}) | {tables[table]} | {' | '.join(cells)} | {what} |")
    return [*lines, ""]


def _crystals() -> list[str]:
    """Phases whose atoms are known: how sure the cell is, and how the positions came about."""
    lines = [
        "## Crystals with atoms",
        "",
        "What `build` and `xrd` make models and patterns of. Positions are as sure as the least",
        "sure of their sites that is no molecule; a molecule stands in the crystal's order, with",
        "all its atoms, or as one site about which it turns.",
        "",
        "| formula | phase | group | temperature | cell | positions | molecules | source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    molecular = {ion["species"] for ion in queries.ions() if ion["smiles"]}
    rows = sorted(queries.facts("phase"), key=lambda row: (row["formula"], row["phase"]))
    for row in rows:
        sites = queries.phase_sites(row["id"])
        if not sites:
            continue
        held = queries.phase_atoms(row["id"])
        places = {site["basis"] for site in sites if site["species"] not in molecular}
        turned = {site["label"] in held for site in sites if site["species"] in molecular}
        order = {(): "", (True,): "in order", (False,): "one site"}
        kelvin = temperature_text(row).removesuffix(" temperature")
        cells = (
            row["formula"],
            row["phase"],
            row["space_group"],
            kelvin,
            f"{row['kind']}, {row['evidence']}",
            max(places, key=("symmetry", "refined", "assigned", "derived").index),
            order.get(tuple(sorted(turned)), "in order, or one site"),
            row["source"],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _recalled(store: Store) -> list[str]:
    """Which rows nobody has found in a text."""
    told = "Rows that were found in no text so far; they give way to all others."
    lines = ["## From memory", "", told, ""]
    for table in TABLES:
        found = {"id", "evidence"} <= set(queries.columns(table)) and store.rows(
            f"SELECT id FROM {table} WHERE evidence = 'recalled' ORDER BY id"
        )
        if found:
            lines.append(f"* {table}: {', '.join(row['id'] for row in found)}")
    return [*lines, ""]


def _columns(meanings: list[dict[str, str | None]]) -> list[str]:
    lines = ["| column | unit | meaning |", "|---|---|---|"]
    for row in meanings:
        meaning = str(row["meaning"]).replace("|", "\\|")
        lines.append(f"| `{row['column']}` | {row['unit'] or ''} | {meaning} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Write docs/data.md from the store.")
    parser.add_argument("file", nargs="?", type=Path, default=PAGE, help="the page")
    parser.add_argument("--check", action="store_true", help="exit with 1 if it is out of date")
    options = parser.parse_args()
    try:
        text = page(Store())
    except PerovdbError as error:
        sys.exit(f"make_data_page.py: {error}")
    if not options.check:
        options.file.write_text(text, encoding="utf-8")
    elif not options.file.is_file() or options.file.read_text(encoding="utf-8") != text:
        sys.exit(f"{options.file} is out of date: run python docs/make_data_page.py")


if __name__ == "__main__":
    main()
