"""From a barrier to rates, diffusion coefficients and the time that exchange takes in a particle.

* Hop rate: nu = nu0 exp(-Eb / kT), with an attempt frequency nu0 (G. H. Vineyard, J. Phys. Chem.
  Solids 3, 121 (1957), doi 10.1016/0022-3697(57)90059-8, from memory).
* Random walk on sites with z neighbours at distance d: D_v = z d^2 nu / 6 of a vacancy in three
  dimensions; of the ions, D = f c D_v with the share c of vacant sites and the correlation factor
  f of the lattice.
* A sphere whose surface is held at the new composition: the share exchanged after the time t is
  1 - (6/pi^2) sum_n exp(-n^2 pi^2 D t / R^2) / n^2 (J. Crank, The Mathematics of Diffusion,
  2nd ed., equation 6.20, from memory).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from perovdb.answers import Answer, answer
from perovdb.calculators.kinetics.arrhenius import K_B_EV, positive, temperatures
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

#: An attempt frequency of 1 THz, the order of the lattice modes of lead halides: a convention to
#: compare barriers by, not a measured value.
ATTEMPT_FREQUENCY_HZ = 1e12

#: Ways that lead from a site -> correlation factor of ions that few vacancies carry.
CORRELATION = {6: 0.653109, 8: 0.688916, 12: 0.781451}

#: The factor of an ion by itself, and nothing to say of it.
_ALONE: tuple[float, tuple[str, ...]] = (1.0, ())

#: Ways in a chain, and a share of vacant sites beyond which they are not few.
_CHAIN, _FEW_VACANT = 2, 0.1

#: Terms of the series for a sphere: exact at all x >= 0.03, where it is used.
_TERMS = 30


@answer
class HopRate(Answer):
    """What follows from a barrier: how often an ion hops, how far it gets, what time that takes.

    Attributes:
        barrier_eV, temperature_K, attempt_frequency_Hz: what the rate follows from.
        hop_rate_Hz: hops per second along one way.
        distance_A, neighbours: length of a hop and number of ways that lead from a site.
        vacant: share of the ion's sites that are vacant.
        correlation: f of the ions; 1 where all sites are vacant but that of one ion.
        vacancy_diffusion_cm2_s, ion_diffusion_cm2_s: None where no length of a hop was given.
        diameter_nm, exchanged: of a particle, and the share of it that is exchanged by then.
        exchange_time_s: None where no diameter was given.
    """

    barrier_eV: float
    temperature_K: float
    hop_rate_Hz: float
    vacancy_diffusion_cm2_s: float | None
    ion_diffusion_cm2_s: float | None
    exchange_time_s: float | None
    distance_A: float | None
    neighbours: int
    vacant: float
    diameter_nm: float | None
    exchanged: float
    attempt_frequency_Hz: float
    correlation: float = 1.0
    notes: tuple[str, ...] = ()

    def _table(self) -> list[dict[str, Any]]:
        row: dict[str, Any] = {
            "barrier_eV": self.barrier_eV,
            "temperature_K": self.temperature_K,
            "hop_rate_Hz": f"{self.hop_rate_Hz:.3g}",
        }
        for name in ("vacancy_diffusion_cm2_s", "ion_diffusion_cm2_s", "exchange_time_s"):
            value = getattr(self, name)
            if value is not None:
                row[name] = f"{value:.3g}"
        if self.exchange_time_s is not None:
            row["that is"] = _in_words(self.exchange_time_s)
        return [row]

    def _headline(self) -> str:
        return f"{self.barrier_eV:g} eV at {self.temperature_K:g} K: {self.hop_rate_Hz:.3g} hops/s"


def hop_rate(
    barrier_eV: float,
    temperature_K: float = ROOM_TEMPERATURE_K,
    distance_A: float | None = None,
    neighbours: int = 6,
    vacant: float = 1.0,
    diameter_nm: float | None = None,
    exchanged: float = 0.5,
    attempt_frequency_Hz: float = ATTEMPT_FREQUENCY_HZ,
    correlation: float | None = None,
) -> HopRate:
    """Hop rate, diffusion and exchange time over a barrier.

    The time is that of diffusion alone, in a sphere whose surface is held at the new composition.
    Ligands, solvents and the supply of vacancies come on top of it.

    Args:
        barrier_eV: height above where the hop starts.
        temperature_K: in kelvin.
        distance_A: length of a hop, for diffusion coefficients.
        neighbours: ways that lead from a site: 6 for A and B of the cubic phase, 8 for X.
        vacant: share of the ion's sites that are vacant.
        diameter_nm: of a particle, for the time that exchange takes in it.
        exchanged: share of the particle that is exchanged by then.
        attempt_frequency_Hz: of hops; 1 THz is a convention, not a measured value.
        correlation: f of the ions; by default that of `neighbours`, see `correlation_factor`.

    Raises:
        InputError: a number that cannot be, or a diameter without the length of a hop.

    >>> hop_rate(0.35)
    HopRate(0.35 eV at 298 K: 1.2e+06 hops/s)
    """
    if not 0 < vacant <= 1:
        raise InputError(f"A share of {vacant:g} vacant sites cannot be.", "Give 0 to 1.")
    if diameter_nm is not None and distance_A is None:
        raise InputError(
            "The time of exchange needs the length of a hop.", "Give it: --distance, distance_A."
        )
    rate_Hz = float(hop_rate_Hz(barrier_eV, temperature_K, attempt_frequency_Hz))
    of_vacancy = of_ion = time_s = None
    f, notes = _ALONE
    if distance_A is not None:
        of_vacancy = float(diffusion_coefficient(rate_Hz, distance_A, neighbours))
        f, notes = _correlation(neighbours, vacant, correlation)
        of_ion = f * vacant * of_vacancy
        if diameter_nm is not None:
            time_s = exchange_time_s(diameter_nm, of_ion, exchanged)
    return HopRate(
        barrier_eV=barrier_eV,
        temperature_K=temperature_K,
        hop_rate_Hz=rate_Hz,
        vacancy_diffusion_cm2_s=of_vacancy,
        ion_diffusion_cm2_s=of_ion,
        exchange_time_s=time_s,
        distance_A=distance_A,
        neighbours=neighbours,
        vacant=vacant,
        diameter_nm=diameter_nm,
        exchanged=exchanged,
        attempt_frequency_Hz=attempt_frequency_Hz,
        correlation=f,
        notes=notes,
    )


def _correlation(
    neighbours: int, vacant: float, asked: float | None
) -> tuple[float, tuple[str, ...]]:
    """f of the ions, and what should be known of it."""
    if asked is not None:
        if not 0 < asked <= 1:
            raise InputError(f"A correlation factor of {asked:g} cannot be.", "Give 0 to 1.")
        return asked, ()
    if vacant == 1:
        return _ALONE
    f = correlation_factor(neighbours)
    notes = []
    if neighbours not in CORRELATION:
        notes.append(
            f"the correlation factor of {neighbours} ways is estimated, 1 - 2/{neighbours} = "
            f"{f:.3f}: 'perovdb transport' computes that of a crystal"
        )
    if vacant > _FEW_VACANT:
        notes.append(f"the correlation factor {f:.3f} is that of few vacancies, not of {vacant:g}")
    return f, tuple(notes)


def correlation_factor(neighbours: int) -> float:
    """f of the ions of a lattice with one vacancy, by the ways that lead from a site.

    6 ways: simple cubic, A and B of a perovskite; 8: its X sublattice, which Ishigaki et al. 1988
    give as 0.69 (doi 10.1016/0022-4596(88)90067-9); 12: face-centred cubic. All three follow from
    `perovdb.migration.transport`. Of other lattices 1 - 2/z is an estimate.

    Raises:
        InputError: in a chain, of two ways, ions cannot pass each other.
    """
    if neighbours in CORRELATION:
        return CORRELATION[neighbours]
    if neighbours <= _CHAIN:
        raise InputError(
            f"Ions with {neighbours} way(s) stand in a chain and cannot pass each other.",
            "Give a correlation factor of your own (--correlation), or the ways of the crystal.",
        )
    return 1 - 2 / neighbours


def _in_words(seconds: float) -> str:
    """A time in the unit that people would say it in."""
    for unit, length in (("years", 3.15576e7), ("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def hop_rate_Hz(
    barrier_eV: ArrayLike,
    temperature_K: ArrayLike,
    attempt_frequency_Hz: ArrayLike = ATTEMPT_FREQUENCY_HZ,
) -> np.ndarray:
    """Hops per second over a barrier; arrays broadcast.

    Raises:
        InputError: a temperature or frequency is not positive, or a barrier is not a number or
            below zero. At zero every attempt is a hop.
    """
    barrier = np.asarray(barrier_eV, dtype=float)
    if not np.isfinite(barrier).all():
        raise InputError("A barrier is not a number.", "Give it in eV.")
    if (barrier < 0).any():
        raise InputError(
            f"A barrier of {barrier.min():g} eV is below zero.",
            "Give the height above where the hop starts, from 0 eV on.",
        )
    frequency = positive(attempt_frequency_Hz, "attempt frequency")
    return np.asarray(frequency * np.exp(-barrier / (K_B_EV * temperatures(temperature_K))))


def barrier_from_rate(
    rate_Hz: ArrayLike,
    temperature_K: ArrayLike,
    attempt_frequency_Hz: ArrayLike = ATTEMPT_FREQUENCY_HZ,
) -> np.ndarray:
    """The barrier in eV over which hops have this rate: the inverse of `hop_rate_Hz`.

    Raises:
        InputError: a number is not positive.
    """
    ratio = positive(attempt_frequency_Hz, "attempt frequency") / positive(rate_Hz, "rate")
    return np.asarray(K_B_EV * temperatures(temperature_K) * np.log(ratio))


def diffusion_coefficient(
    rate_Hz: ArrayLike, distance_A: ArrayLike, neighbours: int, dimensions: int = 3
) -> np.ndarray:
    """D = z d^2 nu / (2 n) of a random walk in n dimensions, in cm^2/s; arrays broadcast.

    Args:
        rate_Hz: hops per second along one way.
        distance_A: length of a hop.
        neighbours: number z of ways that lead from a site.
        dimensions: 1 to 3, in which these ways carry the walk.

    Raises:
        InputError: a number is not positive, or there are other dimensions.
    """
    if dimensions not in (1, 2, 3) or neighbours < 1:
        raise InputError(
            f"{neighbours} ways in {dimensions} dimensions cannot be.",
            "Give one way or more, in 1, 2 or 3 dimensions.",
        )
    length_cm = positive(distance_A, "distance") * 1e-8
    return np.asarray(neighbours * length_cm**2 * positive(rate_Hz, "rate") / (2 * dimensions))


def exchange_fraction(time_s: ArrayLike, diameter_nm: float, diffusion_cm2_s: float) -> np.ndarray:
    """Share of a sphere that has been exchanged after the times (n,), from 0 to 1.

    Raises:
        InputError: a number is negative, or the diameter or D is not positive.
    """
    time = np.asarray(time_s, dtype=float)
    if not (np.isfinite(time) & (time >= 0)).all():
        raise InputError("A time is not a number from zero on.", "Give it in seconds.")
    radius_cm = float(positive(diameter_nm, "diameter")) * 1e-7 / 2
    reduced = float(positive(diffusion_cm2_s, "diffusion coefficient")) * time / radius_cm**2
    return _sphere(reduced)


def exchange_time_s(diameter_nm: float, diffusion_cm2_s: float, fraction: float = 0.5) -> float:
    """Seconds until a share of a sphere has been exchanged by diffusion from its surface.

    Raises:
        InputError: a number is not positive, or the fraction not between 0.01 and 0.9999.
    """
    if not 0.01 <= fraction <= 0.9999:
        raise InputError(
            f"The time to exchange {fraction:g} of a particle is not given.",
            "Take a fraction from 0.01 to 0.9999.",
        )
    reduced = brentq(lambda x: float(_sphere(np.array(x))) - fraction, 1e-7, 2.0, xtol=1e-14)
    radius_cm = float(positive(diameter_nm, "diameter")) * 1e-7 / 2
    return float(
        reduced * radius_cm**2 / float(positive(diffusion_cm2_s, "diffusion coefficient"))
    )


def _sphere(reduced: np.ndarray) -> np.ndarray:
    """1 - (6/pi^2) sum exp(-n^2 pi^2 x) / n^2 at x = D t / R^2, of any shape.

    The sum converges slowly at small x; there 6 sqrt(x/pi) - 3 x takes its place (Crank, the
    solution for short times), which is right to 1e-6 up to x = 0.06.
    """
    n2 = np.arange(1, _TERMS + 1) ** 2
    x = reduced[..., None]
    long = 1 - 6 / np.pi**2 * (np.exp(-n2 * np.pi**2 * x) / n2).sum(axis=-1)
    short = 6 * np.sqrt(reduced / np.pi) - 3 * reduced
    return np.asarray(np.where(reduced < 0.03, short, long))
