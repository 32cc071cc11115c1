"""Barriers of six hops in three hosts by two engines, beside what the literature has.

    python benchmarks/local_barriers.py FOLDER              the table, as Markdown
    python benchmarks/local_barriers.py FOLDER --reference  the first and the third hop against a
                                                            band of five images, tight ends, FIRE

Every run keeps its folder and goes on when the script is started again. CPU seconds are those of
the engine; set OMP_NUM_THREADS=1 for figures that can be compared.
"""

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from perovdb import Endpoints, barrier, endpoints, hops, path
from perovdb.errors import PerovdbError
from perovdb.local.curvature import guessed
from perovdb.local.engines import as_engine
from perovdb.local.search import minimum, saddle, start_at
from perovdb.local.surface import Surface
from perovdb.migration.endpoints import with_positions
from perovdb.structures.files.ase_adapter import to_ase

ENGINES = ("7net-0", "chgnet")


@dataclass(frozen=True)
class Case:
    """A hop, and what the literature says of it (`perovdb barriers` has the sources)."""

    host: str
    phase: str
    species: str
    hop: int
    size: tuple[int, int, int]
    what: str
    literature: str

    @property
    def name(self) -> str:
        size = "x".join(map(str, self.size))
        return f"{self.host}-{self.phase}-{self.species}{self.hop}-{size}"

    def ends(self) -> Endpoints:
        hop = hops(self.host, self.species, phase=self.phase)[self.hop]
        return endpoints(self.host, hop, size=self.size)


CASES = [
    Case("CsPbI3", "gamma", "I", 3, (2, 1, 1), "8d-8d", "0.34 (arber2025)"),
    Case("CsPbI3", "gamma", "I", 0, (2, 1, 1), "4c-8d", "0.35 (arber2025)"),
    Case("CsPbI3", "gamma", "Cs", 0, (2, 1, 1), "along a+b", "0.75 (arber2025)"),
    Case("CsPbBr3", "gamma", "Br", 2, (2, 1, 1), "8d-8d", ""),
    Case("CsPbBr3", "gamma", "Cs", 0, (2, 1, 1), "along a+b", ""),
    Case("MAPbI3", "gamma", "I", 2, (1, 1, 1), "8d-8d", "0.08-0.58, by method"),
]
REFERENCES = (CASES[0], CASES[2])


def row(case: Case, engine: str, folder: Path) -> str:
    """A line of the table; a hop that has no barrier says why."""
    ends = case.ends()
    cells = [f"{case.host} {case.phase}", f"{case.species} {case.what}", str(len(ends.start))]
    try:
        found = barrier(ends, engine=engine, folder=folder / f"{engine}-{case.name}")
    except PerovdbError as error:
        return (
            "| " + " | ".join([*cells, engine, "none", "", "", case.literature, str(error)]) + " |"
        )
    search = found.facts.search
    assert search is not None
    blocking = [problem.what for problem in found.problems if problem.blocks]
    height = f"{found.barrier_forward_eV:.3f}"
    back = f"{found.barrier_backward_eV:.3f}"
    figures = f"{sum(search.calls.values())} calls, {search.seconds:.0f} s"
    cells += [
        engine,
        f"({height})" if blocking else height,
        f"({back})" if blocking else back,
        figures,
        case.literature,
        "fails: " + " ".join(blocking) if blocking else "passes",
    ]
    return "| " + " | ".join(cells) + " |"


def table(folder: Path) -> None:
    """The rows as they come."""
    heads = ["host", "hop", "atoms", "engine", "forward / eV", "backward / eV", "cost"]
    heads += ["literature / eV", "verdict"]
    print("| " + " | ".join(heads) + " |")
    print("|" + " --- |" * len(heads))
    for case in CASES:
        for engine in reversed(ENGINES):
            print(row(case, engine, folder), flush=True)


def reference(case: Case, engine: str, folder: Path) -> None:
    """Ends at 0.005 eV/A, a climbing band of five images by FIRE, and its top at 0.005 eV/A."""
    from ase.mep import NEB
    from ase.optimize import FIRE

    ends, chosen = case.ends(), as_engine(engine)
    calculator = chosen.calculator()
    began = time.process_time()
    atoms = to_ase(ends.start)
    surface = Surface(atoms, lambda: calculator)
    relaxed = []
    for structure in (ends.start, ends.end):
        atoms.set_positions(structure.cart_coords)
        place = start_at(surface, structure.cart_coords, guessed(atoms))
        relaxed.append(minimum(surface, place, 0.005, 600))
    first, last = relaxed
    chain = path(
        replace(
            ends,
            start=with_positions(ends.start, first.positions_A),
            end=with_positions(ends.end, last.positions_A),
        ),
        images=5,
    )
    images = [to_ase(image) for image in chain.images]
    for image in images:
        image.calc = calculator
    band = NEB(images, climb=False, method="improvedtangent", allow_shared_calculator=True)
    rough = FIRE(band, logfile=None)
    rough.run(fmax=0.1, steps=150)
    band.climb = True
    fine = FIRE(band, logfile=None)
    at_rest = fine.run(fmax=0.03, steps=300)
    heights = [image.get_potential_energy() - first.energy_eV for image in images[1:-1]]
    top = int(np.argmax(heights)) + 1
    start = start_at(surface, images[top].get_positions(), guessed(images[top]))
    along = images[top + 1].get_positions() - images[top - 1].get_positions()
    tight = saddle(surface, start, along, 0.005, 200)
    seconds = time.process_time() - began
    calls = surface.count + 5 * (rough.nsteps + fine.nsteps)
    ours = barrier(ends, engine=engine, folder=folder / f"{engine}-{case.name}")
    search = ours.facts.search
    assert search is not None
    print(
        f"{engine} {case.name}: reference {tight.energy_eV - first.energy_eV:.4f} eV (band "
        f"{max(heights):.4f}, {'at rest' if at_rest else 'not at rest'}; {calls} calls, "
        f"{seconds:.0f} s); search {ours.barrier_forward_eV:.4f} eV "
        f"({sum(search.calls.values())} calls, {search.seconds:.0f} s)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reference", action="store_true")
    options = parser.parse_args()
    if options.reference:
        for engine in reversed(ENGINES):
            for case in REFERENCES:
                reference(case, engine, options.folder)
    else:
        table(options.folder)


if __name__ == "__main__":
    main()
