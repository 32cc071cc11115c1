"""A look-up beside a store of one's own with 50 rows and one with 50,000: ratio of CPU times."""

import csv
import tempfile
from pathlib import Path

from startup import PEROVDB, ratios

from perovdb.facts.formulas import kept_word
from perovdb.store import own

HALIDES = ("Cl", "Br", "I")
QUESTIONS = [
    ["barriers", "--species", "MA"],
    ["properties", "Cs0.5FA0.5PbI3"],
    ["show", "Cs0.5FA0.5PbI3"],
    ["search", "DDABr"],
]


def fill(path: Path, count: int) -> None:
    """Make a store with `count` band gaps of alloys; what they say does not matter here."""
    own.init(path)
    rows = path.with_suffix(".csv")
    source = path.with_name("source.csv")
    source.write_text("key,citation\nbench,invented for a benchmark\n")
    columns = ["id", "formula", "quantity", "value_eV", "temperature_basis", "sample", "source"]
    with rows.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([*columns, "kind", "evidence"])
        for number in range(count):
            cs = round((number % 999 + 1) / 1000, 3)
            formula = f"Cs{cs:g}FA{1 - cs:.3f}Pb{HALIDES[number % 3]}3"
            words = f"sample {number} of a benchmark"
            cells = [f"N{number}", formula, "optical gap", 1.5, "unknown", words, "bench"]
            writer.writerow([*cells, "measured", "read"])
    for table, file in (("source", source), ("band_gap", rows)):
        own.add(path, file, table, kept_word)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        stores = {}
        for count in (50, 50_000):
            place = Path(folder) / str(count)
            place.mkdir()
            stores[count] = place / "own.sqlite"
            fill(stores[count], count)
        print("CPU time as a multiple of python -c pass")
        for question in QUESTIONS:
            small, large = ratios(
                [[PEROVDB, *question]] * 2,
                [{"PEROVDB_STORE": str(path)} for path in stores.values()],
            )
            print(
                f"50 rows {small:5.2f} x  50,000 rows {large:5.2f} x  ratio {large / small:.2f}  "
                f"{' '.join(question)}"
            )
