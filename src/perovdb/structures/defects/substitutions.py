"""Put other ions in the place of some: dopants, alloys by count, antisites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.charges import ion_charge
from perovdb.structures.defects.charge_rules import charge_after, defect_notes, signed
from perovdb.structures.defects.choices import Demand
from perovdb.structures.defects.editing import Newcomer, edit, nearest_A
from perovdb.structures.defects.partnering import with_partners
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

#: Stream of the random choices of this module.
STREAM = 21

#: Old ion -> new ion -> how many.
Replacements = Mapping[str, Mapping[str, Amount]]


@checked
def substitute(
    structure: Structure,
    *,
    replace: Replacements,
    at: Mapping[str, Sequence[Place]] | None = None,
    choose: str | int = "first",
    neutral: str | None = None,
    partner: str = "close",
    charge_state: int | None = None,
    orientation: str = "random",
    seed: int = 0,
) -> Structure:
    """The structure with other ions on some of its sites; a molecule counts as one ion.

    The new ion takes over the role of the site: I on a Pb site, the antisite I_Pb, stands on B.

    Args:
        structure: with roles and molecules.
        replace: old ion -> new ion -> how many: a whole number, or a fraction of the old ions.
        at: old ion -> places of all new ions that replace it, in the order of `replace`, instead
            of a choice: numbers of the old ions, from 0, or fractional coordinates.
        choose: a key of `choices.RULES`, or the number of a choice of `distinct_substitutions`.
        neutral: None for a charged cell, if the charges of the ions differ; or "cell" or
            "partner" of `charge_rules.NEUTRAL`; or the vacancy that makes up for it, as "V_Cs".
        partner: where the vacancies that make up for the charge are: "close" or "far".
        charge_state: charge that the defects add together, in e, if not the formal one.
        orientation: rule for new molecules, of the drawing, or "roomiest".
        seed: of the random choice and of random orientations.

    Raises:
        UnknownSpecies: an ion is not known, or the structure has none of it.
        InputError: there are not that many, or an argument is none of those listed.
        StructureError: a fraction gives no whole number, or nothing can make up for the charge.
        MissingData: the store has no geometry of a molecule.
    """
    stock = Stock(structure)
    demands = _demands(stock, replace)
    if at is None:
        parts = stock.choose([demand for _, _, demand in demands], choose, stream(seed, STREAM))
    else:
        parts = _places(stock, demands, at)
    coming = sum(ion_charge(new) * demand.count for _, new, demand in demands)
    main = np.concatenate(parts)
    change = coming - stock.charge(main)
    more = with_partners(stock, main, stock.points, change, neutral, partner)
    out = np.concatenate([main, *more.values()])
    change = coming - stock.charge(out)
    new_ions = [
        Newcomer(new, stock.every[n].role, stock.points.fractional[n], stock.every[n])
        for (_, new, _), part in zip(demands, parts, strict=True)
        for n in part.tolist()
    ]
    gone = [stock.every[int(number)] for number in out]
    made = edit(structure, gone, new_ions, orientation, seed)
    charge = charge_after(structure, change, neutral, charge_state)
    text = named([(f"{new}_{old}", demand.count) for old, new, demand in demands], more, partner)
    how = said(choose, seed) if at is None else "as named"
    foreign = [one.fractional for one in new_ions if stock.registry.ion(one.ion).site != one.role]
    notes = []
    if foreign:
        nearest = nearest_A(made, np.array(foreign))
        notes = [f"The nearest atom is {nearest:.2f} A from the antisite: relax the structure."]
    return record(
        made,
        "substitute",
        given(
            replace={old: dict(new) for old, new in replace.items()},
            at={ion: list(places) for ion, places in at.items()} if at else None,
            choose=choose,
            neutral=neutral,
            partner=partner,
            charge_state=charge_state,
            orientation=orientation,
            seed=seed,
        ),
        f"{text} ({how}); charge {signed(charge)}",
        charge=charge,
        before=structure,
        notes=notes,
        state=defect_notes(made, charge, charge_of(structure) + change, stock.points.apart_A(out)),
    )


@checked
def distinct_substitutions(structure: Structure, replace: Replacements) -> list[Choice]:
    """The substitutions that no symmetry operation turns into each other.

    Symmetry as for `vacancies.distinct_vacancies`; the multiplicities sum to the product of the
    multinomials.

    Args:
        structure: with roles and molecules.
        replace: as for `substitute`.

    Raises:
        UnknownSpecies, InputError, StructureError: as for `substitute`; or there are too many.
    """
    stock = Stock(structure)
    return stock.distinct([(old, demand) for old, _, demand in _demands(stock, replace)])


def _demands(stock: Stock, replace: Replacements) -> list[tuple[str, str, Demand]]:
    """Old ion, new ion and the sites wanted, in the order given."""
    demands: list[tuple[str, str, Demand]] = []
    for name in checked_mapping(replace, "replace"):
        old = stock.species(name)
        candidates = stock.of(old)
        checked_mapping(replace[name], f"put in the place of {old}")
        for new_name, amount in replace[name].items():
            new = stock.registry.ion(new_name).species
            if new == old or (old, new) in [known[:2] for known in demands]:
                raise InputError(
                    f"{old} cannot be replaced by {new}" + (" twice." if new != old else "."),
                    "Name each new ion once, and another one.",
                )
            demands.append((old, new, Demand(candidates, stock.counted(amount, old))))
        wanted = sum(demand.count for known, _, demand in demands if known == old)
        if wanted > len(candidates):
            raise InputError(
                f"{wanted} {old} would have to be replaced.",
                f"The structure has {len(candidates)}.",
            )
    return demands


def _places(
    stock: Stock, demands: list[tuple[str, str, Demand]], at: Mapping[str, Sequence[Place]]
) -> list[np.ndarray]:
    left = {
        stock.species(name): stock.at(stock.species(name), at[name])
        for name in checked_mapping(at, "replace")
    }
    parts = []
    for old, _, demand in demands:
        parts.append(left.get(old, np.empty(0, dtype=int))[: demand.count])
        if len(parts[-1]) < demand.count:
            raise InputError(f"Too few places of {old} are named.", "Name one for each new ion.")
        left[old] = left[old][demand.count :]
    if sum(map(len, left.values())):
        raise InputError("More places are named than ions to put there.", "Leave some out.")
    return parts
