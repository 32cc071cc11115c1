"""Fit the model of gaps to the measured gaps in tables/ and write tables/gap_term.csv.

    python data/fit_gaps.py            write the table
    python data/fit_gaps.py --check    fail if the table is not what the fit gives

The model is that of `perovdb.calculators.gap_model`: linear in its terms, so that a least-squares
fit with priors is exact. Each composition counts once, as the median over sources of their
medians; points that disagree with the rest lose weight as under Student's t with 4 degrees of
freedom. A published polynomial of a series enters as three points.
"""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from statistics import median, pvariance
from typing import NamedTuple

import numpy as np

from perovdb.calculators.gap_model import BOWING_EV, SITES_OF_TERMS, Term
from perovdb.composition import Composition, as_composition
from perovdb.composition.registry import load_registry
from perovdb.errors import PerovdbError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K, TEMPERATURE_TOLERANCE_K
from perovdb.facts.select import select
from perovdb.store.connection import Record

TABLE = Path(__file__).parent / "tables" / "gap_term.csv"
SOURCE = "perovdb"
COLUMNS = "id term site ions beside formula value_eV su_eV n_compositions"
SHARED = "source cited_sources locator quote quote_2 kind evidence confidence qualifier note"

#: What is known of an end member's gap before any is measured: by its halide, in eV.
HALIDE_EV = {"Cl": 3.0, "Br": 2.2, "I": 1.5}
HALIDE_SU_EV = 0.4

#: Scatter between sources on one composition, and of compositions about the model, in eV; the
#: first is what compositions with several sources show.
SOURCE_SU_EV = 0.06
MODEL_SU_EV = 0.05

STUDENT_T = 4

#: Sources on one composition differ by more than this, root mean square, where one has another
#: phase or is wrong: 1.33 and 2.15 eV of MASnBr3.
CONTRADICTION_EV = 0.3


class Point(NamedTuple):
    """The gap of a composition: median over its sources, how many these are, and the sum of
    squares about their mean."""

    composition: Composition
    gap_eV: float
    n_sources: int
    spread_eV2: float


class Fit(NamedTuple):
    """Terms of the model with the points that they are fitted to.

    Attributes:
        terms: (m,) of which value_eV and su_eV are the fit's.
        points: (n,) compositions.
        design: (n, m) what a term counts in a composition.
        covariance: (m, m) in eV2.
        left_out_eV: (n,) measured gap less that predicted without the composition.
    """

    terms: list[Term]
    points: list[Point]
    design: np.ndarray
    covariance: np.ndarray
    left_out_eV: np.ndarray

    @property
    def sources_eV(self) -> float:
        """Standard deviation of sources on one composition, pooled; those that contradict each
        other left out, for they do not speak of one thing."""
        agree = [p for p in self.points if p.spread_eV2 <= p.n_sources * CONTRADICTION_EV**2]
        free = sum(point.n_sources - 1 for point in agree)
        return float(np.sqrt(sum(point.spread_eV2 for point in agree) / free))

    @property
    def scatter_eV(self) -> float:
        """Root mean square error of alloys that were left out."""
        alloys = [len(point.composition.end_members()) > 1 for point in self.points]
        return float(np.sqrt(np.mean(self.left_out_eV[alloys] ** 2)))


def points() -> list[Point]:
    """The gaps at room temperature of perovskites of the ions of the model."""
    by_source: dict[str, dict[str, list[float]]] = {}
    for composition, gap_eV, source in _values():
        by_source.setdefault(composition.formula, {}).setdefault(source, []).append(gap_eV)
    found = []
    for formula, sources in sorted(by_source.items()):
        values = [median(of_one) for of_one in sources.values()]
        spread_eV2 = pvariance(values) * len(values)
        found.append(Point(as_composition(formula), median(values), len(values), spread_eV2))
    return found


def _values() -> Iterator[tuple[Composition, float, str]]:
    for table, column, about in (
        ("band_gap", "value_eV", "quantity"),
        ("gap_series", "gap_eV", "quantity"),
        ("gap_median", "median_eV", "meaning"),
    ):
        for row in select(table):
            if row[column] is None or not row["formula"] or not _counts(row, str(row[about])):
                continue
            composition = _composition(row["formula"])
            if composition:
                yield composition, row[column], row["source"]
    for row in select("gap_series"):
        if row["kind"] != "measured" or row["c2_eV"] is None or not row["end_1"]:
            continue
        ends = [_composition(row[end]) for end in ("end_1", "end_2")]
        if None in ends:
            continue
        for x in (0.25, 0.5, 0.75):
            gap_eV = row["c0_eV"] + row["c1_eV"] * x + row["c2_eV"] * x**2
            yield _mixed(ends, x), gap_eV, row["source"]


def _mixed(ends: list[Composition | None], x: float) -> Composition:
    amounts: Counter[str] = Counter()
    for end, share in zip(ends, (1 - x, x), strict=True):
        for ion, amount in end.amounts.items() if end else ():
            amounts[ion] += share * amount
    return Composition.from_amounts(amounts, load_registry())


def _counts(row: Record, about: str) -> bool:
    """Whether a row is the gap of a bulk perovskite at room temperature: no dots, whose light is
    bluer, and no emission, whose light is redder."""
    sample = str(row.get("sample") or "")
    temperature_K = row.get("temperature_K")
    return (
        row["kind"] != "computed"
        and row["evidence"] != "recalled"
        and row.get("phase") != "delta"
        and "PL" not in about
        and not any(word in sample for word in ("NC", "QD", "dot"))
        and (
            temperature_K is None
            or abs(temperature_K - ROOM_TEMPERATURE_K) <= TEMPERATURE_TOLERANCE_K
        )
    )


def _composition(formula: str) -> Composition | None:
    try:
        composition = as_composition(formula)
    except PerovdbError:
        return None
    if not composition.is_perovskite or composition.vacancies:
        return None
    known = all(
        ion in SITES_OF_TERMS[site] for site, ions in composition.sites.items() for ion in ions
    )
    return composition if known else None


def fit(of: list[Point]) -> Fit:
    """The terms of the model that take part in some composition, and their uncertainty."""
    terms, prior_eV, prior_su_eV = _priors()
    design = np.array([[term.counts(point.composition) for term in terms] for point in of])
    used = (design != 0).any(axis=0)
    terms = [term for term, here in zip(terms, used, strict=True) if here]
    design, prior_eV, precision = design[:, used], prior_eV[used], prior_su_eV[used] ** -2.0
    gap_eV = np.array([point.gap_eV for point in of])
    n_sources = np.array([point.n_sources for point in of])
    variance = MODEL_SU_EV**2 + SOURCE_SU_EV**2 / n_sources
    weight = 1 / variance
    for _ in range(200):
        covariance = np.linalg.inv(design.T @ (weight[:, None] * design) + np.diag(precision))
        values_eV = covariance @ (design.T @ (weight * gap_eV) + precision * prior_eV)
        off_eV = gap_eV - design @ values_eV
        new = (STUDENT_T + 1) / (STUDENT_T * variance + off_eV**2)
        done = np.allclose(new, weight, rtol=1e-10)
        weight = new
        if done:
            break
    # Leaving one point out of a linear fit is a division by what it does not decide itself.
    own = weight * np.einsum("nm,mk,nk->n", design, covariance, design)
    su_eV = np.sqrt(np.diag(covariance))
    fitted = [
        term._replace(value_eV=float(value), su_eV=float(su), n_compositions=int(count))
        for term, value, su, count in zip(
            terms, values_eV, su_eV, (design != 0).sum(axis=0), strict=True
        )
    ]
    return Fit(fitted, of, design, covariance, off_eV / (1 - own))


def _priors() -> tuple[list[Term], np.ndarray, np.ndarray]:
    terms, prior = [], []
    for a, b, x in product(*SITES_OF_TERMS.values()):
        terms.append(Term("end member", None, (a, b, x), None))
        prior.append((HALIDE_EV[x], HALIDE_SU_EV))
    for site, ions in SITES_OF_TERMS.items():
        for pair in combinations(ions, 2):
            for beside in SITES_OF_TERMS["X"] if site == "B" else (None,):
                terms.append(Term("bowing", site, pair, beside))
                prior.append(BOWING_EV[site])
    mean, su = np.array(prior).T
    return terms, mean, su


def text(found: Fit) -> str:
    """The table as CSV."""
    n_several = sum(point.n_sources > 1 for point in found.points)
    scatter = [
        Term("scatter of alloys", None, (), None, found.scatter_eV, 0.0, len(found.points)),
        Term("scatter of sources", None, (), None, found.sources_eV, 0.0, n_several),
    ]
    file = io.StringIO()
    write = csv.writer(file, lineterminator="\n").writerow
    write([*COLUMNS.split(), *SHARED.split()])
    for number, term in enumerate([*found.terms, *scatter], 1):
        end = term.term == "end member"
        ions = () if end else term.ions
        formula = as_composition("({})({})({})3".format(*term.ions)).formula if end else ""
        su = f"{term.su_eV:.3f}" if term.su_eV else ""
        row = [f"GAP{number:03}", term.term, term.site, "-".join(ions), term.beside, formula]
        row += [f"{term.value_eV:.3f}", su, term.n_compositions, SOURCE, "", "data/fit_gaps.py"]
        write([*row, "", "", "fitted", "read", "high", "=", ""])
    return file.getvalue()


def main() -> None:
    """Write the table, or check it."""
    found = fit(points())
    wanted = text(found)
    if "--check" in sys.argv[1:]:
        if TABLE.read_text(encoding="utf-8") != wanted:
            sys.exit(f"{TABLE.name} is not what the gaps give: python data/fit_gaps.py")
    else:
        TABLE.write_text(wanted, encoding="utf-8")
    sys.stdout.write(
        f"{len(found.points)} compositions, {len(found.terms)} terms; alloys left out are missed "
        f"by {found.scatter_eV:.3f} eV\n"
    )


if __name__ == "__main__":
    main()
