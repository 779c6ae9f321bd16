"""Who may see a product is decided by one rule for pages, images, variants and changes."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from backend.accounts.models import User
from backend.catalog import selectors
from backend.catalog.errors import NotYourProduct, ProductNotFound
from backend.catalog.models import Product
from backend.catalog.pages import product_images, product_page
from tests.backend import shop

pytestmark = pytest.mark.django_db

READERS: list[Callable[..., object]] = [
    product_page,
    product_images,
    selectors.product_for,
    selectors.variants_of,
]


@pytest.fixture
def owner() -> User:
    return shop.seller()


@pytest.fixture(params=["guest", "customer", "other seller", "seller", "staff"])
def user(request: pytest.FixtureRequest, owner: User) -> User | AnonymousUser:
    users: dict[str, Callable[[], User | AnonymousUser]] = {
        "guest": AnonymousUser,
        "customer": shop.customer,
        "other seller": shop.seller,
        "seller": lambda: owner,
        "staff": shop.staff,
    }
    return users[request.param]()


def may_change(user: User | AnonymousUser, product: Product) -> bool:
    return isinstance(user, User) and (user.is_admin or user == product.seller)


@pytest.mark.parametrize("read", READERS)
def test_an_active_product_is_visible_to_all_and_an_inactive_one_to_its_seller_and_staff(
    user: User | AnonymousUser, owner: User, read: Callable[..., object]
) -> None:
    active, inactive = shop.product(sold_by=owner), shop.product(sold_by=owner, is_active=False)

    assert read(active.pk, user=user) is not None
    if may_change(user, inactive):
        assert read(inactive.pk, user=user) is not None
        return
    with pytest.raises(ProductNotFound):
        read(inactive.pk, user=user)


@pytest.mark.parametrize("read", [*READERS, selectors.require_changeable])
def test_a_deleted_product_is_not_visible(
    user: User | AnonymousUser, owner: User, read: Callable[..., object]
) -> None:
    product = shop.product(sold_by=owner)
    Product.objects.filter(pk=product.pk).update(deleted_at=timezone.now())

    with pytest.raises(ProductNotFound):
        read(product.pk, user=user)


def test_changing_a_visible_product_is_refused_with_another_error(
    user: User | AnonymousUser, owner: User
) -> None:
    active, inactive = shop.product(sold_by=owner), shop.product(sold_by=owner, is_active=False)

    for product, refused in ((active, NotYourProduct), (inactive, ProductNotFound)):
        if may_change(user, product):
            selectors.require_changeable(product.pk, user=user)
            continue
        with pytest.raises(refused):
            selectors.require_changeable(product.pk, user=user)
