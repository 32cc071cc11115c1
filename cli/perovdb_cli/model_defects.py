"""The point defects that `perovdb build` asks for: all of a kind in one step, or all distinct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from perovdb_cli.model_type import Model

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovdb.structures.defects.labels import Defect


@dataclass
class _Wanted:
    """Defects by kind: those of one kind are chosen together."""

    vacancies: dict[str, int] = field(default_factory=dict)
    substitutions: dict[str, dict[str, int]] = field(default_factory=dict)
    interstitials: dict[str, int] = field(default_factory=dict)
    charged: int = 0

    @property
    def steps(self) -> int:
        """How many steps of their own they need."""
        return bool(self.vacancies) + bool(self.substitutions) + len(self.interstitials)


def enumerates_defects(asked: Mapping[str, Any]) -> bool:
    """Whether all distinct places of defects are asked for."""
    return asked["order"] == "enumerate" and bool(asked["vacancies"] or asked["defects"])


def defective(begun: Sequence[Model], asked: Mapping[str, Any]) -> list[Model]:
    """Models with the defects that are asked for; if all distinct ones are, all of these.

    Raises:
        click.UsageError: options that do not go together.
        and what the library raises.
    """
    wanted = _wanted(asked)
    if not wanted.steps:
        return list(begun)
    _check(wanted, asked)
    if not enumerates_defects(asked):
        return [Model(_made(one.structure, wanted, asked), one.multiplicity) for one in begun]
    if len(begun) > 1 or asked["replace"]:
        raise click.UsageError(
            "Orderings and defects are enumerated one after the other: write the orderings with "
            "-o, and ask for the defects of each file."
        )
    return _enumerated(begun[0].structure, wanted, asked)


def _wanted(asked: Mapping[str, Any]) -> _Wanted:
    from perovdb.structures.defects.labels import parse_defect

    wanted = _Wanted()
    charged = set()
    for label in [*(f"V_{text}" for text in asked["vacancies"]), *asked["defects"]]:
        one = parse_defect(label)
        _add(wanted, one)
        if one.charge:
            charged.add(one.ion if one.kind == "interstitial" else one.kind)
    wanted.charged = len(charged)
    return wanted


def _add(wanted: _Wanted, one: Defect) -> None:
    if one.kind == "vacancy":
        wanted.vacancies[one.site] = wanted.vacancies.get(one.site, 0) + one.count
    elif one.kind == "interstitial":
        wanted.interstitials[one.ion] = wanted.interstitials.get(one.ion, 0) + one.count
    else:
        news = wanted.substitutions.setdefault(one.site, {})
        news[one.ion] = news.get(one.ion, 0) + one.count


def _check(wanted: _Wanted, asked: Mapping[str, Any]) -> None:
    if wanted.steps < 2:
        if asked["choose"] != "first" and enumerates_defects(asked):
            raise click.UsageError("--choose takes one of the places that are to be enumerated.")
        return
    if enumerates_defects(asked):
        raise click.UsageError(
            "Defects of several kinds are not enumerated together: write those of one kind with "
            "-o, and ask for the others of each file."
        )
    if asked["choose"] not in ("first", "random"):
        raise click.UsageError(
            f"--choose {asked['choose']} is of defects of one kind, vacancies, substitutions or "
            "interstitials; a vacancy beside another defect: --neutral V_ION --partner close."
        )
    if asked["charge_state"] is not None:
        raise click.UsageError("--charge-state is of defects of one kind.")
    if asked["neutral"] not in (None, "cell") and wanted.charged > 1:
        raise click.UsageError(
            f"--neutral {asked['neutral']} is of defects of one kind; those of several are not "
            "made up for together: name each vacancy instead."
        )


def _made(structure: Structure, wanted: _Wanted, asked: Mapping[str, Any]) -> Structure:
    from perovdb.structures.defects.substitutions import substitute
    from perovdb.structures.defects.vacancies import vacancies

    from perovdb.structures.defects.interstitials import add_interstitial

    choose = int(asked["choose"]) if asked["choose"].isdecimal() else asked["choose"]
    common = {name: asked[name] for name in ("neutral", "partner", "charge_state", "seed")}
    if wanted.vacancies:
        structure = vacancies(structure, remove=wanted.vacancies, choose=choose, **common)
    if wanted.substitutions:
        structure = substitute(structure, replace=wanted.substitutions, choose=choose, **common)
    for ion, count in wanted.interstitials.items():
        if not isinstance(choose, str):
            raise click.UsageError("The places of interstitials have no numbers: choose by rule.")
        structure = add_interstitial(structure, ion=ion, count=count, choose=choose, **common)
    return structure


def _enumerated(structure: Structure, wanted: _Wanted, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.defects.substitutions import distinct_substitutions, substitute
    from perovdb.structures.defects.vacancies import distinct_vacancies, vacancies

    common = {name: asked[name] for name in ("neutral", "partner", "charge_state", "seed")}
    if wanted.vacancies:
        return [
            Model(vacancies(structure, at=found.at, **common), found.multiplicity, True)
            for found in distinct_vacancies(structure, wanted.vacancies)
        ]
    if wanted.substitutions:
        replaced = wanted.substitutions
        return [
            Model(
                substitute(structure, replace=replaced, at=found.at, **common),
                found.multiplicity,
                True,
            )
            for found in distinct_substitutions(structure, replaced)
        ]
    raise click.UsageError("The places of interstitials are not enumerated: choose them by rule.")
