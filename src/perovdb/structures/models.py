"""A host with its filling, on the way from what was asked for to atoms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymatgen.core import Structure

from perovdb.composition import Composition, as_composition
from perovdb.errors import InputError
from perovdb.structures.cell_shapes import smallest_matrix
from perovdb.structures.charges import formal_charge
from perovdb.structures.drawing import draw
from perovdb.structures.filling import Filling, Replace, filling
from perovdb.structures.history import record
from perovdb.structures.hosts import Host, host_of_phase, host_of_tilts
from perovdb.structures.molecules.foreign import read_molecule
from perovdb.structures.molecules.geometry import RigidMolecule, from_record
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.ordering import Ordering
from perovdb.structures.supercells import Matrix
from perovdb.structures.units import units

#: Species -> XYZ file, SMILES string, or a molecule as it stands in a history.
Molecules = Mapping[str, str | Mapping[str, Any]]


@dataclass(frozen=True)
class Model:
    """A host, what is to stand in it, and the arguments that it came from."""

    host: Host
    filling: Filling
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Drawing:
    """How organic cations are put on their sites."""

    orientation: str
    seed: int
    pointing: str = "long"
    centre: str = "mass"
    molecules: Mapping[str, RigidMolecule] | None = None


def model_of(
    composition: Composition | str,
    phase: str | None,
    size: Matrix,
    distance_A: float | None,
    temperature_K: float,
    tilt: str | None,
    angles_deg: Sequence[float] | None,
    replace: Replace | None,
    a_A: float | None,
    nearest: bool,
) -> Model:
    """The host and filling of a model; arguments and errors as for `builder.build`."""
    composition = as_composition(composition)
    if tilt is None:
        if angles_deg is not None:
            raise InputError("Angles are given, but no tilt.", "Name a tilt such as a-b+a-.")
        host = host_of_phase(composition, phase, temperature_K, a_A)
        given: dict[str, Any] = {"phase": phase or host.phase}
    else:
        if phase is not None:
            raise InputError(
                f"The phase {phase} and the tilt {tilt} are both given.", "Take one of them."
            )
        host = host_of_tilts(composition, tilt, angles_deg, temperature_K, a_A)
        given = {"tilt": tilt}
        if angles_deg is not None:
            given["angles_deg"] = [float(angle) for angle in angles_deg]
    if distance_A is not None:
        size = smallest_matrix(host.sites.lattice_A, distance_A).tolist()
    given |= {"size": plain_size(size), "temperature_K": temperature_K}
    if replace:
        given["replace"] = {old: dict(news) for old, news in replace.items()}
    if a_A is not None:
        given["a_A"] = float(a_A)
    if nearest:
        given["nearest"] = True
    return Model(host, filling(host, size, replace, nearest), given)


def drawn(
    model: Model, found: Ordering, ordering: Mapping[str, Any], drawing: Drawing
) -> Structure:
    """The atoms of a model in an order that was found, with their history.

    Args:
        model: what stands where.
        found: the order.
        ordering: arguments of `build` that give this order again.
        drawing: how organic cations are put on their sites.

    Raises:
        MissingData, StructureError: as `drawing.draw`.
    """
    formula = model.host.composition.formula
    ions = list(found.ions)
    structure = draw(
        model.filling.sites,
        ions,
        Orientation(
            drawing.orientation,
            drawing.pointing,
            drawing.centre,
            drawing.molecules or {},
        ),
        drawing.seed,
    )
    arguments = {
        "composition": formula,
        **model.arguments,
        **ordering,
        "seed": drawing.seed,
        "orientation": drawing.orientation,
        "pointing": drawing.pointing,
        "centre": drawing.centre,
    }
    if drawing.molecules:
        arguments["molecules"] = {
            species: molecule.record() for species, molecule in drawing.molecules.items()
        }
    charge = formal_charge(ions)
    notes = list(model.host.notes)
    organic = sorted({unit.ion for unit in units(structure) if len(unit.atoms) > 1})
    if organic and "phase" in model.arguments and not model.host.cubic:
        notes.append(
            f"{', '.join(organic)}: the orientations follow the rule '{drawing.orientation}', not "
            f"the crystal {model.host.phase}, which may have them in order"
        )
    if "replace" in model.arguments:
        notes.append(f"the lattice is that of {formula}, as it is without the replacement")
    if charge:
        notes.append(f"the formal charges of the ions sum to {charge:+d} in this cell")
    text = f"{model.host.text}; {_size_text(model.arguments['size'])}; {found.text}"
    return record(structure, "build", arguments, text, charge=charge, notes=notes)


def shapes(molecules: Molecules | None) -> dict[str, RigidMolecule]:
    """Geometries of one\'s own, by species; errors as for `read_molecule` and `from_record`."""
    return {
        species: read_molecule(source, species)
        if isinstance(source, str)
        else from_record(species, source)
        for species, source in (molecules or {}).items()
    }


def plain_size(size: Matrix) -> list[Any]:
    """A size as JSON can hold it; what is none is refused where the supercell is made."""
    return [list(row) if isinstance(row, Sequence) else row for row in size]


def _size_text(size: list[Any]) -> str:
    rows = [",".join(map(str, row)) if isinstance(row, list) else str(row) for row in size]
    return "x".join(rows) if not isinstance(size[0], list) else " / ".join(rows)
