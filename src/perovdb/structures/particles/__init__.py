"""Nanocrystals, surface slabs and ligands.

* `nanocrystals`: cut from a composition or a crystal, neutral by a stated rule; `cutting`,
  `wulff`: of which shape; `charge_balance`, `cage_network`: how the charge is balanced; `boxes`:
  the vacuum around;
* `dopants`, `ions`, `spreading`: which ions stand where in a particle; `surface_choice`: ions of
  the surface for vacancies;
* `slabs`, `planes`: surfaces between vacuum;
* `ligands`, `ligand_heads`, `ligand_room`, `surface_places`: heads of ligands on surface sites;
* `report`: stoichiometry, charge and surface of a particle or a slab.
"""
