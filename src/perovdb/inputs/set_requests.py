"""Input sets that are asked for in words: out of choices, or of a file of them."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, TypeVar

from perovdb.composition import parse
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, PerovdbError
from perovdb.files.reading import digest_of, read_text
from perovdb.inputs.job import Resources
from perovdb.inputs.presets import load_preset
from perovdb.inputs.sets import check_code
from perovdb.inputs.settings import with_settings
from perovdb.migration.path import METHODS
from perovdb.migration.requests import BOTH, HopRequest
from perovdb.structures.arguments import check_fields
from perovdb.structures.files.reading import read_structure

Request = TypeVar("Request")

#: Most sets of a study: more are a slip of the pen.
MOST_SETS = 2000


@dataclass(frozen=True)
class SetRequest:
    """One input set.

    Attributes:
        hop: the hop, in which atoms, with which path.
        code, preset, settings, relax_first, resources: as for `write_inputs`.

    Raises:
        InputError: a value cannot be what it stands for, or there is no such code or build.
    """

    hop: HopRequest
    code: str
    preset: str = "standard"
    settings: Mapping[str, Any] = field(default_factory=dict)
    relax_first: bool = True
    resources: Resources = field(default_factory=Resources)

    def __post_init__(self) -> None:
        check_fields(self)
        check_code(self.code, build=self.resources.build)
        if not isinstance(self.settings, Mapping):
            raise InputError(
                f"'settings' cannot be {self.settings!r}.", "Give a table, such as {ENCUT = 450}."
            )

    def record(self) -> dict[str, Any]:
        """The request for the manifest, with the hashes of the files that hold the host."""
        hashes = {f"{name}_sha256": _hash_of(getattr(self.hop, name)) for name in ("file", "end")}
        return asdict(self) | hashes

    @property
    def digest(self) -> str:
        """SHA-256 of the request: the same for the same set, another if its file is another."""
        text = json.dumps(self.record(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


_OF_HOP = [one.name for one in fields(HopRequest)]
_OF_RESOURCES = [one.name for one in fields(Resources) if one.name != "machine"]
_OF_SET = [one.name for one in fields(SetRequest) if one.name not in ("hop", "resources")]

#: A file of choices may call these otherwise.
_ALIASES = {"path": "method"}


def requests(choices: Mapping[str, Any]) -> list[SetRequest]:
    """All combinations of some choices.

    Args:
        choices: names of the fields of `HopRequest`, `SetRequest` and `Resources` -> value, or a
            list of values to take in turn. `size` is one number, three, or a text such as "12 A",
            or a list of these; `settings` a table, or a list of tables. With `sample` and no
            `hop`, all hops that are drawn.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read.
        InputError: a name is not known, a needed one is missing, a value is wrong, there is no
            such preset or setting, or there are too many.
    """
    study = []
    for one in combinations(choices, [*_OF_HOP, *_OF_SET, *_OF_RESOURCES], "code"):
        of_hop, of_resources, of_set = (
            {name: one[name] for name in names if name in one}
            for names in (_OF_HOP, _OF_RESOURCES, _OF_SET)
        )
        study.append(
            SetRequest(hop=HopRequest(**of_hop), resources=Resources(**of_resources), **of_set)
        )
    _check(study)
    return study


def combinations(
    choices: Mapping[str, Any], known: Sequence[str], needed: str
) -> list[dict[str, Any]]:
    """All combinations of some choices, each a value by its name.

    Args:
        choices: name -> value, or a list of values to take in turn.
        known: names that there are.
        needed: that must be there beside the species.

    Raises:
        InputError: a name is not known, a needed one is missing, or there are too many.
    """
    named = _named(choices, known, needed)
    samples = named.get("sample")
    if samples is not None and "hop" not in named:
        every = []
        for sample in samples if isinstance(samples, list | tuple) else [samples]:
            # What is no number of hops is refused as such.
            count = sample if isinstance(sample, int) and 0 < sample <= MOST_SETS else 1
            one = {**named, "sample": sample, "hop": list(range(count))}
            every += combinations(one, known, needed)
        return every
    lists = [_values(name, value) for name, value in named.items()]
    count = prod(map(len, lists))
    if not 0 < count <= MOST_SETS:
        raise InputError(f"These choices make {count} sets.", f"Ask for 1 to {MOST_SETS} of them.")
    return [dict(zip(named, combination, strict=True)) for combination in product(*lists)]


def read_study(path: str | os.PathLike[str]) -> list[SetRequest]:
    """The requests of a TOML file, as `of_tables` reads it."""
    return of_tables(path, requests)


def of_tables(
    path: str | os.PathLike[str], make: Callable[[Mapping[str, Any]], list[Request]]
) -> list[Request]:
    """The requests of a TOML file: choices for all, and tables [[hops]] with choices of their own.

    The files of hosts are looked for beside it.

    Args:
        path: of the file.
        make: the requests of one table of choices.

    Raises:
        InputError: the file cannot be read, is not TOML, or `make` refuses a table.
    """
    try:
        text = tomllib.loads(read_text(path, "settings"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not TOML: {error}.", "Write: code = 'vasp'.") from error
    tables = text.pop("hops", None)
    if tables is None:
        return _of_table(text, path, f"{path}", make)
    if not (isinstance(tables, list) and tables and all(isinstance(t, dict) for t in tables)):
        raise InputError(f"{path}: 'hops' is not a list of tables.", "Begin each with [[hops]].")
    study: list[Request] = []
    for number, table in enumerate(tables, 1):
        where = f"{path}, [[hops]] number {number}"
        study += _of_table({**text, **table}, path, where, make)
    if len(study) > MOST_SETS:
        raise InputError(f"{path} makes {len(study)} sets.", f"Ask for 1 to {MOST_SETS} of them.")
    return study


def both_ways(study: Iterable[SetRequest]) -> list[SetRequest]:
    """Each request for paths by both methods as two requests, one for each.

    Without molecules both are one, and one is asked for.
    """
    known: dict[tuple[str | None, str | None], bool] = {}
    every = []
    for request in study:
        hop = request.hop
        if hop.method != BOTH:
            every.append(request)
            continue
        host = hop.formula, hop.file
        if host not in known:
            known[host] = _has_molecules(hop)
        methods = list(METHODS) if known[host] else ["rigid"]
        every += [replace(request, hop=replace(hop, method=method)) for method in methods]
    return every


def _named(choices: Mapping[str, Any], known: Sequence[str], needed: str) -> dict[str, Any]:
    """The choices by the names of the fields."""
    named: dict[str, Any] = {}
    for word, value in choices.items():
        name = _ALIASES.get(word, word)
        if name not in known:
            near = get_close_matches(name, [*known, *_ALIASES], n=1)
            every = ", ".join([*known, *_ALIASES])
            mend = f"Did you mean '{near[0]}'?" if near else f"Choose of: {every}."
            raise InputError(f"There is no choice '{name}'.", mend)
        if name in named:
            raise InputError(f"'{name}' is given twice.", "Leave one of them out.")
        named[name] = value
    for word in (needed,) if "end" in named else ("species", needed):
        if word not in named:
            raise InputError(f"The study does not say which {word}.", f"Give {word}.")
    return named


def _values(name: str, value: Any) -> list[Any]:
    """The values of a choice, one or several."""
    several = isinstance(value, list | tuple)
    if name == "size" and several and len(value) == 3 and all(isinstance(n, int) for n in value):
        several = False
    return list(value) if several else [value]


def _check(study: Iterable[SetRequest]) -> None:
    """Refuse what no set can be made of, before any is written."""
    registry = load_registry()
    for formula in {one.hop.formula for one in study} - {None}:
        parse(str(formula))
    for name in ("species", "into"):
        for ion in {getattr(one.hop, name) for one in study if one.hop.file is None} - {None}:
            registry.ion(ion)
    checked = []
    for one in study:
        choice = one.preset, one.code, one.resources.build, one.settings
        if choice not in checked:
            with_settings(load_preset(one.preset, one.code), one.settings, one.resources.build)
            checked.append(choice)


def _of_table(
    table: dict[str, Any],
    path: str | os.PathLike[str],
    where: str,
    make: Callable[[Mapping[str, Any]], list[Request]],
) -> list[Request]:
    """The requests of one table of a file; errors say which."""
    for name in {"file", "end"} & set(table):
        files = _values(name, table[name])
        beside = [str(Path(path).parent / f) if isinstance(f, str) and f else f for f in files]
        table = {**table, name: beside}
    try:
        return make(table)
    except PerovdbError as error:
        raise type(error)(f"{where}: {error.what}", error.mend) from None


def _has_molecules(hop: HopRequest) -> bool:
    """Whether the host holds molecules; not, where there is no host to be had."""
    try:
        if hop.file is not None:
            return max(read_structure(hop.file).site_properties["molecule"], default=-1) >= 0
        registry = load_registry()
        ions = parse(str(hop.formula)).sites.values()
        return any(registry.ion(ion).molecular for site in ions for ion in site)
    except PerovdbError:
        return False


def _hash_of(path: str | None) -> str | None:
    """SHA-256 of a file; None if there is none."""
    try:
        return None if path is None else digest_of(path, "structure")
    except InputError:
        return None
