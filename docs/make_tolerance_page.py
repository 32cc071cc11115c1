"""Write docs/tolerance.md: how often t and tau are right on compounds with a known label.

python docs/make_tolerance_page.py            writes the page
python docs/make_tolerance_page.py --check    exits with 1 if the page is out of date
"""

import sys
from pathlib import Path

from perovdb.calculators.tolerance import BARTEL_T, BARTEL_TAU, tolerance
from perovdb.store import current_store

PAGE = Path(__file__).with_name("tolerance.md")
LABELS = ("perovskite", "polymorphic", "disputed", "non-perovskite")

HEAD = """# How far tolerance factors carry

Made by `python docs/make_tolerance_page.py` from table `formability`: halides ABX3 with their
label from experiment, most of them as collected by Bartel et al., Sci. Adv. 5, eaav0693 (2019),
and by Filip and Giustino, PNAS 115, 5397 (2018). Where the two disagree the label is polymorphic
or disputed. Radii by Bartel's rule; t says perovskite between 0.825 and 1.059, tau below 4.18,
all ends excluded.

* **t** passes compounds that form other structures: it knows nothing of the B-X octahedron.
* **tau** has no upper limit in the radius of A: a cation too large for the cage is passed.
* **Molecules** have effective radii. Neither descriptor was fitted with them: the
  iodides of guanidinium, dimethylammonium and ethylammonium are passed and are no perovskites.
* **CsPbI3 and CsSnI3** are perovskites that tau does not pass.
* **Sn2+** has no Shannon radius; t and tau follow the one that is taken.
"""


def page() -> str:
    """The text of the page."""
    rows = current_store().rows("SELECT * FROM formability ORDER BY X, formula")
    found = [(row, tolerance(row["formula"])) for row in rows]
    lines = [HEAD]
    for name, says in (
        ("t", lambda f: BARTEL_T[0] < f.t < BARTEL_T[1]),
        ("tau", lambda f: f.tau < BARTEL_TAU),
    ):
        lines += [
            f"## {name}",
            "",
            "| anion | label | says perovskite | says not |",
            "|---|---|---|---|",
        ]
        for anion in dict.fromkeys(row["X"] for row in rows):
            for label in LABELS:
                group = [f for row, f in found if (row["X"], row["label"]) == (anion, label)]
                if group:
                    yes = sum(says(f) for f in group)
                    lines.append(f"| {anion} | {label} | {yes} | {len(group) - yes} |")
        wrong = [
            f"{row['formula']} ({getattr(f, name):.3f})"
            for row, f in found
            if row["label"] in ("perovskite", "non-perovskite")
            and says(f) != (row["label"] == "perovskite")
        ]
        certain = sum(row["label"] in ("perovskite", "non-perovskite") for row in rows)
        lines += [
            "",
            f"Right for {certain - len(wrong)} of {certain} compounds with one label. Wrong: "
            f"{', '.join(wrong)}.",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write the page, or check it."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/tolerance.md is out of date: run python docs/make_tolerance_page.py")


if __name__ == "__main__":
    main()
