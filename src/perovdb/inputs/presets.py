"""Named settings, kept as data in presets/*.toml, each value with its source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from perovdb.errors import InputError, MissingData

_FOLDER = files("perovdb.inputs") / "presets"
_POTENTIALS = "potentials.toml"


@dataclass(frozen=True)
class Setting:
    """One value of a preset and where it comes from."""

    value: Any
    source: str


@dataclass(frozen=True)
class Preset:
    """A preset for one code: settings by section, such as "incar" or "band.vtst"."""

    name: str
    code: str
    summary: str
    sections: Mapping[str, Mapping[str, Setting]]

    def values(self, *sections: str) -> dict[str, Any]:
        """Values of some sections, later ones over earlier ones."""
        return {
            key: setting.value
            for section in sections
            for key, setting in self.sections[section].items()
        }

    def record(self) -> dict[str, dict[str, dict[str, Any]]]:
        """All settings with their sources, for the manifest of a set."""
        return {
            section: {key: {"value": s.value, "source": s.source} for key, s in settings.items()}
            for section, settings in self.sections.items()
        }


@dataclass(frozen=True)
class Potential:
    """Potential of an element in a code: its name there and its valence electrons."""

    element: str
    symbol: str
    valence: int
    source: str


def preset_names() -> list[str]:
    """Names of all presets."""
    names = (entry.name for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    return sorted(name.removesuffix(".toml") for name in names if name != _POTENTIALS)


def load_preset(name: str, code: str) -> Preset:
    """The settings of a preset for a code.

    Raises:
        InputError: there is no such preset, or not for this code.
    """
    if name not in preset_names():
        raise InputError(
            f"There is no preset '{name}'.", f"Choose one of: {', '.join(preset_names())}."
        )
    text = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    if code not in text:
        raise InputError(f"The preset '{name}' has no settings for {code}.", "Choose another.")
    return Preset(name, code, text["summary"], _sections(text[code], "", text["sources"]))


def _sections(
    tree: Mapping[str, Any], path: str, sources: Mapping[str, str]
) -> dict[str, dict[str, Setting]]:
    """Flatten tables in tables to sections with dotted names."""
    found: dict[str, dict[str, Setting]] = {}
    for key, node in tree.items():
        if set(node) == {"value", "source"}:
            setting = Setting(node["value"], sources[node["source"]])
            found.setdefault(path, {})[key] = setting
        else:
            found |= _sections(node, f"{path}.{key}".lstrip("."), sources)
    return found


def potentials(code: str, elements: list[str]) -> dict[str, Potential]:
    """The potential of each element in a code.

    Raises:
        MissingData: none is listed for an element.
    """
    text = tomllib.loads((_FOLDER / _POTENTIALS).read_text(encoding="utf-8"))
    listed = text[code]["elements"]
    missing = [element for element in elements if element not in listed]
    if missing:
        raise MissingData(
            f"No {code} potential is listed for {', '.join(missing)}.",
            f"Add it to {_POTENTIALS} with its number of valence electrons.",
        )
    source = text["sources"][text[code]["source"]]
    return {
        element: Potential(element, listed[element]["symbol"], listed[element]["valence"], source)
        for element in elements
    }


def electron_count(elements: list[str], table: Mapping[str, Potential], charge: int) -> int:
    """Valence electrons of a cell: those of its atoms minus its charge.

    Args:
        elements: of every atom.
        table: potentials by element.
        charge: net charge in e; a lost electron makes it +1.
    """
    return sum(table[element].valence for element in elements) - charge
