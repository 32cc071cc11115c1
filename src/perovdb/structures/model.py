"""Models as answers: a structure, or all that are distinct, with what a user wants to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.structures import history
from perovdb.structures.cell_shapes import minimum_image_A
from perovdb.structures.files.writing import as_text
from perovdb.structures.units import closest_contact, ion_formula

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More models than this are listed only as far as the first few, unless they are in files.
MOST_LISTED = 200
FIRST_LISTED = 20

_UNBRACKETED = str.maketrans("", "", "()")


@answer
class Model(Answer):
    """A structure and what can be said of it.

    Attributes:
        structure: with its history.
        multiplicity: how many orderings, or choices of places for defects, are equivalent to it,
            itself counted; None where they were not counted.
        file: that it was written to.
    """

    structure: Structure
    multiplicity: int | None = None
    file: str | None = None

    derived = (
        "formula",
        "n_atoms",
        "charge",
        "lattice_A",
        "angles_deg",
        "minimum_image_A",
        "closest_contact_A",
        "history",
        "notes",
    )

    @property
    def formula(self) -> str:
        """Ions and their numbers, such as Cs8Cd2Pb6Br24."""
        return ion_formula(self.structure)

    @property
    def n_atoms(self) -> int:
        """Atoms in the cell."""
        return len(self.structure)

    @property
    def charge(self) -> int:
        """Net formal charge of the cell, in e."""
        return history.charge_of(self.structure)

    @property
    def lattice_A(self) -> tuple[float, ...]:
        """Lengths of the three cell vectors."""
        return tuple(round(float(length), 6) for length in self.structure.lattice.abc)

    @property
    def angles_deg(self) -> tuple[float, ...]:
        """Angles between them: alpha, beta, gamma."""
        return tuple(round(float(angle), 6) for angle in self.structure.lattice.angles)

    @property
    def minimum_image_A(self) -> float | None:
        """The shortest distance between a point and its periodic images; None if nothing
        repeats."""
        lattice = self.structure.lattice
        if not any(lattice.pbc):
            return None
        along_a, along_b, along_c = map(bool, lattice.pbc)
        return round(minimum_image_A(lattice.matrix, (along_a, along_b, along_c)), 6)

    @property
    def closest_contact_A(self) -> float:
        """The shortest distance between atoms of different ions or molecules, up to 4 A."""
        return round(closest_contact(self.structure), 6)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The steps that made it."""
        return history.history_of(self.structure)

    @property
    def notes(self) -> list[str]:
        """What a user should know, of all steps."""
        return history.notes(self.structure)

    def rows(self) -> list[dict[str, Any]]:
        """One row: formula, charge, cell, closest contact."""
        return [
            {
                "file": self.file,
                "multiplicity": self.multiplicity,
                "formula": self.formula,
                "n_atoms": self.n_atoms,
                "charge": self.charge,
                **dict(zip(("a_A", "b_A", "c_A"), self.lattice_A, strict=True)),
                **dict(zip(("alpha_deg", "beta_deg", "gamma_deg"), self.angles_deg, strict=True)),
                "minimum_image_A": self.minimum_image_A,
                "closest_contact_A": self.closest_contact_A,
                "notes": "; ".join(self.notes),
            }
        ]

    def plot(self, ax: Axes | None = None, *, axis: str = "c") -> Axes:
        """The atoms, seen along a cell vector, see `perovdb.plots.structure`."""
        from perovdb.plots import structure

        return structure(self.structure, ax, axis=axis)

    def _headline(self) -> str:
        return (
            f"{self.formula}, {self.n_atoms} atoms, charge {self.charge:+d}, closest contact "
            f"{self.closest_contact_A:.2f} A"
        )

    def _lines(self) -> list[str]:
        head = f"{self.file}: {self._headline()}" if self.file else self._headline()
        steps = [f"  {step['text']}" for step in self.history]
        return [head, *steps, *self._note_lines()]


@answer
class Models(Answer):
    """One model of each set that symmetry makes equivalent.

    Attributes:
        models: with their multiplicities.
        of: what is counted: "orderings" of shared sites, or "choices" of places for defects.
    """

    models: tuple[Model, ...]
    of: str = "orderings"

    derived = ("total", "notes")

    def __len__(self) -> int:
        return len(self.models)

    def __iter__(self) -> Iterator[Model]:
        return iter(self.models)

    def __getitem__(self, number: int) -> Model:
        return self.models[number]

    @property
    def total(self) -> int:
        """How many there are, equivalent ones included: the sum of the multiplicities."""
        return sum(model.multiplicity or 1 for model in self.models)

    @property
    def notes(self) -> list[str]:
        """The notes that all models share; each has its own besides."""
        every = [model.notes for model in self.models]
        first = every[0] if every else []
        return [note for note in first if all(note in others for others in every)]

    def files(self) -> dict[str, str]:
        """File name -> POSCAR of each model, in their order.

        Raises:
            StructureError: as `as_text`.
        """
        digits = len(str(len(self.models)))
        # Brackets would have to be quoted in a shell.
        return {
            f"{model.formula.translate(_UNBRACKETED)}-{number:0{digits}d}.vasp": as_text(
                model.structure, "poscar"
            )
            for number, model in enumerate(self.models, 1)
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each model, as of `Model`."""
        return [row for model in self.models for row in model.rows()]

    def _headline(self) -> str:
        return f"{len(self.models)} distinct of {self.total} {self.of}"

    def _table(self) -> list[dict[str, Any]]:
        shown = self.models
        if len(shown) > MOST_LISTED and shown[0].file is None:
            shown = shown[:FIRST_LISTED]
        return [
            {
                "file": model.file,
                "multiplicity": model.multiplicity,
                "formula": model.formula,
                "n_atoms": model.n_atoms,
                "charge": model.charge,
                "closest_contact_A": round(model.closest_contact_A, 2),
            }
            for model in shown
        ]

    def _lines(self) -> list[str]:
        rows = self._table()
        some = len(rows) < len(self.models)
        return [
            *table(rows),
            *[f"  ... the first {len(rows)}; write all with -o DIR"] * some,
            f"  {self._headline()}",
            *self._note_lines(),
        ]
