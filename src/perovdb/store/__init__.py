"""The store: the only package that speaks SQL.

`open_store()` opens the curated store read-only; the functions of `queries` ask it. Nothing
here imports more than the standard library, so that a look-up starts at once.
"""

from perovdb.store.connection import Store, open_store

__all__ = ["Store", "open_store"]
