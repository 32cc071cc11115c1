"""Paths that several tests write input sets for; made once."""

import pytest

from perovdb.migration.hops import hops
from perovdb.migration.path import path


@pytest.fixture(scope="session")
def iodide_hop():
    return path("CsPbI3", hops("CsPbI3", "I", phase="alpha")[0])


@pytest.fixture(scope="session")
def fa_hop():
    return path("FAPbI3", hops("FAPbI3", "FA", phase="alpha")[0], images=3)
