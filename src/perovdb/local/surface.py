"""The energy of some atoms as a function of where they are; every call is counted and kept."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from perovdb.errors import PerovdbError, ResultError
from perovdb.files.reading import reason
from perovdb.local.trace import Trace

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

#: Told after every call: the stage, calls so far, energy in eV, largest force in eV/A.
Progress = Callable[[str, int, float, float], None]


class Surface:
    """Energies and slopes of one set of atoms by a calculator.

    Attributes:
        calls: how often the calculator was asked, by stage; what the trace answered counts too.
        seconds: CPU time that it took.
        lowest_eV: of all energies seen.
    """

    def __init__(
        self,
        atoms: Atoms,
        calculator: Callable[[], Calculator],
        trace: Trace | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Prepare it; nothing is computed yet.

        Args:
            atoms: the elements, the cell and what the calculator reads of `info`.
            calculator: makes one, when the first call comes that the trace does not answer.
            trace: of the run.
            progress: told after every call.
        """
        self.atoms = atoms.copy()
        self._make, self._trace, self._progress = calculator, trace, progress
        self._stage = ""
        self.calls: Counter[str] = Counter()
        self.seconds = 0.0

    @property
    def count(self) -> int:
        """Calls in all."""
        return self.calls.total()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What is asked inside counts for this stage."""
        before, self._stage = self._stage, name
        try:
            yield
        finally:
            self._stage = before

    def __call__(self, positions_A: np.ndarray) -> tuple[float, np.ndarray]:
        """Energy in eV and its slope (n, 3) in eV/A, without that of a shift of all atoms.

        Raises:
            ResultError: the calculator fails, or gives no numbers.
        """
        known = self._trace.answer(positions_A) if self._trace else None
        energy, forces, seconds = known or self._computed(positions_A)
        self.calls[self._stage] += 1
        self.seconds += seconds
        if self._progress:
            largest = float(np.linalg.norm(forces, axis=1).max())
            self._progress(self._stage, self.count, energy, largest)
        return energy, np.asarray(forces.mean(axis=0) - forces)

    def pressure_GPa(self, positions_A: np.ndarray) -> float | None:
        """Of the cell; None if the calculator gives no stress."""
        from ase.units import GPa

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._at(positions_A)
                stress = np.asarray(self.atoms.get_stress(voigt=True), dtype=float)
        # What a calculator without stress raises differs from one to the next.
        except Exception:
            return None
        return float(-stress[:3].mean() / GPa)

    def _at(self, positions_A: np.ndarray) -> None:
        if self.atoms.calc is None:
            self.atoms.calc = self._make()
        self.atoms.set_positions(positions_A)

    def _computed(self, positions_A: np.ndarray) -> tuple[float, np.ndarray, float]:
        if self.atoms.calc is None:
            self._at(positions_A)
        began = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._at(positions_A)
                forces = np.asarray(self.atoms.get_forces(), dtype=float)
                energy = float(self.atoms.get_potential_energy())
        except PerovdbError:
            raise
        except Exception as error:  # engines raise whatever they fall over
            raise ResultError(
                f"The engine fails at {self._stage}: {type(error).__name__}: {reason(error)}.",
                "It may not know these elements, or atoms came too near: take another engine, or "
                "look at the steps in the folder.",
            ) from error
        seconds = time.process_time() - began
        if not (np.isfinite(energy) and np.isfinite(forces).all()):
            raise ResultError(
                f"The engine gives no number for an energy or a force at {self._stage}.",
                "Atoms came too near each other, or it does not know them: take another engine, "
                "or look at the steps in the folder.",
            )
        if self._trace:
            self._trace.add(self._stage, positions_A, energy, forces, seconds)
        return energy, forces, seconds
