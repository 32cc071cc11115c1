"""Barriers as answers: of one band, with what its hops are worth; and of several together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.answers.tables import cell, table
from perovdb.calculators.kinetics import diffusion_coefficient, hop_rate_Hz
from perovdb.inputs.manifest import Manifest
from perovdb.results.band import Facts
from perovdb.results.beside import Beside
from perovdb.results.problem import Problem
from perovdb.results.profile import Profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@answer
class Kinetics(Answer):
    """Hops over a barrier, and the diffusion of a vacancy whose hops are all like it.

    Attributes:
        temperature_K, attempt_frequency_Hz: of the rates.
        hop_rate_Hz, hop_rate_backward_Hz: forward and backward.
        distance_A: length of the hop, if known.
        neighbours: ways that lead from a site, if known.
        vacancy_diffusion_cm2_s: None where length or ways are not known.
    """

    temperature_K: float
    attempt_frequency_Hz: float
    hop_rate_Hz: float
    hop_rate_backward_Hz: float
    distance_A: float | None = None
    neighbours: int | None = None
    vacancy_diffusion_cm2_s: float | None = None

    def _lines(self) -> list[str]:
        lines = [
            f"  at {self.temperature_K:g} K and {self.attempt_frequency_Hz:g} Hz: "
            f"{self.hop_rate_Hz:.3g} hops/s forward, {self.hop_rate_backward_Hz:.3g} backward"
        ]
        if self.vacancy_diffusion_cm2_s is not None:
            lines.append(
                f"  vacancy diffusion {self.vacancy_diffusion_cm2_s:.3g} cm2/s by "
                f"{self.neighbours} hops of {self.distance_A:.3f} A from a site"
            )
        return lines


def kinetics(
    profile: Profile,
    temperature_K: float,
    attempt_frequency_Hz: float,
    neighbours: int | None = None,
    distance_A: float | None = None,
) -> Kinetics:
    """What the hops over a barrier are worth.

    Args:
        profile: of one hop.
        temperature_K, attempt_frequency_Hz: of the rates.
        neighbours: ways that lead from a site.
        distance_A: length of the hop.

    Raises:
        InputError: a number is not positive.
    """
    forward, backward = (
        float(hop_rate_Hz(height, temperature_K, attempt_frequency_Hz))
        for height in (profile.barrier_forward_eV, profile.barrier_backward_eV)
    )
    diffusion = None
    if distance_A is not None and neighbours is not None and forward > 0:
        diffusion = float(diffusion_coefficient(forward, distance_A, neighbours))
    return Kinetics(
        temperature_K, attempt_frequency_Hz, forward, backward, distance_A, neighbours, diffusion
    )


@dataclass(frozen=True)
class Saved:
    """A row of one's own store.

    Attributes:
        id: of the row, which follows from the files that were read.
        source: key that the row names.
        new: False if it stood there already.
        row: its columns.
        note: what else should be known.
    """

    id: str
    source: str
    new: bool
    row: dict[str, Any]
    note: str | None = None

    def lines(self) -> list[str]:
        """The same for people."""
        state = "saved" if self.new else "stands in your store already"
        lines = [f"  {state}: {self.id}, source {self.source}"]
        return [*lines, f"  {self.note}"] if self.note else lines


@answer
class Barrier(Answer):
    """The barrier of a finished band, and whether it can be trusted.

    Attributes:
        folder: where the code ran.
        code, version: what computed it.
        profile: energy along the path.
        problems: what is wrong, what blocks first.
        facts: what the code says of the run.
        energy_kind: which of the code's energies it is.
        other_barriers_eV: forward barriers with other energies of the code, by name.
        formula, atoms: of every image.
        mover: element of the atom that moves farthest.
        files: what was read.
        kinetics: what its hops are worth.
        manifest: of the input set, if there is one.
        saved: its row in one's own store, if it was saved.
        beside: values of others for the same ion in the same host.
    """

    folder: Path
    code: str
    version: str
    profile: Profile
    problems: tuple[Problem, ...]
    facts: Facts
    energy_kind: str
    other_barriers_eV: dict[str, float]
    formula: str
    atoms: int
    mover: str
    files: tuple[Path, ...]
    kinetics: Kinetics
    manifest: Manifest | None = None
    saved: Saved | None = None
    beside: tuple[Beside, ...] = ()

    derived = (
        *("barrier_forward_eV", "barrier_backward_eV", "reaction_energy_eV"),
        *("converged", "verdict", "notes"),
    )

    @property
    def barrier_forward_eV(self) -> float:
        """Of the highest image above the first."""
        return self.profile.barrier_forward_eV

    @property
    def barrier_backward_eV(self) -> float:
        """Of the highest image above the last."""
        return self.profile.barrier_backward_eV

    @property
    def reaction_energy_eV(self) -> float:
        """Of the last image above the first."""
        return self.profile.reaction_energy_eV

    @property
    def converged(self) -> bool:
        """Nothing blocks: the barrier can be trusted."""
        return not any(problem.blocks for problem in self.problems)

    @property
    def verdict(self) -> str:
        """Whether the barrier can be trusted, and by whose word."""
        if self.facts.converged is None and self.converged:
            return f"ends and forces are within the limit; {self.facts.says}"
        # A search may come to rest on what is no barrier of the hop.
        doubt = "NOT TRUSTED" if self.facts.search else "NOT CONVERGED"
        return f"{'converged' if self.converged else doubt} ({self.facts.says})"

    @property
    def notes(self) -> tuple[str, ...]:
        """What else should be known."""
        return self.facts.notes

    def rows(self) -> list[dict[str, Any]]:
        return self.profile.rows()

    def plot(self, ax: Axes | None = None) -> Axes:
        """The energy along the path, by `perovdb.plots.profiles`."""
        from perovdb.plots import profiles

        return profiles(self, ax)

    def _headline(self) -> str:
        return f"{self.folder.name}, {self.barrier_forward_eV:z.4f} eV, {self.verdict}"

    def _lines(self) -> list[str]:
        profile = self.profile
        doubt = "" if self.converged else ", not to be trusted:"
        return [
            f"{self.folder}: {f'{self.code} {self.version}'.rstrip()}, "
            f"{len(profile.energies_eV)} images, {self.verdict}",
            f"  barrier{doubt} forward {profile.barrier_forward_eV:z.4f} eV, backward "
            f"{profile.barrier_backward_eV:z.4f} eV, reaction "
            f"{profile.reaction_energy_eV:z.4f} eV",
            f"  curve forward {profile.curve_forward_eV:z.4f} eV, backward "
            f"{profile.curve_backward_eV:z.4f} eV, saddle at {profile.curve_saddle_A:.3f} A",
            f"  energy: {self.energy_kind}",
            f"  curve: {profile.curve_from}",
            *self.kinetics._lines(),
            *table(self._table(), indent="  "),
            *(f"  problem: {problem}" for problem in self.problems),
            *self._note_lines(),
            *(["  beside it:"] if self.beside else []),
            *table([vars(one) for one in self.beside], indent="  "),
            *(self.saved.lines() if self.saved else []),
        ]

    def _table(self) -> list[dict[str, Any]]:
        return self.profile._table()


@dataclass(frozen=True, repr=False, eq=False)
class Barriers(Answer):
    """Several barriers; mean and spread are of those that can be trusted.

    Attributes:
        barriers: one for each folder that could be read.
        unreadable: the other folders, and why.
    """

    barriers: tuple[Barrier, ...]
    unreadable: dict[str, str] = field(default_factory=dict)

    derived = (
        *("count", "left_out", "mean_eV", "deviation_eV", "lowest_eV", "highest_eV", "rate_Hz"),
    )

    @property
    def _trusted(self) -> list[Barrier]:
        return [barrier for barrier in self.barriers if barrier.converged]

    @property
    def _heights_eV(self) -> list[float]:
        return [barrier.barrier_forward_eV for barrier in self._trusted]

    @property
    def count(self) -> int:
        """Barriers that can be trusted."""
        return len(self._trusted)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Folders of the others."""
        return tuple(str(one.folder) for one in self.barriers if not one.converged)

    @property
    def mean_eV(self) -> float | None:
        """Of the forward barriers; None if there is none."""
        return float(np.mean(self._heights_eV)) if self.count else None

    @property
    def deviation_eV(self) -> float | None:
        """Standard deviation of the sample; None if there are fewer than two."""
        return float(np.std(self._heights_eV, ddof=1)) if self.count > 1 else None

    @property
    def lowest_eV(self) -> float | None:
        """None if there is none."""
        return min(self._heights_eV, default=None)

    @property
    def highest_eV(self) -> float | None:
        """None if there is none."""
        return max(self._heights_eV, default=None)

    @property
    def rate_Hz(self) -> float | None:
        """Mean of the hop rates, which the low barriers carry; None if there is none."""
        rates = [barrier.kinetics.hop_rate_Hz for barrier in self._trusted]
        return float(np.mean(rates)) if rates else None

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "folder": str(barrier.folder),
                "code": barrier.code,
                "barrier_forward_eV": barrier.barrier_forward_eV,
                "barrier_backward_eV": barrier.barrier_backward_eV,
                "reaction_energy_eV": barrier.reaction_energy_eV,
                "curve_forward_eV": barrier.profile.curve_forward_eV,
                "converged": barrier.converged,
                "images": len(barrier.profile.energies_eV),
                "hop_rate_Hz": barrier.kinetics.hop_rate_Hz,
                "vacancy_diffusion_cm2_s": barrier.kinetics.vacancy_diffusion_cm2_s,
                "problems": len(barrier.problems),
                "notes": "; ".join(map(str, (*barrier.problems, *barrier.notes))),
            }
            for barrier in self.barriers
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """The energies along all paths, by `perovdb.plots.profiles`."""
        from perovdb.plots import profiles

        return profiles(self.barriers, ax)

    def _headline(self) -> str:
        return f"{len(self.barriers)} bands, {self._mean()}"

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                name: f"{value:z.4f}" if name.endswith("_eV") else cell(value)
                for name, value in row.items()
                if name != "notes"
            }
            for row in self.rows()
        ]

    def _lines(self) -> list[str]:
        lines = table(self._table())
        for barrier in self.barriers:
            lines += [f"{barrier.folder}: problem: {problem}" for problem in barrier.problems]
            saved = barrier.saved.lines() if barrier.saved else []
            lines += [f"{barrier.folder}:{line}" for line in saved]
        lines += [
            f"{folder}: cannot be read: {error}" for folder, error in self.unreadable.items()
        ]
        if self.count:
            lines.append(f"{self._mean()}; mean rate {self.rate_Hz:.3g} hops/s")
        if self.left_out:
            lines.append(f"left out of the mean, not converged: {', '.join(self.left_out)}")
        return lines

    def _mean(self) -> str:
        if not self.count:
            return "none that can be trusted"
        spread = "" if self.deviation_eV is None else f" +- {self.deviation_eV:z.4f}"
        return (
            f"mean of {self.count}: {self.mean_eV:z.4f}{spread} eV, from "
            f"{self.lowest_eV:z.4f} to {self.highest_eV:z.4f}"
        )
