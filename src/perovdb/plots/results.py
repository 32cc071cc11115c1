"""What the plots read of results: their fields, whatever class they are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np

Result = TypeVar("Result")


def several(results: Result | Sequence[Result]) -> Sequence[Result]:
    """Results as a list: of one, which may be a named tuple, or of several."""
    if isinstance(results, list) or type(results) is tuple:
        return results
    return [cast(Result, results)]


if TYPE_CHECKING:
    import pandas as pd
    from pymatgen.core import Structure


class PeakFields(Protocol):
    """A peak of a powder pattern."""

    @property
    def hkl(self) -> Sequence[tuple[int, int, int]]: ...
    @property
    def two_theta_deg(self) -> float: ...
    @property
    def q_inv_A(self) -> float: ...
    @property
    def d_A(self) -> float: ...
    @property
    def intensity(self) -> float: ...


class PatternFields(Protocol):
    """Peaks of a material in a range of angles, as `xrd` gives them."""

    @property
    def formula(self) -> str: ...
    @property
    def phase(self) -> str: ...
    @property
    def wavelength_A(self) -> float: ...
    @property
    def peaks(self) -> Sequence[PeakFields]: ...
    @property
    def two_theta_deg(self) -> tuple[float, float]: ...


class CurveFields(Protocol):
    """A pattern as it would be recorded: x, intensity (n,), and ticks (m,) of its peaks."""

    @property
    def x(self) -> np.ndarray: ...
    @property
    def intensity(self) -> np.ndarray: ...
    @property
    def ticks(self) -> np.ndarray: ...


class MeasuredFields(Protocol):
    """A measured curve in the units of the computed one: x, intensity, difference (n,)."""

    @property
    def x(self) -> np.ndarray: ...
    @property
    def scaled(self) -> np.ndarray: ...
    @property
    def difference(self) -> np.ndarray: ...


class DiffractogramFields(Protocol):
    """Curves of patterns on one axis, and a measured one, as `diffractogram` gives them."""

    @property
    def x_axis(self) -> str: ...
    @property
    def patterns(self) -> Sequence[PatternFields]: ...
    @property
    def curves(self) -> Sequence[CurveFields]: ...
    @property
    def measured(self) -> MeasuredFields | None: ...


class ScatteringFields(Protocol):
    """What a particle scatters, as `debye` gives it: q, intensity (n,)."""

    @property
    def formula(self) -> str: ...
    @property
    def n_atoms(self) -> int: ...
    @property
    def q_inv_A(self) -> np.ndarray: ...
    @property
    def intensity_e2(self) -> np.ndarray: ...


class WindowFields(Protocol):
    """A published window of a descriptor."""

    @property
    def descriptor(self) -> str: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def source(self) -> str: ...


class ScreeningFields(Protocol):
    """What a screening kept, as `screen` gives it: one composition a row."""

    @property
    def space(self) -> str: ...
    @property
    def compositions(self) -> pd.DataFrame: ...
    @property
    def windows(self) -> Sequence[WindowFields]: ...


class ProfileFields(Protocol):
    """Energy along a path, in eV above the first image."""

    @property
    def coordinates_A(self) -> np.ndarray: ...
    @property
    def energies_eV(self) -> np.ndarray: ...
    @property
    def curve(self) -> Callable[[Any], Any]: ...
    @property
    def saddle_image(self) -> int: ...
    @property
    def barrier_forward_eV(self) -> float: ...


class BarrierFields(Protocol):
    """A band that was read, as `read_barrier` gives it."""

    @property
    def folder(self) -> Any: ...
    @property
    def profile(self) -> ProfileFields: ...
    @property
    def converged(self) -> bool: ...


class ChainFields(Protocol):
    """A hop as a chain of images, as `path` gives it."""

    @property
    def formula(self) -> str: ...
    @property
    def species(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def images(self) -> Sequence[Structure]: ...
    @property
    def mover(self) -> np.ndarray: ...


class ArrheniusFields(Protocol):
    """An activation energy and what it was fitted to, as `fit_arrhenius` gives it."""

    @property
    def activation_energy_eV(self) -> float: ...
    @property
    def activation_energy_su_eV(self) -> float: ...
    @property
    def ln_prefactor(self) -> float: ...
    @property
    def ln_prefactor_su(self) -> float: ...
    @property
    def correlation(self) -> float: ...
    @property
    def temperature_K(self) -> np.ndarray: ...
    @property
    def ln_rate(self) -> np.ndarray: ...


class DecayFields(Protocol):
    """A curve that relaxes from a start to a plateau, as `fit_decay` gives it."""

    @property
    def rate(self) -> float: ...
    @property
    def start(self) -> float: ...
    @property
    def plateau(self) -> float: ...
    @property
    def time(self) -> np.ndarray: ...
    @property
    def value(self) -> np.ndarray: ...


class EndFields(Protocol):
    """An end member and its pseudo-cubic lattice parameter."""

    @property
    def formula(self) -> str: ...
    @property
    def a_A(self) -> float: ...
    @property
    def su_A(self) -> float | None: ...


class PointFields(Protocol):
    """A composition on the line between end members."""

    @property
    def fractions(self) -> Mapping[str, float]: ...
    @property
    def uncertainty(self) -> float: ...


class InferenceFields(Protocol):
    """A composition inferred from a lattice parameter, as `infer` gives it."""

    @property
    def a_A(self) -> float: ...
    @property
    def a_su_A(self) -> float: ...
    @property
    def ends(self) -> Sequence[EndFields]: ...
    @property
    def point(self) -> PointFields | None: ...
    @property
    def segment(self) -> Sequence[PointFields]: ...
