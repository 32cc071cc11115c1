"""Layered phases: Ruddlesden-Popper phases, intergrowths with perovskite, antiphase boundaries.

* `stacking`: slabs over each other; `lengths`: from which measured phase their distances come;
* `compositions`, `ions`: which ions there are, and where they stand, by the rules of `ordering`;
* `ruddlesden_popper`, `intergrowths`, `antiphase`: the builders.
"""
