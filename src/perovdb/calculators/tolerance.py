"""Tolerance factors of a perovskite ABX3 from ionic radii.

The formulas take numbers or numpy arrays of radii in angstrom and give the same back. They are
written without numpy, so that a look-up at the command line does not load it.
"""

from collections.abc import Iterator, Mapping
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from perovdb.answers import answer
from perovdb.calculators.provenance import Estimate
from perovdb.calculators.radii import RULE, RadiusUsed, ions_on_sites, radii_used
from perovdb.composition import Composition, Ion, Material, as_perovskite
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
        t, mu, tau: from the mean radius of each site; tau is None where A is not larger than B.
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
    tau: float | None
    probability: float | None
    radii: dict[str, RadiusUsed]
    end_members: dict[str, float]
    windows: tuple[Window, ...]
    notes: tuple[str, ...]
    averaging: str = AVERAGING
    radii_rule: str = RULE

    @property
    def tau_text(self) -> str:
        """tau with two decimals, "-" where it is not defined."""
        return "-" if self.tau is None else f"{self.tau:.2f}"

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
                "tau": self.tau_text,
                "P": "-" if self.probability is None else f"{self.probability:.2f}",
                "radii_A": self._radii_text(),
            }
        ]

    def _radii_text(self) -> str:
        return ", ".join(
            f"{used.species} {used.radius_A:g} {used.coordination} {used.set}"
            for used in self.radii.values()
        )

    def _headline(self) -> str:
        return f"{self.formula}, t={self.t:.3f}, mu={self.mu:.3f}, tau={self.tau_text}"


def tolerance(
    material: Material,
    radius_set: str | None = None,
    radii_A: Mapping[str, float] | None = None,
) -> Tolerance:
    """t, mu and tau of a composition; mixed sites take the fraction-weighted mean radius.

    A is the larger of the two cations, as in Bartel's tables: Ba in NaBaF3. B and B' of a double
    perovskite count as a mixed site; ions take the radius of their charge, such as Sn4+.

    Args:
        material: a formula, a composition, a structure or its file; ABX3 or A2BB'X6.
        radius_set: a set to take radii from where it has the ion, before those of Bartel's rule.
        radii_A: species -> radius in angstrom, to take in place of the store's.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: a radius or a set cannot be used.
        MissingData: an ion has no radius.
        OutOfRange: the formula is not a full ABX3 or A2BB'X6.

    >>> tolerance("Cs0.5FA0.5PbI3")
    Tolerance(Cs0.5FA0.5PbI3, t=0.919, mu=0.541, tau=3.85)
    """
    composition = as_perovskite(material, "The tolerance factor", double=True)
    ions = ions_on_sites(composition)
    larger = _larger_on_a(ions, radius_set, radii_A)
    sites = dict(composition.sites)
    if larger:
        sites |= {"A": composition.B, "B": composition.A}
    radii = radii_used(larger or ions, radius_set, radii_A)
    r_A, r_B, r_X = (
        sum(fraction * radii[species].radius_A for species, fraction in there.items())
        for there in sites.values()
    )
    n_A = sum(x * composition.charges[species] for species, x in sites["A"].items())
    t, mu = goldschmidt_t(r_A, r_B, r_X), octahedral_mu(r_B, r_X)
    tau = bartel_tau(r_A, r_B, r_X, n_A) if r_A > r_B else None
    return Tolerance(
        formula=composition.formula,
        t=t,
        mu=mu,
        tau=tau,
        probability=None if tau is None else bartel_probability(tau),
        radii=radii,
        end_members={
            formula: goldschmidt_t(*_mean_radii(members, radii, bool(larger)))
            for formula, members in composition.end_member_ions().items()
        },
        windows=tuple(_windows({"t": t, "mu": mu, "tau": tau})),
        notes=tuple(_notes(composition, radii, t, tau, bool(larger))),
    )


def _larger_on_a(
    ions: list[Ion], radius_set: str | None, radii_A: Mapping[str, float] | None
) -> list[Ion]:
    """The ions of ABX3 with A and B exchanged, if that on B is the larger at equal coordination;
    else none. Ions that share a site and molecules stay where they are."""
    a, b = ([ion for ion in ions if ion.site == site] for site in "AB")
    if len(a) != 1 or len(b) != 1 or a[0].molecular or b[0].molecular:
        return []
    both = radii_used([ion._replace(site="B") for ion in (*a, *b)], radius_set, radii_A)
    if both[b[0].species].radius_A <= both[a[0].species].radius_A:
        return []
    other = {"A": "B", "B": "A", "X": "X"}
    return [ion._replace(site=other[ion.site]) for ion in ions]


def _mean_radii(
    members: tuple[str, ...], radii: Mapping[str, RadiusUsed], exchanged: bool
) -> tuple[float, float, float]:
    """Radii of A, B and X of a pure compound; of B and B' the mean."""
    a, *b, x = (radii[ion].radius_A for ion in members)
    mean = sum(b) / len(b)
    return (mean, a, x) if exchanged else (a, mean, x)


def _windows(values: Mapping[str, float | None]) -> Iterator[Window]:
    for window in published_windows():
        value, low, high = values[window.descriptor], window.minimum, window.maximum
        if value is None:
            continue
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
    composition: Composition,
    radii: Mapping[str, RadiusUsed],
    t: float,
    tau: float | None,
    exchanged: bool,
) -> Iterator[str]:
    registry = load_registry()
    if exchanged:
        (large,), (small,) = composition.B, composition.A
        yield f"{large} is the larger cation and counts as A, {small} as B, as in Bartel's tables"
    molecules = [ion for ion in composition.species if registry.ion(ion).molecular]
    if molecules:
        yield (
            f"{', '.join(molecules)}: the radius of a molecule is an effective one, and neither t "
            "nor tau was fitted with molecules; hydrogen bonds and shape count too"
        )
    if composition.charges.get("Sn") == 2:
        yield (
            f"Sn: Shannon lists no Sn2+; {radii['Sn'].radius_A:g} A is from {radii['Sn'].set}, "
            "others are in use ('perovdb radii Sn'), and t and tau follow them"
        )
    if tau is None:
        yield "tau is not defined where A is not larger than B"
        return
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
