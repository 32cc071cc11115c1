"""Point defects: vacancies, substitutions, antisites, interstitials, and the charge they leave.

* `point_defects`: the step that makes all of them, and which choices of places are distinct;
* `labels`: defects by their name, such as V_I, Cd_Pb, I_i;
* `selecting`, `choices`: which units, by rule or all that are distinct;
* `interstitials`, `voids`: where there is room between the sites;
* `charge_rules`: a charged cell, or one made neutral by partners;
* `editing`: units out of a structure and into it.

They are of the crystal: ligands of a particle are neither chosen nor counted.
"""
