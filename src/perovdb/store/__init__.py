"""The store: the only package that speaks SQL.

`current_store()` is the store in use, read-only, and `using` says which one that is; the functions
of `queries` ask it. Nothing here imports more than the standard library, so that a look-up starts
at once.
"""

from perovdb.store.connection import Store, current_store, per_store, using

__all__ = ["Store", "current_store", "per_store", "using"]
