"""Layered phases: Ruddlesden-Popper phases, intergrowths with perovskite, antiphase boundaries.

* `layers`: the step that makes any of them;
* `stacking`: slabs over each other; `lengths`: from which measured phase their distances come;
* `compositions`: which ions there are; `filling`: where they stand, by the rules of `ordering`.
"""
