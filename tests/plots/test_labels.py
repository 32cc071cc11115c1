"""Formulas, phases and planes as a paper writes them."""

import pytest

from perovdb.plots.labels import formula_label, material_label, plain, plane_label


def sub(number):
    return rf"$_{{\mathregular{{{number}}}}}$"


@pytest.mark.parametrize(
    ("formula", "label"),
    [
        ("CsPbI3", f"CsPbI{sub(3)}"),
        ("Cs0.5FA0.5PbI2.25Br0.75",
         f"Cs{sub('0.5')}FA{sub('0.5')}PbI{sub('2.25')}Br{sub('0.75')}"),
        ("(NH4)8Pb8I23", f"(NH{sub(4)}){sub(8)}Pb{sub(8)}I{sub(23)}"),
        ("4F-PEA", "4F-PEA"),
        ("MA", "MA"),
    ],
)  # fmt: skip
def test_amounts_are_subscripts(formula, label):
    assert formula_label(formula) == label


def test_phases():
    assert material_label("CsI", "alpha") == "α-CsI"
    assert material_label("CsI", "delta-2H") == "δ-2H-CsI"
    assert material_label("CsI", "cubic") == "CsI, cubic"
    assert material_label("CsI") == "CsI"


def test_planes():
    assert plane_label((2, 0, 0)) == "200"
    assert plane_label((10, 0, 2)) == "10 0 2"
    assert plane_label((1, -1, 0)) == r"1$\overline{\mathregular{1}}$0"


def test_names_of_files_are_no_formulas():
    assert plain("a$b$c") == r"a\$b\$c"
