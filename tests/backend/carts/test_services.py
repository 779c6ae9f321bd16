"""The contents of carts, and the exposures that cart lines claim."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.api.owners import Owner
from backend.carts.errors import MAX_LINES, CartFull, CartItemNotFound, CurrencyMismatch
from backend.carts.models import CartItem
from backend.carts.selectors import cart_contents
from backend.carts.services import Claim, add_item, change_quantity, remove_item
from backend.catalog.errors import VariantNotFound
from backend.catalog.models import Product, Variant
from backend.catalog.services import create_product, delete_product, update_product
from backend.catalog.variant_services import NewVariant
from backend.inventory.errors import InsufficientStock
from backend.inventory.reservations import reserve
from tests.backend.shop import NOW, SYSTEM, customer, product, receive, variant
from tests.backend.together import together

LATER = NOW + timedelta(minutes=5)


def add(
    user: User, choice: Variant, *, quantity: int = 1, exposure_id: UUID | None = None, at: object = NOW
) -> CartItem:
    claim = Claim(exposure_id=exposure_id, shopper_key=user.shopper_key, added_at=at)  # type: ignore[arg-type]
    return add_item(
        Owner(user_id=user.pk), product_id=None, variant_id=choice.pk, quantity=quantity, claim=claim
    )


@pytest.mark.django_db
def test_adding_the_same_variant_again_increases_the_quantity() -> None:
    user, lamp = customer(), variant(stock=5)
    assert add(user, lamp, quantity=2).pk == add(user, lamp, quantity=3).pk
    assert [line.item.quantity for line in cart_contents(Owner(user_id=user.pk)).lines] == [5]


@pytest.mark.django_db
def test_the_claim_is_that_of_the_last_add_with_an_exposure_id() -> None:
    user, lamp, first, second = customer(), variant(), uuid4(), uuid4()
    add(user, lamp, exposure_id=first, at=NOW)
    item = add(user, lamp, exposure_id=second, at=LATER)
    assert (item.exposure_id, item.added_at, item.shopper_key) == (second, LATER, user.shopper_key)


@pytest.mark.django_db
def test_an_add_without_an_exposure_id_keeps_the_claim() -> None:
    user, lamp, shown = customer(), variant(), uuid4()
    add(user, lamp, exposure_id=shown, at=NOW)
    item = add(user, lamp, at=LATER)
    assert (item.exposure_id, item.added_at) == (shown, NOW)


@pytest.mark.django_db
def test_changing_the_quantity_keeps_the_claim() -> None:
    user, lamp, shown = customer(), variant(), uuid4()
    added = add(user, lamp, exposure_id=shown)
    change_quantity(Owner(user_id=user.pk), item_id=added.pk, quantity=7, now=LATER)
    added.refresh_from_db()
    assert (added.quantity, added.exposure_id, added.added_at) == (7, shown, NOW)


@pytest.mark.django_db
def test_a_cart_shows_current_prices() -> None:
    user, lamp = customer(), variant(price="10.00")
    add(user, lamp, quantity=3)
    update_product(lamp.product_id, changes={"discount_percentage": 50}, by=SYSTEM)
    contents = cart_contents(Owner(user_id=user.pk))
    assert (contents.lines[0].unit_price, contents.subtotal) == (Decimal(5), Decimal(15))


@pytest.mark.django_db
def test_more_units_than_are_available_cannot_be_added() -> None:
    user, lamp = customer(), variant(stock=5)
    reserve({lamp.pk: 2}, reference="another's order", now=NOW)
    add(user, lamp, quantity=2)
    with pytest.raises(InsufficientStock):
        add(user, lamp, quantity=2)
    assert [line.item.quantity for line in cart_contents(Owner(user_id=user.pk)).lines] == [2]


@pytest.mark.django_db
def test_lines_that_cannot_be_ordered_have_a_problem_and_do_not_count() -> None:
    user = customer()
    deleted, scarce, available, hidden, other_currency = (variant(stock=5, price="10.00") for _ in range(5))
    for choice in (deleted, scarce, available, hidden, other_currency):
        add(user, choice, quantity=2)
    delete_product(deleted.product_id, now=NOW, by=SYSTEM)
    reserve({scarce.pk: 4}, reference="another's order", now=NOW)
    Variant.objects.filter(pk=hidden.pk).update(is_active=False)
    Product.objects.filter(pk=other_currency.product_id).update(currency="EUR")
    contents = cart_contents(Owner(user_id=user.pk))
    assert [line.problem for line in contents.lines] == [
        "not_for_sale",
        "insufficient_stock",
        None,
        "not_for_sale",
        "other_currency",
    ]
    assert (contents.units, contents.subtotal, contents.currency) == (2, Decimal(20), "USD")


@pytest.mark.django_db
def test_a_cart_has_one_currency() -> None:
    user = customer()
    add(user, variant(currency="USD"))
    with pytest.raises(CurrencyMismatch) as refused:
        add(user, variant(currency="EUR"))
    assert refused.value.details == {"cart_currency": "USD", "product_currency": "EUR"}


@pytest.mark.django_db
@pytest.mark.parametrize("hidden", ["product", "variant"])
def test_a_product_or_variant_that_is_not_for_sale_cannot_be_added(hidden: str) -> None:
    lamp = variant()
    if hidden == "product":
        update_product(lamp.product_id, changes={"is_active": False}, by=SYSTEM)
    else:
        Variant.objects.filter(pk=lamp.pk).update(is_active=False)
    with pytest.raises(VariantNotFound):
        add(customer(), lamp)


@pytest.mark.django_db
def test_the_number_of_lines_is_limited(settings: Settings) -> None:
    settings.CUSTOMER_UNIT_LIMIT = 1_000
    user, lamp = customer(), product()
    shirt = create_product(
        title="A shirt",
        category=lamp.category,
        seller_id=lamp.seller_id,
        price=lamp.price,
        currency="USD",
        variants=[NewVariant(sku=f"SHIRT-{number}") for number in range(MAX_LINES + 1)],
        now=NOW,
        by=SYSTEM,
    )
    choices = list(shirt.variants.all())
    receive({choice.pk: 2 for choice in choices})
    first = add(user, choices[0])
    CartItem.objects.bulk_create(
        CartItem(cart=first.cart, variant=choice, quantity=1, added_at=NOW) for choice in choices[1:MAX_LINES]
    )
    with pytest.raises(CartFull):
        add(user, choices[MAX_LINES])
    assert add(user, choices[0]).quantity == 2


@pytest.mark.django_db
def test_the_number_of_units_in_a_line_is_limited(settings: Settings) -> None:
    settings.CUSTOMER_UNIT_LIMIT = 20_000
    user, screw = customer(), variant(stock=20_000)
    add(user, screw, quantity=9_999)
    with pytest.raises(InvalidInput) as refused:
        add(user, screw, quantity=1)
    assert "quantity" in refused.value.details


@pytest.mark.django_db
def test_another_customers_lines_cannot_be_changed() -> None:
    owner, other = customer(), customer()
    item = add(owner, variant())
    add(other, variant())
    with pytest.raises(CartItemNotFound):
        change_quantity(Owner(user_id=other.pk), item_id=item.pk, quantity=2, now=NOW)
    with pytest.raises(CartItemNotFound):
        remove_item(Owner(user_id=other.pk), item_id=item.pk, now=NOW)
    assert cart_contents(Owner(user_id=owner.pk)).units == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_adds_are_all_counted() -> None:
    user, lamp = customer(), variant(stock=10)
    outcomes = together(*[lambda: add(user, lamp).pk] * 4)
    assert len(set(outcomes)) == 1
    assert cart_contents(Owner(user_id=user.pk)).units == 4
