"""All orderings that no symmetry operation of the host turns into each other.

A choice of sites is an integer with a bit for each site. The choices are walked in ascending
order; when one is met that has not been seen, it stands for its orbit, and the whole orbit is
marked as seen. Tables of the images of eight sites at once give the orbit with a few additions.
With more than two species, or several mixed roles, the first species is placed; the operations
that leave it alone are the symmetry for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb, prod

import numpy as np

from perovdb.errors import StructureError
from perovdb.structures.arguments import checked
from perovdb.structures.ordering.burnside import burnside
from perovdb.structures.ordering.counts import exact_counts, mixed_roles
from perovdb.structures.ordering.order import Ordering
from perovdb.structures.sites import Sites
from perovdb.structures.symmetry import (
    NEARLY_A,
    SYMMETRY_TOLERANCE_A,
    is_nearly_symmetric,
    permutations,
)

#: More are not walked: this many take seconds and some 100 MB.
MOST_COLOURINGS = 5_000_000
MOST_DISTINCT = 50_000

#: Bits of an integer that a choice of sites may use.
WORD = 63

#: Sites up to which every integer has a mark of its own: 2**26 bytes.
DIRECT = 26

#: How many choices are looked at to find some that are new, and how many images are made at once.
WINDOW = 1 << 12
BLOCK = 1 << 15


@checked
def enumerate_orderings(
    sites: Sites,
    counts: Mapping[str, Mapping[str, int]],
    kinds: Sequence[object] | np.ndarray | None = None,
) -> list[Ordering]:
    """Every symmetry-distinct ordering, each with its multiplicity, always in the same order.

    Args:
        sites: of the host.
        counts: role -> species -> number; sites that are left over stay empty.
        kinds: (n,) sites of the same kind may be exchanged by an operation; the roles by
            default, which is the symmetry of the host before it is ordered.

    Raises:
        InputError, StructureError: the counts do not fit the sites, or there are too many
            orderings to list.
    """
    full = exact_counts(sites, counts)
    mixed = mixed_roles(full)
    colourings = prod(multinomial(full[role].values()) for role in mixed)
    if colourings > MOST_COLOURINGS:
        raise StructureError(
            f"There are {_large(colourings)} arrangements of {_named(full, mixed)}; "
            f"at most {MOST_COLOURINGS:,} are enumerated.",
            'Take a smaller cell, or one arrangement by the rule "sqs" or "random".',
        )
    ions = np.empty(len(sites), dtype=object)
    for role, of_role in full.items():
        ions[sites.of(role)] = _background(of_role)
    if not mixed:
        report = {"multiplicity": 1, "colourings": 1, "distinct": 1}
        return [Ordering(ions, report, "the only arrangement")]
    where = np.concatenate([sites.of(role) for role in mixed])
    kinds = sites.roles if kinds is None else np.asarray(kinds)
    table = permutations(sites.lattice_A, sites.fractional, kinds, among=where)
    # Operations that do the same to the mixed sites count once: orbits are the same.
    images = np.unique(table.images, axis=0)
    ends = np.cumsum([len(sites.of(role)) for role in mixed])
    parts = np.split(np.arange(len(where)), ends[:-1])
    distinct = burnside(
        images,
        [(part, tuple(full[role].values())) for part, role in zip(parts, mixed, strict=True)],
    )
    if distinct > MOST_DISTINCT:
        raise StructureError(
            f"There are {distinct:,} distinct arrangements of {_named(full, mixed)}; "
            f"at most {MOST_DISTINCT:,} are listed.",
            'Take a smaller cell, or one arrangement by the rule "sqs" or "random".',
        )
    choices = [
        (part, species, count)
        for part, role in zip(parts, mixed, strict=True)
        for species, count in full[role].items()
        if species != _background(full[role])
    ]
    labels, multiplicities = _colourings(images, [(part, count) for part, _, count in choices])
    if len(labels) != distinct or multiplicities.sum() != colourings:
        raise StructureError(
            "The operations of the host are not a group on its sites.",
            "Its sites are near to a higher symmetry: move them onto it.",
        )
    told = ""
    if is_nearly_symmetric(sites.lattice_A, sites.fractional, kinds):
        told = (
            f"; to {NEARLY_A:g} A, not to {SYMMETRY_TOLERANCE_A:g} A, the host has more symmetry, "
            "by which fewer are distinct: move its sites onto it"
        )
    orderings = []
    for number, (label, multiplicity) in enumerate(
        zip(labels, multiplicities.tolist(), strict=True), start=1
    ):
        ordered = ions.copy()
        for mark, (_, species, _) in enumerate(choices, start=1):
            ordered[where[label == mark]] = species
        report = {"multiplicity": multiplicity, "colourings": colourings, "distinct": distinct}
        text = f"distinct ordering {number} of {distinct}, {multiplicity} of {colourings} alike"
        orderings.append(Ordering(ordered, report, text + told, multiplicity))
    return orderings


def multinomial(counts: Iterable[int]) -> int:
    """Number of ways to deal out sites to species in given numbers.

    >>> multinomial([2, 6]), multinomial([1, 1, 2])
    (28, 12)
    """
    left, ways = 0, 1
    for count in counts:
        left += count
        ways *= comb(left, count)
    return ways


def _background(of_role: Mapping[str, int]) -> str:
    """The most frequent species: it takes what the others leave."""
    return max(of_role, key=lambda species: of_role[species])


def _named(counts: Mapping[str, Mapping[str, int]], roles: Sequence[str]) -> str:
    return "; ".join(
        ", ".join(f"{count} {species or 'empty'}" for species, count in counts[role].items())
        + f" on {sum(counts[role].values())} {role} sites"
        for role in roles
    )


def _large(number: int) -> str:
    return f"{number:,}" if number < 10**12 else f"{float(number):.1e}"


def _colourings(
    images: np.ndarray, choices: Sequence[tuple[np.ndarray, int]]
) -> tuple[np.ndarray, np.ndarray]:
    """Distinct ways to make some choices of sites, one after the other.

    Args:
        images: (o, n) where the operations of a group take each site.
        choices: the (m,) sites that may be taken (if they are still free) and how many are.

    Returns:
        (r, n) the number of the choice, from 1, that took a site, 0 if none did; and (r,) the
        size of each orbit.
    """
    n = images.shape[1]
    done = [(np.zeros(n, dtype=np.int8), 1, images)]
    for mark, (part, count) in enumerate(choices, start=1):
        last = mark == len(choices)
        after = []
        for label, multiplicity, group in done:
            free = part[label[part] == 0]
            number = np.full(n, -1, dtype=np.int64)
            number[free] = np.arange(len(free))
            local = number[group[:, free]]
            coder = _Bits(local, count) if len(free) <= WORD else _Places(local, count)
            for code, size in zip(*_orbits(coder), strict=True):
                extended = label.copy()
                extended[free[coder.members(code)]] = mark
                stays = group if last else group[coder.images(code[None])[0] == code]
                after.append((extended, multiplicity * size, stays))
        done = after
    return np.array([label for label, _, _ in done]), np.array([size for _, size, _ in done])


class _Bits:
    """Choices of sites as integers with one bit a site, for at most WORD sites."""

    def __init__(self, images: np.ndarray, count: int) -> None:
        self.operations, self.sites = images.shape
        self.count = count
        bits = np.left_shift(np.int64(1), images.astype(np.int64))
        self.tables = [_sums(bits[:, first : first + 8].T) for first in range(0, self.sites, 8)]

    def every(self) -> np.ndarray:
        """(c,) all choices, ascending."""
        # of[k]: choices of k among the first sites, site by site.
        of = {0: np.zeros(1, dtype=np.int64)}
        for site in range(self.sites):
            left = self.sites - site - 1
            bit = np.int64(1) << np.int64(site)
            wanted = range(max(0, self.count - left), min(self.count, site + 1) + 1)
            of = {
                k: np.concatenate([of.get(k, _NONE), of[k - 1] + bit if k - 1 in of else _NONE])
                for k in wanted
            }
        return of[self.count]

    def images(self, codes: np.ndarray) -> np.ndarray:
        """(b, o) where each operation takes each of (b,) choices."""
        total = self.tables[0][codes & 255]
        for number, table in enumerate(self.tables[1:], start=1):
            total += table[(codes >> (8 * number)) & 255]
        return np.asarray(total)

    def members(self, code: np.int64) -> np.ndarray:
        """(k,) sites of a choice."""
        return np.flatnonzero(int(code) >> np.arange(self.sites) & 1)


class _Places:
    """Choices of a few among many sites: their numbers, descending, as digits of an integer."""

    def __init__(self, images: np.ndarray, count: int) -> None:
        self.table = images.astype(np.int64)
        self.operations, self.sites = images.shape
        self.count = count
        self.weights = self.sites ** np.arange(count, dtype=np.int64)

    def every(self) -> np.ndarray:
        """(c,) all choices, ascending."""
        number = comb(self.sites, self.count)
        places = np.fromiter(
            (site for choice in combinations(range(self.sites), self.count) for site in choice),
            dtype=np.int64,
            count=number * self.count,
        )
        return np.sort(places.reshape(number, self.count) @ self.weights)

    def images(self, codes: np.ndarray) -> np.ndarray:
        """(b, o) where each operation takes each of (b,) choices."""
        places = codes[:, None] // self.weights % self.sites
        moved = np.sort(self.table[:, places], axis=2)
        return np.asarray(moved @ self.weights).T

    def members(self, code: np.int64) -> np.ndarray:
        """(k,) sites of a choice."""
        return np.asarray(code // self.weights % self.sites)


_NONE = np.zeros(0, dtype=np.int64)


def _sums(values: np.ndarray) -> np.ndarray:
    """(2**m, o) for each subset of m rows the sum of its rows; bit j of a subset is row j."""
    table = np.zeros((1, values.shape[1]), dtype=values.dtype)
    for row in values:
        table = np.concatenate([table, table + row])
    return table


def _orbits(coder: _Bits | _Places) -> tuple[np.ndarray, np.ndarray]:
    """(r,) smallest choice of each orbit, ascending, and (r,) how many choices it holds.

    A choice that has not been seen and is the least of its own images is a new orbit; of one
    that is not the least, the least is in the same batch, for all earlier orbits are marked.
    """
    codes = coder.every()
    # Few sites: one mark for every integer. Many: one for every choice, found by its rank.
    direct = coder.sites <= DIRECT
    seen = np.zeros(1 << coder.sites if direct else len(codes), dtype=bool)
    batch = max(1, BLOCK // coder.operations)
    first, representatives, sizes = 0, [], []
    while first < len(codes):
        ahead = slice(first, first + WINDOW)
        marked = seen[codes[ahead]] if direct else seen[ahead]
        new = first + np.flatnonzero(~marked)[:batch]
        if not len(new):
            first += WINDOW
            continue
        images = coder.images(codes[new])
        least = images.min(axis=1) == codes[new]
        orbits, images = codes[new[least]], images[least]
        seen[images if direct else np.searchsorted(codes, images)] = True
        representatives.append(orbits)
        sizes.append(coder.operations // (images == orbits[:, None]).sum(axis=1))
        first = int(new[-1]) + 1
    return np.concatenate(representatives), np.concatenate(sizes)
