"""All that an engine was asked in a run, on the disk, so that a run that was killed goes on.

A search asks the same again when it begins anew, and is answered from here as far as it had come.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from perovdb.files.failures import cannot_be_written
from perovdb.files.reading import read_bytes

#: A question is the same if no atom is farther from where it was.
_SAME_A = 1e-7


class Trace:
    """An extended XYZ file with positions, energy and forces of every call, in their order."""

    def __init__(self, path: Path, symbols: list[str], lattice_A: np.ndarray) -> None:
        """Read what is there; a frame that was cut by a kill is left out.

        Args:
            path: of the file, which need not exist.
            symbols: (n,) elements.
            lattice_A: (3, 3) rows are the cell vectors.
        """
        self._path, self._symbols = path, symbols
        cell = " ".join(map(repr, map(float, np.ravel(lattice_A))))
        self._cell = f'Lattice="{cell}" Properties=species:S:1:pos:R:3:forces:R:3'
        self._frames, self._bytes = self._read()
        self._next = 0

    @property
    def known(self) -> int:
        """Calls that are on the disk and not yet asked for again."""
        return len(self._frames) - self._next

    def answer(self, positions_A: np.ndarray) -> tuple[float, np.ndarray, float] | None:
        """Energy, forces and seconds of the next call, if it was of these positions."""
        if not self.known:
            return None
        positions, energy, forces, seconds = self._frames[self._next]
        if np.abs(positions - positions_A).max() > _SAME_A:
            # Another search: what it would have asked for is of no use any more.
            self._frames, self._bytes = self._frames[: self._next], self._bytes[: self._next]
            return None
        self._next += 1
        return energy, forces, seconds

    def add(
        self, stage: str, positions_A: np.ndarray, energy_eV: float, forces: np.ndarray, s: float
    ) -> None:
        """Put a call on the disk.

        Args:
            stage: of the run.
            positions_A, energy_eV, forces: (n, 3), the energy, (n, 3) in eV/A.
            s: seconds that it took.

        Raises:
            InputError: the file cannot be written.
        """
        head = f"{self._cell} energy={energy_eV!r} stage={stage} seconds={s:.4f}"
        rows = [
            f"{symbol} {' '.join(map(repr, numbers))}"
            for symbol, numbers in zip(
                self._symbols, np.hstack([positions_A, forces]).tolist(), strict=True
            )
        ]
        text = "\n".join([str(len(rows)), head, *rows]) + "\n"
        place = sum(self._bytes)
        try:
            mode = "r+b" if self._path.exists() else "w+b"
            with open(self._path, mode) as handle:
                handle.truncate(place)
                handle.seek(place)
                handle.write(text.encode())
        except OSError as error:
            raise cannot_be_written(self._path, error) from error
        self._bytes.append(len(text.encode()))
        self._frames.append((positions_A.copy(), energy_eV, forces.copy(), s))
        self._next += 1

    def _read(self) -> tuple[list[tuple[np.ndarray, float, np.ndarray, float]], list[int]]:
        frames: list[tuple[np.ndarray, float, np.ndarray, float]] = []
        sizes: list[int] = []
        if not os.path.exists(self._path):
            return frames, sizes
        lines = read_bytes(self._path, "trajectory").splitlines(keepends=True)
        length = len(self._symbols) + 2
        for first in range(0, len(lines) - length + 1, length):
            frame = lines[first : first + length]
            try:
                words = dict(
                    word.split("=", 1) for word in frame[1].decode().split() if "=" in word
                )
                rows = [line.decode().split() for line in frame[2:]]
                numbers = np.array([row[1:] for row in rows], dtype=float)
                whole = frame[-1].endswith(b"\n") and [row[0] for row in rows] == self._symbols
                if int(frame[0]) != length - 2 or numbers.shape[1] != 6 or not whole:
                    break
                frames.append(
                    (
                        numbers[:, :3],
                        float(words["energy"]),
                        numbers[:, 3:],
                        float(words["seconds"]),
                    )
                )
            except (ValueError, KeyError, IndexError):
                break
            sizes.append(sum(map(len, frame)))
        return frames, sizes
