"""Quotes are words of their papers, where the texts of the papers are at hand.

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


@pytest.fixture(scope="module")
def papers(data):
    """Source -> plain text of the paper."""
    folder = os.environ.get("PEROVDB_PAPERS")
    if not folder:
        pytest.skip("PEROVDB_PAPERS names no folder with texts of the papers")
    sources = tomllib.loads((data / "sources.toml").read_text(encoding="utf-8"))
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


@pytest.fixture(scope="module")
def quotes(papers, tables):
    """(table and id, source, quote) of every quote whose paper is at hand."""
    return [
        (f"{table} {row['id']}", row["source"], row[column])
        for table, rows in tables.items()
        for row in rows
        for column in ("quote", "quote_2")
        if row.get(column) and row["source"] in papers
    ]


def test_every_quote_is_found_in_its_paper(papers, quotes):
    assert quotes
    missing = [entry for entry in quotes if plain(entry[2]) not in papers[entry[1]]]
    assert missing == []


def test_a_quote_with_another_digit_is_not_found(papers, quotes):
    """The control: the comparison sees a single wrong digit, in every quote that has one."""
    corrupted = 0
    for place, source, quote in quotes:
        digits = [k for k, sign in enumerate(quote) if sign in "0123456789"]
        if digits and len(plain(quote)) > 25:
            k = digits[len(digits) // 2]
            wrong = quote[:k] + str((int(quote[k]) + 1) % 10) + quote[k + 1 :]
            corrupted += 1
            assert plain(wrong) not in papers[source], place
    assert corrupted > 100


def test_a_quote_without_its_middle_word_is_not_found(papers, quotes):
    shortened = 0
    for place, source, quote in quotes:
        words = quote.split()
        if len(words) > 4:
            del words[len(words) // 2]
            shortened += 1
            assert plain(" ".join(words)) not in papers[source], place
    assert shortened > 100


def test_a_quote_of_one_paper_is_not_in_another(papers, quotes):
    for place, source, quote in quotes:
        if len(quote.split()) > 6:
            others = [key for key in papers if key != source and plain(quote) in papers[key]]
            assert others == [], place


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
