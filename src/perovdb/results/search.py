"""What a search for a saddle on this machine tells of itself, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perovdb.results.problem import Problem

#: A curvature below this is one of a saddle; those of a soft crystal lie about zero.
NEGATIVE_EV_A2 = -0.03

#: A way down has come to an end of the hop if no atom is farther from it.
ARRIVED_A = 0.1

#: From where a way down stops, the straight line to the end stays below the saddle by this much.
_BELOW_SADDLE_EV = 0.01

#: Deeper than an end by the first is told; by the second, that end is no minimum to count from.
_DEEPER_EV, _FAR_DEEPER_EV = 0.02, 0.05

#: A vacancy and its image are told to be near below the first, and too near below the second.
_NEAR_A, _TOO_NEAR_A = 12.0, 8.0

#: Atoms nearer than this share of the sum of their covalent radii are outside what engines know.
_TOUCHING = 0.65


@dataclass(frozen=True)
class Descent:
    """Where the way down from the saddle leads, on one side.

    Attributes:
        end: 0 for the first, 1 for the last end of the hop, the nearer one.
        away_A: the farthest atom from there.
        above_eV: energy above that end.
        fmax_eV_A: largest force that was left.
        line_eV: highest energy on the straight line from there to the end, above that end; None
            where it arrived.
    """

    end: int
    away_A: float
    above_eV: float
    fmax_eV_A: float
    line_eV: float | None = None


@dataclass(frozen=True)
class Search:
    """A saddle that was searched for by steps along its lowest mode.

    Attributes:
        engine, version, weights_sha256: what computed the energies.
        elements_known: whether the engine says that it knows all elements here; None if it does
            not say.
        charge: of the cell, in e, of which the engine knows nothing.
        fmax_eV_A: force to which it was to come.
        fmax_ends_eV_A: force to which the ends were to come.
        at_rest: the saddle came to that force.
        at_rest_ends: the two ends came to theirs.
        curvatures_eV_A2: the lowest ones at the saddle, as far as measured.
        negative_modes: how many of them are below NEGATIVE_EV_A2.
        mirrored: the last end is the first one by a symmetry of the crystal.
        left_sites: what left its site when the ends were relaxed, in words.
        descents: where the ways down lead.
        moved_ends_eV: energies of the ends above those that were relaxed first, where the ways
            down lead to other turns of molecules; None where they lead to these ends.
        half_cell: the mirror image of the hop is as long.
        shortest_vector_A: of the cell.
        contact: the shortest distance of two atoms on the path, as a share of the sum of their
            covalent radii.
        pressure_GPa: in this cell by the engine; None if it gives none.
        calls: of the engine, by stage.
        seconds: CPU time of the engine.
    """

    engine: str
    version: str
    weights_sha256: str | None
    elements_known: bool | None
    charge: int
    fmax_eV_A: float
    fmax_ends_eV_A: float
    at_rest: bool
    at_rest_ends: tuple[bool, bool]
    curvatures_eV_A2: tuple[float, ...]
    negative_modes: int
    mirrored: bool
    left_sites: tuple[str, ...]
    descents: tuple[Descent, ...]
    moved_ends_eV: tuple[float, float] | None
    half_cell: bool
    shortest_vector_A: float
    contact: float
    pressure_GPa: float | None
    calls: dict[str, int]
    seconds: float

    @property
    def title(self) -> str:
        """The engine, its version and the beginning of the hash of its weights."""
        return engine_title(self.engine, self.version, self.weights_sha256)


def engine_title(name: str, version: str, weights_sha256: str | None) -> str:
    """An engine in words.

    >>> engine_title("chgnet", "chgnet 0.4.2", None)
    'chgnet (chgnet 0.4.2)'
    """
    weights = f"weights {weights_sha256[:16]}" if weights_sha256 else ""
    inside = ", ".join(filter(None, (version, weights)))
    return f"{name} ({inside})" if inside else name


def problems_of(search: Search, ends_eV: tuple[float, float], top_eV: float) -> Iterator[Problem]:
    """All that speaks against the saddle, or should be known of it.

    Args:
        search: what it tells.
        ends_eV: energies of both ends.
        top_eV: of the saddle.
    """
    for left in search.left_sites:
        yield Problem(
            left, "The site is no minimum for this engine: take another hop, cell or engine."
        )
    if search.at_rest and search.curvatures_eV_A2 and search.negative_modes != 1:
        what = "no negative mode" if not search.negative_modes else (
            f"{search.negative_modes} negative modes"
        )  # fmt: skip
        yield Problem(
            f"The point has {what}: it is no saddle between two minima.",
            "Start from another path, cut the symmetry of the cell, or use another engine.",
        )
    yield from _connection(search, ends_eV, top_eV)
    yield from _outside(search)


def _connection(search: Search, ends_eV: tuple[float, float], top_eV: float) -> Iterator[Problem]:
    if not search.at_rest or search.left_sites or not search.negative_modes:
        return
    if not search.descents:
        yield Problem(
            "The saddle is not shown to connect the ends: no way down was followed.",
            "Go on until it is found.",
        )
        return
    if {descent.end for descent in search.descents} != {0, 1}:
        yield Problem(
            "The saddle is not shown to connect the ends: both ways down lead to the "
            f"{('first', 'last')[search.descents[0].end]} one.",
            "It is of another process: start from more images of the path, or use a band.",
        )
    for descent in search.descents:
        name = ("first", "last")[descent.end]
        room = top_eV - ends_eV[descent.end] - _BELOW_SADDLE_EV
        if descent.line_eV is not None and descent.line_eV > room:
            yield Problem(
                f"The saddle is not shown to connect the ends: a way down stops "
                f"{descent.above_eV:z.3f} eV above the {name} end, {descent.away_A:.2f} A away.",
                "Take that place as an end: the hop is of several parts.",
            )
        if descent.above_eV < -_DEEPER_EV:
            yield Problem(
                f"The way down leads {-descent.above_eV:.3f} eV below the {name} end: it is not "
                "the minimum there.",
                "Relax it from where the way down stops, and start again from there.",
                descent.above_eV < -_FAR_DEEPER_EV,
            )


def _outside(search: Search) -> Iterator[Problem]:
    if search.moved_ends_eV is not None:
        first, last = search.moved_ends_eV
        yield Problem(
            "The ends are not those that were relaxed first: the saddle leads to other turns of "
            f"molecules, {first:+z.3f} eV and {last:+z.3f} eV from them.",
            "Take other orientations or a seed, and compare.",
            blocks=False,
        )
    if search.shortest_vector_A < _NEAR_A:
        near = search.shortest_vector_A < _TOO_NEAR_A
        yield Problem(
            f"The cell is {'too ' if near else ''}small: the vacancy is "
            f"{search.shortest_vector_A:.2f} A from its own image.",
            "Compare a larger cell." if not near else "Take a larger one.",
            near,
        )
    if search.half_cell:
        yield Problem(
            "The hop is half the cell: its mirror image is as long.",
            "Compare a cell that is longer along the hop.",
            blocks=False,
        )
    if search.contact < _TOUCHING:
        yield Problem(
            f"Two atoms come as near as {search.contact:.2f} of the sum of their covalent radii: "
            "that is outside what an engine knows.",
            "Look at the path; compare another engine or a DFT code.",
        )
    if search.elements_known is None:
        yield Problem(
            f"Whether {search.engine} knows these elements cannot be told.",
            "See what it was made for.",
            blocks=False,
        )
    if search.charge:
        yield Problem(
            f"The charge of {search.charge:+d} e is ignored: {search.engine} knows none.",
            "Compare a neutral cell or a DFT code.",
            blocks=False,
        )
