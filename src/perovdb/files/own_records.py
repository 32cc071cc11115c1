"""The record that perovdb leaves in a file beside the atoms, as it stands there.

What it says of a structure is read in `structures.files.records`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pymatgen.core import Lattice, Structure

MARK = "# perovdb "
KEY = "perovdb"
_LINES = re.compile(r"^# perovdb (.*?)\r?$", re.MULTILINE)


def find_record(text: str) -> tuple[Any, bool]:
    """The record in the comments of a file, None if there is none or it is damaged, and whether
    a beginning of one was seen."""
    lines = _LINES.findall(text)
    if not lines:
        head = text.split("\n", 1)[0]
        _, mark, rest = head.partition(MARK)
        if not mark:
            return None, False
        lines = [rest.strip()]
    try:
        return json.loads("".join(lines)), True
    except (ValueError, RecursionError):
        return None, True


def with_own_boundaries(structure: Structure, text: str) -> Structure:
    """The structure itself; along the vectors of which its record says so it does not repeat, as
    the box of a particle, which POSCAR and CIF cannot say."""
    record, _ = find_record(text)
    periodic = record.get("pbc") if isinstance(record, dict) else None
    if isinstance(periodic, list) and [type(one) for one in periodic] == [bool] * 3:
        along_a, along_b, along_c = periodic
        if not all(periodic):
            structure.lattice = Lattice(structure.lattice.matrix, pbc=(along_a, along_b, along_c))
    return structure
