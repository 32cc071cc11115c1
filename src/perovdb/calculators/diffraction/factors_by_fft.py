"""Structure factors of many atoms at once, by a Fourier transform of points that are on no grid.

Each atom is spread over the points of a fine grid by a smooth kernel, the grid is transformed, and
what the kernel did is divided out. The kernel exp(b (sqrt(1 - z^2) - 1)) and its width are those
of Barnett, Magland & af Klinteberg, SIAM J. Sci. Comput. 41, C479 (2019), doi 10.1137/18M120885X
(from memory). With twelve points and a grid one and a half times as fine as the largest index
needs, a factor is exact to 1e-8 of the sum of the weights.
"""

from __future__ import annotations

import numpy as np

#: Points of the grid along an axis that an atom is spread over.
WIDTH = 12

#: Points of the grid for each that the largest index needs.
FINER = 1.5

#: Numbers that are spread at a time (8 bytes each).
BLOCK = 1 << 21

_SHARPNESS = 0.97 * np.pi * WIDTH * (1 - 1 / (2 * FINER))


def grid_shape(reach: tuple[int, int, int]) -> tuple[int, int, int]:
    """Points of the grid along each axis, for the largest index on each."""
    from scipy.fft import next_fast_len

    n, m, k = (max(2 * WIDTH, next_fast_len(int(FINER * (2 * most + 1)) + 1)) for most in reach)
    return n, m, k


def factors_in_box(
    fractional: np.ndarray, weights: np.ndarray, reach: tuple[int, int, int]
) -> np.ndarray:
    """(H + 1, 2K + 1, 2L + 1) sum_j w_j exp(2 pi i h.x_j) for h from 0 to H, k from -K to K and
    l from -L to L.

    Args:
        fractional: (m, 3) coordinates.
        weights: (m,).
        reach: H, K, L.
    """
    from scipy.fft import fft, rfft

    shape = grid_shape(reach)
    grid = _spread(fractional, weights, shape)
    indices = [np.arange(reach[0] + 1), *(np.arange(-most, most + 1) for most in reach[1:])]
    # One axis after the other, and of each only the frequencies that are asked for. The
    # transforms have exp(-2 pi i): the conjugate of the last is what is wanted of real weights.
    factors = rfft(grid, axis=0)[: reach[0] + 1]
    factors = fft(factors, axis=1)[:, indices[1]]
    factors = fft(factors, axis=2)[:, :, indices[2]]
    np.conjugate(factors, out=factors)
    for axis, (index, points) in enumerate(zip(indices, shape, strict=True)):
        along = [1, 1, 1]
        along[axis] = -1
        factors /= _of_kernel(index / points).reshape(along)
    return np.asarray(factors)


def _spread(
    fractional: np.ndarray, weights: np.ndarray, shape: tuple[int, int, int]
) -> np.ndarray:
    """The grid with each atom spread over the WIDTH points about it along each axis."""
    grid = np.zeros(shape)
    flat = grid.reshape(-1)
    offsets = np.arange(WIDTH)
    rows = max(1, BLOCK // WIDTH**3)
    for start in range(0, len(weights), rows):
        block = slice(start, start + rows)
        places, values = [], []
        for axis, points in enumerate(shape):
            position = np.mod(fractional[block, axis], 1.0) * points
            first = np.ceil(position - WIDTH / 2).astype(np.int64)
            apart = first[:, None] + offsets - position[:, None]
            places.append((first[:, None] + offsets) % points)
            values.append(_kernel(apart * (2 / WIDTH)))
        where = (places[0] * shape[1])[:, :, None] + places[1][:, None, :]
        where = (where * shape[2])[..., None] + places[2][:, None, None, :]
        values[0] *= weights[block, None]
        what = values[0][:, :, None, None] * values[1][:, None, :, None]
        np.add.at(flat, where.ravel(), (what * values[2][:, None, None, :]).ravel())
    return grid


def _kernel(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(_SHARPNESS * (np.sqrt(np.maximum(1 - z * z, 0.0)) - 1)))


def _of_kernel(frequency: np.ndarray) -> np.ndarray:
    """The transform of the kernel at so many waves a point, by Gauss's rule."""
    z, share = np.polynomial.legendre.leggauss(80)
    waves = np.cos(np.pi * WIDTH * np.multiply.outer(frequency, z))
    return np.asarray(waves @ (share * _kernel(z)) * (WIDTH / 2))
