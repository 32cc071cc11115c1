"""Whether a folder holds what its manifest says: its atoms, its hop, its electrons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import prod
from pathlib import Path

import numpy as np
from pymatgen.core import Composition as Elements

from perovdb.composition import as_composition
from perovdb.composition.registry import load_registry
from perovdb.errors import PerovdbError, ResultError
from perovdb.inputs.manifest import HopOfSet, Manifest
from perovdb.results.band import Band
from perovdb.results.problem import Problem
from perovdb.results.text import head

MIXED_IN = "Files are missing, or those of another run are mixed in."

_ELECTRON = 1e-3

#: Ends relax: the ion has gone as far as the hop is long, to within this share or length.
_SHARE, _APART_A = 0.4, 1.5

_TOT_CHARGE = re.compile(r"^\s*tot_charge\s*=\s*([-+\d.]+(?:[dDeE][-+]?\d+)?)", re.M | re.I)


def check_atoms(manifest: Manifest, elements: Sequence[str], images: int, folder: Path) -> None:
    """Refuse the files of other atoms than the set was written with.

    Raises:
        ResultError: images, atoms or elements are others, or the formula names others.
    """
    counts = Counter(elements)
    for what, number, count in (
        ("images", manifest.images, images),
        ("atoms", manifest.atoms, len(elements)),
    ):
        if number is not None and number != count:
            raise ResultError(
                f"{folder} holds {count} {what}, but the set was written with {number}.", MIXED_IN
            )
    if manifest.composition and manifest.composition != counts:
        raise ResultError(
            f"{folder} holds {_in_words(counts)}, but the set was written with "
            f"{_in_words(manifest.composition)}.",
            MIXED_IN,
        )
    if manifest.size is not None and prod(manifest.size) > len(elements):
        raise ResultError(
            f"{folder} holds {len(elements)} atoms, too few for the {manifest.size} cells of its "
            "manifest.",
            MIXED_IN,
        )
    named = _elements_of(manifest.formula) if manifest.formula else set()
    if named and not set(counts) <= named:
        raise ResultError(
            f"{folder} holds {_in_words(counts)}, but its manifest is of {manifest.formula}.",
            MIXED_IN,
        )


def contradictions(
    manifest: Manifest, band: Band, chain_A: np.ndarray, folder: Path
) -> Iterator[Problem]:
    """Where a band is not of the hop, or of the electrons, that its manifest tells.

    Args:
        chain_A: (n, a, 3) its positions, unwrapped along the path.
    """
    yield from _other_hop(manifest, band, chain_A)
    yield from other_electrons(manifest, band.facts.electrons)
    yield from _other_charge(manifest, folder)


def _other_hop(manifest: Manifest, band: Band, chain_A: np.ndarray) -> Iterator[Problem]:
    mend = "The manifest is of another band: copy that of this one, or remove it."
    hop = manifest.hop or HopOfSet()
    ways = chain_A[-1] - chain_A[0]
    farthest = int((ways**2).sum(axis=1).argmax())
    movers = [atom - 1 for atom in manifest.moving_atoms]
    if movers and farthest not in movers:
        yield Problem(
            f"Atom {farthest + 1} ({band.elements[farthest]}) goes farthest, and is none of those "
            f"that hop by the manifest: {', '.join(map(str, manifest.moving_atoms[:8]))}.",
            mend,
        )
        return
    wanted = _atoms_of(hop.species)
    moved = Counter(band.elements[atom] for atom in movers or [farthest])
    if wanted and (moved != wanted if movers else not set(moved) <= set(wanted)):
        yield Problem(f"{_in_words(moved)} hops, and not the {hop.species} of the manifest.", mend)
        return
    if hop.distance_A is None or not movers:
        return
    masses = np.array([float(_mass(band.elements[atom])) for atom in movers])
    way = np.average(ways[movers], axis=0, weights=masses)
    length = float(np.linalg.norm(way))
    if abs(length - hop.distance_A) > max(_APART_A, _SHARE * hop.distance_A):
        yield Problem(
            f"{hop.species or 'The ion'} goes {length:.2f} A, and the hop of the manifest is "
            f"{hop.distance_A:.2f} A long.",
            mend,
        )


def other_electrons(manifest: Manifest, counts: Iterable[float | None]) -> Iterator[Problem]:
    """Where a run had other electrons than its manifest tells.

    Args:
        counts: of each image, as far as the files tell.
    """
    wanted = manifest.valence_electrons
    known = [count for count in counts if count is not None and np.isfinite(count)]
    if wanted is not None and known and abs(known[0] - wanted) > _ELECTRON:
        yield Problem(
            f"The run had {known[0]:g} electrons, but the set was written for {wanted}.",
            "Its charge is not the one that the manifest tells, or its potentials have another "
            "valence: check NELECT and POTCAR.",
        )


def _other_charge(manifest: Manifest, folder: Path) -> Iterator[Problem]:
    """Quantum ESPRESSO prints no electrons of a band: its inputs name the charge."""
    if manifest.charge is None:
        return
    for path in sorted(folder.glob("*.in")):
        found = _TOT_CHARGE.search(head(path, 100_000))
        if found is None:
            continue
        charge = float(found[1].lower().replace("d", "e"))
        if abs(charge - manifest.charge) > _ELECTRON:
            yield Problem(
                f"{path.name} has a charge of {charge:+g}, but the set was written for "
                f"{manifest.charge:+d}.",
                "The manifest, or the input, is of another set: copy the one that ran.",
            )
            return


def _in_words(counts: dict[str, float] | Counter[str]) -> str:
    return "".join(f"{name}{number:g}" for name, number in sorted(counts.items()))


def _mass(element: str) -> float:
    return float(Elements(element).weight)


def _atoms_of(species: str) -> Counter[str]:
    """Elements of an ion and their numbers; empty of one that is not known."""
    ions = load_registry()
    name = ions.spellings.get(species)
    if name is None:
        return Counter()
    return Counter({el: int(n) for el, n in Elements(ions.ions[name].atoms).as_dict().items()})


def _elements_of(formula: str) -> set[str]:
    """Elements of the ions of a formula; empty where it is none of perovdb's."""
    try:
        sites = as_composition(formula).sites
    except PerovdbError:
        return set()
    return {element for ions in sites.values() for ion in ions for element in _atoms_of(ion)}
