"""Where the sets of a study stand: names that follow from each request alone.

A study may grow, and the sets that are there keep their folders.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any

from perovdb.errors import InputError
from perovdb.inputs.set_requests import SetRequest
from perovdb.migration.placing import SIZE

#: What each of the three folders, one in the other, always tells of a set.
_ALWAYS = {"code", "preset", "scheduler", "formula", "file", "end", "phase"} | {
    *("species", "into", "hop", "vacancies", "method", "resources", "machine")
}
_OF_HOST = ("temperature_K", "size", "seed", "orientation", "order")

#: A longer name of a value is cut, and told apart by its hash.
_LONGEST = 60


def folder_names(study: Sequence[SetRequest]) -> list[str]:
    """code-preset-scheduler/host/hop of each set, with what else is not the default.

    Raises:
        InputError: two sets would have one folder.
    """
    names = [_folder_name(request) for request in study]
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise InputError(
                f"Two sets of the study would have the folder {name}.",
                "Leave one of them out, or rename its file.",
            )
        seen.add(name.casefold())
    return names


def is_folder_name(text: str) -> bool:
    """Whether a text could be one of these names: what a table says is not taken on trust.

    >>> is_folder_name("qe-standard-slurm/CsPbI3/I-hop0"), is_folder_name("../CsPbI3/I-hop0")
    (True, False)
    """
    parts = text.split("/")
    return len(parts) == 3 and all(part and part == _word(part) for part in parts)


def _folder_name(request: SetRequest) -> str:
    hop, resources = request.hop, request.resources
    host = hop.formula or _of_file(str(hop.file))
    host += f"-{hop.phase}" if hop.phase else ""
    of_host = [name for name in _OF_HOST if name != "size" or hop.size != SIZE or hop.file]
    if hop.end:
        moves = f"to-{_of_file(hop.end)}-{hop.method}"
    else:
        moves = hop.species + (f"-into-{hop.into}" if hop.into else "")
        moves += f"-hop{hop.hop}-{hop.vacancies}vac-{hop.method}"
    parts = (
        f"{request.code}-{request.preset}-{resources.scheduler}"
        + _changed(resources)
        + _changed(request),
        host + _changed(hop, of_host),
        moves + _changed(hop, leave=_OF_HOST),
    )
    return "/".join(map(_word, parts))


def _changed(request: Any, names: Sequence[str] | None = None, leave: Sequence[str] = ()) -> str:
    """Fields that are not the default, with their values; those always told of left out."""
    by_name = {field.name: field for field in fields(request)}
    chosen = [name for name in by_name if name not in (*_ALWAYS, *leave)]
    return "".join(
        f"-{name}-{_in_name(getattr(request, name))}"
        for name in (chosen if names is None else names)
        if getattr(request, name) != _default(by_name[name])
    )


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _in_name(value: Any) -> str:
    if isinstance(value, Mapping):
        text = "-".join(f"{name}-{value[name]}" for name in sorted(value))
    else:
        text = "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return text


def _of_file(path: str) -> str:
    """A file's name, and that of its folder if it is given: POSCARs have no other."""
    head, name = os.path.split(path)
    folder = os.path.basename(head)
    return f"{folder}_{name}" if folder not in ("", ".", "..") else name


def _word(text: str) -> str:
    """A text as the name of a folder, never a hidden one, one above or an option."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", text).lstrip(".-")
