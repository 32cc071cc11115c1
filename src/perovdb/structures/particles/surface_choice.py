"""Halide or A ions of the surface of a particle or slab, for vacancies."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import InputError, StructureError
from perovdb.structures.charges import unit_charge
from perovdb.structures.particles.charge_balance import surface_groups
from perovdb.structures.particles.report import surface_network
from perovdb.structures.particles.spreading import spread


def at_surface(structure: Structure, ion: str, count: int) -> np.ndarray:
    """(count,) numbers of the units of an A or X ion with the fewest B neighbours, corners before
    edges before faces, spread evenly.

    Args:
        structure: a particle or a slab.
        ion: as the structure names it.
        count: how many.

    Raises:
        InputError: it stands on B.
        StructureError: the surface has not so many.
    """
    every, network = surface_network(structure)
    role = next(unit.role for unit in every if unit.ion == ion)
    if role not in ("A", "X"):
        raise InputError(f"{ion} is not an A or X ion.", "Give such as V_Cs or V_Br.")
    positions_A = network.positions_A
    chosen: list[int] = []
    for group in surface_groups(network, np.ones(len(every), dtype=bool), role):
        mine = group[[every[i].ion == ion for i in group]]
        more = spread(
            positions_A[mine], count - len(chosen), positions_A[chosen], structure.lattice
        )
        chosen += [int(i) for i in mine[more]]
    if len(chosen) < count:
        raise StructureError(
            f"The surface has {len(chosen)} {ion} to take out, not {count}.", "Ask for fewer."
        )
    return np.array(chosen)


def surface_partners(structure: Structure, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """Ion -> numbers of the units that make up for the charge of chosen ones: for each the nearest
    ion of the surface with the opposite charge.

    Raises:
        StructureError: the surface has not enough of them.
    """
    every, network = surface_network(structure)
    everywhere = np.ones(len(every), dtype=bool)
    partners: dict[str, list[int]] = {}
    taken: set[int] = set()
    for number in chosen.tolist():
        charge = unit_charge(every[number])
        other = "X" if every[number].role == "A" else "A"
        free = [
            int(i)
            for group in surface_groups(network, everywhere, other)
            for i in group
            if i not in taken and unit_charge(every[i]) == -charge
        ]
        if not free:
            raise StructureError(
                f"The surface has no {other} of charge {-charge:+d} left for a pair.",
                "Ask for fewer, or without partners.",
            )
        places = structure.lattice.get_fractional_coords(network.positions_A[[number, *free]])
        away = structure.lattice.get_all_distances(places[:1], places[1:])[0]
        nearest = free[int(np.argmin(np.round(away, 6)))]
        taken.add(nearest)
        partners.setdefault(every[nearest].ion, []).append(nearest)
    return {ion: np.array(numbers) for ion, numbers in partners.items()}
