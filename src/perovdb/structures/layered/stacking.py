"""Blocks of perovskite stacked along c: the geometry that all layered models share.

A block is a number of BX2 planes, one lattice parameter apart, with AX planes half way between
and, if asked for, one at either face. The next block stands beside it by a shift in the plane,
and as near as its spacing says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perovdb.errors import InputError
from perovdb.structures.layered.lengths import Lengths
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import MOST_SITES, Size, supercell_of_sites

Shift = tuple[float, float]

#: The planes that meet at the two boundaries of a cell -> faces (bottom, top) of its two blocks.
BOUNDARIES = {
    "AX": ((True, True), (True, True)),
    "BX2": ((False, False), (False, False)),
    "AX+BX2": ((False, True), (True, False)),
    "conservative": ((True, False), (True, False)),
}

MEANING = (
    "'AX': AX on AX, as in a Ruddlesden-Popper phase, one AX more a boundary; "
    "'BX2': BX2 on BX2, one AX less; 'AX+BX2': one boundary of each, ABX3 as a whole; "
    "'conservative': AX on BX2, nothing added or taken out"
)

SHIFTS = ((0.5, 0.5), (0.5, 0.0), (0.0, 0.5))

#: Ways to close a stack whose shifts do not sum to a lattice vector.
CLOSINGS = {
    "double": "take the stack twice",
    "tilt": "incline the third cell vector by the shift",
}


@dataclass(frozen=True)
class Block:
    """Perovskite between two boundaries.

    Attributes:
        layers: number of BX2 planes.
        bottom_ax, top_ax: whether an AX plane ends it, rather than a BX2 plane.
        flat: its AX faces are as inside a crystal, not as in the template.
    """

    layers: int
    bottom_ax: bool = True
    top_ax: bool = True
    flat: bool = False


@dataclass(frozen=True)
class Layered:
    """The sites of a layered model, and what each is.

    Attributes:
        sites: where ions stand.
        kinds: (n,) of X: "apical" (at a face), "bridging" (between two layers of a block) or
            "equatorial" (in a BX2 plane); of A and B: "face" or "inner".
        blocks: (n,) number of the block, from 0.
        depths: (n,) layers between the site and the nearer face of its block, 0 at the face.
        regions: (n,) name of the part of the model.
    """

    sites: Sites
    kinds: np.ndarray
    blocks: np.ndarray
    depths: np.ndarray
    regions: np.ndarray

    def __len__(self) -> int:
        return len(self.sites)

    def repeated(self, size: Size) -> Layered:
        """A supercell of it.

        Raises:
            InputError: the size cannot be built.
        """
        sites = supercell_of_sites(self.sites, size)
        labels = (self.kinds, self.blocks, self.depths, self.regions)
        return Layered(sites, *(np.tile(one, len(sites) // len(self)) for one in labels))


def intergrowth_sites(
    layers: Sequence[int], of: Lengths, rp_layers: int | None = None, closing: str = "double"
) -> Layered:
    """Slabs of perovskite layers along c, an AX-AX boundary with its shift (1/2, 1/2) after each.

    Two slabs of n layers are the conventional cell of the Ruddlesden-Popper phase
    A(n+1)BnX(3n+1), I4/mmm. As n grows, c / 2n tends to a, the cell to that of the perovskite.

    Args:
        layers: of each slab, from the bottom up, such as (4, 1): the stack repeats.
        of: the lengths, as of `layered.lengths.lengths`.
        rp_layers, closing: as for `Stack`.

    Raises:
        InputError: the layers or the closing cannot be used.
    """
    counts = [layer_count(one, "a slab") for one in layers]
    if not counts:
        raise InputError("There are no layers of slabs.", "Give those of each, as 4 and 1.")
    thin = min(counts) if rp_layers is None else layer_count(rp_layers, "an RP slab", least=0)
    slabs = len(counts)
    shifts, spacings_A = [(0.5, 0.5)] * slabs, [of.face.interlayer_A] * slabs
    layered = stack([Block(one) for one in counts], shifts, spacings_A, of, closing)
    of_block = np.array(counts)[layered.blocks % slabs]
    return replace(layered, regions=np.where(of_block <= thin, "RP", "perovskite"))


def antiphase_sites(
    layers: Sequence[int], of: Lengths, boundary: str = "AX", shift: Shift = (0.5, 0.5)
) -> Layered:
    """Two blocks of perovskite and two boundaries normal to c, by which they are offset.

    Across a boundary the blocks are as near as the first pair of ions allows, see
    `contact_spacing`. AX on AX with (1/2, 1/2) is the boundary of a Ruddlesden-Popper phase; BX2
    on BX2 with (1/2, 0) joins octahedra by their edges.

    Args:
        layers: BX2 planes of the lower and the upper block.
        of: the lengths, as of `layered.lengths.lengths`.
        boundary: a key of BOUNDARIES, the planes that meet.
        shift: offset of the blocks in the plane, in lattice parameters, one of SHIFTS.

    Raises:
        InputError: the layers, the boundary or the shift cannot be used.
    """
    if boundary not in BOUNDARIES:
        raise InputError(f"There is no boundary '{boundary}'.", f"Choose one of {MEANING}.")
    if tuple(shift) not in SHIFTS:
        raise InputError(
            f"{shift!r} is no offset of an antiphase boundary.",
            "Give (0.5, 0.5), (0.5, 0) or (0, 0.5).",
        )
    counts = [layer_count(one, "a block", least=2) for one in layers]
    if len(counts) != 2:
        raise InputError(
            f"{', '.join(map(str, counts))} are not the layers of two blocks.",
            "Give two numbers, as 4 and 4.",
        )
    lower, upper = (
        Block(count, *faces, flat=boundary == "conservative")
        for count, faces in zip(counts, BOUNDARIES[boundary], strict=True)
    )
    spacings_A = [
        contact_spacing(lower, upper, shift, of),
        contact_spacing(upper, lower, shift, of),
    ]
    layered = stack([lower, upper], [shift] * 2, spacings_A, of)
    return replace(layered, regions=np.where(layered.depths == 0, "boundary", "inside"))


def layer_count(number: int, name: str, least: int = 1) -> int:
    """A number of layers, checked.

    Raises:
        InputError: it is less than `least`, or too large.
    """
    most = MOST_SITES // 5
    if not least <= number <= most:
        raise InputError(f"{name} of {number} layers cannot be built.", f"Give {least} to {most}.")
    return int(number)


def stack(
    blocks: Sequence[Block],
    shifts: Sequence[Shift],
    spacings_A: Sequence[float],
    lengths: Lengths,
    closing: str = "double",
) -> Layered:
    """Blocks on top of each other, repeated for ever.

    Args:
        blocks: from the bottom up.
        shifts: of the block after each one against it, in units of the lattice parameter; the
            last is that of the first block's next image against the last block.
        spacings_A: from the last B plane of each block to the first of the next.
        lengths: of the model.
        closing: a key of CLOSINGS, for shifts that do not sum to a lattice vector.

    Raises:
        InputError: there is no such closing.
    """
    if closing not in CLOSINGS:
        ways = "; ".join(f"'{name}': {way}" for name, way in CLOSINGS.items())
        raise InputError(f"There is no closing '{closing}'.", f"Choose one of {ways}.")
    total = np.sum(np.array(shifts, dtype=float), axis=0)
    total -= np.floor(total + 1e-9)
    if closing == "double" and total.any():
        blocks, shifts, spacings_A = [*blocks] * 2, [*shifts] * 2, [*spacings_A] * 2
        total = np.zeros(2)
    points: list[np.ndarray] = []
    labels: list[tuple[str, str, int, int]] = []
    place = np.zeros(3)
    for number, block in enumerate(blocks):
        offsets, kinds = block_points(block, lengths)
        points.append(offsets + place)
        labels += [(role, kind, number, depth) for role, kind, depth in kinds]
        rise_A = (block.layers - 1) * lengths.a_A + spacings_A[number]
        place += np.array([*np.multiply(shifts[number], lengths.a_A), rise_A])
    lattice_A = np.diag([lengths.a_A, lengths.a_A, place[2]])
    lattice_A[2, :2] = total * lengths.a_A
    fractional = np.concatenate(points) @ np.linalg.inv(lattice_A)
    fractional = np.round(fractional, 12) % 1.0
    roles, kind_names, numbers, depths = zip(*labels, strict=True)
    return Layered(
        sites=Sites(lattice_A, fractional, np.array(roles)),
        kinds=np.array(kind_names),
        blocks=np.array(numbers),
        depths=np.array(depths),
        regions=np.full(len(fractional), ""),
    )


def block_points(block: Block, lengths: Lengths) -> tuple[np.ndarray, list[tuple[str, str, int]]]:
    """(n, 3) points of one cell of a block in angstrom, from its first B plane up, and the role,
    kind and depth of each."""
    a_A, last = lengths.a_A, block.layers - 1
    flat = block.flat
    apical_A = a_A / 2 if flat else lengths.face.apical_A
    a_site_A = a_A / 2 if flat else lengths.face.a_site_A
    points: list[tuple[float, float, float]] = []
    labels: list[tuple[str, str, int]] = []

    def ax_plane(
        x_height_A: float, a_height_A: float, x_kind: str, a_kind: str, deep: int
    ) -> None:
        points.extend([(a_A / 2, a_A / 2, a_height_A), (0.0, 0.0, x_height_A)])
        labels.extend([("A", a_kind, deep), ("X", x_kind, deep)])

    if block.bottom_ax:
        ax_plane(-apical_A, -a_site_A, "apical", "face", 0)
    for layer in range(block.layers):
        height_A, deep = layer * a_A, min(layer, last - layer)
        points += [(0.0, 0.0, height_A), (a_A / 2, 0.0, height_A), (0.0, a_A / 2, height_A)]
        labels += [("B", "inner" if deep else "face", deep)]
        labels += [("X", "equatorial", deep)] * 2
        if layer < last:
            middle_A = height_A + a_A / 2
            ax_plane(middle_A, middle_A, "bridging", "inner", min(layer + 1, last - layer))
    if block.top_ax:
        top_A = last * a_A
        ax_plane(top_A + apical_A, top_A + a_site_A, "apical", "face", 0)
    return np.array(points), labels


def contact_spacing(below: Block, above: Block, shift: Shift, lengths: Lengths) -> float:
    """How near two blocks come, from the last B plane of one to the first of the other.

    The upper block sinks until the first pair of ions across the boundary is as near as such a
    pair is in a slab: B-X = a / 2, X-X = a / sqrt(2), A-A and A-B those of a face, where the A ion
    is sunk; A-X is the template's gap. Two B ions are kept apart by the X between them.

    Args:
        below, above: the blocks.
        shift: of the upper one in the plane, in units of the lattice parameter.
        lengths: of the model.

    Returns:
        the spacing in angstrom.
    """
    a_A, face = lengths.a_A, lengths.face
    nearest_A = {
        "AX": face.across_A,
        "AA": min(a_A, a_A / 2 + face.a_site_A),
        "AB": float(np.hypot(a_A / np.sqrt(2), face.a_site_A)),
        "BX": a_A / 2,
        "XX": a_A / np.sqrt(2),
    }
    # Only the two layers next to the boundary come near the other side.
    below, above = (replace(block, layers=min(block.layers, 2)) for block in (below, above))
    lower, lower_labels = block_points(below, lengths)
    upper, upper_labels = block_points(above, lengths)
    lower = lower - np.array([0.0, 0.0, (below.layers - 1) * a_A])
    upper = upper + np.array([*shift, 0.0]) * a_A
    spacing_A = 0.0
    for (role, _, _), point in zip(lower_labels, lower, strict=True):
        for (other, _, _), facing in zip(upper_labels, upper, strict=True):
            pair = "".join(sorted(role + other))
            if pair not in nearest_A:
                continue
            beside = (facing - point)[:2] / a_A
            beside_A = np.linalg.norm(beside - np.round(beside)) * a_A
            over_A = np.sqrt(max(0.0, nearest_A[pair] ** 2 - beside_A**2))
            spacing_A = max(spacing_A, over_A + point[2] - facing[2])
    return float(spacing_A)
