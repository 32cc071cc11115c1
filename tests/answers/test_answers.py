"""What all results share, on one that holds every kind of field."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Lattice, Structure

import perovdb
from perovdb.answers import Answer, answer
from perovdb.answers.tables import table


class Used(NamedTuple):
    ion: str
    radius_A: float


@dataclass(frozen=True, repr=False, eq=False)
class Part(Answer):
    name: str
    value_eV: float


@dataclass(frozen=True, repr=False, eq=False)
class Whole(Answer):
    formula: str
    gap_eV: float
    missing_eV: float | None
    count: int | None
    pair: tuple[float, float]
    parts: tuple[Part, ...]
    by_name: Mapping[str, Part]
    by_number: dict[int, float]
    used: Used
    energies_eV: np.ndarray
    structure: Structure
    path: Path
    either: str | float
    source: str
    kind: str
    evidence: str
    notes: tuple[str, ...] = ()

    derived = ("twice_eV",)

    @property
    def twice_eV(self) -> float:
        return 2 * self.gap_eV


WHOLE = Whole(
    formula="CsPbI3",
    gap_eV=1.73,
    missing_eV=None,
    count=3,
    pair=(1.0, 2.0),
    parts=(Part("a", 1.0), Part("b", float("nan"))),
    by_name={"c": Part("c", float("inf"))},
    by_number={2: 0.5},
    used=Used("Cs", 1.88),
    energies_eV=np.array([[0.0, 0.25]]),
    structure=Structure(Lattice.cubic(6.2), ["Cs"], [[0, 0, 0]]),
    path=Path("a") / "b",
    either=0.5,
    source="sutton2018",
    kind="measured",
    evidence="read",
    notes=("one <note>",),
)


def same(one: Any, two: Any) -> bool:
    return json.dumps(one.as_dict()) == json.dumps(two.as_dict())


def test_a_result_comes_back_from_json() -> None:
    text = json.dumps(WHOLE.as_dict(), allow_nan=False)
    back = Whole.from_dict(json.loads(text))
    assert same(back, WHOLE)
    assert back == WHOLE
    assert back != Whole.from_dict(WHOLE.as_dict() | {"gap_eV": 2.0})
    assert back.parts[0] == WHOLE.parts[0]
    assert np.isnan(back.parts[1].value_eV)
    assert back.by_name["c"].value_eV == float("inf")
    assert back.by_number == {2: 0.5}
    assert back.used == WHOLE.used
    assert back.pair == (1.0, 2.0)
    assert back.path == WHOLE.path
    assert back.structure == WHOLE.structure
    np.testing.assert_array_equal(back.energies_eV, WHOLE.energies_eV)


def test_monty_takes_it_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"results": [Used("Cs", 1.0), WHOLE.parts[0]]}, cls=MontyEncoder)
    tagged = json.loads(text)["results"][1]
    assert tagged["@class"] == "Part"
    monkeypatch.setitem(__import__("sys").modules, tagged["@module"], __import__(__name__))
    monkeypatch.setattr(__import__(__name__), "Part", Part, raising=False)
    assert MontyDecoder().process_decoded(tagged) == WHOLE.parts[0]


def test_derived_values_stand_in_the_dictionary() -> None:
    assert WHOLE.as_dict()["twice_eV"] == 3.46


def test_its_line_is_short_and_its_row_ends_with_provenance() -> None:
    assert repr(WHOLE).startswith("Whole(formula=CsPbI3, gap_eV=1.73")
    assert "\n" not in repr(WHOLE)
    (row,) = WHOLE.rows()
    assert list(row)[-4:] == ["source", "kind", "evidence", "notes"]
    assert WHOLE.to_frame().loc[0, "gap_eV"] == 1.73
    assert "note: one <note>" in str(WHOLE)


def test_a_notebook_gets_a_table_with_everything_escaped() -> None:
    html = WHOLE._repr_html_()
    assert "<td>1.73</td>" in html
    assert "one &lt;note&gt;" in html


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        Part("a", object()).as_dict()  # type: ignore[arg-type]


def test_tables_give_way_where_a_line_is_short() -> None:
    rows = [{"a": 1.5, "text": "long words " * 10, "b": -2}]
    lines = table(rows, width=40)
    assert max(map(len, lines)) <= 40
    assert lines[1].split()[0] == "1.5"
    assert lines[1].split()[-1] == "-2"
    assert "…" in lines[1]
    assert len(table(rows)[1]) > 100


def test_an_answer_of_a_look_up_is_a_frozen_dataclass():
    @answer
    class Quick(Answer):
        formula: str
        value_eV: float = 1.5

    one = Quick("CsPbI3")
    assert [field.name for field in fields(Quick)] == ["formula", "value_eV"]
    assert is_dataclass(one)
    assert replace(one, value_eV=2.0) == Quick("CsPbI3", 2.0) != one
    assert pickle.loads(pickle.dumps(perovdb.tolerance("CsPbI3"))) == perovdb.tolerance("CsPbI3")
    with pytest.raises(FrozenInstanceError, match="'formula'"):
        one.formula = "MAPbI3"
    with pytest.raises(TypeError, match="lacks its formula"):
        Quick()
    with pytest.raises(TypeError, match="and no more"):
        Quick("CsPbI3", 1.0, 2.0)
    with pytest.raises(TypeError, match="and no more"):
        Quick("CsPbI3", gap_eV=1.0)
