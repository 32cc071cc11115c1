"""Input sets that are asked for in words: out of choices, or of a file of them."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from perovdb.composition import parse
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, PerovdbError
from perovdb.inputs.neb import CODES, SCHEDULERS
from perovdb.inputs.presets import load_preset
from perovdb.inputs.settings import with_settings
from perovdb.migration.chain import BOTH, METHODS
from perovdb.migration.requests import HopRequest, Kinds, check_fields
from perovdb.structures.files.reading import read_structure

#: Most sets of a study: more are a slip of the pen.
MOST_SETS = 2000

_KINDS: Kinds = {
    **dict.fromkeys(("code", "preset", "scheduler", "build"), str),
    **dict.fromkeys(("ranks_per_image", "cores", "hours"), 1),
    "relax_first": bool,
}


@dataclass(frozen=True)
class SetRequest:
    """One input set.

    Attributes:
        hop: the hop, in which atoms, with which path.
        code, preset, scheduler, build, ranks_per_image, cores, hours, relax_first: as for
            `neb_files`.
        settings: values in place of the preset's.

    Raises:
        InputError: a value cannot be what it stands for, or there is no such code or scheduler.
    """

    hop: HopRequest
    code: str
    preset: str = "standard"
    scheduler: str = "slurm"
    build: str = "plain"
    ranks_per_image: int = 8
    cores: int | None = None
    hours: int = 24
    relax_first: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_fields(self, _KINDS)
        for name, table in (("code", CODES), ("scheduler", SCHEDULERS)):
            value = getattr(self, name)
            if value not in table:
                raise InputError(
                    f"'{value}' is not a {name}.", f"Choose one of: {', '.join(table)}."
                )
        if self.build not in CODES[self.code].BUILDS:
            raise InputError(
                f"{self.code.upper()} has no build '{self.build}'.",
                f"Choose one of: {', '.join(CODES[self.code].BUILDS)}.",
            )
        if not isinstance(self.settings, Mapping):
            raise InputError(
                f"'settings' cannot be {self.settings!r}.", "Give a table, such as {ENCUT = 450}."
            )

    def record(self) -> dict[str, Any]:
        """The request for the manifest, with the hash of the file that holds the host."""
        return asdict(self) | {"file_sha256": _hash_of(self.hop.file)}

    @property
    def digest(self) -> str:
        """SHA-256 of the request: the same for the same set, another if its file is another."""
        text = json.dumps(self.record(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


_OF_HOP = [one.name for one in fields(HopRequest)]
_OF_SET = [one.name for one in fields(SetRequest) if one.name != "hop"]

#: A file of choices may call these otherwise.
_ALIASES = {"path": "method"}


def requests(choices: Mapping[str, Any]) -> list[SetRequest]:
    """All combinations of some choices.

    Args:
        choices: names of `HopRequest` and `SetRequest` -> value, or a list of values to take in
            turn. `size` is three numbers, or a list of such threes; `settings` a table, or a
            list of tables. With `sample` and no `hop`, all hops that are drawn.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read.
        InputError: a name is not known, a needed one is missing, a value is wrong, there is no
            such preset or setting, or there are too many.
    """
    named = _named(choices)
    found: list[SetRequest] = []
    samples = named.get("sample")
    if samples is not None and "hop" not in named:
        for sample in samples if isinstance(samples, list | tuple) else [samples]:
            # What is no number of hops is refused as such.
            count = sample if isinstance(sample, int) and 0 < sample <= MOST_SETS else 1
            found += requests({**named, "sample": sample, "hop": list(range(count))})
        return found
    lists = [_values(name, value) for name, value in named.items()]
    count = prod(map(len, lists))
    if not 0 < count <= MOST_SETS:
        raise InputError(f"These choices make {count} sets.", f"Ask for 1 to {MOST_SETS} of them.")
    for combination in product(*lists):
        one = dict(zip(named, combination, strict=True))
        hop = HopRequest(**{name: value for name, value in one.items() if name in _OF_HOP})
        found.append(SetRequest(hop=hop, **{name: one[name] for name in one if name in _OF_SET}))
    _check(found)
    return found


def read_study(path: str | os.PathLike[str]) -> list[SetRequest]:
    """The requests of a TOML file: choices for all, and tables [[hops]] with choices of their own.

    The files of hosts are looked for beside it.

    Raises:
        InputError: the file cannot be read, is not TOML, or `requests` refuses a table.
    """
    try:
        with open(path, "rb") as handle:
            text = tomllib.load(handle)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check its name.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}.", "See the README for a study.") from error
    tables = text.pop("hops", None)
    if tables is None:
        return _of_table(text, path, f"{path}")
    if not (isinstance(tables, list) and tables and all(isinstance(t, dict) for t in tables)):
        raise InputError(f"{path}: 'hops' is not a list of tables.", "Begin each with [[hops]].")
    found: list[SetRequest] = []
    for number, table in enumerate(tables, 1):
        found += _of_table({**text, **table}, path, f"{path}, [[hops]] number {number}")
    if len(found) > MOST_SETS:
        raise InputError(f"{path} makes {len(found)} sets.", f"Ask for 1 to {MOST_SETS} of them.")
    return found


def both_ways(study: Iterable[SetRequest]) -> list[SetRequest]:
    """Each request for paths by both methods as two requests, one for each.

    Without molecules both are one, and one is asked for.
    """
    known: dict[tuple[str | None, str | None], bool] = {}
    found = []
    for request in study:
        hop = request.hop
        if hop.method != BOTH:
            found.append(request)
            continue
        host = hop.formula, hop.file
        if host not in known:
            known[host] = _has_molecules(hop)
        methods = list(METHODS) if known[host] else ["rigid"]
        found += [replace(request, hop=replace(hop, method=method)) for method in methods]
    return found


def _named(choices: Mapping[str, Any]) -> dict[str, Any]:
    """The choices by the names of the fields."""
    named: dict[str, Any] = {}
    for given, value in choices.items():
        name = _ALIASES.get(given, given)
        if name not in _OF_HOP and name not in _OF_SET:
            every = [*_OF_HOP, *_OF_SET, *_ALIASES]
            near = get_close_matches(name, every, n=1)
            mend = f"Did you mean '{near[0]}'?" if near else f"Choose of: {', '.join(every)}."
            raise InputError(f"There is no choice '{name}'.", mend)
        if name in named:
            raise InputError(f"'{name}' is given twice.", "Leave one of them out.")
        named[name] = value
    for needed in ("species", "code"):
        if needed not in named:
            raise InputError(f"The study does not say which {needed}.", f"Give {needed}.")
    return named


def _values(name: str, value: Any) -> list[Any]:
    """The values of a choice, one or several."""
    several = isinstance(value, list | tuple)
    if name == "size" and several and not (value and isinstance(value[0], list | tuple)):
        several = False
    return list(value) if several else [value]


def _check(study: Iterable[SetRequest]) -> None:
    """Refuse what no set can be made of, before any is written."""
    registry = load_registry()
    for formula in {one.hop.formula for one in study} - {None}:
        parse(str(formula), registry)
    for name in ("species", "into"):
        for ion in {getattr(one.hop, name) for one in study if one.hop.file is None} - {None}:
            registry.ion(ion)
    checked = []
    for one in study:
        asked = one.preset, one.code, one.build, one.settings
        if asked not in checked:
            with_settings(load_preset(one.preset, one.code), one.settings, one.build)
            checked.append(asked)


def _of_table(table: dict[str, Any], path: str | os.PathLike[str], where: str) -> list[SetRequest]:
    """The requests of one table of a file; errors say which."""
    if "file" in table:
        files = _values("file", table["file"])
        beside = [str(Path(path).parent / f) if isinstance(f, str) and f else f for f in files]
        table = {**table, "file": beside}
    try:
        return requests(table)
    except PerovdbError as error:
        raise type(error)(f"{where}: {error.what}", error.mend) from None


def _has_molecules(hop: HopRequest) -> bool:
    """Whether the host holds molecules; not, where there is no host to be had."""
    try:
        if hop.file is not None:
            structure = read_structure(hop.file)
            return max(structure.site_properties["molecule"], default=-1) >= 0
        registry = load_registry()
        ions = parse(str(hop.formula), registry).sites.values()
        return any(registry.ion(ion).molecular for site in ions for ion in site)
    except PerovdbError:
        return False


def _hash_of(path: str | None) -> str | None:
    """SHA-256 of a file; None if there is none."""
    try:
        return None if path is None else hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None
