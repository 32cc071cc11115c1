"""Everything that was measured or computed of materials, one number a row, under one name each."""

from typing import NamedTuple, Unpack

from perovdb.errors import InputError
from perovdb.facts.select import Filters, select
from perovdb.store.connection import Record


class Quantity(NamedTuple):
    """Where a property stands in the store: its table and columns."""

    table: str
    value: str
    low: str | None = None
    high: str | None = None
    uncertainty: str | None = None
    meaning: str | None = None


#: Name of a property -> where it stands; a name may stand in two tables.
QUANTITIES: tuple[tuple[str, Quantity], ...] = (
    ("band_gap_eV", Quantity("band_gap", "value_eV", "min_eV", "max_eV", "su_eV", "quantity")),
    ("band_gap_eV", Quantity("optical", "band_gap_eV", meaning="band_gap_method")),
    (
        "a_pseudocubic_A",
        Quantity("phase", "a_pseudocubic_A", meaning="space_group"),
    ),
    (
        "pl_peak_nm",
        Quantity("optical", "pl_peak_nm", "pl_peak_min_nm", "pl_peak_max_nm", None, "quantity"),
    ),
    ("pl_shift_nm", Quantity("optical", "pl_shift_nm", meaning="quantity")),
    ("pl_fwhm_nm", Quantity("optical", "fwhm_nm", meaning="quantity")),
    ("plqy_pct", Quantity("optical", "plqy_pct", None, None, "plqy_su_pct", "quantity")),
    (
        "plqy_factor",
        Quantity("optical", "", "plqy_factor_min", "plqy_factor_max", None, "quantity"),
    ),
    ("pl_lifetime_ns", Quantity("optical", "pl_lifetime_ns", meaning="quantity")),
    ("el_peak_nm", Quantity("optical", "el_peak_nm", meaning="quantity")),
    ("absorption_onset_nm", Quantity("optical", "absorption_onset_nm", meaning="quantity")),
    ("absorption_peak_nm", Quantity("optical", "absorption_peak_nm", meaning="quantity")),
    (
        "lattice_parameter_A",
        Quantity("structure_record", "lattice_parameter_A", None, None, "su_A", "hkl"),
    ),
    ("d_spacing_A", Quantity("structure_record", "d_spacing_A", None, None, "su_A", "hkl")),
    (
        "two_theta_deg",
        Quantity(
            "structure_record",
            "two_theta_deg",
            "two_theta_min_deg",
            "two_theta_max_deg",
            None,
            "hkl",
        ),
    ),
    ("wavelength_A", Quantity("structure_record", "wavelength_A", meaning="radiation")),
    (
        "size_nm",
        Quantity("material", "size_nm", "size_min_nm", "size_max_nm", "size_sd_nm", "morphology"),
    ),
    ("defect_energy_eV", Quantity("defect_energy", "energy_eV", meaning="process")),
)

#: Tables that speak of a material; a row without a number is a statement.
TABLES = (
    "band_gap",
    "phase",
    "optical",
    "structure_record",
    "material",
    "defect_energy",
    "other_property",
)

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
        filters: see `Filters`.

    Raises:
        InputError: there is no such name.
        FormulaError, UnknownSpecies: the formula or an ion is not known.
    """
    # A name with columns of its own stands in their tables, or in that of all others.
    own = {columns.table for quantity, columns in QUANTITIES if quantity == name}
    rows = [
        entry
        for table in TABLES
        if not own or table in own or table == "other_property"
        for entry in _entries(table, select(table, None, formula, **filters))
    ]
    if name is not None:
        rows = [row for row in rows if row["name"] == name]
        if not rows and not own and name not in names():
            from difflib import get_close_matches

            near = get_close_matches(name, names(), n=4, cutoff=0.4) or names()
            raise InputError(
                f"'{name}' is not a property of the store.", f"Near it: {', '.join(near)}."
            )
    if form is not None:
        rows = [row for row in rows if _is_of_form(row, form)]
    order = {n: number for number, (n, _) in enumerate(QUANTITIES)}
    # sorted() keeps the order of preference within a name.
    return sorted(rows, key=lambda row: (order.get(row["name"], len(order)), row["name"]))


def names() -> list[str]:
    """Names of all properties: those with columns of their own first."""
    own = [name for name, _ in QUANTITIES]
    every = [entry["name"] for table in TABLES for entry in _entries(table, select(table))]
    return list(dict.fromkeys([*own, *sorted(every)]))


def _entries(table: str, rows: list[Record]) -> list[Record]:
    quantities = [(name, columns) for name, columns in QUANTITIES if columns.table == table]
    return [entry for row in rows for entry in _of_row(row, table, quantities)]


def _of_row(row: Record, table: str, quantities: list[tuple[str, Quantity]]) -> list[Record]:
    if table == "other_property":
        columns = Quantity(table, "value", "min_value", "max_value", None, "category")
        return [_entry(row, row["property"], columns, row["statement"])]
    entries = [
        _entry(row, name, columns, row.get("statement"))
        for name, columns in quantities
        if any(row.get(c) is not None for c in (columns.value, columns.low, columns.high) if c)
    ]
    if table == "material" and row["phase"]:
        entries.append(_entry(row, "phase", Quantity(table, ""), row["phase"]))
    if not entries:
        topic = row.get("quantity") or row.get("process") or "composition"
        entries = [_entry(row, topic, Quantity(table, ""), _words(row))]
    return entries


def _words(row: Record) -> str | None:
    """What a row without a number says."""
    columns = ("statement", "zone_axis", "radiation", "formula_basis", "note")
    return next((row[column] for column in columns if row.get(column)), None)


def _entry(row: Record, name: str, columns: Quantity, statement: str | None) -> Record:
    entry = {column: row.get(column) for column in COLUMNS}
    entry.update(
        name=name,
        value=row.get(columns.value),
        uncertainty=row.get(columns.uncertainty or ""),
        min=row.get(columns.low or ""),
        max=row.get(columns.high or ""),
        meaning=row.get(columns.meaning or ""),
        statement=statement,
        table=columns.table,
    )
    return entry


def _is_of_form(row: Record, form: str) -> bool:
    told = " ".join(str(row[key] or "") for key in ("form", "sample"))
    return form.casefold() in told.casefold()
