"""What a row may say: texts that can be printed, numbers that can be, ends of ranges in order.

The same rules hold for the curated tables and for a store of one's own, when rows come in and when
a store is checked. Ranges that are narrower than those of a unit stand in schema.sql.
"""

from functools import cache

from perovdb.errors import StoreError
from perovdb.files.labels import stray
from perovdb.store.cells import check_cell
from perovdb.store.csv_rows import CsvRow

#: Columns of prose, which may have several lines; all other texts are one printable line.
PROSE = ("quote", "quote_2", "note", "statement")

#: Columns of names, by which rows are called and which go into titles.
_NAMES = ("id", "key", "species", "alias", "label", "phase", "phase_id", "formula", "source")
_LONGEST_NAME = 200

#: Unit at the end of a column's name -> between what its values are, on any sample anywhere.
#: Columns without a unit stand here by their whole names.
RANGES = {
    "_A": (-1e4, 1e4), "_A3": (0, 1e7), "_nm": (-1e9, 1e9), "_cm2": (0, 1e8), "_deg": (-360, 360),
    "_K": (0, 1e4), "_eV": (-1e3, 1e3), "_Ha": (-1e6, 1e6), "_D": (0, 1e4), "_V": (-1e3, 1e3),
    "_mA_cm2": (-1e4, 1e4), "_mg_mL": (0, 3e4), "_s": (0, 1e11), "_ns": (0, 1e12),
    "_pct": (-1e6, 1e6), "x": (-10, 10), "y": (-10, 10), "z": (-10, 10), "x_su": (0, 1),
    "y_su": (0, 1), "z_su": (0, 1), "a_su_A": (0, 1), "b_su_A": (0, 1), "c_su_A": (0, 1),
    "su_A": (0, 10), "su_eV": (0, 15), "plqy_su_pct": (0, 100),
    "t": (0, 10), "mu": (0, 10), "tau": (-1e4, 1e4),
    "plqy_factor_min": (0, 1e9), "plqy_factor_max": (0, 1e9), "dielectric_constant": (1, 1e6),
    "gutmann_donor_number": (-1e3, 1e3), "gutmann_acceptor_number": (-1e3, 1e3),
}  # fmt: skip

#: Numbers of other names, such as those of a property that is named beside them.
_ANY = (-1e40, 1e40)

#: Value -> upper end of its range, where the names do not follow from one another.
_UPPER_END = {"value_eV": "max_eV", "barrier_eV": "max_eV", "value": "max_value"}

#: Room temperature is entered as 298 K.
_ROOM_K = (283, 313)


def check_row(row: CsvRow, table: str) -> None:
    """Refuse a row that cannot be meant.

    Raises:
        StoreError: a text that cannot be printed, a number that cannot be, an end of a range below
            its beginning, a cell that is none or not that of its volume or space group.
    """
    values = row.values
    for column, value in values.items():
        # Most cells are empty.
        if value is None:
            continue
        if isinstance(value, str):
            found = stray(value, prose=column in PROSE)
            if column in _NAMES and len(value) > _LONGEST_NAME:
                raise StoreError(
                    f"{row.place(column)}: it has {len(value)} characters.",
                    f"Give a name of at most {_LONGEST_NAME}.",
                )
            if found:
                mend = "Write plain text" + ("." if column in PROSE else " on one line.")
                raise StoreError(f"{row.place(column)}: it holds {found}.", mend)
        elif isinstance(value, int | float):
            low, high = _range(column)
            if not low <= value <= high:
                raise StoreError(
                    f"{row.place(column)}: {value:g} is not between {low:g} and {high:g}.",
                    "Check the number and its unit.",
                )
            for other in _not_below(column):
                end = values.get(other)
                if isinstance(end, int | float) and end < value:
                    raise StoreError(
                        f"{row.place(column)}: {value:g} is above '{other}', {end:g}.",
                        "Mend the one or the other: a value lies between the ends of its range.",
                    )
    _check_room(row)
    if table == "phase":
        check_cell(row)


@cache
def _range(column: str) -> tuple[float, float]:
    """Between what the numbers of a column are: by its name, or the longest unit that ends it."""
    ends = [end for end in RANGES if column == end or (end[0] == "_" and column.endswith(end))]
    return RANGES[max(ends, key=len)] if ends else _ANY


@cache
def _not_below(column: str) -> tuple[str, ...]:
    """Columns whose numbers are as large as those of this one or larger: of the lower end of a
    range its upper end and the value in it, of that value the upper end."""
    words = column.split("_")
    if "max" in words:
        return ()
    if "min" not in words:
        return (_UPPER_END.get(column) or "_".join([*words[:-1], "max", words[-1]]),)
    value = "_".join(word for word in words if word != "min")
    upper = "_".join("max" if word == "min" else word for word in words)
    return (upper, *(name for name, end in _UPPER_END.items() if end == upper), value)


def _check_room(row: CsvRow) -> None:
    temperature = row.values.get("temperature_K")
    if row.values.get("temperature_basis") != "room" or not isinstance(temperature, int | float):
        return
    if not _ROOM_K[0] <= temperature <= _ROOM_K[1]:
        raise StoreError(
            f"{row.place('temperature_K')}: {temperature:g} K is not room temperature.",
            "Write 298 for it; degrees Celsius plus 273.15 are kelvin.",
        )
