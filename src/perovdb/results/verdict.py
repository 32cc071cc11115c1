"""Whether a barrier can be trusted, and what to do if not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from perovdb.results.band import Band
from perovdb.results.chain import drift_A
from perovdb.results.molecules import broken_bonds
from perovdb.results.profile import Profile

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


@dataclass(frozen=True)
class Problem:
    """What is wrong with a band, and how to mend it.

    Attributes:
        what, mend: in words.
        blocks: the barrier cannot be trusted before it is mended.
    """

    what: str
    mend: str
    blocks: bool

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"


def problems(band: Band, profile: Profile) -> list[Problem]:
    """All that is wrong, what blocks first.

    Args:
        band: what the code left.
        profile: of that band.
    """
    found = [
        *_electronic(band),
        *_at_rest(band, profile),
        *_ends(band, profile),
        *_saddle(band, profile),
        *_geometry(band, profile),
    ]
    return sorted(found, key=lambda problem: not problem.blocks)


def _electronic(band: Band) -> list[Problem]:
    found = []
    if band.facts.scf_failed:
        told = ", ".join(map(str, band.facts.scf_failed))
        found.append(
            Problem(
                f"The electronic structure of image {told} did not converge.",
                "Allow more electronic steps, or mix more slowly, and go on from there.",
                True,
            )
        )
    elif not band.facts.scf_known:
        found.append(
            Problem(
                "Whether the electronic structure of each image converged cannot be told: outputs "
                "are missing.",
                "Copy those of all images: codes go on after one that failed.",
                True,
            )
        )
    counts = {round(count, 3) for count in band.facts.electrons if np.isfinite(count)}
    if len(counts) > 1:
        found.append(
            Problem(
                f"The images do not have the same number of electrons: {sorted(counts)}.",
                "Run all with the same charge: their energies cannot be compared.",
                True,
            )
        )
    return found


def residual_eV_A(band: Band, profile: Profile) -> float:
    """The largest force left on the images between the ends, as the code measures it; NaN where
    the files hold no forces.

    Across the path for all images, and along it too for one that climbs.
    """
    table = profile.component_eV_A if band.facts.per_component else profile.perpendicular_eV_A
    largest = float(np.max(table[1:-1]))
    if band.facts.climbing and profile.slopes_eV_A is not None:
        # As a length in all coordinates: a bound for any component.
        along = abs(float(profile.slopes_eV_A[profile.saddle_image]))
        largest = max(largest, along if not band.facts.per_component else 0.0)
    return largest


def _at_rest(band: Band, profile: Profile) -> list[Problem]:
    facts = band.facts
    residual = residual_eV_A(band, profile)
    threshold = facts.threshold_eV_A
    told = "" if np.isnan(residual) else f" (largest force {residual:.3f} eV/A)"
    go_on = "Go on from its last images until it is."
    if facts.converged is False:
        return [Problem(f"The band is not converged: {facts.says}{told}.", go_on, True)]
    if np.isnan(residual):
        if facts.converged is None:
            return [
                Problem(
                    f"Whether the band converged cannot be told without forces: {facts.says}.",
                    "Keep the code's own output, or save the forces too.",
                    True,
                )
            ]
        return []
    if threshold is None:
        if facts.converged is None:
            return [
                Problem(
                    f"Whether the band converged cannot be told: {facts.says}{told}.",
                    "Keep the code's input and output beside the images.",
                    True,
                )
            ]
        return []
    if residual > threshold * (_FAR_OVER if facts.converged else 1.0):
        return [
            Problem(
                f"The band is not at rest: a force of {residual:.3f} eV/A is left, "
                f"{threshold:.3f} is allowed.",
                go_on,
                True,
            )
        ]
    return []


def _ends(band: Band, profile: Profile) -> list[Problem]:
    found = []
    allowed = max(END_EV_A, band.facts.threshold_eV_A or 0.0)
    for name, place, word in (
        ("first", 0, band.facts.ends_relaxed[0]),
        ("last", -1, band.facts.ends_relaxed[1]),
    ):
        force = profile.total_eV_A[place]
        told = "" if np.isnan(force) else f": a force of {force:.3f} eV/A is left"
        # The word of the code is taken where there is one: fixed atoms may keep forces.
        if word is False or (word is None and force > allowed):
            found.append(
                Problem(
                    f"The {name} image is not relaxed{told}.",
                    "Relax it first: the barrier counts from there.",
                    True,
                )
            )
    return found


def _saddle(band: Band, profile: Profile) -> list[Problem]:
    energies, top = profile.energies_eV, profile.saddle_image
    found = []
    if top in (0, len(energies) - 1):
        name = "first" if top == 0 else "last"
        found.append(
            Problem(
                f"The {name} image is the highest: there is no barrier between the ends.",
                "That end is no minimum, or the images are too far apart: relax it, or add "
                "images near it.",
                True,
            )
        )
        return found
    rise = profile.curve_forward_eV - profile.barrier_forward_eV
    if rise > _RISE_EV:
        near = np.searchsorted(profile.coordinates_A, profile.curve_saddle_A)
        found.append(
            Problem(
                f"The saddle lies between images {near - 1} and {near}: the curve rises "
                f"{rise:.3f} eV above the highest image.",
                "Put more images there, or let the highest image climb.",
                rise > _UNRESOLVED_EV,
            )
        )
    slope = 0.0 if profile.slopes_eV_A is None else abs(float(profile.slopes_eV_A[top]))
    if slope > _SLOPE_EV_A:
        found.append(
            Problem(
                f"The highest image is not on the saddle: {slope:.2f} eV/A are left along the "
                "path.",
                "Climb on: go on with a climbing image.",
                False,
            )
        )
    valleys = [
        place
        for place in range(1, len(energies) - 1)
        if min(energies[:place].max(), energies[place + 1 :].max()) - energies[place] > _MINIMUM_EV
        and energies[place] <= min(energies[place - 1], energies[place + 1])
    ]
    if valleys:
        found.append(
            Problem(
                f"The path has a minimum at image {', '.join(map(str, valleys))}: it is of "
                "several hops.",
                "Relax that image and compute each part by itself.",
                False,
            )
        )
    return found


def _geometry(band: Band, profile: Profile) -> list[Problem]:
    found = []
    broken = broken_bonds(band)
    if broken:
        more = f" and {len(broken) - _FEW} more" if len(broken) > _FEW else ""
        found.append(
            Problem(
                f"Molecules did not stay whole: {'; '.join(broken[:_FEW])}{more}.",
                "Look at these images: they are of a reaction, or of atoms that were wrapped "
                "one by one into the cell.",
                True,
            )
        )
    drift = drift_A(profile.chain_A)
    if drift > _DRIFT_A:
        found.append(
            Problem(
                f"The whole cell shifts by {drift:.2f} A from one image to the next.",
                "Energies do not change by it, but the path looks longer than it is: fix an atom "
                "far from the hop.",
                False,
            )
        )
    lengths = np.diff(profile.coordinates_A)
    widest = max(one / other for one, other in pairwise(lengths)) if len(lengths) > 1 else 1.0
    narrowest = min(one / other for one, other in pairwise(lengths)) if len(lengths) > 1 else 1.0
    if max(widest, 1 / narrowest) > _FEW:
        found.append(
            Problem(
                "Neighbouring images are very unequally spaced along the path.",
                "Check that all are of one band.",
                False,
            )
        )
    return found
