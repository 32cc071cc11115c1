"""What to cite for a set: its code, method and potentials, and the sources of its structure."""

from __future__ import annotations

from typing import Any

from perovdb.facts.bibtex import bibtex
from perovdb.inputs.job import NebJob
from perovdb.inputs.presets import read_table

_TABLE = "citations.toml"


def citations(job: NebJob, structure_sources: list[str]) -> dict[str, dict[str, Any]]:
    """Works to cite by key; one without a text is a source of the store."""
    table = read_table(_TABLE)
    preset = job.preset
    found: dict[str, dict[str, Any]] = {key: {} for key in structure_sources}
    if preset.paper:
        found[preset.paper] = {}
    found |= table[preset.code] | table["functional"] | table["path"]
    if _disperses(job):
        found |= table["dispersion"]
    if _climbs(job):
        found |= table["climbing"]
    found |= table["families"].get(preset.values("potentials")["family"], {})
    return found


def bibliography(found: dict[str, dict[str, Any]]) -> str:
    """BibTeX of `citations`: entries of the store, then the rest as they were read."""
    stored = [key for key, entry in found.items() if not entry]
    entries = [bibtex(stored)] if stored else []
    for key, entry in found.items():
        if entry:
            doi = f"  doi = {{{entry['doi']}}},\n" if "doi" in entry else ""
            entries.append(f"@misc{{{key},\n  title = {{{entry['text']}}},\n{doi}}}\n")
    return "\n".join(entries)


def _disperses(job: NebJob) -> bool:
    preset = job.preset
    if preset.code == "vasp":
        return bool(preset.values("incar")["IVDW"])
    if preset.code == "cp2k":
        return bool(preset.values("")["VDW_TYPE"] != "none")
    return bool(preset.values("system")["vdw_corr"] != "none")


def _climbs(job: NebJob) -> bool:
    preset = job.preset
    if preset.code == "vasp":
        return bool(preset.values(f"band.{job.build}").get("LCLIMB", False))
    if preset.code == "cp2k":
        return bool(preset.values("")["BAND_TYPE"] == "CI-NEB")
    return bool(preset.values("path")["CI_scheme"] != "no-CI")
