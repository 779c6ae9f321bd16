"""An index of the schema version before is rebuilt in a shop that serves searches and accepts changes.

The builder is killed twice meanwhile, and Elasticsearch first hangs and then refuses connections. The cluster is
shared with other tests, so it is reached through a proxy, which is stopped and killed instead.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from indexing.schema import VERSION
from tests.indexing import schemas
from tests.indexing.builders import NOW
from tests.integration.builder import BATCH, Builder
from tests.journeys.conftest import STAFF, UNLIMITED, log_in
from tests.services import RUN, processes
from tests.services.load import Load, Outcome, getting
from tests.services.schema import migrate
from tests.services.shop import Shop, free_port
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.stores]

CHANGING = 60
STEADY = 10
READERS = 2
PAUSE_SECONDS = 0.05
"""Without pauses, the clients would take the processor time that the builders need."""
SEEN = 4
"""How many responses of each kind are waited for, before and after the index is swapped and in each outage."""
AWAY = {"search_unavailable", "engine_busy", "engine_suspended"}
RECOVERY_SECONDS = 4.0
"""A hanging engine is tried again after two seconds, and requests may have waited for it for two."""
WITHIN_SECONDS = 4.0
LISTED = f"""
import django
django.setup()
from decimal import Decimal
from django.core.management import call_command
from django.utils import timezone
from backend.accounts.imported import seller_of
from backend.audit.actors import Actor
from backend.catalog.bulk import upsert_products
from backend.catalog.imported import ImportedProduct, ImportedVariant
products = [
    ImportedProduct(reference=str(n), title=f"{{title}} {{n}}", category=("Home",), price=Decimal(1), currency="USD",
                    variants=(ImportedVariant(sku=f"L-{{n}}"),))
    for n, title in enumerate(["Brass lantern"] * {STEADY} + ["Lamp"] * {CHANGING})
]
by = Actor.system("test")
upsert_products(products, source="test", seller_id=seller_of("test").pk, by=by, now=timezone.now())
call_command("createsuperuser", interactive=False, phone="{STAFF[0]}")
"""


@dataclass
class Outages:
    """The proxy to the engine, and when the engine was away behind it; without an address it never is."""

    target: str
    url: str
    times: list[tuple[float, float]] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Outages"]:
        """Run the proxy for the duration of the block."""
        self._port = urllib3.util.parse_url(self.url).port or 0
        with ExitStack() as self._proxy:
            self._start()
            yield self

    def _start(self) -> None:
        _, self._pid = self._proxy.enter_context(processes.proxy(self.target, port=self._port))

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Keep connections, but respond to nothing, for the duration of the block."""
        with self._recorded(), processes.stopped(self._pid):
            yield

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Reset connections and refuse new ones for the duration of the block."""
        with self._recorded():
            self._proxy.close()
            yield
            self._start()

    @contextmanager
    def _recorded(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.times.append((begun, time.monotonic()))

    def explain(self, outcome: Outcome) -> bool:
        """Return whether the engine was away, or had just returned, during the request."""
        return any(
            begun <= outcome.ended and outcome.begun <= ended + RECOVERY_SECONDS
            for begun, ended in self.times
        )


@dataclass
class Writes:
    """Changes and deletions of products over HTTP, one at a time."""

    shop: Shop
    token: str
    product_ids: list[int]
    titles: dict[int, str] = field(default_factory=dict)
    """The accepted titles."""
    deleted: set[int] = field(default_factory=set)
    _sent: int = 0

    def change(self, http: urllib3.PoolManager) -> urllib3.BaseHTTPResponse:
        """Give the next product a new title."""
        self._sent += 1
        product_id = self.product_ids[self._sent % len(self.product_ids)]
        title = f"Lamp changed {self._sent}"
        response = self._request(http, "PATCH", product_id, json={"title": title})
        if response.status == 200:
            self.titles[product_id] = title
        return response

    def delete(self, http: urllib3.PoolManager) -> urllib3.BaseHTTPResponse:
        """Delete a product; change one if half of them are deleted."""
        if len(self.deleted) * 2 > len(self.product_ids):
            return self.change(http)
        product_id = self.product_ids.pop(len(self.deleted) % len(self.product_ids))
        response = self._request(http, "DELETE", product_id)
        if response.status == 200:
            self.deleted.add(product_id)
            self.titles.pop(product_id, None)
        return response

    def _request(
        self, http: urllib3.PoolManager, method: str, product_id: int, **more: Any
    ) -> urllib3.BaseHTTPResponse:
        url = f"http://127.0.0.1:{self.shop.port}/api/products/{product_id}/"
        return http.request(method, url, headers={"Authorization": f"Bearer {self.token}"}, **more)


@pytest.fixture(
    params=[
        pytest.param("tantivy", marks=pytest.mark.once),
        pytest.param("elasticsearch", marks=pytest.mark.elasticsearch),
    ]
)
def outages(request: pytest.FixtureRequest) -> Iterator[Outages | None]:
    """The outages of the engine; None for the embedded one, which can't be away."""
    if request.param == "tantivy":
        yield None
        return
    target = request.getfixturevalue("elasticsearch_url")
    with Outages(target, f"http://127.0.0.1:{free_port()}").running() as outages:
        yield outages


@pytest.fixture
def shop(outages: Outages | None, tmp_path: Path) -> Iterator[Shop]:
    """A served shop whose index was created by the release of the schema version before."""
    environ = RUN.shop_environ("rebuilds", shares_redis=False) | UNLIMITED
    environ |= {"DJANGO_SUPERUSER_PASSWORD": STAFF[1]}
    environ.pop("ELASTICSEARCH_URL", None)
    if outages is not None:
        environ["ELASTICSEARCH_URL"] = outages.url
        environ["VITRINE_SEARCH_PREFIX"] = f"{RUN.root.name}-{RUN.worker or 'main'}-rebuilds".lower()
    with processes.valkey(tmp_path / "valkey") as (redis, _):
        shop = Shop(tmp_path / "home", environ=environ | {"REDIS_URL": redis, "CACHE_URL": redis})
        # With all stores on servers, nothing has created it yet.
        shop.home.mkdir(exist_ok=True)
        _fill(shop, outages)
        shop.start("--web-only")
        with shop.running_command("relay"):
            wait_until(
                lambda: [_count(shop, "lantern"), _count(shop, "lamp")] == [STEADY, CHANGING],
                what="the relay has filled the index of the earlier version",
            )
            yield shop
        shop.stop()


def _fill(shop: Shop, outages: Outages | None) -> None:
    """Create an empty index of the schema version before, products, and a staff account."""
    migrate(shop)
    if outages is not None:
        prefix = shop.environ["VITRINE_SEARCH_PREFIX"]
        schemas.create_elasticsearch(outages.target, prefix=prefix, version=VERSION - 1, now=NOW)
    else:
        schemas.create_tantivy(shop.home / "search", version=VERSION - 1, now=NOW)
    shop.python("-c", LISTED)


def _count(shop: Shop, query: str) -> int:
    status, body = shop.get("/api/search/", fields={"q": query})
    return int(body["count"]) if status == 200 else -1


def _found(shop: Shop) -> dict[int, str]:
    """Return the titles of the products that change, as search shows them."""
    body = shop.get("/api/search/", fields={"q": "lamp", "page_size": "100"})[1]
    return {each["id"]: each["title"] for each in body["results"]}


def test_no_read_fails_and_no_write_is_lost_while_an_earlier_index_is_rebuilt(
    shop: Shop, outages: Outages | None
) -> None:
    base = f"http://127.0.0.1:{shop.port}/api/search"
    reads = {"steady": getting(f"{base}/?q=lantern"), "changing": getting(f"{base}/?q=lamp&page_size=100")}
    reader = Load(
        reads | {"suggestions": getting(f"{base}/suggestions/?q=lan")},
        clients=READERS,
        pause_seconds=PAUSE_SECONDS,
    )
    titles = _found(shop)
    token = log_in(shop, phone=STAFF[0], password=STAFF[1])
    writes = Writes(shop, token, list(titles), titles)
    writer = Load({"change": writes.change, "delete": writes.delete}, clients=1, pause_seconds=PAUSE_SECONDS)
    (earlier,) = shop.manage("rebuild_index", "--list").splitlines()

    with reader.running(), writer.running():
        _wait_for(reader, writer)
        with Builder(shop) as first:
            first.wait_for_batch()
            first.proceed()
            first.wait_for_batch()
            first.kill()
        with Builder(shop) as second:
            second.wait_for_batch()
            second.proceed()
            # It may have written any part of the next batch.
            second.kill()
        (_, unfinished) = shop.manage("rebuild_index", "--list").splitlines()
        with Builder(shop) as third:
            third.wait_for_batch()
            if outages is not None:
                with outages.hanging():
                    third.proceed()
                    _wait_for(reader, writer)
                with outages.refusing():
                    _wait_for(reader, writer)
            built = third.finish()
        _wait_for(reader, writer)

    assert built == unfinished.split()[0], "the killed build was resumed"
    assert first.written + second.written == 3 * BATCH
    assert third.written <= CHANGING + STEADY - 3 * BATCH
    assert [f"schema {VERSION - 1}" in earlier, f"schema {VERSION}" in unfinished] == [True, True]
    _assert_reads_are_answered(reader.outcomes, outages)
    assert {each.status for each in writer.outcomes} == {200}, "no write fails without the engine"
    assert writes.deleted
    wait_until(lambda: _found(shop) == writes.titles, what="search shows every accepted write")
    *compared, standby, serving = shop.manage_all(["search_parity"], ["rebuild_index", "--list"]).splitlines()
    assert "compared, 0 differ" in "\n".join(compared)
    assert [each.split()[:2] for each in (standby, serving)] == [
        [earlier.split()[0], "standby"],
        [built, "serving"],
    ]


def _wait_for(*loads: Load) -> None:
    """Wait until several more requests of each kind have ended."""
    since = time.monotonic()

    def enough(load: Load) -> bool:
        begun = [each.kind for each in load.between(since, time.monotonic())]
        return all(begun.count(kind) >= SEEN for kind in load.kinds)

    wait_until(lambda: all(map(enough, loads)), what="requests of each kind have ended")


def _assert_reads_are_answered(outcomes: list[Outcome], outages: Outages | None) -> None:
    """Assert that reads fail only while the engine is away, in the documented way and soon, and agree otherwise."""
    failed = [each for each in outcomes if each.status != 200]
    assert {each.status for each in failed} == (set() if outages is None else {503})
    for each in failed:
        assert json.loads(each.body)["code"] in AWAY
        assert int(each.headers["Retry-After"]) > 0
        assert each.seconds < WITHIN_SECONDS
        assert outages is not None
        assert outages.explain(each), "a read fails only while the engine is away"
    steady = [json.loads(each.body) for each in outcomes if (each.kind, each.status) == ("steady", 200)]
    assert {each["count"] for each in steady} == {STEADY}
    assert len({frozenset(hit["id"] for hit in each["results"]) for each in steady}) == 1
