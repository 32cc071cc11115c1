"""Where every fact comes from, and how sure we are: sources, evidence, references."""

import re
import tomllib
from collections import Counter

import pytest

from perovdb.store import Store, build, queries, using

STORE = Store()

#: Tables of facts: their rows have a source, a kind and an evidence.
FACTS = [table for table in queries.statistics()["tables"] if "evidence" in queries.columns(table)]


@pytest.fixture(scope="module")
def sources(data):
    return tomllib.loads((data / "sources.toml").read_text(encoding="utf-8"))


def keys(row):
    """Every source that a row names."""
    cited = row.get("cited_sources") or ""
    return [row["source"], *filter(None, cited.split(";"))]


def label(row):
    return row.get("id") or row.get("species") or row.get("name")


def letters(tables):
    """How ids begin: the letters of every table of facts."""
    return {re.match("[A-Z]+", row["id"])[0] for t in FACTS for row in tables[t] if "id" in row}


def rows_named(text, begin):
    """The ids in a text, of those that begin with such letters; DEF016-DEF018 names three."""
    one = rf"(?:{'|'.join(sorted(begin))})\d{{3}}"
    found = set()
    for first, last in re.findall(rf"\b({one})(?:-({one}))?\b", text):
        start = re.match("[A-Z]+", first)[0]
        end = int((last or first)[len(start) :])
        found |= {f"{start}{n:03d}" for n in range(int(first[len(start) :]), end + 1)}
    return found


def test_every_table_of_facts_has_rows(tables):
    for table in FACTS:
        assert tables[table], table


def test_every_fact_has_a_source_that_exists(tables, sources):
    for table in FACTS:
        for row in tables[table]:
            for key in keys(row):
                assert key in sources, f"{table} {label(row)}"


def test_no_source_is_an_orphan(tables, sources):
    assert set(sources) == {key for table in FACTS for row in tables[table] for key in keys(row)}


def test_a_row_names_each_source_once(tables):
    for table in FACTS:
        for row in tables[table]:
            assert len(keys(row)) == len(set(keys(row))), f"{table} {label(row)}"


def test_no_two_sources_are_the_same_work(sources):
    dois = Counter(source["doi"].lower() for source in sources.values() if "doi" in source)
    assert [doi for doi, count in dois.items() if count > 1] == []


def test_titles_were_not_cut_at_an_abbreviation(sources):
    """'Nat. Energy' is one journal, not the title 'Nat' in 'Energy'."""
    titles = {key: source["title"] for key, source in sources.items() if "title" in source}
    assert {key: title for key, title in titles.items() if len(title.split()) < 3} == {}
    assert {key: title for key, title in titles.items() if re.match(r"[A-Z]\. ", title)} == {}


def test_years_of_sources_are_those_that_their_citations_print(sources):
    for key, source in sources.items():
        # Our own work is not published.
        if "year" in source and key != "perovdb":
            year = str(source["year"])
            # An arXiv number begins with the last two digits of the year.
            assert year in source["citation"] or f"arXiv:{year[2:]}" in source["citation"], key


def test_recalled_facts_claim_no_place_where_they_were_read(tables):
    for table in FACTS:
        for row in tables[table]:
            if row["evidence"] == "recalled":
                for claim in ("locator", "quote", "quote_2"):
                    assert not row.get(claim), f"{table} {label(row)}"


def test_facts_that_were_read_say_where(tables):
    for table in FACTS:
        for row in tables[table]:
            if row["evidence"] != "recalled" and "locator" in row:
                assert row["locator"], f"{table} {label(row)}"


def test_quotes_have_at_most_25_words(tables):
    for table in FACTS:
        for row in tables[table]:
            for quote in (row.get("quote"), row.get("quote_2")):
                assert len((quote or "").split()) <= 25, f"{table} {label(row)}"


def test_evidence_of_the_store_is_counted_in_the_files(tables):
    counted = Counter(row["evidence"] for table in FACTS for row in tables[table])
    statistics = queries.statistics()
    assert statistics["evidence"] == dict(counted)
    assert set(counted) == {"read", "secondhand", "recalled"}
    for table, rows in tables.items():
        assert statistics["tables"][table] == len(rows)


def test_a_rebuild_gives_the_store_that_is_in_use(data, tmp_path):
    build.build(data, tmp_path / "again.sqlite")
    again = Store(str(tmp_path / "again.sqlite"))
    with using(again):
        rebuilt = queries.statistics()
    assert rebuilt == queries.statistics()
    assert rebuilt["digest"] == build.digest(data)
    for table in queries.statistics()["tables"]:
        query = f'SELECT * FROM "{table}"'
        assert again.rows(query) == STORE.rows(query)


def test_ids_are_unique_over_all_tables(tables):
    ids = [row["id"] for rows in tables.values() for row in rows if "id" in row]
    assert len(ids) == len(set(ids))


def test_conflicts_point_at_rows_that_exist(tables):
    conflicts = {row["id"] for row in tables["conflict"]}
    for row in tables["conflict_row"]:
        assert row["conflict_id"] in conflicts
        assert row["row_id"] in {fact["id"] for fact in tables[row["table_name"]]}


def test_rows_that_a_conflict_names_are_linked_to_it(tables):
    linked = {}
    for row in tables["conflict_row"]:
        linked.setdefault(row["conflict_id"], set()).add(row["row_id"])
    begin = letters(tables)
    for row in tables["conflict"]:
        assert rows_named(row["statement"], begin) <= linked.get(row["id"], set()), row["id"]


def test_rows_that_a_text_refers_to_exist(tables):
    ids = {row["id"] for rows in tables.values() for row in rows if "id" in row}
    named, begin = set(), letters(tables)
    for table in FACTS:
        for row in tables[table]:
            named |= rows_named(row["note"], begin)
    assert named
    assert named <= ids


# Built of halves, so that this file passes its own test wherever it is applied.
_TOOLS = ("find_" + "string", "find_" + "repos", "find_" + "files", "read_" + "file")
TRACES = [
    *(re.escape(tool) for tool in _TOOLS),
    r"\bsearch (tool|index|engine|result)",
    r"\bids? \d{6,}",
    r"\bse" r"eds?\b",
    r"(^|[\s\"'(=])/(work|tmp|home|root|usr|var|mnt|opt|Users)/",
    r"\b[A-Z]:\\",
    r"file://",
    r"localhost",
]


def test_texts_hold_no_trace_of_how_they_were_collected(data):
    pattern = re.compile("|".join(TRACES), re.IGNORECASE)
    for path in [*build.source_files(data), data / "README.md"]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = pattern.search(line)
            assert found is None, f"{path.name}:{number}: {found[0]}"
