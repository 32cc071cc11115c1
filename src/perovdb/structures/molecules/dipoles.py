"""Dipoles of organic cations, alone and in a structure.

The dipole of an ion depends on the point about which it is taken: about one that lies s farther
on, it is less by the ion's charge times s. So every dipole here names its origin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.constants
from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.calculators.molecules import CENTRES
from perovdb.composition.registry import load_registry
from perovdb.errors import MissingData, StructureError, check_choice
from perovdb.store import queries
from perovdb.structures.arguments import checked
from perovdb.structures.molecules.geometry import RigidMolecule, load_molecule
from perovdb.structures.molecules.superposing import superpose
from perovdb.structures.units import units

#: One elementary charge times one angstrom in debye; a debye is 1e-21 C m^2/s over c.
DEBYE_PER_E_A = scipy.constants.e * scipy.constants.c * 1e11

#: Dipoles under this are none, in debye: the store's are given to 0.001.
NONE_D = 2e-3

#: A molecule of a structure is that of the store if its atoms agree to this on average, in
#: angstrom.
SAME_A = 0.3

_COLUMNS = {
    "mass": "dipole_mass_centre_D",
    "charge": "dipole_nuclear_charge_centre_D",
    "heavy": "dipole_heavy_centroid_D",
}


@answer
class Dipoles(Answer):
    """Dipoles of the organic cations of a structure, Cartesian, in debye.

    Attributes:
        origin: the point of each molecule about which its dipole is taken, a key of CENTRES.
        molecules: (m,) the number of each, as in the site property.
        ions: (m,) its species.
        vectors_D: (m, 3) its dipole, from the negative to the positive end.
    """

    origin: str
    molecules: np.ndarray
    ions: tuple[str, ...]
    vectors_D: np.ndarray

    @property
    def total_D(self) -> np.ndarray:
        """(3,) sum over the molecules; the ions' lattice adds to the crystal's polarisation."""
        return np.asarray(self.vectors_D.sum(axis=0))

    derived = ("total_D",)

    def _headline(self) -> str:
        total = ", ".join(f"{x:.3f}" for x in self.total_D)
        return f"{len(self.ions)} molecules, ({total}) D in all, about their {self.origin} centres"

    def rows(self) -> list[dict[str, Any]]:
        """One row for each molecule."""
        return [
            {"molecule": int(number), "ion": ion}
            | {f"{axis}_D": round(float(x), 6) for axis, x in zip("xyz", vector, strict=True)}
            for number, ion, vector in zip(self.molecules, self.ions, self.vectors_D, strict=True)
        ]


@checked
def molecular_dipole(species: str, origin: str = "mass") -> np.ndarray:
    """(3,) dipole of a free ion in debye, in the frame of `load_molecule`.

    The store holds its length about three origins o. The dipole vanishes about one point c, so
    that the lengths are q |c - o|: c is found from its distances to the three, in the symmetry
    axis or mirror plane in which they lie. Its direction needs no convention of sign.

    Args:
        species: the ion.
        origin: a key of CENTRES.

    Raises:
        InputError: there is no such origin.
        MissingData: the store has no geometry or no dipole of the ion, or one whose direction
            does not follow from its lengths.
    """
    check_choice(origin, CENTRES, "no origin of a dipole")
    molecule = load_molecule(species)
    lengths_D = _lengths(species)
    charge = load_registry().ion(species).charge
    origins_A = np.array([molecule.centre_A(name) for name in CENTRES])
    if lengths_D[0] < NONE_D:
        about_mass = np.zeros(3)
    else:
        about_mass = _direction(species, origins_A, lengths_D, charge) * lengths_D[0]
    shift_A = origins_A[list(CENTRES).index(origin)] - origins_A[0]
    dipole = about_mass - charge * DEBYE_PER_E_A * shift_A
    return np.asarray(np.where(np.abs(dipole) < 1e-4, 0.0, dipole))


def _lengths(species: str) -> np.ndarray:
    """(3,) lengths of the dipole about the centres, in their order."""
    row = queries.molecule(species)
    return np.array([float(row[_COLUMNS[name]]) for name in CENTRES])


def _direction(
    species: str, origins_A: np.ndarray, lengths_D: np.ndarray, charge: int
) -> np.ndarray:
    """(3,) unit vector of the dipole about the first origin.

    |c - o_k|^2 - |c - o_0|^2 is linear in c; the least c that solves it lies in the span of the
    origins, which is the symmetry axis or mirror plane.
    """
    if charge:
        distances_A = lengths_D / (abs(charge) * DEBYE_PER_E_A)
        apart = origins_A[1:] - origins_A[0]
        known = ((apart**2).sum(axis=1) - distances_A[1:] ** 2 + distances_A[0] ** 2) / 2
        centre, *_ = np.linalg.lstsq(apart, known, rcond=1e-3)
        length = float(np.linalg.norm(centre))
        # Another length than the store's would mean that c lies outside of the span.
        if abs(length - distances_A[0]) < 0.02 * distances_A[0]:
            return np.asarray(np.sign(charge) * centre / length)
    raise MissingData(
        f"The direction of the dipole of {species} does not follow from its lengths.",
        "Only its length is known.",
    )


def along_dipole(molecule: RigidMolecule) -> RigidMolecule:
    """The molecule with x along its dipole and z as near to where it was as can be; as it is,
    if it has no dipole.

    Raises:
        MissingData: its dipole is not known.
    """
    own = load_molecule(molecule.species)
    fit, error_A = superpose(own, molecule.elements, molecule.positions_A)
    if error_A > SAME_A:
        raise MissingData(
            f"The dipole of {molecule.species} in this geometry is not known.",
            "Take its long axis.",
        )
    dipole = fit.apply(molecular_dipole(molecule.species))
    length = np.linalg.norm(dipole)
    if not length:
        return molecule
    x = dipole / length
    normal = next(axis for axis in np.eye(3)[::-1] if abs(axis @ x) < 0.9)
    z = normal - (normal @ x) * x
    z /= np.linalg.norm(z)
    frame = np.column_stack([x, np.cross(z, x), z])
    return RigidMolecule(molecule.species, molecule.elements, molecule.positions_A @ frame)


@checked
def dipoles(structure: Structure, origin: str = "mass") -> Dipoles:
    """The dipoles of the organic cations of a structure.

    Each molecule of the store is laid on that of the structure and takes its dipole along.

    Args:
        structure: with the site properties role, ion and molecule.
        origin: a key of CENTRES.

    Raises:
        InputError: there is no such origin.
        MissingData: the dipole of a molecule is not known.
        StructureError: a molecule is not that of the store.
    """
    numbers = structure.site_properties.get("molecule", [])
    cations = [unit for unit in units(structure) if numbers[unit.atoms[0]] >= 0]
    free = {ion: molecular_dipole(ion, origin) for ion in {unit.ion for unit in cations}}
    shapes = {ion: load_molecule(ion) for ion in free}
    positions = structure.cart_coords
    vectors = []
    for unit in cations:
        elements = [structure[int(atom)].specie.symbol for atom in unit.atoms]
        fit, error_A = superpose(shapes[unit.ion], elements, positions[unit.atoms])
        if error_A > SAME_A:
            raise StructureError(
                f"{unit.ion} {numbers[unit.atoms[0]]} is not the {unit.ion} of the store: its "
                f"atoms lie {error_A:.2f} A from where they should.",
                "Its dipole is not known in this geometry; mend the molecule.",
            )
        vectors.append(fit.apply(free[unit.ion]))
    return Dipoles(
        origin=origin,
        molecules=np.array([numbers[unit.atoms[0]] for unit in cations], dtype=int),
        ions=tuple(unit.ion for unit in cations),
        vectors_D=np.array(vectors).reshape(-1, 3),
    )
