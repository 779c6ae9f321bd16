"""Changes made through the API reach the index through the real relay."""

import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.catalog.bulk import upsert_products
from backend.catalog.categories import category_by_names
from backend.catalog.imported import ImportedProduct, ImportedVariant
from backend.catalog.models import Category
from backend.outbox import runner
from backend.outbox.errors import Overtaken
from backend.outbox.models import Cursor, Message
from backend.outbox.relay import drain
from backend.search import projection, rebuilding
from backend.search.rebuilding import OutboxSource, build, index_subscribers
from backend.search.subscribers import NAME_PREFIX, GenerationSubscriber, generation_subscribers
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import DocumentWrite, SearchEngine
from indexing.facets import NO_FACETS
from indexing.filters import Filters
from indexing.generations import roll_back
from indexing.mapping import category_token
from indexing.request import SearchRequest
from tests.backend.shop import NOW, SYSTEM, client_of, product, seller, staff
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SEARCHABLE_WITHIN_SECONDS = 2.0
MOVED_WITHIN_SECONDS = 30.0
SEVERAL_BATCHES = 1_100


def shows(engine: SearchEngine, title: str) -> bool:
    return titles(engine, "lantern") == [title]


def titles(engine: SearchEngine, text: str) -> list[str]:
    return [hit.product.title for hit in engine.search(SearchRequest(text=text, facets=NO_FACETS)).hits]


def test_a_change_through_the_api_is_searchable_within_two_seconds(relay: SearchEngine) -> None:
    lamp = product("Brass lantern")
    wait_until(lambda: titles(relay, "lantern") == ["Brass lantern"])
    client, seconds = client_of(staff()), []

    for title in ("Copper lantern", "Silver lantern", "Golden lantern"):
        begun = time.monotonic()
        client.patch(f"/api/products/{lamp.pk}/", {"title": title}, format="json")
        wait_until(partial(shows, relay, title))
        seconds.append(time.monotonic() - begun)

    # The fastest of three attempts, because other tests may keep the machine busy.
    assert min(seconds) < SEARCHABLE_WITHIN_SECONDS


def test_a_deleted_product_leaves_the_results(relay: SearchEngine) -> None:
    lamp = product("Brass lantern")
    wait_until(lambda: titles(relay, "lantern") == ["Brass lantern"])

    client_of(staff()).delete(f"/api/products/{lamp.pk}/")

    wait_until(lambda: titles(relay, "lantern") == [])


def test_the_products_of_a_moved_subtree_are_found_by_its_new_path_within_seconds(
    relay: SearchEngine,
) -> None:
    imported = [listing(number) for number in range(SEVERAL_BATCHES)]
    upsert_products(imported, source="csv", seller_id=seller().pk, by=SYSTEM, now=NOW)
    category_by_names(["Garden"], by=SYSTEM)
    wait_until(lambda: indexed_in(relay, "Home > Lamps") == SEVERAL_BATCHES, seconds=60)
    ids = dict(Category.objects.values_list("path", "pk"))

    change = {"parent": ids["Garden"], "name": "Lights"}
    response = client_of(staff()).patch(f"/api/categories/{ids['Home > Lamps']}/", change, format="json")

    assert response.status_code == 200
    wait_until(lambda: indexed_in(relay, "Garden > Lights") == SEVERAL_BATCHES, seconds=MOVED_WITHIN_SECONDS)
    places = ["Garden > Lights", "Garden > Lights > Desk", "Garden", "Home", "Home > Lamps"]
    assert [found_in(place) for place in places] == [
        SEVERAL_BATCHES,
        SEVERAL_BATCHES // 2,
        SEVERAL_BATCHES,
        0,
        0,
    ]


def listing(number: int) -> ImportedProduct:
    return ImportedProduct(
        reference=str(number),
        title=f"Lantern {number}",
        category=("Home", "Lamps", "Desk" if number % 2 else "Floor"),
        price=Decimal(10),
        currency="USD",
        variants=(ImportedVariant(sku=f"L-{number}"),),
    )


def indexed_in(engine: SearchEngine, path: str) -> int:
    token = category_token(path=path, slug=Category.objects.get(path=path).slug)
    filters = Filters(category=path, category_tokens=(token,))
    return engine.search(SearchRequest(filters=filters, facets=NO_FACETS)).count


def found_in(path: str) -> int:
    response = APIClient().get("/api/search/", {"category": path})
    assert response.status_code == 200, response.content
    return int(response.json()["count"])


def test_a_rebuild_while_the_relay_runs_loses_no_change(relay: SearchEngine) -> None:
    lamps = [product(f"Lantern {number}") for number in range(3)]
    wait_until(lambda: len(titles(relay, "lantern")) == 3)
    client = client_of(staff())
    client.patch(f"/api/products/{lamps[0].pk}/", {"title": "Lantern changed"}, format="json")

    build(relay, clock=timezone.now, by=SYSTEM)

    assert "Lantern changed" in titles(relay, "lantern")
    client.patch(f"/api/products/{lamps[1].pk}/", {"title": "Lantern changed later"}, format="json")
    wait_until(lambda: "Lantern changed later" in titles(relay, "lantern"))


def test_a_rebuild_does_not_wait_for_the_relay_that_keeps_the_serving_generation_current(
    folder_engine: SearchEngine,
) -> None:
    first = build(folder_engine, clock=timezone.now, by=SYSTEM)
    until = timezone.now() + timedelta(minutes=1)
    of_first = Cursor.objects.filter(subscriber=NAME_PREFIX + first.name)
    assert of_first.update(lease_owner="a relay", lease_until=until) == 1

    second = build(folder_engine, clock=timezone.now, by=SYSTEM)

    assert timezone.now() < until
    assert second.name != first.name


def test_the_standby_is_kept_current_for_a_rollback(shop_engine: SearchEngine) -> None:
    lamp = product("Old lantern")
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    client_of(staff()).patch(f"/api/products/{lamp.pk}/", {"title": "New lantern"}, format="json")

    drain(generation_subscribers(shop_engine), timeout=20)
    roll_back(shop_engine)

    wait_until(lambda: titles(shop_engine, "lantern") == ["New lantern"])


def test_messages_delivered_again_change_nothing(shop_engine: SearchEngine) -> None:
    product("Brass lantern")
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    drain(generation_subscribers(shop_engine), timeout=20)
    assert Message.objects.exists()

    Cursor.objects.update(xid=0, message_id=0)
    drain(generation_subscribers(shop_engine), timeout=20)

    wait_until(lambda: titles(shop_engine, "lantern") == ["Brass lantern"])


def test_the_first_generation_of_a_shop_is_built_automatically(shop_engine: SearchEngine) -> None:
    product("Brass lantern")

    (subscriber,) = index_subscribers(shop_engine, clock=timezone.now)

    assert titles(shop_engine, "lantern") == ["Brass lantern"]
    assert [subscriber] == index_subscribers(shop_engine, clock=timezone.now)


def test_a_subscriber_of_a_dropped_generation_does_not_fail(shop_engine: SearchEngine) -> None:
    lamp = product("Brass lantern")
    first = build(shop_engine, clock=timezone.now, by=SYSTEM)
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    build(shop_engine, clock=timezone.now, by=SYSTEM)

    drain([GenerationSubscriber(shop_engine, first.name)], timeout=20)
    client_of(staff()).delete(f"/api/products/{lamp.pk}/")
    drain([GenerationSubscriber(shop_engine, first.name)], timeout=20)

    assert first.name not in {each.name for each in shop_engine.generations()}


def test_changes_since_the_beginning_of_the_scan_are_applied(folder_engine: SearchEngine) -> None:
    product("Scanned")
    generation = folder_engine.create(now=timezone.now()).name
    source = OutboxSource(folder_engine)

    source.subscribe(generation)
    assert folder_engine.count(generation) == 0
    product("Followed")
    source.apply_changes(generation)

    assert folder_engine.count(generation) == 1
    source.unsubscribe(generation)


def test_a_build_whose_messages_were_deleted_meanwhile_fails_and_is_cleaned_up(
    folder_engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    product("Brass lantern")
    scan = projection.scan

    def stop_the_cursor_after_the_scan(*, after: int) -> Iterator[list[DocumentWrite]]:
        yield from scan(after=after)
        past = timezone.now() - timedelta(days=2)
        Cursor.objects.update(closed_at=past, overtaken=True, lease_owner="", lease_until=past)

    monkeypatch.setattr(projection, "scan", stop_the_cursor_after_the_scan)
    monkeypatch.setattr(runner, "LEASE", timedelta(0))
    with pytest.raises(Overtaken):
        build(folder_engine, clock=timezone.now, by=SYSTEM)

    assert not Cursor.objects.exists()
    assert not folder_engine.generations()


def test_the_next_build_deletes_the_cursor_of_a_dropped_generation(
    folder_engine: SearchEngine,
) -> None:
    Cursor.objects.create(subscriber=f"{NAME_PREFIX}products-gone")

    built = build(folder_engine, clock=timezone.now, by=SYSTEM)

    names = Cursor.objects.filter(subscriber__startswith=NAME_PREFIX).values_list("subscriber", flat=True)
    assert list(names) == [NAME_PREFIX + built.name]


def test_while_the_engine_is_unavailable_generations_with_a_cursor_keep_their_subscribers() -> None:
    Cursor.objects.create(subscriber=f"{NAME_PREFIX}products-1")
    unreachable = ElasticsearchEngine(url="http://127.0.0.1:9", prefix="nowhere")

    subscribers = index_subscribers(unreachable, clock=timezone.now)

    assert [each.name for each in subscribers] == [f"{NAME_PREFIX}products-1"]
    unreachable.close()


def test_a_rebuild_and_a_rollback_are_recorded_with_both_generations(folder_engine: SearchEngine) -> None:
    product("Brass lantern")
    first = build(folder_engine, clock=timezone.now, by=SYSTEM)
    second = build(folder_engine, clock=timezone.now, by=SYSTEM)
    rebuilding.roll_back(folder_engine, by=Actor.user(7))

    entries = AuditEntry.objects.filter(action__startswith="search.").order_by("pk")
    assert [(entry.action, entry.user_id, entry.changes) for entry in entries] == [
        ("search.index_rebuilt", None, {"serving": [None, first.name]}),
        ("search.index_rebuilt", None, {"serving": [first.name, second.name]}),
        ("search.index_rolled_back", 7, {"serving": [second.name, first.name]}),
    ]
