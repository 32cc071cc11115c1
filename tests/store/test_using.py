"""Which store is in use: nested, in threads, in tasks and in processes."""

import asyncio
import contextvars
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import perovdb
from perovdb.errors import StoreError
from perovdb.store import current_store, own, per_store
from perovdb.store.connection import CURATED, Store


@pytest.fixture
def stores(tmp_path, monkeypatch):
    monkeypatch.delenv("PEROVDB_STORE", raising=False)
    paths = [tmp_path / "one.sqlite", tmp_path / "two.sqlite"]
    for path in paths:
        own.init(path)
    return [str(path) for path in paths]


def test_the_curated_store_is_the_default_and_uses_nest(stores):
    one, two = stores
    assert (current_store().path, current_store().own) == (CURATED, None)
    with perovdb.using(one):
        assert current_store().own == one
        with perovdb.using(two):
            assert current_store().own == two
        with perovdb.using(Store()):
            assert current_store().own is None
        assert current_store().own == one
    assert current_store().own is None


def test_a_use_ends_with_an_error(stores):
    with pytest.raises(ZeroDivisionError), perovdb.using(stores[0]):
        _ = 1 / 0
    assert current_store().own is None


def test_the_variable_names_the_default_and_a_use_goes_before_it(stores, monkeypatch):
    monkeypatch.setenv("PEROVDB_STORE", stores[0])
    assert current_store().own == stores[0]
    assert perovdb.open_store().own == stores[0]
    with perovdb.using(stores[1]):
        assert current_store().own == stores[1]
        assert perovdb.open_store().own == stores[1]


def test_a_store_that_is_not_there_is_refused_at_once(tmp_path):
    with pytest.raises(StoreError, match="no store at"), perovdb.using(tmp_path / "none.sqlite"):
        pytest.fail("the block must not run")
    assert current_store().own is None


def test_threads_do_not_disturb_one_another(stores):
    def work(path):
        with perovdb.using(path):
            return [current_store().own for _ in range(200)]

    with ThreadPoolExecutor(4) as pool:
        for path, owns in zip(stores * 8, pool.map(work, stores * 8), strict=True):
            assert set(owns) == {path}


def test_a_use_is_handed_to_a_thread_by_its_context(stores):
    with perovdb.using(stores[0]), ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: current_store().own).result() is None
        context = contextvars.copy_context()
        assert pool.submit(context.run, lambda: current_store().own).result() == stores[0]


def test_tasks_do_not_disturb_one_another(stores):
    async def work(path):
        with perovdb.using(path):
            await asyncio.sleep(0)
            return current_store().own

    async def both():
        return await asyncio.gather(*(work(path) for path in stores))

    assert asyncio.run(both()) == stores


def test_worker_processes_see_the_variable(stores):
    code = "from perovdb.store import current_store; print(current_store().own)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PEROVDB_STORE": stores[0]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == stores[0]


def test_rows_that_are_added_are_seen_in_the_same_use(stores, tmp_path):
    rows = tmp_path / "source.csv"
    rows.write_text("key,citation,year\nlab2026,Our own,2026\n")
    with perovdb.using(stores[0]):
        assert "lab2026" not in set(perovdb.open_store().sources()["key"])
        own.add(tmp_path / "one.sqlite", rows, "source", lambda _, text: text)
        assert "lab2026" in set(perovdb.open_store().sources()["key"])
    assert "lab2026" not in set(perovdb.open_store().sources()["key"])


def test_what_is_kept_is_kept_for_each_store_apart(stores):
    calls = []

    @per_store
    def number(factor):
        calls.append(factor)
        return factor * len(calls)

    assert number(10) == number(10) == 10
    with perovdb.using(stores[0]):
        assert number(10) == number(10) == 20
    assert number(10) == 10
    assert len(calls) == 2
