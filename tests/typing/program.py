"""A program as a user would write it: mypy reads it in strict mode, with perovdb's own types."""

from pathlib import Path

from ase import Atoms
from pymatgen.core import Structure

import perovdb
from perovdb import Defect, Material, PerovdbError


def t_of(materials: list[Material]) -> list[float]:
    return [perovdb.tolerance(material).t for material in materials]


def neutral_dot(edge_nm: float) -> Structure:
    dot = perovdb.particle("CsPbBr3", edge_nm, shape="cube")
    return perovdb.dope(dot, "Pb", "Cd", count=4, placement="surface")


def vacancy_in(x: str | Path | Structure | Atoms, species: str) -> Structure | str:
    try:
        return perovdb.defects(x, [f"V_{species}", Defect("Cd_Pb:2")], choose="far", charge=0)
    except PerovdbError as error:
        return f"{error.what} {error.mend}"


def design(formula: str) -> tuple[perovdb.Pattern, Structure]:
    composition: perovdb.Composition = perovdb.parse(formula)
    lattice: perovdb.Lattice = perovdb.lattice(composition, temperature_K=298.0)
    pattern = perovdb.xrd(composition, phase="alpha")
    angles: list[float] = [peak.two_theta_deg for peak in pattern.peaks]
    crystal = perovdb.build(composition, size=2, order="sqs", lattice=lattice)
    assert len(t_of([formula, composition, crystal, Path("x.cif")])) == len(angles)
    return pattern, perovdb.supercell(crystal, "15 A")


def barriers_of(species: str) -> list[float]:
    with perovdb.using("lab.sqlite"):
        frame = perovdb.open_store().barriers(species=species)
    return [float(value) for value in frame["barrier_eV"]]


def bands(x: str | Structure, start: Path, end: Atoms) -> list[perovdb.Path]:
    ways = [perovdb.Images(spacing_A=0.8, method=method) for method in ("rigid", "idpp")]
    listed: perovdb.Hops = perovdb.hops(x, "I", phase="alpha")
    lengths: list[float] = [hop.distance_A for hop in listed]
    assert perovdb.percolation(listed).dimension <= 3 < len(lengths)
    ends = perovdb.endpoints(x, listed[0], vacancies=perovdb.Vacancies(2, neutral="partner"))
    return [
        *(perovdb.path(x, hop, images=way, size=2) for hop in listed for way in ways),
        perovdb.path(start, end, images=5),
        perovdb.path(ends),
    ]
