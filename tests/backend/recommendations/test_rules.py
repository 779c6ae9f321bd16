"""Which products a list leaves out, and what fills it where stock is thin."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from analytics_pipeline.settings import PipelineSettings
from backend.accounts.models import User
from backend.api.owners import Owner, guest_with, new_cart_token
from backend.carts.models import Cart, CartItem
from backend.catalog.models import Category, Product, Variant
from backend.recommendations import rules
from tests.analytics_pipeline import samples
from tests.backend.recommendations.shop import NOW, buy, products
from tests.backend.recommendations.shop import publish as publish_lists
from tests.backend.shop import customer, seller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

ALGORITHMS = ("collaborative", "content_based", "hybrid")


@pytest.fixture
def shop() -> list[Product]:
    return products(8, seller=seller())


def entries(listed: Sequence[Product]) -> list[tuple[int, float, int]]:
    return [(product.pk, 1.0 - place / 1_000, 0) for place, product in enumerate(listed)]


def publish(tmp_path: Path, **lists: Any) -> None:
    publish_lists(tmp_path, {name.replace("__", "."): each for name, each in lists.items()})


def put_in_cart(owner: Owner, product: Product) -> None:
    cart = Cart.objects.create(**owner.columns())
    variant = Variant.objects.get(product=product)
    CartItem.objects.create(cart=cart, variant=variant, quantity=1, added_at=NOW)


def sell(user: User, product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(seller=user)


def data(path: str, *, account: User | None = None, headers: Mapping[str, str] | None = None) -> Any:
    api = APIClient()
    if account is not None:
        api.force_authenticate(account)
    response = api.get(f"/api/recommendations/{path}", headers=dict(headers or {}))
    assert response.status_code == 200, response.content
    return response.json()["data"]


def ids(found: Any) -> list[int]:
    return [row["id"] for row in found["results"]]


@pytest.mark.parametrize("page", ["user/", "product/{last}/"])
@pytest.mark.parametrize(
    "hide",
    [
        pytest.param(lambda user, product: put_in_cart(Owner(user_id=user.pk), product), id="in the cart"),
        pytest.param(buy, id="bought"),
        pytest.param(sell, id="own"),
    ],
)
@pytest.mark.parametrize("listed", [True, False], ids=["published", "popular in the catalogue"])
def test_what_the_account_needs_no_more_is_left_out(
    shop: list[Product], page: str, hide: Callable[[User, Product], None], listed: bool, tmp_path: Path
) -> None:
    account, *others = customer(), *shop[:7]
    path = f"{page.format(last=shop[7].pk)}?limit=50"
    if listed:
        key = str(account.shopper_key)
        publish(tmp_path, user__hybrid={key: entries(shop)}, product__hybrid={shop[7].pk: entries(shop)})
    before = ids(data(path, account=account))

    hide(account, shop[2])
    after = ids(data(path, account=account))

    assert {product.pk for product in others} <= set(before)
    assert after == [product for product in before if product != shop[2].pk]
    assert shop[2].pk in ids(data(path, account=customer()))


@pytest.mark.parametrize("page", ["user/", "product/{last}/"])
def test_what_is_in_a_guests_cart_is_left_out(shop: list[Product], page: str) -> None:
    token, path = new_cart_token(), page.format(last=shop[7].pk)
    put_in_cart(guest_with(token), shop[2])

    assert shop[2].pk in ids(data(path))
    assert shop[2].pk not in ids(data(path, headers={"X-Cart-Token": token}))
    assert shop[2].pk not in ids(data(path, account=customer(), headers={"X-Cart-Token": token}))


@pytest.mark.parametrize("page", ["user/", "product/{last}/"])
def test_excluded_products_are_left_out(shop: list[Product], page: str, tmp_path: Path) -> None:
    publish(tmp_path, product__hybrid={shop[7].pk: entries(shop[:2])})
    path, excluded = page.format(last=shop[7].pk), [shop[number].pk for number in (0, 3, 5)]
    query = "&".join(f"exclude={product}" for product in excluded)

    assert set(excluded) < set(ids(data(path)))
    assert set(ids(data(f"{path}?{query}"))) == set(ids(data(path))) - set(excluded)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("page", ["user/", "product/{last}/"])
def test_a_list_is_full_where_one_product_in_twenty_is_in_stock(
    page: str, algorithm: str, tmp_path: Path
) -> None:
    account, shop = customer(), products(220, seller=seller())
    available = {product.pk for product in shop[::20]}
    Variant.objects.exclude(product__in=available).update(stock=0)
    publish(
        tmp_path,
        **{f"user__{name}": {str(account.shopper_key): entries(shop[:50])} for name in ALGORITHMS},
        **{f"product__{name}": {shop[219].pk: entries(shop[:50])} for name in ALGORITHMS[::2]},
        product__content_based={shop[219].pk: entries(shop[60:90])},
        everyone__popularity={"": entries(shop[100:150])},
    )

    found = data(f"{page.format(last=shop[219].pk)}?algorithm={algorithm}", account=account)

    assert len(ids(found)) == len(set(ids(found))) == 10
    assert set(ids(found)) <= available
    counted = Counter(row["source"] for row in found["results"])
    assert found["filled_from"] == [
        {"source": source, "products": products} for source, products in counted.items()
    ]
    assert list(counted)[-1] == ("popular" if page == "user/" else "category")
    scores = [row["score"] for row in found["results"]]
    assert scores == sorted(scores, reverse=True)


def test_the_sources_follow_one_another(shop: list[Product], tmp_path: Path) -> None:
    page, elsewhere = shop[7], shop[4]
    other = Category.objects.create(name="Garden", slug="garden", path="Garden")
    Product.objects.filter(pk__in=[product.pk for product in shop[2:5]]).update(category=other)
    Variant.objects.filter(product=shop[3]).update(stock=0)
    publish(
        tmp_path,
        product__hybrid={page.pk: entries([shop[0]])},
        product__content_based={page.pk: entries([shop[0], shop[1]])},
        everyone__popularity={"": entries([shop[1], elsewhere])},
    )

    found = data(f"product/{page.pk}/?limit=5")

    assert [(row["id"], row["source"]) for row in found["results"]] == [
        (shop[0].pk, "similar"),
        (shop[1].pk, "content"),
        (shop[6].pk, "category"),
        (shop[5].pk, "category"),
        (elsewhere.pk, "popular"),
    ]
    assert [row["reason_code"] for row in found["results"]] == ["similar"] * 2 + ["popular"] * 3
    assert found["filled_from"] == [
        {"source": "similar", "products": 1},
        {"source": "content", "products": 1},
        {"source": "category", "products": 2},
        {"source": "popular", "products": 1},
    ]


def test_candidates_of_the_second_round_are_shown_before_popular_products(
    shop: list[Product], tmp_path: Path
) -> None:
    sold_out = products(15, seller=shop[0].seller, name="Fan")
    Variant.objects.filter(product__in=sold_out).update(stock=0)
    publish(tmp_path, product__hybrid={shop[7].pk: entries([*sold_out, shop[0]])})

    found = data(f"product/{shop[7].pk}/?limit=1")

    assert [(row["id"], row["source"]) for row in found["results"]] == [(shop[0].pk, "similar")]


def test_a_popular_product_that_is_left_out_is_replaced(shop: list[Product]) -> None:
    account = customer()
    put_in_cart(Owner(user_id=account.pk), shop[7])
    sell(account, shop[6])

    assert ids(data("user/?limit=2", account=account)) == [shop[5].pk, shop[4].pk]


def test_views_of_products_without_a_list_dont_take_the_place_of_others(
    shop: list[Product], tmp_path: Path
) -> None:
    guest = uuid4()
    publish(tmp_path, product__hybrid={shop[0].pk: entries([shop[1]])})
    unknown = range(10**6, 10**6 + 15)
    samples.append_interactions(PipelineSettings.from_env(), guest, products={shop[0].pk: NOW})
    samples.append_interactions(
        PipelineSettings.from_env(), guest, products=dict.fromkeys(unknown, NOW.replace(hour=13))
    )

    found = data("user/?limit=1", headers={"X-Anonymous-Id": str(guest)})

    assert [(row["id"], row["source"]) for row in found["results"]] == [(shop[1].pk, "session")]


def test_a_product_sold_out_everywhere_is_shown_only_if_nothing_is_in_stock(
    shop: list[Product], tmp_path: Path
) -> None:
    publish(tmp_path, product__hybrid={shop[7].pk: entries(shop[:3])})
    Variant.objects.exclude(product=shop[5]).update(stock=0)

    one = data(f"product/{shop[7].pk}/?limit=3")
    Variant.objects.update(stock=0)
    none = data(f"product/{shop[7].pk}/?limit=3")

    assert ids(one) == [shop[5].pk]
    assert ids(none) == [product.pk for product in shop[:3]]


def test_the_page_of_an_unlisted_product_has_a_list_for_its_seller_only(shop: list[Product]) -> None:
    Product.objects.filter(pk=shop[7].pk).update(is_active=False)

    assert APIClient().get(f"/api/recommendations/product/{shop[7].pk}/").status_code == 404
    Product.objects.exclude(pk=shop[7].pk).update(seller=seller())
    assert len(ids(data(f"product/{shop[7].pk}/", account=shop[7].seller))) == 7


@pytest.mark.parametrize("product", [10**9, 2**63, 10**30])
def test_there_is_no_list_for_a_product_that_doesnt_exist(product: int) -> None:
    assert APIClient().get(f"/api/recommendations/product/{product}/").status_code == 404


def test_only_the_most_popular_products_are_searched_for_stock(
    shop: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_SCANNED", 3)

    assert ids(data("user/")) == [product.pk for product in reversed(shop[-3:])]
