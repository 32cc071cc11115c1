"""Diffusion on a jump network, exactly: of a vacancy, and of a tracer that it carries along.

The master equation of a walk with rates w and shares p of the time gives, with c = p w between two
states and the way d that a jump leads (D. R. Trinkle, Philos. Mag. 97, 2514 (2017),
doi 10.1080/14786435.2017.1340685, from memory; here for one walker on a finite network),

    D = 1/2 sum c d d - b (L^-1) b,    b_i = sum_j c_ij d_ij,

L being the Laplacian of c. A tracer moves only when the vacancy takes its place, so that its walk
is that of the pair, in a supercell; what the cell's size does goes as one over the number of
sites, and is extrapolated from two sizes.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix
from scipy.sparse.linalg import splu

from perovdb.errors import InputError
from perovdb.migration.transport.network import JumpNetwork

#: Sites of the larger supercell of a tracer, about; the smaller is shorter, see `_sizes`.
_SITES = 3000

#: No network has more sites in its cell here.
MOST_SITES = 400

_CM2_PER_A2 = 1e-16


def vacancy_diffusion_cm2_s(
    network: JumpNetwork, temperature_K: float, attempt_frequency_Hz: float
) -> np.ndarray:
    """(3, 3) diffusion tensor of one vacancy."""
    rates = network.rates_Hz(temperature_K, attempt_frequency_Hz)
    flows = network.shares(temperature_K)[network.start] * rates
    return _CM2_PER_A2 * _tensor(
        network.sites, network.start, network.end, flows, network.vectors_A
    )


def correlation_factors(
    network: JumpNetwork, temperature_K: float, attempt_frequency_Hz: float
) -> np.ndarray:
    """(3, 3) tracer over uncorrelated diffusion, D_tracer = f c D_vacancy with a share c of vacant
    sites: the tensor f in the basis of the cell's Cartesian axes, symmetric.

    For one vacancy and no other ions than the tracer's.

    Raises:
        InputError: the cell has too many sites.
    """
    if network.sites > MOST_SITES:
        raise InputError(
            f"A tracer among {network.sites} sites of a cell is not followed.",
            f"Take a smaller cell, up to {MOST_SITES} sites, or --no-tracer.",
        )
    small, large = _sizes(network.sites)
    whole = vacancy_diffusion_cm2_s(network, temperature_K, attempt_frequency_Hz) / _CM2_PER_A2
    inverse = _root_inverse(whole)
    factors = []
    for size in (small, large):
        sites = network.sites * size**3
        tracer = _tracer(network, temperature_K, attempt_frequency_Hz, size)
        factors.append((sites, inverse @ (sites * tracer) @ inverse))
    (few, coarse), (many, fine) = factors
    # f(N) = f + slope / N.
    slope = (coarse - fine) / (1 / few - 1 / many)
    return np.asarray(fine - slope / many)


def _root_inverse(tensor: np.ndarray) -> np.ndarray:
    """(3, 3) inverse square root on the directions in which the vacancy moves."""
    values, vectors = np.linalg.eigh(tensor)
    moves = values > 1e-9 * values.max()
    roots = np.where(moves, 1 / np.sqrt(np.where(moves, values, 1.0)), 0.0)
    return np.asarray((vectors * roots) @ vectors.T)


def _sizes(sites: int) -> tuple[int, int]:
    large = max(3, round((_SITES / sites) ** (1 / 3)))
    return max(2, large - 3 if large > 6 else large - 1), large


def _tracer(
    network: JumpNetwork, temperature_K: float, attempt_frequency_Hz: float, size: int
) -> np.ndarray:
    """(3, 3) tracer diffusion in A^2/s with one vacancy in size^3 cells.

    A state is the tracer's site in its cell, and the vacancy's site and cell relative to that.
    """
    n, cells = network.sites, size**3
    rates = network.rates_Hz(temperature_K, attempt_frequency_Hz)
    shares = network.shares(temperature_K)
    places = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), -1).reshape(-1, 3)

    def index(cell: np.ndarray) -> np.ndarray:
        a, b, c = (cell % size).T
        return np.asarray((a * size + b) * size + c)

    # Arrays over (tracer's site, cell of the vacancy, jump).
    tracer = np.arange(n)[:, None, None]
    cell = np.broadcast_to(places[None, :, None, :], (n, cells, len(rates), 3))
    after = cell + network.shift[None, None, :, :]
    vacancy, goal = network.start[None, None, :], network.end[None, None, :]
    here = (cell % size == 0).all(-1) & (vacancy == tracer)  # the vacancy is not on the tracer
    onto = (after % size == 0).all(-1) & (goal == tracer)  # it takes the tracer's place
    before_cell = index(cell.reshape(-1, 3)).reshape(cell.shape[:3])
    before_state = (tracer * cells + before_cell) * n + vacancy
    # After an exchange the tracer sits where the vacancy was; seen from there the vacancy is back
    # by the jump's shift, on the tracer's old site.
    new_tracer = np.where(onto, vacancy, tracer)
    back = np.broadcast_to(network.shift[None, None], cell.shape)
    new_cell = np.where(onto[..., None], back, after)
    new_vacancy = np.where(onto, tracer, goal)
    new_vacancy = np.where(onto, network.end[None, None, :], new_vacancy)
    after_state = (
        new_tracer * cells + index(new_cell.reshape(-1, 3)).reshape(cell.shape[:3])
    ) * n + new_vacancy
    ways = np.where(onto[..., None], -network.vectors_A[None, None], 0.0)
    flows = np.broadcast_to(
        shares[vacancy] * rates[None, None, :] / (n * cells) * np.ones_like(tracer), here.shape
    )
    keep = ~here
    return _states(before_state, after_state, flows, ways, keep, n, cells, shares)


def _states(
    before: np.ndarray,
    after: np.ndarray,
    flows: np.ndarray,
    ways: np.ndarray,
    keep: np.ndarray,
    n: int,
    cells: int,
    shares: np.ndarray,
) -> np.ndarray:
    starts, ends = before[keep], after[keep]
    # All tracer sites are equally often taken; those of the vacancy by its shares.
    total = 1 - 1 / (n * cells)
    used, numbers = np.unique(np.concatenate([starts, ends]), return_inverse=True)
    first, last = numbers[: len(starts)], numbers[len(starts) :]
    return _tensor(len(used), first, last, flows[keep] / total, ways[keep])


def _tensor(
    states: int, start: np.ndarray, end: np.ndarray, flows: np.ndarray, ways: np.ndarray
) -> np.ndarray:
    """(3, 3) D of a walk in detailed balance: directed flows (m,) and ways (m, 3) of its jumps."""
    direct = 0.5 * np.einsum("m,mi,mj->ij", flows, ways, ways)
    drift = np.zeros((states, 3))
    np.add.at(drift, start, flows[:, None] * ways)
    if states == 1 or not np.abs(drift).any():
        return np.asarray(direct)
    scale = flows.mean()
    off = coo_matrix((flows / scale, (start, end)), shape=(states, states)).tocsr()
    diagonal = np.asarray(off.sum(axis=1)).ravel()
    laplacian = csc_matrix(coo_matrix((diagonal, (range(states), range(states)))) - off)
    # Each connected part leaves a constant free: a whisper of weight fixes it, and does not count.
    laplacian = laplacian + csc_matrix(
        coo_matrix((np.full(states, 1e-12 * diagonal.max()), (range(states), range(states))))
    )
    eta = splu(laplacian).solve(drift / scale)
    return np.asarray(direct - drift.T @ eta)
