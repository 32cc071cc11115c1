"""A hop that is asked for in words: in which atoms, of what, how; and its path."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import InputError, check_choice
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.migration.hops import Hops, hops
from perovdb.migration.path import METHODS, Images, Path, path
from perovdb.migration.placing import SIZE
from perovdb.migration.sampling import sample_hops
from perovdb.migration.vacancies import Vacancies
from perovdb.structures.arguments import check_fields
from perovdb.structures.builder import build
from perovdb.structures.files.reading import read_structure
from perovdb.structures.supercells import Size, as_matrix, supercell

#: Asks for a path by each method.
BOTH = "both"

#: What stands for itself in a path between two files.
_OF_ENDS = ("file", "end", "images", "spacing_A", "method")

#: How a formula becomes atoms: a file has its own.
_OF_FORMULAS = ("phase", "temperature_K", "orientation", "order")


@dataclass(frozen=True)
class HopRequest:
    """One hop.

    Attributes:
        species: ion that hops.
        formula: of the host; or `file`, its atoms.
        end: a second file: the path between `file`, the start, and it, such as two relaxed ends,
            whatever hops there.
        phase, temperature_K, size, seed, orientation: of the host, as for `build`. A formula takes
            2 x 2 x 2 cells by default, a file its own.
        order: rule for shared sites. With one, or with `into`, `reach_A` or `sample`, hops are
            those of the ordered model; without, those of the average cell, and shared sites are
            random.
        into: ion whose vacancy it moves into, by default its own species.
        reach_A: longest hop, beyond the first shell.
        sample: how many hops to draw by the seed, as `sample_hops` does.
        hop: number of the hop, from 0, as `perovdb hops` lists them; with `sample`, among those
            drawn.
        vacancies: of the ion in the cell.
        neutral: None for a charged cell, "partner", or a vacancy such as "V_Cs".
        images: between the ends; or `spacing_A`, the longest step of an atom.
        method: "rigid", "idpp" or "both".

    Raises:
        InputError: a value cannot be what it stands for, neither a formula nor a file is given, or
            both, or what is for a formula is given with a file.
    """

    species: str = ""
    formula: str | None = None
    file: str | None = None
    end: str | None = None
    phase: str | None = None
    temperature_K: float = ROOM_TEMPERATURE_K
    size: Size | None = None
    seed: int = 0
    orientation: str = "random"
    order: str | None = None
    into: str | None = None
    reach_A: float | None = None
    sample: int | None = None
    hop: int = 0
    vacancies: int = 1
    neutral: str | None = None
    images: int = 5
    spacing_A: float | None = None
    method: str = "rigid"

    def __post_init__(self) -> None:
        check_fields(self)
        object.__setattr__(self, "size", self._plain_size())
        if (self.formula is None) == (self.file is None):
            raise InputError("A hop has one host.", "Name a formula or a file, not both.")
        changed = [f.name for f in fields(self) if getattr(self, f.name) != f.default]
        if self.end is not None:
            wrong = [name for name in changed if name not in _OF_ENDS]
            if self.file is None or wrong:
                what = "formula" if self.file is None else wrong[0]
                raise InputError(
                    f"'{what}' does not go with a path between two files.",
                    "Give the files of the start and the end alone.",
                )
        elif not (self.species and isinstance(self.species, str)):
            raise InputError(
                f"'species' cannot be {self.species!r}.", "Name the ion that hops, such as I."
            )
        elif self.file is not None:
            wrong = [name for name in _OF_FORMULAS if name in changed]
            if self.seed and self.sample is None:
                wrong.append("seed")
            if wrong:
                raise InputError(
                    f"'{wrong[0]}' is for the model of a formula.",
                    f"{self.file} has its own atoms: leave it out.",
                )
        check_choice(self.method, (*METHODS, BOTH), "no way to make a path")
        if self.sample is not None and self.hop >= self.sample:
            raise InputError(
                f"There is no hop number {self.hop} in a sample of {self.sample}.",
                "They are numbered from 0.",
            )

    def _plain_size(self) -> Size | None:
        """The size as a text or tuples of whole numbers, of which requests can be compared."""
        if self.size is None:
            return None if self.file is not None else SIZE
        # What is no size is refused here; a distance becomes a matrix when the cell is known.
        rows = as_matrix(self.size, 20 * np.eye(3), (True, True, True))
        if isinstance(self.size, str):
            return self.size
        if np.array_equal(rows, np.diag(np.diag(rows))):
            return tuple(np.diag(rows).tolist())
        return tuple(tuple(row) for row in rows.tolist())

    @property
    def in_atoms(self) -> bool:
        """Whether hops are looked for in real atoms, not in the average cell of a formula."""
        choices = (self.file, self.order, self.into, self.reach_A, self.sample)
        return any(choice is not None for choice in choices)

    def host(self) -> str | Structure:
        """What hops are looked for in: the formula, for those of its average cell; or its atoms.

        Raises:
            as `read_structure`, `supercell` and `build`.
        """
        return self.structure() if self.in_atoms else str(self.formula)

    def structure(self) -> Structure:
        """The atoms of the host, before any vacancy; errors as for `host`."""
        if self.file is not None:
            structure = read_structure(self.file)
            return structure if self.size is None else supercell(structure, self.size)
        assert self.formula is not None
        return build(
            self.formula,
            self.phase,
            self.size or SIZE,
            seed=self.seed,
            orientation=self.orientation,
            temperature_K=self.temperature_K,
            order=self.order or "random",
        )

    def hops(self, host: str | Structure) -> Hops:
        """The hops of a host, as they are numbered; errors as for `hops` and `sample_hops`."""
        if isinstance(host, str):
            return hops(host, self.species, phase=self.phase, temperature_K=self.temperature_K)
        if self.sample is None:
            return hops(host, self.species, into=self.into, reach_A=self.reach_A)
        return sample_hops(
            host, self.species, self.sample, self.seed, into=self.into, reach_A=self.reach_A
        )

    def path(self, hosts: Hosts | None = None) -> Path:
        """The path of the hop.

        Args:
            hosts: kept from hop to hop of a series, so that a host is made once for all its hops.

        Raises:
            InputError: there is no such hop, or the method is "both", which makes two paths.
            and what `host`, `hops` and `path` raise.
        """
        if self.method == BOTH:
            raise InputError(
                "The method 'both' makes two paths.", "Ask for each by its name: rigid, idpp."
            )
        images = Images(self.images, self.spacing_A, self.method)
        if self.end is not None:
            return path(str(self.file), self.end, images=images)
        hosts = {} if hosts is None else hosts
        of_host = replace(
            self, hop=0, vacancies=1, neutral=None, images=1, spacing_A=None, method="rigid"
        )
        if of_host not in hosts:
            host = self.host()
            hosts[of_host] = host, self.hops(host)
        host, listed = hosts[of_host]
        if self.hop >= len(listed):
            raise InputError(
                f"There is no hop number {self.hop} of {self.species}.",
                f"There are {len(listed)} distinct hops, numbered from 0: see 'perovdb hops'.",
            )
        vacancies = Vacancies(self.vacancies, self.neutral)
        if isinstance(host, Structure):
            return path(host, listed[self.hop], images=images, vacancies=vacancies)
        return path(
            host,
            listed[self.hop],
            images=images,
            size=self.size,
            seed=self.seed,
            orientation=self.orientation,
            vacancies=vacancies,
        )


#: Requests of a host, whatever the hop -> the host and its hops.
Hosts = dict[HopRequest, tuple[str | Structure, Hops]]
