"""When a service hangs, only the requests that need it fail, within seconds.

The services are processes of this module, stopped with SIGSTOP: they keep their connections, accept new ones and
send nothing. Elasticsearch is shared with other tests; it is reached through a proxy, which is stopped instead.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from uuid_utils.compat import uuid7

from tests.journeys.conftest import STAFF, UNLIMITED, fill, log_in
from tests.services import RUN, postgresql, processes, requirements
from tests.services.load import Load, Outcome, SendRequest, getting, posting, slowest, statuses
from tests.services.shop import Shop
from tests.services.waiting import wait_until

pytestmark = pytest.mark.slow

CLIENTS = 50
STOPPED_SECONDS = 8.0
AT_LEAST = 5
# No thread of the web process, or no slot of the engine, became free in time.
REFUSED_AS_BUSY = (b'"server_busy"', b'"engine_busy"')
WITHIN_SECONDS = 3.0
# A check takes up to two seconds, its result is given for another one, and the first requests wait for a thread.
UNREADY_WITHIN_SECONDS = 5.0
# The kinds of requests that fail without each service.
NEEDS = {
    "warehouse": {"sales"},
    "stream": {"events"},
    "cache": set[str](),
    "search": {"search", "suggestions"},
    "database": {"ready", "products", "product", "recommendations", "sales", "cart"},
}
GOOD = dict.fromkeys(
    ("live", "ready", "products", "product", "search", "suggestions", "recommendations", "sales", "cart"), 200
) | {"events": 202}


@dataclass(frozen=True)
class Stoppable:
    """A shop, and the process ids of the services that can be stopped."""

    shop: Shop
    staff: str
    product: int
    pids: Mapping[str, int]


@pytest.fixture(scope="module")
def stoppable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stoppable]:
    folder = tmp_path_factory.mktemp("stopped")
    environ = RUN.shop_environ("stopped", shares_redis=False) | UNLIMITED
    environ |= {"DJANGO_SUPERUSER_PASSWORD": STAFF[1]}
    pids = {}
    with ExitStack() as stack:
        environ["CACHE_URL"], pids["cache"] = stack.enter_context(processes.valkey(folder / "cache"))
        if "ELASTICSEARCH_URL" not in environ and os.environ.get("TEST_ELASTICSEARCH_URL"):
            environ["ELASTICSEARCH_URL"] = os.environ["TEST_ELASTICSEARCH_URL"]
            environ["VITRINE_SEARCH_PREFIX"] = f"{RUN.root.name}-{RUN.worker or 'main'}-stopped".lower()
        if "ELASTICSEARCH_URL" in environ:
            environ["ELASTICSEARCH_URL"], pids["search"] = stack.enter_context(
                processes.proxy(environ["ELASTICSEARCH_URL"])
            )
        environ.pop("CLICKHOUSE_URL", None)
        if RUN.database_url:
            # PostgreSQL runs as another user, who can't read pytest's folders.
            folder_of_database = RUN.root / f"postgresql-{RUN.worker or 'main'}-stopped"
            environ["DATABASE_URL"] = stack.enter_context(postgresql.running(folder_of_database))
            pids["database"] = postgresql.pid(folder_of_database)
        shop = Shop(folder / "home", environ=environ)
        fill(shop)
        shop.start()
        stack.callback(shop.stop)
        wait_until(lambda: shop.get("/api/search/")[1]["count"] > 0, what="the products are found")
        pids |= {"warehouse": shop.pid("warehouse"), "stream": shop.pid("valkey")}
        found = shop.get("/api/products/")[1]["results"][0]["id"]
        staff = log_in(shop, phone=STAFF[0], password=STAFF[1])
        yield Stoppable(shop, staff, found, pids)


def kinds(stoppable: Stoppable) -> dict[str, SendRequest]:
    """Return each kind of request; at any time, a tenth of the clients sends each."""
    base = f"http://127.0.0.1:{stoppable.shop.port}"

    def batch() -> object:
        return {"events": [{"type": "view", "event_id": str(uuid7()), "product_id": stoppable.product}]}

    return {
        "live": getting(f"{base}/api/health/live/"),
        "ready": getting(f"{base}/api/health/ready/"),
        "products": getting(f"{base}/api/products/"),
        "product": getting(f"{base}/api/products/{stoppable.product}/"),
        "search": getting(f"{base}/api/search/?q=lamp"),
        "suggestions": getting(f"{base}/api/search/suggestions/?q=la"),
        "recommendations": getting(f"{base}/api/recommendations/product/{stoppable.product}/"),
        "events": posting(f"{base}/api/events/", batch),
        "sales": getting(f"{base}/api/analytics/sales/", authorization=f"Bearer {stoppable.staff}"),
        "cart": getting(f"{base}/api/orders/cart/", authorization=f"Bearer {stoppable.staff}"),
    }


def load_around_stop(stoppable: Stoppable, part: str) -> tuple[list[Outcome], list[Outcome], float]:
    """Stop a service under load; return the outcomes before, those during the stop, and the time of the stop."""
    with Load(kinds(stoppable), clients=CLIENTS).running() as load:
        wait_until(lambda: _enough(load, since=0.0), what="there are several outcomes of each kind")
        stopped_at = time.monotonic()
        with processes.stopped_with_children(stoppable.pids[part]):
            wait_until(
                lambda: time.monotonic() - stopped_at > STOPPED_SECONDS and _enough(load, since=stopped_at),
                what=f"there are several outcomes of each kind without {part}",
            )
            continued_at = time.monotonic()
    # Requests in flight when the service was stopped or continued are in neither list.
    before = [outcome for outcome in load.outcomes if outcome.ended < stopped_at]
    during = [one for one in load.between(stopped_at, continued_at) if one.ended < continued_at]
    return before, during, stopped_at


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=[pytest.mark.stores] if part == "database" else []) for part in NEEDS]
)
def test_only_requests_that_need_a_hanging_service_fail(stoppable: Stoppable, part: str) -> None:
    if part == "database" and part not in stoppable.pids:
        pytest.skip("SQLite has no server that can hang")
    if part not in stoppable.pids:
        requirements.require("elasticsearch")

    before, during, stopped_at = load_around_stop(stoppable, part)

    statuses_during, longest = statuses(during), slowest(during)
    report = json.dumps({"before": slowest(before), "during": longest, "statuses": statuses_during}, indent=1)
    assert {kind: set(found) for kind, found in statuses(_served(before)).items()} == {
        kind: {status} for kind, status in GOOD.items()
    }
    # A slow machine refuses some requests even before the service is stopped. All threads may wait for the
    # database until the shop knows that it hangs.
    may_be_busy = part == "database" or len(_served(before)) < len(before)
    counted = statuses(_served(during) if may_be_busy else during)
    later = statuses([one for one in during if one.begun > stopped_at + UNREADY_WITHIN_SECONDS])
    for kind in set(GOOD) - NEEDS[part]:
        assert set(counted[kind]) == {GOOD[kind]}, f"{kind} doesn't need {part}: {report}"
    for kind in NEEDS[part]:
        found = later if kind == "ready" else statuses_during
        assert set(found[kind]) == {503}, f"{kind} needs {part}: {report}"
    # Requests may also take as long as they did under this load before the service was stopped.
    allowed = WITHIN_SECONDS + max(slowest(before).values())
    assert max(longest.values()) < allowed, report
    assert longest["live"] < WITHIN_SECONDS, report
    if part == "stream":
        assert _exposures(during) == {None}, "a list has no exposure id if it can't be stored"
    wait_until(
        lambda: _none_unavailable(stoppable, NEEDS[part]),
        what=f"requests that need {part} succeed again",
    )
    wait_until(stoppable.shop.is_ready, what="all processes have recovered")


def _enough(load: Load, *, since: float) -> bool:
    """Return whether several requests of each kind that began since then have ended."""
    counted = Counter(outcome.kind for outcome in load.outcomes if outcome.begun >= since)
    return all(counted[kind] >= AT_LEAST for kind in GOOD)


def _served(outcomes: list[Outcome]) -> list[Outcome]:
    """Return the outcomes without those of requests that were refused because too many others were in progress."""
    return [outcome for outcome in outcomes if not any(code in outcome.body for code in REFUSED_AS_BUSY)]


def _exposures(outcomes: list[Outcome]) -> set[object]:
    return {
        json.loads(outcome.body)["exposure_id"]
        for outcome in outcomes
        if outcome.kind == "search" and outcome.status == 200
    }


def _none_unavailable(stoppable: Stoppable, needed: set[str]) -> bool:
    with Load(kinds(stoppable), clients=len(kinds(stoppable))).running() as load:
        wait_until(lambda: len(load.outcomes) >= 2 * load.clients, what="there is an outcome of each kind")
    return not any(503 in found for found in statuses(load.outcomes).values())


def test_when_the_stream_is_killed_events_get_503_and_lists_have_no_exposure_id(
    stoppable: Stoppable,
) -> None:
    shop = stoppable.shop
    requests = {
        kind: send for kind, send in kinds(stoppable).items() if kind in ("events", "search", "products")
    }
    with Load(requests, clients=12).running() as load:
        for _ in range(3):
            ended = len(load.outcomes)
            shop.kill("valkey")
            wait_until(
                lambda ended=ended: len(load.outcomes) > ended + 2 * load.clients,  # type: ignore[misc]
                what="requests ended after the kill",
            )
    counted = statuses(_served(load.outcomes))

    assert set(counted["search"]) == set(counted["products"]) == {200}
    assert 503 in counted["events"]
    assert set(counted["events"]) <= {202, 503}
    assert None in _exposures(load.outcomes)
    wait_until(lambda: _none_unavailable(stoppable, {"events"}), what="events are accepted again", seconds=30)
