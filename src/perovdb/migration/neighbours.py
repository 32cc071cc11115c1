"""Neighbours of `structures.neighbours`, which hops are made of."""

from perovdb.structures.neighbours import Neighbours, step_keys

__all__ = ["Neighbours", "step_keys"]
