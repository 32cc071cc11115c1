"""The card of a composition: what the command line and a notebook show of it."""

import json
import re

import perovdb
from perovdb.calculators.card import Card


def test_a_card_is_an_answer_that_comes_back_from_json():
    card = perovdb.show("CsPbI3")
    assert "\n" not in repr(card)
    assert str(card).startswith("CsPbI3   ABX3, charge 0")
    assert "<table>" in card._repr_html_()
    again = Card.from_dict(json.loads(json.dumps(card.as_dict())))
    assert again == card
    assert again.whole() == card.whole()


def test_a_card_is_of_any_material():
    assert perovdb.show(perovdb.build("CsPbI3", "alpha")).formula == "CsPbI3"


def test_every_source_of_a_card_is_cited():
    card = perovdb.show("CsCd0.25Pb0.75Br3")
    for rows in (card.phases, card.properties, card.transitions, card.barriers, card.devices):
        assert {row["source"] for row in rows} <= set(card.sources)
    rows = (*card.phases, *card.properties, *card.transitions, *card.barriers, *card.devices)
    assert {row["formula"] for row in rows} == {"CsCd0.25Pb0.75Br3"}
    frame = card.to_frame()
    head = re.findall(r"<th>(.*?)</th>", card._repr_html_())
    assert {"quantity", "value", "source", "evidence"} <= set(head)
    assert {"quantity", "value", "source", "kind", "evidence", "notes"} <= set(frame.columns)
    assert frame["evidence"].notna().all()
