"""CP2K sets, looked at as text; tests/engines runs them."""

import os
import re
import subprocess

import numpy as np
import pytest

from perovdb.inputs.sets import input_files, write_inputs
from perovdb.migration.hops import hops
from perovdb.migration.path import path


def keyword(text, name):
    return re.findall(rf"^ *{name} (.+)$", text, flags=re.MULTILINE)


def test_the_band_names_every_replica_it_comes_with(iodide_hop):
    files = input_files(iodide_hop, code="cp2k")
    text = files["neb.inp"]
    names = [f"image_{n:02d}.xyz" for n in range(7)]
    assert keyword(text, "NUMBER_OF_REPLICA") == ["7"]
    assert keyword(text, "COORD_FILE_NAME") == [*names, names[0]]
    assert set(names) < set(files)
    assert keyword(text, "CHARGE") == ["1"]
    assert keyword(text, "UKS") == [".FALSE."]
    assert keyword(text, "ROTATE_FRAMES") == keyword(text, "ALIGN_FRAMES") == [".FALSE."]
    assert keyword(text, "OPTIMIZE_END_POINTS") == [".FALSE."]


def test_the_ends_are_relaxed_before_the_band_or_in_it(iodide_hop):
    files = input_files(iodide_hop, code="cp2k")
    for number in (0, 6):
        text = files[f"endpoint_{number:02d}.inp"]
        assert keyword(text, "RUN_TYPE") == ["GEO_OPT"]
        assert keyword(text, "COORD_FILE_NAME") == [f"image_{number:02d}.xyz"]
        assert keyword(text, "CHARGE") == ["1"]
    inside = input_files(iodide_hop, code="cp2k", relax_first=False)
    assert not any(name.startswith("endpoint") for name in inside)
    assert keyword(inside["neb.inp"], "OPTIMIZE_END_POINTS") == [".TRUE."]
    assert "endpoint" not in inside["job.sh"]


def test_lead_may_show_its_5d(iodide_hop):
    text = input_files(iodide_hop, code="cp2k", preset="accurate")["neb.inp"]
    lead = text.split("&KIND Pb")[1].split("&END KIND")[0]
    assert "TZVPP-MOLOPT-PBE-GTH-q22" in lead
    assert "GTH-PBE-q22" in lead
    cs = text.split("&KIND Cs")[1].split("&END KIND")[0]
    assert "TZVP-MOLOPT-PBE-GTH-q9" in cs


def test_no_dispersion_where_a_paper_names_none(iodide_hop):
    files = input_files(iodide_hop, code="cp2k", preset="imran2020")
    assert "VDW_POTENTIAL" not in files["neb.inp"]


def test_replicas_hold_the_images_unwrapped(iodide_hop):
    files = input_files(iodide_hop, code="cp2k")
    for number, image in enumerate(iodide_hop.images):
        lines = files[f"image_{number:02d}.xyz"].splitlines()
        assert int(lines[0]) == len(lines) - 2 == 39
        symbols = [line.split()[0] for line in lines[2:]]
        positions = [[float(x) for x in line.split()[1:]] for line in lines[2:]]
        assert symbols == [site.specie.symbol for site in image]
        assert np.array(positions) == pytest.approx(image.cart_coords, abs=1e-9)


def test_sections_are_closed(fa_hop):
    stack = []
    for line in input_files(fa_hop, code="cp2k")["neb.inp"].splitlines():
        if line.strip().startswith("&END"):
            assert stack.pop() == line.split()[1]
        elif line.strip().startswith("&"):
            stack.append(line.strip()[1:].split()[0])
    assert stack == []


def test_every_kind_has_its_basis_and_potential(fa_hop):
    text = input_files(fa_hop, code="cp2k")["neb.inp"]
    assert re.findall(r"&KIND (\w+)", text) == ["C", "N", "H", "Pb", "I"]
    assert keyword(text, "POTENTIAL") == [f"GTH-PBE-q{q}" for q in (4, 5, 1, 4, 7)]
    assert keyword(text, "CHARGE") == ["-1"]


def test_a_lead_vacancy_is_two_minus():
    hop = hops("CsPbI3", "Pb", phase="alpha")[0]
    text = input_files(path("CsPbI3", hop, images=3), code="cp2k", preset="quick")["neb.inp"]
    assert keyword(text, "CHARGE") == ["-2"]
    assert keyword(text, "MULTIPLICITY") == ["1"]


@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        # Lines as CP2K 2023.1 prints them.
        (" STEP NUMBER                   =                  17\n", 0, ""),
        (" STEP NUMBER                   =                 200\n", 1, "did not converge in 200"),
        ("", 1, "did not converge in 0"),
        (
            " *** WARNING: SCF run NOT converged ***\n STEP NUMBER     =    17\n",
            1,
            "some SCF of neb did not converge",
        ),
    ],
)
def test_the_job_tells_a_band_that_did_not_converge(tmp_path, iodide_hop, output, code, words):
    folder = write_inputs(tmp_path / "c", iodide_hop, code="cp2k", relax_first=False)
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "srun").write_text(f"#!/bin/sh\nprintf '{output}' > neb.out\n")
    (tools / "srun").chmod(0o755)
    ran = subprocess.run(
        [folder / "job.sh"],
        cwd=folder,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code
    assert words in ran.stderr
