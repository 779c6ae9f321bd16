"""The JavaScript client sends events from a real browser to the real intake, which is killed, away or asks to wait."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.journeys.event_clients.scripted import Reply, ScriptedIntake
from tests.journeys.event_clients.stored import Events, events_of
from tests.journeys.event_clients.visits import VIEW, Visit, serving
from tests.services.chromium import Page, browser
from tests.services.shop import Shop
from tests.services.waiting import wait_until

# The clients don't depend on the servers of the stores.
pytestmark = [pytest.mark.stores, pytest.mark.browser, pytest.mark.once]

BLOCKED = """for (const name of ['localStorage', 'locks']) {
    const owner = name === 'locks' ? navigator : window;
    const refuse = () => { throw new DOMException('blocked', 'SecurityError'); };
    Object.defineProperty(owner, name, {get: name === 'locks' ? () => ({request: async () => refuse()}) : refuse});
}"""
OBJECTING = "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})"
HOUR_LATE = "const now = Date.now; Date.now = () => now() - 3_600_000;"


@pytest.fixture(scope="module")
def site(page_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page, which another server has than the shop."""
    with serving(tmp_path_factory.mktemp("site"), port=page_port) as address:
        yield address


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as first:
        yield first


@pytest.fixture(scope="module")
def events(shop: Shop) -> Iterator[Events]:
    with events_of(shop) as found:
        yield found


@pytest.fixture
def visit(chromium: Page, site: str, shop: Shop) -> Iterator[Visit]:
    tab = chromium.another()
    yield Visit(tab, site=site, intake=f"http://127.0.0.1:{shop.port}/api/events/")
    tab.call("Page.close")


def test_events_are_stored_once_with_the_ids_of_the_visit(visit: Visit, events: Events) -> None:
    visit.open(batchSize=4, consent=True)
    key = visit.run("tracker.anonymousId")
    ids = [visit.view(product) for product in (1, 2)]
    ids.append(
        visit.run("tracker.track('cart_add', {product_id: 2, quantity: 3, properties: {theme: 'dark'}})")
    )
    assert visit.run("tracker.pending") == 3
    assert visit.tab.posted == []
    refused = visit.view(0)
    visit.tab.wait_for("tracker.pending === 0 && refused.length === 1")

    stored = events.wait_for(ids)
    assert [(event.type, event.product_id) for event in stored] == [("view", 1), ("view", 2), ("cart_add", 2)]
    assert {event.shopper_key for event in stored} == {key}
    assert len({event.session_id for event in stored}) == 1
    product, reason = visit.run("refused")[0]
    assert (product, reason.split(":")[0]) == (0, "product_id")
    assert events.of([refused]) == []
    (body,) = map(json.loads, visit.tab.posted)
    assert (body["anonymous_id"], body["tracking_consent"]) == (key, True)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(body["sent_at"])) < timedelta(minutes=1)
    assert visit.tab.faults == []


def test_events_of_a_page_that_is_left_arrive_and_are_sent_again_but_counted_once(
    visit: Visit, events: Events
) -> None:
    visit.open()
    ids = [visit.view(product) for product in (1, 2)]
    visit.leave()
    events.wait_for(ids)

    visit.open()
    assert visit.run("tracker.pending") == 2
    visit.flush()
    assert [visit.times_sent(event_id) for event_id in ids] == [1, 1], "a beacon's body isn't recorded"
    later = visit.view(3)
    visit.flush()
    events.wait_for([later])
    assert len(events.wait_for(ids)) == 2


def test_a_killed_shop_gets_all_events_once(visit: Visit, events: Events, shop: Shop) -> None:
    visit.open(flushSeconds=0.02)
    visit.run(f"ids = [], timer = setInterval(() => ids.push({VIEW % 5}), 20)")
    visit.tab.wait_for("ids.length > tracker.pending")
    shop.kill("web")
    visit.tab.wait_for("tracker.pending > 5")
    visit.run("clearInterval(timer)")
    wait_until(shop.is_live, what="the web process responds")
    # Else the client would wait for as long as it has learned to.
    visit.run("dispatchEvent(new Event('online'))")
    visit.tab.wait_for("tracker.pending === 0")
    ids = visit.run("ids")
    assert len(events.wait_for(ids)) == len(ids)


def test_events_of_an_offline_browser_wait_until_it_is_online(visit: Visit, events: Events) -> None:
    visit.open(flushSeconds=0.02)
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    visit.tab.call("Network.emulateNetworkConditions", offline=True, **network)
    visit.tab.wait_for("navigator.onLine === false")
    ids = [visit.view(product) for product in (1, 2)]
    visit.run("tracker.flush()")
    assert visit.run("tracker.pending") == 2
    assert visit.tab.posted == []
    visit.tab.call("Network.emulateNetworkConditions", offline=False, **network)
    visit.tab.wait_for("tracker.pending === 0")
    assert len(events.wait_for(ids)) == 2


def test_tabs_share_the_queue_and_a_crashed_one_loses_nothing(visit: Visit, events: Events) -> None:
    visit.open(batchSize=100)
    key = visit.run("tracker.anonymousId")
    other = Visit(visit.tab.another(), site=visit.site, intake=visit.intake, prefix=visit.prefix)
    other.open(batchSize=100)
    # The browser tells the process of another tab of a change with a delay.
    other.tab.wait_for(f"localStorage.getItem('{visit.prefix}id') === '{key}'")
    assert other.run("tracker.anonymousId") == key
    track = f"Array.from({{length: 30}}, () => {VIEW % 7})"
    ids = [*visit.run(track), *other.run(track)]
    visit.tab.wait_for("tracker.pending === 60")
    other.tab.crash()
    visit.flush()
    assert len(events.wait_for(ids)) == 60
    assert {visit.times_sent(event_id) for event_id in ids} == {1}


def test_a_browser_that_blocks_storage_sends_from_memory(visit: Visit, events: Events) -> None:
    visit.tab.call("Page.addScriptToEvaluateOnNewDocument", source=BLOCKED)
    visit.open()
    ids = [visit.view(1)]
    visit.flush()
    ids.append(visit.view(2))
    visit.leave()
    stored = events.wait_for(ids)
    assert len({event.shopper_key for event in stored}) == 1


def test_nothing_is_stored_or_sent_against_the_shoppers_choice(visit: Visit, events: Events) -> None:
    visit.open(consentRequired=True)
    event_id = visit.view(1)
    visit.run("tracker.flush()")
    assert (visit.run("tracker.pending"), visit.run("tracker.anonymousId")) == (1, None)
    assert visit.stored_names == []
    visit.run("tracker.setConsent(true)")
    assert {"id", "session", f"e.{event_id}"} <= set(visit.stored_names)
    visit.flush()
    events.wait_for([event_id])
    assert json.loads(visit.tab.posted[-1])["tracking_consent"] is True

    other = Visit(visit.tab.another(), site=visit.site, intake=visit.intake, prefix=visit.prefix)
    other.open(consent=True)
    other.view(2)
    sent = len(visit.tab.posted)
    visit.run("tracker.setConsent(false)")
    other.tab.wait_for("tracker.anonymousId === null && tracker.pending === 0")
    assert visit.run(VIEW % 3) is None
    assert visit.stored_names == []
    visit.run("tracker.flush()")
    visit.leave()
    other.leave()
    assert len(visit.tab.posted) == sent
    assert other.tab.posted == []


def test_global_privacy_control_removes_what_was_stored(visit: Visit) -> None:
    visit.open()
    visit.view(1)
    assert visit.stored_names != []
    visit.tab.call("Network.setBlockedURLs", urls=["*api/events*"])
    visit.leave()
    sent = len(visit.tab.posted)
    visit.tab.call("Page.addScriptToEvaluateOnNewDocument", source=OBJECTING)
    visit.open(consent=True)
    assert visit.run(VIEW % 2) is None
    assert (visit.run("tracker.anonymousId"), visit.stored_names) == (None, [])
    visit.leave()
    assert len(visit.tab.posted) == sent


def test_events_of_an_account_belong_to_it_and_a_logout_begins_a_new_guest(
    visit: Visit, events: Events, shop: Shop, customer: str
) -> None:
    visit.open()
    guest = visit.run("tracker.anonymousId")
    visit.run(f"tracker.identify(() => {json.dumps(customer)})")
    ids = [visit.view(1)]
    visit.flush()
    # Queued before the logout, and sent after another login: for the former guest.
    ids.append(visit.view(2))
    visit.run("tracker.reset()")
    visit.run(f"tracker.identify({json.dumps(customer)})")
    ids.append(visit.view(3))
    visit.flush()
    visit.run("tracker.reset()")
    ids.append(visit.view(4))
    fresh = visit.run("tracker.anonymousId")
    visit.flush()
    keys = [event.shopper_key for event in sorted(events.wait_for(ids), key=lambda event: event.product_id)]
    assert keys[0] == keys[2]
    assert keys[1:] == [guest, keys[0], fresh]
    assert len(set(keys)) == 3

    status, _ = shop.request("PATCH", "/accounts/me/", token=customer, json={"tracking_consent": False})
    assert status == 200
    visit.run(f"tracker.identify({json.dumps(customer)})")
    visit.view(4)
    visit.flush()
    assert (visit.run(VIEW % 5), visit.stored_names) == (None, [])


def test_times_are_corrected_if_the_clock_is_wrong(visit: Visit, events: Events) -> None:
    source = f"{HOUR_LATE} const Real = Date; Date = class extends Real {{ constructor(...a) {{ super(...(a.length ? a : [Real.now()])); }} }};"
    visit.tab.call("Page.addScriptToEvaluateOnNewDocument", source=source)
    visit.open()
    event_id = visit.view(1)
    visit.flush()
    (event,) = events.wait_for([event_id])
    late = datetime.now(UTC).replace(tzinfo=None) - event.reported_at.replace(tzinfo=None)
    assert abs(late) < timedelta(minutes=1)


def test_seen_products_and_clicks_name_their_list(visit: Visit, events: Events) -> None:
    visit.open()
    exposure = str(uuid4())
    visit.run(f"tracker.observe(document.querySelector('#list'), {json.dumps(exposure)}), true")
    visit.run("document.querySelector('[data-product-id=\"2\"] b').click()")
    visit.tab.wait_for("tracker.pending === 2")
    visit.flush()
    sent = [event for body in visit.tab.posted for event in json.loads(body)["events"]]
    click, seen = sorted(sent, key=lambda event: str(event["type"]))
    assert (click["product_id"], click["position"], click["exposure_id"]) == (2, 2, exposure)
    assert seen["exposure_id"] == exposure
    assert 3 not in seen["product_ids"], "it is below the window"
    assert seen["product_ids"] != []
    events.wait_for([event["event_id"] for event in sent])


def test_pages_are_reported_with_their_campaign_and_products_with_how_long_they_were_visible(
    visit: Visit, events: Events
) -> None:
    visit.open("&utm_source=letter&utm_campaign=spring")
    visit.run("tracker.pageView(), end = tracker.view(3), begun = performance.now(), true")
    visit.tab.wait_for("performance.now() > begun + 50")
    visit.run("end(), tracker.view(4), begun = performance.now(), true")
    visit.tab.wait_for("performance.now() > begun + 50")
    visit.leave()
    visit.open()
    visit.flush()

    (body,) = [json.loads(body) for body in visit.tab.posted if body]
    sent = {(event["type"], event.get("product_id")): event for event in body["events"]}
    expected = {"path": "/page.html", "source": "letter", "campaign": "spring"}
    assert sent["page_view", None].items() >= expected.items()
    for product in (3, 4):
        dwell = sent["dwell", product]
        assert dwell["view_id"] == sent["view", product]["event_id"]
        assert 50 <= dwell["visible_ms"] < 60_000
    assert len(body["events"]) == 5
    events.wait_for([event["event_id"] for event in body["events"]])


def test_the_client_waits_as_long_as_the_shop_says(visit: Visit) -> None:
    wait = Reply(429, {"Retry-After": "2"})
    with ScriptedIntake([wait, Reply(503)]).running() as scripted:
        visit.intake = scripted.url
        visit.open(flushSeconds=0.02)
        event_id = visit.view(1)
        visit.tab.wait_for("tracker.pending === 0")
        first, second, third = scripted.requests
        assert first.ids == second.ids == third.ids == [event_id]
        assert second.arrived - first.arrived >= 2, "longer than without the header"
        assert third.arrived - second.arrived >= 0.5
        assert first.body["sent_at"] < second.body["sent_at"] < third.body["sent_at"]


def test_what_the_shop_cannot_read_is_dropped_alone_and_so_are_the_oldest_events(
    visit: Visit, events: Events
) -> None:
    visit.open(maxQueue=4)
    ids = [visit.view(product) for product in range(1, 7)]
    assert (visit.run("tracker.pending"), visit.run("tracker.dropped")) == (4, 2)
    # Eight days ago, and an event that isn't JSON, as if another script had changed it.
    old = "00000000-0000-7000-8000-000000000000"
    visit.run(f"localStorage.setItem('{visit.prefix}e.{old}', tracker.anonymousId + '{{}}')")
    visit.run(f"localStorage.setItem('{visit.prefix}e.{ids[3]}', tracker.anonymousId + '{{\"type\":')")
    visit.flush()
    assert len(events.wait_for([ids[2], *ids[4:]])) == 3
    assert events.of([*ids[:2], ids[3]]) == []
    assert visit.run("tracker.dropped") == 4
