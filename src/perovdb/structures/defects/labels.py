"""Point defects in the notation of the field: V_I, V_Pb:2, Cd_Pb:0.25, I_Pb, I_i.

The notation is that of Kroger and Vink without the charge: what is there, then whose place it
takes; V is a vacancy, i the space between the sites.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError
from perovdb.structures.defects.selecting import Amount, Place

_LABEL = re.compile(
    r"(?P<what>[A-Z][A-Za-z0-9()]*)_(?P<where>[A-Za-z0-9()]+)(:(?P<amount>\d+(\.\d+)?|\.\d+))?"
)

EXAMPLES = "Write V_I, V_Pb:2, Cd_Pb:0.25, I_Pb or I_i."

Kind = Literal["vacancy", "substitution", "interstitial"]


@dataclass(frozen=True)
class Defect:
    """Point defects of one kind, where the label alone does not say all.

    Attributes:
        label: "V_I", "Cd_Pb:2" or "I_i"; a number behind the colon is a count, or below 1 the
            fraction of the ions that are there. An ion takes over the role of the site: I on a Pb
            site, the antisite I_Pb, stands on B; of an interstitial it is that of its own site.
        at: their places, one each, instead of a choice: numbers of the ions of this species in the
            structure, from 0, or fractional coordinates; of an interstitial in a void these alone.
        void: of an interstitial, which of the distinct voids of `voids.voids`, from 0, the widest.
        split: of an interstitial halide: two X in the place of one that bridges two B, side by
            side across the B-B line, the form of I_i- in Meggiolaro et al., doi
            10.1039/C8EE00124C (from memory). `at` names the ions that are split.
        separation_A: of the two halves; by default two ionic radii, so that they touch.

    Raises:
        InputError: the text is no such label, or what is said does not go with it.
    """

    label: str
    at: Sequence[Place] | None = None
    void: int = 0
    split: bool = False
    separation_A: float | None = None

    def __post_init__(self) -> None:
        match = _LABEL.fullmatch(self.label) if isinstance(self.label, str) else None
        if match is None or (match["what"], match["where"]) == ("V", "i"):
            raise InputError(f"{self.label!r} is not the label of a defect.", EXAMPLES)
        if match["what"] == match["where"]:
            raise InputError(
                f"{self.label!r} is no defect: the ion is in its own place.", EXAMPLES
            )
        if self.at is not None and (isinstance(self.at, str) or not len(self.at)):
            raise InputError(f"{self.at!r} is not a list of places.", "Write [[0.5, 0.5, 0]].")
        if not self.amount:
            raise InputError(f"{self.label!r} asks for no defect.", "Give a number from 1 on.")
        between = self.kind == "interstitial"
        if between and not isinstance(self.amount, int):
            raise InputError(f"{self.label!r} is no number of interstitials.", "Give 1 or more.")
        if not between and (self.void or self.split or self.separation_A is not None):
            raise InputError(
                f"{self.label} is in no void, and not split.", "Interstitials are, such as I_i."
            )
        if self.void < 0:
            raise InputError(
                f"{self.void!r} is not the number of a void.", "They are numbered from 0."
            )
        if self.at is not None and ":" in self.label and len(self.at) != self.amount:
            raise InputError(
                f"{self.label} asks for {self.amount:g} places, {len(self.at)} are named.",
                "Name one for each defect.",
            )

    @property
    def kind(self) -> Kind:
        """What it is."""
        if self.ion == "":
            return "vacancy"
        return "substitution" if self.site else "interstitial"

    @property
    def ion(self) -> str:
        """That is there, as it is written; "" for a vacancy."""
        what = self.label.split("_")[0]
        return "" if what == "V" else what

    @property
    def site(self) -> str:
        """The ion whose place it takes, as it is written; "" for an interstitial."""
        where = self.label.split("_")[1].split(":")[0]
        return "" if where == "i" else where

    @property
    def amount(self) -> Amount:
        """How many: a count, or a fraction of the ions that are there."""
        _, _, text = self.label.partition(":")
        number = float(text or (len(self.at) if self.at is not None else 1))
        return int(number) if number == int(number) else number

    @property
    def charge(self) -> int:
        """The formal charge of one, in e.

        Raises:
            UnknownSpecies: it names an ion that is not known.
        """
        ion = load_registry().ion
        return sum(ion(name).charge for name in (self.ion,) if name) - sum(
            ion(name).charge for name in (self.site,) if name
        )


def as_defects(defects: Sequence[str | Defect]) -> list[Defect]:
    """Defects out of labels.

    Raises:
        InputError: there is none, or one is no label.
    """
    if isinstance(defects, str) or not len(defects):
        raise InputError(f"{defects!r} is no list of defects.", 'Write such as ["V_I"].')
    return [one if isinstance(one, Defect) else Defect(one.strip()) for one in defects]
