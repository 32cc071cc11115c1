"""Option values at the edge of what numbers and texts can be, for every option and argument.

The commands are walked in click's own tree: a new option is attacked without being listed here,
and a new command must be given a sound line in `LINES`.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random

import click
from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.run import ROOT

#: A sound line of each command; `{shared}` is the folder of the files that `prepare` makes.
LINES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "show": ((), ("CsPbI3",)),
    "radii": ((), ("Cs",)),
    "properties": ((), ("CsPbI3",)),
    "barriers": ((), ()),
    "devices": ((), ()),
    "phases": ((), ("CsPbI3",)),
    "phase-at": ((), ("CsPbI3",)),
    "search": ((), ("DDABr",)),
    "source": ((), ("trots2008",)),
    "tolerance": ((), ("CsPbI3",)),
    "lattice": ((), ("Cs0.5FA0.5PbI3",)),
    "inputs": (("--task", "relax", "--code", "qe", "-o", "{shared}/none/r"), ("CsPbI3",)),
    "energies": ((), ("{shared}/runs",)),
    "infer": (("--end", "CsPbBr3=6.02", "--end", "CsPbI3=6.41"), ("CsPbBr3", "CsPbI3")),
    "gap": ((), ("MAPbBr0.6I2.4",)),
    "screen": (("--limit", "3"), ("Cs,FA | Pb | I,Br",)),
    "xrd": ((), ("CsPbI3:alpha",)),
    "identify": (("--peak", "14.07", "--peak", "28.36"), ()),
    "arrhenius": ((), ("{shared}/rates.csv",)),
    "rate": (("--distance", "6.29", "--diameter", "14.7"), ("0.35",)),
    "mix": (("--tc", "343"), ("MAPbI3", "MAPbBr3")),
    "defect-levels": (
        ("--state", "V_Cs:-1=1.1", "--state", "V_I:1=0.1", "--gap", "1.7"),
        ("CsPbI3",),
    ),
    "segregate": (("--intensity", "20"), ("MAPbBr1.5I1.5",)),
    "limit": ((), ("1.55",)),
    "loss": (("--gap", "1.65"), ("1.19",)),
    "exchange": (
        ("--edge", "14", "14", "--barrier", "0.6", "--vacant", "0.001"),
        ("CsPbI3", "FAPbI3"),
    ),
    "jv": ((), ("16.42", "1.19", "77", "15.05")),
    "sclc": (("--vtfl", "1.0", "--thickness", "300", "--epsilon", "25"), ()),
    "compare-means": ((), ("5.831", "0.012", "5.869", "0.005")),
    "build": (("--phase", "alpha"), ("CsPbI3",)),
    "read": ((), ("{shared}/model.cif",)),
    "supercell": (("--size", "1"), ("{shared}/model.cif",)),
    "defect": ((), ("{shared}/model.cif", "V_I")),
    "layers": ((), ("CsPbBr3", "2")),
    "slab": ((), ("CsPbBr3",)),
    "particle": (("--cells", "3"), ("CsPbBr3",)),
    "dope": (("--replace", "Pb=Cd:1"), ("{shared}/dot.xyz",)),
    "ligands": ((), ("{shared}/dot.xyz", "acetate:1")),
    "octahedra": ((), ("{shared}/model.cif",)),
    "hops": (("--species", "I", "--phase", "alpha"), ("CsPbI3",)),
    "transport": (
        ("--species", "I", "--phase", "alpha", "--barrier", "0.3", "--no-tracer"),
        ("CsPbI3",),
    ),
    "neb": (
        ("--species", "I", "--phase", "alpha", "--code", "vasp", "-o", "set"),
        ("CsPbI3",),
    ),
    "barrier": ((), ("{shared}/band",)),
    # At rest at once: no two atoms are in its reach.
    "relax": (("--engine", "ase.calculators.lj:LennardJones"), ("{shared}/model.cif",)),
    "store add": ((), ("{shared}/own.sqlite", "{shared}/rows.csv")),
    "store check": ((), ("{shared}/own.sqlite",)),
    "store info": ((), ()),
    "store init": ((), ("new.sqlite",)),
    "store migrate": ((), ("{shared}/own.sqlite",)),
    "store sql": ((), ("select formula from phase limit 1",)),
    "store template": ((), ("barriers",)),
    "completion": ((), ("bash",)),
}

#: In place of a line's own options, for options that do not go with them.
INSTEAD: dict[tuple[str, str], Sequence[str]] = {
    ("identify", "--d"): (),
    ("particle", "--edge"): (),
    ("exchange", "--diffusion"): ("--edge", "14", "14"),
    ("mix", "--l"): (),
    ("mix", "--gap"): (),
    ("neb", "-o"): ("--species", "I", "--phase", "alpha", "--code", "vasp"),
}

#: What an option is given beside, without which it says nothing.
BESIDE: dict[tuple[str, str], Sequence[str]] = {
    ("infer", "--d"): ("--hkl", "1", "0", "0"),
    ("infer", "--peak"): ("--hkl", "1", "0", "0"),
    ("infer", "--hkl"): ("--d", "6.11"),
    ("infer", "--setting"): ("--d", "6.11", "--hkl", "1", "0", "0"),
    ("infer", "--su"): ("--a", "6.11"),
    ("infer", "--end"): ("--a", "6.11"),
    ("infer", "--temperature"): ("--a", "6.11"),
    ("infer", "--wavelength"): ("--peak", "14.5", "--hkl", "1", "0", "0"),
    ("build", "--angle"): ("--phase", "a-a-a-"),
    ("defect-levels", "--state"): ("--state", "V_I:1=0.1"),
    ("screen", "--seed"): ("--count", "10"),
    ("screen", "--colour"): ("--plot", "p.png"),
    ("xrd", "--size-nm"): ("--curve", "c.csv"),
    ("xrd", "--fwhm"): ("--curve", "c.csv"),
    ("xrd", "--zero-shift"): ("--curve", "c.csv"),
    ("xrd", "--x-axis"): ("--curve", "c.csv"),
    ("xrd", "--measured"): ("--curve", "c.csv"),
    ("exchange", "--surface"): ("--surface-rate", "0.001"),
    ("barrier", "--source"): ("--save",),
    **{
        (command, option): ("--plot", "p.png")
        for command in (
            "infer",
            "screen",
            "xrd",
            "arrhenius",
            "exchange",
            "mix",
            "defect-levels",
            "build",
            "barrier",
        )
        for option in ("--width", "--dpi", "--style", "--view")
    },
}

#: How a number stands in the text of an option.
TEMPLATES = {
    "--radius": "Cs={}",
    "--bowing": "Cs-FA={}",
    "--end-gap": "MAPbI3={}",
    "--end": "CsPbI3={}",
    "--b-iso": "{}",
    "--shape": "100={},110=1.1",
    "--replace": "Pb=Cd:{}",
    "--state": "V_Cs:-1={}",
    "--apical": "I={}",
    "--fraction": "Cs",
    "--set": "ENCUT={}",
    "--where": "t < {}",
    "--sort": "t * {}",
    "--pareto": "min t + {}",
}
OTHER_TEMPLATES = {"--size": "{}A", "--b-iso": "Cs={}", "--edge": "3,3,{}", "--a": "6.11({})"}

NUMBERS = (
    *("0", "-0", "-1", "1", "2", "1e-308", "5e-324", "-1e-308", "1e308", "1.7976931348623157e308"),
    *("-1e308", "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "1e-9", "1e-12", "1e9", "1e5"),
    *("0.1", "0.5", "1.5", "100", "1000", "99999", "2147483648", "9223372036854775808", "1" * 31),
    *("1" + "0" * 30, "9" * 4000, "0." + "0" * 400 + "1", "1_0", "0x10", "1e", "1,5", "--", "1;2"),
    *(
        "\u0663",
        "\u00b2",
        "\u0967.\u0968",
        "\uff11",
        "1\u00a0000",
        "+1",
        " 1 ",
        "1\n2",
        "1/3",
        "180",
    ),
)
TEXTS = (
    *("", " ", "\t", "\n", "[1, 2]", "(1,)", "{}", "null", "True", "x" * 5000, "\u202e321"),
    *("\x9b2J", "\x1b[31m", "\udc9b", "=", "=1", "I=", "I=1=2", ":", "V_I:", "V_I:99999999999"),
    *(".", "~", "$(touch pwned)", "'", '"', "%s%n", "{0}", "a" * 300, "CsPbI3", "I", "(" * 3000),
    *("((" * 50 + "Cs", "Cs" * 2000, "Cs1e308PbI3", "CsPbInf", "CsPbI0", "CsnanPbI3"),
    *("Cs1e-308PbI3", "Cs" + "9" * 400 + "PbI3", "-1", "--help", "-o", "0,0,0/0,0,0/0,0,0"),
    *("1x1x99999999999", "0x0x0", "-1x1x1", "1e308A", "1e-308A", "nanA", "infA", "0A"),
    "1,1,1/1,1,1/1,1,1",
)  # fmt: skip

#: A number that is none, in an answer; "nan" in words such as "nanometre" is no number.
_NOT_FINITE = re.compile(r"(?<![\w.])[+-]?(nan|inf|infinity)(?!\w)", re.IGNORECASE)

#: What the command line says where no range was in the way: an option lacks its own.
_UNFORESEEN = ("on the way is not finite", "more memory than there is", "nested too deeply")

#: What no sane sentence about one option needs more of.
_LONGEST = 3000


def prepare() -> None:
    """The files that `LINES` names."""
    shared = Path(tempfile.gettempdir())
    # What libraries make or ask for once.
    os.environ["MPLCONFIGDIR"] = str(shared)
    platform.processor()
    import_module("matplotlib.pyplot")
    for line in (
        ("build", "CsPbI3", "--phase", "alpha", "--size", "2", "-o", f"{shared}/model.cif"),
        ("particle", "CsPbBr3", "--cells", "3", "-o", f"{shared}/dot.xyz"),
        ("store", "init", f"{shared}/own.sqlite"),
    ):
        if perovdb(*line).refused:
            raise Finding(f"perovdb {' '.join(line)} is refused")
    (shared / "rates.csv").write_text("temperature_C,rate\n40,1\n60,4.1\n80,14.1\n")
    (shared / "rows.csv").write_text("formula,source\n")
    fixtures = ROOT / "tests" / "results" / "fixtures"
    shutil.copytree(fixtures / "qe", shared / "band")
    shutil.copytree(fixtures / "runs", shared / "runs")


def _parameters() -> Iterator[tuple[str, click.Parameter]]:
    """Every option and argument that takes a value, with its command."""
    from perovdb_cli.commands import cli

    context = click.Context(cli)

    def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Parameter]]:
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                yield from walk(found, f"{name} {inner}".strip())
            return
        for one in command.params:
            if not getattr(one, "is_flag", False) and one.name != "store":
                yield name, one

    return walk(cli, "")


@cache
def _choices() -> list[tuple[str, click.Parameter]]:
    return list(_parameters())


def _line(command: str, option: click.Parameter, rng: Random) -> list[str]:
    """A sound line of a command, but for one option or argument."""
    before, arguments = LINES[command]
    name = option.opts[0]
    numeric = not isinstance(option.type, click.types.StringParamType | click.Path)
    values, typed = list(arguments), list[str]()
    if isinstance(option, click.Argument):
        values = values or ["CsPbI3"]
        values[rng.randrange(len(values))] = _value(name, rng, numeric)
        beside: Sequence[str] = ("--a", "6.11") if command == "infer" else ()
    else:
        beside = BESIDE.get((command, name), ())
        before = INSTEAD.get((command, name), before)
        parts = [_value(name, rng, numeric) for _ in range(option.nargs)]
        if option.nargs > 1 and rng.random() < 0.5:
            parts = [rng.choice(("1", "0", "2")) for _ in parts]
            parts[rng.randrange(len(parts))] = _value(name, rng, numeric)
        if name == "--fraction":
            parts[0] = "Cs"
        typed = [name, *parts]
    as_json = ["--json"] * (rng.random() < 0.4 and command not in ("completion", "source"))
    shared = tempfile.gettempdir()
    words = [*command.split(), *before, *beside, *typed, *as_json, "--", *values]
    return [word.replace("{shared}", shared) for word in words]


def _value(name: str, rng: Random, numeric: bool) -> str:
    if rng.random() < (0.15 if numeric or name in TEMPLATES else 0.5):
        return rng.choice(TEXTS)
    template = TEMPLATES.get(name, "{}")
    if rng.random() < 0.3:
        template = OTHER_TEMPLATES.get(name, template)
    return template.replace("{}", rng.choice(NUMBERS))


def attack(rng: Random, folder: Path) -> str:
    """Answered with finite numbers, or refused in words that are meant for this option."""
    line = _line(*rng.choice(_choices()), rng)
    answer = perovdb(*line)
    said = " ".join(word if len(word) < 60 else f"{word[:40]}..." for word in line)
    if answer.refused:
        if unforeseen := [words for words in _UNFORESEEN if words in answer.err]:
            raise Finding(f"perovdb {said!a}: no range is in the way: {unforeseen[0]}")
        if answer.err.count("\n") != 1 or len(answer.err) > _LONGEST:
            raise Finding(f"perovdb {said!a}: a refusal of {len(answer.err)} characters")
        return answer.word
    texts = answer.out + answer.err
    for word in line:
        # What a person typed may be shown again.
        texts = texts.replace(word, "") if _NOT_FINITE.search(word) else texts
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix not in (".png", ".pdf", ".sqlite"):
            texts += file.read_text(encoding="utf-8", errors="replace")
    if found := _NOT_FINITE.search(texts):
        around = texts[max(0, found.start() - 60) : found.end() + 30]
        raise Finding(f"perovdb {said!a}: not finite: {around!a}")
    return answer.word


CAMPAIGN = Campaign(
    kind="options",
    throws="values at the edge, for every option of every command",
    promise="an answer of finite numbers, or a refusal of one line",
    attack=attack,
    full=6000,
    short=150,
    prepare=prepare,
)
