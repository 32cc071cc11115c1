"""The driver of the campaigns finds what it is there to find."""

from tests.attack.__main__ import problems, said
from tests.attack._faulty import CAMPAIGN, FAULTS
from tests.attack.report import table
from tests.attack.run import run


def test_every_fault_is_found_and_what_is_in_order_is_not(monkeypatch):
    monkeypatch.setattr("tests.attack.run.MOST_FINDINGS", 99)
    figures = run(CAMPAIGN, seed=0, count=CAMPAIGN.full)
    assert set(figures.findings) == set(range(0, CAMPAIGN.full, 2)), figures.findings
    for number, words in enumerate(FAULTS.values()):
        assert words in figures.findings[2 * number]
    assert figures.words == {"answered": len(FAULTS)}
    assert "--only _faulty --seed 0 --index 0" in said(figures, seed=0)
    assert f"| {2 * len(FAULTS)} |" in table([figures])


def test_a_campaign_that_never_meets_what_it_is_for_is_no_success():
    figures = run(CAMPAIGN, seed=0, count=0)
    assert problems(figures) == ["nothing was answered: the campaign does not attack what it says"]
    assert problems(figures, short=True) == []


def test_an_input_is_the_same_whenever_it_is_drawn():
    from tests.attack.formulas import CAMPAIGN as FORMULAS
    from tests.attack.formulas import drawn

    one, again, other = (drawn(FORMULAS.draw(0, index)) for index in (7, 7, 8))
    assert one == again
    assert one != other
