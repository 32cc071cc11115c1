"""Paths that several tests write input sets for; made once."""

import pytest

from perovdb.migration.paths import path


@pytest.fixture(scope="session")
def iodide_hop():
    return path("CsPbI3", "I", "alpha", (2, 2, 2), images=5)


@pytest.fixture(scope="session")
def fa_hop():
    return path("FAPbI3", "FA", "alpha", (2, 2, 2), images=3)
