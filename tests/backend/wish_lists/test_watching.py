"""Messages about wishes: each improvement is told once, whatever caused it."""

from decimal import Decimal

import pytest

from backend.accounts.models import User
from backend.catalog.models import Product
from backend.catalog.services import update_product
from backend.catalog.variant_services import update_variant
from backend.inventory.models import BackInStock
from backend.inventory.reservations import reserve
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from backend.wish_lists import services
from backend.wish_lists.models import PriceDrop, WishList, WishListItem
from backend.wish_lists.subscribers import Wishes
from tests.backend.shop import NOW, SYSTEM, customer, product, receive
from tests.backend.together import together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def wish(user: User, wished: Product, *, variant_id: int | None = None, **values: object) -> WishListItem:
    return services.add_wish(
        user,
        wish_list_id=None,
        product_id=wished.pk,
        variant_id=variant_id,
        values=values,
        by=SYSTEM,
        now=NOW,
    )


def compare(wished: Product) -> None:
    """Deliver the product's message to the subscriber."""
    Wishes(clock=lambda: NOW).handle([Notice(Topic.PRODUCT, str(wished.pk))])


def set_price(wished: Product, price: str) -> None:
    update_product(wished.pk, changes={"price": Decimal(price)}, by=SYSTEM, now=NOW)


def told_of_stock() -> list[tuple[int, int]]:
    facts = BackInStock.objects.in_bulk()
    keys = Message.objects.filter(topic=Topic.BACK_IN_STOCK).order_by("pk").values_list("key", flat=True)
    return [(facts[int(key)].user_id, facts[int(key)].variant_id) for key in keys]


def told_of_prices() -> list[tuple[int, Decimal, Decimal]]:
    facts = PriceDrop.objects.in_bulk()
    keys = Message.objects.filter(topic=Topic.PRICE_DROP).order_by("pk").values_list("key", flat=True)
    found = [facts[int(key)] for key in keys]
    return [(fact.user_id, fact.known_price, fact.new_price) for fact in found]


def test_units_that_arrive_are_told_once() -> None:
    lamp, shopper = product(stock=0), customer()
    wish(shopper, lamp)
    compare(lamp)
    assert told_of_stock() == []
    receive({lamp.variants.get().pk: 3})
    compare(lamp)
    compare(lamp)
    assert told_of_stock() == [(shopper.pk, lamp.variants.get().pk)]


def test_a_wish_that_sells_out_later_is_told_when_units_arrive() -> None:
    lamp, shopper = product(stock=2), customer()
    wish(shopper, lamp)
    compare(lamp)
    reserve({lamp.variants.get().pk: 2}, reference="order", now=NOW)
    compare(lamp)
    assert told_of_stock() == []
    receive({lamp.variants.get().pk: 1})
    compare(lamp)
    assert told_of_stock() == [(shopper.pk, lamp.variants.get().pk)]


def test_a_wish_without_a_choice_is_told_only_if_all_variants_were_sold_out() -> None:
    shirt, shopper = product(stock=[0, 1]), customer()
    first, second = shirt.variants.order_by("pk")
    wish(shopper, shirt)
    compare(shirt)
    receive({first.pk: 1})
    compare(shirt)
    assert told_of_stock() == []
    reserve({first.pk: 1, second.pk: 1}, reference="order", now=NOW)
    compare(shirt)
    receive({second.pk: 1})
    compare(shirt)
    assert told_of_stock() == [(shopper.pk, second.pk)]


def test_who_wants_no_messages_gets_none() -> None:
    lamp, shopper = product(stock=0, price="100.00"), customer()
    wish(shopper, lamp, wants_messages=False)
    receive({lamp.variants.get().pk: 3})
    set_price(lamp, "50.00")
    compare(lamp)
    assert (told_of_stock(), told_of_prices()) == ([], [])


def test_a_lower_price_is_told_once_and_then_only_a_lower_one() -> None:
    lamp, shopper = product(price="100.00"), customer()
    wish(shopper, lamp)
    for price in ("95.01", "95.00", "120.00", "95.00", "90.26", "90.25"):
        set_price(lamp, price)
        compare(lamp)
        compare(lamp)
    assert told_of_prices() == [
        (shopper.pk, Decimal("100.00"), Decimal("95.00")),
        (shopper.pk, Decimal("95.00"), Decimal("90.25")),
    ]


def test_the_price_of_what_is_sold_out_is_told_when_units_arrive() -> None:
    lamp, shopper = product(stock=0, price="100.00"), customer()
    wish(shopper, lamp)
    set_price(lamp, "80.00")
    compare(lamp)
    assert told_of_prices() == []
    receive({lamp.variants.get().pk: 1})
    compare(lamp)
    assert told_of_prices() == [(shopper.pk, Decimal("100.00"), Decimal("80.00"))]


def test_all_wishes_are_told_in_several_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.wish_lists.watching.TOLD_AT_ONCE", 2)
    lamp = product(stock=0, price="100.00")
    shoppers = [customer() for _ in range(5)]
    for shopper in shoppers:
        wish(shopper, lamp)
    receive({lamp.variants.get().pk: 1})
    set_price(lamp, "10.00")
    compare(lamp)
    assert [user for user, _ in told_of_stock()] == [shopper.pk for shopper in shoppers]
    assert [user for user, *_ in told_of_prices()] == [shopper.pk for shopper in shoppers]


def test_two_requests_at_once_add_one_item_to_one_list() -> None:
    lamp, shopper = product(), customer()
    outcomes = together(*[lambda: wish(shopper, lamp) for _ in range(4)])
    assert {type(outcome).__name__ for outcome in outcomes} == {"WishListItem"}
    assert (WishList.objects.count(), WishListItem.objects.count()) == (1, 1)


def test_two_deliveries_at_once_tell_once() -> None:
    lamp, shopper = product(stock=0, price="100.00"), customer()
    wish(shopper, lamp)
    receive({lamp.variants.get().pk: 1})
    set_price(lamp, "10.00")
    outcomes = together(*[lambda: compare(lamp) for _ in range(3)])
    assert outcomes == [None] * 3
    assert (len(told_of_stock()), len(told_of_prices())) == (1, 1)


def test_a_product_that_became_free_is_told_once() -> None:
    lamp, shopper = product(price="10.00"), customer()
    wish(shopper, lamp)
    set_price(lamp, "0.00")
    for _ in range(3):
        compare(lamp)
    assert told_of_prices() == [(shopper.pk, Decimal("10.00"), Decimal("0.00"))]


def test_a_wish_without_a_choice_is_compared_with_what_is_in_stock() -> None:
    shirt, shopper = product(price="10.00", stock=[0, 1]), customer()
    sold_out, in_stock = shirt.variants.order_by("pk")
    update_variant(
        sold_out.pk, product_id=shirt.pk, changes={"price_modifier": Decimal("-5.00")}, by=SYSTEM, now=NOW
    )
    wish(shopper, shirt)
    update_variant(
        in_stock.pk, product_id=shirt.pk, changes={"price_modifier": Decimal("-4.00")}, by=SYSTEM, now=NOW
    )
    compare(shirt)
    assert told_of_prices() == [(shopper.pk, Decimal("10.00"), Decimal("6.00"))]
