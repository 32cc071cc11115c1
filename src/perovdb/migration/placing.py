"""A hop in a material: the vacancy is opened, and the ion hops into it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.composition import Material, as_composition, parse
from perovdb.errors import FormulaError, InputError, StructureError, UnknownSpecies
from perovdb.migration.endpoints import Endpoints, half_cell, with_positions
from perovdb.migration.hops import Hop
from perovdb.migration.numbering import stand_as
from perovdb.migration.vacancies import Vacancies
from perovdb.structures import history
from perovdb.structures.adoption import as_structure, is_formula
from perovdb.structures.builder import build
from perovdb.structures.defects.point_defects import remove_unit
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.supercells import Size
from perovdb.structures.units import Unit, ion_formula, units

#: A unit stands on a site if its centre is this near.
ON_SITE_A = 0.5

#: Repeats of the cell of a formula.
SIZE = (2, 2, 2)

#: DFT bands of larger cells do not run.
MOST_ATOMS = 1500


def endpoints(
    x: Material,
    hop: Hop,
    *,
    size: Size | None = None,
    seed: int = 0,
    orientation: str | Orientation = "random",
    vacancies: int | Vacancies = 1,
) -> Endpoints:
    """The two ends of a hop: the vacancy is opened, and the ion hops into it.

    At the end the mover stands as the ion that was there before: both ends are cut from one host.
    An ion of another species, such as FA in the vacancy of an MA, keeps its own orientation.
    Vacancies that are there already stay, and the charge of the cell counts them all.

    Args:
        x: the material of which the hop was listed: a formula, of which a supercell of the hop's
            average cell is built; or the structure itself.
        hop: of `hops` or `sample_hops`. Of the equivalent places in the supercell of a formula the
            first is taken whose two sites hold the ions of the hop.
        size, seed, orientation: of the model of a formula, as for `build`; of 2 x 2 x 2 cells by
            default.
        vacancies: of the ion in the cell; or `Vacancies`, with partners that make it neutral.

    Raises:
        InputError: the hop is of another material, or an argument cannot be used.
        FormulaError, UnknownSpecies, MissingData: as `build`.
        StructureError: the cell is so small that the ion would hop onto its own image, or so large
            that no band could be run; it does not hold the ions of the hop side by side, or not
            so many.
    """
    if is_formula(x):
        if not hop.of_average_cell:
            raise InputError(
                f"The hop of {hop.species} is one of a structure.",
                "Give this structure, or take one of `hops(formula, species)`.",
            )
        ends = _in_supercell(x, hop, SIZE if size is None else size, seed, orientation)
    else:
        for name, usual in (
            ("size", size is None),
            ("seed", seed == 0),
            ("orientation", orientation == "random"),
        ):
            if not usual:
                raise InputError(
                    f"'{name}' is for the model of a formula.",
                    "A structure is taken as it is: list the hops of a `supercell` of it.",
                )
        ends = _in_structure(as_structure(x), hop)
    more = vacancies if isinstance(vacancies, Vacancies) else Vacancies(vacancies)
    return more.opened(ends)


def _in_supercell(
    formula: Material, hop: Hop, size: Size, seed: int, orientation: str | Orientation
) -> Endpoints:
    """A hop of an average cell in a model of it."""
    composition = as_composition(formula)
    assert hop.temperature_K is not None
    cell = average_cell(composition, hop.phase, hop.temperature_K)
    way_A = np.subtract(hop.end, hop.start) @ cell.lattice_A
    if hop.species not in composition.species or not np.isclose(
        np.linalg.norm(way_A), hop.distance_A, rtol=0, atol=1e-3
    ):
        own = f"{hop.species} by {hop.distance_A:.3f} A"
        raise InputError(
            f"The hop of {own} is none of {composition.formula}.",
            "Take one of `hops(formula, species)` of this very formula.",
        )
    host = build(
        composition,
        hop.phase,
        size,
        temperature_K=hop.temperature_K,
        orientation=orientation,
        seed=seed,
    )
    check_size(host)
    ends = _between(host, *_place(host, hop, cell))
    return replace(
        ends,
        formula=composition.formula,
        hop=hop,
        source=cell.source,
        kind=cell.kind,
        evidence=cell.evidence,
    )


def _in_structure(structure: Structure, hop: Hop) -> Endpoints:
    """A hop in the structure in which it was found."""
    if hop.of_average_cell:
        raise InputError(
            f"The hop of {hop.species} is one of the average cell of a formula.",
            "Give this formula, or take one of `hops(structure, species)`.",
        )
    check_size(structure)
    every = units(structure)
    if max(hop.start_site, hop.end_site) >= len(every):
        raise _of_another(hop, max(hop.start_site, hop.end_site))
    mover, target = every[hop.start_site], every[hop.end_site]
    for unit, ion, place, number in (
        (mover, hop.species, hop.start, hop.start_site),
        (target, hop.into, hop.end, hop.end_site),
    ):
        offset = structure.lattice.get_fractional_coords(unit.centre_A) - place
        offset -= np.rint(offset)
        away_A = np.linalg.norm(structure.lattice.get_cartesian_coords(offset))
        if unit.ion != ion or away_A > ON_SITE_A:
            raise _of_another(hop, number)
    if mover is target:
        raise _onto_itself(hop)
    # From centre to centre; the hop says which periodic image of the target it is.
    cells = np.rint(
        np.array(hop.end)
        - np.array(hop.start)
        - structure.lattice.get_fractional_coords(target.centre_A - mover.centre_A)
    )
    vector_A = target.centre_A - mover.centre_A + cells @ structure.lattice.matrix
    ends = _between(structure, mover, target, vector_A)
    return replace(ends, formula=_formula_of(structure), hop=hop)


def _formula_of(structure: Structure) -> str:
    """The formula of one unit; of what has none, the ions and their numbers."""
    ions = ion_formula(structure)
    try:
        return parse(ions).formula
    except (FormulaError, UnknownSpecies):
        return ions


def check_size(structure: Structure) -> None:
    """Refuse cells of more than MOST_ATOMS."""
    if len(structure) > MOST_ATOMS:
        raise InputError(
            f"A path in a cell of {len(structure)} atoms cannot be made.",
            f"Take a smaller size: at most {MOST_ATOMS} atoms.",
        )


def _between(host: Structure, mover: Unit, target: Unit, vector_A: np.ndarray) -> Endpoints:
    """The two ends of a hop from a unit of the host to the place of another, which goes."""
    start = remove_unit(host, target)
    kept = np.setdiff1d(np.arange(len(host)), target.atoms)
    moved = np.searchsorted(kept, mover.atoms)
    positions = start.cart_coords
    local_start = host.cart_coords[mover.atoms] - mover.centre_A
    local_end = local_start
    if mover.ion == target.ion and len(moved) > 1:
        mover_elements, target_elements = (
            tuple(host[int(atom)].specie.symbol for atom in unit.atoms) for unit in (mover, target)
        )
        local_target = host.cart_coords[target.atoms] - target.centre_A
        local_end = stand_as(mover_elements, local_start, target_elements, local_target)
    positions[moved] = mover.centre_A + vector_A + local_end
    return Endpoints(
        start=start,
        end=with_positions(start, positions),
        mover=moved,
        vector_A=vector_A,
        half_cell=half_cell(host, vector_A),
        into=target.ion,
        notes=_notes(host),
    )


def _notes(host: Structure) -> tuple[str, ...]:
    steps = host.properties["history"]
    notes = history.notes(host) if steps else []
    charge = history.charge_of(host)
    if charge:
        notes.append(
            f"the host has a charge of {charge:+d} e before the vacancy of the hop is opened, "
            "which comes on top of what is vacant there"
        )
    return tuple(notes)


def _of_another(hop: Hop, number: int) -> InputError:
    return InputError(
        f"The hop of {hop.species} is not one of this structure: its site {number} is another.",
        "Give the structure in which the hop was found, with the same ions.",
    )


def _onto_itself(hop: Hop) -> StructureError:
    return StructureError(
        f"In this cell {hop.species} would hop onto its own periodic image.",
        "Take a larger size along the hop; of a structure, a supercell and its hops.",
    )


def _place(host: Structure, hop: Hop, cell: AverageCell) -> tuple[Unit, Unit, np.ndarray]:
    """The ion that hops, the one in whose place, and the way, in a supercell of an average cell.

    The cells of the supercell are gone through in the order of their numbers along c, b and a.
    """
    every = units(host)
    centres = host.lattice.get_fractional_coords([unit.centre_A for unit in every])
    repeats = host.lattice.matrix @ np.linalg.inv(cell.lattice_A)
    onto_itself = False
    for start, end in (np.array(ends) for ends in hop.equivalents):
        offsets = centres @ repeats - start
        cells = np.rint(offsets)
        away_A = np.linalg.norm((offsets - cells) @ cell.lattice_A, axis=1)
        inside = (start + cells) @ np.linalg.inv(repeats)
        cells -= np.rint(np.floor(inside + 1e-6) @ repeats)
        near = np.flatnonzero(away_A < ON_SITE_A)
        for number in near[np.lexsort(cells[near].T[::-1])].tolist():
            mover = every[number]
            goal = (end + cells[number]) @ np.linalg.inv(repeats)
            target = _unit_at(goal, every, centres, host)
            if mover is target:
                onto_itself = True
            elif target and (mover.ion, target.ion) == (hop.species, hop.into):
                return mover, target, (end - start) @ cell.lattice_A
    if onto_itself:
        raise _onto_itself(hop)
    ions = (
        f"both hold {hop.species}"
        if hop.into == hop.species
        else f"hold {hop.species} and {hop.into}"
    )
    raise StructureError(
        f"No two neighbouring sites of this cell {ions}.",
        "Take a larger size or another seed.",
    )


def _unit_at(
    fractional: np.ndarray, every: list[Unit], centres: np.ndarray, host: Structure
) -> Unit | None:
    """The unit on a site; None where it is empty."""
    offset = centres - fractional
    offset -= np.rint(offset)
    distance = np.linalg.norm(offset @ host.lattice.matrix, axis=1)
    nearest = int(distance.argmin())
    return every[nearest] if distance[nearest] <= ON_SITE_A else None
