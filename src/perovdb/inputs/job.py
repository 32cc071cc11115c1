"""What an input set is for: a task, its atoms, a preset, and how the machine is to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.inputs.machine import Machine
from perovdb.inputs.potentials import Potential, electron_count, potentials
from perovdb.inputs.presets import Preset, load_preset
from perovdb.inputs.schedulers import SCHEDULERS
from perovdb.inputs.settings import with_settings
from perovdb.migration.path import Path

#: The images of a path between two ends, as one calculation.
BAND = "band"


@dataclass(frozen=True)
class Run:
    """How a set is run.

    Attributes:
        scheduler: "slurm", "pbs" or "bash".
        ranks_per_image: MPI ranks that work on one image.
        cores: MPI ranks of the whole calculation, in place of `ranks_per_image`.
        hours: wall time to ask for.
        build: variant of the code, "plain", or "vtst" for VASP.
        machine: how the codes are started; by default as `perovdb.toml` says.

    Raises:
        InputError: there is no such scheduler, or a number is not from 1 on.
    """

    scheduler: str = "slurm"
    ranks_per_image: int = 8
    cores: int | None = None
    hours: int = 24
    build: str = "plain"
    machine: Machine | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.scheduler not in SCHEDULERS:
            raise InputError(
                f"'{self.scheduler}' is not a scheduler.",
                f"Choose one of: {', '.join(SCHEDULERS)}.",
            )
        for name in ("ranks_per_image", "cores", "hours"):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            if not (whole or (value is None and name == "cores")):
                raise InputError(f"'{name}' cannot be {value!r}.", "Give whole numbers from 1.")
        if not isinstance(self.build, str):
            raise InputError(f"'build' cannot be {self.build!r}.", "Give a word.")


@dataclass(frozen=True)
class Job:
    """A calculation of a chain of images.

    Attributes:
        task: what is computed, such as "band".
        chain: the images.
        preset: settings of the code.
        potentials: by element.
        run: how it is run.
        relax_first: the ends are relaxed by themselves before the band.
    """

    task: str
    chain: Path
    preset: Preset
    potentials: dict[str, Potential]
    run: Run
    relax_first: bool

    @property
    def images(self) -> tuple[Structure, ...]:
        """The structures, the same atoms in the same order."""
        return self.chain.images

    @property
    def last(self) -> int:
        """Number of the last image; the first is 0."""
        return len(self.images) - 1

    @property
    def charge(self) -> int:
        """Net charge of every image, in e."""
        return self.chain.charge

    @property
    def elements(self) -> list[str]:
        """Element of every atom, in the order of the images."""
        return [site.specie.symbol for site in self.images[0]]

    @property
    def electrons(self) -> int:
        """Valence electrons of every image."""
        return electron_count(self.elements, self.potentials, self.charge)

    @property
    def machine(self) -> Machine:
        """How the code is started."""
        return self.run.machine or Machine()

    @property
    def title(self) -> str:
        """One line that says what it is."""
        chain = self.chain
        vacancy = "a vacancy" if chain.into == chain.species else f"a vacancy of {chain.into}"
        host = " ".join(filter(None, (chain.formula, phase_of(chain))))
        return f"{host}, {chain.species} hop into {vacancy}, charge {chain.charge:+d}"


def new_job(
    chain: Path,
    code: str,
    preset: str,
    settings: Mapping[str, Any],
    run: Run,
    relax_first: bool = True,
    task: str = BAND,
) -> Job:
    """A calculation with a code.

    Raises:
        InputError: there is no such preset or setting.
        MissingData: an element has no potential.
    """
    elements = list(dict.fromkeys(site.specie.symbol for site in chain.images[0]))
    chosen = with_settings(load_preset(preset, code), settings, run.build)
    family = chosen.values("potentials")["family"]
    table = potentials(code, elements, family)
    return Job(task, chain, chosen, table, run, relax_first)


def built_by(chain: Path) -> dict[str, Any]:
    """Arguments of the step that built the host, out of its history; empty if it was read."""
    first, *_ = chain.images[0].properties.get("history") or [{}]
    return dict(first.get("arguments", {})) if first.get("step") == "build" else {}


def phase_of(chain: Path) -> str | None:
    """The phase that the host was built in; None if it was read from a file."""
    return built_by(chain).get("phase")
