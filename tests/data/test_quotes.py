"""Quotes state what their rows say; and they are words of their papers, where these are at hand.

The environment variable PEROVDB_PAPERS names a folder with the papers as text files. Which file
is which paper is seen from its first page: the DOI, or the title that the citation gives.
"""

import html
import os
import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

#: The part of a text in which the paper's own title and DOI stand, before it cites others.
FIRST_PAGE = 4000

#: Columns whose numbers are no statement of a quote.
ASIDE = {"id", "locator", "quote", "quote_2", "note", "formula", "source", "confidence", "charge"}

#: Rows whose number stands in words or in another sentence than the one that is quoted.
NOT_IN_DIGITS = {
    "kinetics KIN031",
    "optical OPT029",
    "optical OPT083",
    "other_property OTH051",
}

LATEX = {
    "Delta": "Δ",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "varepsilon": "ε",
    "theta": "θ",
    "lambda": "λ",
    "mu": "μ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "zeta": "ζ",
    "AA": "Å",
    "circ": "°",
    "pm": "±",
    "times": "×",
    "cdot": "·",
    "sim": "~",
    "approx": "~",
    "geq": "≥",
    "leq": "≤",
    "ge": "≥",
    "le": "≤",
    "rightarrow": "→",
    "ln": "ln",
    "exp": "exp",
    "log": "log",
}
SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u201c\u201d\u2033", '"'),
        **dict.fromkeys("\u2018\u2019\u2032", "'"),
        **dict.fromkeys("\u223c\u2248", "~"),
        "×": "x",
        "ϵ": "ε",
    }
)
_GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"


def plain(text):
    """The characters of a text without its markup: what a reader sees, without white space.

    Spaces go, because typeset formulas and line ends have them anywhere; letters, digits, signs
    and their order stay.
    """
    text = html.unescape(text)
    text = re.sub(r"</?(sub|sup|i|b|em|strong|span|br)\b[^>]*>", "", text, flags=re.IGNORECASE)
    text = re.sub(rf"\\frac\s*{_GROUP}\s*{_GROUP}", r"\1/\2", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda word: LATEX.get(word[1], ""), text)
    text = unicodedata.normalize("NFKC", text).translate(SIGNS)
    text = re.sub(r"[\\${}_^*`\s]", "", text)
    return re.sub("-+", "-", text)


def title_parts(source):
    """Sentences of a citation that are long enough to be a title, as a reader sees them."""
    parts = re.split(r"[.;] | \(", source["citation"])
    return [plain(part).casefold() for part in parts if len(part) > 40]


def is_of(page, source):
    """Whether the first page of a text is that of a source."""
    page = plain(page).casefold()
    doi = source.get("doi", "").casefold()
    return bool(doi and doi in page) or any(part in page for part in title_parts(source))


def find_papers(folder, sources):
    """Source -> plain text of the paper, of the text files of a folder."""
    found = {}
    for path in sorted(Path(folder).iterdir()):
        if path.suffix not in (".txt", ".md"):
            continue
        text = path.read_text(encoding="utf-8")
        keys = [key for key, source in sources.items() if is_of(text[:FIRST_PAGE], source)]
        assert len(keys) == 1, f"{path.name} is the paper of {keys or 'no source'}"
        found[keys[0]] = plain(text)
    assert found, f"there are no text files in {folder}"
    return found


def quotes(tables):
    """(table and id, row, quote) of every quote."""
    return [
        (f"{table} {row['id']}", row, row[column])
        for table, rows in tables.items()
        for row in rows
        for column in ("quote", "quote_2")
        if row.get(column)
    ]


_NUMBER = r"-?\d+(\.\d+)?(e-?\d+)?"


def numbers(row):
    """The numbers of a row as a paper may print them: also in the units of its field."""
    for column, text in row.items():
        if column in ASIDE or not re.fullmatch(_NUMBER, text or ""):
            continue
        if column == "temperature_K" and text == "298":
            # Room temperature, and what is taken for it.
            continue
        value = abs(float(text))
        others = {
            "s": (value / 60, value / 3600, value / 86400),
            "K": (value - 273.15,),
            "A": (value * 100,),
            # Light of this energy in nanometres, meV, and kJ/mol.
            "eV": (
                *(round(1239.842 / value) if value else 0, value * 1000),
                *(round(value * 96.485), round(value * 96.485, 1)),
            ),
            # Per cent, thousandths, and a power of ten with its factor before it.
            "value": (value * 100, value * 1000, float(f"{value:e}".split("e")[0])),
        }
        yield text.lstrip("-")
        yield from (f"{other:g}" for other in others.get(column.split("_")[-1], ()))


def stands_in(number, text):
    """Whether a number stands in a text by itself, not as digits of another one."""
    return re.search(rf"(?<![\d.]){re.escape(number)}(?!\d|\.\d)", text) is not None


def test_a_quote_states_a_number_of_its_row(tables):
    """Of each row with numbers and quotes, the quotes hold at least one number."""
    rows = {place: (row, []) for place, row, _ in quotes(tables)}
    for place, _, quote in quotes(tables):
        rows[place][1].append(unicodedata.normalize("NFKC", quote))
    with_numbers = {place: both for place, both in rows.items() if any(numbers(both[0]))}
    assert len(with_numbers) > 300
    silent = [
        place
        for place, (row, texts) in with_numbers.items()
        if not any(stands_in(number, text) for number in numbers(row) for text in texts)
    ]
    assert set(silent) == NOT_IN_DIGITS


def test_a_quote_stands_in_the_rows_of_one_source(tables):
    """Words that are long enough to be somebody's are not said by two."""
    said = {}
    for place, row, quote in quotes(tables):
        if len(quote.split()) > 6:
            source, first = said.setdefault(plain(quote), (row["source"], place))
            assert row["source"] == source, f"{first} and {place}"
    assert len(said) > 300


@pytest.mark.skipif("PEROVDB_PAPERS" not in os.environ, reason="PEROVDB_PAPERS names no folder")
def test_every_quote_is_found_in_its_paper_and_in_no_other(data, tables):
    """The comparison sees a single wrong digit, and a word that is left out."""
    sources = tomllib.loads((data / "sources.toml").read_text(encoding="utf-8"))
    papers = find_papers(os.environ["PEROVDB_PAPERS"], sources)
    at_hand = [entry for entry in quotes(tables) if entry[1]["source"] in papers]
    assert at_hand
    for place, row, quote in at_hand:
        paper = papers[row["source"]]
        assert plain(quote) in paper, place
        digits = [k for k, sign in enumerate(quote) if sign in "0123456789"]
        if digits and len(plain(quote)) > 25:
            k = digits[len(digits) // 2]
            wrong = quote[:k] + str((int(quote[k]) + 1) % 10) + quote[k + 1 :]
            assert plain(wrong) not in paper, place
        words = quote.split()
        if len(words) > 6:
            others = [
                key for key in papers if key != row["source"] and plain(quote) in papers[key]
            ]
            assert others == [], place
            del words[len(words) // 2]
            assert plain(" ".join(words)) not in paper, place


def test_a_paper_is_known_by_its_first_page(data, tmp_path):
    """By its DOI or its title, whatever the markup; what is of no source, or of two, is said."""
    sources = tomllib.loads((data / "sources.toml").read_text(encoding="utf-8"))
    one, other = (key for key in ("ye2022", "imran2020"))
    (tmp_path / "a.txt").write_text(f"Some journal, doi: {sources[one]['doi'].upper()}\n\n5 eV")
    title = max(re.split(r"[.;] | \(", sources[other]["citation"]), key=len)
    (tmp_path / "b.md").write_text(f"# *{title}*\n\n$5$ nm")
    found = find_papers(tmp_path, sources)
    assert set(found) == {one, other}
    assert (found[one][-3:], found[other][-3:]) == ("5eV", "5nm")
    (tmp_path / "c.txt").write_text("A page of nobody")
    with pytest.raises(AssertionError, match=r"c\.txt is the paper of no source"):
        find_papers(tmp_path, sources)


@pytest.mark.parametrize(
    ("typeset", "seen"),
    [
        (r"$E_{\text{g}} \sim 1.5$ eV", "Eg~1.5eV"),
        ("MA⁺–FA⁺ and MA<sup>+</sup>", "MA+-FA+andMA+"),
        (r"$\frac{kT}{q} \ln(J_{SC}/j_0)$", "kT/qln(JSC/j0)"),
        ("CsPb*I*₃  at\n25 °C", "CsPbI3at25°C"),
    ],
)
def test_markup_is_no_part_of_a_quote(typeset, seen):
    assert plain(typeset) == plain(seen) == unicodedata.normalize("NFKC", seen)
