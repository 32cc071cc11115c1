"""Structures as files, written and read back whole, and foreign files with their roles recognised.

* `formats`: which format a name asks for, and writing one; `writing`: the text of each;
* `reading`, `restoring`, `code_files`: from a file to a structure; `records`: what ours carry;
* `recognise`, `molecular_graphs`, `overlaps`: ions and molecules in files of other hands;
* `ase_adapter`: to ASE and from it; `picture`: a projection to be drawn; `new_files`: writing a
  file whole or not at all.
"""
