"""Figures of results, each a function that draws on axes and gives them back.

    ax = curves(diffractogram(xrd("CsPbI3")))
    save(ax, "pattern.pdf", width=7)

Of a result its fields are read, whatever class it is of (`results`). Without `ax` a new figure of
pyplot is made, in perovdb's own style of one journal column unless another is named; `save`
writes it.

* `diffraction`: powder patterns as sticks or curves, and what particles scatter;
* `compositions`: maps of what a screening kept, on axes or in a triangle (`ternary`), and alloys
  on the line of Vegard;
* `structures`: atoms and octahedra seen along an axis (`projection`), and hops among them;
* `bands`: profiles of finished bands, contacts along paths;
* `kinetics`: Arrhenius plots and decay curves;
* `exchange`: dots that exchange ions, and their light against time;
* `mixing`: gaps of mixtures against temperature;
* `defects`: formation energies against the Fermi level;
* `canvas`: style, axes and files; `labels`: formulas, phases and planes.
"""

from perovdb.plots.bands import contacts, profiles
from perovdb.plots.canvas import check_picture, panels, save
from perovdb.plots.compositions import screening, vegard
from perovdb.plots.defects import defect_diagram
from perovdb.plots.diffraction import curves, fitted_curve, scattering, sticks
from perovdb.plots.exchange import exchange, exchange_width
from perovdb.plots.kinetics import arrhenius, decays
from perovdb.plots.mixing import miscibility
from perovdb.plots.structures import hop, structure

__all__ = [
    "arrhenius",
    "check_picture",
    "contacts",
    "curves",
    "decays",
    "defect_diagram",
    "exchange",
    "exchange_width",
    "fitted_curve",
    "hop",
    "miscibility",
    "panels",
    "profiles",
    "save",
    "scattering",
    "screening",
    "sticks",
    "structure",
    "vegard",
]
