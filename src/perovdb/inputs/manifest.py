"""manifest.json: what an input set is, where its numbers come from, and what ran of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perovdb.answers import Answer
from perovdb.errors import ResultError
from perovdb.files.atoms import MOST_ATOMS
from perovdb.files.reading import read_text
from perovdb.inputs.presets import Setting

#: Its name in the folder of every set.
MANIFEST = "manifest.json"

#: Whole numbers, and between what they lie.
_NUMBERS = {
    "images": (1, 1000),
    "atoms": (1, MOST_ATOMS),
    "charge": (-MOST_ATOMS, MOST_ATOMS),
    "multiplicity": (1, MOST_ATOMS),
    "valence_electrons": (0, 100 * MOST_ATOMS),
    "ranks_per_image": (1, 10**7),
    "ranks": (1, 10**7),
    "hours": (1, 10**7),
}

_TEXTS = (
    *("title", "task", "perovdb", "formula", "phase", "source", "method", "level", "boundary"),
    *("cell", "code", "build", "preset", "scheduler", "request_sha256"),
)

#: A site of a cubic crystal has no more equivalent neighbours than its point group operations.
_MOST_WAYS = 48
_LONGEST_HOP_A = 100.0


@dataclass(frozen=True)
class HopOfSet:
    """The hop that a band is of.

    Attributes:
        species: ion that hops.
        into: ion whose vacancy it hops into.
        distance_A: its length, straight.
        start, end: (3,) fractional coordinates.
        coordinates: what these are fractions of.
        multiplicity: equivalent hops that lead from a site, where it is one of an average cell.
    """

    species: str = ""
    into: str | None = None
    distance_A: float | None = None
    start: tuple[float, ...] = ()
    end: tuple[float, ...] = ()
    coordinates: str = ""
    multiplicity: int | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Manifest(Answer):
    """What a set is. All fields may be missing in one that was written by hand.

    Attributes:
        title: one line.
        task: what is computed, such as "band".
        perovdb: version that wrote it.
        versions: of the programs whose versions decide what the files say.
        formula: of the host.
        phase, size: of a host that was built; `size` are the repeats of its cell.
        source: key of the source of the host's cell.
        history: steps that made the atoms.
        hop: the hop of a band.
        method: how its path was made.
        composition: atoms by element.
        images, atoms: numbers of them, ends included.
        moving_atoms: numbers of the atoms that hop, from 1.
        charge: net charge in e.
        multiplicity: 2 S + 1.
        level: of theory, such as "PBE+SOC".
        boundary: "crystal", "slab" or "particle".
        cell: "fixed", or "free" in a relaxation.
        valence_electrons: of every image.
        checks: figures of the path, by name with unit.
        preflight: what was looked at before the set was written, in words.
        notes: what a user should know.
        code, build, preset: what the files are for, and whose settings they hold.
        set_by_user: settings in place of those of the preset.
        relax_first: the ends are relaxed before the band, not in it.
        from_ends: the images follow from the two ends alone.
        scheduler, ranks_per_image, ranks, hours: what job.sh asks for.
        settings: by section and name, each with its source.
        potentials: by element: symbol, valence, source, details.
        citations: works to cite by key; one without a text is a source of the store.
        files: SHA-256 of every other file of the set, by name.
        request, request_sha256: in which words it was asked for, in a study.
    """

    title: str = ""
    task: str = ""
    perovdb: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    formula: str | None = None
    phase: str | None = None
    size: tuple[int, ...] | None = None
    source: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    hop: HopOfSet | None = None
    method: str | None = None
    composition: dict[str, float] = field(default_factory=dict)
    images: int | None = None
    atoms: int | None = None
    moving_atoms: tuple[int, ...] = ()
    charge: int | None = None
    multiplicity: int | None = None
    level: str | None = None
    boundary: str | None = None
    cell: str | None = None
    valence_electrons: int | None = None
    checks: dict[str, Any] = field(default_factory=dict)
    preflight: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    code: str | None = None
    build: str | None = None
    preset: str | None = None
    set_by_user: dict[str, Any] = field(default_factory=dict)
    relax_first: bool = True
    from_ends: bool = True
    scheduler: str | None = None
    ranks_per_image: int | None = None
    ranks: int = 1
    hours: int = 1
    settings: dict[str, dict[str, Setting]] = field(default_factory=dict)
    potentials: dict[str, dict[str, Any]] = field(default_factory=dict)
    citations: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    request: dict[str, Any] | None = None
    request_sha256: str | None = None

    def _headline(self) -> str:
        return self.title

    def _lines(self) -> list[str]:
        if self.hop is None:
            return self._lines_of_a_structure()
        hop, checks = self.hop, self.checks
        host = " ".join(filter(None, (self.formula, self.phase)))
        return [
            f"{host}, {hop.species} hop of {hop.distance_A or 0:.3f} A, {self.code} {self.preset}",
            f"  {self.images} images of {self.atoms} atoms, charge {self.charge or 0:+d}, spacing "
            f"{checks.get('spacing_A', 0):.3f} A, closest contact "
            f"{checks.get('closest_contact_A', 0):.2f} A",
            *self._note_lines(),
        ]

    def _lines_of_a_structure(self) -> list[str]:
        electrons = f"{self.valence_electrons} valence electrons, multiplicity {self.multiplicity}"
        return [
            f"{self.title}, {self.code} {self.preset}",
            f"  {self.atoms} atoms, {self.boundary}, {self.level}, {electrons}",
            *self._note_lines(),
        ]

    def text(self) -> str:
        """The content of the file."""
        return json.dumps(self.as_dict(), indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in the folder of a set; None if there is none.

    Raises:
        ResultError: it cannot be read, or a value in it is of another kind.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        return parse_manifest(read_text(path, "manifest"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ResultError(
            f"{path} is no manifest: {error}.", "Copy it from the input set, or remove it."
        ) from error


def parse_manifest(text: str) -> Manifest:
    """The manifest of the content of its file.

    Raises:
        ValueError, TypeError, KeyError, AttributeError, RecursionError: it is none.
    """
    data = json.loads(text)
    if not isinstance(data, dict):
        raise TypeError("it holds no table")
    for name in ("composition", "hop"):
        if not isinstance(data.get(name) or {}, dict):
            raise TypeError(f"'{name}' is no table")
    # Python takes true for 1.
    for table in (data, data.get("hop") or {}, data.get("composition") or {}):
        for name, value in table.items():
            if isinstance(value, bool) and name not in ("relax_first", "from_ends"):
                raise ValueError(f"'{name}' cannot be {value!r}")
    manifest = Manifest.from_dict(data)
    _check(manifest)
    return manifest


def _check(manifest: Manifest) -> None:
    """Refuse values of another kind, or beyond what a set can have.

    Raises:
        ValueError: there is one.
    """
    for name, (least, most) in _NUMBERS.items():
        _whole(name, getattr(manifest, name), least, most)
    for name in _TEXTS:
        value = getattr(manifest, name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"'{name}' cannot be {value!r}")
    for element, count in manifest.composition.items():
        _number(f"composition.{element}", count, 0, MOST_ATOMS)
    for repeats in manifest.size or ():
        _whole("size", repeats, 1, MOST_ATOMS)
    for atom in manifest.moving_atoms:
        _whole("moving_atoms", atom, 1, manifest.atoms or MOST_ATOMS)
    hop = manifest.hop
    if hop is None:
        return
    for name in ("species", "into", "coordinates"):
        value = getattr(hop, name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f"'hop.{name}' cannot be {value!r}")
    _number("hop.distance_A", hop.distance_A, 0, _LONGEST_HOP_A)
    _whole("hop.multiplicity", hop.multiplicity, 1, _MOST_WAYS)
    for name in ("start", "end"):
        for place in getattr(hop, name):
            _number(f"hop.{name}", place, -_LONGEST_HOP_A, _LONGEST_HOP_A)


def _whole(name: str, value: Any, least: int, most: int) -> None:
    if value is not None and (type(value) is not int or not least <= value <= most):
        raise ValueError(f"'{name}' cannot be {value!r}")


def _number(name: str, value: Any, least: float, most: float) -> None:
    if value is not None and (isinstance(value, bool) or not least <= value <= most):
        raise ValueError(f"'{name}' cannot be {value!r}")
