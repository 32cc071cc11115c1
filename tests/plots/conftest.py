"""Figures without a display, and none left over."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    plt.switch_backend("agg")
    yield
    plt.close("all")
