"""perovdb barrier."""

import json
import shutil
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "results" / "fixtures"
KEYS = {
    "code",
    "barrier_forward_eV",
    "barrier_backward_eV",
    "reaction_energy_eV",
    "converged",
    "profile",
    "problems",
}


@pytest.mark.parametrize("code", ["qe", "cp2k"])
def test_json_of_a_folder(perovdb, code):
    answer = perovdb("barrier", str(FIXTURES / code), "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert set(found) >= KEYS
    assert found["code"] == code
    assert found["converged"]
    energies = found["profile"]["energies_eV"]
    assert max(energies) == pytest.approx(found["barrier_forward_eV"])
    assert max(energies) - energies[-1] == pytest.approx(found["barrier_backward_eV"])
    along = found["profile"]["coordinates_A"]
    assert along == sorted(along)


def test_text_says_what_cannot_be_trusted(perovdb):
    answer = perovdb("barrier", str(FIXTURES / "qe_stopped"))
    assert answer.code == 0
    assert "NOT CONVERGED" in answer.out
    assert "problem: The band is not converged" in answer.out


def test_csv_has_a_row_for_each_image(perovdb):
    rows = perovdb("barrier", str(FIXTURES / "qe"), "--csv").out.splitlines()
    assert rows[0].startswith("image,coordinate_A,energy_eV")
    assert len(rows) == 6


def test_a_series_gives_mean_and_spread(perovdb):
    folders = [str(FIXTURES / name) for name in ("qe", "cp2k", "qe_stopped")]
    found = json.loads(perovdb("barrier", *folders, "--json").out)
    heights = [one["barrier_forward_eV"] for one in found["barriers"]]
    assert found["mean_eV"] == pytest.approx((heights[0] + heights[1]) / 2)
    assert found["left_out"] == [folders[2]]
    rows = perovdb("barrier", *folders, "--csv").out.splitlines()
    assert len(rows) == 4
    assert "mean of 2" in perovdb("barrier", *folders).out


def test_rates_and_diffusion(perovdb):
    arguments = ["barrier", str(FIXTURES / "qe"), "--distance", "4.447", "--neighbours", "8"]
    found = json.loads(perovdb(*arguments, "--temperature", "600", "--json").out)["kinetics"]
    rate = json.loads(
        perovdb(
            "rate", "1.3014654929", "--temperature", "600", "--distance", "4.447",
            "--neighbours", "8", "--json",
        ).out
    )  # fmt: skip
    assert found["hop_rate_Hz"] == pytest.approx(rate[0]["hop_rate_Hz"], rel=1e-6)
    assert found["vacancy_diffusion_cm2_s"] == pytest.approx(
        rate[0]["vacancy_diffusion_cm2_s"], rel=1e-6
    )


def test_a_picture(perovdb, tmp_path):
    picture = tmp_path / "p.png"
    assert perovdb("barrier", str(FIXTURES / "qe"), "--plot", str(picture)).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = ("barrier", str(FIXTURES / "qe"), "--plot", str(picture))
    assert perovdb(*again).code == 2
    assert perovdb(*again, "--force").code == 0


def test_saving(perovdb, tmp_path):
    lab = str(tmp_path / "lab.sqlite")
    folder = str(FIXTURES / "qe")
    assert perovdb("barrier", folder, "--save").code == 2
    perovdb("store", "init", lab)
    found = json.loads(perovdb("barrier", folder, "--save", "--store", lab, "--json").out)
    assert found["saved"]["new"]
    again = perovdb("barrier", folder, "--save", "--store", lab)
    assert "stands in your store already" in again.out
    key = found["saved"]["source"]
    rows = json.loads(perovdb("barriers", "--source", key, "--store", lab, "--json").out)
    assert [row["id"] for row in rows] == [found["saved"]["id"]]
    assert perovdb("store", "check", lab).code == 0
    # One of two that is not converged: nothing is saved.
    both = [str(FIXTURES / "cp2k"), str(FIXTURES / "qe_stopped")]
    refused = perovdb("barrier", *both, "--save", "--store", lab)
    assert refused.code == 1
    assert "Nothing is saved" in refused.err
    rows = json.loads(perovdb("barriers", "--source", key, "--store", lab, "--json").out)
    assert len(rows) == 1


def test_folders_that_cannot_be_read(perovdb, tmp_path):
    assert perovdb("barrier", str(tmp_path / "none")).code == 2
    empty = perovdb("barrier", str(tmp_path))
    assert empty.code == 1
    assert empty.err.count("\n") == 1
    shutil.copytree(FIXTURES / "qe", tmp_path / "cut")
    (tmp_path / "cut" / "neb.axsf").write_text("ANIMSTEPS 5\n")
    both = perovdb("barrier", str(tmp_path / "cut"), str(FIXTURES / "qe"))
    assert both.code == 1
    assert "cannot be read" in both.out
    assert "1.3015" in both.out
    assert perovdb("barrier", str(FIXTURES / "qe"), "--unconverged").code == 2
