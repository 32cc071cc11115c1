"""Which ions a layered phase is made of: read from the perovskite, or from its own formula."""

from __future__ import annotations

from collections.abc import Mapping

from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.errors import FormulaError, InputError
from perovdb.structures.layered.lengths import template, with_halides

#: A halide, or halides with their fractions.
Halides = str | Mapping[str, float]


def perovskite(composition: Composition) -> Composition:
    """The composition, if it is that of a perovskite ABX3.

    Raises:
        FormulaError: it is that of another phase.
    """
    if not composition.is_perovskite:
        raise FormulaError(
            f"{composition.formula} is not a perovskite ABX3 without vacancies.",
            "Give the perovskite whose ions the slabs hold, such as CsPbBr3.",
        )
    return composition


def slab_ions(
    composition: Composition, n: int | None, apical: Halides | None
) -> tuple[Composition, int, dict[str, float]]:
    """What a Ruddlesden-Popper phase is made of, from a perovskite or from its own formula.

    Args:
        composition: ABX3, whose X stand on all sites but the apical ones if these are given; or
            A(n+1)BnX(3n+1), whose X stand on all sites, the apical ones among them.
        n: layers of a slab; by default the formula's, 1 for ABX3.
        apical: halide, or halide -> fraction, of the apical sites. By default they are like the
            others, except in the template, Cs2PbI2Cl2, where they are those that were measured.

    Returns:
        the perovskite inside the slabs; n; halide -> fraction of the apical sites, empty if they
        are like the others.

    Raises:
        FormulaError: the formula is of another phase, or lacks the halides for the apical sites.
        InputError: n is another than the formula's, or the apical halides are none.
    """
    layers = composition.layers
    if layers is None:
        parent = perovskite(composition)
        return parent, 1 if n is None else n, halide_fractions(apical, parent)
    if composition.vacancies:
        raise FormulaError(
            f"{composition.formula} has empty sites.",
            "Build the full phase and take ions out of it.",
        )
    if n is not None and n != layers:
        raise InputError(
            f"{composition.formula} is the formula of n = {layers}, not of n = {n}.",
            "Leave n out, or give the perovskite ABX3.",
        )
    whole = Composition(composition.A, composition.B, composition.X, 0.0)
    faces = halide_fractions(apical, whole)
    if apical is None:
        faces = _measured_faces(whole, layers)
    if not faces:
        return with_halides(whole, whole.X), layers, {}
    # Of 3n + 1 halides two are apical.
    inside = {
        ion: share * (3 * layers + 1) - 2 * faces.get(ion, 0.0)
        for ion, share in composition.X.items()
    }
    lacking = [ion for ion in faces if inside.get(ion, -1.0) < -1e-6]
    if lacking:
        raise FormulaError(
            f"{composition.formula} holds too little {', '.join(lacking)} for the apical sites.",
            "Two halides of a formula unit are apical: give others, or fractions.",
        )
    rest = {ion: amount / (3 * layers - 1) for ion, amount in inside.items() if amount > 1e-6}
    return with_halides(whole, rest), layers, faces


def _measured_faces(whole: Composition, layers: int) -> dict[str, float]:
    """The apical halide of the template, if this is its formula; else nothing."""
    ions = template().ions
    halves = {ions["apical"]: 0.5, ions["equatorial"]: 0.5}
    ions_there = (layers, list(whole.A), list(whole.B), dict(whole.X))
    same = ions_there == (1, [ions["A"]], [ions["B"]], halves)
    return {ions["apical"]: 1.0} if same else {}


def halide_fractions(halides: Halides | None, parent: Composition) -> dict[str, float]:
    """Halide -> fraction of the apical sites; empty if they hold what the others do.

    Raises:
        UnknownSpecies, FormulaError: they are no halides, or no fractions.
    """
    if halides is None:
        return {}
    fractions = {halides: 1.0} if isinstance(halides, str) else dict(halides)
    registry = load_registry()
    wrong = [ion for ion in fractions if registry.ion(ion).site != "X"]
    if wrong or not fractions:
        raise InputError(
            f"{', '.join(wrong) or 'Nothing'} cannot stand on the apical sites.",
            "Name a halide, such as I, or several with their fractions.",
        )
    total = sum(fractions.values())
    if abs(total - 1) > 1e-6:
        raise InputError(
            f"The fractions of the apical halides sum to {total:g}.", "Let them sum to 1."
        )
    return dict(with_halides(parent, fractions).X)
