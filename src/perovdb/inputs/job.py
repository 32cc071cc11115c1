"""What an input set is for: a task, its atoms, a preset, and how the machine is to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pymatgen.core import Structure

from perovdb.errors import InputError, check_choice
from perovdb.inputs.hop_manifest import built_by, phase_of_path, title_of_path
from perovdb.inputs.machine import Machine
from perovdb.inputs.potentials import Potential, electron_count, potentials
from perovdb.inputs.presets import Preset, load_preset
from perovdb.inputs.schedulers import SCHEDULERS
from perovdb.inputs.settings import with_settings
from perovdb.migration.path import Path

#: The images of a path between two ends, as one calculation.
BAND = "band"


@dataclass(frozen=True)
class Resources:
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
        check_choice(self.scheduler, SCHEDULERS, "not a scheduler")
        for name in ("ranks_per_image", "cores", "hours"):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            if not (whole or (value is None and name == "cores")):
                raise InputError(f"'{name}' cannot be {value!r}.", "Give whole numbers from 1.")
        if not isinstance(self.build, str):
            raise InputError(f"'build' cannot be {self.build!r}.", "Give a word.")


@dataclass(frozen=True)
class Job:
    """A calculation of a path of images.

    Attributes:
        task: what is computed, such as "band".
        path: the images.
        preset: settings of the code.
        potentials: by element.
        resources: how it is run.
        relax_first: the ends are relaxed by themselves before the band.
    """

    task: str
    path: Path
    preset: Preset
    potentials: dict[str, Potential]
    resources: Resources
    relax_first: bool

    @property
    def images(self) -> tuple[Structure, ...]:
        """The structures, the same atoms in the same order."""
        return self.path.images

    @property
    def last(self) -> int:
        """Number of the last image; the first is 0."""
        return len(self.images) - 1

    @property
    def charge(self) -> int:
        """Net charge of every image, in e."""
        return self.path.charge

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
        return self.resources.machine or Machine()

    @property
    def built(self) -> dict[str, Any]:
        """Arguments of the step that built the host, out of its history; empty if it was read."""
        return built_by(self.path)

    @property
    def phase(self) -> str | None:
        """The phase that the host was built in; None if it was read from a file."""
        return phase_of_path(self.path)

    @property
    def title(self) -> str:
        """One line that says what it is."""
        return title_of_path(self.path)


def new_job(
    path: Path,
    code: str,
    preset: str,
    settings: Mapping[str, Any],
    resources: Resources,
    relax_first: bool = True,
    task: str = BAND,
) -> Job:
    """A calculation with a code.

    Raises:
        InputError: there is no such preset or setting.
        MissingData: an element has no potential.
    """
    elements = list(dict.fromkeys(site.specie.symbol for site in path.images[0]))
    chosen = with_settings(load_preset(preset, code), settings, resources.build)
    family = chosen.values("potentials")["family"]
    table = potentials(code, elements, family)
    return Job(task, path, chosen, table, resources, relax_first)
