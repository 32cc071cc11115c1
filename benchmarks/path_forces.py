"""Highest force on the starting band of a molecule's hop: ours against ASE's interpolations.

python benchmarks/path_forces.py                the table of docs/paths.md
python benchmarks/path_forces.py MAPbI3:MA      some of its rows
python benchmarks/path_forces.py --no-forces    contacts and bonds only, in a few seconds

The calculator is GFN2-xTB of tblite (Bannwarth, Ehlert, Grimme, J. Chem. Theory Comput. 15, 1652
(2019), from memory), periodic, at the gamma point, on one thread: about four seconds an image.
All paths of a row start from the same two ends, unrelaxed, hydrogens numbered alike. ASE gets
them twice: wrapped as a structure file holds them, with mic=True; and with the mover left where
it has gone, with mic=False, the best that can be asked of it.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time
import warnings
from importlib.util import find_spec

import numpy as np
from ase import Atoms
from ase.calculators.calculator import CalculationFailed
from ase.mep.neb import NEB, idpp_interpolate

from perovdb.errors import StructureError
from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.migration.hops import hops
from perovdb.migration.integrity import largest_bond_change
from perovdb.migration.path import interpolate_path
from perovdb.migration.placing import endpoints
from perovdb.structures.units import closest_contact

IMAGES = 3
SEED = 0
SIZE = (2, 2, 2)
#: Formula, phase, molecule.
CASES = [
    ("MAPbI3", "alpha", "MA"),
    ("FAPbI3", "alpha", "FA"),
    ("MA0.5FA0.5PbI3", None, "MA"),
    ("MA0.5FA0.5PbI3", None, "FA"),
    ("Cs0.5MA0.5PbI3", None, "MA"),
    ("Cs0.5FA0.5PbI3", None, "FA"),
]
PATHS = [
    "rigid",
    "idpp",
    "ASE linear, mic=True",
    "ASE IDPP, mic=True",
    "ASE linear, unwrapped",
    "ASE IDPP, unwrapped",
]


def ends_of(formula: str, phase: str | None, species: str) -> Endpoints:
    return endpoints(formula, hops(formula, species, phase=phase)[0], size=SIZE, seed=SEED)


def atoms(ends: Endpoints, positions_A: np.ndarray) -> Atoms:
    symbols = [site.specie.symbol for site in ends.start]
    return Atoms(symbols, positions_A, cell=ends.start.lattice.matrix, pbc=True)


def made(ends: Endpoints, name: str) -> np.ndarray:
    """(images + 2, n, 3) positions of a path."""
    if not name.startswith("ASE"):
        return interpolate_path(ends, IMAGES, name)[0]
    start, end = (atoms(ends, x.cart_coords) for x in (ends.start, ends.end))
    mic = name.endswith("mic=True")
    if mic:
        start.wrap()
        end.wrap()
    chain = [start, *(start.copy() for _ in range(IMAGES)), end]
    NEB(chain, allow_shared_calculator=True).interpolate(mic=mic)
    if "IDPP" in name:
        idpp_interpolate(chain, traj=None, log=None, mic=mic)
    return np.array([image.get_positions() for image in chain])


def highest_force(ends: Endpoints, positions_A: np.ndarray) -> str:
    """In eV/A, or "no SCF" if an image has no self-consistent field."""
    try:
        forces = [forces_of(atoms(ends, x), ends.start.properties["charge"]) for x in positions_A]
    except CalculationFailed:
        return "no SCF"
    return f"{np.linalg.norm(forces, axis=2).max():.1f}"


def forces_of(model: Atoms, charge: int) -> np.ndarray:
    """(n, 3) in eV/A; where the default mixing fails, by one that is damped more strongly."""
    from tblite.ase import TBLite

    settings = {"method": "GFN2-xTB", "charge": charge, "verbosity": 0}
    try:
        model.calc = TBLite(**settings, max_iterations=150)
        return np.asarray(model.get_forces())
    except CalculationFailed:
        model.calc = TBLite(**settings, mixer_damping=0.1)
        return np.asarray(model.get_forces())


def geometry(ends: Endpoints, positions_A: np.ndarray) -> str:
    """The closest contact between units, and the worst bond within one, on the inner images.

    Positions may be wrapped: each atom is first brought to the periodic image that is nearest
    to it on the image before.
    """
    lattice = ends.start.lattice
    chain = [ends.start.cart_coords]
    for image in positions_A[1:]:
        step = (image - chain[-1]) @ lattice.inv_matrix
        chain.append(chain[-1] + (step - np.rint(step)) @ lattice.matrix)
    contact = min(closest_contact(with_positions(ends.start, x)) for x in chain[1:-1])
    length = largest_bond_change(ends.start, np.array([*chain[:-1], chain[0]]))
    return f"{contact:.2f} A, {100 * length.share:.1f} %"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    forces = "--no-forces" not in sys.argv[1:]
    if forces and find_spec("tblite") is None:
        sys.exit("skipped: tblite is not installed (pip install tblite)")
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    print(f"| hop | ends | {' | '.join(PATHS)} |")
    print("|---" * (len(PATHS) + 2) + "|")
    for formula, phase, species in CASES:
        if wanted and f"{formula}:{species}" not in wanted:
            continue
        began = time.perf_counter()
        ends = ends_of(formula, phase, species)
        both = np.array([ends.start.cart_coords, ends.end.cart_coords])
        cells = [highest_force(ends, both) if forces else ""]
        for name in PATHS:
            try:
                positions = made(ends, name)
            except StructureError as error:
                cells.append(str(error))
                continue
            found = geometry(ends, positions)
            if forces:
                found = f"{highest_force(ends, positions[1:-1])} ({found})"
            cells.append(found)
        print(f"| {species} in {formula} | {' | '.join(cells)} |", flush=True)
        print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
