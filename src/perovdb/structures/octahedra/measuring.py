"""The octahedra of any material, and what became of them in another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from pymatgen.core import Structure

from perovdb.composition import Material, as_composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.adoption import as_structure, is_formula
from perovdb.structures.builder import build
from perovdb.structures.octahedra.analysis import (
    AxesLike,
    Octahedra,
    density_g_cm3,
    octahedra_of_sites,
)
from perovdb.structures.octahedra.bonds import sites_of
from perovdb.structures.octahedra.comparison import OctahedraChange, compared
from perovdb.structures.sites import Sites
from perovdb.structures.units import closest_contact


@overload
def octahedra(
    x: Material,
    after: None = None,
    *,
    phase: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    axes: AxesLike | None = None,
    reach_A: float | None = None,
    tolerance_deg: float = 0.5,
) -> Octahedra: ...
@overload
def octahedra(
    x: Material,
    after: Material,
    *,
    phase: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    axes: AxesLike | None = None,
    reach_A: float | None = None,
    tolerance_deg: float = 0.5,
    point_A: Sequence[float] | None = None,
) -> OctahedraChange: ...
def octahedra(
    x: Material,
    after: Material | None = None,
    *,
    phase: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    axes: AxesLike | None = None,
    reach_A: float | None = None,
    tolerance_deg: float = 0.5,
    point_A: Sequence[float] | None = None,
) -> Octahedra | OctahedraChange:
    """Find and measure the octahedra of a material: lengths, angles, off-centring, tilts.

    Tilts are turns about the pseudo-cubic axes; the Glazer symbol is a guess from how neighbours
    turn. Ions that lack corners, beside a vacancy or at a surface, are measured by what is there.

    Args:
        x: the material; a formula is built as a unit cell.
        after: a second model of the same B sites in the same or a nearly equal cell, such as one
            with a vacancy; the answer tells what changed at each octahedron.
        phase, temperature_K: which cell of a formula, as for `build`.
        axes: (3, 3) rows, roughly the pseudo-cubic axes that tilts refer to; by default those
            nearest to the Cartesian ones.
        reach_A: the longest B-X that counts as a bond; by default 1.45 times the usual one.
        tolerance_deg: smaller tilts than this are none, and tilts this near are equal.
        point_A: (3,) Cartesian, in the first cell, from where the changes are ordered; by default
            where an A or X ion of the first model is missing in the second one.

    Raises:
        StructureError: no B with X around, or the B ions of the two are not the same ones.
        InputError: the axes or the point cannot be used, or a phase is named for what is no
            formula.
        and what `as_structure` raises.
    """
    if phase is not None and not is_formula(x):
        raise InputError(
            f"The phase {phase} is that of a formula, and atoms are measured.",
            "Leave the phase out.",
        )
    if after is None and point_A is not None:
        raise InputError("Distances from a point are told of changes.", "Give a second structure.")

    def measured(
        material: Material, axes: AxesLike | None, phase: str | None
    ) -> tuple[Octahedra, Sites]:
        if is_formula(material):
            structure = build(as_composition(material), phase, temperature_K=temperature_K)
        else:
            structure = as_structure(material)
        sites, ions, atoms = sites_of(structure)
        answer = octahedra_of_sites(
            sites,
            ions,
            atoms,
            material=_name(material),
            axes=axes,
            reach_A=reach_A,
            tolerance_deg=tolerance_deg,
        )
        density = density_g_cm3(structure) if all(structure.lattice.pbc) else None
        contact = round(closest_contact(structure), 6)
        return replace(answer, density_g_cm3=density, closest_contact_A=contact), sites

    before = measured(x, axes, phase)
    if after is None:
        return before[0]
    return compared(before, measured(after, before[0].axes, None), point_A)


def _name(material: Material) -> str:
    """What a person calls a material."""
    if isinstance(material, str | os.PathLike):
        return os.fspath(material)
    if isinstance(material, Structure):
        return str(material.composition.reduced_formula)
    return str(getattr(material, "formula", None) or as_composition(material).formula)
