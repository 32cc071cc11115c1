"""Cells of compounds that do not exist as perovskites, estimated.

* With another ion on A, from that with a measured one by the difference of the radii: the slope of
  a regression over Pb and Sn halides, whose intercept cancels (`lattice_slope_of_A_radius`);
* with another ion on B, by the line through a measured alloy of it, as far as that reaches;
* else, in an alloy, by the slope in the radius of B, which misses CsCdBr3 by 0.3 A.
"""

from __future__ import annotations

from math import hypot

from perovdb.calculators.experiment import measured_samples
from perovdb.calculators.mixing import Cell, end_member, sample_cell
from perovdb.calculators.radii import choose_radius
from perovdb.composition import Composition, as_composition, parse
from perovdb.composition.registry import load_registry
from perovdb.errors import MissingData
from perovdb.facts.conditions import (
    ROOM_TEMPERATURE_K,
    TEMPERATURE_TOLERANCE_K,
)
from perovdb.facts.select import select
from perovdb.store import per_store, queries
from perovdb.store.connection import Record

#: Ions on A of which cells are measured, and B and radii of A that the regression holds for.
_HOSTS = ("Cs", "MA", "FA")
_FITTED_B = ("Pb", "Sn")
_FITTED_RADII_A = (1.6, 2.8)

#: How well the slope in the radius of A is known, for ions beyond those that it is fitted to.
_SLOPE_SU = 0.05

#: How far a cell by the radius of B may be off, as it is for CsCdBr3 (5.63 for 5.33 A), and by how
#: much lattice parameters of dots under the microscope and of powders by X-rays differ.
_BY_RADIUS_OF_B_SU_A = 0.3
_OTHER_SCALE_SU_A = 0.04


def estimated(
    formula: str, fraction: float, temperature_K: float, of: Composition | None
) -> Cell | None:
    """The estimated cell of a compound at a temperature; None where there is none.

    Args:
        formula: of the compound.
        fraction: its share.
        temperature_K: in kelvin.
        of: the mixture that it is a member of.

    Raises:
        MissingData: the mixture holds more of an ion than any measured alloy.
    """
    ions = {site: next(iter(parse(formula).sites[site])) for site in "ABX"}
    if ions["A"] not in _HOSTS and ions["B"] in _FITTED_B:
        return _by_radius_of_a(formula, ions, temperature_K)
    if of is None or fraction == 1 or ions["A"] not in _HOSTS or ions["B"] in _FITTED_B:
        return None
    return _by_alloy(formula, ions, temperature_K, of) or _by_radius_of_b(
        formula, ions, temperature_K
    )


def _radius_A(species: str) -> float | None:
    ion = load_registry().ion(species)
    try:
        return float(choose_radius(queries.radii(ion.species), ion)["radius_A"])
    except MissingData:
        return None


@per_store
def _regression() -> dict[str, Record]:
    rows = select("other_property", source="perovdb")
    return {row["property"]: row for row in rows if row["category"] == "lattice regression"}


def _host(a: str, b: str, x: str, temperature_K: float) -> Cell | None:
    try:
        return end_member(as_composition(f"({a})({b})({x})3").formula, 1.0, temperature_K).cell
    except MissingData:
        return None


def _by_radius_of_a(formula: str, ions: dict[str, str], temperature_K: float) -> Cell | None:
    radius_A = _radius_A(ions["A"])
    if radius_A is None or not _FITTED_RADII_A[0] <= radius_A <= _FITTED_RADII_A[1]:
        return None
    known = [(host, _radius_A(host)) for host in _HOSTS]
    off = sorted((abs(r_A - radius_A), host, r_A) for host, r_A in known if r_A is not None)
    for _, host, host_A in off:
        cell = _host(host, ions["B"], ions["X"], temperature_K)
        if cell is None:
            continue
        slope = _regression()["lattice_slope_of_A_radius"]
        left_out_A = _regression()["lattice_regression_left_out_A"]["value"]
        longer_A = radius_A - host_A
        return cell._replace(
            formula=formula,
            phase_id="",
            a_pseudocubic_A=cell.a_pseudocubic_A + slope["value"] * longer_A,
            kind="derived",
            su_A=hypot(left_out_A, _SLOPE_SU * longer_A, cell.su_A),
            estimate=f"{cell.formula} {cell.a_pseudocubic_A:.3f} A and {slope['value']:g} of the "
            f"difference of radii, {longer_A:+.2f} A; not known as a perovskite",
        )
    return None


def _by_alloy(
    formula: str, ions: dict[str, str], temperature_K: float, of: Composition
) -> Cell | None:
    """The end of the line from the other members through a measured alloy."""
    if abs(temperature_K - ROOM_TEMPERATURE_K) > TEMPERATURE_TOLERANCE_K:
        return None
    for row in measured_samples():
        alloy = as_composition(row["formula"])
        members = alloy.end_members()
        others = {f: share for f, share in members.items() if f != formula}
        if formula not in members or not set(others) <= set(of.end_members()):
            continue
        share = members[formula]
        most = alloy.sites["B"][ions["B"]]
        if of.sites["B"][ions["B"]] > most + 1e-9:
            raise MissingData(
                f"The lattice parameter of {of.formula} is not known: of {ions['B']} on B alloys "
                f"are measured up to {most:g} ({row['source']}).",
                "Ask for less of it; a model can take a lattice parameter of your own.",
            )
        cells = {f: end_member(f, 1.0, temperature_K).cell for f in others}
        rest_A = sum(x * cells[f].a_pseudocubic_A for f, x in others.items())
        measured = sample_cell(row)
        return measured._replace(
            formula=formula,
            phase_id="",
            a_pseudocubic_A=(measured.a_pseudocubic_A - rest_A) / share,
            kind="derived",
            su_A=_OTHER_SCALE_SU_A / share,
            estimate=f"the line through {alloy.formula} {measured.a_pseudocubic_A:.3f} A "
            f"({row['source']}: {row['form']}, {row['method']})",
        )
    return None


def _by_radius_of_b(formula: str, ions: dict[str, str], temperature_K: float) -> Cell | None:
    radius_A, lead_A = _radius_A(ions["B"]), _radius_A("Pb")
    cell = _host(ions["A"], "Pb", ions["X"], temperature_K)
    registry = load_registry()
    same_charge = registry.ion(ions["B"]).charge == registry.ion("Pb").charge
    if radius_A is None or lead_A is None or cell is None or not same_charge:
        return None
    slope = _regression()["lattice_slope_of_B_radius"]["value"]
    return cell._replace(
        formula=formula,
        phase_id="",
        a_pseudocubic_A=cell.a_pseudocubic_A + slope * (radius_A - lead_A),
        kind="derived",
        su_A=_BY_RADIUS_OF_B_SU_A,
        estimate=f"hypothetical: {cell.formula} {cell.a_pseudocubic_A:.3f} A and {slope:g} of the "
        f"difference of radii, {radius_A - lead_A:+.2f} A",
    )
