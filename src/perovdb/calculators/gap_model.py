"""The gap of a mixed perovskite, linear in terms that are fitted to measured gaps.

E = sum_m w_m E_m - sum b_ij x_i x_j, over end members m with their weights, the products of site
fractions, and pairs of ions i, j that share a site. On B a bowing belongs to a halide and counts
by the fraction of it: that of Sn-Pb in iodides says nothing of bromides. The terms stand in the
table `gap_term`, which `data/fit_gaps.py` makes of the gaps in the store. What no gap was measured
for is not zero but wide: a term that the table lacks is an expectation with an uncertainty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, product
from math import sqrt
from typing import NamedTuple

from perovdb.composition import Composition, parse
from perovdb.errors import MissingData
from perovdb.facts.conditions import ROOM_TEMPERATURE_K, TEMPERATURE_TOLERANCE_K
from perovdb.facts.select import select
from perovdb.store import per_store

#: Ions whose gaps the terms are fitted to.
SITES_OF_TERMS = {"A": ("Cs", "MA", "FA"), "B": ("Pb", "Sn", "Ge"), "X": ("Cl", "Br", "I")}

#: What is expected of the bowing of a pair on a site before any is measured, and how far it may
#: be off, in eV; the measured ones lie within.
BOWING_EV = {"A": (0.1, 0.3), "B": (0.5, 0.5), "X": (0.3, 0.3)}

#: How far the gap of an end member with an ion of which none is measured may be from that with
#: the measured ones in its place, in eV. Exchanging A moves the gaps of the store by up to 0.3 eV,
#: B by up to 0.7 eV; 25 % Cd moves the light of CsPbBr3 dots by 0.16 eV (Imran 2020).
UNMEASURED_SU_EV = {"A": 0.3, "B": 0.9}

#: An answer less sure than this is none.
LARGEST_SU_EV = 0.25


class Term(NamedTuple):
    """An end member's gap, the bowing of two ions, or a scatter.

    Attributes:
        term: "end member", "bowing", "scatter of alloys" or "scatter of sources".
        site: of the two ions of a bowing.
        ions: A, B and X of an end member; the two of a bowing.
        beside: the halide beside which a bowing on B holds.
        value_eV, su_eV: the fitted value and its standard uncertainty.
        n_compositions: with measured gaps in which it takes part; 0 for an expectation.
    """

    term: str
    site: str | None
    ions: tuple[str, ...]
    beside: str | None = None
    value_eV: float = 0.0
    su_eV: float = 0.0
    n_compositions: int = 0
    source: str = "perovdb"
    kind: str = "fitted"
    evidence: str = "read"

    def counts(self, composition: Composition) -> float:
        """What the term counts in a composition."""
        sites = composition.sites
        if self.site is None:
            a, b, x = self.ions
            return sites["A"].get(a, 0.0) * sites["B"].get(b, 0.0) * sites["X"].get(x, 0.0)
        ions = sites[self.site]
        beside = 1.0 if self.beside is None else sites["X"].get(self.beside, 0.0)
        return -ions.get(self.ions[0], 0.0) * ions.get(self.ions[1], 0.0) * beside

    @property
    def is_expected(self) -> bool:
        """Whether it is what one expects, for no gap was measured that it takes part in."""
        return self.n_compositions == 0 and self.evidence != "given"

    @property
    def told(self) -> str:
        """With its value, in words."""
        return f"{self}: {self.value_eV:.2f} +- {self.su_eV:.2f} eV"

    def __str__(self) -> str:
        if self.site is None:
            return f"gap of {''.join(self.ions)}3"
        beside = f" beside {self.beside}" if self.beside else ""
        return f"bowing {self.site} {'-'.join(self.ions)}{beside}"


class Prediction(NamedTuple):
    """The gap of a composition by the model, in eV, and the terms that it is made of."""

    value_eV: float
    su_eV: float
    terms: tuple[Term, ...]


class Slope(NamedTuple):
    """How far a gap moves from room temperature to another one.

    Attributes:
        meV_per_K, su_meV_per_K: the slope and its uncertainty.
        change_eV, change_su_eV: from 298 K to the temperature.
        told: in words.
        source, kind, evidence: of the slopes.
    """

    meV_per_K: float
    su_meV_per_K: float
    change_eV: float
    change_su_eV: float
    told: str
    source: str
    kind: str
    evidence: str


def at_room(temperature_K: float) -> bool:
    """Whether the model holds at a temperature as it is."""
    return abs(temperature_K - ROOM_TEMPERATURE_K) <= TEMPERATURE_TOLERANCE_K


def predict(composition: Composition, ends_eV: Mapping[str, float] | None = None) -> Prediction:
    """The gap of a perovskite at room temperature by the model.

    Uncertainties of terms add up as if they did not hang together; the fit lets those of an end
    member and its bowings cancel in part, so that the sum is rather too wide than too narrow.

    Args:
        composition: a full ABX3.
        ends_eV: formula -> gap of an end member to take in place of the fitted one.

    Raises:
        MissingData: there is no gap with a halide of the composition.
    """
    terms = [
        _given(ions, ends_eV[formula]) if ends_eV and formula in ends_eV else end_member(*ions)
        for formula, ions in composition.end_member_ions().items()
    ]
    terms += bowings(composition.sites)
    counts = [term.counts(composition) for term in terms]
    value_eV = sum(count * term.value_eV for count, term in zip(counts, terms, strict=True))
    variance = sum((count * term.su_eV) ** 2 for count, term in zip(counts, terms, strict=True))
    return Prediction(value_eV, sqrt(variance + scatter_eV("alloys") ** 2), tuple(terms))


def end_member(a: str, b: str, x: str) -> Term:
    """The fitted gap of an end member, or what is expected of it.

    An ion on A or B that no gap was measured with is expected to do as the others on A do, or as
    Pb does.

    Raises:
        MissingData: no gap was measured with this halide.
    """
    fitted = _terms().get(("end member", None, (a, b, x), None))
    if fitted:
        return fitted
    known = {term.ions: term for term in _terms().values() if term.term == "end member"}
    as_b = b if any((other, b, x) in known for other in SITES_OF_TERMS["A"]) else "Pb"
    if (a, as_b, x) in known:
        like, su_eV = [known[a, as_b, x]], UNMEASURED_SU_EV["B"]
    else:
        like = [known[ion, as_b, x] for ion in SITES_OF_TERMS["A"] if (ion, as_b, x) in known]
        su_eV = UNMEASURED_SU_EV["A" if as_b == b else "B"]
    if not like:
        raise MissingData(
            f"The store has no measured gap of a perovskite with {x} on X.",
            f"It has those of {', '.join(SITES_OF_TERMS['X'])}.",
        )
    value_eV = sum(term.value_eV for term in like) / len(like)
    return Term("end member", None, (a, b, x), None, value_eV, su_eV)


def _given(ions: tuple[str, ...], value_eV: float) -> Term:
    return Term("end member", None, ions, None, value_eV, 0.0, 0, "given", "stated", "given")


def bowings(sites: Mapping[str, Collection[str]]) -> list[Term]:
    """The fitted bowings of the pairs of ions on each site, or what is expected of them.

    There is none of an ion with which no gap is measured: how its end member may be off covers
    how the gap bends on the way.
    """
    return [
        _bowing(site, i, j, beside)
        for site, ions in sites.items()
        for i, j in combinations((ion for ion in ions if ion in SITES_OF_TERMS[site]), 2)
        for beside in (sites["X"] if site == "B" else (None,))
    ]


def _bowing(site: str, i: str, j: str, beside: str | None) -> Term:
    for pair in ((i, j), (j, i)):
        term = _terms().get(("bowing", site, pair, beside))
        if term:
            return term
    return Term("bowing", site, (i, j), beside, *BOWING_EV[site])


def scatter_eV(of: str) -> float:
    """By how much alloys that are left out of the fit are missed, or two sources on one
    composition differ, as a standard deviation; `of` is "alloys" or "sources"."""
    return _terms()[f"scatter of {of}", None, (), None].value_eV


@per_store
def _terms() -> dict[tuple[str, str | None, tuple[str, ...], str | None], Term]:
    return {term[:4]: term for term in _read()}


def _read() -> Iterator[Term]:
    for row in select("gap_term"):
        ions = tuple((row["ions"] or "").split("-")) if row["ions"] else ()
        if row["formula"]:
            sites = parse(row["formula"]).sites
            ions = tuple(next(iter(sites[site])) for site in "ABX")
        yield Term(
            row["term"],
            row["site"],
            ions,
            row["beside"],
            row["value_eV"],
            row["su_eV"] or 0.0,
            row["n_compositions"],
            row["source"],
            row["kind"],
            row["evidence"],
        )


def space_terms(
    A: Sequence[str], B: Sequence[str], X: Sequence[str]
) -> tuple[list[Term], list[Term]]:
    """End members of all ions, those of X the fastest; and the bowings of their pairs.

    Raises:
        MissingData: as `end_member`.
    """
    ends = [end_member(*ions) for ions in product(A, B, X)]
    return ends, bowings({"A": A, "B": B, "X": X})
