"""The lengths of a layered model: those of a measured n = 1 phase, scaled to other ions.

Only one all-inorganic Ruddlesden-Popper phase is in the store with its positions, Cs2PbI2Cl2
(Li et al., J. Am. Chem. Soc. 140, 11085 (2018)), so every other cell is derived from it:

* in the plane, and from layer to layer inside a slab, B-B is the pseudo-cubic parameter a of the
  perovskite ABX3 of the same ions, and octahedra inside are regular (B-X = a / 2);
* the face of a slab is the template's. Its A ion sinks towards the slab, to a height over the
  last B plane that is the template's times a / a(CsPbCl3), since in the template its neighbours
  there are Cl. The bond to the apical halide, and the gap from the A ion of one slab straight
  across to the apical halide of the next, are the template's times a' / a(CsPbI3), with a' of the
  perovskite of the apical halide, since both end at I. The divisors are those of the template's
  temperature.

So c of an n-layer phase is 2 (n - 1) a plus twice the sum of bond, height and gap: derived, a
starting point for a relaxation, also for n = 2, 3, ..., of which the store has no cell. The
template itself comes back as measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.mixing import perovskite_lattice
from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, MissingData
from perovdb.store import queries
from perovdb.structures.crystals import Crystal

TEMPLATE = "Cs2PbCl2I2"
TEMPLATE_PHASE = "Ruddlesden-Popper n=1"

#: Lattice parameters in angstrom that a user may ask for.
POSSIBLE_A = (3.0, 12.0)


@dataclass(frozen=True)
class Face:
    """An AX plane at the face of a slab, and how near ions of two slabs come to each other.

    Attributes:
        apical_A: height of the apical X over the last B plane.
        a_site_A: height of the A ion over the last B plane.
        across_A: from an A ion to the X of the next slab.
    """

    apical_A: float
    a_site_A: float
    across_A: float

    @property
    def interlayer_A(self) -> float:
        """From the last B plane of a slab to the first of the next, X over A."""
        return self.apical_A + self.a_site_A + self.across_A


@dataclass(frozen=True)
class Lengths:
    """The lengths of a layered model.

    Attributes:
        a_A: B-B distance in the plane and from layer to layer, pseudo-cubic.
        face: the AX plane at a face.
        origin: where they come from, for people.
    """

    a_A: float
    face: Face
    origin: str


class Template(NamedTuple):
    """The measured n = 1 phase.

    Attributes:
        a_A: its lattice parameter in the plane.
        face: its AX plane.
        ions: the ion on "A", "B", "apical" and "equatorial".
        temperature_K: of the measurement.
    """

    a_A: float
    face: Face
    ions: Mapping[str, str]
    temperature_K: float


def template() -> Template:
    """The measured n = 1 phase of the store, taken apart into lengths.

    Raises:
        MissingData: it is not there.
    """
    cell = average_cell(TEMPLATE, TEMPLATE_PHASE)
    row = next(row for row in queries.phases(TEMPLATE) if row["phase"] == TEMPLATE_PHASE)
    roles = np.array(cell.roles)
    ions = np.array([next(iter(shares)) for shares in cell.occupants])
    # Seen from a B ion: the nearest A ion is beside and over it, X in its plane or straight over.
    from_b = cell.fractional - cell.fractional[roles == "B"][0]
    steps_A = np.abs((from_b - np.round(from_b)) @ cell.lattice_A)
    apical = (roles == "X") & (np.hypot(steps_A[:, 0], steps_A[:, 1]) < 1e-3)
    apical_A, a_site_A = (float(steps_A[here, 2].min()) for here in (apical, roles == "A"))
    across_A = float(cell.lattice_A[2, 2] / 2) - apical_A - a_site_A
    kinds = {"A": roles == "A", "B": roles == "B", "apical": apical}
    kinds["equatorial"] = (roles == "X") & ~apical
    return Template(
        float(cell.lattice_A[0, 0]),
        Face(apical_A, a_site_A, across_A),
        {name: str(ions[here][0]) for name, here in kinds.items()},
        float(row["temperature_K"]),
    )


def lengths(
    parent: Composition,
    apical: Mapping[str, float],
    crystal: Crystal,
    interlayer_A: float | None = None,
) -> Lengths:
    """The lengths of a layered model, by the rule of this module.

    Args:
        parent: the ions on A, B and on X inside the slabs.
        apical: halide -> fraction of the sites at the faces; empty for the parent's.
        crystal: temperature, and the lattice parameter, by default that of the perovskite of these
            ions. For a composition that the store has no cell of, give it.
        interlayer_A: from the last B plane of a slab to the first of the next, in angstrom; by
            default as in the template, scaled. For cations larger than Cs, give it.

    Raises:
        InputError: a length cannot be used.
        MissingData: the store has no cell of the perovskite at this temperature.
    """
    model = template()
    a_parent_A, where = _lattice_parameter(parent, crystal)
    a_apical_A = a_parent_A
    if apical and dict(apical) != dict(parent.X):
        a_apical_A *= (
            perovskite_lattice(with_halides(parent, apical), crystal.temperature_K).a_pseudocubic_A
            / perovskite_lattice(parent, crystal.temperature_K).a_pseudocubic_A
        )
    times_slab = a_parent_A / _template_perovskite_A(model, "equatorial")
    times_face = a_apical_A / _template_perovskite_A(model, "apical")
    face = Face(
        apical_A=model.face.apical_A * times_face,
        a_site_A=model.face.a_site_A * times_slab,
        across_A=model.face.across_A * times_face,
    )
    return Lengths(
        a_A=a_parent_A,
        face=_opened(face, interlayer_A),
        origin=f"a = {a_parent_A:.4f} A {where}; faces of {TEMPLATE}, A heights times "
        f"{times_slab:.4f}, apical bonds and gaps times {times_face:.4f}",
    )


def _template_perovskite_A(model: Template, halide: str) -> float:
    """Lattice parameter of the perovskite of the template's ions and one of its halides."""
    ions = model.ions
    amounts = {ions["A"]: 1.0, ions["B"]: 1.0, ions[halide]: 3.0}
    pure = Composition.from_amounts(amounts, load_registry())
    return perovskite_lattice(pure, model.temperature_K).a_pseudocubic_A


def measured_lengths(parent: Composition, apical: Mapping[str, float]) -> Lengths | None:
    """The template's own lengths, if these are its ions, each alone on its sites; else None."""
    model = template()
    shares_of = {
        "A": parent.A,
        "B": parent.B,
        "equatorial": parent.X,
        "apical": apical or parent.X,
    }
    if any(list(shares) != [model.ions[name]] for name, shares in shares_of.items()):
        return None
    return Lengths(model.a_A, model.face, f"{TEMPLATE} as measured at {model.temperature_K:g} K")


def with_halides(parent: Composition, halides: Mapping[str, float]) -> Composition:
    """The perovskite with other halides.

    Raises:
        UnknownSpecies, FormulaError: they are no halides, or no fractions.
    """
    amounts = {**parent.A, **parent.B, **{ion: 3 * share for ion, share in halides.items()}}
    return Composition.from_amounts(amounts, load_registry())


def _lattice_parameter(parent: Composition, crystal: Crystal) -> tuple[float, str]:
    """The lattice parameter in angstrom, and where it is from."""
    if crystal.a_A is None:
        try:
            known = perovskite_lattice(parent, crystal.temperature_K)
        except MissingData as error:
            raise MissingData(error.what, f"{error.mend} Or give a lattice parameter.") from error
        where = f"of {parent.formula} at {crystal.temperature_K:g} K ({known.method})"
        return known.a_pseudocubic_A, where
    low, high = POSSIBLE_A
    if not low <= crystal.a_A <= high:
        raise InputError(
            f"A lattice parameter of {crystal.a_A:g} A cannot be.",
            f"Give one of {low:g} to {high:g} angstrom.",
        )
    return crystal.a_A, "as given"


def _opened(face: Face, interlayer_A: float | None) -> Face:
    if interlayer_A is None:
        return face
    across_A = interlayer_A - face.apical_A - face.a_site_A
    if not 2.0 <= across_A <= 60.0:
        least = face.apical_A + face.a_site_A + 2.0
        raise InputError(
            f"With {interlayer_A:g} A between the B planes, A and X of facing slabs are "
            f"{across_A:.2f} A apart.",
            f"Give {least:.1f} A or more; the template's, scaled, is {face.interlayer_A:.2f} A.",
        )
    return replace(face, across_A=across_A)
