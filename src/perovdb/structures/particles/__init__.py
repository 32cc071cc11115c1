"""Nanocrystals, surface slabs and ligands.

* `nanocrystals`: cut from a composition or a crystal, neutral by a stated rule; `cutting`,
  `wulff`, `cell`: of which shape and from which cell; `charge_balance`, `cage_network`: how the
  charge is balanced; `boxes`: the vacuum around;
* `dopants`, `ions`, `spreading`: which ions stand where in a particle; `surface_vacancies`;
* `slabs`, `planes`: surfaces between vacuum;
* `ligands`, `ligand_heads`, `ligand_placing`, `surface_places`: heads of ligands on surface
  sites;
* `report`: stoichiometry, charge and surface of a particle or a slab.
"""
