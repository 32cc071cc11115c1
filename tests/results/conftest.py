"""What tests need to make folders of bands, and copies of real ones."""

import shutil
from pathlib import Path
from types import ModuleType

import pytest
import tests.results.bands


@pytest.fixture
def bands() -> ModuleType:
    """Writers of folders."""
    return tests.results.bands


@pytest.fixture
def copied(tmp_path):
    """A copy of a real folder that a test may change."""

    def copy(name: str, to: str = "band") -> Path:
        return Path(shutil.copytree(tests.results.bands.FIXTURES / name, tmp_path / to))

    return copy
