"""Names and titles that come from outside never become a line of a script or an input."""

import json
import subprocess
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.io.vasp.inputs import Incar

import perovdb
from perovdb.errors import InputError
from perovdb.files import labels
from perovdb.files.labels import is_label, one_line, stray
from perovdb.inputs.machine import Machine
from perovdb.inputs.schedulers import SCHEDULERS, Script
from perovdb.structures.files.writing import as_text

#: What shells, codes, preprocessors and terminals read as more than text.
NASTY = st.lists(
    st.sampled_from(
        [
            "\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\x1b[2J", "\x00", "\ud800",
            "\u202e",
            "touch hacked", "$(touch hacked)", "`touch hacked`", "; touch hacked", "|", "&&", "'",
            '"', "''", "\\", "#", "!", "/", "&END", "&PATH", "@SET X Y", "${X}", "NELECT = 3",
            "; NELECT = 3", "#SBATCH --wrap=x", "# perovdb {}", "END_PATH_INPUT", " ", "alpha",
        ]
    ),
    min_size=1,
    max_size=8,
).map("".join)  # fmt: skip


@given(st.text())
def test_one_line_is_one_printable_line(text):
    line = one_line(text)
    assert line.isprintable()
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


@given(st.text(max_size=20))
def test_a_label_holds_nothing_that_a_shell_reads(text):
    if is_label(text):
        assert not set(text) & set(" \t\n\r;&|<>$`\\\"'*?[]{}#~!%@")


@given(st.text() | NASTY)
def test_what_strays_is_named_and_prose_may_have_lines(text):
    assert (stray(text) is None) == text.isprintable()
    if stray(text, prose=True) is None:
        assert not set(text) & set("\r\v\f\x1c\x85\u2028\u2029\x1b\u202e\x00\ud800")
    for found in (stray(text), stray(text, prose=True)):
        assert found is None or found.isprintable()


@given(NASTY)
def test_a_text_stays_one_value_of_each_language(text):
    for write in (labels.in_incar, labels.in_cp2k, labels.in_namelist):
        assert write(text).isprintable()
    assert not set(labels.in_incar(text)) & set(";\\#!")
    assert not set(labels.in_cp2k(text)) & set("$@&#!")
    quoted = labels.in_namelist(text)
    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("''", "").count("'") == 0


HOSTILE = "I\ntouch hacked\n"


@pytest.fixture
def host(tmp_path):
    """A file of ours whose record names an ion by a shell command on a line of its own."""
    crystal = perovdb.build("CsPbI3", "alpha", 2)
    path = tmp_path / "host.json"
    perovdb.write_structure(crystal, path)
    path.write_text(path.read_text().replace('"I"', json.dumps(HOSTILE)))
    return path


def test_a_record_with_a_command_for_a_name_is_not_believed(host):
    try:
        structure = perovdb.read_structure(host)
    except perovdb.PerovdbError:
        return
    assert set(structure.site_properties["ion"]) == {"Cs", "Pb", "I"}


@pytest.fixture(scope="module")
def band():
    return perovdb.path("CsPbI3", perovdb.hops("CsPbI3", "I", phase="alpha")[0], images=3)


def sets(band, label, code, scheduler="bash"):
    """The input set of a band, all of whose texts are a label: set in memory, after all checks."""
    images = tuple(image.copy() for image in band.images)
    for image in images:
        first, *others = image.properties["history"]
        arguments = {**first["arguments"], "phase": label}
        first = {**first, "arguments": arguments, "text": label, "notes": [label]}
        image.properties["history"] = [first, *others]
    named = replace(band, formula=label, into=label, images=images, notes=(label,))
    machine = Machine({"bash": {"launcher": ":"}})
    resources = perovdb.Resources(scheduler=scheduler, machine=machine)
    return perovdb.input_files(named, code=code, resources=resources)


def shape(files):
    """Of each file the lines, and of each line the first word; numbers and JSON by their keys."""
    shapes = {}
    for name, text in files.items():
        assert text.encode()
        rows = [line.split() for line in text.splitlines()]
        shapes[name] = [row[0] if row and "POSCAR" not in name else len(row) > 0 for row in rows]
        if name.startswith("INCAR"):
            tags = [line.partition("=")[0] for line in text.replace(";", "\n").splitlines()]
            shapes[name] = [*tags, *Incar.from_str(text)]
        if name.endswith(".json"):
            shapes[name] = list(json.loads(text))
    return shapes


@pytest.mark.parametrize("code", ["vasp", "cp2k", "qe"])
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(label=NASTY, scheduler=st.sampled_from(list(SCHEDULERS)))
def test_no_label_changes_the_shape_of_a_set(band, code, scheduler, label):
    nasty = shape(sets(band, f"alpha {label}", code, scheduler))
    plain = shape(sets(band, "alpha", code, scheduler))
    assert [name for name in {**nasty, **plain} if nasty.get(name) != plain.get(name)] == []


@pytest.mark.parametrize("code", ["vasp", "cp2k", "qe"])
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(label=NASTY)
def test_no_label_is_run(tmp_path, band, code, label):
    for name, text in sets(band, f"{label}\ntouch hacked\n$(touch hacked)", code).items():
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for script in tmp_path.glob("*.sh"):
        assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
        subprocess.run(
            ["bash", script], cwd=tmp_path, capture_output=True, timeout=20, check=False
        )
    assert not list(tmp_path.rglob("hacked"))


def test_the_title_of_a_script_is_one_line():
    assert Script("a\nrm -rf x\x1b[2J", 1, 1).title == "a rm -rf x [2J"


@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\u2028", "\x1b", "'", '"', ";", "!", "#", "$", "@", "&"]
)
@pytest.mark.parametrize(
    ("code", "key"), [("vasp", "ALGO"), ("cp2k", "OT_MINIMIZER"), ("qe", "vdw_corr")]
)
def test_a_setting_is_one_word_of_its_language(band, code, key, sign):
    with pytest.raises(InputError, match=key):
        perovdb.input_files(band, code=code, settings={key: f"Fast{sign}NELECT=3"})


@pytest.mark.parametrize("form", ["poscar", "cif", "xyz", "cp2k", "qe", "json"])
@settings(max_examples=15, deadline=None)
@given(label=NASTY)
def test_no_step_text_becomes_a_line_of_a_structure_file(form, label):
    def data(text):
        crystal = perovdb.build("CsPbI3", "alpha")
        step = {**crystal.properties["history"][0], "text": text, "notes": [text]}
        crystal.properties["history"] = [step]
        written = as_text(crystal, form)
        if form == "json":
            return [len(json.loads(written)["sites"])]
        title = {"poscar": 0, "xyz": 1}.get(form)
        return [
            line
            for number, line in enumerate(written.splitlines())
            if number != title and not line.startswith("# ")
        ]

    assert data(label) == data("alpha")
