"""perovdb identify: files as xrd writes them, keys of its JSON, and what it refuses."""

import csv
import io
import json

import pytest

KEYS = {
    "@module", "@class",
    "formula", "phase", "id", "score", "explained", "seen", "matched", "missing", "unmatched_deg",
    "zero_shift_deg", "rms_deg", "agreement", "positions_only", "source", "kind", "evidence",
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def ask(perovdb):
    def run(*arguments):
        answer = perovdb("identify", *arguments, "--json")
        assert (answer.code, answer.err) == (0, "")
        return json.loads(answer.out)

    return run


def test_what_xrd_prints_is_identified(perovdb, ask, folder):
    listed = perovdb("xrd", "CsPbI3", "--phase", "gamma", "--above", "3", "--csv").out
    (folder / "peaks.csv").write_text(listed)
    answer = ask("peaks.csv", "--limit", "3")
    assert {"peaks_deg", "intensity", "candidates", "notes"} <= set(answer)
    assert len(answer["candidates"]) == 3
    best = answer["candidates"][0]
    assert set(best) == KEYS
    assert (best["formula"], best["phase"], best["source"]) == ("CsPbI3", "gamma", "sutton2018")
    assert best["score"] > 0.9
    assert len(best["matched"]) + len(best["unmatched_deg"]) == len(answer["peaks_deg"])
    assert set(best["matched"][0]) == {
        "two_theta_deg", "intensity", "expected_two_theta_deg", "expected_intensity", "hkl"
    }  # fmt: skip
    scores = [candidate["score"] for candidate in answer["candidates"]]
    assert scores == sorted(scores, reverse=True)
    rows = list(csv.DictReader(io.StringIO(perovdb("identify", "peaks.csv", "--csv").out)))
    assert rows[0]["id"] == best["id"]
    out = perovdb("identify", "peaks.csv").out
    assert out.splitlines()[2].split()[1:3] == ["CsPbI3", "gamma"]
    assert "one" in out
    assert "preferred orientation" in out


def test_spacings_as_well_as_angles(ask, folder):
    (folder / "d.csv").write_text(
        "# by hand\nd_A,intensity\n6.2894,37\n4.4473,36\n3.6312,39\n3.1447,100\n"
    )
    hot = ("--temperature", "634")
    by_file = ask("d.csv", *hot)["candidates"][0]
    by_hand = ask("--d", "6.2894", "--d", "4.4473", "--d", "3.6312", "--d", "3.1447", *hot)[
        "candidates"
    ][0]
    assert by_file["id"] == by_hand["id"] == "L001"
    assert by_hand["agreement"] is None
    assert all(match["intensity"] is None for match in by_hand["matched"])


def test_what_is_left_over_and_what_is_missed_is_said(perovdb, folder):
    listed = "14.07,37\n19.948,36\n24.494,39\n28.357,100\n31.788,22\n34.915,18\n40.56,76\n"
    (folder / "peaks.csv").write_text(f"two_theta_deg,intensity\n11,5\n{listed}")
    assert (
        "not explained by CsPbI3 alpha: 11.00"
        in perovdb("identify", "peaks.csv", "--any-temperature").out
    )
    bromide = ("15.2", "21.5", "30.4", "30.7", "34.4", "37.8", "43.8")
    out = perovdb("identify", *(text for angle in bromide for text in ("--peak", angle))).out
    assert "expected of CsPbBr3 gamma, not measured: 25.37" in out


GIVEN = {
    "empty.csv": "",
    "head.csv": "two_theta_deg,intensity\n",
    "bare.csv": "14.07,100\n",
    "words.csv": "two_theta_deg,intensity\n14.07,100\n28.36,strong\n",
    "short.csv": "two_theta_deg,intensity\n14.07\n",
    "high.csv": "two_theta_deg\n200\n",
}
REFUSED = [
    ((), 2, "a file, --peak or --d"),
    (("head.csv", "--peak", "14"), 2, "a file, --peak or --d"),
    (("gone.csv",), 2, "gone.csv cannot be read"),
    (("empty.csv",), 2, "empty.csv is empty"),
    (("head.csv",), 2, "head.csv holds no lines of numbers"),
    (("bare.csv",), 2, "bare.csv, line 1: no column two_theta_deg or d_A"),
    (("words.csv",), 2, "words.csv, line 3: 'strong' is not a finite number"),
    (("short.csv",), 2, "short.csv, line 2: 1 entries under 2 columns"),
    (("high.csv",), 2, "between 0 and 180"),
    (("binary.csv",), 2, "binary.csv cannot be read: it is not a text"),
    (("--peak", "nan"), 2, "nan is no number"),
    (("--d", "0.1"), 1, "half the wavelength"),
    (("--peak", "14", "--wavelength", "CuKx"), 2, "CuKa1"),
    (("--peak", "14", "--tolerance", "0"), 2, "tolerance"),
    (("--peak", "14", "--tolerance", "nan"), 2, "tolerance"),
    (("--peak", "14", "--zero-shift", "-1"), 2, "range 0<=x<=2"),
    (("--peak", "14", "--two-theta", "20", "30"), 2, "does not hold all peaks"),
    (("--peak", "14", "--limit", "0"), 2, "--limit"),
    (("--peak", "1.2", "--two-theta", "1", "2"), 1, "None of the"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"), REFUSED, ids=lambda v: " ".join(v) if type(v) is tuple else ""
)
def test_a_refusal_is_one_line(perovdb, folder, arguments, code, words):
    for name, text in GIVEN.items():
        (folder / name).write_text(text)
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00\x80")
    answer = perovdb("identify", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("perovdb: error: ")
    assert words in answer.err
