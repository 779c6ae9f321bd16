"""Stock alerts, stock at a time, and the check of stock counters."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.catalog.models import Product, Variant
from backend.inventory.alerts import compare_levels, set_threshold
from backend.inventory.models import StockAlert, TransactionType
from backend.inventory.reservations import release, reserve
from backend.inventory.services import Entry, record_many
from backend.inventory.tasks import check_stock
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from tests.backend import shop
from tests.backend.shop import NOW, SYSTEM, client_of
from tests.backend.together import together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def variant_with_known_level(stock: int = 20) -> Variant:
    """Return a variant with this stock, a threshold of 5 and a known level."""
    created = shop.variant(stock=stock)
    compare(created)
    return created


def compare(variant: Variant) -> list[tuple[str, int]]:
    alerts = compare_levels([variant.product_id], now=NOW)
    return [(str(alert.level), alert.available) for alert in alerts]


def test_each_change_of_level_is_alerted_once() -> None:
    lamp = variant_with_known_level(stock=20)
    held = reserve({lamp.pk: 16}, reference="order", now=NOW)
    assert compare(lamp) == [("LOW", 4)]
    assert compare(lamp) == []

    reserve({lamp.pk: 4}, reference="order", now=NOW)
    assert compare(lamp) == [("OUT", 0)]

    release([one.pk for one in held.values()], by=SYSTEM, now=NOW)
    assert compare(lamp) == [("SUFFICIENT", 16)]
    assert StockAlert.objects.count() == 3


def test_each_alert_is_published_as_a_fact() -> None:
    lamp = variant_with_known_level(stock=20)
    reserve({lamp.pk: 20}, reference="order", now=NOW)
    compare(lamp)

    published = Message.objects.filter(topic=Topic.STOCK_ALERT).values_list("key", flat=True)
    assert list(published) == [str(StockAlert.objects.get().pk)]


def test_a_new_variant_is_not_alerted() -> None:
    assert compare(shop.variant(stock=0)) == []


def test_the_first_stock_of_a_variant_is_not_alerted() -> None:
    lamp = shop.variant(stock=0)
    compare(lamp)
    shop.receive({lamp.pk: 20})
    assert compare(lamp) == []


@pytest.mark.parametrize("hidden", [Product, Variant])
def test_inactive_variants_are_alerted_when_they_are_active_again(hidden: type[Product | Variant]) -> None:
    lamp = variant_with_known_level(stock=20)
    hidden._default_manager.update(is_active=False)
    reserve({lamp.pk: 20}, reference="order", now=NOW)
    assert compare(lamp) == []
    hidden._default_manager.update(is_active=True)
    assert compare(lamp) == [("OUT", 0)]


def test_concurrent_handling_of_one_message_alerts_once() -> None:
    lamp = variant_with_known_level(stock=20)
    reserve({lamp.pk: 20}, reference="order", now=NOW)

    outcomes = together(*[lambda: compare(lamp)] * 4)

    assert sorted(map(str, outcomes)) == ["[('OUT', 0)]", "[]", "[]", "[]"]


def test_a_variants_own_threshold_takes_precedence_over_the_shops() -> None:
    lamp = variant_with_known_level(stock=20)
    set_threshold(lamp, units=30, by=SYSTEM)
    assert compare(lamp) == [("LOW", 20)]

    set_threshold(lamp, units=None, by=SYSTEM)
    assert compare(lamp) == [("SUFFICIENT", 20)]


def test_sellers_can_only_use_thresholds_and_alerts_of_their_own_products() -> None:
    seller, other = shop.seller(), shop.seller()
    lamp = shop.variant(stock=20, sold_by=seller)
    compare(lamp)
    path = f"/api/products/inventory/thresholds/{lamp.pk}/"

    assert client_of(other).put(path, {"threshold": 25}).json()["code"] == "variant_not_found"
    assert client_of(other).get(path).json()["code"] == "variant_not_found"
    shown = client_of(seller).put(path, {"threshold": 25}).json()["data"]
    assert (shown["threshold"], shown["effective_threshold"]) == (25, 25)
    assert client_of(seller).get(path).json()["data"] == shown
    compare(lamp)

    alerts = "/api/products/inventory/alerts/"
    (shown,) = client_of(seller).get(alerts).json()["results"]
    assert (shown["sku"], shown["level"], shown["previous_level"]) == (lamp.sku, "LOW", "SUFFICIENT")
    assert client_of(other).get(alerts).json()["count"] == 0
    assert client_of(seller).get(alerts, {"level": "OUT"}).json()["count"] == 0


def test_a_variant_without_a_threshold_has_the_shops() -> None:
    seller = shop.seller()
    lamp = shop.variant(sold_by=seller)

    shown = client_of(seller).get(f"/api/products/inventory/thresholds/{lamp.pk}/").json()["data"]

    shops = settings.LOW_STOCK_THRESHOLD
    assert shown == {"variant": lamp.pk, "sku": lamp.sku, "threshold": None, "effective_threshold": shops}


def test_alerts_are_listed_by_product_or_variant() -> None:
    seller = shop.seller()
    shirt = shop.product(stock=[20, 20], sold_by=seller)
    small, large = shirt.variants.all()
    compare(small)
    for one, units in ((small, 25), (large, 30)):
        set_threshold(one, units=units, by=SYSTEM)
    compare(small)
    other = shop.variant(stock=20, sold_by=seller)
    compare(other)
    set_threshold(other, units=25, by=SYSTEM)
    compare(other)

    def listed(**parameters: int) -> set[int]:
        response = client_of(seller).get("/api/products/inventory/alerts/", parameters)
        return {row["variant"] for row in response.json()["results"]}

    assert listed() == {small.pk, large.pk, other.pk}
    assert listed(product=shirt.pk) == {small.pk, large.pk}
    assert listed(variant=large.pk) == {large.pk}
    assert listed(variant=large.pk, product=other.product_id) == set()


def test_stock_at_a_time_comes_from_the_ledger() -> None:
    seller = shop.seller()
    lamp = shop.variant(stock=0, sold_by=seller)
    start = timezone.now() - timedelta(days=5)
    for days, kind, quantity in ((0, TransactionType.IN, 10), (2, TransactionType.DAMAGE, 4)):
        entry = Entry(variant_id=lamp.pk, transaction_type=kind, quantity=quantity)
        record_many([entry], by=SYSTEM, now=start + timedelta(days=days))
    path, client = "/api/products/inventory/stock/", client_of(seller)

    for days, stock in ((-1, 0), (0, 10), (1, 10), (2, 6)):
        at = (start + timedelta(days=days)).isoformat()
        (row,) = client.get(path, {"at": at}).json()["results"]
        assert (row["sku"], row["stock"]) == (lamp.sku, stock)


def test_stock_in_the_future_is_refused() -> None:
    at = (timezone.now() + timedelta(minutes=5)).isoformat()

    response = client_of(shop.staff()).get("/api/products/inventory/stock/", {"at": at})

    assert (response.status_code, list(response.json()["details"])) == (400, ["at"])


def test_the_check_reports_wrong_counters_without_changing_them(capsys: pytest.CaptureFixture[str]) -> None:
    lamp = shop.variant(stock=10)
    call_command("check_stock")
    assert "every variant" in capsys.readouterr().out

    Variant.objects.filter(pk=lamp.pk).update(stock=12, reserved=1)

    assert check_stock() == 1
    with pytest.raises(CommandError):
        call_command("check_stock")
    assert "stock 12, ledger 10; reserved 1, reservations 0, short 0" in capsys.readouterr().out
    assert shop.stock_of(lamp.pk) == (12, 1)
