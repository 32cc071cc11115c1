"""A Dask scheduler that shares out work, by its address."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from perovdb.errors import InputError


def dask(scheduler: str) -> tuple[Any, Any]:
    """The package `distributed`, and a client of the scheduler, which is a context manager.

    Raises:
        InputError: the package is not installed, or there is no such scheduler.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise InputError(
            "A scheduler is given, but dask.distributed is not installed.",
            "Run: pip install 'perovdb[cluster]'",
        ) from None
    try:
        return distributed, distributed.Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(
            f"There is no Dask scheduler at {scheduler} ({error}).",
            "Start one with 'dask scheduler' and give the address that it prints.",
        ) from None
