"""perovdb arrhenius and perovdb rate."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image


def test_rates_give_the_published_energy(perovdb, tmp_path):
    """k(80)/k(40) = 14.1 belongs to 0.63 eV (zhao2024)."""
    table = tmp_path / "rates.csv"
    table.write_text("temperature_C,rate\n40,1\n60,4.06\n80,14.1\n")
    found = json.loads(perovdb("arrhenius", str(table), "--json").out)
    assert found["activation_energy_eV"] == pytest.approx(0.63, abs=0.005)
    low, high = found["interval_eV"]
    assert low < 0.63 < high
    refused = perovdb("arrhenius", str(table), "--levels", "65", "45")
    assert (refused.code, "have no levels" in refused.err) == (2, True)


def test_curves_give_the_energy_and_each_rate(perovdb, tmp_path):
    lines = ["temperature_K,time,value"]
    for kelvin in (313.15, 333.15, 353.15):
        rate = 0.01 * np.exp(-0.35 / 8.617333262e-5 * (1 / kelvin - 1 / 313.15))
        lines += [f"{kelvin},{t / rate},{45 + 20 * np.exp(-t):.6f}" for t in np.linspace(0, 6, 30)]
    table = tmp_path / "widths.csv"
    table.write_text("\n".join(lines) + "\n")
    found = json.loads(perovdb("arrhenius", str(table), "--json").out)
    assert found["activation_energy_eV"] == pytest.approx(0.35, abs=1e-4)
    assert [curve["start"] for curve in found["decays"].values()] == pytest.approx(
        [65] * 3, abs=1e-3
    )
    answer = perovdb("arrhenius", str(table), "--levels", "65", "45")
    assert answer.code == 0
    assert "Ea = 0.350" in answer.out
    rows = list(csv.DictReader(io.StringIO(perovdb("arrhenius", str(table), "--csv").out)))
    told = json.loads(perovdb("arrhenius", str(table), "--json").out)
    for row in rows:
        low, high = (float(row[f"interval_{end}_eV"]) for end in ("low", "high"))
        assert [low, high] == pytest.approx(told["interval_eV"])
        assert float(row["ln_prefactor"]) == pytest.approx(told["ln_prefactor"])
    assert [float(row["start"]) for row in rows] == pytest.approx([65] * 3, abs=1e-3)
    assert float(rows[0]["activation_energy_eV"]) == found["activation_energy_eV"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rate\n1\n2\n", "no column temperature_K"),
        ("temperature_K,width\n300,2\n310,3\n320,4\n", "neither rate constants nor curves"),
        ("temperature_K,rate\n300,2\n310,x\n", "line 3"),
        ("temperature_K,rate\n300,2\n310,3\n", "too few"),
        ("temperature_K,time,value\n300,1,2\n", "At 300 K: A curve of 1 points is too short"),
        ("", "empty"),
    ],
)
def test_files_that_hold_no_kinetics(perovdb, tmp_path, text, words):
    table = tmp_path / "bad.csv"
    table.write_text(text)
    answer = perovdb("arrhenius", str(table))
    assert answer.code == 2
    assert words in answer.err
    assert answer.err.count("\n") == 1


def test_a_barrier_becomes_a_time(perovdb):
    arguments = ["rate", "0.35", "0.63", "--distance", "6.29", "--diameter", "14.7"]
    slow = json.loads(perovdb(*arguments, "--vacant", "0.01", "--json").out)
    assert slow[1]["exchange_time_s"] / slow[0]["exchange_time_s"] == pytest.approx(
        5.4e4, rel=0.02
    )
    more = json.loads(perovdb(*arguments, "--vacant", "0.1", "--json").out)
    assert slow[0]["exchange_time_s"] == pytest.approx(10 * more[0]["exchange_time_s"])
    assert "s" in perovdb(*arguments).out
    assert perovdb("rate", "0.35", "--diameter", "10").code == 2
    assert perovdb("rate", "nan").code == 2


def test_pictures_of_rates_and_curves(perovdb, tmp_path):
    rates, curves = tmp_path / "rates.csv", tmp_path / "curves.csv"
    rates.write_text("temperature_K,rate\n313,1.0\n333,4.06\n353,14.1\n")
    lines = ["temperature_K,time,value"]
    for kelvin, k in ((313, 0.2), (333, 0.6), (353, 1.5)):
        lines += [f"{kelvin},{t},{30 + 20 * 2.718281828 ** (-k * t):.6f}" for t in range(11)]
    curves.write_text("\n".join(lines))
    sizes = []
    for file in (rates, curves):
        picture = tmp_path / f"{file.stem}.png"
        answer = perovdb("arrhenius", str(file), "--plot", str(picture), "--dpi", "100")
        assert (answer.code, answer.err) == (0, "")
        with Image.open(picture) as image:
            sizes.append(image.size)
        assert perovdb("arrhenius", str(file), "--plot", str(picture)).code == 2
    # The curves stand beside their line.
    assert sizes == [(335, 250), (670, 250)]
