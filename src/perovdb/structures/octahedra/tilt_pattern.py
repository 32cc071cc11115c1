"""How octahedra are tilted together: pseudo-cubic axes, amplitudes, Glazer symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.errors import InputError
from perovdb.structures.neighbours import walked
from perovdb.structures.octahedra.bonds import Bonds
from perovdb.structures.octahedra.octahedron import Octahedron
from perovdb.structures.rotations import cube_rotations

Matrix = tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Links:
    """Octahedra that share a corner, each pair in both senses.

    Attributes:
        start, end: (m,) the two, as positions in the list of B sites.
        vector_A: (m, 3) from the centre of the one to that of the other.
        angle_deg: (m,) B-X-B.
        x_site: (m,) the X that they share.
    """

    start: np.ndarray
    end: np.ndarray
    vector_A: np.ndarray
    angle_deg: np.ndarray
    x_site: np.ndarray

    def edges(self) -> int:
        """Number of pairs of octahedra that share more than a corner: no perovskite has any."""
        steps = np.rint(self.vector_A * 10).astype(int)
        pairs = np.column_stack([self.start, self.end, steps])
        return int((np.unique(pairs, axis=0, return_counts=True)[1] > 1).sum()) // 2


@answer
class TiltPattern(Answer):
    """The tilt system of a model, as its octahedra show it.

    Attributes:
        glazer: symbol such as a-b+a-; the sign "~" stands for tilts without a pattern.
        tilt_deg: amplitude about each pseudo-cubic axis: that of the in-phase or the antiphase
            pattern, whichever is larger; the root mean square where there is none.
        in_phase_deg, antiphase_deg: amplitudes of the two patterns about each axis; 0 for one
            that the cell cannot hold, as three cells along an axis cannot hold any.
        rms_deg: root mean square of the tilts about each axis.
        correlations: row i, column j: mean product of the tilts about axis i of neighbours along
            axis j over their mean square. "+" is 1 along the axis itself and -1 across it, "-" is
            -1 everywhere.
    """

    glazer: str
    tilt_deg: tuple[float, ...]
    in_phase_deg: tuple[float, ...]
    antiphase_deg: tuple[float, ...]
    rms_deg: tuple[float, ...]
    correlations: Matrix


def find_links(bonds: Bonds, b_sites: np.ndarray) -> Links:
    """The pairs of octahedra with a common X; a small cell's octahedron meets its own image."""
    number = {int(site): i for i, site in enumerate(b_sites)}
    by_x: dict[int, list[int]] = {}
    for bond, x_site in enumerate(bonds.x_site):
        by_x.setdefault(int(x_site), []).append(bond)
    pairs = [pair for together in by_x.values() for pair in permutations(together, 2)]
    one, other = np.array(pairs, dtype=int).reshape(-1, 2).T
    to_x, from_x = bonds.vector_A[one], bonds.vector_A[other]
    cosine = np.einsum("px,px->p", to_x, from_x)
    cosine = cosine / np.linalg.norm(to_x, axis=1) / np.linalg.norm(from_x, axis=1)
    return Links(
        np.array([number[int(b)] for b in bonds.b_site[one]], dtype=int),
        np.array([number[int(b)] for b in bonds.b_site[other]], dtype=int),
        to_x - from_x,
        np.degrees(np.arccos(np.clip(cosine, -1, 1))),
        bonds.x_site[one],
    )


def pseudocubic_axes(
    bonds: Bonds, links: Links, near: np.ndarray | Sequence[Sequence[float]] | None = None
) -> np.ndarray:
    """(3, 3) rows: right-handed unit vectors along the pseudo-cubic axes of a model.

    The mean steps between neighbouring octahedra, made orthogonal with the least change; along an
    axis without neighbours, the mean bonds.

    Args:
        bonds, links: of the model.
        near: (3, 3) rows, roughly the axes that are wanted; by default the choice of the 24 that
            lies nearest to the Cartesian ones and, where two are equally near, a towards +y: the
            axes (a + b)/2, (b - a)/2 and c/2 of Pbnm.

    Raises:
        InputError: `near` is not three independent vectors.
    """
    frame = _first_frame(bonds)
    for _ in range(5):
        mean = np.zeros((3, 3))
        for axis in range(3):
            for vectors in (links.vector_A, bonds.vector_A):
                along = vectors @ frame.T
                mine = np.abs(along).argmax(axis=1) == axis
                if mine.any():
                    sense = np.sign(along[mine, axis])[:, None]
                    step = (vectors[mine] * sense).mean(axis=0)
                    mean[axis] = step if vectors is links.vector_A else 2 * step
                    break
            else:
                mean[axis] = frame[axis]
        left, _, right = np.linalg.svd(mean)
        frame = left @ right
    if np.linalg.det(frame) < 0:
        frame[2] *= -1
    wanted = np.eye(3)
    wanted[0] += [0, 2e-3, 1e-3]
    if near is not None:
        try:
            wanted = np.array(near, dtype=float)
        except (TypeError, ValueError):
            wanted = np.zeros((3, 3))
        if wanted.shape != (3, 3) or not abs(np.linalg.det(wanted)) > 1e-9:
            raise InputError("The axes are not three independent vectors.", "Give (3, 3) rows.")
        wanted = wanted / np.linalg.norm(wanted, axis=1)[:, None]
    return np.asarray(max(cube_rotations() @ frame, key=lambda one: np.sum(one * wanted)))


def _first_frame(bonds: Bonds) -> np.ndarray:
    """Rough axes, from the bonds of the first octahedron that has three well apart."""
    for site in dict.fromkeys(bonds.b_site.tolist()):
        vectors = bonds.vector_A[bonds.of(site)]
        unit = vectors / np.linalg.norm(vectors, axis=1)[:, None]
        across = unit[np.abs(unit @ unit[0]) < 0.7]
        if len(across):
            normal = np.cross(unit[0], across[0])
            left, _, right = np.linalg.svd(np.array([unit[0], across[0], normal]))
            return np.asarray(left @ right)
    return np.eye(3)


def tilt_pattern(
    octahedra: tuple[Octahedron, ...], links: Links, axes: np.ndarray, tolerance_deg: float = 0.5
) -> TiltPattern:
    """The tilt system that the tilts of the octahedra make.

    Args:
        octahedra: measured along `axes`; those whose tilt is NaN are left out.
        links: pairs of their places in the list.
        axes: (3, 3) pseudo-cubic axes.
        tolerance_deg: a smaller amplitude is none, and amplitudes this near share a letter.
    """
    tilts = np.array([one.tilt_deg for one in octahedra]).reshape(-1, 3)
    known = ~np.isnan(tilts).any(axis=1)
    along = np.abs(links.vector_A @ axes.T).argmax(axis=1)
    rms = np.sqrt((tilts[known] ** 2).mean(axis=0)) if known.any() else np.zeros(3)
    correlations = np.full((3, 3), np.nan)
    both = known[links.start] & known[links.end]
    for axis in range(3):
        mine = both & (along == axis)
        if mine.any():
            products = tilts[links.start[mine]] * tilts[links.end[mine]]
            square = (tilts[links.start[mine]] ** 2).mean(axis=0)
            # Of tilts that are not there, nothing is said.
            fine = square > 1e-12
            correlations[fine, axis] = products.mean(axis=0)[fine] / square[fine]
    in_phase, antiphase = _amplitudes(tilts, known, links, along)
    amplitude = np.maximum(in_phase, antiphase)
    signs = ["+" if one > other else "-" for one, other in zip(in_phase, antiphase, strict=True)]
    for axis in range(3):
        if amplitude[axis] < 0.5 * rms[axis] and not _secondary(rms, axis):
            amplitude[axis], signs[axis] = rms[axis], "~"
        if amplitude[axis] < tolerance_deg:
            signs[axis] = "0"
    letters = ""
    for axis in range(3):
        alike = [
            other
            for other in range(axis)
            if abs(amplitude[other] - amplitude[axis]) <= tolerance_deg
            and (signs[other] == "0") == (signs[axis] == "0")
        ]
        letters += letters[alike[0]] if alike else "abc"[axis]
    return TiltPattern(
        glazer="".join(map(str.__add__, letters, signs)),
        tilt_deg=tuple(float(x) for x in amplitude),
        in_phase_deg=tuple(float(x) for x in in_phase),
        antiphase_deg=tuple(float(x) for x in antiphase),
        rms_deg=tuple(float(x) for x in rms),
        correlations=tuple((float(r[0]), float(r[1]), float(r[2])) for r in correlations),
    )


def _secondary(rms: np.ndarray, axis: int) -> bool:
    """Whether tilts without a pattern are of second order in the others: the small turns that
    `tilts.cells.join` adds so that rigid octahedra stay joined, and no tilt of the system."""
    others = np.radians(np.delete(rms, axis))
    return bool(np.radians(rms[axis]) <= others[0] * others[1])


def _amplitudes(
    tilts: np.ndarray, known: np.ndarray, links: Links, along: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """In-phase and antiphase amplitudes (3,) in degrees about each axis, averaged over the pieces
    that share no corner; 0 for a wave that the cell cannot hold."""
    steps = np.eye(3, dtype=int)[along]
    # Even or odd numbers of steps along each axis from the first octahedron of a piece.
    piece, sums = walked(len(tilts), links.start, links.end, steps)
    parity = sums % 2
    odd = (parity[links.start] + steps - parity[links.end]) % 2
    results = np.zeros((2, 3))
    if not known.any():
        return results[0], results[1]
    for axis in range(3):
        for row, turning in ((0, 1 - np.eye(3, dtype=int)[axis]), (1, np.ones(3, dtype=int))):
            if np.any((odd @ turning) % 2):
                continue
            waves = tilts[:, axis] * (1 - 2 * ((parity @ turning) % 2))
            for first in np.unique(piece[known]):
                mine = known & (piece == first)
                results[row, axis] += abs(waves[mine].sum()) / known.sum()
    return results[0], results[1]
