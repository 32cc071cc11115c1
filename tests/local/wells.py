"""A tiny calculator with a barrier that is known: wells along a hop, springs for all else."""

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

SPRING_EV_A2 = 1.5


class Wells(Calculator):
    """The mover in V(q), q from -1 at the start to 1 at the end; all other atoms on springs.

    `energy` gives V and its slope in q.
    """

    implemented_properties = ["energy", "forces"]  # noqa: RUF012  # ASE's own form

    def __init__(self, ends, energy, noise_eV_A=0.0):
        super().__init__()
        self.start, self.mover = ends.start.cart_coords, int(ends.mover[0])
        self.cell = ends.start.lattice.matrix
        self.half = np.asarray(ends.vector_A) / 2
        self.energy, self.noise, self.count = energy, noise_eV_A, 0

    def calculate(self, atoms=None, properties=None, system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        self.count += 1
        gone = atoms.positions - self.start
        others = np.delete(np.arange(len(gone)), self.mover)
        fractional = gone @ np.linalg.inv(self.cell)
        fractional[others] -= np.rint(fractional[others])
        gone = fractional @ self.cell
        # Nothing depends on a shift of all atoms.
        here = gone - gone[others].mean(axis=0)
        slope = SPRING_EV_A2 * here
        energy = 0.5 * SPRING_EV_A2 * (here[others] ** 2).sum()
        length = np.linalg.norm(self.half)
        along = self.half / length
        q = here[self.mover] @ along / length - 1
        across = here[self.mover] - (here[self.mover] @ along) * along
        height, steep = self.energy(q)
        energy += height + 0.5 * SPRING_EV_A2 * (across**2).sum()
        slope[self.mover] = SPRING_EV_A2 * across + steep * along / length
        slope[others] -= slope.sum(axis=0) / len(others)
        forces = -slope
        if self.noise:
            forces = forces + np.random.default_rng(self.count).normal(
                scale=self.noise, size=forces.shape
            )
        self.results = {"energy": float(energy), "forces": forces}


def double(height_eV, tilt_eV=0.0):
    """Two wells with a barrier between; the last end is higher by the tilt."""

    def energy(q):
        return (
            height_eV * (q**2 - 1) ** 2 + tilt_eV * (q + 1) / 2,
            4 * height_eV * q * (q**2 - 1) + tilt_eV / 2,
        )

    return energy


def triple(height_eV, depth_eV=0.0):
    """Three wells: a minimum half-way, lower than the ends by the depth."""

    def energy(q):
        wave = np.pi * (q + 1)
        return (
            height_eV * np.sin(wave) ** 2 - depth_eV * (1 - q**2) ** 2,
            height_eV * np.pi * np.sin(2 * wave) + 4 * depth_eV * q * (1 - q**2),
        )

    return energy


def single(stiff_eV):
    """One well, at the start: the last end is none."""

    def energy(q):
        return stiff_eV * (q + 1) ** 2 / 2, stiff_eV * (q + 1)

    return energy
