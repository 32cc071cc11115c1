"""Draw docs/picture.png, which the README begins with: python docs/make_picture.py"""

from pathlib import Path

from matplotlib import pyplot

import perovdb

TARGET = Path(__file__).with_name("picture.png")


def main() -> None:
    """Draw a doped nanocrystal beside the patterns of two phases."""
    pyplot.switch_backend("agg")
    dot = perovdb.particle("CsPbBr3", edge_nm=3)
    dot = perovdb.dope(dot, "Pb", "Cd", count=20, placement="surface")
    patterns = [perovdb.xrd("CsPbI3", phase=phase) for phase in ("alpha", "gamma")]
    left, right = perovdb.plots.panels(2)
    perovdb.plots.structure(dot, ax=left)
    perovdb.plots.curves(perovdb.diffractogram(patterns), ax=right, stacked=True)
    perovdb.plots.save(left.figure, str(TARGET), width=7.0, dpi=150, force=True)


if __name__ == "__main__":
    main()
