"""What a shell is told when a line may go on."""

import subprocess

import pytest


@pytest.fixture
def complete(perovdb, monkeypatch):
    """Words that complete the last one of a line; a kind of file as "file" or "dir"."""

    def words(*line: str) -> list[str]:
        monkeypatch.setenv("_PEROVDB_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["perovdb", *line]))
        monkeypatch.setenv("COMP_CWORD", str(len(line)))
        out = perovdb(*line).out
        return [
            word if kind == "plain" else kind
            for kind, _, word in (one.partition(",") for one in out.splitlines())
        ]

    return words


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (("sho",), "show"),
        (("show", "--te"), "--temperature"),
        (("show", "CsPbI"), "CsPbI3"),
        (("show", "mod"), "file"),
        (("source", "trots"), "trots2008"),
        (("radii", "C"), "Cs"),
        (("xrd", "CsPbI3", "--phase", "g"), "gamma"),
        (("xrd", "CsPbI3", "--phase", "ortho"), "orthorhombic"),
        (("barriers", "--species", "M"), "MA"),
        (("barriers", "--evidence", "sec"), "secondhand"),
        (("properties", "--name", "pl_"), "pl_peak_nm"),
        (("build", "Cs0.5FA0.5PbI3", "--order", "roc"), "rocksalt"),
        (("slab", "CsPbI"), "CsPbI3"),
        (("defect", "mod"), "file"),
        (("hops", "CsPbI"), "CsPbI3"),
        (("defect", "a.cif", "V_I", "--choose", "fa"), "far"),
        (("particle", "CsPbI3", "--placement", "co"), "core"),
        (("hops", "CsPbI3", "--orientation", "antiferro-0"), "antiferro-010"),
        (("store", "template", "bar"), "barrier"),
    ],
    ids=" ".join,
)
def test_a_shell_is_offered_what_the_store_and_the_library_know(complete, line, wanted):
    assert wanted in complete(*line)


def test_codes_are_completed(complete):
    assert complete("neb", "CsPbI3", "--code", "") == ["cp2k", "qe", "vasp"]


def test_without_a_store_nothing_is_offered_and_nothing_is_said(complete, monkeypatch):
    assert complete("show", "--store", "nowhere.sqlite", "CsPbI") == ["file"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(perovdb, shell):
    answer = perovdb("completion", shell)
    assert answer.code == 0
    assert f"_PEROVDB_COMPLETE={shell}_complete" in answer.out


def test_bash_reads_its_script(perovdb):
    script = perovdb("completion", "bash").out
    check = ["bash", "-c", f"{script}\ncomplete -p perovdb"]
    shown = subprocess.run(check, capture_output=True, text=True, check=True).stdout
    assert "_perovdb_completion" in shown
