"""Settings that a user gives in place of those of a preset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from math import isfinite
from typing import Any

from perovdb.errors import InputError
from perovdb.inputs.limits import incar_parameters, within_limits
from perovdb.inputs.presets import Preset, Setting

#: What follows from the atoms, their charge and spin, and no user may set.
_COMPUTED = (
    *("IMAGES", "NELECT", "NUPDOWN", "SYSTEM"),
    *("NUMBER_OF_REPLICA", "CHARGE", "MULTIPLICITY", "UKS", "LSD"),
    *("NUM_OF_IMAGES", "TOT_CHARGE", "TOT_MAGNETIZATION", "NSPIN", "NAT", "NTYP", "IBRAV"),
    # Of how the model ends.
    *("LDIPOL", "IDIPOL", "DIPOL", "ASSUME_ISOLATED"),
    *("TEFIELD", "DIPFIELD", "EDIR", "EMAXPOS", "EOPREG", "EAMP"),
)

#: What changes more than one setting: the program, other settings, the works to cite.
_LEVEL = (
    *("LSORBIT", "LNONCOLLINEAR", "LHFCALC", "HFSCREEN", "AEXX"),
    *("INPUT_DFT", "LSPINORB", "NONCOLIN"),
)

#: Names as far apart as these do not mean one another.
_NEAR = 0.6

#: Signs that end a text or a line of an input, or that a code or a shell reads as more than text.
_NO_SIGNS = frozenset("'\"`;\\#!$@&")

_TRUE = ("true", ".true.", "t", "yes")
_FALSE = ("false", ".false.", "f", "no")

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a word"}


def with_settings(preset: Preset, settings: Mapping[str, Any], build: str = "plain") -> Preset:
    """The preset with some of its values changed; a new one, which remembers what was changed.

    Args:
        preset: settings of a code.
        settings: values by name: a plain "ENCUT", or "incar.ENCUT" with its section. A plain name
            that several sections have changes all of them. Text is read as the type of the value
            that it replaces. For VASP, any other tag that pymatgen knows goes to every INCAR.
        build: sections of other builds than this one are left out.

    Raises:
        InputError: there is no such setting, or the value is of another type or beyond the
            limits of the setting, see `limits`.
    """
    sections = {
        section: dict(values)
        for section, values in preset.sections.items()
        if not section.startswith("band.") or section == f"band.{build}"
    }
    names = {
        f"{section}.{key}".lstrip("."): (section, key)
        for section, values in sections.items()
        for key in values
    }
    changed: dict[str, Any] = {}
    for name, value in settings.items():
        matches = _matches(name, names)
        if not matches and preset.code == "vasp":
            # A tag of every INCAR may stand in the sections of some, or in none.
            tag = name.removeprefix("incar.")
            matches = _matches(tag, names) or _vasp_tag(tag)
        if not matches:
            raise InputError(f"There is no setting '{name}'.", _nearest(name, names, preset.code))
        for section, key, kind in matches:
            old = sections[section].get(key)
            new = _typed(name, value, type(old.value) if old else kind)
            new = within_limits(preset.code, key, name, new)
            before = f"in place of {old.value!r} ({old.source})" if old else "not in the preset"
            sections[section][key] = Setting(new, f"set by the user, {before}")
            changed[f"{section}.{key}".lstrip(".")] = new
    _check_dispersion(sections)
    return replace(preset, sections=sections, changed=changed)


def _check_dispersion(sections: Mapping[str, Mapping[str, Setting]]) -> None:
    """Refuse a dispersion correction whose damping is not that of the functional."""
    incar = sections.get("incar", {})
    if "METAGGA" in incar and "IVDW" in incar and incar["IVDW"].value:
        raise InputError(
            f"VASP has no damping of IVDW = {incar['IVDW'].value} for METAGGA = "
            f"{incar['METAGGA'].value}.",
            "Leave the correction out: --set IVDW=0.",
        )


def parse_setting(text: str) -> tuple[str, str]:
    """Name and value of "KEY=VALUE".

    Raises:
        InputError: it has no such form.
    """
    key, equals, value = text.partition("=")
    if not (equals and key.strip() and value.strip()):
        raise InputError(f"'{text}' is no setting.", "Write KEY=VALUE, such as ENCUT=450.")
    return key.strip(), value.strip()


def _matches(name: str, names: Mapping[str, tuple[str, str]]) -> list[tuple[str, str, type]]:
    if "." in name:
        exact = [place for full, place in names.items() if full.lower() == name.lower()]
    else:
        exact = [place for place in names.values() if place[1].lower() == name.lower()]
    computed = name.rpartition(".")[2].upper()
    if computed in _COMPUTED:
        raise InputError(
            f"{computed} follows from the atoms, their charge and spin.", "Leave it out."
        )
    if computed in _LEVEL:
        raise InputError(
            f"{computed} belongs to a level of theory, which changes other settings too.",
            "Take --level (Electrons(level=...)): PBE+SOC, HSE06 or HSE06+SOC.",
        )
    return [(section, key, str) for section, key in exact]


def _vasp_tag(name: str) -> list[tuple[str, str, type]]:
    """A tag of VASP that no preset has, such as NCORE."""
    known = incar_parameters()
    kinds = {"bool": bool, "int": int, "float": float}
    tag = name.upper()
    return [("incar", tag, kinds.get(str(known[tag]["type"]), str))] if tag in known else []


def _nearest(name: str, names: Mapping[str, tuple[str, str]], code: str) -> str:
    """The setting that was meant, or all there are."""
    plain = {key.lower(): key for _, key in names.values()}
    choices = ", ".join(sorted(plain.values()))
    plain |= {name.lower(): name for name in names}
    if code == "vasp":
        plain |= {tag.lower(): tag for tag in incar_parameters() if tag.lower() not in plain}
        choices += ", or another tag of INCAR"
    near = get_close_matches(name.lower(), plain, n=1, cutoff=_NEAR)
    return f"Did you mean '{plain[near[0]]}'?" if near else f"Choose one of: {choices}."


def _typed(name: str, value: Any, kind: type) -> Any:
    """The value as a setting of this type."""
    wrong = InputError(f"{name} cannot be {value!r}.", f"Give {_WORDS[kind]}.")
    if isinstance(value, str):
        value = _read(value.strip(), kind, wrong)
    elif kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    # A word goes into files as it is: these signs would end it there, or begin something else.
    if (
        type(value) is not kind
        or (isinstance(value, float) and not isfinite(value))
        or (isinstance(value, str) and not (value.isprintable() and _NO_SIGNS.isdisjoint(value)))
    ):
        raise wrong
    return value


def _read(text: str, kind: type, wrong: InputError) -> Any:
    if kind is bool:
        if text.lower() not in _TRUE + _FALSE:
            raise wrong
        return text.lower() in _TRUE
    try:
        return kind(text.replace("d", "e") if kind is float else text)
    except ValueError as error:
        raise wrong from error
