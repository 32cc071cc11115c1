"""Point defects: vacancies, substitutions, antisites, interstitials, and the charge they leave.

* `labels`: defects by their name, such as V_I, Cd_Pb, I_i;
* `vacancies`, `substitutions`, `interstitials`: one module each; `voids`: where there is room;
* `choices`, `selecting`: which sites, by rule or all that are distinct;
* `charge_rules`, `partnering`: a charged cell, or one made neutral by partners;
* `editing`: units out of a structure and into it.

They are of the crystal: ligands of a particle are neither chosen nor counted.
"""
