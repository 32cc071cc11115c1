"""Diffusion in spheres that exchange ions through what they share: finite volumes in shells.

In each sphere dx/dt = r^-2 d/dr [r^2 D dx/dr]; at its surface -D dx/dr = k_s (x_R - y), y the
share of the second ion among the free ions, a stock of N_f per site of all spheres:
N_f dy/dt = sum_p 3 s_p k_s (x_p,R - y) / R_p, or y their weighted mean where N_f is zero
(J. Crank, The Mathematics of Diffusion, 2nd ed., chapter 6, from memory). Lengths are in nm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import eigh
from scipy.sparse import lil_matrix

from perovdb.errors import OutOfRange

#: Uniform shells of a sphere: the exchanged share is right to 1e-3 from D t / R^2 = 0.004 on.
SHELLS = 40

#: More ions than this, as a share, must not come or go.
_DRIFT = 1e-6

#: Of the integration where D depends on x.
_RELATIVE, _ABSOLUTE = 1e-7, 1e-9

#: A Biot number below which the interior is even: a faster D changes no more than this, and would
#: drown what is slow in the last bits.
_EVEN = 1e-6

Diffusivity = Callable[[np.ndarray], np.ndarray]


class Spheres(NamedTuple):
    """Spheres that exchange ions.

    Attributes:
        radius_nm: (m,).
        share: (m,) of all sites; the sum is one.
        start: (m,) fraction of the second ion before the exchange.
    """

    radius_nm: np.ndarray
    share: np.ndarray
    start: np.ndarray


class Course(NamedTuple):
    """What becomes of spheres.

    Attributes:
        x: (n, m, shells) fractions of the second ion, from the centre outwards.
        free: (n,) its share y among the free ions.
        drift: most ions, as a share of all sites, that came or went by error.
    """

    x: np.ndarray
    free: np.ndarray
    drift: float

    @property
    def means(self) -> np.ndarray:
        """(n, m) fractions of whole spheres."""
        return np.asarray(self.x @ volumes(self.x.shape[-1]))


def volumes(shells: int = SHELLS) -> np.ndarray:
    """(shells,) shares of a sphere's volume in shells of one thickness."""
    return np.diff(np.linspace(0, 1, shells + 1) ** 3)


def evolve(
    spheres: Spheres,
    time_s: np.ndarray,
    diffusion: float | Diffusivity,
    surface_nm_s: float = np.inf,
    stock: float = 0.0,
    free: float = 0.5,
    shells: int = SHELLS,
) -> Course:
    """Fractions in the spheres at times.

    Args:
        spheres: at time zero, each of one composition.
        time_s: (n,) from zero on, rising.
        diffusion: D in nm^2/s; a function of x (k,) where it depends on the composition.
        surface_nm_s: k_s; endless for a surface that keeps up with the interior.
        stock: N_f, free ions per site of all spheres; infinite for a bath held at `free`.
        free: share of the second ion among them at time zero; without a stock it follows.
        shells: of each sphere.

    Raises:
        OutOfRange: ions came or went by more than 1e-6, so that the solution is none.
    """
    if callable(diffusion):
        x, y = _integrate(spheres, time_s, diffusion, surface_nm_s, stock, free, shells)
    else:
        fastest = surface_nm_s * float(spheres.radius_nm.min()) / _EVEN
        d = min(diffusion, fastest)
        # In units of D, so that no product of small numbers is lost.
        x, y = _superpose(spheres, time_s * d, surface_nm_s / d, stock, free, shells)
    held = np.isinf(stock)
    drift = 0.0
    if not held:
        ions = x @ volumes(shells) @ spheres.share + stock * y
        drift = float(np.abs(ions - (spheres.share @ spheres.start + stock * free)).max())
    course = Course(x, y, drift)
    check_drift(course)
    return course


def check_drift(course: Course) -> None:
    """Refuse a course in which ions came or went, or one that is no number."""
    if not course.drift <= _DRIFT or not np.isfinite(course.x).all():
        raise OutOfRange(
            f"{course.drift:.1e} of the ions came or went in this solution.",
            "Take rates and sizes that lie closer together.",
        )


def _shape(spheres: Spheres, shells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sites (m, k) of shells, and conductances per D of faces between them (m, k - 1) and of the
    surface per nm/s (m,)."""
    faces = np.linspace(0, 1, shells + 1)[1:-1]
    sites = spheres.share[:, None] * volumes(shells)
    between = 3 * (spheres.share / spheres.radius_nm**2)[:, None] * faces**2 * shells
    return sites, between, 3 * spheres.share / spheres.radius_nm


def _through(diffusion: np.ndarray, thickness: np.ndarray, surface_nm_s: float) -> np.ndarray:
    """Nm/s from the middle of the outer shell into the free ions."""
    return np.asarray(1 / (thickness / (2 * diffusion) + 1 / surface_nm_s))


def _superpose(
    spheres: Spheres, time: np.ndarray, rate: float, stock: float, free: float, shells: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of D = 1: the symmetric problem, its eigenvectors, and all times at once."""
    sites, between, area = _shape(spheres, shells)
    m = len(spheres.share)
    size = m * shells
    outer = np.arange(m) * shells + shells - 1
    out = area * _through(np.ones(1), spheres.radius_nm / shells, rate)
    finite = 0 < stock < np.inf
    matrix = np.zeros((size + finite, size + finite))
    right = np.arange(size).reshape(m, shells)[:, 1:].ravel()
    flow = between.ravel()
    np.add.at(matrix, (right, right), -flow)
    np.add.at(matrix, (right - 1, right - 1), -flow)
    matrix[right, right - 1] = matrix[right - 1, right] = flow
    matrix[outer, outer] -= out
    capacity = sites.ravel()
    start = np.repeat(spheres.start, shells)
    if finite:
        matrix[outer, size] = matrix[size, outer] = out
        matrix[size, size] = -out.sum()
        capacity, start = np.append(capacity, stock), np.append(start, free)
    elif stock == 0:
        matrix[np.ix_(outer, outer)] += np.outer(out, out) / out.sum()
    else:
        start = start - free
    root = np.sqrt(capacity)
    values, vectors = eigh(matrix / np.outer(root, root), overwrite_a=True, check_finite=False)
    if np.isfinite(stock):
        values[-1] = 0.0  # that of all ions, which is exact
    weights = vectors.T @ (root * start)
    u = np.exp(np.outer(time, np.minimum(values, 0))) * weights @ vectors.T / root
    if finite:
        y = u[:, size]
    elif stock == 0:
        y = u[:, outer] @ out / out.sum()
    else:
        u, y = u + free, np.full(len(time), free)
    return u[:, :size].reshape(len(time), m, shells), y


def _integrate(
    spheres: Spheres, time: np.ndarray, diffusion: Diffusivity, rate: float, stock: float,
    free: float, shells: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Of a D that depends on x: stiff integration with the pattern of the Jacobian."""
    sites, between, area = _shape(spheres, shells)
    m = len(spheres.share)
    size = m * shells
    finite = 0 < stock < np.inf
    thickness = spheres.radius_nm / shells

    def exits(last: np.ndarray, y: float | None) -> tuple[np.ndarray, float]:
        """Conductances of the surfaces and y, D taken half-way from the outer shell out."""
        inner = diffusion(last)
        for _ in range(3):
            out = area * _through(inner, thickness, rate)
            now = float(out @ last / out.sum()) if y is None else y
            # What stands right at the surface: half a shell's resistance of the whole.
            at_surface = last - (last - now) * thickness / (2 * inner) * out / area
            inner = diffusion((last + at_surface) / 2)
        return area * _through(inner, thickness, rate), now

    def change(_: float, u: np.ndarray) -> np.ndarray:
        x = u[:size].reshape(m, shells)
        flow = between * diffusion(((x[:, 1:] + x[:, :-1]) / 2).ravel()).reshape(m, -1)
        flow = flow * np.diff(x)
        rise = np.zeros_like(x)
        rise[:, :-1] += flow
        rise[:, 1:] -= flow
        y = float(u[size]) if finite else free if stock else None
        out, y_now = exits(x[:, -1], y)
        if y is None:
            y_now = float(out @ x[:, -1] / out.sum())
        loss = out * (x[:, -1] - y_now)
        rise[:, -1] -= loss
        slopes = (rise / sites).ravel()
        return np.append(slopes, loss.sum() / stock) if finite else slopes

    pattern = lil_matrix((size + finite, size + finite), dtype=int)
    for k in (-1, 0, 1):
        pattern.setdiag(1, k)
    outer = np.arange(m) * shells + shells - 1
    if finite:
        pattern[outer, size] = pattern[size, outer] = 1
    elif stock == 0:
        pattern[np.ix_(outer, outer)] = 1
    begin = np.repeat(spheres.start, shells)
    begin = np.append(begin, free) if finite else begin
    try:
        solved = solve_ivp(
            change, (0.0, float(time[-1])), begin, "BDF", t_eval=time,
            jac_sparsity=pattern.tocsc(), rtol=_RELATIVE, atol=_ABSOLUTE,
        )  # fmt: skip
    except RuntimeError:  # a singular factor
        solved = None
    if solved is None or not solved.success:
        raise OutOfRange(
            "The diffusion could not be followed to its end.",
            "Take barriers that lie closer together, or fewer and earlier times.",
        )
    u = solved.y.T
    x = u[:, :size].reshape(len(time), m, shells)
    if finite:
        return x, u[:, size]
    y = np.array([exits(one[:, -1], free if stock else None)[1] for one in x])
    return x, y
