"""Tilted octahedra by Glazer's systems, and the settings that their cells are named in.

* `glazer`: the symbols and their space groups; `cells`: the sites of a tilted cell;
* `angles`: a tilt from a lattice parameter or from the tolerance factor;
* `settings`, `cell_setting`: planes, directions and positions from one setting to another.
"""
