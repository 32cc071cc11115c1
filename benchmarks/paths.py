"""IDPP path of an iodide hop, 39 atoms, 5 images: ours and ASE's, at equal objective."""

import time
import warnings

import numpy as np
from ase import Atoms
from ase.mep.neb import idpp_interpolate

from perovdb.calculators.average_cell import average_cell
from perovdb.migration.endpoints import endpoints
from perovdb.migration.hops import hops_in_cell
from perovdb.migration.idpp import PairPotential
from perovdb.migration.paths import interpolate_path
from perovdb.store import open_store
from perovdb.structures.builder import fill

IMAGES = 5

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    store = open_store()
    cell = average_cell("CsPbI3", "alpha")
    host = fill(cell, (2, 2, 2), 0, "random", store)
    ends = endpoints(host, hops_in_cell(cell, "I", store)[0], cell, (2, 2, 2), store)
    start, end = ends.start.cart_coords, ends.end.cart_coords
    fractions = np.linspace(0, 1, IMAGES + 2)[1:-1]
    objective = PairPotential(ends.start.lattice.matrix, start, end, fractions)

    began = time.perf_counter()
    positions, residual = interpolate_path(ends, IMAGES)
    ours = time.perf_counter() - began

    symbols = [site.specie.symbol for site in ends.start]
    line = start + fractions[:, None, None] * (end - start)
    chain = [
        Atoms(symbols, x, cell=ends.start.lattice.matrix, pbc=True) for x in (start, *line, end)
    ]
    began = time.perf_counter()
    idpp_interpolate(chain, traj=None, log=None, fmax=0.01, mic=True)
    theirs = time.perf_counter() - began
    reached = objective.value(np.array([image.get_positions() for image in chain[1:-1]]))
    value = objective.value(positions[1:-1])
    print(f"ours  {ours:7.3f} s, objective {value:.6f}, left {residual:.0e} A")
    print(f"ASE   {theirs:7.3f} s, objective {reached:.6f}, fmax 0.01")
    print(f"ratio {theirs / ours:.0f} x")
