"""How the molecules of a structure are turned: rules by name.

A direction [uvw] is that of the Cartesian axes, on which the vectors of a cubic cell lie. What
points along it is the x axis of a molecule: of its long axis (of least inertia), the sense in
which its first atom stands, C of MA; or of its dipole, if the orientation says so.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from perovdb.calculators.molecules import CENTRES
from perovdb.errors import check_choice
from perovdb.structures.arguments import Options
from perovdb.structures.molecules.foreign import read_molecule
from perovdb.structures.molecules.geometry import RigidMolecule, from_record
from perovdb.structures.rotations import cube_rotations
from perovdb.structures.streams import stream

#: A geometry of one's own: an XYZ file or a SMILES string, a molecule, or what its `record` gave.
Geometry = str | os.PathLike[str] | RigidMolecule | Mapping[str, Any]

#: The rule by which molecules stand as in the crystal.
CRYSTAL = "crystal"

#: How the molecules of a structure are turned.
ORIENTATIONS = {
    CRYSTAL: "as the crystal holds them in order, where the store knows it; random where not",
    "random": "each molecule along a random <100> direction, rolled by quarter turns, by the seed",
    "aligned": "every molecule along [100]",
    "aligned-100": "every molecule along [100]",
    "aligned-110": "every molecule along [110]",
    "aligned-111": "every molecule along [111]",
    "random-free": "each molecule turned at random, all turns alike, by the seed",
    "antiferro": "checkerboard: along [100], each opposite to its six neighbours",
    "antiferro-100": "layers: along [010], opposite to the next along [100] only",
    "antiferro-010": "layers: along [001], opposite to the next along [010] only",
    "antiferro-001": "layers: along [100], opposite to the next along [001] only",
    "columnar": "columns: along [001], parallel in a column along it, opposite to the next column",
    "columnar-100": "columns: as columnar, along [100]",
    "columnar-010": "columns: as columnar, along [010]",
    "columnar-001": "columns: as columnar, along [001]",
}

_NO_RULE = "not a rule for the orientation of molecules"

#: What of a molecule points as the rule says.
POINTING = {
    "long": "its axis of least inertia",
    "dipole": "its dipole, from the negative to the positive end",
}

#: The direction in which the molecules of a rule point.
_DIRECTIONS = {
    "antiferro": "100",
    "antiferro-100": "010",
    "antiferro-010": "001",
    "antiferro-001": "100",
    "columnar": "001",
}

#: Half a turn about the normal of a molecule: reverses its long axis, and its dipole with it,
#: which in all molecules of the store lies in the plane of its heavy atoms.
_REVERSED = np.diag([-1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Orientation(Options):
    """How organic cations are turned and put on their sites.

    Attributes:
        rule: a key of ORIENTATIONS.
        pointing: what of a molecule points as the rule says, a key of POINTING; a molecule
            without a dipole keeps to its long axis.
        centre: what of a molecule stands on its site, a key of CENTRES.
        molecules: species -> geometry, instead of that of the store or beyond it: an XYZ file or
            a SMILES string, see `read_molecule`, or a molecule; kept as `RigidMolecule.record`
            gives it.

    Raises:
        InputError: there is no such rule, pointing or centre, or a geometry cannot be used.
        UnknownSpecies, MissingData: as for `read_molecule`.

    >>> Orientation("aligned-110", pointing="dipole").as_dict()
    {'rule': 'aligned-110', 'pointing': 'dipole'}
    """

    rule: str = "random"
    pointing: str = "long"
    centre: str = "mass"
    molecules: Mapping[str, Geometry] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check_choice(self.rule, ORIENTATIONS, _NO_RULE)
        check_choice(self.pointing, POINTING, "no axis of a molecule")
        check_choice(self.centre, CENTRES, "not a centre of a molecule")
        records = {name: _molecule(name, one).record() for name, one in self.molecules.items()}
        object.__setattr__(self, "molecules", records)

    @property
    def shapes(self) -> dict[str, RigidMolecule]:
        """The geometries of `molecules`, by species."""
        return {name: _molecule(name, one) for name, one in self.molecules.items()}


def _molecule(species: str, geometry: Geometry) -> RigidMolecule:
    if isinstance(geometry, RigidMolecule):
        return geometry
    if isinstance(geometry, Mapping):
        return from_record(species, geometry)
    return read_molecule(geometry, species)


def orientations(
    rule: str, count: int, seed: int, reversed_ones: np.ndarray | None = None
) -> np.ndarray:
    """(count, 3, 3) rotations of the molecules of a structure.

    Args:
        rule: a key of ORIENTATIONS.
        count: how many molecules.
        seed: of the random rules.
        reversed_ones: (count,) which molecules stand the other way round, of the rules that
            alternate; `alternation.alternate` tells.

    Raises:
        InputError: there is no such rule.
    """
    check_choice(rule, ORIENTATIONS, _NO_RULE)
    # A stream of its own: the ordering of the sites draws from another one.
    generator = stream(seed, 1)
    if rule in ("random", CRYSTAL):
        rotations = cube_rotations()
        return np.asarray(rotations[generator.integers(len(rotations), size=count)])
    if rule == "random-free":
        # The direction of four normal numbers is that of a uniform quaternion.
        quaternions = generator.normal(size=(count, 4))
        return np.asarray(Rotation.from_quat(quaternions).as_matrix()).reshape(count, 3, 3)
    turns = np.repeat(pointing(_DIRECTIONS.get(rule, rule[-3:]))[None], count, axis=0)
    if reversed_ones is not None:
        turns[reversed_ones] = turns[reversed_ones] @ _REVERSED
    return turns


def pointing(direction: str) -> np.ndarray:
    """(3, 3) rotation that turns the x axis into a direction.

    Args:
        direction: "100", "010", "001", "110" or "111"; any other text stands for "100".
    """
    if direction == "110":
        return np.asarray(_frame([1, 1, 0], [0, 0, 1]))
    if direction == "111":
        return np.asarray(_frame([1, 1, 1], [1, -1, 0]))
    # The cyclic exchanges of the axes: x becomes y, or z.
    turn = {"010": 1, "001": 2}.get(direction, 0)
    return np.roll(np.eye(3), turn, axis=0)


def _frame(along: list[int], normal: list[int]) -> np.ndarray:
    """Rotation with x going to `along` and z to `normal`, which are at right angles."""
    x, z = (np.array(v) / np.linalg.norm(v) for v in (along, normal))
    return np.column_stack([x, np.cross(z, x), z])
