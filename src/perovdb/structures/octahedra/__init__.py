"""Octahedra of a structure, found and measured.

* `bonds`, `axes`: which X belong to which B, and along which axes;
* `distortion`: lengths, angles, off-centring, tilts and the Glazer system of a structure;
* `tilt_pattern`: how the tilts of neighbours go together;
* `comparison`: what changed between two structures, such as around a vacancy.
"""
