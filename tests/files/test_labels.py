"""Names and titles that come from outside never become a line of a script or an input."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

import perovdb
from perovdb.files.labels import is_label, one_line
from perovdb.inputs.schedulers import SCHEDULERS, Script


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


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("code", ["vasp", "cp2k", "qe"])
def test_no_command_of_a_name_reaches_a_script(tmp_path, monkeypatch, scheduler, code):
    """Also where somebody sets the names in memory, after all checks."""
    from dataclasses import replace

    path = perovdb.path("CsPbI3", perovdb.hops("CsPbI3", "I", phase="alpha")[0], images=3)
    hostile = replace(path, formula="CsPbI3\ntouch hacked\n", into="I\ntouch hacked")
    resources = perovdb.Resources(scheduler=scheduler)
    files = perovdb.input_files(hostile, code=code, resources=resources)
    for text in files.values():
        assert not any(line.lstrip().startswith("touch hacked") for line in text.splitlines())
    script = tmp_path / "job.sh"
    script.write_text(files["job.sh"])
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def test_the_title_of_a_script_is_one_line():
    assert Script("a\nrm -rf x\x1b[2J", 1, 1).title == "a rm -rf x [2J"
