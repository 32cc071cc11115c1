"""Named settings, kept as data in presets/*.toml, each value with its source.

A preset that bears the name of a paper holds values that the paper states. Zhao et al. 2024 and
Ye et al. 2022, whose barriers are studied here too, leave theirs to supporting information that
we do not have (Ye et al. name the climbing image, and nothing else): they have no preset.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from perovdb.errors import InputError

FOLDER = files("perovdb.inputs") / "presets"

#: Tables in the same folder that are no presets.
_TABLES = ("potentials.toml", "citations.toml", "limits.toml", "levels.toml")


@dataclass(frozen=True)
class Setting:
    """One value of a preset and where it comes from."""

    value: Any
    source: str


@dataclass(frozen=True)
class MeshOf:
    """The cells that a paper's mesh of k-points was for.

    Attributes:
        formula_units: ABX3 units that they hold.
        cells: in words.
    """

    formula_units: tuple[int, ...]
    cells: str


@dataclass(frozen=True)
class Preset:
    """A preset for one code: settings by section, such as "incar" or "band.vtst".

    Attributes:
        name: its file.
        code: "vasp", "cp2k" or "qe".
        summary: one line.
        sections: settings by section.
        changed: full names of the settings that a user gave, with their values.
        paper: key of the paper whose settings they are, empty if of none.
        mesh_of: the cells that the paper's mesh was for.
    """

    name: str
    code: str
    summary: str
    sections: Mapping[str, Mapping[str, Setting]]
    changed: Mapping[str, Any]
    paper: str = ""
    mesh_of: MeshOf | None = None

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


def preset_names() -> list[str]:
    """Names of all presets."""
    names = (entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".toml"))
    return sorted(name.removesuffix(".toml") for name in names if name not in _TABLES)


def load_preset(name: str, code: str) -> Preset:
    """The settings of a preset for a code.

    A preset may extend another one. Where it is that of a paper, what it takes over is marked as
    not stated there.

    Raises:
        InputError: there is no such preset, or not for this code.
    """
    if name not in preset_names():
        raise InputError(
            f"There is no preset '{name}'.", f"Choose one of: {', '.join(preset_names())}."
        )
    text = read_table(f"{name}.toml")
    extended = text.get("extends")
    codes = text.get("codes")
    if (code not in text and not extended) or (codes and code not in codes):
        raise InputError(
            f"The preset '{name}' has no settings for {code}.",
            f"It has them for {', '.join(codes)}." if codes else "Choose another.",
        )
    sections = sections_of(text.get(code, {}), text["sources"])
    if extended:
        unstated = f"not stated by {text['paper']}; from " if "paper" in text else ""
        taken = {
            section: {
                key: Setting(setting.value, f"{unstated}{extended}: {setting.source}")
                if unstated
                else setting
                for key, setting in settings.items()
            }
            for section, settings in load_preset(extended, code).sections.items()
        }
        sections = {
            section: taken.get(section, {}) | sections.get(section, {})
            for section in [*taken, *(s for s in sections if s not in taken)]
        }
    mesh_of = text.get("mesh_of")
    return Preset(
        name,
        code,
        text["summary"],
        sections,
        {},
        text.get("paper", ""),
        MeshOf(tuple(mesh_of["formula_units"]), mesh_of["cells"]) if mesh_of else None,
    )


def read_table(name: str) -> dict[str, Any]:
    """One of the TOML files of the package."""
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def sections_of(
    tree: Mapping[str, Any], sources: Mapping[str, str], path: str = ""
) -> dict[str, dict[str, Setting]]:
    """Flatten tables in tables to sections with dotted names."""
    sections: dict[str, dict[str, Setting]] = {}
    for key, node in tree.items():
        if set(node) == {"value", "source"}:
            setting = Setting(node["value"], sources[node["source"]])
            sections.setdefault(path, {})[key] = setting
        else:
            sections |= sections_of(node, sources, f"{path}.{key}".lstrip("."))
    return sections
