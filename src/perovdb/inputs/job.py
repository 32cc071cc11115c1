"""What an input set is made from: a path, a preset, and how the machine is to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perovdb.inputs.machine import Machine
from perovdb.inputs.potentials import Potential, electron_count, potentials
from perovdb.inputs.presets import Preset, load_preset
from perovdb.inputs.settings import with_settings
from perovdb.migration.chain import Chain
from perovdb.migration.paths import Path


@dataclass(frozen=True)
class NebJob:
    """A band calculation.

    Attributes:
        path: the images.
        preset: settings of the code.
        potentials: by element.
        ranks_per_image: MPI ranks that work on one image.
        hours: wall time to ask for.
        build: variant of the code, "plain" or "vtst" for VASP.
        relax_first: the ends are relaxed by themselves before the band.
        machine: how the code is started.
    """

    path: Chain
    preset: Preset
    potentials: dict[str, Potential]
    ranks_per_image: int
    hours: int
    build: str
    relax_first: bool
    machine: Machine

    @property
    def elements(self) -> list[str]:
        """Element of every atom, in the order of the images."""
        return [site.specie.symbol for site in self.path.images[0]]

    @property
    def electrons(self) -> int:
        """Valence electrons of every image."""
        return electron_count(self.elements, self.potentials, self.path.charge)

    @property
    def last(self) -> int:
        """Number of the last image; the first is 0."""
        return len(self.path.images) - 1

    @property
    def title(self) -> str:
        """One line that says what it is."""
        path = self.path
        host = f"{path.formula} {path.phase}" if isinstance(path, Path) else path.formula
        vacancy = "a vacancy" if path.into == path.species else f"a vacancy of {path.into}"
        return f"{host}, {path.species} hop into {vacancy}, charge {path.charge:+d}"


def neb_job(
    path: Chain,
    code: str,
    preset: str = "standard",
    ranks_per_image: int = 8,
    hours: int = 24,
    build: str = "plain",
    settings: Mapping[str, Any] | None = None,
    relax_first: bool = True,
    machine: Machine | None = None,
) -> NebJob:
    """A band calculation of a path with a code.

    Raises:
        InputError: there is no such preset or setting.
        MissingData: an element has no potential.
    """
    elements = list(dict.fromkeys(site.specie.symbol for site in path.images[0]))
    chosen = with_settings(load_preset(preset, code), settings or {}, build)
    family = chosen.values("potentials")["family"]
    return NebJob(
        path=path,
        preset=chosen,
        potentials=potentials(code, elements, family),
        ranks_per_image=ranks_per_image,
        hours=hours,
        build=build,
        relax_first=relax_first,
        machine=machine or Machine(),
    )
