"""Every result that the face gives: one line, a card, a table or picture, JSON and back."""

import importlib
import json
import pickle
import pkgutil
from pathlib import Path

import pytest
from matplotlib import pyplot
from monty.json import MontyDecoder

import perovdb
from perovdb.answers import Answer

RUNS = Path(__file__).parents[1] / "results" / "fixtures" / "runs"


def _hop():
    return perovdb.hops("CsPbI3", "I", phase="alpha")[0]


def _bottleneck():
    crystal = perovdb.build("CsPbI3", "alpha", 2)
    return perovdb.bottleneck(crystal, perovdb.hops(crystal, "I")[0])


RESULTS = {
    "Composition": lambda: perovdb.parse("Cs0.5FA0.5PbI3"),
    "Card": lambda: perovdb.show("FAPbI3"),
    "Preferred": lambda: perovdb.open_store().preferred("FAPbI3", "band_gap_eV", phase="alpha"),
    "Tolerance": lambda: perovdb.tolerance("MAPbI3"),
    "Lattice": lambda: perovdb.lattice("Cs0.5FA0.5PbI3"),
    "Gap": lambda: perovdb.gap("MAPbBr0.6I2.4"),
    "PhaseAt": lambda: perovdb.phase_at("MAPbI3", 200.0),
    "AverageCell": lambda: perovdb.average_cell("Cs0.5FA0.5PbI3"),
    "Pattern": lambda: perovdb.xrd("CsPbI3", phase="alpha"),
    "Diffractogram": lambda: perovdb.diffractogram([perovdb.xrd("CsPbI3", phase="alpha")]),
    "Scattering": lambda: perovdb.debye(perovdb.particle("CsPbBr3", cells=2), [1.0, 1.5, 2.0]),
    "Identification": lambda: perovdb.identify([14.07, 19.95, 24.49, 28.36, 31.79]),
    "Inference": lambda: perovdb.infer({"CsPbBr3": "6.02", "CsPbI3": "6.41"}, a_A="6.11"),
    "Screening": lambda: perovdb.screen("Cs,FA | Pb | I,Br", "t > 0.9", step=0.25),
    "ArrheniusFit": lambda: perovdb.fit_arrhenius([280.0, 300.0, 320.0], [1e-3, 4e-3, 1.3e-2]),
    "HopRate": lambda: perovdb.hop_rate(0.35, 300.0),
    "Exchange": lambda: perovdb.exchange(
        ("CsPbI3", "FAPbI3"), (14.0, 14.0), diffusion_cm2_s=1e-17, time_min=(0.0, 100.0, 1000.0)
    ),
    "Transport": lambda: perovdb.transport(perovdb.hops("CsPbI3", "Cs", phase="alpha"), [0.7]),
    "Energies": lambda: perovdb.read_energies([RUNS]),
    "Energy": lambda: perovdb.read_energies([RUNS / "qe_static"]).energies[0],
    "Reaction": lambda: perovdb.read_energies([RUNS]).reaction("qe_static -> qe_relax"),
    "Mixing": lambda: perovdb.mixing(("MAPbI3", "MAPbBr3"), tc_K=343),
    "DefectLevels": lambda: perovdb.defect_levels(
        "CsPbI3", {"V_Cs:-1": 1.1, "V_I:1": 0.1}, gap_eV=1.7
    ),
    "Segregation": lambda: perovdb.segregation("MAPbBr1.5I1.5", 20),
    "Limit": lambda: perovdb.limit(1.55),
    "Loss": lambda: perovdb.loss(1.19, 1.65, 16.42, 0.10),
    "JVRecord": lambda: perovdb.jv("16.42", "1.19", "77", "15.05"),
    "SpaceCharge": lambda: perovdb.sclc(300, 25, 1.0),
    "TwoMeans": lambda: perovdb.compare_means("5.831", "0.012", "5.869", "0.005"),
    "Octahedra": lambda: perovdb.octahedra(perovdb.build("CsPbI3", "gamma")),
    "OctahedraChange": lambda: perovdb.octahedra(
        perovdb.build("CsPbI3", "alpha", 2),
        perovdb.defects(perovdb.build("CsPbI3", "alpha", 2), ["V_I"]),
    ),
    "Choice": lambda: perovdb.distinct_defects(perovdb.build("CsPbBr3", "alpha", 2), ["Cd_Pb:2"])[
        0
    ],
    "Hop": _hop,
    "Hops": lambda: perovdb.hops("CsPbI3", "I", phase="alpha"),
    "Endpoints": lambda: perovdb.endpoints("CsPbI3", _hop()),
    "Path": lambda: perovdb.path("CsPbI3", _hop(), images=3),
    "Percolation": lambda: perovdb.percolation(perovdb.hops("CsPbI3", "I", phase="alpha")),
    "Bottleneck": lambda: _bottleneck(),
    "Model": lambda: perovdb.Model(perovdb.build("CsPbI3", "alpha")),
    "Models": lambda: perovdb.distinct_models("CsPbBr3", "alpha", 2, replace={"Pb": {"Cd": 2}}),
    "Report": lambda: perovdb.report(perovdb.particle("CsPbBr3", cells=2)),
    "Void": lambda: perovdb.voids(perovdb.build("CsPbI3", "alpha", 2))[0],
    "Barrier": lambda: perovdb.read_barrier("tests/results/fixtures/qe"),
}


@pytest.fixture(scope="module", params=RESULTS)
def result(request, pytestconfig):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(pytestconfig.rootpath)
        answer = RESULTS[request.param]()
    assert type(answer).__name__ == request.param
    return answer


def test_it_says_itself_in_a_line(result):
    assert "\n" not in repr(result)
    assert len(repr(result)) <= 160
    assert str(result)


def test_it_is_a_table_or_a_picture_in_a_notebook(result):
    html = result._repr_html_()
    assert "<table" in html or "<svg" in html


def test_its_rows_are_plain_and_make_a_frame(result):
    rows = result.rows()
    assert rows
    for row in rows:
        assert all(isinstance(value, str | int | float | bool | None) for value in row.values())
    assert len(result.to_frame()) == len(rows)


def test_it_goes_through_json_and_monty(result):
    text = json.dumps(result.as_dict(), allow_nan=False)
    again = type(result).from_dict(json.loads(text))
    decoded = MontyDecoder().process_decoded(json.loads(text))
    for other in (again, decoded, pickle.loads(pickle.dumps(result))):
        assert type(other) is type(result)
        assert other == result
        assert repr(other) == repr(result)
        assert str(other) == str(result)


def test_its_plot_gives_axes(result):
    if hasattr(result, "plot"):
        axes = result.plot()
        assert axes.has_data()
        pyplot.close("all")


def every_kind():
    for module in pkgutil.walk_packages(perovdb.__path__, "perovdb."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds = [Answer]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return [kind for kind in kinds if kind.__module__.startswith("perovdb.")]


def test_all_kinds_are_frozen_compared_by_what_they_say_and_explained():
    for kind in every_kind():
        assert kind.__doc__
        # A composition is told by its formula.
        assert kind.__eq__ is Answer.__eq__ or kind is perovdb.Composition, kind
        if hasattr(kind, "__dataclass_params__"):
            assert kind.__dataclass_params__.frozen or kind.__setattr__ is Answer.__setattr__, kind


def test_every_public_result_is_tried():
    public = {
        name
        for name in dir(perovdb)
        if isinstance(getattr(perovdb, name), type) and issubclass(getattr(perovdb, name), Answer)
    }
    # Several barriers and a drawn sample are lists of those tried, with tests of their own.
    assert public - set(RESULTS) <= {"Barriers", "Sample"}
