"""New files and folders: whole or not at all, whatever kills the run or fills the disk."""

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.attack.file_events import DISK_ERRORS, Fault, run

from perovdb.errors import InputError
from perovdb.files import locks, new_files, new_folders, parts
from perovdb.files.new_files import write_new_file, write_new_text
from perovdb.files.new_folders import inside, write_new_folder

SET = {"INCAR": "new", "00/POSCAR": "new", "job.sh": "new"}


def texts(folder):
    """Name -> text of all files in a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def shown(folder):
    return {name: text for name, text in texts(folder).items() if not name.startswith(".")}


OLD_FILE, NEW_FILE = {"a.sh": "old"}, {"a.sh": "new"}
OLD_FOLDER = {"v/INCAR": "old", "v/OUTCAR": "weeks of work"}
NEW_FOLDER = {f"v/{name}": text for name, text in SET.items()}

#: What is done, what is there before, and after.
DEEDS = [
    (lambda here: write_new_text(here / "a.sh", "new"), {}, NEW_FILE),
    (lambda here: write_new_text(here / "a.sh", "new", force=True), OLD_FILE, NEW_FILE),
    (lambda here: write_new_folder(here / "v", SET), {}, NEW_FOLDER),
    (lambda here: write_new_folder(here / "v", SET, replace=True), OLD_FOLDER, NEW_FOLDER),
]


@contextmanager
def place(folder, before):
    here = folder / "here"
    for name, text in before.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text)
    here.mkdir(exist_ok=True)
    yield here
    shutil.rmtree(here)


#: Whether the system can exchange two folders at once matters to the last of them.
CASES = [*((*deed, True) for deed in DEEDS), (*DEEDS[-1], False)]


def without_exchange(monkeypatch):
    monkeypatch.setattr(new_folders, "_exchange", lambda one, other: False)


@pytest.mark.parametrize(("deed", "before", "after", "exchange"), CASES)
def test_killed_at_any_change_it_is_the_old_or_the_new(
    tmp_path, monkeypatch, deed, before, after, exchange
):
    if not exchange:
        without_exchange(monkeypatch)
    number, ended, seen = 0, None, []
    while ended is None or ended.killed:
        number += 1
        with place(tmp_path, before) as here:
            ended = run(lambda here=here: deed(here), here, Fault(number))
            seen.append(shown(here))
            # Another one, of another name, brings back what was put aside, and sweeps.
            write_new_text(here / "other", "")
            found = texts(here)
            assert found.pop("other") == ""
            assert found in (before, after)
            assert seen[-1] in ((found,) if exchange else (found, {}))
    assert ended.code == 0
    assert ended.changes == number - 1 > 5
    assert seen[0] == before
    assert seen[-1] == after


@pytest.mark.parametrize(("deed", "before", "after", "exchange"), CASES)
def test_an_error_of_the_disk_leaves_all_as_it_was(
    tmp_path, monkeypatch, deed, before, after, exchange
):
    if not exchange:
        without_exchange(monkeypatch)
    number, ended = 0, None
    while ended is None or ended.code:
        number += 1
        with place(tmp_path, before) as here:

            def told(here=here):
                try:
                    deed(here)
                except InputError as refused:
                    sys.stderr.write(str(refused))
                    sys.exit(2)

            error = DISK_ERRORS[number % len(DISK_ERRORS)]
            ended = run(told, here, Fault(number, error))
            assert ended.code in (0, 2), ended.said
            found = texts(here)
            if ended.code == 0:
                assert found == after
                continue
            assert found == before or (not exchange and number > 10)
            why, _ = new_files.cannot_be_written("x", OSError(error, os.strerror(error))).args
            assert ended.said.startswith(str(here))
            assert why.removeprefix("x ") in ended.said


def test_of_two_runs_that_write_one_file_one_wins(tmp_path):
    """The other says so; while both are at it neither has the name."""
    path = tmp_path / "a.csv"

    def late(part):
        Path(part).write_text("late")
        write_new_text(path, "first")

    with pytest.raises(InputError, match="exists already"):
        write_new_file(str(path), late)
    assert texts(tmp_path) == {"a.csv": "first"}
    write_new_file(str(path), lambda part: Path(part).write_text("late"), force=True)
    assert texts(tmp_path) == {"a.csv": "late"}


def test_a_disk_without_links_has_new_files_too(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_new_text(tmp_path / "a", "first")
    with pytest.raises(InputError, match="exists already"):
        write_new_text(tmp_path / "a", "late")
    assert texts(tmp_path) == {"a": "first"}


def test_of_two_runs_that_make_one_folder_one_wins(tmp_path, monkeypatch):
    fill = new_folders._fill

    def late(new, files):
        fill(new, files)
        monkeypatch.setattr(new_folders, "_fill", fill)
        write_new_folder(tmp_path / "v", {"a": "first"})

    monkeypatch.setattr(new_folders, "_fill", late)
    with pytest.raises(InputError, match="exists already"):
        write_new_folder(tmp_path / "v", SET)
    assert texts(tmp_path) == {"v/a": "first"}


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("set", "link"):
        with pytest.raises(InputError, match="exists already"):
            write_new_folder(tmp_path / name, SET)
    assert texts(tmp_path) == {"set/mine": "mine"}


def test_the_folder_around_it_must_be_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        write_new_folder(tmp_path / "no" / "set", SET)
    assert os.listdir(tmp_path) == []


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "a").symlink_to(tmp_path / "mine")
    with pytest.raises(InputError, match="exists already"):
        write_new_text(tmp_path / "a", "new")
    write_new_text(tmp_path / "a", "new", force=True)
    assert texts(tmp_path) == {"mine": "mine", "a": "new"}


def test_what_is_being_written_is_its_owner_s_alone(tmp_path):
    def look(part):
        assert stat.S_IMODE(os.lstat(os.path.dirname(part)).st_mode) == 0o700
        Path(part).write_text("new")

    write_new_file(str(tmp_path / "a"), look)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~mask
    folder = write_new_folder(tmp_path / "v", SET)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~mask
    assert os.access(folder / "job.sh", os.X_OK)
    assert not os.access(folder / "INCAR", os.X_OK)


# What others left


def test_what_a_run_is_at_stays_and_what_a_dead_one_left_goes(tmp_path):
    program = (
        "import sys, time; from perovdb.files.parts import part_beside\n"
        "with part_beside(sys.argv[1]) as part: print(part, flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "a")], stdout=subprocess.PIPE, text=True
    ) as process:
        part = Path(process.stdout.readline().strip())
        parts.clear(tmp_path)
        assert part.is_dir()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert part.is_dir()
    parts.clear(tmp_path)
    assert os.listdir(tmp_path) == []


def test_forty_kills_leave_nothing_after_the_next_run(tmp_path):
    for number in range(1, 41):
        run(
            lambda: write_new_folder(tmp_path / "v", SET, replace=True),
            tmp_path,
            Fault(1 + number % 20),
        )
    assert len(os.listdir(tmp_path)) < 4
    write_new_folder(tmp_path / "v", SET, replace=True)
    assert texts(tmp_path) == NEW_FOLDER


def plant(folder, name, *, lock=True):
    part = folder / f".perovdb-part-{name}"
    part.mkdir()
    if lock:
        (part / "lock").write_text("")
    return part


def test_planted_parts_reach_nothing_outside(tmp_path):
    """A tree of another hand may hold anything under the names of parts."""
    tree, other = tmp_path / "tree", tmp_path / "other"
    for folder in (tree, other):
        folder.mkdir()
    (other / "thesis").write_text("years of work")
    (tree / ".perovdb-part-link").symlink_to(other)
    part = plant(tree, "old")
    (part / "old").symlink_to(other)
    (part / "new").mkdir()
    plant(tree, "inner").joinpath("x").symlink_to(other)
    part = plant(tree, "locked", lock=False)
    (part / "lock").symlink_to(other / "thesis")
    plant(tree, "full", lock=False).joinpath("x").write_text("")
    (tree / ".perovdb-part-file").write_text("")
    write_new_text(tree / "a", "new")
    assert texts(other) == {"thesis": "years of work"}
    assert (tree / "a").read_text() == "new"


def test_what_was_put_aside_stays_where_another_took_its_place(tmp_path):
    part = plant(tmp_path, "x")
    for name in ("old/v", "new"):
        (part / name).mkdir(parents=True)
        (part / name / "file").write_text(name)
    (tmp_path / "v").mkdir()
    parts.clear(tmp_path)
    assert (part / "old" / "v" / "file").read_text() == "old/v"
    (tmp_path / "v").rmdir()
    parts.clear(tmp_path)
    assert texts(tmp_path) == {"v/file": "old/v"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_let_be(tmp_path):
    part = plant(tmp_path, "x")
    os.chown(part, 12345, 12345)
    parts.clear(tmp_path)
    assert part.is_dir()


# Locks


def test_a_folder_that_is_held_is_waited_for(tmp_path, monkeypatch):
    program = (
        "import sys, time; from perovdb.files.locks import held\n"
        "with held(sys.argv[1]): print('held', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        monkeypatch.setattr(locks, "_WAIT_S", 0.05)
        with (
            pytest.raises(InputError, match=r"Another run of perovdb writes in"),
            locks.held(tmp_path),
        ):
            pass
        process.kill()
        process.wait()
    with locks.held(tmp_path):
        assert len(os.listdir(tmp_path)) == 1
    assert os.listdir(tmp_path) == []


# Names in files


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.lists(
        st.sampled_from(["..", ".", "", "a", "out", "b.txt", "\0", "~"]), min_size=1, max_size=6
    ).map("/".join)
)
def test_a_name_in_a_file_is_of_the_folder_or_refused(tmp_path, name):
    """`out` is a link to what is outside."""
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True, exist_ok=True)
    for link in (tree / "out", tree / "a" / "out"):
        if not link.is_symlink():
            link.symlink_to(tmp_path)
    try:
        path = inside(tree, name)
    except InputError:
        return
    assert path.is_relative_to(tree.resolve())
    assert path != tree.resolve()
    assert path == (tree / name).resolve()
