"""Fixtures of the tests of structures."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def same():
    """Whether two structures are equal atom by atom, with their roles, ions and molecules.

    Quicker than the == of Structure, which looks for each atom.
    """

    def compare(one, other):
        return (
            one.species == other.species
            and np.array_equal(one.frac_coords, other.frac_coords)
            and np.array_equal(one.lattice.matrix, other.lattice.matrix)
            and one.site_properties == other.site_properties
        )

    return compare
