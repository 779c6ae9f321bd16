"""The index is compared with the database while the shop is live; only lasting differences are reported."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import chain, count

import msgspec
import pytest
from django.db import connection
from django.utils import timezone

from backend.audit.models import AuditEntry
from backend.catalog.models import Product
from backend.catalog.services import delete_product, update_product
from backend.outbox.errors import DrainTimeout
from backend.outbox.models import Cursor, Message
from backend.outbox.relay import drain
from backend.search import parity as parity_module
from backend.search.parity import Comparison, Parity
from backend.search.projection import documents
from backend.search.rebuilding import build
from backend.search.subscribers import NAME_PREFIX, generation_subscribers
from backend.search.versions import draw
from indexing.engine import DeleteDocument, DocumentWrite, PutDocument, SearchEngine, StoredDocument
from indexing.parity import Difference, DifferenceKind
from indexing.schema import EARLIEST_VERSION
from indexing.settings import SearchSettings
from tests.backend.shop import NOW, SYSTEM, client_of, product, staff
from tests.indexing import builders
from tests.indexing.schemas import create_elasticsearch, create_tantivy
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

UNKNOWN_PRODUCT = 999_999
CHANGES = 40


@pytest.fixture
def lamps(shop_engine: SearchEngine) -> list[Product]:
    """Five products, which the serving generation contains."""
    created = [product(f"Lantern {number}") for number in range(5)]
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    return created


def parity_of(engine: SearchEngine, *, timeout: float = 20) -> Parity:
    return Parity(engine=engine, generation=engine.serving(), timeout=timeout)


def compared(engine: SearchEngine) -> list[Difference]:
    return list(chain.from_iterable(each.differences for each in parity_of(engine).compare()))


def write(engine: SearchEngine, *writes: DocumentWrite) -> None:
    """Write to the serving generation as no subscriber does, and wait until searches find it."""
    generation = engine.serving().name
    engine.write(generation, writes, now=timezone.now())
    engine.release(generation)
    put = {each.product_id for each in writes if isinstance(each, PutDocument)}
    wait_until(lambda: put <= set(engine.product_ids(generation, after=0, limit=100)))


def retitled(lamp: Product, title: str) -> PutDocument:
    document = documents([lamp.pk])[lamp.pk]
    return PutDocument(msgspec.structs.replace(document, title=title), draw())


def plant_in_the_index(engine: SearchEngine, lamps: list[Product]) -> list[Difference]:
    write(
        engine,
        DeleteDocument(lamps[0].pk, draw()),
        retitled(lamps[1], "Planted"),
        PutDocument(builders.product(UNKNOWN_PRODUCT), draw()),
    )
    return [
        Difference(lamps[0].pk, DifferenceKind.MISSING),
        Difference(lamps[1].pk, DifferenceKind.DIFFERENT, ("title",)),
        Difference(UNKNOWN_PRODUCT, DifferenceKind.SUPERFLUOUS),
    ]


def plant_in_the_database(engine: SearchEngine, lamps: list[Product]) -> list[Difference]:
    hidden = product("Hidden", is_active=False)
    Message.objects.all().delete()
    Product.unpublished.filter(pk=hidden.pk).update(is_active=True)
    Product.unpublished.filter(pk=lamps[1].pk).update(title="Changed", brand="Acme")
    Product.unpublished.filter(pk=lamps[2].pk).update(deleted_at=NOW)
    return [
        Difference(lamps[1].pk, DifferenceKind.DIFFERENT, ("title", "brand")),
        Difference(lamps[2].pk, DifferenceKind.SUPERFLUOUS),
        Difference(hidden.pk, DifferenceKind.MISSING),
    ]


Plant = Callable[[SearchEngine, list[Product]], list[Difference]]
PLANTS = pytest.mark.parametrize("plant", [plant_in_the_index, plant_in_the_database])


@PLANTS
def test_each_kind_of_difference_is_found(
    shop_engine: SearchEngine, lamps: list[Product], plant: Plant
) -> None:
    assert compared(shop_engine) == []

    planted = plant(shop_engine, lamps)

    assert compared(shop_engine) == planted


@PLANTS
def test_a_repair_goes_through_the_outbox_and_is_recorded(
    shop_engine: SearchEngine, lamps: list[Product], plant: Plant
) -> None:
    planted = plant(shop_engine, lamps)
    before = Message.objects.count()

    left = parity_of(shop_engine).repair(planted, by=SYSTEM)

    assert left == Comparison()
    assert compared(shop_engine) == []
    assert Message.objects.count() == before + len(planted)
    (entry,) = AuditEntry.objects.filter(action="search.index_repaired")
    assert (entry.system_name, entry.object_id) == ("tests", shop_engine.serving().name)
    assert entry.changes == {"missing": [None, 1], "superfluous": [None, 1], "different": [None, 1]}


def test_a_document_with_a_version_of_the_future_is_not_repaired(
    shop_engine: SearchEngine, lamps: list[Product]
) -> None:
    version = draw() + 10**12
    write(shop_engine, PutDocument(retitled(lamps[0], "Planted").document, version))
    (difference,) = compared(shop_engine)

    assert parity_of(shop_engine).repair([difference], by=SYSTEM).differences == (difference,)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_ranges_cover_every_product_of_both_sides_once(
    shop_engine: SearchEngine, lamps: list[Product], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity_module, "SCAN_BATCH", size)
    monkeypatch.setattr(parity_module, "CANDIDATES", size)
    unknown = range(UNKNOWN_PRODUCT, UNKNOWN_PRODUCT + 5)
    write(shop_engine, *(PutDocument(builders.product(number), draw()) for number in unknown))
    # Pages of the two sides end at different products.
    missing = [lamps[1].pk, lamps[2].pk]
    write(shop_engine, *(DeleteDocument(number, draw()) for number in missing))
    progress: list[int] = []

    parts = list(parity_of(shop_engine).compare(progress=progress.append))

    found = [each.product_id for part in parts for each in part.differences]
    assert found == [*missing, *unknown]
    assert sum(progress) == len(lamps) + len(unknown)
    assert max(progress) <= 2 * size


class Interrupted:
    """The engine, but something happens after each of the first reads of stored documents."""

    def __init__(self, engine: SearchEngine, action: Callable[[int], object], *, times: int) -> None:
        self._engine = engine
        self._action = action
        self._remaining = iter(range(times))

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def stored(self, generation: str, product_ids: Sequence[int]) -> dict[int, StoredDocument]:
        found = self._engine.stored(generation, product_ids)
        for number in self._remaining:
            self._action(number)
            break
        return found


def update(lamp: Product) -> Callable[[int], object]:
    return lambda number: update_product(lamp.pk, changes={"title": f"Changed {number}"}, by=SYSTEM)


def delete(lamp: Product) -> Callable[[int], object]:
    return lambda number: delete_product(lamp.pk, by=SYSTEM, now=NOW)


def add(lamp: Product) -> Callable[[int], object]:
    return lambda number: product(f"Added {number}")


def rename_category(lamp: Product) -> Callable[[int], object]:
    client, url = client_of(staff()), f"/api/categories/{lamp.category_id}/"
    return lambda number: client.patch(url, {"name": f"Renamed {number}"}, format="json")


@pytest.mark.parametrize(
    ("action", "times"), [(update, 1), (update, 4), (delete, 1), (add, 3), (rename_category, 3)]
)
def test_products_that_change_during_the_comparison_are_not_reported(
    shop_engine: SearchEngine,
    lamps: list[Product],
    action: Callable[[Product], Callable[[int], object]],
    times: int,
) -> None:
    interrupted = Interrupted(shop_engine, action(lamps[1]), times=times)

    assert compared(interrupted) == []  # type: ignore[arg-type] # it delegates the other methods
    assert compared(shop_engine) == []


def test_a_product_that_never_stops_changing_is_counted_but_not_reported(
    shop_engine: SearchEngine, lamps: list[Product]
) -> None:
    interrupted = Interrupted(shop_engine, update(lamps[1]), times=10_000)
    parity = Parity(engine=interrupted, generation=shop_engine.serving(), timeout=0.5)  # type: ignore[arg-type] # as above
    write(shop_engine, DeleteDocument(lamps[0].pk, draw()))

    (comparison,) = parity.compare()

    assert comparison.differences == (Difference(lamps[0].pk, DifferenceKind.MISSING),)
    assert comparison.changing == (lamps[1].pk,)


def test_messages_that_wait_in_the_outbox_are_no_differences(
    shop_engine: SearchEngine, lamps: list[Product]
) -> None:
    update(lamps[0])(1)
    rename_category(lamps[1])(1)
    delete(lamps[2])(1)
    product("Added")

    assert compared(shop_engine) == []


def test_in_a_live_shop_only_the_planted_difference_is_reported(relay: SearchEngine) -> None:
    lamps = [product(f"Lantern {number}") for number in range(10)]
    # A message that waits now would project the planted change.
    drain(generation_subscribers(relay), timeout=20)
    Product.unpublished.filter(pk=lamps[0].pk).update(title="Changed without a message")
    changing = threading.Thread(target=change_all, args=[lamps[1:]], daemon=True)

    changing.start()
    found = []
    while changing.is_alive():
        found += compared(relay)
    changing.join(30)
    found += compared(relay)

    assert set(found) == {Difference(lamps[0].pk, DifferenceKind.DIFFERENT, ("title",))}
    assert parity_of(relay).repair(found[:1], by=SYSTEM) == Comparison()
    assert compared(relay) == []


def change_all(lamps: Sequence[Product]) -> None:
    for number, lamp in zip(range(CHANGES), chain.from_iterable(lamps for _ in count()), strict=False):
        update(lamp)(number)
    connection.close()


def test_a_generation_that_does_not_catch_up_is_not_compared(
    shop_engine: SearchEngine, lamps: list[Product]
) -> None:
    name = NAME_PREFIX + shop_engine.serving().name
    until = timezone.now() + timedelta(minutes=1)
    Cursor.objects.filter(subscriber=name).update(lease_owner="another process", lease_until=until)
    update(lamps[0])(1)

    with pytest.raises(DrainTimeout):
        list(parity_of(shop_engine, timeout=0.3).compare())


@pytest.fixture
def previous(shop_engine: SearchEngine, request: pytest.FixtureRequest) -> SearchEngine:
    """The engine, whose serving generation was created by the previous release."""
    settings = SearchSettings.from_env()
    if shop_engine.name == "tantivy":
        create_tantivy(settings.home, version=EARLIEST_VERSION, now=timezone.now())
    else:
        url = request.getfixturevalue("elasticsearch_url")
        create_elasticsearch(url, prefix=settings.prefix, version=EARLIEST_VERSION, now=timezone.now())
    return shop_engine


def test_a_generation_of_the_previous_schema_version_is_compared_and_repaired(
    previous: SearchEngine,
) -> None:
    lamps = [product(f"Lantern {number}", price="19.99") for number in range(3)]
    assert compared(previous) == []
    planted = plant_in_the_index(previous, lamps)

    assert compared(previous) == planted
    assert parity_of(previous).repair(planted, by=SYSTEM) == Comparison()
    assert compared(previous) == []
