"""Studies: what is asked for, the tree that it makes, and that nothing in it is ever half done."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import asdict
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure
from pymatgen.io.vasp.inputs import Incar, Kpoints, Poscar
from tests.attack.file_events import Fault, run

from perovdb.errors import FormulaError, InputError, MissingData, UnknownSpecies
from perovdb.files import new_folders
from perovdb.inputs import studies
from perovdb.inputs.machine import Machine
from perovdb.inputs.set_folders import folder_names
from perovdb.inputs.set_requests import MOST_SETS, both_ways, read_study, requests
from perovdb.inputs.sets import input_files
from perovdb.inputs.studies import CONTENTS, set_of, write_study
from perovdb.migration.requests import HopRequest
from perovdb.structures.builder import build
from perovdb.structures.files.writing import write_structure
from perovdb.structures.units import units

PLAIN = Machine()

#: The quickest hop there is.
SMALL = {"formula": "CsPbI3", "phase": "alpha", "species": "I", "images": 1, "code": "qe"}

#: That of the tour: MA and FA in pure and mixed lattices, I at one and two vacancies.
PAPER = """\
code = ["vasp", "cp2k", "qe"]
scheduler = ["slurm", "pbs", "bash"]
phase = "alpha"
size = [2, 2, 2]

[[hops]]
formula = ["MAPbI3", "MA0.5FA0.5PbI3"]
species = "MA"

[[hops]]
formula = ["FAPbI3", "MA0.5FA0.5PbI3"]
species = "FA"

[[hops]]
formula = "CsPbI3"
species = "I"
vacancies = [1, 2]
"""


def write(folder, study, **options):
    """Rows of the sets of a study that is written."""
    return write_study(folder, study, machine=PLAIN, **options).rows()


def contents(folder):
    with (folder / CONTENTS).open(newline="") as handle:
        return list(csv.DictReader(handle))


def files_of(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def check_complete(folder):
    """A set holds the files of its manifest with the hashes that stand there, and no others."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert files_of(folder) == {*manifest["files"], "manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    return manifest


# What is asked for


def test_choices_are_taken_in_turn():
    found = requests(
        {**SMALL, "species": ["I", "Cs"], "vacancies": [1, 2], "scheduler": ["slurm", "pbs"]}
    )
    asked = {(one.hop.species, one.hop.vacancies, one.resources.scheduler) for one in found}
    assert len(found) == len(asked) == 8
    assert {one.hop.images for one in found} == {1}


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ([2, 2, 2], [(2, 2, 2)]),
        ((2, 2, 3), [(2, 2, 3)]),
        ([[2, 2, 2], [3, 2, 2]], [(2, 2, 2), (3, 2, 2)]),
        (None, [(2, 2, 2)]),
    ],
)
def test_a_size_is_three_numbers_and_several_are_threes(size, sizes):
    assert [one.hop.size for one in requests({**SMALL, "size": size})] == sizes


def test_several_tables_of_settings_are_taken_in_turn():
    found = requests({**SMALL, "settings": [{"ecutwfc": 40.0}, {"ecutwfc": 50.0}]})
    assert [one.settings for one in found] == [{"ecutwfc": 40.0}, {"ecutwfc": 50.0}]
    assert requests({**SMALL, "settings": {"ecutwfc": 40.0}})[0].settings == {"ecutwfc": 40.0}


def test_a_sample_means_all_its_hops_if_none_is_named():
    asked = {**SMALL, "order": "random"}
    assert [one.hop.hop for one in requests({**asked, "sample": 3})] == [0, 1, 2]
    assert [one.hop.hop for one in requests({**asked, "sample": 3, "hop": 1})] == [1]
    assert len(requests({**asked, "sample": [2, 3]})) == 5


def test_path_is_another_word_for_the_method():
    assert requests({**SMALL, "path": "idpp"})[0].hop.method == "idpp"


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"vacansies": 2}, InputError, "no choice 'vacansies'. Did you mean 'vacancies'"),
        ({"zzz": 2}, InputError, "Choose of: species, formula"),
        ({"path": "idpp", "method": "rigid"}, InputError, "'method' is given twice"),
        ({"hop": []}, InputError, "make 0 sets"),
        ({"hop": list(range(50)), "seed": list(range(50))}, InputError, "2500 sets"),
        ({"size": [[2, 2], 2]}, InputError, "not a supercell"),
        ({"size": []}, InputError, "make 0 sets"),
        ({"size": 0}, InputError, "no volume"),
        ({"size": [2, "2", 2]}, InputError, "'2' is not a size"),
        ({"images": 0}, InputError, "'images' cannot be 0"),
        ({"vacancies": [1, 0]}, InputError, "'vacancies' cannot be 0"),
        ({"hop": "x"}, InputError, "'hop' cannot be 'x'"),
        ({"sample": "x"}, InputError, "'sample' cannot be 'x'"),
        ({"sample": 0}, InputError, "'sample' cannot be 0"),
        ({"hours": 1.5}, InputError, "'hours' cannot be 1.5"),
        ({"relax_first": "yes"}, InputError, "True or False"),
        ({"code": "abinit"}, InputError, "cp2k, qe, vasp"),
        ({"code": 3}, InputError, "'code' cannot be 3"),
        ({"scheduler": "cron"}, InputError, "slurm, pbs, bash"),
        ({"build": "vtst"}, InputError, "qe has no build 'vtst'"),
        ({"preset": "perfect"}, InputError, "no preset 'perfect'"),
        ({"settings": "ENCUT"}, InputError, "'settings' cannot be"),
        ({"settings": {"ecutwcf": 40}}, InputError, "Did you mean 'ecutwfc'"),
        ({"settings": {"ecutwfc": "high"}}, InputError, "Give a number"),
        ({"code": ["vasp", "qe"], "settings": {"ENCUT": 400}}, InputError, "no setting 'ENCUT'"),
        ({"formula": ["CsPbI3", "CsPb"]}, FormulaError, "no X-site ion"),
        ({"species": "Q"}, UnknownSpecies, "'Q' is not an ion"),
        ({"into": "Qq"}, UnknownSpecies, "'Qq' is not an ion"),
        ({"file": "a.cif"}, InputError, "one host"),
        ({"temperature_K": True}, InputError, "'temperature_K' cannot be True"),
    ],
)
def test_choices_that_mean_nothing(changed, error, words):
    with pytest.raises(error, match=words):
        requests({**SMALL, **changed})


@pytest.mark.parametrize("needed", ["species", "code"])
def test_what_a_study_must_say(needed):
    with pytest.raises(InputError, match=f"does not say which {needed}"):
        requests({name: value for name, value in SMALL.items() if name != needed})


def test_a_file_of_choices(tmp_path):
    (tmp_path / "s.toml").write_text(PAPER)
    found = read_study(tmp_path / "s.toml")
    assert len(found) == 54
    assert {one.hop.size for one in found} == {(2, 2, 2)}
    counts = Counter((one.hop.formula, one.hop.species, one.hop.vacancies) for one in found)
    assert counts == {
        ("MAPbI3", "MA", 1): 9,
        ("MA0.5FA0.5PbI3", "MA", 1): 9,
        ("FAPbI3", "FA", 1): 9,
        ("MA0.5FA0.5PbI3", "FA", 1): 9,
        ("CsPbI3", "I", 1): 9,
        ("CsPbI3", "I", 2): 9,
    }


def test_files_of_hosts_stand_beside_the_study(tmp_path):
    (tmp_path / "s.toml").write_text(
        'species = "I"\ncode = "qe"\n[[hops]]\nfile = ["a.cif", "b.cif"]\n'
    )
    found = read_study(tmp_path / "s.toml")
    assert [one.hop.file for one in found] == [str(tmp_path / "a.cif"), str(tmp_path / "b.cif")]


HEAD = 'species = "I"\nformula = "CsPbI3"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code = \n", "is not TOML"),
        (HEAD, "does not say which code"),
        (HEAD + 'code = "qe"\nhops = 3\n', "'hops' is not a list of tables"),
        (HEAD + 'code = "qe"\nhops = []\n', "'hops' is not a list of tables"),
        (HEAD + 'code = "qe"\n[[hops]]\n[[hops]]\nhop = "x"\n', "number 2: 'hop' cannot be 'x'"),
        (HEAD + 'code = "qe"\n[[hops]]\nvacancies = 0\n', "number 1: 'vacancies' cannot be 0"),
        (HEAD + 'code = "qe"\nimages = 0\n', "s.toml: 'images' cannot be 0"),
        (HEAD + 'code = "qe"\nimages = 2026-01-01\n', "s.toml: 'images' cannot be"),
        (
            HEAD + 'code = "qe"\n[[hops]]\nfile = 3\nformula = "CsPbI3"\n',
            "number 1: 'file' cannot",
        ),
        (HEAD + 'code = "qe"\n[[hops]]\nspecies = {a = 1}\n', "number 1: 'species' cannot be"),
        (HEAD + 'code = "qe"\nhop = [[0], [1]]\n', r"'hop' cannot be \[0\]"),
        ("\x00", "is not TOML"),
    ],
)
def test_a_file_that_means_nothing(tmp_path, text, words):
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(InputError, match=words):
        read_study(tmp_path / "s.toml")


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(InputError, match=r"no\.toml cannot be read"):
        read_study(tmp_path / "no.toml")
    with pytest.raises(InputError, match="is a folder"):
        read_study(tmp_path)
    (tmp_path / "s.toml").write_bytes(b"a = '\xff'\n")
    with pytest.raises(InputError, match="not a text in UTF-8"):
        read_study(tmp_path / "s.toml")


def test_too_many_over_all_tables(tmp_path):
    numbers = list(range(MOST_SETS // 2 + 1))
    tables = f"[[hops]]\nseed = {numbers}\n" * 2
    (tmp_path / "s.toml").write_text(HEAD + 'code = "qe"\n' + tables)
    with pytest.raises(InputError, match=f"makes {MOST_SETS + 2} sets"):
        read_study(tmp_path / "s.toml")


def test_both_ways_are_two_sets_where_there_are_molecules(tmp_path):
    write_structure(build("MAPbI3", "alpha"), str(tmp_path / "ma.cif"))
    write_structure(build("CsPbI3", "alpha"), str(tmp_path / "cs.cif"))
    hosts = [{"formula": "FAPbI3"}, {"formula": "CsPbI3"}]
    hosts += [{"file": str(tmp_path / f"{name}.cif")} for name in ("ma", "cs")]
    study = [
        one
        for host in hosts
        for one in requests({"species": "I", "code": "qe", "path": "both", **host})
    ]
    found = [(one.hop.formula or one.hop.file[-6:], one.hop.method) for one in both_ways(study)]
    assert found == [
        ("FAPbI3", "rigid"),
        ("FAPbI3", "idpp"),
        ("CsPbI3", "rigid"),
        ("ma.cif", "rigid"),
        ("ma.cif", "idpp"),
        ("cs.cif", "rigid"),
    ]


# Where the sets stand


def test_a_name_follows_from_the_request_alone():
    """So that a study may grow and the sets that are there keep their folders."""
    few = requests(SMALL)
    many = requests({**SMALL, "seed": [0, 1], "size": [[2, 2, 2], [3, 2, 2]], "hours": [24, 9]})
    assert folder_names(few) == ["qe-standard-slurm/CsPbI3-alpha/I-hop0-1vac-rigid-images-1"]
    names = folder_names(many)
    assert len(set(names)) == 8
    assert names[many.index(few[0])] == folder_names(few)[0]


def test_names_tell_the_sets_apart_and_stay_in_the_tree():
    study = requests({**SMALL, "settings": [{}, {"ecutwfc": 40.0}, {"mesh": "2 2 2"}]})
    study += requests({**SMALL, "phase": ["../../up", "."], "into": ["I", None]})
    study += requests(
        {"species": "I", "code": "qe", "file": ["run1/POSCAR", "run2/POSCAR", "../.hidden/x.cif"]}
    )
    study += requests({"species": "I", "code": "qe", "file": "-x.cif"})
    names = folder_names(study)
    assert len(set(names)) == len(study) == 11
    for name in names:
        parts = name.split("/")
        assert len(parts) == 3
        assert not any(part.startswith((".", "-")) or part == "" for part in parts)
    assert names[1].startswith("qe-standard-slurm-settings-ecutwfc-40.0/")


def test_a_long_list_of_settings_has_a_short_name():
    settings = {"mesh": "2 2 2", "ecutwfc": 40.0, "conv_thr": 1e-7, "path_thr": 0.05, "nstep": 90}
    names = folder_names(requests({**SMALL, "settings": [settings, {**settings, "nstep": 91}]}))
    assert len(set(names)) == 2
    assert max(len(part) for name in names for part in name.split("/")) < 120


def test_two_sets_of_one_name_are_refused(tmp_path):
    study = requests(SMALL)
    with pytest.raises(InputError, match="Two sets of the study"):
        write(tmp_path / "t", study * 2)
    with pytest.raises(InputError, match="no set"):
        write(tmp_path / "t", [])
    assert not (tmp_path / "t").exists()


# The tree


def test_the_manifest_holds_the_request(tmp_path):
    (request,) = requests({**SMALL, "vacancies": 2, "settings": {"ecutwfc": 40.0}})
    (row,) = write(tmp_path / "t", [request])
    manifest = check_complete(tmp_path / "t" / row["folder"])
    assert manifest["request"]["hop"]["vacancies"] == 2
    assert manifest["request"]["settings"] == {"ecutwfc": 40.0}
    assert manifest["set_by_user"] == {"system.ecutwfc": 40.0}
    assert manifest["request_sha256"] == request.digest
    assert manifest["charge"] == 2


def test_a_tree_is_gone_on_with(tmp_path, monkeypatch):
    """What is there stays as it is, and its path is not made again."""
    root = tmp_path / "t"
    told = []
    first = write(root, requests(SMALL), progress=told.append)
    assert [row["status"] for row in first] == ["written"]
    assert [asdict(one) for one in told] == first
    before = (root / first[0]["folder"] / "neb.in").stat()
    made = []
    path_of = HopRequest.path
    monkeypatch.setattr(
        HopRequest, "path", lambda hop, *rest: made.append(hop) or path_of(hop, *rest)
    )
    more = requests({**SMALL, "vacancies": [1, 2], "scheduler": ["slurm", "bash"]})
    rows = write(root, more)
    assert [row["status"] for row in rows] == ["kept", "written", "written", "written"]
    assert [hop.vacancies for hop in made] == [1, 2]
    assert rows[0] == {**first[0], "status": "kept"}
    after = (root / first[0]["folder"] / "neb.in").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert len(contents(root)) == 4


def test_a_set_that_was_changed_by_hand_is_named(tmp_path):
    study = requests({**SMALL, "code": ["vasp", "cp2k", "qe"]})
    write(tmp_path / "t", study)
    for name in ("INCAR", "job.sh", "00/POSCAR", "image_00.xyz", "neb.in"):
        for path in tmp_path.glob(f"t/*/*/*/{name}"):
            path.write_text("changed\n")
    rows = write(tmp_path / "t", study)
    assert {row["status"] for row in rows} == {"kept"}
    said = [row["notes"].split(" | ")[-1].partition("written: ")[2] for row in rows]
    assert sorted(said) == ["INCAR, job.sh", "job.sh", "job.sh"]


def test_lines_of_the_machine_in_an_array_are_said_though_all_is_kept(tmp_path):
    write(tmp_path / "t", requests(SMALL))
    table = {"lines": ["touch x"], "launcher": "y; mpirun {ranks}"}
    machine = Machine({"slurm": table}, "perovdb.toml")
    again = write_study(tmp_path / "t", requests(SMALL), machine=machine)
    assert [one.status for one in again.sets] == ["kept"]
    assert "array.sh takes these lines from perovdb.toml as they are: ['touch x']" in str(again)
    assert "slurm.launcher = 'y; mpirun {ranks}'" in machine.notes("qe", "slurm")[0]


def test_the_table_and_the_arrays_keep_the_sets_of_other_studies(tmp_path):
    root = tmp_path / "t"
    write(root, requests(SMALL))
    write(root, requests({**SMALL, "formula": "CsPbBr3", "species": "Br"}))
    assert [(row["host"], row["status"]) for row in contents(root)] == [
        ("CsPbI3", "kept"),
        ("CsPbBr3", "written"),
    ]
    top = root / "qe-standard-slurm"
    assert len((top / "folders.txt").read_text().splitlines()) == 2
    assert "#SBATCH --array=1-2\n" in (top / "array.sh").read_text()


def test_another_request_in_the_same_folder_is_refused_or_replaces(tmp_path):
    """As the folder of a file of another content, which has the name of the one that was there."""
    root, host = tmp_path / "t", tmp_path / "host.cif"
    asked = {"species": "I", "code": "qe", "images": 1, "file": str(host)}
    write_structure(build("CsPbI3", "alpha", (2, 2, 2)), str(host))
    (row,) = write(root, requests(asked))
    folder = root / row["folder"]
    host.unlink()
    write_structure(build("CsPbI3", "alpha", (3, 2, 2)), str(host))
    with pytest.raises(InputError, match="does not hold this set"):
        write(root, requests(asked))
    assert check_complete(folder)["atoms"] == 39
    (forced,) = write(root, requests(asked), force=True)
    assert forced["status"] == "written"
    assert check_complete(folder)["atoms"] == 59
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
    (again,) = write(root, requests(asked), force=True)
    assert again["status"] == "kept"


def test_what_is_no_set_is_never_replaced(tmp_path):
    (request,) = requests(SMALL)
    (name,) = folder_names([request])
    mine = tmp_path / "t" / name
    mine.mkdir(parents=True)
    (mine / "thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(InputError, match=str(name)):
            write(tmp_path / "t", [request], force=force)
    assert files_of(tmp_path / "t") == {f"{name}/thesis.tex"}
    (row,) = write(tmp_path / "u", [request])
    with pytest.raises(InputError, match="is an input set"):
        write(tmp_path / "u" / row["folder"], [request])
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file cannot be written"):
        write(tmp_path / "file", [request])


def test_a_set_that_fails_does_not_stop_the_others(tmp_path):
    study = requests({**SMALL, "hop": [1, 0], "scheduler": ["slurm", "bash"]})
    study += requests({**SMALL, "vacancies": 30})
    rows = write(tmp_path, study)
    assert [row["status"] for row in rows] == [
        "failed", "failed", "written", "written", "failed",
    ]  # fmt: skip
    shown = contents(tmp_path)
    assert [row["status"] for row in shown] == [row["status"] for row in rows]
    assert "no hop number 1 of I" in shown[0]["problem"]
    assert "30 vacancies" in shown[4]["problem"] or "cannot be left out" in shown[4]["problem"]
    assert shown[2]["problem"] == ""
    for row in rows:
        assert (tmp_path / row["folder"]).exists() == (row["status"] == "written")
    folders = (tmp_path / "qe-standard-slurm" / "folders.txt").read_text().splitlines()
    assert folders == [rows[2]["folder"].split("/", 1)[1]]


def test_an_error_of_the_code_stands_in_the_table_too(tmp_path, monkeypatch):
    def missing(*_, **__):
        raise MissingData("No potential for Cs.", "Name another family.")

    monkeypatch.setattr(studies, "input_files", missing)
    (row,) = write(tmp_path, requests(SMALL))
    assert (row["status"], row["problem"]) == (
        "failed",
        "No potential for Cs. Name another family.",
    )


def test_a_path_that_is_asked_for_both_ways_is_no_set():
    (request,) = requests({**SMALL, "formula": "FAPbI3", "path": "both"})
    with pytest.raises(InputError, match="makes two paths"):
        set_of(request, PLAIN)


# Runs that are killed, or work at the same time


@pytest.mark.parametrize("replacing", [False, True])
def test_a_run_that_is_killed_leaves_no_half_of_a_set(tmp_path, monkeypatch, replacing):
    """Killed at every seventh change of the disk. The next run completes the tree and leaves no
    remains.

    Where sets are replaced, each is at any moment the old one or the new one.
    """
    host, trees, mine = tmp_path / "host.cif", tmp_path / "trees", "OUTCAR"
    write_structure(build("CsPbI3", "alpha", (2, 2, 2)), str(host))
    asked = {"species": "I", "code": "qe", "images": 1, "file": str(host), "vacancies": [1, 2]}
    trees.mkdir()
    before = trees / "before"
    if replacing:
        for row in write(before, requests(asked)):
            (before / row["folder"] / mine).write_text("weeks of work")
        host.write_text(host.read_text() + "# of another content\n")
    study = requests(asked)
    digests = {one.digest for one in study}
    known = {one.hop: one.hop.path() for one in study}
    files = {id(path): input_files(path, code="qe") for path in known.values()}
    monkeypatch.setattr(HopRequest, "path", lambda hop, *_: known[hop])
    monkeypatch.setattr(studies, "input_files", lambda path, **_: dict(files[id(path)]))
    seen, number = set(), 0
    while True:
        number += 7
        tree = trees / f"{number:03d}"
        if before.exists():
            shutil.copytree(before, tree)
        ended = run(lambda tree=tree: write(tree, study, force=True), tree, Fault(number))
        if not ended.killed:
            assert ended.code == 0, ended.said
            break
        shown = [
            path.parent
            for path in tree.rglob("manifest.json")
            if not any(part.startswith(".") for part in path.relative_to(tree).parts)
        ]
        new = 0
        for folder in shown:
            is_new = (
                json.loads((folder / "manifest.json").read_text())["request_sha256"] in digests
            )
            assert (folder / mine).exists() == (not is_new)
            (folder / mine).unlink(missing_ok=True)
            check_complete(folder)
            new += is_new
        seen.add((len(shown), new))
        if number % 3 == 0:
            write(tree, study, force=True)
            sets = [path.parent for path in tree.rglob("manifest.json")]
            found = [json.loads((one / "manifest.json").read_text()) for one in sets]
            assert {one["request_sha256"] for one in found} == digests
            assert len(sets) == len(contents(tree)) == 2
            assert not list(tree.rglob(".*")), "remains of the killed run are left"
    assert number > 60
    assert seen == ({(2, 0), (2, 1), (2, 2)} if replacing else {(0, 0), (1, 1), (2, 2)})


def test_two_studies_in_one_tree_at_a_time_are_both_in_its_lists(tmp_path):
    """Each finds the table without the other's sets, and then writes its own."""
    both = [requests(SMALL), requests({**SMALL, "vacancies": 2})]
    children = []
    for study in both:
        child = os.fork()
        if not child:
            code = 1
            try:
                write(tmp_path, study)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    names = {name for study in both for name in folder_names(study)}
    assert {row["folder"] for row in contents(tmp_path)} == names
    top = tmp_path / "qe-standard-slurm"
    listed = (top / "folders.txt").read_text().splitlines()
    assert {f"{top.name}/{name}" for name in listed} == names
    assert "--array=1-2\n" in (top / "array.sh").read_text()


def test_two_runs_that_write_one_set_keep_it(tmp_path, monkeypatch):
    """The other one puts it there while this one works."""
    (request,) = requests(SMALL)
    made = set_of(request, PLAIN)
    folder = tmp_path / folder_names([request])[0]

    def meanwhile(*_):
        folder.parent.mkdir(parents=True)
        new_folders.write_new_folder(folder, made[0])
        return made

    monkeypatch.setattr(studies, "set_of", meanwhile)
    (row,) = write(tmp_path, [request])
    assert row["status"] == "kept"


# Files of ours are data


@pytest.mark.parametrize(
    "folder", ["../other", "/tmp/other", "a/../../other", "a/b/../../../other"]
)
def test_a_table_that_names_a_folder_outside_is_not_followed(tmp_path, folder):
    root, other = tmp_path / "t", tmp_path / "other"
    write(root, requests(SMALL))
    other.mkdir()
    (set_,) = root.rglob("manifest.json")
    for place in (other, root / "a" / "b"):
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(set_, place)
    (tmp_path / "folders.txt").write_text("mine")
    table = (root / CONTENTS).read_text()
    line = table.splitlines()[1]
    (root / CONTENTS).write_text(table + line.replace(contents(root)[0]["folder"], folder) + "\n")
    before = files_of(tmp_path)
    write(root, requests({**SMALL, "vacancies": 2}))
    assert {name for name in files_of(tmp_path) - before if not name.startswith("t/")} == set()
    assert (tmp_path / "folders.txt").read_text() == "mine"
    assert [row["vacancies"] for row in contents(root)] == ["1", "2"]


def test_a_link_in_a_tree_is_not_followed_out_of_it(tmp_path):
    root, other = tmp_path / "t", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (root / "qe-standard-slurm").symlink_to(other)
    with pytest.raises(InputError, match="is not the name of something in"):
        write(root, requests(SMALL))
    assert list(other.iterdir()) == []


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.data())
def test_a_spoilt_table_or_manifest_stops_no_study(tmp_path, monkeypatch, drawn):
    """A byte is changed, or a value is one of another kind."""
    root = tmp_path / "t"
    shutil.rmtree(root, ignore_errors=True)
    made, (first, second) = _made()
    monkeypatch.setattr(studies, "set_of", lambda request, *_: made[request.digest])
    write(root, [first])
    (manifest,) = root.rglob("manifest.json")
    if drawn.draw(st.booleans()):
        path = drawn.draw(st.sampled_from([manifest, root / CONTENTS]))
        content = bytearray(path.read_bytes())
        # Another first line, or what is no text, would be a table of somebody else.
        is_table = path.name == CONTENTS
        start = content.index(b"\n") + 1 if is_table else 0
        at = drawn.draw(st.integers(start, len(content) - 1))
        content[at] = drawn.draw(st.integers(0, 127 if is_table else 255))
        path.write_bytes(content)
    else:
        values = json.loads(manifest.read_text())
        name = drawn.draw(st.sampled_from(sorted(values)))
        values[name] = drawn.draw(st.sampled_from([None, 1, "x", [], {}, [[]], {"x": []}, 1e99]))
        manifest.write_text(json.dumps(values))
    rows = write(root, [second])
    assert [row["status"] for row in rows] == ["written"]
    assert contents(root)[-1]["folder"] == rows[0]["folder"]


@cache
def _made():
    study = requests({**SMALL, "vacancies": [1, 2]})
    return {one.digest: set_of(one, PLAIN) for one in study}, study


# The study of the papers, by one command


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    from perovdb.inputs.set_requests import read_study

    folder = tmp_path_factory.mktemp("paper")
    (folder / "study.toml").write_text(PAPER)
    began = time.perf_counter()
    rows = write(folder / "t", read_study(folder / "study.toml"))
    return folder / "t", rows, time.perf_counter() - began


def test_the_study_of_the_papers_is_whole(paper):
    root, rows, seconds = paper
    assert [row["status"] for row in rows] == ["written"] * 54
    assert contents(root)[0].keys() == rows[0].keys()
    assert len(contents(root)) == 54
    assert seconds < 60
    for row in rows:
        manifest = check_complete(root / row["folder"])
        assert manifest["images"] == 7
        # A-site ions leave a negative cell behind, iodides a positive one.
        charge = row["vacancies"] if row["species"] == "I" else -1
        assert row["charge"] == manifest["charge"] == charge
    assert len({tuple(sorted(row.items(), key=str)) for row in rows}) == 54


def test_pymatgen_reads_the_vasp_sets(paper):
    root, rows, _ = paper
    folders = [root / row["folder"] for row in rows if row["code"] == "vasp"]
    assert len(folders) == 18
    for folder in folders:
        manifest = json.loads((folder / "manifest.json").read_text())
        incar = Incar.from_file(folder / "INCAR")
        assert incar["IMAGES"] == 5
        assert incar["NELECT"] == manifest["valence_electrons"]
        assert Kpoints.from_file(folder / "KPOINTS").kpts
        images = [Poscar.from_file(folder / f"{n:02d}" / "POSCAR").structure for n in range(7)]
        assert {tuple(image.species) for image in images} == {tuple(images[0].species)}
        assert images[0].composition.as_dict() == manifest["composition"]
        for image in (images[0], images[3]):
            assert_sound(image, manifest)


def assert_sound(image, manifest):
    """As many ions of each kind as the hop leaves, found again in bare atoms by their bonds."""
    from perovdb.structures.files.restoring import adopt

    found = Counter(unit.ion for unit in units(adopt(Structure.from_sites(image.sites))))
    hop = manifest["request"]["hop"]
    full = {
        "MAPbI3": {"MA": 8, "Pb": 8, "I": 24},
        "FAPbI3": {"FA": 8, "Pb": 8, "I": 24},
        "MA0.5FA0.5PbI3": {"MA": 4, "FA": 4, "Pb": 8, "I": 24},
        "CsPbI3": {"Cs": 8, "Pb": 8, "I": 24},
    }[hop["formula"]]
    assert Counter(full) - found == {hop["species"]: hop["vacancies"]}


def test_the_shell_reads_every_script(paper):
    root, _, _ = paper
    scripts = sorted(root.rglob("*.sh"))
    assert sum(path.name == "job.sh" for path in scripts) == 54
    assert sum(path.name == "array.sh" for path in scripts) == 9
    check = 'for script; do bash -n "$script" || exit 1; done'
    subprocess.run(["bash", "-c", check, "check", *scripts], check=True)
    assert all(os.access(path, os.X_OK) for path in scripts)


def test_an_array_names_its_six_sets(paper):
    root, rows, _ = paper
    for top in {row["folder"].split("/")[0] for row in rows}:
        folders = (root / top / "folders.txt").read_text().splitlines()
        assert len(folders) == 6
        assert all((root / top / name / "job.sh").exists() for name in folders)


def test_schedulers_differ_in_their_scripts_only(paper):
    root, rows, _ = paper
    by_set = {}
    for row in rows:
        _, rest = row["folder"].split("/", 1)
        by_set.setdefault((row["code"], rest), []).append(root / row["folder"])
    assert len(by_set) == 18
    for folders in by_set.values():
        held = [json.loads((f / "manifest.json").read_text())["files"] for f in folders]
        differing = {name for name in held[0] if len({one[name] for one in held}) > 1}
        assert differing == {"job.sh"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("contents.csv", "my own table, a year of work\n"),
        ("array.sh", "#!/bin/bash\n#SBATCH --account=mine\n"),
        ("folders.txt", "../elsewhere\n"),
    ],
)
def test_a_file_of_the_tree_that_is_another_s_or_was_edited_is_kept(
    tmp_path, monkeypatch, name, text
):
    made, (first, second) = _made()
    monkeypatch.setattr(studies, "set_of", lambda request, *_: made[request.digest])
    root = tmp_path / "t"
    write(root, [first])
    (path,) = root.rglob(name)
    path.write_text(text)
    with pytest.raises(InputError, match=rf"{name} is not as a study wrote it"):
        write(root, [second])
    assert path.read_text() == text
    assert len(list(root.rglob("manifest.json"))) == 1
    write(root, [second], force=True)
    assert path.read_text() != text
