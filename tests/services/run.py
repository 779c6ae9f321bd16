"""One run of the tests: its folder, its stores, and each worker's own part of them."""

import os
import shutil
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from tests.services import elasticsearch, postgresql

EMBEDDED_POSTGRES = "embedded-postgres"
# Three (stream, cache, queue) for the tests inside the worker, and as many for each shop that it starts.
REDIS_DATABASES_EACH = 12
SHOPS = ("journeys", "kills", "retail")
# Settings of the developer's own shop, which a test must never reach.
_FOREIGN = (
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
    """What all processes of one run of the tests share (`root`), and whose part this is (`worker`).

    Embedded services start with the first test that needs them and stop with the run.
    """

    __test__ = False

    root: Path
    worker: str
    leads: bool
    database_url: str
    _started: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> "TestRun":
        """Return the run that this process belongs to, begun now if it is the first."""
        given = environ.get("VITRINE_TEST_ROOT")
        run = cls(
            root=Path(given or tempfile.mkdtemp(prefix="vitrine-test-")),
            worker=environ.get("PYTEST_XDIST_WORKER", ""),
            leads=given is None,
            database_url=environ.get("TEST_DATABASE_URL", ""),
        )
        if run.database_url == EMBEDDED_POSTGRES:
            # A server for each worker: one's long transaction would hold back what another's outbox reads.
            folder = run.root / f"postgresql-{run.worker or 'main'}"
            # PostgreSQL works as another user than root, who has to get to its folder.
            run.root.chmod(0o711)
            run.database_url = run._started.enter_context(postgresql.running(folder))
        return run

    @property
    def home(self) -> Path:
        """This process's VITRINE_HOME."""
        return self.root / (self.worker or "main")

    @property
    def _services(self) -> PipelineSettings:
        """Where the embedded services are that all workers share."""
        return PipelineSettings(
            home=self.root / "services",
            redis_url=os.environ.get("TEST_REDIS_URL") or None,
            clickhouse_url=os.environ.get("TEST_CLICKHOUSE_URL") or None,
        )

    def enter(self, environ: MutableMapping[str, str]) -> None:
        """Configure this process, and every process that it starts, with its own stores."""
        for name in _FOREIGN:
            environ.pop(name, None)
        self.home.mkdir(parents=True, exist_ok=True)
        stream, cache, broker = (self._redis(offset) for offset in range(3))
        environ.update(
            VITRINE_TEST_ROOT=str(self.root),
            VITRINE_HOME=str(self.home),
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
        database = int(self.worker.removeprefix("gw") or 0) * REDIS_DATABASES_EACH + offset
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
        """Return the addresses of empty stores for the shop `name`, on the servers that the run was given.

        What is missing in it is embedded in the shop's own home, as Redis is for a shop that doesn't share it.
        """
        name_of_stores = f"{self.root.name}_{self.worker or 'main'}_{name}".replace("-", "_").lower()
        environ = {}
        if self.database_url:
            environ["DATABASE_URL"] = postgresql.fresh_database(self.database_url, name=name_of_stores)
        if shares_redis and self._services.redis_url:
            place = 3 * (1 + SHOPS.index(name))
            addresses = [self._redis(place + offset) for offset in range(3)]
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

    def leave(self) -> None:
        """Stop and remove what the run started, once its first process ends."""
        if self.leads and (address := os.environ.get("TEST_ELASTICSEARCH_URL")):
            elasticsearch.remove_indices(address, prefix=self.root.name.lower())
        self._started.close()
        if self.leads:
            shutil.rmtree(self.root, ignore_errors=True)

    def described(self) -> str:
        """Return the stores in a few words, without credentials."""
        database = urlsplit(self.database_url).scheme or "sqlite"
        services = self._services
        redis = "redis" if services.redis_url else "embedded valkey"
        warehouse = "clickhouse" if services.clickhouse_url else "embedded warehouse"
        engine = os.environ.get("TEST_SEARCH_ENGINE") or "tantivy"
        return f"{database}, {redis}, {warehouse}, {engine}"


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))
