"""From energies of charged defects to levels, the Fermi level and concentrations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from perovdb.answers import Answer
from perovdb.answers.tables import table
from perovdb.calculators.defect_energies.formation import (
    ChargeState,
    band_states,
    fermi_level_eV,
    formation_eV,
    transition_levels,
)
from perovdb.calculators.defect_energies.stability import Vertex, stability_polygon
from perovdb.calculators.kinetics.arrhenius import K_B_EV, temperatures
from perovdb.composition import Composition, as_composition
from perovdb.errors import InputError, OutOfRange

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STATE = re.compile(r"([A-Za-z]+)_([A-Za-z]+):([+-]?\d{1,2})")

#: More of the sites than this are not dilute.
_DILUTE = 0.01

#: A usual volume of a formula unit, for holes and electrons.
_VOLUME_A3 = 250.0

_BASIS = (
    "energies as given: the functional, spin-orbit coupling and tilts move levels by tenths of an "
    "eV, and a cubic cell of CsPbI3 or MAPbI3 is statically unstable"
)


@dataclass(frozen=True, repr=False, eq=False)
class DefectLevels(Answer):
    """Defects of a compound in equilibrium.

    Attributes:
        formula: the host.
        states: defects in their charge states.
        limit: phases that stand beside the host at the chemical potentials; "given references"
            where the energies of the compounds are not known.
        potentials_eV: of the units A, B and X.
        corners: all corners of the region of stability; empty without the compounds' energies.
        gap_eV: of the host, as the energies were computed.
        temperature_K: of the concentrations.
        fermi_eV: above the valence band; None where nothing balances.
        notes: what a user should know.
    """

    formula: str
    states: tuple[ChargeState, ...]
    limit: str
    potentials_eV: tuple[float, float, float]
    corners: tuple[Vertex, ...]
    gap_eV: float
    temperature_K: float
    fermi_eV: float | None
    notes: tuple[str, ...] = ()

    def formation_eV(self, state: ChargeState, fermi_eV: ArrayLike = 0.0) -> np.ndarray:
        """Formation energy at Fermi levels (n,), at the potentials of the answer."""
        at_edge = formation_eV(state, self.potentials_eV)
        return np.asarray(at_edge + state.charge * np.asarray(fermi_eV, dtype=float))

    def rows(self) -> list[dict[str, Any]]:
        """One row for each charge state; the level leads to the next lower charge."""
        kT = K_B_EV * self.temperature_K
        rows = []
        for state in self.states:
            same = [other for other in self.states if other.name == state.name]
            level = {q: (after, e) for q, after, e in transition_levels(same)}.get(state.charge)
            energy = None if self.fermi_eV is None else float(
                self.formation_eV(state, self.fermi_eV)
            )  # fmt: skip
            share = None if energy is None else state.degeneracy * float(
                np.exp(min(-energy / kT, 700.0))
            )  # fmt: skip
            rows.append(
                {
                    "defect": state.name,
                    "charge": state.charge,
                    "formation_at_vbm_eV": round(float(self.formation_eV(state)), 4),
                    "formation_eV": None if energy is None else round(energy, 4),
                    "level": None if level is None else f"{state.charge:+d}/{level[0]:+d}",
                    "level_eV": None if level is None else round(level[1], 4),
                    "share_of_sites": None if share is None else float(f"{share:.4g}"),
                }
            )
        return rows

    def plot(self, ax: Axes | None = None) -> Axes:
        """Formation energies against the Fermi level."""
        from perovdb import plots

        return plots.defect_diagram(self, ax)

    def _lines(self) -> list[str]:
        mu = ", ".join(
            f"mu({unit}) = {value:.3f}"
            for unit, value in zip("ABX", self.potentials_eV, strict=True)
        )
        return [
            self._headline(),
            f"  at {self.limit}: {mu} eV",
            *table(self.rows(), "  "),
            *self._note_lines(),
        ]

    def _headline(self) -> str:
        level = (
            "nothing balances"
            if self.fermi_eV is None
            else f"Fermi level {self.fermi_eV:.4f} eV of a gap of {self.gap_eV:g} eV"
        )
        return f"{self.formula} at {self.temperature_K:g} K: {level}"


def defect_levels(
    host: str,
    states_eV: Mapping[str, float],
    gap_eV: float,
    compounds_eV: tuple[float, float, float] | None = None,
    limit: str | None = None,
    temperature_K: float = 300.0,
    masses: tuple[float, float] | None = None,
) -> DefectLevels:
    """Levels, the Fermi level and concentrations of point defects.

    Args:
        host: formula of the compound, one ion on each site.
        states_eV: defect and charge, such as "V_Cs:-1", "I_i:0" or "Pb_Cs:+1" -> E(D, q) - E(bulk)
            + q E_VBM + correction, in eV, with A, B and X in their references. Molecules are one
            ion: "V_MA:-1".
        gap_eV: of the functional that gave the energies.
        compounds_eV: formation energies of ABX3, AX and BX2 per formula unit, from the same
            references: without them the potentials are those of the references.
        limit: which corner of the region of stability: phases that stand beside it there, such as
            "BX2 X". By default the first.
        temperature_K: of the concentrations.
        masses: effective masses of holes and electrons, in that of an electron; without them
            defects alone balance.

    Raises:
        InputError: a host that is alloyed, a label that is none or of another host, a limit that
            there is not.
        OutOfRange: the host falls apart with these energies.
    """
    composition = as_composition(host)
    if any(len(ions) != 1 for ions in composition.sites.values()) or composition.vacancies:
        raise InputError(
            f"A defect of the alloy {composition.formula} has no one energy.",
            "It is a distribution over surroundings: compute several orderings, and ask for each "
            "end member here.",
        )
    if not composition.is_perovskite:
        raise InputError(f"{composition.formula} is no ABX3.", "Give a perovskite.")
    kelvin = float(temperatures(temperature_K))
    states = tuple(_state(label, energy, composition) for label, energy in states_eV.items())
    if not states:
        raise InputError("There is no defect.", 'Give some, as {"V_Cs:-1": 1.1}.')
    corners = () if compounds_eV is None else tuple(stability_polygon(*compounds_eV))
    corner = _corner(corners, limit)
    potentials = (0.0, 0.0, 0.0) if corner is None else corner[:3]
    carriers = (0.0, 0.0)
    notes = [_BASIS]
    if masses is None:
        notes.append("holes and electrons are left out: no effective masses")
    else:
        notes.append(f"holes and electrons of parabolic bands, {_VOLUME_A3:g} A3 a formula unit")
        carriers = (
            band_states(masses[0], kelvin, _VOLUME_A3),
            band_states(masses[1], kelvin, _VOLUME_A3),
        )
    if corner is None:
        notes.append("no energies of compounds: whether the references can coexist is not known")
    if any(label.split(":")[0].endswith("_i") for label in states_eV):
        notes.append("interstitials count one site in a formula unit")
    fermi: float | None
    try:
        fermi = fermi_level_eV(states, potentials, gap_eV, kelvin, carriers)
    except OutOfRange as error:
        fermi = None
        notes.append(str(error))
    answer = DefectLevels(
        composition.formula, states, " and ".join(corner.beside) if corner else "given references",
        potentials, corners, gap_eV, kelvin, fermi,
    )  # fmt: skip
    if fermi is not None and not 0 <= fermi <= gap_eV:
        notes.append(
            "the Fermi level is outside the gap: a defect forms by itself, or one is missing"
        )
    crowded = [row["defect"] for row in answer.rows() if (row["share_of_sites"] or 0) > _DILUTE]
    if crowded:
        names = ", ".join(dict.fromkeys(crowded))
        notes.append(f"more than a hundredth of the sites holds {names}: not dilute")
    return DefectLevels(**{**vars(answer), "notes": tuple(notes)})


def _state(label: str, energy_eV: float, host: Composition) -> ChargeState:
    match = _STATE.fullmatch(label)
    if match is None:
        raise InputError(
            f"'{label}' is no defect with a charge.", "Write V_Cs:-1, I_i:0, Pb_Cs:+1."
        )
    ion, place, charge = match[1], match[2], int(match[3])
    added, sites = [0, 0, 0], 1
    for species, change in ((ion, 1), (place, -1)):
        if (species, change) in (("V", 1), ("i", -1)):
            continue
        site = next((name for name, ions in host.sites.items() if species in ions), None)
        if site is None:
            raise InputError(
                f"{label}: there is no {species} in {host.formula}.",
                "Its chemical potential is not known: give defects of the host's own ions.",
            )
        added["ABX".index(site)] += change
        if change < 0:
            sites = host.numbers[site]
    if not any(added):
        raise InputError(f"'{label}' changes nothing.", "Write V_Cs:-1, I_i:0, Pb_Cs:+1.")
    return ChargeState(f"{ion}_{place}", charge, energy_eV, (added[0], added[1], added[2]), sites)


def _corner(corners: tuple[Vertex, ...], limit: str | None) -> Vertex | None:
    if limit is None:
        return corners[0] if corners else None
    wanted = set(re.split(r"[\s,]+", limit.strip()))
    found = [corner for corner in corners if wanted <= set(corner.beside)]
    if len(found) != 1:
        known = "; ".join(" ".join(corner.beside) for corner in corners) or "none"
        raise InputError(f"'{limit}' is not one corner.", f"Choose of: {known}.")
    return found[0]
