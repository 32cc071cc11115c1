"""Barriers by the engines that the extra `local` brings: gamma-CsPbI3, 39 atoms."""

from importlib.util import find_spec

import pytest

from perovdb import barrier, endpoints, hops, relax
from perovdb.local.engines import as_engine


def needs(package, *values):
    missing = pytest.mark.skipif(
        find_spec(package) is None, reason=f"{package} is not installed: pip install .[local]"
    )
    return pytest.param(*values, marks=missing)


@pytest.mark.parametrize(
    ("engine", "species", "hop", "barrier_eV"),
    [
        # CHGNet: tight ends, a climbing band of five images by FIRE, its top at 0.005 eV/A.
        needs("chgnet", "chgnet", "I", 3, 0.255),
        needs("chgnet", "chgnet", "Cs", 0, 0.3935),
        # No tight band was made of this one: an earlier search, from the rigid path.
        needs("sevenn", "7net-0", "I", 3, 0.383),
    ],
)
def test_the_barrier_is_that_of_a_tight_band(engine, species, hop, barrier_eV, tmp_path):
    chosen = hops("CsPbI3", species, phase="gamma")[hop]
    ends = endpoints("CsPbI3", chosen, size=(2, 1, 1))
    found = barrier(ends, engine=engine, folder=tmp_path / "run")
    assert found.converged, found.problems
    assert found.barrier_forward_eV == pytest.approx(barrier_eV, abs=0.01)
    assert found.facts.search.negative_modes == 1
    assert found.facts.search.pressure_GPa is not None
    assert sum(found.facts.search.calls.values()) < 350


@pytest.mark.parametrize(
    ("engine", "sha256"),
    [
        needs("chgnet", "chgnet", "d14ab7c0f093efe6"),
        needs("chgnet", "chgnet-r2scan", "8eba3db0f35a2788"),
        needs("sevenn", "7net-0", "7052cb42b7b3be42"),
        needs("sevenn", "7net-l3i5", "a7ff190d41efe5b8"),
    ],
)
def test_the_weights_are_those_that_were_measured(engine, sha256):
    assert as_engine(engine).weights_sha256.startswith(sha256)


@pytest.mark.parametrize("engine", [needs("chgnet", "chgnet")])
def test_the_cell_of_an_engine_is_larger(engine):
    rest = relax("CsPbBr3", engine, cell=True, fmax_eV_A=0.02)
    built = relax("CsPbBr3", engine, fmax_eV_A=0.02)
    assert rest.lattice.volume / built.lattice.volume == pytest.approx(1.064, abs=0.01)
