"""One vasprun.xml of VASP, where the OUTCAR is not at hand, and to check the OUTCAR against.

pymatgen's reader takes in the whole run; this one what barriers need, and of a file that is cut
what stands before the cut.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

import numpy as np

from perovdb.errors import ResultError
from perovdb.files.atoms import MOST_ATOMS
from perovdb.results.outcar import Image, Step, take_step
from perovdb.results.text import lines, number, numbers

#: Parts of a step of which something is needed at its end.
_OF_STEP = ("structure", "varray", "energy", "scstep")

#: No run nests its elements as deep, or has as many characters without one.
_DEEPEST, _LONGEST_TEXT = 30, 10_000_000

_SETTINGS = ("NELECT", "ENCUT", "EDIFFG", "NSW", "NELM", "ISPIN")


def read_vasprun(path: Path) -> Image:
    """A vasprun.xml, or vasprun.xml.gz; if it is cut, up to there.

    Raises:
        ResultError: it is none, or is cut before the first step.
    """
    parser: XMLPullParser[Any] = XMLPullParser(["start", "end"])
    image = Image(path, "", (), np.zeros((3, 3)), {}, ())
    whole = False
    around: list[Element] = []
    since = 0
    try:
        for row in lines(path):
            if "<!" in row and re.search("<!(DOCTYPE|ENTITY)", row):
                raise ResultError(
                    f"{path} declares entities of XML, as VASP never does.", "Copy it again."
                )
            parser.feed(row + "\n")
            since += len(row)
            for event in parser.read_events():
                since = 0
                what, element = cast(tuple[str, Element], event)
                if what == "start":
                    around.append(element)
                    continue
                _take(element, image)
                whole |= element.tag == "modeling"
                if len(around) > 1 and not _needed([one.tag for one in around[1:4]]):
                    around[-2].remove(element)
                around.pop()
            within = len(around[-1]) if around else 0
            if len(around) > _DEEPEST or since > _LONGEST_TEXT or within > MOST_ATOMS:
                raise ResultError(f"{path} is no vasprun.xml.", "Copy it again.")
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
        take_step(image.steps, _step(element, image, where), image.path)


def _needed(tags: list[str]) -> bool:
    """Whether an element is looked at again when one around it ends.

    What is not goes at once, so that memory does not grow with the file.

    Args:
        tags: of the elements around it from below the root on, and its own, three at the most.
    """
    return len(tags) > 1 and (
        tags[0] == "atominfo"
        or (
            tags[0] == "calculation"
            and tags[1] in _OF_STEP
            and (tags[1] != "scstep" or len(tags) == 2)
        )
    )


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
