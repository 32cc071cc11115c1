"""Tilted octahedra by Glazer's systems.

* `glazer`: the symbols and their space groups; `cells`: the sites of a tilted cell;
* `angles`: a tilt from the tolerance factor.
"""
