"""Fixtures that many tests share."""

import shutil
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import settings

from perovdb.store import Store, current_store

# The same examples on every machine: a newcomer's run passes as CI's does.
# `pytest --hypothesis-profile default` looks at new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


class Answer(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def store() -> Store:
    return current_store()


@pytest.fixture
def perovdb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command line in this process."""
    from perovdb_cli.main import main

    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["perovdb", *arguments])
        # --store leaves its mark here, which no later run may see.
        monkeypatch.setenv("PEROVDB_STORE", "")
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return run


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("engine"):
        program = marker.args[0]
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


Run = Callable[..., Answer]
