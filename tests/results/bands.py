"""Folders of bands: real ones of CP2K and Quantum ESPRESSO, written ones of VASP and ASE."""

from pathlib import Path
from typing import NamedTuple

import ase
import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

FIXTURES = Path(__file__).parent / "fixtures"


class Model(NamedTuple):
    """A hop whose energy along the path is known: h sin^2(pi s) + r s over the share s of it."""

    height_eV: float
    reaction_eV: float
    lattice_A: np.ndarray
    elements: list[str]
    positions_A: np.ndarray
    energies_eV: np.ndarray
    forces_eV_A: np.ndarray
    length_A: float


def model(images: int = 7, height_eV: float = 0.4, reaction_eV: float = 0.1) -> Model:
    """Cs, Pb and two I in a cube; one I goes along a straight line across the cell's border."""
    lattice = np.eye(3) * 6.29
    start = np.array([[0.1, 0, 0], [3.1, 3.1, 3.1], [3.145, 0, 3.145], [0.4, 3.145, 3.0]])
    step = np.array([-1.8, 0.0, 1.2])
    length = float(np.sqrt((step**2).sum()))
    share = np.linspace(0, 1, images)
    positions = np.array([start + np.outer([0, 0, 0, 1], s * step) for s in share])
    energies = height_eV * np.sin(np.pi * share) ** 2 + reaction_eV * share
    slopes = (height_eV * np.pi * np.sin(2 * np.pi * share) + reaction_eV) / length
    # The ends are at rest, or the path would not begin and end in minima.
    slopes[[0, -1]] = 0
    forces = np.zeros_like(positions)
    forces[:, 3] = -slopes[:, None] * step / length
    elements = ["Cs", "Pb", "I", "I"]
    return Model(
        height_eV, reaction_eV, lattice, elements, positions, energies - 50, forces, length
    )


def outcar(found: Model, image: int, vtst: bool = False, steps: int = 2, **changed) -> str:
    """An OUTCAR of an image, as far as barriers need it."""
    end = image in (0, len(found.energies_eV) - 1)
    nelect = changed.get("nelect", 26.0)
    rest = changed.get("rest", True)
    lines = [
        " vasp.6.1.0 28Jan20 (build Mar 01 2020 10:00:00) complex",
        "",
        *(
            line
            for symbol in ("Cs", "Pb", "I")
            for line in (f"   VRHFIN ={symbol}: 5s6s", f"   TITEL  = PAW_PBE {symbol} 08Apr2002")
        ),
        " Dimension of arrays:",
        "   k-points           NKPTS =      1   k-points in BZ     NKDIM =      1",
        "   number of dos      NEDOS =    301   number of ions     NIONS =      4",
        "   ions per type =               1   1   2",
        "   ISPIN  =      1    spin polarized calculation?",
        "   ENCUT  =  400.0 eV  29.40 Ry    5.42 a.u.   4.1  4.1  4.1*2*pi/ulx,y,z",
        "   NSW    =    200    number of steps for IOM",
        "   EDIFFG = -.2E-01   stopping-criterion for IOM",
        f"   NELECT = {nelect:12.4f}    total number of electrons",
        "      direct lattice vectors                 reciprocal lattice vectors",
        *(
            "   " + "".join(f"{x:13.9f}" for x in [*row, *(np.linalg.inv(found.lattice_A).T[i])])
            for i, row in enumerate(found.lattice_A)
        ),
    ]
    inverse = np.linalg.inv(found.lattice_A)
    for step in range(1, steps + 1):
        last = step == steps
        energy = found.energies_eV[image] + (0 if last else 0.2)
        free, sigma0 = energy, energy + 0.0002
        # VASP wraps into the cell.
        places = (found.positions_A[image] @ inverse % 1) @ found.lattice_A
        forces = found.forces_eV_A[image]
        tangential = forces[3] @ np.array([-1.8, 0.0, 1.2]) / found.length_A
        if vtst and not end:
            forces = np.zeros_like(forces)
        lines += [
            f"--------------------------------------- Iteration {step:6d}(   1)  ---------------",
            f"--------------------------------------- Iteration {step:6d}(   2)  ---------------",
            f"  free energy    TOTEN  = {free:18.8f} eV",
            "------------------------ aborting loop because EDIFF is reached -------------------",
            " POSITION                                       TOTAL-FORCE (eV/Angst)",
            " " + "-" * 83,
            *(
                "".join(f"{x:13.5f}" for x in place) + "   " + "".join(f"{x:14.6f}" for x in force)
                for place, force in zip(places, forces, strict=True)
            ),
            " " + "-" * 83,
            "    total drift:                                0.000000      0.000000      0.000000",
        ]
        if vtst and not end:
            lines += [
                " NEB: distance to prev, next image, angle between      0.36      0.36      0.00",
                f" NEB: projections on to tangent (spring, REAL) {0.01:14.6f}{tangential:14.6f}",
            ]
        elif not end:
            lines += [
                f"  energy of chain is (eV) {0.0:16.6f} for this image {0.0:16.6f}",
                f"  tangential force (eV/A) {tangential - 0.01:16.6f}",
            ]
        lines += [
            "  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)",
            "  ---------------------------------------------------",
            f"  free  energy   TOTEN  = {free:18.8f} eV",
            "",
            f"  energy  without entropy={free + 0.0004:18.8f}  energy(sigma->0) ={sigma0:18.8f}",
        ]
    if rest:
        lines.append(" reached required accuracy - stopping structural energy minimisation")
    if changed.get("finished", True):
        lines += [" General timing and accounting informations for this job:", ""]
    return "\n".join(lines) + "\n"


def vasprun(found: Model, image: int) -> str:
    """A vasprun.xml of an image, as far as barriers need it."""

    def vectors(rows):
        return "".join("<v>" + "".join(f"{x:16.8f}" for x in row) + "</v>" for row in rows)

    atoms = "".join(f"<rc><c>{symbol}</c><c>1</c></rc>" for symbol in found.elements)
    kinds = "".join(
        f"<rc><c>1</c><c>{s}</c><c>1.0</c><c>7.0</c><c>PAW_PBE {s} 08Apr2002</c></rc>"
        for s in ("Cs", "Pb", "I")
    )
    places = found.positions_A[image] @ np.linalg.inv(found.lattice_A)
    energy = found.energies_eV[image]
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <generator><i name="program" type="string">vasp </i><i name="version">6.1.0 </i></generator>
 <parameters><separator name="electronic"><i name="NELECT">     26.00000000</i>
  <i name="NELM">     60</i></separator></parameters>
 <atominfo><atoms> 4 </atoms>
  <array name="atoms"><set>{atoms}</set></array>
  <array name="atomtypes"><set>{kinds}</set></array></atominfo>
 <calculation>
  <scstep></scstep>
  <structure><crystal><varray name="basis">{vectors(found.lattice_A)}</varray></crystal>
   <varray name="positions">{vectors(places)}</varray></structure>
  <varray name="forces">{vectors(found.forces_eV_A[image])}</varray>
  <energy><i name="e_fr_energy">{energy:16.8f}</i><i name="e_wo_entrp">{energy + 4e-4:16.8f}</i>
   <i name="e_0_energy">{energy + 2e-4:16.8f}</i></energy>
 </calculation>
</modeling>
"""


def write_vasp(folder: Path, found: Model, vtst: bool = False, **changed) -> Path:
    """A folder of a band of VASP."""
    folder.mkdir(parents=True)
    count = len(found.energies_eV)
    (folder / "INCAR").write_text(f"SYSTEM = hop\nIMAGES = {count - 2}\nSPRING = -5\n")
    for image in range(count):
        (folder / f"{image:02d}").mkdir()
        text = outcar(found, image, vtst, **changed)
        (folder / f"{image:02d}" / "OUTCAR").write_text(text)
    return folder


def frames(found: Model, forces: bool = True) -> list[ase.Atoms]:
    """Images for ASE, with energies and forces."""
    chain = []
    for place, energy, force in zip(
        found.positions_A, found.energies_eV, found.forces_eV_A, strict=True
    ):
        atoms = ase.Atoms(found.elements, place, cell=found.lattice_A, pbc=True)
        more = {"forces": force} if forces else {}
        atoms.calc = SinglePointCalculator(atoms, energy=energy, **more)
        chain.append(atoms)
    return chain
