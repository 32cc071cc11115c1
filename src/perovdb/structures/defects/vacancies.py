"""Take ions, or whole molecules, out of a structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.charges import unit_charge
from perovdb.structures.defects.charge_rules import charge_after, defect_notes, schottky, signed
from perovdb.structures.defects.choices import Demand
from perovdb.structures.defects.editing import edit
from perovdb.structures.defects.partnering import partner_vacancies, with_partners
from perovdb.structures.defects.selecting import (
    Amount,
    Choice,
    Place,
    Stock,
    checked_mapping,
    given,
    named,
    said,
)
from perovdb.structures.history import charge_of, record
from perovdb.structures.streams import stream
from perovdb.structures.units import Unit

#: Stream of the random choices of this module.
STREAM = 2


@checked
def vacancies(
    structure: Structure,
    *,
    remove: Mapping[str, Amount] | None = None,
    at: Mapping[str, Sequence[Place]] | None = None,
    choose: str | int = "first",
    neutral: str | None = None,
    partner: str = "close",
    charge_state: int | None = None,
    seed: int = 0,
) -> Structure:
    """The structure without some of its ions. A molecule goes as a whole.

    Args:
        structure: with roles and molecules.
        remove: ion -> how many go: a whole number, or the fraction of those that are there.
        at: ion -> places that become vacant, instead of a choice: numbers of the ions of this
            species in the structure, from 0, or fractional coordinates.
        choose: a key of `choices.RULES`, or the number of a choice of `distinct_vacancies`.
        neutral: None for a charged cell, each ion leaving the opposite of its charge; or a key of
            `charge_rules.NEUTRAL`; or the vacancy that makes up for the charge, such as "V_I".
        partner: where the vacancies that make up for the charge are: "close" or "far".
        charge_state: charge of the vacancies together, in e, if not the formal one.
        seed: of the random choice.

    Returns:
        the structure; its notes give the distances of the defects and the number of electrons.

    Raises:
        UnknownSpecies: there is no such ion.
        InputError: there are not that many, or an argument is none of those listed.
        StructureError: a fraction gives no whole number, or nothing can make up for the charge.
    """
    stock = Stock(structure)
    chosen = _chosen(stock, remove, at, choose, stream(seed, STREAM))
    main = np.concatenate(list(chosen.values()))
    if neutral == "schottky":
        wanted = schottky(stock, {ion: len(sites) for ion, sites in chosen.items()})
        more = partner_vacancies(stock, main, stock.points, wanted, partner)
    else:
        more = with_partners(stock, main, stock.points, -stock.charge(main), neutral, partner)
    out = np.concatenate([main, *more.values()])
    gone = [stock.every[int(number)] for number in out]
    formal = -stock.charge(out)
    charge = charge_after(structure, formal, neutral, charge_state)
    made = edit(structure, gone, [], "", seed)
    text = named([(f"V_{ion}", len(sites)) for ion, sites in chosen.items()], more, partner)
    how = "as named" if at else said(choose, seed)
    return record(
        made,
        "vacancies",
        given(
            remove=dict(remove) if remove else None,
            at={ion: list(places) for ion, places in at.items()} if at else None,
            choose=choose,
            neutral=neutral,
            partner=partner,
            charge_state=charge_state,
            seed=seed,
        ),
        f"{text} ({how}); charge {signed(charge)}",
        charge=charge,
        before=structure,
        state=defect_notes(made, charge, charge_of(structure) + formal, stock.points.apart_A(out)),
    )


@checked
def distinct_vacancies(structure: Structure, remove: Mapping[str, Amount]) -> list[Choice]:
    """The choices of vacancies that no symmetry operation turns into each other.

    The symmetry is that of the structure as it is, each unit a point of its species: molecules
    stand at their centres of mass, and how they are turned does not count. The multiplicities sum
    to the product of the binomials.

    Args:
        structure: with roles and molecules.
        remove: as for `vacancies`.

    Raises:
        UnknownSpecies, InputError, StructureError: as for `vacancies`; or there are too many.
    """
    stock = Stock(structure)
    return stock.distinct(list(_demands(stock, remove).items()))


@checked
def vacancy(
    structure: Structure,
    *,
    ion: str,
    fractional: Sequence[float],
) -> Structure:
    """The structure without the ion at a place; the cell takes the charge that the vacancy leaves.

    Args:
        structure: with roles and molecules.
        ion: species to take out.
        fractional: (3,) its place.

    Raises:
        UnknownSpecies: there is no such ion in the structure.
        InputError: there is none at this place.
    """
    stock = Stock(structure)
    number = stock.at(stock.species(ion), [fractional])[0]
    return remove_unit(structure, stock.every[int(number)])


@checked
def remove(structure: Structure, ion: str, index: int = 0) -> Structure:
    """The structure without one ion. The cell takes the charge that the vacancy leaves.

    A vacancy of an ion of charge q is left with charge -q: V_I is +1, V_Cs and V_FA are -1.

    Args:
        structure: as built by perovdb.
        ion: species to take out.
        index: which of these ions, from 0 in the order of the structure.

    Raises:
        UnknownSpecies: there is no such ion in the structure.
        InputError: there are not that many.
    """
    stock = Stock(structure)
    number = stock.at(stock.species(ion), [index])[0]
    return remove_unit(structure, stock.every[int(number)])


def remove_unit(structure: Structure, unit: Unit) -> Structure:
    """The structure without a unit of it; charge and history follow."""
    charge = charge_of(structure) - unit_charge(unit)
    centre = structure.lattice.get_fractional_coords(unit.centre_A)
    left = edit(structure, [unit], [], "", 0)
    return record(
        left,
        "vacancy",
        {"ion": unit.ion, "fractional": [round(float(x), 6) for x in centre]},
        f"V_{unit.ion} charge {signed(charge)}",
        charge=charge,
        before=structure,
        state=defect_notes(left, charge, charge, float("inf")),
    )


def _chosen(
    stock: Stock,
    remove: Mapping[str, Amount] | None,
    at: Mapping[str, Sequence[Place]] | None,
    choose: str | int,
    generator: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Ion -> numbers of the units that go."""
    if at is None:
        demands = _demands(stock, remove)
        chosen = stock.choose(list(demands.values()), choose, generator)
        return dict(zip(demands, chosen, strict=True))
    if remove is not None:
        raise InputError(
            "Both numbers of ions and their places are given.", "Give one of the two."
        )
    places = checked_mapping(at, "take out")
    return {stock.species(ion): stock.at(stock.species(ion), at[ion]) for ion in places}


def _demands(stock: Stock, remove: Mapping[str, Amount] | None) -> dict[str, Demand]:
    demands: dict[str, Demand] = {}
    for name in checked_mapping(remove, "take out"):
        assert remove is not None
        ion = stock.species(name)
        if ion in demands:
            raise InputError(f"{ion} is named twice.", "Name each ion once.")
        demands[ion] = Demand(stock.of(ion), stock.counted(remove[name], ion))
    return demands
