"""Measured diffractograms: texts of two or three columns, and the XML of PANalytical.

Bruker's binary formats are refused with the export to make: no reader of them is kept up.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np

from perovdb.errors import InputError
from perovdb.files.columns import is_number, lines_with_numbers
from perovdb.files.reading import read_text

#: Endings of files that hold a curve.
ENDINGS = (
    ".xy",
    ".xye",
    ".dat",
    ".txt",
    ".asc",
    ".xrdml",
    ".raw",
    ".brml",
    ".uxd",
    ".rasx",
    ".ras",
)

#: Ending -> the program that writes such files, and how it writes texts.
_CLOSED = {
    ".raw": "In DIFFRAC.EVA: File, Export, as .xy (or convert it with PowDLL).",
    ".brml": "In DIFFRAC.EVA or DIFFRAC.MEASUREMENT: export the scan as .xy.",
    ".rasx": "In SmartLab Studio: save the profile as a text of two columns.",
}

#: Names of columns by which places and intensities are told where there are more than three.
_PLACES = ("two_theta_deg", "two_theta", "2theta", "2-theta", "2θ", "angle", "position", "x")
_HEIGHTS = ("intensity", "counts", "cps", "measured", "y")


class Scan(NamedTuple):
    """A measured curve: places (n,) and intensities (n,) by place, and the wavelength in
    angstrom where the file tells it."""

    places: np.ndarray
    intensity: np.ndarray
    wavelength_A: float | None


def is_scan_name(path: str) -> bool:
    """Whether the name of a file is that of a curve rather than of a list."""
    return os.path.splitext(path)[1].lower() in ENDINGS


def read_scan(path: str) -> Scan:
    """A measured curve from a file.

    Texts hold an angle and an intensity on each line, and after them what is known of its
    uncertainty; between them stand blanks, tabs, semicolons or commas, and where these are not
    commas a number may be written with one. Lines before the first numbers are passed over; where
    there are more than three columns the last of these names them. "#" begins a comment.

    Raises:
        InputError: the file cannot be read, is of a kind that is not, or holds no curve.
    """
    ending = os.path.splitext(path)[1].lower()
    if ending in _CLOSED:
        raise InputError(f"Files such as {path} are not read.", _CLOSED[ending])
    if ending == ".xrdml":
        return _xrdml(path)
    return _text(path)


def _text(path: str) -> Scan:
    rows: list[list[float]] = []
    head: list[str] = []
    kind = None
    for number, line in lines_with_numbers(path):
        fields = _fields(line, kind)
        if not rows:
            kind = kind_of(line)
            fields = _fields(line, kind)
            if len(fields) < 2 or not all(is_number(field) for field in fields):
                head = [field.strip().strip('"').lower() for field in re.split(r"[;,\t]", line)]
                continue
        if len(fields) != len(rows[0] if rows else fields) or not all(map(is_number, fields)):
            raise InputError(
                f"{path}, line {number}: {len(fields)} entries, "
                f"'{line[:40]}', unlike the {len(rows[0]) if rows else 2} numbers before.",
                "Write an angle and an intensity on each line, and '#' before comments.",
            )
        rows.append([float(field) for field in fields])
    if len(rows) < 2:
        raise InputError(f"{path} holds no curve.", "Give two lines of two numbers at least.")
    table = np.array(rows)
    at, of = 0, 1
    if table.shape[1] > 3:
        at, of = _named(head, _PLACES), _named(head, _HEIGHTS)
        if at < 0 or of < 0 or max(at, of) >= table.shape[1]:
            raise InputError(
                f"{path} has {table.shape[1]} columns, and which are angle and intensity is not "
                "known.",
                "Give two columns, or name them: two_theta_deg,intensity.",
            )
    return _ordered(path, table[:, at], table[:, of], None)


def kind_of(line: str) -> str:
    """What stands between the numbers of a line: ";" and "blank" allow a comma in numbers."""
    if ";" in line:
        return ";"
    if re.search(r"\d[\t ]+[-+.\d]", line.strip()):
        return "blank"
    return ","


def _fields(line: str, kind: str | None) -> list[str]:
    if kind in (";", "blank"):
        apart = line.split(";") if kind == ";" else line.replace(", ", " ").split()
        return [field.strip().rstrip(",").replace(",", ".") for field in apart if field.strip()]
    return [field.strip() for field in line.split(",")]


def _named(head: list[str], names: tuple[str, ...]) -> int:
    for name in names:
        for number, word in enumerate(head):
            if re.sub(r"[\s°]|\(.*\)|\[.*\]", "", word).startswith(name):
                return number
    return -1


def _xrdml(path: str) -> Scan:
    """A scan of PANalytical's XML; scans of one range are added up."""
    text = read_text(path, "table")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError(f"{path} declares entities.", "Give the file that the instrument wrote.")
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except ElementTree.ParseError as error:
        raise InputError(f"{path} is no whole XML: {error}.", "Export the scan anew.") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    sums: list[tuple[np.ndarray, np.ndarray]] = []
    for points in root.iter("dataPoints"):
        counts = points.find("intensities")
        counts = points.find("counts") if counts is None else counts
        axis = next((p for p in points.findall("positions") if p.get("axis") == "2Theta"), None)
        if counts is None or axis is None:
            continue
        y = _numbers(path, counts.text)
        listed, ends = axis.find("listPositions"), [axis.find(n) for n in _ENDS]
        if listed is not None:
            x = _numbers(path, listed.text)
        elif all(end is not None for end in ends):
            first, last = (_numbers(path, end.text)[0] for end in ends if end is not None)
            x = np.linspace(first, last, len(y))
        else:
            continue
        if len(x) == len(y) > 1:
            sums.append((x, y))
    if not sums:
        raise InputError(f"{path} holds no scan of 2theta.", "Export the scan as .xy.")
    x, y = sums[0]
    for other, more in sums[1:]:
        if other.shape != x.shape or not np.allclose(other, x, atol=1e-4):
            raise InputError(
                f"{path} holds {len(sums)} scans of several ranges.", "Export one of them as .xy."
            )
        y = y + more
    first_line = next(root.iter("kAlpha1"), None)
    wavelength = None if first_line is None else float(_numbers(path, first_line.text)[0])
    return _ordered(path, x, y, wavelength)


_ENDS = ("startPosition", "endPosition")


def _numbers(path: str, text: str | None) -> np.ndarray:
    fields = (text or "").split()
    if not fields or not all(map(is_number, fields)):
        raise InputError(f"{path} holds something else than numbers.", "Export the scan anew.")
    return np.array([float(field) for field in fields])


def _ordered(path: str, x: np.ndarray, y: np.ndarray, wavelength_A: float | None) -> Scan:
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if not np.all(np.diff(x) >= 0) or not np.isfinite(y).all():
        raise InputError(f"{path} holds no curve.", "Give finite numbers.")
    return Scan(x, y, wavelength_A)
