"""The images of a hop: from a composition to a path that a band calculation can start from."""

from __future__ import annotations

from dataclasses import dataclass, fields

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.composition import Composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.migration.chain import (
    BOTH,
    METHODS,
    MOST_ATOMS,
    MOST_IMAGES,
    SHORTEST_CONTACT_A,
    UNEVEN,
    Chain,
    path_between,
)
from perovdb.migration.endpoints import Endpoints, endpoints
from perovdb.migration.hops import Hop, hops_in_cell
from perovdb.migration.more_vacancies import with_vacancies
from perovdb.structures.builder import build

__all__ = ["SHORTEST_CONTACT_A", "UNEVEN", "Path", "path", "path_between", "paths"]


@dataclass(frozen=True)
class Path(Chain):
    """A hop in a supercell of an average cell, as a chain of images, both ends included.

    Attributes:
        formula, phase: of the host, before the vacancy.
        cell: the average cell that the host repeats.
        size, seed, orientation, temperature_K: how the host was built.
        hop: the distinct hop that it is.
        species, into, distance_A, method, images, mover, charge, spacing_A, longest_step_A,
        unevenness, closest_contact_A, bond_change, residual_A, notes: as for `Chain`.
    """

    phase: str
    cell: AverageCell
    size: tuple[int, int, int]
    seed: int
    orientation: str
    temperature_K: float
    hop: Hop


def path(
    composition: Composition | str,
    species: str,
    phase: str | None = None,
    size: tuple[int, int, int] = (2, 2, 2),
    images: int = 5,
    hop: int = 0,
    seed: int = 0,
    orientation: str = "random",
    temperature_K: float = ROOM_TEMPERATURE_K,
    *,
    spacing_A: float | None = None,
    method: str = "rigid",
    vacancies: int = 1,
    neutral: str | None = None,
) -> Path:
    """The path of a vacancy hop in a supercell with one vacancy.

    By the method "rigid" ions follow the image-dependent pair potential; organic cations, the
    mover and the others, move as rigid bodies under the same potential, from a start by
    spherical linear interpolation. By "idpp" every atom follows the potential by itself.

    Args:
        composition: a Composition or a formula.
        species: ion that hops into a vacancy of its own kind.
        phase, temperature_K: as for `average_cell`.
        size: repeats of the phase's cell.
        images: number of images between the two ends.
        hop: which of the distinct hops that `hops` lists, from 0.
        seed, orientation: as for `build`.
        spacing_A: instead of `images`, take as many that no atom goes farther than this from
            one image to the next.
        method: "rigid" or "idpp".
        vacancies: of the ion in the cell; those beyond the one that it hops into are far from it.
        neutral: None for a charged cell; "partner" or a vacancy such as "V_Cs" for a neutral one,
            see `more_vacancies.partners_of`.

    Raises:
        FormulaError, UnknownSpecies: the formula or the ion is not known.
        InputError: an argument cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the cell cannot hold the hop, or atoms come too near on the way.
    """
    if method == BOTH:
        raise InputError("One path is made by one method.", "Ask `paths` for both.")
    (found,) = paths(
        composition,
        species,
        phase,
        size,
        images,
        hop,
        seed,
        orientation,
        temperature_K,
        spacing_A=spacing_A,
        method=method,
        vacancies=vacancies,
        neutral=neutral,
    )
    return found


def paths(
    composition: Composition | str,
    species: str,
    phase: str | None = None,
    size: tuple[int, int, int] = (2, 2, 2),
    images: int = 5,
    hop: int = 0,
    seed: int = 0,
    orientation: str = "random",
    temperature_K: float = ROOM_TEMPERATURE_K,
    *,
    spacing_A: float | None = None,
    method: str = BOTH,
    vacancies: int = 1,
    neutral: str | None = None,
) -> tuple[Path, ...]:
    """As `path`, by one method or by both: two paths to start from, of which a study keeps the
    one that ends lower. Without molecules both are one, and one is given.

    Args:
        method: "rigid", "idpp" or "both"; the other arguments are those of `path`.
    """
    if method != BOTH and method not in METHODS:
        raise InputError(
            f"'{method}' is no way to make a path.",
            f"Choose one of: {', '.join([*METHODS, BOTH])}.",
        )
    if spacing_A is None and not 1 <= images <= MOST_IMAGES:
        raise InputError(
            f"A path of {images} images cannot be made.", f"Ask for 1 to {MOST_IMAGES}."
        )
    cell = average_cell(composition, phase, temperature_K)
    choices = hops_in_cell(cell, species)
    if not 0 <= hop < len(choices):
        raise InputError(
            f"There is no hop number {hop} of {species}.",
            f"There are {len(choices)} distinct hops, numbered from 0: see 'perovdb hops'.",
        )
    host = build(
        cell.composition,
        cell.phase,
        size,
        temperature_K=temperature_K,
        orientation=orientation,
        seed=seed,
    )
    if len(host) > MOST_ATOMS:
        raise InputError(
            f"A path in a cell of {len(host)} atoms cannot be made.",
            f"Take a smaller size: at most {MOST_ATOMS} atoms.",
        )
    ends = endpoints(host, choices[hop], cell, size)
    ends = with_vacancies(ends, choices[hop].species, vacancies, neutral)
    found = []
    for name in methods_for(method, ends):
        chain = path_between(ends, images, name, spacing_A=spacing_A)
        inherited = {field.name: getattr(chain, field.name) for field in fields(Chain)}
        inherited |= {
            "formula": cell.composition.formula,
            "notes": (*cell.notes, *chain.notes),
        }
        found.append(
            Path(
                **inherited,
                phase=cell.phase,
                cell=cell,
                size=size,
                seed=seed,
                orientation=orientation,
                temperature_K=temperature_K,
                hop=choices[hop],
            )
        )
    return tuple(found)


def methods_for(method: str, ends: Endpoints) -> list[str]:
    if method != BOTH:
        return [method]
    alone = all(number < 0 for number in ends.start.site_properties["molecule"])
    return ["rigid"] if alone else list(METHODS)
