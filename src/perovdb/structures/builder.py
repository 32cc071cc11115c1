"""From a composition to atoms: host cell, supercell, ordering, molecules, one vacancy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymatgen.core import Structure

from perovdb.calculators.average_cell import AverageCell
from perovdb.composition import Composition, as_composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.store import Store, open_store
from perovdb.structures.arguments import checked
from perovdb.structures.cell_shapes import smallest_matrix
from perovdb.structures.charges import formal_charge
from perovdb.structures.defects.vacancies import remove
from perovdb.structures.drawing import draw
from perovdb.structures.filling import Filling, Replace, filling
from perovdb.structures.history import record
from perovdb.structures.hosts import Host, as_host, has_positions, host_of_phase, host_of_tilts
from perovdb.structures.layered.ruddlesden_popper import ruddlesden_popper
from perovdb.structures.molecules.foreign import read_molecule
from perovdb.structures.molecules.geometry import RigidMolecule, from_record
from perovdb.structures.ordering import Ordering
from perovdb.structures.supercells import Matrix
from perovdb.structures.units import units

#: The rule that stands for all distinct orderings.
ENUMERATE = "enumerate"

#: Species -> XYZ file, SMILES string, or a molecule as it stands in a history.
Molecules = Mapping[str, str | Mapping[str, Any]]


@checked
def build(
    composition: Composition | str,
    phase: str | None = None,
    size: Matrix = (1, 1, 1),
    seed: int = 0,
    orientation: str = "random",
    vacancy: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    store: Store | None = None,
    *,
    distance_A: float | None = None,
    tilt: str | None = None,
    angles_deg: Sequence[float] | None = None,
    replace: Replace | None = None,
    order: str = "random",
    axis: int = 2,
    choice: int = 0,
    pointing: str = "long",
    centre: str = "mass",
    molecules: Molecules | None = None,
    a_A: float | None = None,
    nearest: bool = False,
) -> Structure:
    """An atomic model of a composition.

    Args:
        composition: a Composition or a formula. A layered one, A(n+1)BnX(3n+1), whose cell the
            store lacks becomes a Ruddlesden-Popper phase, see `layered.ruddlesden_popper`.
        phase: as for `average_cell`.
        size: repeats of the cell along its three vectors, or a 3 x 3 matrix of whole numbers whose
            rows are the vectors of the supercell in those of the cell.
        seed: of the ordering of shared sites and of random orientations; the same seed gives the
            same structure.
        orientation: rule for organic cations, a key of `orientations.ORIENTATIONS`.
        vacancy: an ion of the composition; one such ion, the first, is left out, and the cell
            takes the opposite of its charge.
        temperature_K: as for `average_cell`.
        store: the curated store by default.
        distance_A: instead of a size, the smallest cell with this distance between a point and its
            periodic images; the history keeps the matrix that was found.
        tilt: a Glazer symbol such as "a-b+a-" instead of a phase: ideal octahedra, tilted.
        angles_deg: of the tilts, see `hosts.host_of_tilts`; estimated from t by default.
        replace: old species -> new species -> number: exact numbers of ions to replace, whose
            places the ordering chooses. The lattice stays that of the composition.
        order: rule for shared sites, a key of `ordering.RULES`; or "enumerate" for one of the
            symmetry-distinct orderings, see `distinct_models`.
        axis: number of a cell vector, for orderings that have one.
        choice: which of the distinct orderings, from 0.
        pointing, centre: what of a molecule points as the rule says, and what of it stands on
            its site: `axis` and `centre` of `drawing.draw`.
        molecules: species -> XYZ file or SMILES string, for geometries that the store lacks.
        a_A: the pseudo-cubic lattice parameter that the cell is scaled to, the cube root of the
            volume of a formula unit, instead of that of the facts.
        nearest: take the nearest whole numbers of ions where the fractions give none.

    Returns:
        a structure with the site properties role, ion and molecule, and a history.

    Raises:
        FormulaError, UnknownSpecies: the formula, or an ion, is not known.
        InputError: the size or a rule cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the fractions do not give whole numbers of ions in this cell, or atoms
            would come too near each other.
    """
    store = store or open_store()
    composition = as_composition(composition, store)
    if composition.layers is not None and not has_positions(composition, store):
        others = (phase, tilt, angles_deg, replace, molecules, distance_A, choice, nearest)
        usual = (axis, pointing, centre) == (2, "long", "mass") and order != ENUMERATE
        if any(others) or not usual:
            raise InputError(
                f"The store has no cell of {composition.formula}, and the Ruddlesden-Popper phase "
                "that is built for it takes a size, an order, a seed, an orientation and a "
                "lattice parameter only.",
                "Build it into a file, and change that.",
            )
        repeats: Any = size
        structure = ruddlesden_popper(
            composition,
            size=repeats,
            order=order,
            seed=seed,
            orientation=orientation,
            temperature_K=temperature_K,
            a_A=a_A,
            store=store,
        )
        return structure if vacancy is None else remove(structure, vacancy, store=store)
    model = _model(
        composition,
        phase,
        size,
        distance_A,
        temperature_K,
        tilt,
        angles_deg,
        replace,
        a_A,
        nearest,
        store,
    )
    drawing = _Drawing(orientation, seed, pointing, centre, _shapes(molecules, store))
    if order == ENUMERATE:
        every = model.filling.distinct()
        if not 0 <= choice < len(every):
            raise InputError(
                f"There is no distinct ordering number {choice}.",
                f"There are {len(every)}, numbered from 0.",
            )
        structure = _drawn(model, every[choice], {"order": order, "choice": choice}, drawing)
    else:
        found = model.filling.ordered(order, seed, axis)
        structure = _drawn(model, found, {"order": order, "axis": axis}, drawing)
    return structure if vacancy is None else remove(structure, vacancy, store=store)


@checked
def distinct_models(
    composition: Composition | str,
    phase: str | None = None,
    size: Matrix = (1, 1, 1),
    seed: int = 0,
    orientation: str = "random",
    temperature_K: float = ROOM_TEMPERATURE_K,
    store: Store | None = None,
    *,
    distance_A: float | None = None,
    tilt: str | None = None,
    angles_deg: Sequence[float] | None = None,
    replace: Replace | None = None,
    pointing: str = "long",
    centre: str = "mass",
    molecules: Molecules | None = None,
    a_A: float | None = None,
    nearest: bool = False,
) -> list[tuple[Structure, int]]:
    """One model of each symmetry-distinct ordering, with its multiplicity.

    Molecules count as points here: their orientations follow the rule and the seed on top of it.

    Args:
        composition, phase, size, seed, orientation, temperature_K, store, distance_A,
            tilt, angles_deg, replace, pointing, centre, molecules, a_A, nearest: as for `build`.

    Raises:
        FormulaError, UnknownSpecies, InputError, MissingData: as `build`.
        StructureError: as `build`, and if there are too many orderings to list.
    """
    store = store or open_store()
    model = _model(
        composition,
        phase,
        size,
        distance_A,
        temperature_K,
        tilt,
        angles_deg,
        replace,
        a_A,
        nearest,
        store,
    )
    drawing = _Drawing(orientation, seed, pointing, centre, _shapes(molecules, store))
    return [
        (
            _drawn(model, found, {"order": ENUMERATE, "choice": number}, drawing),
            found.multiplicity,
        )
        for number, found in enumerate(model.filling.distinct())
    ]


def fill(cell: AverageCell, size: Matrix, seed: int, orientation: str, store: Store) -> Structure:
    """A model of an average cell that is there already; other arguments as for `build`."""
    host = as_host(cell)
    given = {"phase": cell.phase, "size": _plain(size)}
    model = _Model(host, filling(host, size, None, store), given, store)
    found = model.filling.ordered("random", seed, 2)
    return _drawn(model, found, {"order": "random"}, _Drawing(orientation, seed))


@dataclass(frozen=True)
class _Model:
    """A host, what is to stand in it, and the arguments that it came from."""

    host: Host
    filling: Filling
    arguments: Mapping[str, Any]
    store: Store


@dataclass(frozen=True)
class _Drawing:
    """How organic cations are put on their sites."""

    orientation: str
    seed: int
    pointing: str = "long"
    centre: str = "mass"
    molecules: Mapping[str, RigidMolecule] | None = None


def _model(
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
    store: Store,
) -> _Model:
    composition = as_composition(composition, store)
    if tilt is None:
        if angles_deg is not None:
            raise InputError("Angles are given, but no tilt.", "Name a tilt such as a-b+a-.")
        host = host_of_phase(composition, phase, temperature_K, store, a_A)
        given: dict[str, Any] = {"phase": phase or host.phase}
    else:
        if phase is not None:
            raise InputError(
                f"The phase {phase} and the tilt {tilt} are both given.", "Take one of them."
            )
        host = host_of_tilts(composition, tilt, angles_deg, temperature_K, store, a_A)
        given = {"tilt": tilt}
        if angles_deg is not None:
            given["angles_deg"] = [float(angle) for angle in angles_deg]
    if distance_A is not None:
        size = smallest_matrix(host.sites.lattice_A, distance_A).tolist()
    given |= {"size": _plain(size), "temperature_K": temperature_K}
    if replace:
        given["replace"] = {old: dict(news) for old, news in replace.items()}
    if a_A is not None:
        given["a_A"] = float(a_A)
    if nearest:
        given["nearest"] = True
    return _Model(host, filling(host, size, replace, store, nearest), given, store)


def _drawn(
    model: _Model, found: Ordering, ordering: Mapping[str, Any], drawing: _Drawing
) -> Structure:
    formula = model.host.composition.formula
    ions = list(found.ions)
    structure = draw(
        model.filling.sites,
        ions,
        drawing.orientation,
        drawing.seed,
        model.store,
        axis=drawing.pointing,
        centre=drawing.centre,
        molecules=drawing.molecules,
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
    charge = formal_charge(ions, model.store)
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


def _shapes(molecules: Molecules | None, store: Store) -> dict[str, RigidMolecule]:
    return {
        species: read_molecule(source, species, store)
        if isinstance(source, str)
        else from_record(species, source)
        for species, source in (molecules or {}).items()
    }


def _plain(size: Matrix) -> list[Any]:
    """A size as JSON can hold it; what is none is refused where the supercell is made."""
    return [list(row) if isinstance(row, Sequence) else row for row in size]


def _size_text(size: list[Any]) -> str:
    rows = [",".join(map(str, row)) if isinstance(row, list) else str(row) for row in size]
    return "x".join(rows) if not isinstance(size[0], list) else " / ".join(rows)
