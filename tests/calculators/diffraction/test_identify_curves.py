"""A measured curve is taken apart: synthetic films of many phases, files, and what is refused."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from perovdb.calculators.diffraction.identification import Which, identify
from perovdb.errors import InputError

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "identification.py"


@pytest.fixture(scope="module")
def films():
    spec = importlib.util.spec_from_file_location("identification_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_main_phase_of_synthetic_films_comes_first(films):
    wrong = []
    for film in films.films(4, seed=5):
        which = Which(temperature_K=film.temperature_K, substrates=[films.glass()])
        answer = identify((film.two_theta_deg, film.counts), which=which)
        best = answer.candidates[0]
        if (best.formula, best.phase) != (film.formula, film.phase):
            wrong.append((film.of, best.formula, best.phase))
        # What was drawn above the background is explained.
        assert answer.curve.fit.shape == answer.curve.measured.shape
        scores = [one.score for one in answer.candidates]
        assert scores == sorted(scores, reverse=True)
    assert not wrong


@pytest.fixture(scope="module")
def film(films):
    """A film of tetragonal MAPbI3 with lead iodide."""
    draw = np.random.default_rng(2)
    wanted = ("L060", "L081")
    stored, _ = films.stored_peaks(
        films.WAVELENGTH_A, (5.0, 70.0), lambda row: row["id"] in wanted
    )
    x = np.arange(10, 50, 0.03)
    parts = [next(one for one in stored if one.row["id"] == name) for name in wanted]
    main, remains = (films._drawn(one, x, 0.05, 0.02, 0.15, draw) for one in parts)
    return x, draw.poisson(3000 * (main + 0.3 * remains + 0.05)).astype(float)


@pytest.mark.parametrize("text", ["points", "commas", "head", "xrdml", "thirds"])
def test_a_file_of_any_kind_is_the_same_curve(film, tmp_path, text):
    x, y = film
    lines = [f"{a:.2f} {b:g}" for a, b in zip(x, y, strict=True)]
    path = tmp_path / "film.xy"
    if text == "points":
        path.write_text("\n".join(lines))
    elif text == "thirds":
        path = tmp_path / "film.xye"
        path.write_text("# by hand\n" + "\n".join(f"{line} 1.5" for line in lines))
    elif text == "commas":
        path = tmp_path / "film.csv"
        path.write_text("\n".join(line.replace(".", ",").replace(" ", ";") for line in lines))
    elif text == "head":
        path = tmp_path / "film.csv"
        head = "[Measurement conditions]\nSample,film 3\n[Scan points]\nAngle,Intensity\n"
        path.write_text(head + "\n".join(line.replace(" ", ",") for line in lines))
    else:
        path = tmp_path / "film.xrdml"
        counts = " ".join(f"{b:g}" for b in y)
        path.write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n<xrdMeasurements xmlns="http://x">'
            "<xrdMeasurement><usedWavelength><kAlpha1>1.5405980</kAlpha1></usedWavelength><scan>"
            '<dataPoints><positions axis="2Theta"><startPosition>10.0</startPosition>'
            f"<endPosition>{x[-1]:.4f}</endPosition></positions><intensities>{counts}"
            "</intensities></dataPoints></scan></xrdMeasurement></xrdMeasurements>"
        )
    answer = identify(path, which=Which(ions=["MA", "FA", "Pb", "I"]))
    assert (answer.candidates[0].formula, answer.candidates[0].phase) == ("MAPbI3", "beta")
    assert {one.formula for one in answer.curve.phases} == {"MAPbI3", "PbI2"}
    shift = answer.curve.zero_shift_deg + answer.curve.displacement_deg
    assert shift == pytest.approx(0.07, abs=0.03)
    assert answer.curve.residual_pct < 35


def test_a_curve_handed_over_as_peaks_is_taken_as_one(film):
    x, y = film
    answer = identify(x, y, which=Which(ions=["MA", "Pb", "I"]))
    assert answer.curve is not None
    axes = answer.curve.plot()
    assert axes.lines
    with pytest.raises(InputError, match="of a curve"):
        identify(x[300:310])


def test_one_peak_has_no_shift_and_is_lead_iodide():
    first = identify([12.67]).candidates
    assert first[0].formula == "PbI2"
    assert {one.zero_shift_deg for one in first} == {0.0}


def test_the_list_that_every_lab_has_is_tetragonal_at_room_temperature():
    answer = identify([14.10, 28.44, 31.88, 40.65, 43.2, 23.5, 20.0, 24.5])
    assert (answer.candidates[0].formula, answer.candidates[0].phase) == ("MAPbI3", "beta")
    assert all("298" in note for note in answer.notes if "not offered" in note)


def test_ions_bound_what_is_offered():
    peaks = [14.10, 28.44, 31.88]
    held = identify(peaks, limit=200, which=Which(ions=["FA", "Pb", "I"])).candidates
    assert {one.formula for one in held} <= {"FAPbI3", "PbI2"}
    without = identify(peaks, limit=200, which=Which(without=["Pb"])).candidates
    assert without
    assert not any("Pb" in one.formula for one in without)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.raw", "RAW1.01", "export|Export"),
        ("a.brml", "PK", "export"),
        ("a.xy", "1 2\n", "no curve"),
        ("a.xy", "10 1\n11 2 3\n", "line 2: 3 entries"),
        ("a.xy", "10 1 2 3\n11 2 3 4\n", "which are angle and intensity"),
        ("a.xrdml", "<a><b></a>", "no whole XML"),
        ("a.xrdml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares entities"),
        ("a.xrdml", "<a/>", "no scan"),
        ("a.xy", "\n".join(f"{10 + i / 50} 1" for i in range(200)), "flat"),
        ("a.xy", "\n".join(f"{10 + i / 50} {i}" for i in range(20)), "too short"),
    ],
)
def test_what_is_no_curve_is_refused_in_words(tmp_path, name, text, words):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        identify(path)
