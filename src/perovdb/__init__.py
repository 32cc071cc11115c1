"""perovdb: materials database and structure modelling for metal-halide perovskites ABX3.

The public names are loaded on first use, so that ``import perovdb`` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Composition": "perovdb.composition",
    "parse": "perovdb.composition",
    "open_store": "perovdb.store",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'perovdb' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
