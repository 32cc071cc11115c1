"""The real neb.x reads our sets, and writes back the images that it read."""

import re
import subprocess

import numpy as np
import pytest

from perovdb.inputs.sets import write_inputs
from perovdb.migration.hops import hops
from perovdb.migration.path import path

pytestmark = pytest.mark.engine("neb.x")

GTH = {
    "Cs": "GTH-PBE-q9",
    "Pb": "GTH-PBE-q14",
    "I": "GTH-PBE-q7",
    "C": "GTH-PBE-q4",
    "N": "GTH-PBE-q5",
    "H": "GTH-PBE-q1",
}


@pytest.mark.parametrize(("formula", "species"), [("CsPbI3", "I"), ("FAPbI3", "FA")])
def test_a_dry_run_writes_back_our_images(tmp_path, formula, species, with_gth):
    hop = path(formula, hops(formula, species, phase="alpha")[0], images=3)
    settings = {"nstep_path": 0, "potentials.family": "pseudodojo_standard"}
    folder = write_inputs(tmp_path / "q", hop, code="qe", settings=settings)
    elements = {site.specie.symbol for site in hop.images[0]}
    with_gth(folder, {element: GTH[element] for element in elements})
    ran = subprocess.run(
        ["neb.x", "-inp", "neb.in"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Error in routine" not in ran.stdout, ran.stdout[-2000:]
    for number, image in enumerate(hop.images, start=1):
        text = (folder / f"pw_{number}.in").read_text()
        rows = text.split("ATOMIC_POSITIONS")[1].splitlines()[1 : len(image) + 1]
        assert [row.split()[0] for row in rows] == [site.specie.symbol for site in image]
        positions = np.array([[float(x) for x in row.split()[1:4]] for row in rows])
        unit = re.search(r"ATOMIC_POSITIONS\W+(\w+)", text).group(1)
        assert unit in ("bohr", "angstrom")
        scale = 0.529177210903 if unit == "bohr" else 1.0
        assert scale * positions == pytest.approx(image.cart_coords, abs=1e-6)
        assert re.search(r"tot_charge *= *(\S+)", text).group(1).replace("d", "e")
        assert float(re.search(r"tot_charge *= *([^\s,]+)", text).group(1)) == hop.charge


@pytest.mark.engine("pw.x")
def test_pw_reads_the_relaxation_of_an_end(tmp_path, tiny_hop, with_gth):
    settings = {"potentials.family": "pseudodojo_standard", "nstep": 0, "ecutwfc": 16.0,
                "mesh": "1 1 1", "electron_maxstep": 1}  # fmt: skip
    folder = write_inputs(tmp_path / "q", tiny_hop, code="qe", settings=settings)
    with_gth(folder, {name: GTH[name] for name in ("Cs", "Pb", "I")})
    ran = subprocess.run(
        ["pw.x", "-inp", "endpoint_02.in"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "Error in routine" not in ran.stdout, ran.stdout[-2000:]
    electrons = float(re.search(r"number of electrons *= *(\S+)", ran.stdout).group(1))
    assert electrons == 9 + 14 + 2 * 7 - 1
    assert "DFT-D3" in ran.stdout
