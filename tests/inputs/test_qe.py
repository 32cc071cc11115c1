"""Quantum ESPRESSO sets, looked at as text; tests/engines runs them."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from perovdb.errors import InputError
from perovdb.inputs.sets import input_files
from perovdb.migration.hops import hops
from perovdb.migration.path import path


def value(text, name):
    return re.search(rf"^ *{name} = (.+)$", text, flags=re.MULTILINE).group(1)


def positions(text):
    """Every block of positions, with its symbols."""
    blocks = re.findall(r"ATOMIC_POSITIONS angstrom\n((?:  \w+ .*\n)+)", text)
    rows = [[line.split() for line in block.splitlines()] for block in blocks]
    symbols = [[row[0] for row in block] for block in rows]
    return symbols, np.array([[[float(x) for x in row[1:]] for row in block] for block in rows])


@pytest.mark.parametrize("hop", ["iodide_hop", "fa_hop"])
def test_every_image_is_given_unwrapped(hop, request):
    hop = request.getfixturevalue(hop)
    text = input_files(hop, code="qe")["neb.in"]
    assert value(text, "num_of_images") == str(len(hop.images))
    assert text.count("INTERMEDIATE_IMAGE") == len(hop.images) - 2
    symbols, found = positions(text)
    for image, names, rows in zip(hop.images, symbols, found, strict=True):
        assert names == [site.specie.symbol for site in image]
        assert rows == pytest.approx(image.cart_coords, abs=1e-9)
    assert float(value(text, "tot_charge")) == hop.charge


def test_the_ends_are_relaxed_with_the_same_settings(iodide_hop):
    files = input_files(iodide_hop, code="qe")
    for number in (0, 6):
        text = files[f"endpoint_{number:02d}.in"]
        assert value(text, "calculation") == "'relax'"
        assert positions(text)[1][0] == pytest.approx(iodide_hop.images[number].cart_coords)
        for key in ("ecutwfc", "ecutrho", "tot_charge", "vdw_corr", "conv_thr"):
            assert value(text, key) == value(files["neb.in"], key)
    inside = input_files(iodide_hop, code="qe", relax_first=False)
    assert value(inside["neb.in"], "first_last_opt") == ".true."
    assert "endpoint_00.in" not in inside


@pytest.mark.parametrize(
    ("settings", "wave", "density"),
    [
        ({}, 60, 480),  # N of SSSP efficiency
        ({"family": "sssp_precision"}, 80, 360),  # N and H; C, I and Pb for the density
        ({"family": "pseudodojo_standard"}, 84, 336),  # N: 42 hartree
        ({"family": "pseudodojo_standard", "hint": "high"}, 96, 384),
        ({"ecutwfc": 30.0}, 30, 240),
        ({"ecutwfc": 30.0, "ecutrho": 300.0}, 30, 300),
    ],
)
def test_the_cut_off_is_that_of_the_hardest_element(fa_hop, settings, wave, density):
    text = input_files(fa_hop, code="qe", settings=settings)["neb.in"]
    assert float(value(text, "ecutwfc")) == wave
    assert float(value(text, "ecutrho")) == density


@pytest.mark.parametrize("settings", [{}, {"ecutwfc": 30.0}, {"hint": "high"}])
@pytest.mark.parametrize("family", ["sssp_efficiency", "pseudodojo_standard"])
def test_the_manifest_holds_the_cut_offs_that_are_written(fa_hop, family, settings):
    files = input_files(fa_hop, code="qe", settings={"family": family, **settings})
    manifest = json.loads(files["manifest.json"])
    for key in ("ecutwfc", "ecutrho"):
        told = manifest["settings"]["system"][key]
        assert told["value"] == float(value(files["neb.in"], key)) > 0
        given = key in settings
        assert told["source"].startswith("set by the user") == given
        assert given or f"family {family}: " in told["source"]


def test_the_family_names_the_files(fa_hop):
    text = input_files(fa_hop, code="qe")["neb.in"]
    assert "I.pbe-n-kjpaw_psl.0.2.UPF" in text
    dojo = input_files(fa_hop, code="qe", settings={"family": "pseudodojo_standard"})
    assert re.search(r"Pb +207\.20000 Pb\.upf", dojo["neb.in"])
    assert "pseudo.md5" not in dojo
    with pytest.raises(InputError, match="no family of potentials 'gbrv'"):
        input_files(fa_hop, code="qe", settings={"family": "gbrv"})
    with pytest.raises(InputError, match="low, normal, high"):
        input_files(fa_hop, code="qe", settings={"hint": "higher"})


def test_gamma_has_a_card_of_its_own(iodide_hop):
    assert "K_POINTS automatic\n  2 2 2 0 0 0\n" in input_files(iodide_hop, code="qe")["neb.in"]
    assert "K_POINTS gamma\n" in input_files(iodide_hop, code="qe", preset="quick")["neb.in"]


def test_closed_shells_have_no_spin():
    hop = path("CsPbI3", hops("CsPbI3", "Pb", phase="alpha")[0], images=3)
    text = input_files(hop, code="qe")["neb.in"]
    assert "nspin" not in text
    assert float(value(text, "tot_charge")) == -2


def test_an_odd_electron_has_a_spin(iodide_hop):
    """The same cell without its charge: not a sound set, but it tells."""
    images = [image.copy() for image in iodide_hop.images]
    for image in images:
        image.properties = {**image.properties, "charge": 0}
    odd = replace(iodide_hop, images=tuple(images), charge=0)
    text = input_files(odd, code="qe")["neb.in"]
    assert value(text, "nspin") == "2"
    assert float(value(text, "tot_magnetization")) == 1
