"""perovdb: materials database and structure modelling for metal-halide perovskites ABX3.

The public names stand in the stub beside this file, ``__init__.pyi``, with their types; each is
loaded from its home on first use, so that ``import perovdb`` costs nothing.
"""

from functools import cache
from importlib import import_module
from types import FunctionType

__version__ = "0.5.0"


@cache
def _homes() -> dict[str, str]:
    """Public name -> the module that it is loaded from, as the stub says."""
    import ast
    from pathlib import Path

    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    return {
        name.name: node.module or ""
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }


def __getattr__(name: str) -> object:
    if name == "__all__":
        return sorted(["__version__", *_homes()])
    if name.startswith("__") or name not in _homes():
        raise AttributeError(f"module 'perovdb' has no attribute '{name}'")
    home = import_module(_homes()[name])
    value = import_module(f"perovdb.{name}") if home.__name__ == __name__ else getattr(home, name)
    if isinstance(value, FunctionType) and not hasattr(value, "__wrapped__"):
        # Steps check their arguments themselves; the other verbs do it here.
        value = import_module("perovdb.structures.arguments").checked(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(["__version__", *_homes()])
