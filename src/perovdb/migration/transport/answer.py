"""How fast an ion moves through a crystal, from the barriers of its hops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ
from perovdb.calculators.kinetics.arrhenius import K_B_EV, temperatures
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.migration.hops import Hops
from perovdb.migration.percolation import percolation
from perovdb.migration.transport.network import barrier_pairs, jump_network
from perovdb.migration.transport.walks import correlation_factors, vacancy_diffusion_cm2_s

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Step of the temperature, as a share, from which the effective barrier is taken.
_STEP = 1e-3

#: A diffusion below this share of the largest does not lead in that direction.
_STILL = 1e-9

_NOTES = (
    "of one vacancy: no vacancies meet, and charge does not hold them back",
    "all hops have the same attempt frequency",
)


@answer
class Transport(Answer):
    """Diffusion of an ion by vacancies, at some temperatures.

    Attributes:
        formula, species, phase: of the crystal, and the ion that moves.
        barriers_eV: of the distinct hops, from start and from end.
        temperature_K: (t,).
        vacancy_cm2_s: (t, 3, 3) diffusion tensor of one vacancy.
        correlation: (t, 3, 3) f of the ions; empty where it was not asked for.
        ion_cm2_s: (t, 3, 3) f c D of the ions, at the vacant share.
        effective_barrier_eV: (t,) -d ln D / d (1/kT) of the mean over the directions.
        vacant: share c of sites that are vacant.
        attempt_frequency_Hz: of all hops.
        percolating_eV: height of the last hop that is needed to lead in all directions in which
            the hops lead at all.
        dimension: in how many they do.
        notes: what a user should know.
    """

    formula: str
    species: str
    phase: str
    barriers_eV: tuple[tuple[float, float], ...]
    temperature_K: np.ndarray
    vacancy_cm2_s: np.ndarray
    correlation: np.ndarray
    ion_cm2_s: np.ndarray
    effective_barrier_eV: np.ndarray
    vacant: float
    attempt_frequency_Hz: float
    percolating_eV: float
    dimension: int
    notes: tuple[str, ...] = ()

    def _headline(self) -> str:
        host = " ".join(filter(None, (self.formula, self.phase)))
        return (
            f"{self.species} in {host}, {self.effective_barrier_eV[0]:.3f} eV at "
            f"{self.temperature_K[0]:g} K"
        )

    @property
    def anisotropy(self) -> np.ndarray:
        """(t,) largest over smallest eigenvalue of the vacancy's tensor; infinite if it does not
        lead in all directions."""
        values = np.linalg.eigvalsh(self.vacancy_cm2_s)
        still = values[:, 0] <= _STILL * values[:, -1]
        return np.where(still, np.inf, values[:, -1] / np.where(still, 1.0, values[:, 0]))

    def rows(self) -> list[dict[str, Any]]:
        """A row for each temperature."""
        anisotropy = self.anisotropy
        rows = []
        for k, kelvin in enumerate(self.temperature_K):
            tensor, ion = self.vacancy_cm2_s[k], self.ion_cm2_s[k]
            f = self.correlation[k] if len(self.correlation) else None
            rows.append(
                {
                    "temperature_K": float(kelvin),
                    "vacancy_cm2_s": float(np.trace(tensor)) / 3,
                    "along_a_cm2_s": float(tensor[0, 0]),
                    "along_b_cm2_s": float(tensor[1, 1]),
                    "along_c_cm2_s": float(tensor[2, 2]),
                    "correlation": None
                    if f is None
                    else float(np.trace(ion) / np.trace(tensor)) / self.vacant,
                    "ion_cm2_s": float(np.trace(ion)) / 3,
                    "effective_barrier_eV": float(self.effective_barrier_eV[k]),
                    "anisotropy": float(anisotropy[k]) if np.isfinite(anisotropy[k]) else None,
                    "notes": "; ".join(self.notes),
                }
            )
        return rows

    def _lines(self) -> list[str]:
        heights = [max(pair) for pair in self.barriers_eV]
        shown = [
            {
                "T_K": row["temperature_K"],
                "D_vacancy": f"{row['vacancy_cm2_s']:.3g}",
                "f": None if row["correlation"] is None else f"{row['correlation']:.4f}",
                f"D_ion(c={self.vacant:g})": f"{row['ion_cm2_s']:.3g}",
                "E_eff_eV": f"{row['effective_barrier_eV']:.3f}",
                "anisotropy": "no way"
                if row["anisotropy"] is None
                else f"{row['anisotropy']:.3g}",
            }
            for row in self.rows()
        ]
        return [
            self._headline(),
            *table(shown, indent="  "),
            f"  D in cm2/s; barriers from {min(heights):.3f} to {max(heights):.3f} eV, mean "
            f"{np.mean(heights):.3f}; {self.percolating_eV:.3f} eV leads in {self.dimension} "
            "dimension(s)",
            *self._note_lines(),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """D of vacancy and ion against the temperature."""
        from perovdb.plots.kinetics import diffusion

        return diffusion(self, ax)


def transport(
    hops: Hops,
    barriers_eV: Sequence[float | tuple[float, float]],
    temperature_K: ArrayLike = ROOM_TEMPERATURE_K,
    *,
    vacant: float = 1e-3,
    attempt_frequency_Hz: float = ATTEMPT_FREQUENCY_HZ,
    tracer: bool = True,
) -> Transport:
    """Diffusion of an ion by vacancies through the network of its hops, exactly.

    Args:
        hops: all distinct hops of a crystal that count, as `hops` gives them.
        barriers_eV: one for each; or two, from its start and from its end.
        temperature_K: one or (t,).
        vacant: share of the sites that are vacant, up to 0.1.
        attempt_frequency_Hz: of all hops; 1 THz is a convention.
        tracer: compute the correlation factor of the ions too; else 1 stands in `ion_cm2_s`.

    Raises:
        InputError: there is not one barrier for each hop, forward and backward barriers do not
            close around a cycle, the hops lead nowhere, a number cannot be, or the ion hops into
            vacancies of another.

    >>> from perovdb.migration.hops import hops
    >>> found = transport(hops("CsPbI3", "I", phase="alpha"), [0.35])
    >>> float(found.correlation[0, 0, 0].round(3))
    0.689
    """
    if not 0 < vacant <= _MOST_VACANT:
        raise InputError(
            f"A share of {vacant:g} vacant sites is not that of few vacancies.",
            f"Give it above 0 and up to {_MOST_VACANT:g}.",
        )
    if not hops.lattice_A:
        raise InputError("These hops do not know their cell.", "List them by `hops`.")
    mover = hops[0].species
    if any(hop.into != mover for hop in hops):
        raise InputError(
            "Hops into vacancies of another ion make an alloy, which is not followed here.",
            "Give the hops of one ion into vacancies of its own.",
        )
    network = jump_network(hops, np.array(hops.lattice_A), barriers_eV)
    pairs = tuple(barrier_pairs(barriers_eV, len(hops)))
    ways = percolation(hops, [max(pair) for pair in pairs])
    if not ways.dimension:
        raise InputError("These hops lead nowhere.", "List longer hops too: reach_A, --reach.")
    kelvin = np.atleast_1d(np.asarray(temperatures(temperature_K), dtype=float))
    nu = attempt_frequency_Hz
    tensors = np.array([vacancy_diffusion_cm2_s(network, one, nu) for one in kelvin])
    factors = (
        np.array([correlation_factors(network, one, nu) for one in kelvin])
        if tracer
        else np.empty((0, 3, 3))
    )
    ions = vacant * (_times(tensors, factors) if tracer else tensors)
    last = ways.carriers(ways.dimension)[-1]
    dimension = ways.dimension
    return Transport(
        formula=hops.formula,
        species=mover,
        phase=hops.phase,
        barriers_eV=pairs,
        temperature_K=kelvin,
        vacancy_cm2_s=tensors,
        correlation=factors,
        ion_cm2_s=ions,
        effective_barrier_eV=np.array([_slope(network, one, nu) for one in kelvin]),
        vacant=vacant,
        attempt_frequency_Hz=nu,
        percolating_eV=max(pairs[last]),
        dimension=dimension,
        notes=(*_NOTES, *(() if tracer else ("the ions' correlation is left out",))),
    )


#: Vacancies are few up to this share.
_MOST_VACANT = 0.1


def _times(tensors: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """(t, 3, 3) root(D) f root(D): f is given in the basis in which D is one."""
    values, vectors = np.linalg.eigh(tensors)
    roots = (vectors * np.sqrt(np.maximum(values, 0))[:, None, :]) @ vectors.transpose(0, 2, 1)
    return np.asarray(roots @ factors @ roots)


def _slope(network: Any, kelvin: float, nu: float) -> float:
    """-d ln D / d (1/kT) of the mean over the directions."""
    low, high = kelvin * (1 - _STEP), kelvin * (1 + _STEP)
    logs = [np.log(np.trace(vacancy_diffusion_cm2_s(network, one, nu))) for one in (low, high)]
    return float((logs[0] - logs[1]) / (1 / (K_B_EV * high) - 1 / (K_B_EV * low)))
