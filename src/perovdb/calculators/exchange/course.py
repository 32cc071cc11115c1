"""Two populations of dots that exchange A ions: from barriers and surfaces to merging lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.exchange.emission import spectra, wavelengths_nm, widths
from perovdb.calculators.exchange.evolution import SHELLS, Diffusivity, Spheres, evolve, volumes
from perovdb.calculators.exchange.lines import emission_of
from perovdb.calculators.kinetics.arrhenius import K_B_EV, temperatures
from perovdb.calculators.kinetics.diffusion import (
    ATTEMPT_FREQUENCY_HZ,
    correlation_factor,
    diffusion_coefficient,
    hop_rate_Hz,
)
from perovdb.calculators.phase_at import phase_at
from perovdb.composition import as_composition
from perovdb.errors import InputError, OutOfRange
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Ways of a length a that lead from an A site.
_WAYS = 6

#: nm^2 in a cm^2.
CM2 = 1e14

#: Sizes of a population that has a spread.
_SIZES = 7

#: Times of a run of one D, its first as a share of its last, and how many of its slowest
#: relaxations it takes in.
_TIMES, _FIRST, _RELAXATIONS = 160, 1e-4, 12

#: Biot numbers between which neither the surface nor the interior rules.
_MIXED = (0.1, 10.0)

#: Free ions per site below which they only pass ions on.
_FEWEST = 1e-6

#: Rows of a table that people see.
_SHOWN = 12

#: What interdiffusion may be counted as.
RULES = ("nernst-planck", "darken")

#: What the model can and cannot explain, whatever was asked.
LIMITS = (
    "a hop of 0.35 eV in the interior that takes 10 min would need a vacant share of 8e-8, 0.001 "
    "vacancy in a dot: so low an apparent energy is no barrier of a bulk hop",
    "Cs and FA at 1 mg/mL are probably not held up by the interior: the same lattices exchange in "
    "20 to 30 min with ligands or at 70 mg/mL",
    "mixed control looks like one Arrhenius line: 0.75 eV inside and 0.35 eV at the surface give "
    "0.71 to 0.36 eV from Bi = 30 to 0.1, and no five temperatures show the bend",
    "peaks that merge late (merged/plateau above 0.4) need something that speeds up as ions mix, "
    "a lower barrier of the mixture or a surface that opens; the ratio cannot tell which",
    "dots meet often (0.7 ms apart at 1 mg/mL in octane); what limits is what happens then",
    "ligands, solvent and concentration enter by the surface rate and the free ions only: inputs, "
    "not predictions",
)


@answer
class Exchange(Answer):
    """What two populations of dots become, and the light that they emit.

    Attributes:
        first, second: formulas; x is the fraction of the ion of the second.
        edge_nm: mean edges of the cubes of both.
        share: of all A sites that the second population has.
        spread: standard deviation of the edges over their mean.
        temperature_K: of the reaction.
        diffusion_cm2_s: D of the first and the second ion at its own end.
        rule: how the two make one D: "constant", "nernst-planck" or "darken".
        surface_nm_s: k_s; None where the surface keeps up with the interior.
        biot: k_s R / D of both, D of the slower ion; None without k_s.
        time_min: (n,) from the mixing on.
        mean_x: (n, 2) mean fractions of both populations.
        radius_nm: (2, k) middles of the shells of a dot of middling size, R = L / sqrt 3.
        profiles: (n, 2, k) fractions there.
        wavelength_nm, spectra_per_nm: (w,) and (n, w), of unit area where nothing quenches.
        peaks: (n,) number of maxima.
        peak_1_nm, peak_2_nm: (n,) the two highest; the second is nan of one maximum.
        fwhm_nm: (n,) between the outermost points at half maximum.
        sigma_fwhm_nm: (n,) 2.355 standard deviations.
        final_fwhm_nm: of dots that are all alike.
        drift: share of the ions that came or went by error.
        notes: what a user should know.
    """

    first: str
    second: str
    edge_nm: tuple[float, float]
    share: float
    spread: float
    temperature_K: float
    diffusion_cm2_s: tuple[float, float]
    rule: str
    surface_nm_s: float | None
    biot: tuple[float, float] | None
    time_min: np.ndarray
    mean_x: np.ndarray
    radius_nm: np.ndarray
    profiles: np.ndarray
    wavelength_nm: np.ndarray
    spectra_per_nm: np.ndarray
    peaks: np.ndarray
    peak_1_nm: np.ndarray
    peak_2_nm: np.ndarray
    fwhm_nm: np.ndarray
    sigma_fwhm_nm: np.ndarray
    final_fwhm_nm: float
    drift: float
    notes: tuple[str, ...] = ()

    derived = ("merged_min", "plateau_min")

    @property
    def merged_min(self) -> float | None:
        """Minutes until one peak is left, as `times` has it."""
        return self.times("merged")

    @property
    def plateau_min(self) -> float | None:
        """Minutes until the width stays within 2 nm of its end, as `times` has it."""
        return self.times("plateau")

    def times(self, what: str, within_nm: float = 2.0) -> float | None:
        """Minutes until the peaks have merged or the width has come to its plateau.

        Args:
            what: "merged", one maximum from then on; or "plateau", `fwhm_nm` from then on within
                `within_nm` of `final_fwhm_nm`.
            within_nm: of the plateau.

        Returns:
            The first such time of the run; None where it was not reached.

        Raises:
            InputError: another word.
        """
        if what == "merged":
            late = self.peaks > 1
        elif what == "plateau":
            late = np.abs(self.fwhm_nm - self.final_fwhm_nm) > within_nm
        else:
            raise InputError(f"There is no time '{what}'.", "Ask for merged or plateau.")
        if not late.any():
            return float(self.time_min[0])
        last = int(np.flatnonzero(late)[-1])
        return None if last + 1 == len(late) else float(self.time_min[last + 1])

    def profile(self, time_min: float) -> np.ndarray:
        """(2, k) fractions at `radius_nm`, at the time of the run that is nearest."""
        return np.asarray(self.profiles[self._nearest(time_min)])

    def spectrum(self, time_min: float) -> np.ndarray:
        """(w,) light at `wavelength_nm`, at the time of the run that is nearest."""
        return np.asarray(self.spectra_per_nm[self._nearest(time_min)])

    def rows(self) -> list[dict[str, Any]]:
        """One row for each time."""
        columns = {
            "time_min": self.time_min,
            "x_1": self.mean_x[:, 0],
            "x_2": self.mean_x[:, 1],
            "peaks": self.peaks,
            "peak_1_nm": self.peak_1_nm,
            "peak_2_nm": self.peak_2_nm,
            "fwhm_nm": self.fwhm_nm,
            "sigma_fwhm_nm": self.sigma_fwhm_nm,
        }
        notes = "; ".join(self.notes)
        return [
            {"temperature_K": self.temperature_K}
            | {name: _plain(value) for name, value in zip(columns, values, strict=True)}
            | {"notes": notes}
            for values in zip(*columns.values(), strict=True)
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """The width against time, with the times of merging and of the plateau."""
        from perovdb import plots

        return plots.exchange_width(self, ax)

    def figure(self) -> Figure:
        """Compositions inside the dots, spectra, peaks and width, in four panels."""
        from perovdb import plots

        return plots.exchange(self)

    def _table(self) -> list[dict[str, Any]]:
        rows = self.rows()
        end = self.plateau_min or self.time_min[-1]
        wanted = np.array([0.0, *np.geomspace(1e-2, 1.5, _SHOWN - 1)]) * end
        shown = sorted({self._nearest(time) for time in wanted})
        names = [name for name in rows[0] if name not in ("temperature_K", "notes")]
        return [{name: _short(rows[i][name]) for name in names} for i in shown]

    def _lines(self) -> list[str]:
        slow, fast = self.diffusion_cm2_s
        both = f"{slow:.3g}" if slow == fast else f"{slow:.3g} and {fast:.3g}"
        biot = "" if self.biot is None else ", Bi = {:.3g} and {:.3g}".format(*self.biot)
        surface = (
            "the surface keeps up"
            if self.surface_nm_s is None
            else f"k_s = {self.surface_nm_s:.3g} nm/s"
        )
        return [
            self._headline(),
            f"  D = {both} cm^2/s ({self.rule}); {surface}{biot}",
            *table(self._table(), "  "),
            *self._note_lines(),
        ]

    def _headline(self) -> str:
        ends = [
            f"{name} after {time:.3g} min" if time is not None else f"{name} not reached"
            for name, time in (("merged", self.merged_min), ("plateau", self.plateau_min))
        ]
        return f"{self.first} and {self.second} at {self.temperature_K:g} K: {', '.join(ends)}"

    def _nearest(self, time_min: float) -> int:
        return int(np.abs(self.time_min - time_min).argmin())


def exchange(
    end_members: tuple[str, str],
    edge_nm: tuple[float, float],
    barrier_eV: float | Sequence[float] | None = None,
    vacant: float | None = None,
    *,
    mixed_barrier_eV: float | None = None,
    diffusion_cm2_s: float | None = None,
    rule: str = "nernst-planck",
    interaction_eV: float = 0.0,
    surface_nm_s: float | None = None,
    surface_eV: float = 0.0,
    free_ions: float = 0.0,
    share: float = 0.5,
    spread: float = 0.0,
    temperature_K: float = ROOM_TEMPERATURE_K,
    time_min: Sequence[float] | None = None,
    hop_A: float = 6.3,
    attempt_frequency_Hz: float = ATTEMPT_FREQUENCY_HZ,
    peaks_nm: tuple[float, float] | None = None,
    mixed_nm: float | None = None,
    line_nm: float | None = None,
    thermal: bool = True,
    quenching: float = 0.0,
    as_perovskite: bool = False,
) -> Exchange:
    """Exchange of A ions between two populations of dots, and the light that they emit.

    Each dot is a sphere with diffusion inside and a first-order surface; what it gives off, the
    others take up. Sources and checks of the equations stand in `evolution` and `emission`.

    Args:
        end_members: two formulas that differ in the ion of A; x is the fraction of the second's.
        edge_nm: mean edges of the cubes of both.
        barrier_eV: of the hops of A ions; two where that of the first ion in its own lattice and
            that of the second in its own differ.
        vacant: share of A sites that are vacant: D = f c a^2 nu0 exp(-E / kT). Only its product
            with the attempt frequency counts.
        mixed_barrier_eV: of both ions in the 1:1 mixture; ln D runs with 4 x (1 - x) to it.
        diffusion_cm2_s: D in place of the barrier and the vacant share.
        rule: of two D's, "nernst-planck", where the slower ion rules, or "darken", the faster.
        interaction_eV: L0 of mixing per formula unit, for the factor 1 - 2 L0 x (1 - x) / kT.
        surface_nm_s: k_s at 298.15 K; by default the surface keeps up with the interior.
        surface_eV: energy of activation of k_s.
        free_ions: those in solution, per A site of all dots; below 1e-6 they hold none.
        share: of all A sites that the second population has.
        spread: standard deviation of the edges over their mean, of a log-normal distribution.
        temperature_K: of the reaction.
        time_min: rising times; by default until all has come to rest.
        hop_A: length of a hop, the edge of the pseudocubic cell.
        attempt_frequency_Hz: of hops; 1 THz is a convention.
        peaks_nm, mixed_nm, line_nm: emission of the ends and of their 1:1 mixture, and the FWHM
            of that; by default as the store has them of dots.
        thermal: dots emit from their low gaps, else as their mean composition.
        quenching: q, see `Emission`.
        as_perovskite: go on where an end is known as no perovskite.

    Raises:
        InputError: formulas that are no pair, numbers that cannot be, or too few of them.
        MissingData: nothing is stored of the emission of such dots.
        OutOfRange: an end is no perovskite or the two do not mix at this temperature, or the
            solution loses ions.

    >>> exchange(("CsPbI3", "FAPbI3"), (14, 14), diffusion_cm2_s=1e-17)
    Exchange(CsPbI3 and FAPbI3 at 298 K: merged after 48.7 min, plateau after 196 min)
    """
    first, second = _pair(end_members)
    if rule not in RULES:
        raise InputError(f"There is no rule '{rule}'.", f"Take {' or '.join(RULES)}.")
    edges = (float(edge_nm[0]), float(edge_nm[1]))
    kelvin = float(temperatures(temperature_K))
    notes = [] if as_perovskite else _phases((first, second), kelvin)
    ends, diffusion = _interior(
        barrier_eV, vacant, mixed_barrier_eV, diffusion_cm2_s, rule, interaction_eV, kelvin,
        hop_A, attempt_frequency_Hz,
    )  # fmt: skip
    if ends[0] != ends[1]:
        notes.append(
            f"of two ions the {'slower' if rule == RULES[0] else 'faster'} rules ({rule})"
        )
    if vacant is not None:
        notes += _vacancies(edges, vacant, hop_A)
    k_s = np.inf
    if surface_eV and surface_nm_s is None:
        raise InputError(
            "An energy of the surface goes with its rate.", "Give that too (--surface-rate)."
        )
    if surface_nm_s is not None:
        slower = 1 / (K_B_EV * kelvin) - 1 / (K_B_EV * ROOM_TEMPERATURE_K)
        k_s = surface_nm_s * float(np.exp(-surface_eV * slower))
        notes.append("the rate of the surface and its energy are free parameters")
    slowest = min(ends)
    radii = np.array(edges) / np.sqrt(3)
    biot = None if np.isinf(k_s) else (k_s * radii[0] / slowest, k_s * radii[1] / slowest)
    if biot is not None and any(_MIXED[0] < one < _MIXED[1] for one in biot):
        notes.append(
            f"Bi = {biot[0]:.2g} and {biot[1]:.2g}: surface and interior both count, so that an "
            "energy of activation of this is an apparent one"
        )
    spheres = _populations(radii, share, spread)
    seconds = _seconds(time_min, radii.max(), diffusion, k_s)
    stock = free_ions if free_ions >= _FEWEST else 0.0
    course = evolve(spheres, seconds, diffusion, k_s, stock, share)
    emission, origin = emission_of(first, second, peaks_nm, mixed_nm, line_nm, thermal, quenching)
    notes += [*origin, *LIMITS]
    nm = wavelengths_nm(emission)
    shells = volumes()
    light = spectra(course.x, shells, spheres.share, emission, kelvin, nm)
    found = widths(nm, light)
    alike = np.full((1, 1, SHELLS), share)
    end = widths(nm, spectra(alike, shells, np.ones(1), emission, kelvin, nm))
    if found.peaks[0] > 1:
        notes.append(
            "before the peaks merge fwhm_nm is that of both and jumps as one falls under half of "
            "the other; sigma_fwhm_nm does not"
        )
    sizes = len(spheres.share) // 2
    middle = [sizes // 2, sizes + sizes // 2]
    weights = spheres.share.reshape(2, sizes)
    weights = weights / weights.sum(axis=1, keepdims=True)
    means = course.means.reshape(-1, 2, sizes)
    return Exchange(
        first=first,
        second=second,
        edge_nm=edges,
        share=share,
        spread=spread,
        temperature_K=kelvin,
        diffusion_cm2_s=(ends[0] / CM2, ends[1] / CM2),
        rule="constant" if not callable(diffusion) else rule,
        surface_nm_s=None if np.isinf(k_s) else k_s,
        biot=biot,
        time_min=seconds / 60,
        mean_x=_fractions((means * weights).sum(axis=2)),
        radius_nm=(np.arange(SHELLS) + 0.5) / SHELLS * spheres.radius_nm[middle][:, None],
        profiles=_fractions(course.x[:, middle]),
        wavelength_nm=nm,
        spectra_per_nm=light,
        peaks=found.peaks,
        peak_1_nm=found.first_nm,
        peak_2_nm=found.second_nm,
        fwhm_nm=found.fwhm_nm,
        sigma_fwhm_nm=found.sigma_nm,
        final_fwhm_nm=float(end.fwhm_nm[0]),
        drift=course.drift,
        notes=tuple(notes),
    )


def _pair(end_members: Sequence[str]) -> tuple[str, str]:
    """Formulas of two ends that differ in the ion of A.

    Raises:
        InputError: they are not two, or differ in something else.
    """
    if isinstance(end_members, str) or len(end_members) != 2:
        raise InputError("An exchange is of two ends.", "Give two, as CsPbI3 and FAPbI3.")
    one, other = map(as_composition, end_members)
    for end in (one, other):
        if end.vacancies or "A" not in end.sites or len(end.sites["A"]) != 1:
            raise InputError(
                f"{end.formula} is no end of an exchange of A ions.", "Give one ion on A."
            )
    if one.ratio != other.ratio or any(
        (dict(ions) == dict(other.sites[site])) == (site == "A")
        for site, ions in one.sites.items()
    ):
        raise InputError(
            f"{one.formula} and {other.formula} do not differ in the ion of A alone.",
            "Give two that do, as CsPbI3 and FAPbI3.",
        )
    return one.formula, other.formula


def _phases(ends: Sequence[str], kelvin: float) -> list[str]:
    """A warning of ends that are metastable as perovskites.

    Raises:
        OutOfRange: one is known as no perovskite.
    """
    notes = []
    for end in ends:
        found = phase_at(end, kelvin)
        if found.phase == "no perovskite":
            raise OutOfRange(
                f"{end} is no perovskite at {kelvin:g} K.",
                "Say so if its dots are (--as-perovskite).",
            )
        if any("metastable" in note for note in found.notes):
            notes.append(f"{end} is metastable at {kelvin:g} K: dots are taken as perovskite")
    return notes


def _interior(
    barrier_eV: float | Sequence[float] | None, vacant: float | None, mixed_eV: float | None,
    diffusion_cm2_s: float | None, rule: str, interaction_eV: float, kelvin: float, hop_A: float,
    attempts_Hz: float,
) -> tuple[tuple[float, float], float | Diffusivity]:  # fmt: skip
    """D of both ions at their ends, in nm^2/s, and what is to be solved with."""
    if (diffusion_cm2_s is None) == (barrier_eV is None):
        raise InputError(
            "The interior needs a barrier or a diffusion coefficient, and not both.",
            "Give one of them (--barrier, --diffusion).",
        )
    if barrier_eV is not None and vacant is None:
        raise InputError(
            "A barrier makes a diffusion coefficient by the share of vacant sites.",
            "Give it (--vacant); only its product with the attempt frequency counts.",
        )
    if barrier_eV is None and (mixed_eV is not None or vacant is not None):
        raise InputError(
            "A barrier of the mixture and vacant sites go with barriers of the ends.",
            "Give them (--barrier).",
        )
    thermal = K_B_EV * kelvin
    if interaction_eV > 2 * thermal:
        raise OutOfRange(
            f"With L0 = {interaction_eV:g} eV the two fall apart at {kelvin:g} K.",
            f"They mix above {interaction_eV / (2 * K_B_EV):.0f} K.",
        )
    barriers = [] if barrier_eV is None else [float(one) for one in np.atleast_1d(barrier_eV)]
    if barrier_eV is not None and len(barriers) not in (1, 2):
        raise InputError(f"{len(barriers)} barriers are none of two ions.", "Give one or two.")
    if diffusion_cm2_s is not None or vacant is None:
        ends = np.full(2, (diffusion_cm2_s or 0.0) * CM2)
        slopes = np.zeros(2)
    else:
        pair = np.array([barriers[0], barriers[-1]])
        hops = hop_rate_Hz(pair, kelvin, attempts_Hz)
        of_vacancy = diffusion_coefficient(hops, hop_A, _WAYS)
        ends = correlation_factor(_WAYS) * vacant * of_vacancy * CM2
        slopes = np.zeros(2) if mixed_eV is None else (pair - mixed_eV) / thermal
    both = (float(ends[0]), float(ends[1]))
    if ends[0] == ends[1] and not slopes.any() and interaction_eV == 0:
        return both, both[0]

    def of_composition(x: np.ndarray) -> np.ndarray:
        x = np.clip(x, 0.0, 1.0)
        bend = 4 * x * (1 - x)
        one, other = ends[0] * np.exp(slopes[0] * bend), ends[1] * np.exp(slopes[1] * bend)
        if rule == "darken":
            d = (1 - x) * other + x * one
        else:
            d = one * other / ((1 - x) * one + x * other)
        return np.asarray(d * (1 - interaction_eV * bend / (2 * thermal)))

    return both, of_composition


def _vacancies(edges: tuple[float, float], vacant: float, hop_A: float) -> list[str]:
    """A warning of dots most of which hold no vacancy."""
    smallest = min(edges)
    in_dot = vacant * (smallest * 10 / hop_A) ** 3
    if in_dot >= 1:
        return []
    return [
        f"a dot of {smallest:g} nm holds {in_dot:.2g} vacancies: most hold none, and the model is "
        "an average over dots"
    ]


def _populations(radii: np.ndarray, share: float, spread: float) -> Spheres:
    """Spheres of both populations, each in sizes whose number is log-normal."""
    points, weights = np.polynomial.hermite_e.hermegauss(_SIZES if spread else 1)
    sigma = np.sqrt(np.log1p(spread**2))
    factor = np.exp(sigma * points - sigma**2 / 2)
    sites = weights * factor**3
    sites = sites / sites.sum()
    return Spheres(
        np.outer(radii, factor).ravel(),
        np.concatenate([(1 - share) * sites, share * sites]),
        np.repeat([0.0, 1.0], len(points)),
    )


def _seconds(
    time_min: Sequence[float] | None, radius: float, diffusion: float | Diffusivity, k_s: float
) -> np.ndarray:
    """Times of a run: those asked for, or enough to see it begin and end."""
    if time_min is None:
        d = diffusion(np.linspace(0, 1, 41)) if callable(diffusion) else np.array([diffusion])
        end = _RELAXATIONS * (radius**2 / (np.pi**2 * d.min()) + radius / (3 * k_s))
        first = _FIRST * max(d.min() / d.max(), _FIRST**2)
        count = int(_TIMES * np.log(first) / np.log(_FIRST))
        return np.array([0.0, *np.geomspace(first * end, end, count)])
    asked = np.asarray(time_min, dtype=float).ravel() * 60
    if (
        asked.size < 2
        or not np.isfinite(asked).all()
        or asked[0] < 0
        or (np.diff(asked) <= 0).any()
    ):
        raise InputError("Times must rise from zero on, two or more.", "Give them in minutes.")
    return asked


def _fractions(x: np.ndarray) -> np.ndarray:
    """Without the last bits of sums that should be zero or one."""
    return np.asarray(np.clip(x.round(12), 0.0, 1.0))


def _plain(value: Any) -> Any:
    number = value.item()
    # What is added makes a zero of minus zero.
    return None if number != number else number + 0


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
