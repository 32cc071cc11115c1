"""Small models in files of every format, made once in a process, for attacks on files."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pymatgen.core import Structure

import perovdb

ENDINGS = (".vasp", ".cif", ".xyz", ".inc", ".qe", ".json")


class Model(NamedTuple):
    """A model and what is true of it.

    Attributes:
        structure: as built.
        texts: ending of a name -> what a file of this ending holds.
    """

    structure: Structure
    texts: dict[str, str]

    @property
    def charge(self) -> int:
        return int(self.structure.properties["charge"])

    @property
    def ions(self) -> list[str]:
        """(n,) the ion of which each atom is a part."""
        return list(self.structure.site_properties["ion"])


@cache
def models() -> list[Model]:
    """An inorganic crystal, an alloy, a hybrid, two defects (one charged), a slab, a particle."""
    alpha = perovdb.build("CsPbI3", "alpha", size=2)
    made = [
        perovdb.build("CsPbI3", "alpha"),
        perovdb.build("CsPbBr1.5I1.5", "alpha", size=2, order="sqs"),
        perovdb.build("MAPbI3", "alpha"),
        perovdb.defects(alpha, ["V_I"]),
        perovdb.defects(alpha, ["V_Cs"]),
        perovdb.defects(alpha, ["Cd_Pb"]),
        perovdb.slab("CsPbI3", layers=3),
        perovdb.particle("CsPbBr3", edge_nm=1.3),
    ]
    folder = Path(tempfile.mkdtemp())
    found = []
    for number, structure in enumerate(made):
        texts = {}
        for ending in ENDINGS:
            path = folder / f"{number}{ending}"
            perovdb.write_structure(structure, path)
            texts[ending] = path.read_text("utf-8")
        found.append(Model(structure, texts))
    return found
