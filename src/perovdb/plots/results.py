"""What the plots take: results, of which they read the fields, whatever class they are of.

The classes are named for those who check types, and never imported: no result is needed to draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from perovdb.calculators.defect_energies import DefectLevels as DefectLevels
    from perovdb.calculators.diffraction import Diffractogram as Diffractogram
    from perovdb.calculators.diffraction import Pattern as Pattern
    from perovdb.calculators.diffraction import Peak as Peak
    from perovdb.calculators.diffraction.debye import Scattering as Scattering
    from perovdb.calculators.diffraction.identification import FittedCurve as FittedCurve
    from perovdb.calculators.exchange import Exchange as Exchange
    from perovdb.calculators.inference import Inference as Inference
    from perovdb.calculators.kinetics import ArrheniusFit as ArrheniusFit
    from perovdb.calculators.kinetics import Decay as Decay
    from perovdb.calculators.mixing_energy import Mixing as Mixing
    from perovdb.calculators.screening import Screening as Screening
    from perovdb.calculators.tolerance import Window as Window
    from perovdb.migration.path import Path as Path
    from perovdb.migration.transport.answer import Transport as Transport
    from perovdb.results.barrier import Barrier as Barrier

Result = TypeVar("Result")


def several(results: Result | Sequence[Result]) -> Sequence[Result]:
    """Results as a list: of one, which may be a named tuple, or of several."""
    if isinstance(results, list) or type(results) is tuple:
        return results
    return [cast(Result, results)]
