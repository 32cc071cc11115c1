"""Take halide or A ions off the surface of a particle or slab."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError
from perovdb.structures.arguments import checked
from perovdb.structures.charges import charge_of_units, unit_charge
from perovdb.structures.defects.editing import edit
from perovdb.structures.history import charge_of, record
from perovdb.structures.particles.charge_balance import surface_groups
from perovdb.structures.particles.report import surface_network
from perovdb.structures.particles.spreading import spread


@checked
def surface_vacancies(
    structure: Structure,
    *,
    ion: str,
    count: int,
    pairs: bool = False,
) -> Structure:
    """A particle without some A or X ions of its surface.

    Those with the fewest B neighbours go first, corners before edges before faces, spread evenly.

    Args:
        structure: a particle as built by perovdb.
        ion: an A or X ion of it.
        count: how many.
        pairs: with each one take out the nearest surface ion of the opposite charge, so that the
            particle keeps its charge; otherwise it takes the charge that the vacancies leave.

    Raises:
        UnknownSpecies: the ion is not known.
        InputError: it stands on B, or the count is not positive.
        StructureError: the surface has not so many.
    """
    species = load_registry().ion(ion)
    if species.site not in ("A", "X"):
        raise InputError(f"{ion} is not an A or X ion.", "Give such as Cs or Br.")
    if count < 1:
        raise InputError(f"{count!r} vacancies cannot be made.", "Give a number from 1 on.")
    every, network = surface_network(structure)
    everywhere = np.ones(len(every), dtype=bool)
    gone: list[int] = []
    for group in surface_groups(network, everywhere, species.site):
        mine = group[[every[i].ion == species.species for i in group]]
        positions_A = network.positions_A
        chosen = spread(positions_A[mine], count - len(gone), positions_A[gone], structure.lattice)
        gone += [int(i) for i in mine[chosen]]
    if len(gone) < count:
        raise StructureError(
            f"The surface has {len(gone)} {species.species} to take out, not {count}.",
            "Ask for fewer.",
        )
    partners: list[int] = []
    if pairs:
        other = "X" if species.site == "A" else "A"
        surface = [i for group in surface_groups(network, everywhere, other) for i in group]
        for index in gone:
            left = [
                i
                for i in surface
                if i not in partners and unit_charge(every[i]) == -species.charge
            ]
            if not left:
                raise StructureError(
                    f"The surface has no {other} of charge {-species.charge:+d} left for a pair.",
                    "Ask for fewer, or without pairs.",
                )
            places = structure.lattice.get_fractional_coords(network.positions_A[[index, *left]])
            away = structure.lattice.get_all_distances(places[:1], places[1:])[0]
            partners.append(int(left[int(np.argmin(np.round(away, 6)))]))
    out = [every[i] for i in [*gone, *partners]]
    charge = charge_of(structure) - charge_of_units(out)
    made = edit(structure, out, [], "", 0)
    with_pairs = f" with {len(partners)} partners" if pairs else ""
    return record(
        made,
        "surface_vacancies",
        {"ion": species.species, "count": count, "pairs": pairs},
        f"{count} {species.species} taken off the surface{with_pairs}, charge {charge:+d}",
        charge=charge,
        before=structure,
    )
