"""X-rays: wavelengths of their lines, and what they add to form factors near edges, f' + i f''.

The anomalous dispersion is that of Chantler's table as xraydb carries it (C. T. Chantler, J. Phys.
Chem. Ref. Data 29, 597 (2000), doi 10.1063/1.1321055; elements H to U). It does not depend on the
angle. At Cu K-alpha lead scatters as if it had four electrons less.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from numbers import Real
from typing import Any

from perovdb.errors import InputError, MissingData
from perovdb.ranges import RANGES
from perovdb.store import queries

#: h c in eV angstrom, from the exact values of h, c and e in the SI since 2019.
HC_EV_A = 6.62607015e-34 * 299792458 / 1.602176634e-19 * 1e10

#: End of the name of both K-alpha lines together, as in CuKa12.
DOUBLET = "Ka12"


def radiation_lines(wavelength: str | float) -> tuple[str, list[tuple[float, float]]]:
    """Name of a radiation, and the wavelength in angstrom and strength of each of its lines.

    The first line is the strongest, of strength 1.

    Args:
        wavelength: name of an X-ray line in the store, or a number in angstrom, also as a text.
            CuKa12 is both lines CuKa1 and CuKa2, the second as strong as `alpha2_share` says.

    Raises:
        InputError: there is no such line, more than one is given, or the wavelength is not that
            of an experiment.
        MissingData: the strengths of a doublet are not known.
    """
    if not isinstance(wavelength, str | Real):
        raise InputError(
            f"The wavelength {wavelength!r:.60} is not one line.",
            "Give the name of an X-ray line or one number in angstrom; both K-alpha lines "
            "together are named as in CuKa12.",
        )
    with suppress(ValueError):
        wavelength = float(wavelength)
    if isinstance(wavelength, str):
        if wavelength.endswith(DOUBLET):
            element = wavelength.removesuffix(DOUBLET)
            both = [
                float(queries.wavelength(element + line)["wavelength_A"])
                for line in ("Ka1", "Ka2")
            ]
            return wavelength, [(both[0], 1.0), (both[1], alpha2_share(element))]
        row = queries.wavelength(wavelength)
        name, wavelength_A = wavelength, float(row["wavelength_A"])
    else:
        name, wavelength_A = f"{wavelength:g} A", wavelength
    if wavelength_A not in RANGES["wavelength"]:
        raise InputError(
            f"The wavelength {wavelength_A:g} A is not that of a diffraction experiment.",
            f"Give {RANGES['wavelength']} angstrom, or the name of a line such as CuKa1.",
        )
    return name, [(wavelength_A, 1.0)]


@lru_cache(maxsize=4096)
def dispersion(element: str, wavelength_A: float) -> complex:
    """f' + i f'' of a free atom in electrons, to be added to its form factor.

    Args:
        element: symbol.
        wavelength_A: in angstrom.

    Raises:
        MissingData: the table does not hold the element or the wavelength, or xraydb is not
            installed.
    """
    table = _table()
    energy_eV = HC_EV_A / wavelength_A
    try:
        energies = table.chantler_energies(element)
    except (ValueError, IndexError):
        energies = ()
    if not len(energies):
        raise MissingData(
            f"There is no anomalous dispersion for {element}.", "Leave dispersion out."
        )
    if not energies[0] <= energy_eV <= energies[-1]:
        raise MissingData(
            f"The anomalous dispersion of {element} is not known at {wavelength_A:g} A.",
            f"It is known from {HC_EV_A / energies[-1]:.3g} to {HC_EV_A / energies[0]:.3g} A; "
            "leave dispersion out elsewhere.",
        )
    return complex(
        float(table.f1_chantler(element, energy_eV)), float(table.f2_chantler(element, energy_eV))
    )


@lru_cache(maxsize=64)
def alpha2_share(element: str) -> float:
    """Strength of the K-alpha2 line of an element relative to its K-alpha1, about a half.

    The relative emission of W. T. Elam, B. D. Ravel and J. R. Sieber, Radiat. Phys. Chem. 63, 121
    (2002), as xraydb carries it: 0.510 for copper.

    Raises:
        MissingData: the table does not hold both lines, or xraydb is not installed.
    """
    lines = _table().xray_lines(element, "K")
    if "Ka1" not in lines or "Ka2" not in lines:
        raise MissingData(
            f"The strengths of the K-alpha lines of {element} are not known.",
            "Ask for one of the two lines.",
        )
    return float(lines["Ka2"].intensity) / float(lines["Ka1"].intensity)


@lru_cache(maxsize=1)
def _table() -> Any:
    try:
        import xraydb
    except ImportError as error:
        raise MissingData(
            "The table of anomalous dispersion and of X-ray lines is not installed.",
            "Install it with 'pip install xraydb', or ask for dispersion=False.",
        ) from error
    return xraydb
