"""Point defects by their labels: V_I, V_Pb:2, Cd_Pb, I_Pb, I_i.

The notation is that of Kroger and Vink without the charge: what is there, then whose place it
takes; V is a vacancy (vanadium is put in by `substitute`), i the space between the sites.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.defects.interstitials import add_interstitial
from perovdb.structures.defects.selecting import Place
from perovdb.structures.defects.substitutions import substitute
from perovdb.structures.defects.vacancies import vacancies

_LABEL = re.compile(r"(?P<what>[A-Z][A-Za-z0-9()]*)_(?P<where>[A-Za-z0-9()]+)(:(?P<count>\d+))?")

EXAMPLES = "Write V_I, V_Pb:2, Cd_Pb, I_Pb or I_i."


@dataclass(frozen=True)
class Defect:
    """A kind of point defect.

    Attributes:
        kind: "vacancy", "substitution" or "interstitial".
        ion: that is there; "" for a vacancy.
        site: the ion whose place it takes; "" for an interstitial.
        count: how many.
        charge: the formal charge of all of them, in e.
    """

    kind: str
    ion: str
    site: str
    count: int
    charge: int

    @property
    def label(self) -> str:
        """As it is written."""
        many = f":{self.count}" if self.count > 1 else ""
        return f"{self.ion or 'V'}_{self.site or 'i'}{many}"


@checked
def parse_defect(text: str) -> Defect:
    """A defect out of its label, such as "V_I", "Cd_Pb:2" or "I_i".

    Raises:
        InputError: the text is no such label.
        UnknownSpecies: it names an ion that is not known.
    """
    match = _LABEL.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise InputError(f"{text!r} is not the label of a defect.", EXAMPLES)
    count = int(match["count"] or 1)
    if count < 1:
        raise InputError(f"{text!r} asks for no defect.", "Give a number from 1 on.")
    registry = load_registry()
    vacant, between = match["what"] == "V", match["where"] == "i"
    if vacant and between:
        raise InputError(f"{text!r} is nothing at no site.", EXAMPLES)
    there = None if vacant else registry.ion(match["what"])
    taken = None if between else registry.ion(match["where"])
    charge = (there.charge if there else 0) - (taken.charge if taken else 0)
    if there == taken:
        raise InputError(f"{text!r} is no defect: the ion is in its own place.", EXAMPLES)
    return Defect(
        kind="vacancy" if vacant else "interstitial" if between else "substitution",
        ion=there.species if there else "",
        site=taken.species if taken else "",
        count=count,
        charge=charge * count,
    )


@checked
def defect(
    structure: Structure,
    *,
    label: str,
    at: Sequence[Place] | None = None,
    choose: str | int = "first",
    neutral: str | None = None,
    partner: str = "close",
    charge_state: int | None = None,
    seed: int = 0,
) -> Structure:
    """The structure with the point defects of a label.

    The step is done, and recorded, by `vacancies`, `substitute` or `add_interstitial`, where the
    arguments are explained and finer ones are.

    Args:
        structure: with roles and molecules.
        label: such as "V_I", "V_Pb:2", "Cd_Pb", "I_Pb" or "I_i".
        at: places, one for each defect.
        choose: rule, or number of a distinct choice.
        neutral: None for a charged cell, "cell", "partner", "schottky", or a vacancy.
        partner: "close" or "far".
        charge_state: charge of the defects together, in e, if not the formal one.
        seed: of random choices.

    Raises:
        UnknownSpecies, InputError, StructureError: as for those functions.
    """
    wanted = parse_defect(label)
    if at is not None and len(at) != wanted.count:
        raise InputError(
            f"{wanted.label} asks for {wanted.count} places, {len(at)} are named.",
            "Name one for each defect.",
        )
    if wanted.kind == "vacancy":
        return vacancies(
            structure,
            remove=None if at is not None else {wanted.site: wanted.count},
            at=None if at is None else {wanted.site: at},
            choose=choose,
            neutral=neutral,
            partner=partner,
            charge_state=charge_state,
            seed=seed,
        )
    if wanted.kind == "substitution":
        return substitute(
            structure,
            replace={wanted.site: {wanted.ion: wanted.count}},
            at=None if at is None else {wanted.site: at},
            choose=choose,
            neutral=neutral,
            partner=partner,
            charge_state=charge_state,
            seed=seed,
        )
    if not isinstance(choose, str):
        raise InputError(
            "Voids have no numbered choices.", "Choose by rule, or name the void or the places."
        )
    return add_interstitial(
        structure,
        ion=wanted.ion,
        count=wanted.count,
        at=at,
        choose=choose,
        neutral=neutral,
        partner=partner,
        charge_state=charge_state,
        seed=seed,
    )
