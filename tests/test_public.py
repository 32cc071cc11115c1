"""The public face: names that are there, loaded on first use, and typed."""

import subprocess
import sys
from importlib import import_module
from importlib.resources import files

import pytest

import perovdb
from perovdb import errors

PUBLIC = [
    "Composition", "PerovdbError", "__version__", "add_interstitial", "adopt",
    "antiphase_boundary", "attach_ligands", "average_cell", "bottleneck", "build", "carve",
    "cut_slab", "debye", "defect", "distinct_models",
    "dope", "endpoints_in_structure", "fit_arrhenius", "from_ase", "gap", "hop_rate", "hops",
    "hops_in_structure", "identify", "infer", "input_files", "intergrowth", "lattice",
    "nanocrystal", "octahedra", "open_store", "parse", "path", "path_between", "paths",
    "percolation", "phase_at", "read_barrier", "read_structure", "rebuild", "relax_endpoints",
    "ruddlesden_popper", "sample_hops", "screen", "slab", "substitute", "supercell", "to_ase",
    "tolerance", "using", "vacancies", "write_inputs", "write_structure", "xrd",
]  # fmt: skip


def test_public_names_are_pinned():
    assert sorted(perovdb.__all__) == PUBLIC
    assert dir(perovdb) == PUBLIC
    for name in PUBLIC:
        assert getattr(perovdb, name) is not None


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = perovdb.nothing


def test_importing_the_library_costs_nothing():
    code = "import perovdb, sys; print('numpy' in sys.modules, 'sqlite3' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"


@pytest.mark.parametrize("package", ["perovdb", "perovdb_cli"])
def test_packages_are_typed(package):
    assert (files(package) / "py.typed").is_file()


def test_every_error_says_what_and_how_to_mend_and_is_drawn_in_the_tree():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    for kind in kinds:
        assert issubclass(kind, errors.PerovdbError)
        assert kind.__name__ in errors.__doc__
        with pytest.raises(TypeError):
            kind("only what")
    assert str(errors.InputError("That is wrong.", "Do this.")) == "That is wrong. Do this."
    codes = {kind.__name__: kind.exit_code for kind in kinds}
    for line in errors.__doc__.splitlines():
        if "──" in line:
            name, code = line.split()[1:3]
            assert codes[name] == int(code)


def test_the_homes_of_the_public_names_say_what_they_raise():
    for name in ("build", "hops", "lattice", "parse", "path", "tolerance", "xrd"):
        assert "Raises:" in getattr(perovdb, name).__doc__
        assert import_module(getattr(perovdb, name).__module__).__doc__
