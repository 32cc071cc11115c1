"""Wavelengths of X-rays: a line by its name, both K-alpha lines together, or a number."""

from perovdb.calculators.diffraction.dispersion import alpha2_share
from perovdb.errors import InputError
from perovdb.store import queries

#: End of the name of both K-alpha lines together, as in CuKa12.
DOUBLET = "Ka12"


def radiation_lines(wavelength: str | float) -> tuple[str, list[tuple[float, float]]]:
    """Name of a radiation, and the wavelength in angstrom and strength of each of its lines.

    The first line is the strongest, of strength 1.

    Args:
        wavelength: name of an X-ray line in the store, or a number in angstrom. CuKa12 is both
            lines CuKa1 and CuKa2, the second as strong as `alpha2_share` says.

    Raises:
        InputError: there is no such line, or the wavelength is not that of an experiment.
        MissingData: the strengths of a doublet are not known.
    """
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
        name, wavelength_A = f"{wavelength:g} A", float(wavelength)
    if not 0.1 <= wavelength_A <= 10:
        raise InputError(
            f"The wavelength {wavelength_A:g} A is not that of a diffraction experiment.",
            "Give 0.1 to 10 angstrom, or the name of a line such as CuKa1.",
        )
    return name, [(wavelength_A, 1.0)]
