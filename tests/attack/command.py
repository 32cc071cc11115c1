"""The command line in this process, and what any of its answers must be."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import traceback
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from tests.attack.campaign import Finding

#: Done, no answer, a malformed question, interrupted.
_CODES = (0, 1, 2, 130)
#: Kinds of characters that move the cursor, hide text or turn its direction.
_RAW = ("Cc", "Cf", "Cs", "Zl", "Zp")


class Answer(NamedTuple):
    """What a command left behind; `refused` if it gave no answer."""

    code: int
    out: str
    err: str

    @property
    def refused(self) -> bool:
        return self.code != 0

    @property
    def word(self) -> str:
        return "refused" if self.refused else "answered"


def perovdb(*arguments: str, terminal: bool = False) -> Answer:
    """Run a command and judge its answer.

    Raises:
        Finding: a traceback, a warning, a raw control character, an error that is not one line,
            a number in JSON that is none.
    """
    answer = _run(arguments)
    said = f"perovdb {' '.join(map(_short, arguments))}"
    _judge(answer, said)
    return answer


def _short(text: str) -> str:
    shown = repr(text) if len(text) <= 80 else repr(text[:77]) + "..."
    return shown if re.search(r"[^\w./=,:+-]", text) or not text else text


def _run(arguments: tuple[str, ...]) -> Answer:
    from perovdb_cli.main import main

    argv, store = sys.argv, os.environ.pop("PEROVDB_STORE", None)
    sys.argv = ["perovdb", *arguments]
    try:
        with _captured() as said, warnings.catch_warnings():
            warnings.simplefilter("always")
            code: int | str | None = 0
            try:
                main()
            except SystemExit as stop:
                code = stop.code
            except Exception:
                said["trace"] = traceback.format_exc()
    finally:
        sys.argv = argv
        os.environ.pop("PEROVDB_STORE", None)
        if store is not None:
            os.environ["PEROVDB_STORE"] = store
    if "trace" in said:
        last = [line for line in said["trace"].splitlines() if line.strip()]
        where = [line.strip() for line in last if line.lstrip().startswith("File ")][-1:]
        raise Finding(
            f"perovdb {' '.join(map(_short, arguments))}: traceback: {last[-1]} {' '.join(where)}"
        )
    return Answer(
        code if isinstance(code, int) else 0 if code is None else 1, said["out"], said["err"]
    )


@contextmanager
def _captured() -> Iterator[dict[str, str]]:
    """What is printed meanwhile, with file descriptors of its own, which a command may ask for."""
    said: dict[str, str] = {}
    streams = sys.stdout, sys.stderr
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        sys.stdout, sys.stderr = (
            open(file.fileno(), "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            for file in (out, err)
        )
        try:
            yield said
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
                stream.detach()
            sys.stdout, sys.stderr = streams
            for name, file in (("out", out), ("err", err)):
                file.seek(0)
                said[name] = file.read().decode("utf-8", "backslashreplace")


def _judge(answer: Answer, said: str) -> None:
    code, out, err = answer
    if code not in _CODES:
        raise Finding(f"{said}: exit code {code}: {err[-300:]!r}")
    raw = [c for c in out + err if unicodedata.category(c) in _RAW and c not in "\n\t"]
    if raw:
        raise Finding(f"{said}: {raw[0]!r} is printed raw")
    if "Traceback (most" in err or "Warning: " in err:
        raise Finding(f"{said}: {err[-300:]!r}")
    if code and not re.fullmatch(r"(.*\n)*perovdb: error: .*\S.*\n", err):
        raise Finding(f"{said}: exit {code} without an error of one line: {err[-300:]!r}")
    if code == 0 and "perovdb: error" in err:
        raise Finding(f"{said}: an error and exit 0: {err[-300:]!r}")
    if code == 0 and "--json" in said:
        try:
            json.loads(out, parse_constant=_no_number)
        except ValueError as error:
            raise Finding(f"{said}: {error}: {out[:100]!r}") from None


def _no_number(word: str) -> None:
    raise ValueError(f"{word} stands in JSON")
