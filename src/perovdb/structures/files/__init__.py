"""Structures as files, written and read back whole, and foreign files with their roles recognised.

* `writing`: the text of each format, and new files; `records`: what ours carry;
* `reading`, `restoring`: from a file to a structure with roles and molecules;
* `recognise`, `molecular_graphs`, `overlaps`: ions and molecules in files of other hands;
* `ase_adapter`: to ASE and from it; `picture`: a projection to be drawn.
"""
