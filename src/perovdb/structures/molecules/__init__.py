"""Organic cations: rigid geometries, orientations by rule, room in the cage, dipoles.

* `geometry`: a rigid molecule, from the store; `foreign`: from an XYZ file or a SMILES string;
* `orientations`, `alternation`: how the molecules of a structure are turned, by named rules;
* `nudging`, `contact_radii`: turned and shifted until nothing touches;
* `dipoles`, `superposing`: where a molecule's dipole points, in its frame and in a structure.
"""
