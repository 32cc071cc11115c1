"""Levels of theory: what PBE+SOC, HSE06 and HSE06+SOC change in the settings of a code."""

from __future__ import annotations

from dataclasses import replace

from perovdb.errors import InputError, check_choice
from perovdb.inputs.presets import Preset, read_table, sections_of

PBE = "PBE"

#: Level -> the tables of levels.toml that it takes.
LEVELS: dict[str, tuple[str, ...]] = {
    PBE: (),
    "PBE+SOC": ("SOC",),
    "HSE06": ("HSE06",),
    "HSE06+SOC": ("HSE06", "SOC"),
}


def check_level(name: str) -> str:
    """The level as it is written here; capitals do not matter.

    Raises:
        InputError: there is no such level.
    """
    same = {level.lower(): level for level in LEVELS}
    level = same.get(name.lower(), name) if isinstance(name, str) else name
    check_choice(level, LEVELS, "no level of theory")
    return level


def with_level(preset: Preset, level: str) -> Preset:
    """A preset with what a level of theory changes in it.

    Raises:
        InputError: the code does not have that level.
    """
    table = read_table("levels.toml")
    sections = {name: dict(settings) for name, settings in preset.sections.items()}
    for part in LEVELS[level]:
        if preset.code not in table[part]:
            reason = table["missing"][preset.code][part]
            raise InputError(
                f"{preset.code} has no inputs for {level} here: {reason}.",
                f"Take another code, or --level {PBE}.",
            )
        for name, settings in sections_of(table[part][preset.code], table["sources"]).items():
            sections[name] = sections.get(name, {}) | settings
    return replace(preset, sections=sections)
