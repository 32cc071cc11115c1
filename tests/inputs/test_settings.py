"""Presets, and what a user sets in their place."""

import json
import tomllib
from pathlib import Path

import pytest
from pymatgen.io.vasp.inputs import Incar

import perovdb.inputs.presets as presets
from perovdb.errors import InputError
from perovdb.inputs.limits import limit_of, within_limits
from perovdb.inputs.presets import load_preset, preset_names
from perovdb.inputs.sets import CODES, input_files
from perovdb.inputs.settings import parse_setting, with_settings
from perovdb.migration.hops import hops
from perovdb.migration.path import path

PAIRS = [
    (code, preset)
    for code in CODES
    for preset in preset_names()
    if (code, preset) != ("qe", "imran2020")
]


@pytest.mark.parametrize(("code", "preset"), PAIRS)
def test_every_setting_names_its_source(code, preset):
    sections = load_preset(preset, code).sections
    assert set(sections) == set(load_preset("standard", code).sections)
    for settings in sections.values():
        for setting in settings.values():
            assert len(setting.source) > 10


def test_every_source_of_a_preset_is_used():
    folder = Path(presets.__file__).parent / "presets"
    for file in folder.glob("*.toml"):
        text = file.read_text()
        for key in tomllib.loads(text).get("sources", {}):
            assert f'source = "{key}"' in text, (file.name, key)


def test_the_presets_that_the_field_asks_for():
    assert preset_names() == ["accurate", "imran2020", "quick", "standard"]
    with pytest.raises(InputError, match="accurate, imran2020, quick, standard"):
        load_preset("perfect", "vasp")
    with pytest.raises(InputError, match=r"no settings for qe\. It has them for vasp, cp2k"):
        load_preset("imran2020", "qe")


def test_imran_2020_as_it_is_printed():
    """VASP 6.1, PBE, 400 eV, 4 x 4 x 4; forces below 0.001 hartree per angstrom; CP2K's PBE."""
    vasp = load_preset("imran2020", "vasp").sections
    assert vasp["incar"]["ENCUT"].value == 400
    assert vasp["incar"]["GGA"].value == "PE"
    assert vasp["incar"]["IVDW"].value == 0
    assert vasp["kpoints"]["mesh"].value == "4 4 4"
    assert -vasp["incar"]["EDIFFG"].value == pytest.approx(0.001 * 27.2114, abs=5e-5)
    assert vasp["incar"]["SIGMA"].source.startswith("not stated by imran2020; from standard: ")
    cp2k = load_preset("imran2020", "cp2k").sections[""]
    assert cp2k["MAX_FORCE"].value == pytest.approx(0.001 * 0.529177, abs=5e-6)
    assert cp2k["BASIS_SET"].value.startswith("DZVP")


@pytest.mark.parametrize(("code", "preset"), PAIRS)
def test_a_preset_with_the_name_of_a_paper_holds_values_of_it(code, preset):
    found = load_preset(preset, code)
    sources = [s.source for settings in found.sections.values() for s in settings.values()]
    assert bool(found.paper) == any(source.startswith("not stated by") for source in sources)
    if found.paper:
        assert any(source.startswith("Imran et al.") for source in sources)


def test_a_mesh_that_a_paper_states_for_cells_of_another_size(iodide_hop):
    """4 x 4 x 4 is stated for cells of 20 and 40 atoms."""

    def noted(hop, **options):
        files = input_files(hop, code="vasp", preset="imran2020", **options)
        return any("4 4 4 of imran2020" in n for n in json.loads(files["manifest.json"])["notes"])

    assert not noted(iodide_hop)
    large = path("CsPbI3", hops("CsPbI3", "I", phase="alpha")[0], size=(3, 3, 2), images=1)
    assert noted(large)
    assert not noted(large, settings={"mesh": "2 2 2"})


@pytest.mark.parametrize(("code", "preset"), PAIRS)
def test_every_preset_is_within_the_limits(code, preset):
    """Each value may be set again as it is; every number has a limit."""
    found = load_preset(preset, code)
    for section, settings in found.sections.items():
        for key, setting in settings.items():
            assert within_limits(code, key, key, setting.value) == setting.value, (section, key)
            if isinstance(setting.value, int | float) and not isinstance(setting.value, bool):
                assert limit_of(code, key), (section, key)


@pytest.mark.parametrize(
    ("code", "key", "values"),
    [
        ("vasp", "ENCUT", [-4, 0, 1e9]),
        ("vasp", "SIGMA", [-1, 0]),
        ("vasp", "ISPIN", [3]),
        ("vasp", "ALGO", ["foo"]),
        ("vasp", "EDIFFG", [0, 0.02, -100]),
        ("vasp", "EDIFF", [0, -1e-6]),
        ("vasp", "NSW", [0, -5]),
        ("vasp", "ISIF", [3]),
        ("vasp", "NCORE", [0]),
        ("cp2k", "CUTOFF_Ry", [-5, 0]),
        ("cp2k", "MAX_FORCE", [0, -1]),
        ("cp2k", "K_SPRING", [-1]),
        ("cp2k", "BAND_TYPE", ["NEB"]),
        ("qe", "ecutwfc", [-60, 1e6]),
        ("qe", "ecutrho", [-480]),
        ("qe", "conv_thr", [0]),
        ("qe", "path_thr", [-1]),
        ("qe", "CI_scheme", ["manual"]),
        ("qe", "spacing_inv_A", [-0.2]),
    ],
)
def test_what_no_band_can_be_run_with(code, key, values):
    for value in values:
        with pytest.raises(InputError, match=f"{key} cannot be") as raised:
            with_settings(load_preset("standard", code), {key: value})
        assert "\n" not in str(raised.value)


def test_a_choice_is_spelled_as_the_code_does():
    changed = with_settings(load_preset("standard", "vasp"), {"ALGO": "veryfast"})
    assert changed.changed == {"incar.ALGO": "VeryFast"}


def test_quick_is_looser_than_standard_than_accurate():
    order = [
        load_preset(name, "vasp").values("incar") for name in ("quick", "standard", "accurate")
    ]
    assert [v["ENCUT"] for v in order] == sorted(v["ENCUT"] for v in order)
    assert [v["EDIFFG"] for v in order] == sorted(v["EDIFFG"] for v in order)
    paths = [load_preset(name, "qe").values("path") for name in ("quick", "standard", "accurate")]
    assert [v["path_thr"] for v in paths] == sorted((v["path_thr"] for v in paths), reverse=True)


@pytest.mark.parametrize(
    ("given", "section", "key", "value"),
    [
        ({"ENCUT": 450}, "incar", "ENCUT", 450.0),
        ({"incar.ENCUT": "450.5"}, "incar", "ENCUT", 450.5),
        ({"encut": 450}, "incar", "ENCUT", 450.0),
        ({"LASPH": "false"}, "incar", "LASPH", False),
        ({"NELM": "60"}, "incar", "NELM", 60),
        ({"kpoints.mesh": "2 2 2"}, "kpoints", "mesh", "2 2 2"),
        ({"NCORE": "4"}, "incar", "NCORE", 4),
        ({"incar.KPAR": 2}, "incar", "KPAR", 2),
        ({"ISPIN": 2}, "incar", "ISPIN", 2),
    ],
)
def test_a_setting_takes_the_place_of_the_presets(given, section, key, value):
    changed = with_settings(load_preset("standard", "vasp"), given)
    setting = changed.sections[section][key]
    assert setting.value == value
    assert type(setting.value) is type(value)
    assert setting.source.startswith("set by the user, ")
    assert changed.changed == {f"{section}.{key}": value}


def test_a_plain_name_changes_every_section_that_has_it():
    changed = with_settings(load_preset("standard", "vasp"), {"NSW": 50})
    assert changed.changed == {"relax.NSW": 50, "band.plain.NSW": 50}
    every = with_settings(load_preset("standard", "vasp"), {"incar.NSW": 50})
    assert every.changed == changed.changed
    only = with_settings(load_preset("standard", "vasp"), {"relax.NSW": 50})
    assert only.sections["band.plain"]["NSW"].value == 200


@pytest.mark.parametrize(
    ("code", "given", "words"),
    [
        ("vasp", {"ENCUTT": 450}, "no setting 'ENCUTT'. Did you mean 'ENCUT'"),
        ("vasp", {"incar.ENCUTT": 450}, "Did you mean 'incar.ENCUT'"),
        ("vasp", {"IOPT": 3}, "no setting 'IOPT'"),
        ("vasp", {"ENCUT": "high"}, "ENCUT cannot be 'high'. Give a number"),
        ("vasp", {"NELM": 60.5}, "NELM cannot be 60.5. Give a whole number"),
        ("vasp", {"NELM": "60.5"}, "whole number"),
        ("vasp", {"NELM": True}, "whole number"),
        ("vasp", {"ENCUT": "nan"}, "Give a number"),
        ("vasp", {"ENCUT": float("inf")}, "Give a number"),
        ("qe", {"vdw_corr": "grimme-d3'\n/"}, "Give a word"),
        ("vasp", {"LASPH": 3}, "true or false"),
        ("vasp", {"NELECT": 3}, "NELECT follows from the atoms"),
        ("vasp", {"incar.IMAGES": 3}, "IMAGES follows from the atoms"),
        ("cp2k", {"CUTOF_Ry": 3}, "Did you mean 'CUTOFF_Ry'"),
        ("cp2k", {"NCORE": 4}, "no setting 'NCORE'"),
        ("qe", {"path.path_threshold": 0.1}, "Did you mean 'path.path_thr'"),
        ("cp2k", {"UKS": True}, "UKS follows from the atoms"),
        ("cp2k", {"FOO": 1}, "Choose one of: BAND_TYPE, BASIS_SET"),
        ("vasp", {"NCOER": 4}, "Did you mean 'NCORE'"),
        ("vasp", {"XYZXYZ": 4}, "or another tag of INCAR"),
    ],
)
def test_what_cannot_be_set(code, given, words):
    with pytest.raises(InputError) as raised:
        with_settings(load_preset("standard", code), given)
    assert words in str(raised.value)


def test_key_and_value_of_a_text():
    assert parse_setting("ENCUT = 450") == ("ENCUT", "450")
    assert parse_setting("kpoints.mesh=2 2 2") == ("kpoints.mesh", "2 2 2")
    for text in ("ENCUT", "=3", "ENCUT="):
        with pytest.raises(InputError, match="Write KEY=VALUE"):
            parse_setting(text)


def test_settings_reach_the_files_and_the_manifest(iodide_hop):
    files = input_files(
        iodide_hop, code="vasp", settings={"ENCUT": 450, "NCORE": 4, "ISPIN": 2, "mesh": "3 3 3"}
    )
    for name in ("INCAR", "INCAR.endpoint"):
        incar = Incar.from_str(files[name])
        assert (incar["ENCUT"], incar["NCORE"], incar["ISPIN"]) == (450, 4, 2)
    assert files["KPOINTS"].splitlines()[3] == files["03/KPOINTS"].splitlines()[3] == "3 3 3"
    manifest = json.loads(files["manifest.json"])
    assert manifest["set_by_user"] == {
        "incar.ENCUT": 450,
        "incar.NCORE": 4,
        "incar.ISPIN": 2,
        "kpoints.mesh": "3 3 3",
    }
    assert manifest["settings"]["incar"]["ENCUT"]["value"] == 450
    assert "in place of 520" in manifest["settings"]["incar"]["ENCUT"]["source"]


@pytest.mark.parametrize("mesh", ["4 4", "0 1 1", "a b c", "4 4 -4"])
def test_a_mesh_is_three_numbers(iodide_hop, mesh):
    with pytest.raises(InputError, match="no mesh of k-points"):
        input_files(iodide_hop, code="vasp", settings={"mesh": mesh})
