"""What an input set is made from: a path, a preset, and how the machine is to run it."""

from __future__ import annotations

from dataclasses import dataclass

from perovdb.inputs.presets import Potential, Preset, electron_count, load_preset, potentials
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
    """

    path: Path
    preset: Preset
    potentials: dict[str, Potential]
    ranks_per_image: int
    hours: int
    build: str

    @property
    def elements(self) -> list[str]:
        """Element of every atom, in the order of the images."""
        return [site.specie.symbol for site in self.path.images[0]]

    @property
    def electrons(self) -> int:
        """Valence electrons of every image."""
        return electron_count(self.elements, self.potentials, self.path.charge)

    @property
    def title(self) -> str:
        """One line that says what it is."""
        return (
            f"{self.path.formula} {self.path.phase}, {self.path.hop.species} hop into a vacancy, "
            f"charge {self.path.charge:+d}"
        )


def neb_job(
    path: Path,
    code: str,
    preset: str = "standard",
    ranks_per_image: int = 8,
    hours: int = 24,
    build: str = "plain",
) -> NebJob:
    """A band calculation of a path with a code.

    Raises:
        InputError: there is no such preset.
        MissingData: an element has no potential.
    """
    elements = list(dict.fromkeys(site.specie.symbol for site in path.images[0]))
    return NebJob(
        path=path,
        preset=load_preset(preset, code),
        potentials=potentials(code, elements),
        ranks_per_image=ranks_per_image,
        hours=hours,
        build=build,
    )
