"""perovdb: materials database and structure modelling for metal-halide perovskites ABX3.

The public names are loaded on first use, so that ``import perovdb`` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.3.0"

_HOMES = {
    "Composition": "perovdb.composition",
    "PerovdbError": "perovdb.errors",
    "add_interstitial": "perovdb.structures.defects.interstitials",
    "adopt": "perovdb.structures.files.restoring",
    "antiphase_boundary": "perovdb.structures.layered.antiphase",
    "attach_ligands": "perovdb.structures.particles.ligands",
    "average_cell": "perovdb.calculators.average_cell",
    "bottleneck": "perovdb.migration.bottleneck",
    "build": "perovdb.structures.builder",
    "carve": "perovdb.structures.particles.nanocrystals",
    "cut_slab": "perovdb.structures.particles.slabs",
    "debye": "perovdb.calculators.diffraction.debye",
    "defect": "perovdb.structures.defects.labels",
    "distinct_models": "perovdb.structures.builder",
    "dope": "perovdb.structures.particles.dopants",
    "endpoints_in_structure": "perovdb.migration.endpoints",
    "fit_arrhenius": "perovdb.calculators.kinetics",
    "from_ase": "perovdb.structures.files.ase_adapter",
    "gap": "perovdb.calculators.gap",
    "hop_rate": "perovdb.calculators.kinetics",
    "hops": "perovdb.migration.hops",
    "hops_in_structure": "perovdb.migration.structure_hops",
    "identify": "perovdb.calculators.diffraction.identification",
    "infer": "perovdb.calculators.inference",
    "intergrowth": "perovdb.structures.layered.intergrowths",
    "lattice": "perovdb.calculators.mixing",
    "nanocrystal": "perovdb.structures.particles.nanocrystals",
    "input_files": "perovdb.inputs.sets",
    "octahedra": "perovdb.structures.octahedra.measuring",
    "open_store": "perovdb.facts.store",
    "parse": "perovdb.composition",
    "path": "perovdb.migration.paths",
    "path_between": "perovdb.migration.chain",
    "paths": "perovdb.migration.paths",
    "percolation": "perovdb.migration.percolation",
    "phase_at": "perovdb.calculators.phase_at",
    "read_barrier": "perovdb.results.reading",
    "read_structure": "perovdb.structures.files.reading",
    "rebuild": "perovdb.structures.rebuilding",
    "relax_endpoints": "perovdb.migration.relaxation",
    "ruddlesden_popper": "perovdb.structures.layered.ruddlesden_popper",
    "sample_hops": "perovdb.migration.sampling",
    "screen": "perovdb.calculators.screening",
    "show": "perovdb.calculators.card",
    "slab": "perovdb.structures.particles.slabs",
    "substitute": "perovdb.structures.defects.substitutions",
    "supercell": "perovdb.structures.supercells",
    "to_ase": "perovdb.structures.files.ase_adapter",
    "tolerance": "perovdb.calculators.tolerance",
    "using": "perovdb.store",
    "vacancies": "perovdb.structures.defects.vacancies",
    "write_inputs": "perovdb.inputs.sets",
    "write_structure": "perovdb.structures.files.writing",
    "xrd": "perovdb.calculators.diffraction",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'perovdb' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
