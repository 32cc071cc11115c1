"""What an input set is for: a task, its atoms, a preset, and how the machine is to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pymatgen.core import Structure

from perovdb.errors import InputError, StructureError, check_choice
from perovdb.files.labels import one_line
from perovdb.inputs.boundary import CRYSTAL, SLAB, Boundary, boundary_of
from perovdb.inputs.hop_manifest import phase_of, title_of_path
from perovdb.inputs.levels import PBE, check_level, with_level
from perovdb.inputs.machine import Machine
from perovdb.inputs.potentials import Potential, electron_count, potentials
from perovdb.inputs.presets import Preset, load_preset
from perovdb.inputs.schedulers import SCHEDULERS
from perovdb.inputs.settings import with_settings
from perovdb.migration.path import Path
from perovdb.structures.history import charge_of, notes
from perovdb.structures.units import ion_formula

#: The images of a path between two ends, as one calculation.
BAND = "band"
#: Energy and forces of a structure as it is.
STATIC = "static"
#: A structure that is moved until its forces vanish, with its cell if that is free.
RELAX = "relax"

SINGLE = (STATIC, RELAX)

#: The cell of a relaxation.
_CELLS = ("fixed", "free")


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
class Electrons:
    """What is asked of the electrons.

    Attributes:
        level: of theory, a key of `levels.LEVELS`: "PBE", "PBE+SOC", "HSE06", "HSE06+SOC".
        charge: of the cell in e; by default the formal charge of its ions.
        multiplicity: 2 S + 1; by default 1, and 2 of an odd number of electrons.
        charged_slab: why a slab may carry a charge, in words; without them it may not.

    Raises:
        InputError: there is no such level, or a number cannot be.
    """

    level: str = PBE
    charge: int | None = None
    multiplicity: int | None = None
    charged_slab: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", check_level(self.level))
        for name, least in (("charge", None), ("multiplicity", 1)):
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (whole and (least is None or value >= least)):
                raise InputError(
                    f"'{name}' cannot be {value!r}.",
                    "Give a whole number" + ("." if least is None else f" from {least}."),
                )
        object.__setattr__(self, "charged_slab", one_line(self.charged_slab))


@dataclass(frozen=True)
class Job:
    """A calculation.

    Attributes:
        task: what is computed: "band", "static" or "relax".
        images: of a band, ends included; else one structure.
        charge: net charge of every image, in e.
        path: of a band.
        preset: settings of the code.
        potentials: by element.
        resources: how it is run.
        asked: level of theory and spin.
        boundary: crystal, slab or particle.
        relax_first: the ends of a band are relaxed by themselves before it.
        free_cell: a relaxation moves the cell too.
    """

    task: str
    images: tuple[Structure, ...]
    charge: int
    path: Path | None
    preset: Preset
    potentials: dict[str, Potential]
    resources: Resources
    asked: Electrons
    boundary: Boundary
    relax_first: bool = False
    free_cell: bool = False

    @property
    def last(self) -> int:
        """Number of the last image; the first is 0."""
        return len(self.images) - 1

    @property
    def elements(self) -> list[str]:
        """Element of every atom, in the order of the images."""
        return [site.specie.symbol for site in self.images[0]]

    @property
    def electrons(self) -> int:
        """Valence electrons of every image."""
        return electron_count(self.elements, self.potentials, self.charge)

    @property
    def unpaired(self) -> int:
        """Unpaired electrons of every image."""
        if self.asked.multiplicity is None:
            return self.electrons % 2
        return self.asked.multiplicity - 1

    @property
    def spin_orbit(self) -> bool:
        """Whether spin-orbit coupling is computed."""
        return self.asked.level.endswith("+SOC")

    @property
    def machine(self) -> Machine:
        """How the code is started."""
        return self.resources.machine or Machine()

    @property
    def phase(self) -> str | None:
        """The phase that the host was built in; None if it was read from a file."""
        return phase_of(self.images[0])

    @property
    def made_again(self) -> bool:
        """Whether job.sh makes the images anew when it has relaxed the ends: not where the path
        leads through a saddle that is known."""
        return self.relax_first and self.path is not None and self.path.from_ends

    @property
    def formula(self) -> str:
        """Of the host of a band, before the vacancy; else ions and their numbers."""
        return self.path.formula if self.path else ion_formula(self.images[0])

    @property
    def title(self) -> str:
        """One line that says what it is."""
        if self.path is not None:
            return title_of_path(self.path)
        host = " ".join(filter(None, (self.formula, self.phase)))
        kind = "" if self.boundary.kind == CRYSTAL else f" {self.boundary.kind}"
        what = {STATIC: "energy", RELAX: "relaxation"}[self.task]
        cell = " with its cell" if self.free_cell else ""
        return one_line(f"{host}{kind}, {what}{cell}, charge {self.charge:+d}")

    @property
    def notes(self) -> list[str]:
        """What the path, or the steps that made the structure, have to say."""
        if self.path is not None:
            start = self.images[0]
            # Of a structure, what the steps that made it had to say, the vacancies of the hop too.
            by_steps = not self.path.phase and start.properties.get("history")
            return [*(notes(start) if by_steps else []), *self.path.notes]
        return list(notes(self.images[0]))


def new_job(
    x: Path | Structure,
    code: str,
    preset: str,
    settings: Mapping[str, Any],
    resources: Resources,
    *,
    task: str = BAND,
    electrons: Electrons | None = None,
    relax_first: bool = True,
    cell: str = "fixed",
) -> Job:
    """A calculation with a code.

    Args:
        x: a path for a band, a structure of perovdb for another task.
        code, preset, settings, resources, task, electrons, relax_first, cell: as for
            `write_inputs`.

    Raises:
        InputError: there is no such preset or setting, the code has no such level of theory, or
            the cell cannot be free.
        MissingData: an element has no potential.
        StructureError: the electrons cannot be, or a charged slab was not asked for.
    """
    asked = electrons or Electrons()
    check_choice(cell, _CELLS, "no way to treat a cell")
    path = x if isinstance(x, Path) else None
    images = x.images if isinstance(x, Path) else (x,)
    elements = list(dict.fromkeys(site.specie.symbol for site in images[0]))
    chosen = with_level(load_preset(preset, code), asked.level)
    chosen = with_settings(chosen, settings, resources.build)
    table = potentials(code, elements, chosen.values("potentials")["family"])
    charge = asked.charge
    if charge is None:
        charge = path.charge if path else charge_of(images[0])
    job = Job(
        task=task,
        images=images,
        charge=charge,
        path=path,
        preset=chosen,
        potentials=table,
        resources=resources,
        asked=asked,
        boundary=boundary_of(images[0]),
        relax_first=relax_first and task == BAND,
        free_cell=cell == "free",
    )
    _check_electrons(job)
    if job.free_cell and (task != RELAX or job.boundary.kind != CRYSTAL):
        raise InputError(
            f"The cell of a {job.boundary.kind} in the task '{task}' cannot be free.",
            "Leave it fixed: only a crystal that is relaxed has a cell to relax.",
        )
    return job


def _check_electrons(job: Job) -> None:
    count, unpaired = job.electrons, job.unpaired
    if count <= 0 or unpaired > count or (count - unpaired) % 2:
        raise StructureError(
            f"{count} valence electrons cannot have the multiplicity {unpaired + 1}.",
            "Take an odd multiplicity for an even number of electrons, an even one for an odd.",
        )
    if job.boundary.kind == SLAB and job.charge and not job.asked.charged_slab:
        raise StructureError(
            f"The slab has a charge of {job.charge:+d}: with a uniform background its energy "
            "depends on the width of the vacuum and has no limit.",
            "Make it neutral, or give `charged_slab=` (--charged-slab) with the reason.",
        )
