"""Everything that was measured or computed of materials, one number a row, under one name each."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Unpack

from perovdb.errors import InputError, check_choice
from perovdb.facts.ordered import in_order
from perovdb.facts.select import Filters, check_order, read
from perovdb.store.connection import Record

#: What is said of a property, in the order of the columns below.
PARTS = ("value", "min", "max", "uncertainty", "meaning")

#: Name of a property, the table where it stands, and its columns for PARTS ("" for none); a name
#: may stand in two tables.
QUANTITIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("band_gap_eV", "band_gap", ("value_eV", "min_eV", "max_eV", "su_eV", "quantity")),
    ("band_gap_eV", "optical", ("band_gap_eV", "", "", "", "band_gap_method")),
    (
        "series_gap_eV",
        "gap_series",
        ("gap_eV", "gap_min_eV", "gap_max_eV", "su_eV", "quantity"),
    ),
    ("gap_bowing_eV", "gap_series", ("bowing_eV", "bowing_min_eV", "bowing_max_eV", "", "series")),
    ("median_gap_eV", "gap_median", ("median_eV", "min_eV", "max_eV", "", "meaning")),
    ("a_pseudocubic_A", "phase", ("a_pseudocubic_A", "", "", "", "space_group")),
    ("pl_peak_nm", "optical", ("pl_peak_nm", "pl_peak_min_nm", "pl_peak_max_nm", "", "quantity")),
    ("pl_shift_nm", "optical", ("pl_shift_nm", "", "", "", "quantity")),
    ("pl_fwhm_nm", "optical", ("fwhm_nm", "", "", "", "quantity")),
    ("plqy_pct", "optical", ("plqy_pct", "", "", "plqy_su_pct", "quantity")),
    ("plqy_factor", "optical", ("", "plqy_factor_min", "plqy_factor_max", "", "quantity")),
    ("pl_lifetime_ns", "optical", ("pl_lifetime_ns", "", "", "", "quantity")),
    ("el_peak_nm", "optical", ("el_peak_nm", "", "", "", "quantity")),
    ("absorption_onset_nm", "optical", ("absorption_onset_nm", "", "", "", "quantity")),
    ("absorption_peak_nm", "optical", ("absorption_peak_nm", "", "", "", "quantity")),
    ("lattice_parameter_A", "structure_record", ("lattice_parameter_A", "", "", "su_A", "hkl")),
    ("d_spacing_A", "structure_record", ("d_spacing_A", "", "", "su_A", "hkl")),
    (
        "two_theta_deg",
        "structure_record",
        ("two_theta_deg", "two_theta_min_deg", "two_theta_max_deg", "", "hkl"),
    ),
    ("wavelength_A", "structure_record", ("wavelength_A", "", "", "", "radiation")),
    (
        "size_nm",
        "material",
        ("size_nm", "size_min_nm", "size_max_nm", "size_sd_nm", "morphology"),
    ),
    ("defect_energy_eV", "defect_energy", ("energy_eV", "", "", "", "process")),
)

#: Tables that speak of a material; a row without a number is a statement.
TABLES = (
    "band_gap",
    "gap_series",
    "gap_median",
    "phase",
    "optical",
    "structure_record",
    "material",
    "defect_energy",
    "other_property",
)

#: A refusal tells so many names.
_MOST_NAMES = 30

#: Columns of every row of `properties`, in their order.
COLUMNS = (
    "formula", "name", "value", "uncertainty", "min", "max", "qualifier", "meaning", "statement",
    "phase", "form", "sample", "treatment", "temperature_K", "temperature_basis", "method",
    "kind", "evidence", "source", "year", "locator", "quote", "note", "table", "id",
)  # fmt: skip


def properties(
    formula: str | None = None,
    name: str | None = None,
    form: str | None = None,
    **filters: Unpack[Filters],
) -> list[Record]:
    """Properties of materials, one number or statement a row, best first within a name.

    Args:
        formula: a formula as people write it; all materials by default.
        name: a name of `names`, such as band_gap_eV or pl_peak_nm; all by default.
        form: QD, NC, film, ...: a part of what the source says of the sample's form.
        filters: see `Filters`; `within` is for value, min, max, uncertainty and temperature_K.

    Raises:
        InputError: there is no such name.
        FormulaError, UnknownSpecies: the formula or an ion is not known.
    """
    return list(read_properties(formula, name, form, **filters))


def read_properties(
    formula: str | None = None,
    name: str | None = None,
    form: str | None = None,
    **filters: Unpack[Filters],
) -> Iterator[Record]:
    """As `properties`, row by row as they are gone through."""
    # A name with columns of its own stands in their tables, or in that of all others.
    own = {table for quantity, table, _ in QUANTITIES if quantity == name}
    spans = filters.pop("within", None) or {}
    for column, (low, high) in spans.items():
        check_choice(column, _NUMBERS, "no number of a property")
        check_order(column, low, high)
    limit = filters.pop("limit", None)
    tables = {
        table: read(table, None, formula, **filters)
        for table in TABLES
        if not own or table in own or table == "other_property"
    }
    rows: Iterator[Record] = (
        entry
        for table, facts in tables.items()
        for entry in _entries(table, facts)
        if name in (None, entry["name"])
        and (form is None or _is_of_form(entry, form))
        and all(_lies(entry[column], *span) for column, span in spans.items())
    )
    if name is not None and not own:
        first = next(rows, None)
        if first is None and name not in names():
            near, every = names_near(name)[:_MOST_NAMES], names()
            raise InputError(
                f"'{name}' is not a property of the store.",
                f"Near it, of {len(every)}: {', '.join(near)}."
                if near
                else f"It has {len(every)}: {', '.join(every[:_MOST_NAMES])}, ...; words of the "
                "others are found by 'perovdb search'.",
            )
        rows = chain([first] if first else [], rows)
    order = {quantity[0]: number for number, quantity in enumerate(QUANTITIES)}
    # Sorting keeps the order of preference within a name.
    ranked = in_order(rows, lambda row: (order.get(row["name"], len(order)), row["name"]))
    return islice(ranked, limit)


#: Columns of numbers that `within` is for.
_NUMBERS = ("value", "min", "max", "uncertainty", "temperature_K")


def _lies(value: float | None, low: float | None, high: float | None) -> bool:
    return value is not None and (low is None or low <= value) and (high is None or value <= high)


def names() -> list[str]:
    """Names of all properties: those with columns of their own first."""
    own = [quantity[0] for quantity in QUANTITIES]
    every = {entry["name"] for table in TABLES for entry in _entries(table, read(table))}
    return list(dict.fromkeys([*own, *sorted(every)]))


def names_near(name: str) -> list[str]:
    """Other names that one may have meant: that begin alike, whatever their signs, or are near."""
    from difflib import get_close_matches

    folded = {other: "".join(filter(str.isalnum, other.casefold())) for other in names()}
    wanted = "".join(filter(str.isalnum, name.casefold()))
    begin = [other for other, text in folded.items() if wanted and text.startswith(wanted)]
    near = get_close_matches(name, list(folded), n=4, cutoff=0.6)
    return [other for other in dict.fromkeys([*begin, *near]) if other != name]


def _entries(table: str, rows: Iterable[Record]) -> Iterator[Record]:
    quantities = [(name, columns) for name, of_table, columns in QUANTITIES if of_table == table]
    return (entry for row in rows for entry in _of_row(row, table, quantities))


def _of_row(
    row: Record, table: str, quantities: list[tuple[str, tuple[str, ...]]]
) -> list[Record]:
    if table == "other_property":
        told = "meaning" if row["meaning"] else "category"
        columns = ("value", "min_value", "max_value", "su_value", told)
        return [_entry(row, table, row["property"], row["statement"], columns)]
    entries = [
        _entry(row, table, name, row.get("statement"), columns)
        for name, columns in quantities
        if any(row.get(column) is not None for column in columns[:3])
    ]
    if table == "material" and row["phase"]:
        entries.append(_entry(row, table, "phase", row["phase"]))
    if not entries:
        topic = row.get("quantity") or row.get("process") or "composition"
        entries = [_entry(row, table, topic, _words(row))]
    return entries


def _words(row: Record) -> str | None:
    """What a row without a number says."""
    columns = ("statement", "zone_axis", "radiation", "formula_basis", "note")
    return next((row[column] for column in columns if row.get(column)), None)


def _entry(
    row: Record, table: str, name: str, statement: str | None, columns: tuple[str, ...] = ("",) * 5
) -> Record:
    entry: Record = dict(zip(COLUMNS, map(row.get, COLUMNS), strict=True))
    entry.update(zip(PARTS, map(row.get, columns), strict=True))
    return entry | {"name": name, "statement": statement, "table": table}


def _is_of_form(row: Record, form: str) -> bool:
    description = " ".join(str(row[key] or "") for key in ("form", "sample"))
    return form.casefold() in description.casefold()
