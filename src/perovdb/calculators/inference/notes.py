"""What an inferred composition says in words: why there is no formula, and what limits it."""

from collections.abc import Sequence

from perovdb.calculators.inference.ends import End, span
from perovdb.calculators.inference.settings import Measurement, Setting, same_length
from perovdb.composition import as_composition
from perovdb.composition.composition import SITE_COUNT

#: With a larger uncertainty of the fraction than this, any composition would do.
TELLS_NOTHING = 0.5


def reason(in_range: bool, a: float, ends: Sequence[End]) -> str:
    """Why there is no one formula; "" if there is."""
    low, high = span(ends)
    if not in_range:
        side = "below the smallest" if a < low else "above the largest"
        return (
            f"a = {a:.4f} A is {side} of the end members ({low:.4f} to {high:.4f} A), "
            "beyond the uncertainty: no mixture of them has it"
        )
    if len(ends) == 3:
        return (
            "three end members need two independent numbers; one lattice parameter leaves a line "
            "of compositions, from one end point to the other. Add another kind of "
            "measurement, such as the atomic percent of one ion"
        )
    return ""


def end_notes(ends: Sequence[End]) -> list[str]:
    """What the end members rest on, and how they differ from each other."""
    notes = [note for end in ends for note in end.notes]
    phases = {end.formula: "/".join(dict.fromkeys(c.phase for c in end.cells)) for end in ends}
    if len(set(phases.values())) > 1:
        each = ", ".join(f"{formula} {phase}" for formula, phase in phases.items())
        notes.append(
            f"the end members differ in phase ({each}): the pseudo-cubic mean (V/Z)^(1/3) of "
            "each is used, and a jump where the alloy changes phase is not seen"
        )
    unknown = [end.formula for end in ends if end.su_A is None]
    if unknown:
        notes.append(
            f"no uncertainty is known for a of {', '.join(unknown)}: it does not enter the "
            "uncertainty of the fraction"
        )
    compositions = [as_composition(end.formula) for end in ends]
    mixed = [
        site
        for site in SITE_COUNT
        if any(dict(c.sites[site]) != dict(compositions[0].sites[site]) for c in compositions)
    ]
    if len(mixed) > 1:
        notes.append(
            f"the end members differ on the sites {' and '.join(mixed)}: they are taken to mix "
            "as whole formula units"
        )
    return notes


def fraction_notes(
    a: float, in_range: bool, uncertainty: float | None, ends: Sequence[End]
) -> list[str]:
    """What limits the fraction: a beyond an end, an uncertainty that is too large."""
    notes = []
    low, high = span(ends)
    if in_range and not low <= a <= high:
        notes.append("a lies beyond an end member, but within its uncertainty of it")
    if uncertainty is not None and uncertainty > TELLS_NOTHING:
        notes.append(
            f"the fraction is uncertain by {uncertainty:.2g}: this measurement hardly tells "
            "the composition"
        )
    return notes


def setting_notes(setting: Setting | None, measured: Measurement) -> list[str]:
    """What limits the setting: the metric assumed, a zero shift, other settings, a poor fit."""
    if setting is None:
        return []
    chosen = setting.chosen
    notes = [
        f"index taken in the {chosen.cell} cell, of a pseudo-cubic metric: the splitting of "
        "peaks in a tetragonal or orthorhombic phase is left out"
    ]
    if measured.wavelength_A is not None and not chosen.refined:
        notes.append("of one peak alone: a zero shift of 2theta would go into a, unseen")
    others = [
        f"{one.cell} a = {one.a_A:.4f} A"
        for one in setting.tried
        if one.plausible and not same_length(one, chosen)
    ]
    if setting.ambiguous:
        notes.append(
            "ambiguous: in another setting the index gives a composition too "
            f"({'; '.join(others)}); name the setting"
        )
    if chosen.in_range and not chosen.plausible and chosen.refined:
        worst = max(map(abs, chosen.refined.residuals_deg))
        notes.append(
            f"the peaks do not fit one lattice parameter: zero shift "
            f"{chosen.refined.zero_shift_deg:.2f}, largest residual {worst:.2f} degrees; check "
            "the indices"
        )
    return notes
