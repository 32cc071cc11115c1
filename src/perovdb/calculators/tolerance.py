"""Tolerance factors of a perovskite ABX3 from ionic radii.

The formulas take numbers or numpy arrays of radii in angstrom and give the same back. They are
written without numpy, so that a look-up at the command line does not load it.
"""

from math import log, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from perovdb.calculators.radii import RULE, RadiusUsed, radii_used
from perovdb.composition import Composition, as_composition
from perovdb.errors import OutOfRange
from perovdb.store import Store, open_store

if TYPE_CHECKING:
    import numpy as np

    Number = TypeVar("Number", float, np.ndarray[Any, np.dtype[np.float64]])
else:
    Number = TypeVar("Number")

AVERAGING = "fraction-weighted mean radius on each site"


def goldschmidt_t(r_A: Number, r_B: Number, r_X: Number) -> Number:
    """Goldschmidt's tolerance factor t = (rA + rX) / (sqrt(2) (rB + rX)).

    Args:
        r_A, r_B, r_X: radii in angstrom.

    Source: as printed in Bartel 2019, doi 10.1126/sciadv.aav0693.

    >>> round(goldschmidt_t(1.88, 1.19, 2.20), 3)
    0.851
    """
    return (r_A + r_X) / (sqrt(2) * (r_B + r_X))


def octahedral_mu(r_B: Number, r_X: Number) -> Number:
    """Octahedral factor mu = rB / rX.

    Args:
        r_B, r_X: radii in angstrom.

    >>> round(octahedral_mu(1.19, 2.20), 3)
    0.541
    """
    return r_B / r_X


def bartel_tau(r_A: Number, r_B: Number, r_X: Number, n_A: float = 1.0) -> Number:
    """Bartel's tolerance factor; tau < 4.18 is classed as a perovskite.

    tau = rX / rB - nA (nA - (rA / rB) / ln(rA / rB)), with nA the oxidation state of A.

    Defined for rA > rB only; it has no upper limit in rA, so that a cation too large for the
    cage is passed all the same.

    Args:
        r_A, r_B, r_X: radii in angstrom.
        n_A: oxidation state of the A cation.

    Raises:
        OutOfRange: rA <= rB, for numbers; arrays give NaN there.

    Source: Bartel et al., Sci. Adv. 5, eaav0693 (2019), doi 10.1126/sciadv.aav0693.

    >>> round(bartel_tau(1.88, 1.19, 2.20), 2)
    4.3
    """
    ratio = r_A / r_B
    bracket: Number = n_A - ratio / _log_above_one(ratio)
    tau: Number = r_X / r_B - n_A * bracket
    return tau


def _log_above_one(ratio: Number) -> Number:
    if isinstance(ratio, (int, float)):
        if ratio <= 1:
            raise OutOfRange(
                f"tau is not defined for rA / rB = {ratio:.3f}.",
                "It needs an A ion larger than the B ion.",
            )
        return log(ratio)
    import numpy as np

    return cast("Number", np.log(np.where(ratio > 1, ratio, np.nan)))


class Tolerance(NamedTuple):
    """Tolerance factors of a composition and the radii that they rest on."""

    formula: str
    t: float
    mu: float
    tau: float
    radii: dict[str, RadiusUsed]
    averaging: str = AVERAGING
    radii_rule: str = RULE


def tolerance(composition: Composition | str, store: Store | None = None) -> Tolerance:
    """t, mu and tau of a composition; mixed sites take the fraction-weighted mean radius.

    Args:
        composition: a Composition or a formula.
        store: the curated store by default.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        MissingData: an ion has no radius.
        OutOfRange: tau is not defined for these radii.

    >>> round(tolerance("Cs0.5FA0.5PbI3").t, 3)
    0.919
    """
    store = store or open_store()
    composition = as_composition(composition, store)
    radii = radii_used(composition, store)
    r_A, r_B, r_X = (
        sum(fraction * radii[species].radius_A for species, fraction in ions.items())
        for ions in composition.sites.values()
    )
    return Tolerance(
        formula=composition.formula,
        t=goldschmidt_t(r_A, r_B, r_X),
        mu=octahedral_mu(r_B, r_X),
        tau=bartel_tau(r_A, r_B, r_X),
        radii=radii,
    )
