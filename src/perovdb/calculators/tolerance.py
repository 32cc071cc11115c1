"""Tolerance factors of a perovskite ABX3 from ionic radii.

The formulas take numbers or numpy arrays of radii in angstrom and give the same back. They are
written without numpy, so that a look-up at the command line does not load it.
"""

from collections.abc import Iterator, Mapping
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from perovdb.answers import answer
from perovdb.calculators.provenance import Estimate
from perovdb.calculators.radii import RULE, RadiusUsed, radii_used
from perovdb.composition import Composition, Material, as_perovskite
from perovdb.composition.registry import load_registry
from perovdb.errors import OutOfRange
from perovdb.store import queries

if TYPE_CHECKING:
    import numpy as np

    Number = TypeVar("Number", float, np.ndarray[Any, np.dtype[np.float64]])
else:
    Number = TypeVar("Number")

#: Windows of Bartel 2019 (doi 10.1126/sciadv.aav0693), both strict, as in the authors' code; the
#: store has them too, with others.
BARTEL_T = (0.825, 1.059)
BARTEL_TAU = 4.18

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


def bartel_probability(tau: Number) -> Number:
    """Probability that a compound of this tau is a perovskite, by Bartel's calibration.

    The mean of three logistic functions (Platt scaling in three folds over 576 compounds). The
    authors' code fits them anew and prints no constants; these give back 22 pairs of tau and
    probability that the authors list (classified_formulas.csv of CJBartel/perovskite-stability)
    to 1e-12. NaN stays NaN.

    Source: Bartel et al., Sci. Adv. 5, eaav0693 (2019), doi 10.1126/sciadv.aav0693.

    >>> round(bartel_probability(4.26238011133), 6)
    0.494187
    """
    exponential = _exponential(tau)
    folds = ((1.30563109, 4.44239927), (1.92922020, 4.26092743), (2.60426144, 4.14595055))
    total: Number = sum(1 / (1 + exponential(slope * (tau - middle))) for slope, middle in folds)
    return total / 3


def _exponential(value: Any) -> Any:
    if isinstance(value, float):
        return lambda x: exp(min(x, 700.0))
    import numpy as np

    return lambda x: np.exp(np.minimum(x, 700.0))


class Window(NamedTuple):
    """A published window of a descriptor; None where it has no bound; strict if the bounds are
    outside; and whether a composition lies in it, None where there is none.
    """

    descriptor: str
    minimum: float | None
    maximum: float | None
    strict: bool
    meaning: str
    source: str
    kind: str
    evidence: str
    inside: bool | None = None


@answer
class Tolerance(Estimate):
    """Tolerance factors of a composition and the radii that they rest on.

    Attributes:
        formula: of the composition.
        t, mu, tau: from the mean radius of each site.
        probability: of a perovskite, from tau.
        radii: species -> the radius that was taken.
        end_members: formula -> t of each pure compound that the composition mixes.
        windows: published windows and whether they are met.
        notes: where the descriptors are known to mislead.
        averaging, radii_rule: how radii were averaged and chosen.
    """

    formula: str
    t: float
    mu: float
    tau: float
    probability: float
    radii: dict[str, RadiusUsed]
    end_members: dict[str, float]
    windows: tuple[Window, ...]
    notes: tuple[str, ...]
    averaging: str = AVERAGING
    radii_rule: str = RULE

    def rows(self) -> list[dict[str, Any]]:
        """One row: the factors and, in words, the radii."""
        (row,) = super().rows()
        del row["averaging"], row["radii_rule"]
        last = {name: row.pop(name) for name in ("source", "kind", "evidence", "notes")}
        return [{**row, "radii_A": self._radii_text(), **last}]

    def _values(self) -> list[RadiusUsed]:
        return list(self.radii.values())

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                "formula": self.formula,
                "t": f"{self.t:.3f}",
                "mu": f"{self.mu:.3f}",
                "tau": f"{self.tau:.2f}",
                "P": f"{self.probability:.2f}",
                "radii_A": self._radii_text(),
            }
        ]

    def _radii_text(self) -> str:
        return ", ".join(
            f"{used.species} {used.radius_A:g} {used.coordination} {used.set}"
            for used in self.radii.values()
        )

    def _headline(self) -> str:
        return f"{self.formula}, t={self.t:.3f}, mu={self.mu:.3f}, tau={self.tau:.2f}"


def tolerance(
    material: Material,
    radius_set: str | None = None,
    radii_A: Mapping[str, float] | None = None,
) -> Tolerance:
    """t, mu and tau of a composition; mixed sites take the fraction-weighted mean radius.

    Args:
        material: a formula, a composition, a structure or its file.
        radius_set: a set to take radii from where it has the ion, before those of Bartel's rule.
        radii_A: species -> radius in angstrom, to take in place of the store's.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: a radius or a set cannot be used.
        MissingData: an ion has no radius.
        OutOfRange: tau is not defined for these radii, or the formula is not a full ABX3.

    >>> tolerance("Cs0.5FA0.5PbI3")
    Tolerance(Cs0.5FA0.5PbI3, t=0.919, mu=0.541, tau=3.85)
    """
    composition = as_perovskite(material, "The tolerance factor")
    radii = radii_used(composition.species, radius_set, radii_A)
    r_A, r_B, r_X = (
        sum(fraction * radii[species].radius_A for species, fraction in ions.items())
        for ions in composition.sites.values()
    )
    t, mu, tau = goldschmidt_t(r_A, r_B, r_X), octahedral_mu(r_B, r_X), bartel_tau(r_A, r_B, r_X)
    return Tolerance(
        formula=composition.formula,
        t=t,
        mu=mu,
        tau=tau,
        probability=bartel_probability(tau),
        radii=radii,
        end_members={
            formula: goldschmidt_t(*(radii[ion].radius_A for ion in ions))
            for formula, ions in composition.end_member_ions().items()
        },
        windows=tuple(_windows({"t": t, "mu": mu, "tau": tau})),
        notes=tuple(_notes(composition, radii, t, tau)),
    )


def _windows(values: Mapping[str, float]) -> Iterator[Window]:
    for window in published_windows():
        value, low, high = values[window.descriptor], window.minimum, window.maximum
        inside = (low is None or value >= low) and (high is None or value <= high)
        if window.strict:
            inside = inside and value not in (low, high)
        yield window._replace(inside=inside)


def published_windows() -> tuple[Window, ...]:
    """The windows of t, mu and tau that the store holds, those that were read first."""
    return tuple(
        Window(
            row["descriptor"], row["min_value"], row["max_value"], bool(row["strict"]),
            row["meaning"], row["source"], row["kind"], row["evidence"],
        )
        for row in queries.descriptor_windows()
    )  # fmt: skip


def _notes(
    composition: Composition, radii: Mapping[str, RadiusUsed], t: float, tau: float
) -> Iterator[str]:
    registry = load_registry()
    molecules = [ion for ion in composition.species if registry.ion(ion).molecular]
    if molecules:
        yield (
            f"{', '.join(molecules)}: the radius of a molecule is an effective one, and neither t "
            "nor tau was fitted with molecules; hydrogen bonds and shape count too"
        )
    if "Sn" in composition.B:
        yield (
            f"Sn: Shannon lists no Sn2+; {radii['Sn'].radius_A:g} A is from {radii['Sn'].set}, "
            "others are in use ('perovdb radii Sn'), and t and tau follow them"
        )
    t_window = BARTEL_T[0] < t < BARTEL_T[1]
    if tau < BARTEL_TAU and t >= BARTEL_T[1]:
        yield (
            f"tau passes this composition, but t = {t:.3f} says that A is too large for the cage: "
            "tau has no upper limit in rA"
        )
    elif (tau < BARTEL_TAU) != t_window:
        yield (
            "t and tau disagree: "
            + ("tau" if tau < BARTEL_TAU else "t")
            + " says perovskite, the other does not"
        )
    for row in queries.facts("formability", {"formula": composition.formula}):
        expected = "perovskite" if tau < BARTEL_TAU else "non-perovskite"
        if row["label"] != expected:
            yield f"experiment says {row['label']} where tau says {expected} ({row['source']})"
