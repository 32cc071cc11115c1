"""One vasprun.xml of VASP, where the OUTCAR is not at hand, and to check the OUTCAR against.

pymatgen's reader takes in the whole run; this one what barriers need, and of a file that is cut
what stands before the cut.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

import numpy as np

from perovdb.errors import ResultError
from perovdb.results.outcar import Image, Step
from perovdb.results.text import lines, number, numbers

_SETTINGS = ("NELECT", "ENCUT", "EDIFFG", "NSW", "NELM", "ISPIN")


def read_vasprun(path: Path) -> Image:
    """A vasprun.xml, or vasprun.xml.gz; if it is cut, up to there.

    Raises:
        ResultError: it is none, or is cut before the first step.
    """
    parser: XMLPullParser[Any] = XMLPullParser(["end"])
    image = Image(path, "", (), np.zeros((3, 3)), {}, ())
    whole = False
    try:
        for row in lines(path):
            parser.feed(row + "\n")
            for event in parser.read_events():
                element = cast(Any, event)[1]
                _take(element, image)
                whole |= element.tag == "modeling"
    except ParseError as error:
        if not image.steps:
            raise ResultError(f"{path} is no vasprun.xml: {error}.", "Copy it again.") from error
    if not image.elements or not image.lattice_A.any():
        raise ResultError(f"{path} is cut before its first step.", "Copy it again.")
    image.finished = whole
    return image


def _take(element: Element, image: Image) -> None:
    where = str(image.path)
    if element.tag == "i" and element.get("name") == "version":
        image.version = (element.text or "").strip()
    elif element.tag == "i" and element.get("name") in _SETTINGS:
        name = str(element.get("name"))
        image.settings[name] = number((element.text or "").strip(), f"{where}, {name}")
    elif element.tag == "atominfo":
        sets = {array.get("name"): array.findall("set/rc") for array in element.findall("array")}
        image.elements = tuple((row.findtext("c") or "").strip() for row in sets.get("atoms", []))
        image.potentials = tuple(
            (row.findall("c")[-1].text or "").strip() for row in sets.get("atomtypes", [])
        )
    elif element.tag == "calculation":
        image.steps.append(_step(element, image, where))
        element.clear()


def _step(element: Element, image: Image, where: str) -> Step:
    where = f"{where}, ionic step {len(image.steps) + 1}"
    tables = {
        name: [numbers(v.text or "", 3, where) for v in element.findall(query)]
        for name, query in (
            ("basis", "structure/crystal/varray[@name='basis']/v"),
            ("positions", "structure/varray[@name='positions']/v"),
            ("forces", "varray[@name='forces']/v"),
        )
    }
    energies = {i.get("name"): (i.text or "").strip() for i in element.findall("energy/i")}
    atoms = len(image.elements)
    if len(tables["basis"]) != 3 or len(tables["positions"]) != atoms or not atoms:
        raise ResultError(f"{where}: there is no structure.", "Copy the file again.")
    image.lattice_A = np.array(tables["basis"])
    forces = np.array(tables["forces"]) if len(tables["forces"]) == atoms else None
    electronic = len(element.findall("scstep"))
    return Step(
        number=len(image.steps) + 1,
        scf_converged=electronic < image.settings.get("NELM", np.inf),
        positions_A=np.array(tables["positions"]) @ image.lattice_A,
        forces_eV_A=np.full((atoms, 3), np.nan) if forces is None else forces,
        free_eV=number(energies.get("e_fr_energy", ""), where),
        sigma0_eV=number(energies.get("e_0_energy", ""), where),
    )
