"""perovdb: materials database and structure modelling for metal-halide perovskites ABX3.

The public names are loaded on first use, so that ``import perovdb`` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOMES = {
    "Composition": "perovdb.composition",
    "PerovdbError": "perovdb.errors",
    "average_cell": "perovdb.calculators.average_cell",
    "build": "perovdb.structures.builder",
    "debye": "perovdb.calculators.debye",
    "gap": "perovdb.calculators.gap",
    "identify": "perovdb.calculators.identify",
    "infer": "perovdb.calculators.inference",
    "connect": "perovdb.facts.store",
    "hops": "perovdb.migration.hops",
    "lattice": "perovdb.calculators.mixing",
    "neb_files": "perovdb.inputs.neb",
    "open_store": "perovdb.facts.store",
    "parse": "perovdb.composition",
    "path": "perovdb.migration.paths",
    "phase_at": "perovdb.calculators.phase_at",
    "screen": "perovdb.calculators.screening",
    "tolerance": "perovdb.calculators.tolerance",
    "write_neb": "perovdb.inputs.neb",
    "xrd": "perovdb.calculators.diffraction",
    "xrd_structure": "perovdb.calculators.diffraction",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'perovdb' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
