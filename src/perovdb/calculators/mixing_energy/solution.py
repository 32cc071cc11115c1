"""Free energy of a random solution of two compounds, and what follows from its shape.

    dG(x, T) = x (1 - x) [L0 + L1 (1 - 2x) + ...] + m kT [x ln x + (1 - x) ln(1 - x)]

L are the parameters of O. Redlich and A. T. Kister (Ind. Eng. Chem. 40, 345 (1948), from memory),
in eV per formula unit, and m is the number of sites in it that mix: 1 of A or B, 3 of X. The
entropy is that of a random alloy: energies must be those of one, too. Averages by Boltzmann's
factor over the orderings of one small cell are convex at every temperature, and show no gap
whatever the L.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike
from scipy import optimize, special

from perovdb.calculators.kinetics.arrhenius import K_B_EV, temperatures
from perovdb.errors import InputError, OutOfRange

#: Points of the hull from which the common tangents start.
_POINTS = 1001


def redlich_kister(parameters: Sequence[float]) -> Polynomial:
    """x (1 - x) [L0 + L1 (1 - 2x) + L2 (1 - 2x)^2 + ...] as a polynomial in x.

    >>> float(redlich_kister([0.1773])(0.5))
    0.044325
    """
    odd, even = Polynomial([1.0, -2.0]), Polynomial([0.0, 1.0, -1.0])
    total = Polynomial([0.0])
    for power, parameter in enumerate(parameters):
        total = total + float(parameter) * odd**power
    return even * total


def free_energy_eV(
    fraction: ArrayLike, L_eV: Sequence[float], sites: int, temperature_K: float
) -> np.ndarray:
    """dG of mixing per formula unit at fractions (n,) from 0 to 1, in eV."""
    x = np.asarray(fraction, dtype=float)
    return np.asarray(redlich_kister(L_eV)(x) - temperature_K * sites * _entropy(x))


def _entropy(x: np.ndarray) -> np.ndarray:
    return np.asarray(K_B_EV * (special.entr(x) + special.entr(1 - x)))


def mixing_entropy_eV_K(sites: Iterable[tuple[int, Mapping[str, float]]]) -> float:
    """Ideal entropy of mixing per formula unit, in eV/K.

    Args:
        sites: number of sites of a kind in the formula unit and the fractions of the ions on them.

    >>> x = {"I": 0.5, "Br": 0.5}
    >>> round(298 * 1000 * mixing_entropy_eV_K([(3, x)]), 1)
    53.4
    """
    return float(K_B_EV) * sum(
        number * float(sum(special.entr(share) for share in ions.values()))
        for number, ions in sites
    )


def spinodal(L_eV: Sequence[float], sites: int, temperature_K: float) -> list[tuple[float, float]]:
    """Compositions between which the solution falls apart without a nucleus; exact.

    Returns:
        Intervals from low to high x; none above the critical point.
    """
    kelvin = float(temperatures(temperature_K))
    # x (1 - x) d2H/dx2 + m kT: of the sign of the curvature of dG, and a polynomial.
    stiffness = _even() * redlich_kister(L_eV).deriv(2) + sites * K_B_EV * kelvin
    roots = _real_roots(stiffness)
    edges = [root for root in roots if stiffness.deriv()(root) != 0]
    return [(a, b) for a, b in pairwise(edges) if stiffness((a + b) / 2) < 0]


def critical_point(L_eV: Sequence[float], sites: int) -> tuple[float, float] | None:
    """Highest temperature in kelvin at which the solution is unstable, and its composition.

    None where it mixes at every temperature.

    >>> kelvin, x = critical_point([0.17734], 3)
    >>> round(kelvin), x
    (343, 0.5)
    """
    spinodal_K = -_even() * redlich_kister(L_eV).deriv(2) / (sites * K_B_EV)
    tops = [(float(spinodal_K(x)), x) for x in _real_roots(spinodal_K.deriv())]
    kelvin, x = max(tops, default=(0.0, 0.0))
    return (kelvin, x) if kelvin > 0 else None


def binodal(L_eV: Sequence[float], sites: int, temperature_K: float) -> list[tuple[float, float]]:
    """Compositions that stand beside each other in equilibrium: ends of the common tangents.

    Returns:
        Intervals from low to high x; none above the critical point.

    Raises:
        OutOfRange: a tangent cannot be found, as within a thousandth of the critical point.
    """
    if not spinodal(L_eV, sites, temperature_K):
        return []
    energy = redlich_kister(L_eV)
    slope = energy.deriv()
    scale = sites * K_B_EV * temperature_K

    def potentials(logit: float) -> np.ndarray:
        x, log_1, log_2 = special.expit(logit), special.log_expit(-logit), special.log_expit(logit)
        first = (energy(x) - x * slope(x)) / scale + log_1
        second = (energy(x) + (1 - x) * slope(x)) / scale + log_2
        return np.array([first, second])

    gaps = []
    for low, high in _hull_gaps(L_eV, sites, temperature_K):
        found = optimize.root(
            lambda pair: potentials(pair[0]) - potentials(pair[1]),
            [special.logit(low), special.logit(high)],
            tol=1e-13,
        )
        a, b = (float(special.expit(value)) for value in found.x)
        if np.abs(found.fun).max() > 1e-9 or not a < b:
            raise OutOfRange(
                f"The tangent between {low:.4f} and {high:.4f} at {temperature_K:g} K "
                "cannot be found.",
                "Take a temperature farther from the critical one, or above a few kelvin.",
            )
        gaps.append((a, b))
    return gaps


def _hull_gaps(
    L_eV: Sequence[float], sites: int, temperature_K: float
) -> list[tuple[float, float]]:
    """Where the lower convex hull of dG leaves it, on a mesh that is dense at the ends."""
    # Without the ends, where the slope is infinite.
    inner = (1 - np.cos(np.linspace(0, np.pi, _POINTS + 2)[1:-1])) / 2
    mesh = np.unique(np.concatenate([inner, [p for pair in spinodal(L_eV, sites, temperature_K)
                                      for p in (*pair, sum(pair) / 2)]]))  # fmt: skip
    x, g = mesh.tolist(), free_energy_eV(mesh, L_eV, sites, temperature_K).tolist()
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1 and (g[hull[-1]] - g[hull[-2]]) * (x[i] - x[hull[-1]]) >= (
            g[i] - g[hull[-1]]
        ) * (x[hull[-1]] - x[hull[-2]]):
            hull.pop()
        hull.append(i)
    return [(x[a], x[b]) for a, b in pairwise(hull) if b > a + 1]


def interaction_from_binodal(
    first: float, second: float, sites: int, temperature_K: float
) -> tuple[float, float]:
    """L0 and L1 in eV of the solution with a gap from x `first` to `second`; exact.

    Two ends fix two parameters: the symmetric model is the case `second` = 1 - `first`.

    Raises:
        InputError: the ends are not two compositions between 0 and 1, from low to high.
    """
    if not 0 < first < second < 1:
        raise InputError(f"A gap from {first:g} to {second:g} cannot be.", "Give 0 < x1 < x2 < 1.")
    kelvin = float(temperatures(temperature_K))

    def per_L(x: float) -> np.ndarray:
        """(2, 2) chemical potentials of the ends per unit of L0 and L1."""
        columns = []
        for unit in ([1.0], [0.0, 1.0]):
            energy = redlich_kister(unit)
            slope = energy.deriv()
            columns.append((energy(x) - x * slope(x), energy(x) + (1 - x) * slope(x)))
        return np.array(columns).T

    ideal = np.log([(1 - first) / (1 - second), first / second]) * sites * K_B_EV * kelvin
    L0, L1 = np.linalg.solve(per_L(second) - per_L(first), ideal)
    return float(L0), float(L1)


def fit_interaction(
    fraction: ArrayLike, energy_eV: ArrayLike, n_parameters: int = 2
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """L by least squares from energies of mixing of random alloys, and standard uncertainties.

    Args:
        fraction: (n,) of the second end member, between 0 and 1.
        energy_eV: (n,) energy of mixing per formula unit: of a quasi-random model, or the mean
            over all orderings by their multiplicity.
        n_parameters: how many L.

    Raises:
        InputError: shapes that do not match, or no more compositions than parameters.
    """
    x, energy = np.asarray(fraction, dtype=float), np.asarray(energy_eV, dtype=float)
    if x.shape != energy.shape or x.ndim != 1 or not ((x > 0) & (x < 1)).all():
        raise InputError(
            f"{x.size} compositions and {energy.size} energies cannot be fitted.",
            "Give one energy for each composition between 0 and 1.",
        )
    if np.unique(x.round(9)).size <= n_parameters:
        raise InputError(
            f"{np.unique(x.round(9)).size} composition(s) are too few for {n_parameters} "
            "parameter(s) with an uncertainty.",
            f"Give energies at {n_parameters + 1} compositions or more, or ask for fewer.",
        )
    units = np.eye(n_parameters)
    design = np.array([redlich_kister(unit.tolist())(x) for unit in units]).T
    found, *_ = np.linalg.lstsq(design, energy, rcond=None)
    residual = energy - design @ found
    scatter = float(residual @ residual) / (x.size - n_parameters)
    su = np.sqrt(scatter * np.diag(np.linalg.inv(design.T @ design)))
    return tuple(map(float, found)), tuple(map(float, su))


def exchange_energy_eV(
    fraction: ArrayLike, mixing_eV: ArrayLike, mu_leaves_eV: float, mu_enters_eV: float
) -> np.ndarray:
    """Energy per formula unit of x A'(solution) + ABX3 -> A1-xA'xBX3 + x A(solution).

    The energy of mixing plus x (mu of the ion that leaves - mu of the ion that enters), with mu of
    the crystals' own end members as zero. Below zero the exchange runs by itself.
    """
    x = np.asarray(fraction, dtype=float)
    return np.asarray(np.asarray(mixing_eV, dtype=float) + x * (mu_leaves_eV - mu_enters_eV))


def _even() -> Polynomial:
    return Polynomial([0.0, 1.0, -1.0])


def _real_roots(polynomial: Polynomial) -> list[float]:
    """Real roots between 0 and 1, from low to high."""
    roots = np.atleast_1d(polynomial.trim(1e-300).roots())
    real = roots[np.abs(roots.imag) < 1e-9].real
    return sorted(float(x) for x in real if 0 < x < 1)
