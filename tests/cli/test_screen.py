"""perovdb screen: its answers, its files, and what it refuses before it starts."""

import csv
import importlib.util
import io
import json
import sys

import click
import pandas as pd
import pytest

from perovdb import plots
from perovdb.calculators.screening import DESCRIPTORS, screen
from perovdb_cli.commands.screen import command


@pytest.fixture
def run(monkeypatch, capsys):
    """The command alone, as (stdout, stderr)."""

    def call(*arguments):
        monkeypatch.setenv("PEROVDB_STORE", "")
        capsys.readouterr()
        command.main([*arguments], standalone_mode=False)
        return capsys.readouterr()

    return call


def test_json(run):
    out, err = run("Cs,FA | Mn,Pb | I", "--where", "0.9 < t < 1", "--sort", "t", "--json")
    assert err == ""
    answer = json.loads(out)
    found = screen("Cs,FA | Mn,Pb | I", "0.9 < t < 1", sort="t")
    assert answer["space"] == "Cs,FA | Mn,Pb | I"
    assert (answer["n_compositions"], answer["n_kept"]) == (121, found.n_kept)
    assert len(answer["compositions"]) == found.n_kept
    assert set(answer["compositions"][0]) == {
        "formula",
        *DESCRIPTORS,
        "Cs",
        "FA",
        "Mn",
        "Pb",
        "I",
    }
    assert answer["notes"] == list(found.notes)
    # What is not known is null, which other programs read.
    assert "NaN" not in out
    assert any(row["gap_eV"] is None for row in answer["compositions"])


def test_table(run):
    out, _ = run("Cs,FA | Pb | I,Br", "--sort", "-t")
    head, columns, *rows = out.splitlines()
    assert head == "Cs,FA | Pb | Br,I at 298 K: 121 compositions, 121 kept, the first 20 shown"
    assert columns.split()[:4] == ["formula", "t", "mu", "tau"]
    assert rows[0].startswith("FAPbBr3")
    assert rows[19].startswith(("Cs", "FA"))
    assert rows[20].startswith("  note: radii")
    out, _ = run("Cs,FA | Pb | I", "--limit", "3", "--pareto", "min t", "--pareto", "max a_A")
    assert "11 kept, 11 on the Pareto front, the first 3 shown" in out


def test_csv(run):
    out, err = run("Cs0.1,FA,MA | Pb | I", "--count", "5", "--seed", "2", "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == 5
    assert {row["Cs"] for row in rows} == {"0.1"}
    assert "note: radii" in err
    assert run("Cs0.1,FA,MA | Pb | I", "--count", "5", "--seed", "2", "--csv").out == out


def test_file(run, tmp_path):
    file = tmp_path / "kept.csv"
    out, _ = run("Cs,FA | Pb | I,Br", "-o", str(file))
    assert f"written: {file}" in out
    ours = pd.read_csv(file)
    theirs = screen("Cs,FA | Pb | I,Br").compositions
    pd.testing.assert_frame_equal(ours, theirs)


@pytest.mark.parametrize("space", ["Cs,FA,MA | Pb | I", "Cs,FA | Pb,Sn | I", "Cs | Pb | I"])
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_map(run, tmp_path, space, ending):
    image = pytest.importorskip("PIL.Image")
    file = tmp_path / f"map.{ending}"
    run(space, "--step", "0.25", "--plot", str(file), "--json")
    if ending == "png":
        assert len(image.open(file).convert("RGB").getcolors(1 << 20)) > 10
    assert file.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")


def test_a_map_shows_all_that_is_kept_whatever_the_table_shows(run, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(plots, "save", lambda ax, path, **look: drawn.append((ax, look)))
    space, file = "Cs,FA,MA | Pb,Sn | I,Br", str(tmp_path / "map.png")
    out, _ = run(space, "--step", "0.25", "--plot", file, "--limit", "3", "--colour", "Sn")
    assert "the first 3 shown" in out
    kept = screen(space, step=0.25).compositions
    ((ax, _),) = drawn
    assert sum(len(points.get_offsets()) for points in ax.collections) == len(kept)
    rows = json.loads(run(space, "--step", "0.25", "--plot", file, "--limit", "3", "--json").out)
    assert len(rows["compositions"]) == 3
    assert rows["n_kept"] == len(kept)
    rows = json.loads(run(space, "--step", "0.25", "--plot", file, "--json").out)
    assert len(rows["compositions"]) == len(kept)


def test_a_map_is_written_over_by_force_alone(run, tmp_path):
    file = tmp_path / "map.png"
    file.write_text("mine")
    with pytest.raises(Exception, match="exists already") as caught:
        run("Cs,FA | Pb | I", "--plot", str(file))
    assert caught.value.exit_code == 2
    assert file.read_text() == "mine"
    run("Cs,FA | Pb | I", "--plot", str(file), "--force", "--width", "4", "--dpi", "100")
    image = pytest.importorskip("PIL.Image")
    with image.open(file) as drawn:
        assert drawn.size[0] == 400


def test_parquet_without_pyarrow(run, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Exception, match="needs pyarrow"):
        run("Cs | Pb | I", "-o", str(tmp_path / "kept.parquet"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Cs | Pb"], "2 of the 3 sites"),
        (["Cs | Pb | I", "--where", "t.real < 1"], "not allowed"),
        (["Cs | Pb | I", "--where", "T < 1"], "Did you mean t"),
        (["Cs | Pb | I", "--step", "0.3"], "0.25"),
        (["Cs | Pb | I", "--step", "0.1", "--count", "3"], "Give one of them"),
        (["Cs | Pb | I", "--pareto", "t"], "min or max"),
        (["Cs | Pb | I", "--plot", "m.jpg"], "png"),
        (["Cs | Pb | I", "--plot", "m.png", "--style", "gg"], "There is no style 'gg'"),
        (["Cs | Pb | I", "--plot", "m.png", "--colour", "Xe"], "'Xe' is no quantity"),
        (["Cs | Pb | I", "--width", "3"], "--width is that of a picture; give --plot"),
        (["Cs | Pb | I", "--colour", "t"], "--colour is that of a picture; give --plot"),
        (["Cs | Pb | I", "--plot", "/nowhere/m.png"], "no folder"),
        (["Cs | Pb | I", "-o", "kept.xls"], ".csv or .parquet"),
        (["Cs | Pb | I", "-o", "/nowhere/kept.csv"], "no folder"),
    ],
)
def test_refused(run, arguments, said):
    with pytest.raises(Exception, match=said) as caught:
        run(*arguments)
    assert caught.value.exit_code == 2


def test_nothing_kept_says_what_there_is(run):
    with pytest.raises(
        Exception, match=r"None of the 11 .* t is from 0\.851 to 0\.9866"
    ) as caught:
        run("Cs,FA | Pb | I", "--where", "t > 2")
    assert caught.value.exit_code == 1
    with pytest.raises(Exception, match=r"gap_eV is not known for any"):
        run("Cs | Cd,Mn | I", "--where", "gap_eV < 2")


def test_bar_only_on_a_terminal(run, monkeypatch):
    assert run("Cs,FA | Pb | I").err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bars = []
    real = click.progressbar

    def watched(**how):
        bars.append(real(**how))
        return bars[0]

    monkeypatch.setattr(click, "progressbar", watched)
    run("Cs,FA | Pb | I")
    assert (bars[0].length, bars[0].pos) == (11, 11)
