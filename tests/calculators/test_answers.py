"""Answers of the calculators say themselves in a line and come back from JSON as they went."""

import json

import numpy as np
import pytest
from monty.json import MontyDecoder

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.gap import gap
from perovdb.calculators.kinetics import arrhenius_from_curves, fit_arrhenius, fit_decay, hop_rate
from perovdb.calculators.mixing import lattice
from perovdb.calculators.phase_at import phase_at
from perovdb.calculators.tolerance import tolerance

TIME = np.linspace(0, 10, 20)
CURVES = {
    kelvin: (TIME, 30 + 20 * np.exp(-k * TIME) + 0.1 * np.cos(9 * TIME))
    for kelvin, k in ((313.15, 0.2), (333.15, 0.6), (353.15, 1.5))
}

ANSWERS = {
    "tolerance": lambda: tolerance("Cs0.5FA0.5PbI3", radii_A={"Cs": 1.67}),
    "lattice": lambda: lattice("CsPbBr1.5I1.5", bowing_A={"Br-I": 0.02}),
    "lattice with vacancies": lambda: lattice("Cs0.96PbI2.96"),
    "gap": lambda: gap("MAPbBr1.5I1.5", end_members_eV={"MAPbI3": 1.57}),
    "phase_at": lambda: phase_at("CsPbI3"),
    "phase_at by t": lambda: phase_at("Cs0.5FA0.5PbI3"),
    "average_cell": lambda: average_cell("Cs0.5FA0.5PbBr1.5I1.5"),
    "arrhenius": lambda: fit_arrhenius([300, 310, 320], [1, 2, 4.2]),
    "arrhenius of curves": lambda: arrhenius_from_curves(CURVES),
    "decay": lambda: fit_decay(*CURVES[313.15], levels=(50, 30)),
    "rate": lambda: hop_rate(0.35, distance_A=6.29, diameter_nm=10),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_comes_back_from_json(name):
    answer = ANSWERS[name]()
    text = json.dumps(answer.as_dict(), allow_nan=False)
    for again in (type(answer).from_dict(json.loads(text)), MontyDecoder().decode(text)):
        assert type(again) is type(answer)
        assert again == answer
        assert hash(again) == hash(answer)
        assert str(again) == str(answer)
        assert again.rows() == answer.rows()


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_shows_itself(name):
    answer = ANSWERS[name]()
    assert "\n" not in repr(answer)
    assert len(repr(answer)) < 100
    assert repr(answer).startswith(type(answer).__name__)
    shown = answer._repr_html_()
    assert ("<svg" in shown) == hasattr(answer, "plot")
    assert len(answer.to_frame()) == len(answer.rows())
    assert all(
        isinstance(v, str | int | float | None) for row in answer.rows() for v in row.values()
    )


def test_rows_say_where_numbers_are_from():
    row = lattice("CsPbI3", 634).rows()[0]
    assert list(row)[-4:] == ["source", "kind", "evidence", "notes"]
    assert (row["source"], row["kind"], row["evidence"]) == ("trots2008", "measured", "read")
    assert "cell of 634 K (recalled)" in row["notes"]
    mixed = lattice("MA0.5FA0.5PbI3").rows()[0]
    assert (mixed["source"], mixed["kind"]) == ("kojima2009 fabini2016", "derived")
    # The least sure of its two cells.
    assert mixed["evidence"] == "secondhand"
    assert tolerance("MAPbI3").rows()[0]["evidence"] == "secondhand"
    # Measured of it; by the model; and moved to another temperature by a slope of its own.
    assert gap("MAPbBr0.6I2.4").rows()[0]["source"] == "qinyu610"
    fitted = gap("MAPbBr0.61I2.39").rows()[0]
    assert (fitted["source"], fitted["kind"]) == ("perovdb", "fitted")
    warm = gap("MAPbI3", 320).rows()[0]
    assert (warm["source"], warm["kind"]) == ("slimi2016 franciscolopez2019", "derived")


def test_a_structure_is_asked_for_its_composition():
    cell = average_cell("CsPbI3", "alpha")
    from pymatgen.core import Structure

    ions = [next(iter(held)) for held in cell.occupants]
    structure = Structure(cell.lattice_A, ions, cell.fractional)
    for verb in (tolerance, lattice, gap, phase_at, average_cell):
        assert verb(structure).rows() == verb("CsPbI3").rows()
