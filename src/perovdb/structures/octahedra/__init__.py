"""Octahedra of a structure, found and measured.

* `measuring`: the verb, `octahedra`, of any material, or of two to compare;
* `bonds`, `axes`: which X belong to which B, and the axes of the network;
* `octahedron`: the shape of one;
* `analysis`: lengths, angles, off-centring, tilts and the Glazer system of a whole model;
* `tilt_pattern`: how the tilts of neighbours go together;
* `comparison`: what changed between two structures, such as around a vacancy.
"""
