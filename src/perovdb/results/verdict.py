"""Whether a barrier can be trusted, and what to do if not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from ase.data import atomic_numbers, covalent_radii

from perovdb.errors import StructureError
from perovdb.results.band import Band, Facts
from perovdb.results.chain import drift_A, shortest
from perovdb.results.problem import Problem
from perovdb.results.profile import Profile
from perovdb.results.search import problems_of
from perovdb.structures.files.molecular_graphs import BOND, find_molecules

#: An end is at rest below this force, or below that of the band if it is larger.
END_EV_A = 0.05

#: A code's word that a band came to rest is not taken if our own measure is this many times over.
_FAR_OVER = 3.0

#: The curve may rise above the highest image by this much before it is told, and before the
#: barrier counts as not resolved.
_RISE_EV, _UNRESOLVED_EV = 0.02, 0.1

#: A force along the path at the highest image from here on says that it is not on the saddle.
_SLOPE_EV_A = 0.1

#: A minimum on the way is told if it is deeper than this.
_MINIMUM_EV = 0.02

_DRIFT_A = 0.1

_FEW = 3


def problems(band: Band, profile: Profile, chain_A: np.ndarray) -> tuple[Problem, ...]:
    """All that is wrong, what blocks first.

    Args:
        band: what the code left.
        profile: of that band.
        chain_A: (n, a, 3) its positions, unwrapped along the path.
    """
    every = [
        *_electronic(band),
        *_at_rest(band, profile),
        *_ends(band, profile),
        *_saddle(profile),
        *_geometry(band, profile, chain_A),
        *_search(band, profile),
    ]
    return tuple(sorted(every, key=lambda problem: not problem.blocks))


def _electronic(band: Band) -> Iterator[Problem]:
    if band.facts.scf_failed:
        yield Problem(
            "The electronic structure of image "
            f"{', '.join(map(str, band.facts.scf_failed))} did not converge.",
            "Allow more electronic steps, or mix more slowly, and go on from there.",
        )
    elif not band.facts.scf_known:
        yield Problem(
            "Whether the electronic structure of each image converged cannot be told: outputs "
            "are missing.",
            "Copy those of all images: codes go on after one that failed.",
        )
    counts = {round(count, 3) for count in band.facts.electrons if np.isfinite(count)}
    if len(counts) > 1:
        yield Problem(
            f"The images do not have the same number of electrons: {sorted(counts)}.",
            "Run all with the same charge: their energies cannot be compared.",
        )


def residual_eV_A(facts: Facts, profile: Profile) -> float:
    """The largest force left on the images between the ends, as the code measures it; NaN where
    the files hold no forces.

    Across the path for all images, and along it too for one that climbs.
    """
    table = profile.component_eV_A if facts.per_component else profile.perpendicular_eV_A
    largest = float(np.max(table[1:-1]))
    if facts.climbing and profile.slopes_eV_A is not None:
        # As a length in all coordinates: a bound for any component.
        along = abs(float(profile.slopes_eV_A[profile.saddle_image]))
        largest = max(largest, along if not facts.per_component else 0.0)
    return largest


def _at_rest(band: Band, profile: Profile) -> Iterator[Problem]:
    facts = band.facts
    residual = residual_eV_A(facts, profile)
    threshold = facts.threshold_eV_A
    force = "" if np.isnan(residual) else f" (largest force {residual:.3f} eV/A)"
    go_on = "Go on from its last images until it is."
    if facts.converged is False:
        yield Problem(f"The band is not converged: {facts.says}{force}.", go_on)
    elif np.isnan(residual):
        if facts.converged is None:
            yield Problem(
                f"Whether the band converged cannot be told without forces: {facts.says}.",
                "Keep the code's own output, or save the forces too.",
            )
    elif threshold is None:
        if facts.converged is None:
            yield Problem(
                f"Whether the band converged cannot be told: {facts.says}{force}.",
                "Keep the code's input and output beside the images.",
            )
    elif residual > threshold * (_FAR_OVER if facts.converged else 1.0):
        yield Problem(
            f"The band is not at rest: a force of {residual:.3f} eV/A is left, "
            f"{threshold:.3f} is allowed.",
            go_on,
        )


def _ends(band: Band, profile: Profile) -> Iterator[Problem]:
    allowed = max(END_EV_A, band.facts.threshold_eV_A or 0.0)
    for name, place in (("first", 0), ("last", -1)):
        word, force = band.facts.ends_relaxed[place], profile.forces_eV_A[place]
        # The word of the code is taken where there is one: fixed atoms may keep forces.
        if word is False or (word is None and force > allowed):
            left = "" if np.isnan(force) else f": a force of {force:.3f} eV/A is left"
            yield Problem(
                f"The {name} image is not relaxed{left}.",
                "Relax it first: the barrier counts from there.",
            )


def _saddle(profile: Profile) -> Iterator[Problem]:
    energies, top = profile.energies_eV, profile.saddle_image
    if top in (0, len(energies) - 1):
        yield Problem(
            f"The {'first' if top == 0 else 'last'} image is the highest: there is no barrier "
            "between the ends.",
            "That end is no minimum, or the images are too far apart: relax it, or add images "
            "near it.",
        )
        return
    rise = profile.curve_forward_eV - profile.barrier_forward_eV
    if rise > _RISE_EV:
        near = np.searchsorted(profile.coordinates_A, profile.curve_saddle_A)
        yield Problem(
            f"The saddle lies between images {near - 1} and {near}: the curve rises "
            f"{rise:.3f} eV above the highest image.",
            "Put more images there, or let the highest image climb.",
            rise > _UNRESOLVED_EV,
        )
    slope = 0.0 if profile.slopes_eV_A is None else abs(float(profile.slopes_eV_A[top]))
    if slope > _SLOPE_EV_A:
        yield Problem(
            f"The highest image is not on the saddle: {slope:.2f} eV/A are left along the path.",
            "Climb on: go on with a climbing image.",
            blocks=False,
        )
    valleys = [
        place
        for place in range(1, len(energies) - 1)
        if min(energies[:place].max(), energies[place + 1 :].max()) - energies[place] > _MINIMUM_EV
        and energies[place] <= min(energies[place - 1], energies[place + 1])
    ]
    if valleys:
        yield Problem(
            f"The path has a minimum at image {', '.join(map(str, valleys))}: it is of several "
            "hops.",
            "Relax that image and compute each part by itself.",
            blocks=False,
        )


def _search(band: Band, profile: Profile) -> Iterator[Problem]:
    if band.facts.search is not None:
        first, *_, last = (float(energy) for energy in profile.energies_eV)
        yield from problems_of(
            band.facts.search, (first, last), float(profile.energies_eV[profile.saddle_image])
        )


def _geometry(band: Band, profile: Profile, chain_A: np.ndarray) -> Iterator[Problem]:
    broken = _broken_bonds(band)
    if broken:
        more = f" and {len(broken) - _FEW} more" if len(broken) > _FEW else ""
        yield Problem(
            f"Molecules did not stay whole: {'; '.join(broken[:_FEW])}{more}.",
            "Look at these images: they are of a reaction, or of atoms that were wrapped one by "
            "one into the cell.",
        )
    drift = drift_A(chain_A)
    if drift > _DRIFT_A:
        yield Problem(
            f"The whole cell shifts by {drift:.2f} A from one image to the next.",
            "Energies do not change by it, but the path looks longer than it is: fix an atom far "
            "from the hop.",
            blocks=False,
        )
    ratios = [one / other for one, other in pairwise(np.diff(profile.coordinates_A))] or [1.0]
    if max(max(ratios), 1 / min(ratios)) > _FEW:
        yield Problem(
            "Neighbouring images are very unequally spaced along the path.",
            "Check that all are of one band.",
            blocks=False,
        )


def _broken_bonds(band: Band) -> list[str]:
    """Bonds of the first image that another one has lost, in words; molecules alone count."""
    try:
        molecules = find_molecules(band.structure(0))
    except StructureError as error:
        return [f"molecules of the first image cannot be told: {error.what}"]
    pairs = np.array(
        [molecule.atoms[list(bond)] for molecule in molecules for bond in molecule.bonds]
    )
    if not len(pairs):
        return []
    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in band.elements])
    longest = BOND * radii[pairs].sum(axis=1)
    broken = []
    for image in range(1, len(band)):
        positions = band.positions_A[image]
        vectors = shortest(
            positions[pairs[:, 1]] - positions[pairs[:, 0]], band.lattice_A, band.periodic
        )
        lengths = np.sqrt((vectors**2).sum(axis=1))
        for bond in np.flatnonzero(lengths > longest):
            one, other = pairs[bond]
            broken.append(
                f"image {image}: {band.elements[one]}{one + 1}-{band.elements[other]}{other + 1} "
                f"is {lengths[bond]:.2f} A long"
            )
    return broken
