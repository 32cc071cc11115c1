"""What a CIF says of a crystal in its own words: cell, group, sites, temperature, with digits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from perovdb.errors import InputError

_LENGTHS = ("a", "b", "c")
_ANGLES = ("alpha", "beta", "gamma")
_GROUPS = ("_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M")
_TEMPERATURES = ("_diffrn_ambient_temperature", "_cell_measurement_temperature")
_DATABASES = {
    "_database_code_depnum_ccdc_archive": "",
    "_cod_database_code": "COD ",
    "_database_code_ICSD": "ICSD ",
}
_NUMBER = re.compile(r"([-+]?(?:\d+\.?(\d*)|\.(\d+)))(?:\((\d+)\))?")


class Number(NamedTuple):
    """A number of a CIF and its standard uncertainty."""

    value: float
    su: float | None = None


class CifSite(NamedTuple):
    """A line of the atoms of a CIF.

    Attributes:
        label: its name.
        element: its symbol.
        fractional: x, y and z.
        occupancy: the fraction of the site that the element fills.
    """

    label: str
    element: str
    fractional: tuple[Number, Number, Number]
    occupancy: float


class CifFields(NamedTuple):
    """The first crystal of a CIF.

    Attributes:
        lengths_A, angles_deg: of the cell.
        group: symbol of the space group, as it stands there; "" if none does.
        Z: formula units in the cell, as it stands there.
        sites: of the asymmetric unit.
        temperature_K: at which it was measured.
        database_ids: numbers in databases.
    """

    lengths_A: tuple[Number, ...]
    angles_deg: tuple[Number, ...]
    group: str
    Z: int | None
    sites: tuple[CifSite, ...]
    temperature_K: Number | None
    database_ids: str


def cif_fields(text: str) -> CifFields:
    """The first crystal of a CIF, in its own words.

    Raises:
        InputError: a number of the cell or of a site cannot be read, or an atom has no element.
    """
    from pymatgen.io.cif import CifFile

    data: Mapping[str, Any] = next(
        block.data
        for block in CifFile.from_str(text).data.values()
        if "_atom_site_fract_x" in block.data
    )
    units = _number(data.get("_cell_formula_units_Z"))
    measured = (_number(data.get(name)) for name in _TEMPERATURES)
    codes = (
        f"{kind}{data[name]}".removeprefix("CCDC CCDC")
        for name, kind in _DATABASES.items()
        if str(data.get(name, "?")).strip("?. ")
    )
    return CifFields(
        tuple(_needed(data, f"_cell_length_{name}") for name in _LENGTHS),
        tuple(_needed(data, f"_cell_angle_{name}") for name in _ANGLES),
        next((str(data[name]).strip("?. '\"") for name in _GROUPS if name in data), ""),
        int(units.value) if units and units.value.is_integer() else None,
        tuple(_sites(data)),
        next((one for one in measured if one), None),
        "; ".join(codes),
    )


def _sites(data: Mapping[str, Any]) -> list[CifSite]:
    columns = [data[f"_atom_site_fract_{axis}"] for axis in "xyz"]
    count = len(columns[0])
    symbols = data.get("_atom_site_type_symbol") or data.get("_atom_site_label") or []
    labels = data.get("_atom_site_label") or symbols
    shares = data.get("_atom_site_occupancy") or ["1"] * count
    if not len(labels) == len(symbols) == len(shares) == count:
        raise InputError("Its atoms have no labels.", "Name each in _atom_site_label.")
    return [
        CifSite(
            str(label),
            _element(str(symbol)),
            (_place(x, label), _place(y, label), _place(z, label)),
            share.value if (share := _number(occupancy)) else 1.0,
        )
        for label, symbol, x, y, z, occupancy in zip(
            labels, symbols, *columns, shares, strict=True
        )
    ]


def _element(symbol: str) -> str:
    """The element of a symbol such as Pb2+ or a label such as Pb1."""
    from pymatgen.core import Element

    letters = re.match(r"[A-Za-z]*", symbol)
    word = letters[0] if letters else ""
    for name in (word[:2].capitalize(), word[:1].upper()):
        if name and Element.is_valid_symbol(name):
            return name
    raise InputError(
        f"'{symbol}' is no element.", "Give each atom its element in _atom_site_type_symbol."
    )


def _place(word: object, label: object) -> Number:
    number = _number(word)
    if number is None:
        raise InputError(f"A coordinate of {label} is '{word}'.", "Give x, y and z of each site.")
    return number


def _needed(data: Mapping[str, Any], name: str) -> Number:
    number = _number(data.get(name))
    if number is None:
        raise InputError(f"It has no {name}.", "Give the six parameters of the cell.")
    return number


def _number(word: object) -> Number | None:
    """A number such as 8.8561(4); none where the word is no number."""
    match = _NUMBER.fullmatch(str(word).strip())
    if not match:
        return None
    places = len(match[2] or match[3] or "")
    su = round(int(match[4]) * 10.0**-places, places) if match[4] else None
    return Number(float(match[1]), su or None)


@cache
def _known_groups() -> dict[str, list[str]]:
    """Symbol without blanks and underscores -> symbols that pymatgen knows, one a setting."""
    from pymatgen.symmetry.groups import SpaceGroup

    known: dict[str, list[str]] = {}
    for group in SpaceGroup.SYMM_OPS:
        whole = group["universal_h_m"]
        symbol = whole if ":" in whole else group["hermann_mauguin_u"]
        for name in (whole, whole.partition(":")[0], group["short_h_m"].replace("_", "")):
            if symbol not in known.setdefault(name, []):
                known[name].append(symbol)
    return known


def group_symbols(text: str) -> list[str]:
    """Symbols that may be meant by that of a CIF, the likeliest first; which of the settings it
    is only the positions tell.

    >>> group_symbols("P n a m"), group_symbols("P 1 21/n 1"), group_symbols("R -3 c H")
    (['Pnam'], ['P12_1/n1'], ['R-3c:H', 'R-3c:R'])
    """
    bare = re.sub(r"[\s_]", "", text)
    bare = bare[:1].upper() + bare[1:]
    bare = re.sub(r"(?<=[^:])([HR])$", r":\1", bare) if bare[:1] == "R" else bare
    forms = (bare, bare.partition(":")[0])
    return list(dict.fromkeys(one for form in forms for one in _known_groups().get(form, [])))
