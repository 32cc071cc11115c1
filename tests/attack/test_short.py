"""The campaigns in short, in each run of the tests; whole: ``python -m tests.attack``."""

import pytest
from tests.attack.__main__ import problems, said
from tests.attack.campaign import campaigns
from tests.attack.run import run


@pytest.mark.parametrize("kind", campaigns())
def test_nothing_is_found(kind):
    campaign = campaigns()[kind]
    figures = run(campaign, seed=0, count=campaign.short)
    assert not problems(figures, short=True), said(figures, seed=0, short=True)
    assert figures.inputs == campaign.short
