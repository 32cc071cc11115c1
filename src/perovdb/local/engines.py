"""The engines: potentials by name, and any other calculator of ASE.

Nothing of an engine is imported before it computes. Its version and the hash of its weights are
read from its files, so that a result that is there already is found without it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ase.data import chemical_symbols

from perovdb.errors import InputError, MissingData, check_choice
from perovdb.files.reading import digest_of
from perovdb.results.search import engine_title

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator
    from pymatgen.core import Structure

#: The line that installs the engines by name. A range of torch's versions pulls gigabytes.
INSTALL = "pip install torch==2.13.0 && pip install 'perovdb[local]'"

#: Both were trained on MPtrj: the elements up to Pu without Po, At, Rn, Fr, Ra (Deng et al.,
#: Nat. Mach. Intell. 5, 1031 (2023), doi 10.1038/s42256-023-00716-3, from memory).
_MPTRJ = frozenset(chemical_symbols[1:95]) - {"Po", "At", "Rn", "Fr", "Ra"}


@dataclass(frozen=True)
class _Kind:
    """An engine by name.

    Attributes:
        package: that brings it.
        weights: its file in the package.
        make: its calculator, of the file.
        what: in words.
    """

    package: str
    weights: str
    make: Callable[[Path], Calculator]
    what: str


@dataclass(frozen=True)
class Engine:
    """What computes energies and forces.

    Attributes:
        name: under which it is asked for.
        version: of the package that brings it; "" if not known.
        weights_sha256: of its file of weights, or of the file of a factory; None if it has none.
        elements: that it knows; None if it does not say.
        make: makes the calculator.
    """

    name: str
    version: str
    weights_sha256: str | None
    elements: frozenset[str] | None
    make: Callable[[], Calculator] = field(repr=False)

    @property
    def title(self) -> str:
        """Name, version and the beginning of the hash."""
        return engine_title(self.name, self.version, self.weights_sha256)

    def check_elements(self, structure: Structure) -> None:
        """Refuse atoms that it does not know.

        Raises:
            MissingData: there are such.
        """
        if self.elements is None:
            return
        unknown = sorted({site.specie.symbol for site in structure} - self.elements)
        if unknown:
            raise MissingData(
                f"{self.name} does not know {', '.join(unknown)}.", "Take another engine."
            )

    def calculator(self) -> Calculator:
        """Its calculator of ASE.

        Raises:
            InputError: a factory gives none, or fails.
        """
        # What an engine says when it starts is none of a command's output.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.make()


def _chgnet(weights: Path) -> Calculator:
    from chgnet.model import CHGNet
    from chgnet.model.dynamics import CHGNetCalculator

    class Lean(CHGNetCalculator):  # type: ignore[misc]  # no types
        """Without magnetic moments, and without the stress where nobody asks for it."""

        def calculate(
            self, atoms: Any = None, properties: Any = None, system_changes: Any = None
        ) -> None:
            task = "efs" if "stress" in (properties or ()) else "ef"
            super().calculate(atoms, properties, system_changes, task=task)

    return Lean(CHGNet.from_file(str(weights)), use_device="cpu")


def _sevennet(weights: Path) -> Calculator:
    from sevenn.calculator import SevenNetCalculator

    return SevenNetCalculator(str(weights), device="cpu")  # type: ignore[no-any-return]


#: Engines by name.
ENGINES = {
    "7net-0": _Kind(
        "sevenn",
        "pretrained_potentials/SevenNet_0__11Jul2024/checkpoint_sevennet_0.pth",
        _sevennet,
        "SevenNet-0 of 11 July 2024: gives the number",
    ),
    "7net-l3i5": _Kind(
        "sevenn",
        "pretrained_potentials/SevenNet_l3i5/checkpoint_l3i5.pth",
        _sevennet,
        "SevenNet-l3i5: three times as slow",
    ),
    "chgnet": _Kind(
        "chgnet",
        "pretrained/0.3.0/chgnet_0.3.0_e29f68s314m37.pth.tar",
        _chgnet,
        "CHGNet 0.3.0: a fast preview; its barriers are low",
    ),
    "chgnet-r2scan": _Kind(
        "chgnet",
        "pretrained/r2scan/chgnet_r2scan_transfer_learning_e15f36s161m23.pth.tar",
        _chgnet,
        "CHGNet trained further on r2SCAN",
    ),
}


def as_engine(engine: str | Engine | Calculator) -> Engine:
    """The engine of a name, of `module:factory` or `file.py:factory`, or of a calculator.

    Raises:
        InputError: there is no such engine, module or factory.
        MissingData: the package that brings it is not installed.
    """
    if isinstance(engine, Engine):
        return engine
    if not isinstance(engine, str):
        return _of_object(engine)
    if ":" in engine:
        return _of_factory(engine)
    check_choice(engine, ENGINES, "no engine")
    kind = ENGINES[engine]
    # Looked for, not imported: that takes seconds.
    found = importlib.util.find_spec(kind.package)
    if found is None or not found.submodule_search_locations:
        raise MissingData(f"The engine {engine} is not installed.", f"Run: {INSTALL}")
    weights = Path(next(iter(found.submodule_search_locations)), kind.weights)
    version = metadata.version(kind.package)
    if not weights.is_file():
        raise MissingData(
            f"{kind.package} {version} does not bring the weights of {engine}.", f"Run: {INSTALL}"
        )
    return Engine(
        engine,
        f"{kind.package} {version}",
        _sha256(str(weights)),
        _MPTRJ,
        lambda: _loaded(engine, weights),
    )


@cache
def _loaded(name: str, weights: Path) -> Calculator:
    """The calculator of an engine by name: one, for all barriers of a process."""
    return ENGINES[name].make(weights)


@cache
def _sha256(path: str) -> str:
    return digest_of(path, "weights")


def _of_object(calculator: Any) -> Engine:
    if not (hasattr(calculator, "get_potential_energy") and hasattr(calculator, "get_forces")):
        raise InputError(
            f"A {type(calculator).__name__} cannot compute energies and forces.",
            f"Give a calculator of ASE, 'module:factory', or one of: {', '.join(ENGINES)}.",
        )
    kind = type(calculator)
    parameters = getattr(calculator, "parameters", None) or {}
    told = ", ".join(f"{name}={value!r}" for name, value in sorted(dict(parameters).items()))
    name = f"{kind.__name__}({told})" if len(told) <= 60 else kind.__name__
    return Engine(name, _version_of(kind.__module__), None, None, lambda: calculator)


def _of_factory(name: str) -> Engine:
    """`module:factory`, or `file.py:factory`."""
    place, _, factory = name.rpartition(":")
    try:
        if place.endswith(".py"):
            if not Path(place).is_file():
                raise InputError(f"There is no file {place}.", "Name one that defines a factory.")
            spec = importlib.util.spec_from_file_location(Path(place).stem, place)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules.setdefault(spec.name, module)
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(place)
        make = getattr(module, factory)
    except InputError:
        raise
    except Exception as error:  # a user's own code may raise anything
        raise InputError(
            f"The engine {name} cannot be loaded: {type(error).__name__}: {error}.",
            "Name it as module:factory or file.py:factory; the factory gives a calculator of ASE.",
        ) from error
    file = getattr(module, "__file__", None)
    hashed = digest_of(file, "weights") if file and place.endswith(".py") else None

    def made() -> Calculator:
        try:
            calculator = make()
        except Exception as error:  # as above
            raise InputError(
                f"The engine {name} fails: {type(error).__name__}: {error}.", "Mend its factory."
            ) from error
        if not hasattr(calculator, "get_forces"):
            raise InputError(
                f"{name} gives a {type(calculator).__name__}.", "Let it give a calculator of ASE."
            )
        return calculator  # type: ignore[no-any-return]

    return Engine(name, _version_of(place), hashed, None, made)


def _version_of(module: str) -> str:
    """The package of a module with its version; "" if it is of none."""
    package = module.partition(".")[0]
    try:
        return f"{package} {metadata.version(package)}"
    except (metadata.PackageNotFoundError, ValueError):
        return ""
