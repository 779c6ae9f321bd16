"""The slots of recommendations over HTTP: where their products come from, and what they say about it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from analytics_pipeline.settings import PipelineSettings
from backend.accounts.models import User
from backend.api.owners import Owner, guest_with, new_cart_token
from backend.carts.models import Cart, CartItem
from backend.catalog.models import Category, Product, Variant
from backend.exposures import services as exposures
from backend.recommendations import categories
from ml.exploration import shown_order
from tests.analytics_pipeline import samples
from tests.backend.recommendations.shop import NOW, Entries, buy, products, publish
from tests.backend.shop import customer, seller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

SLOTS = ["product/{page}/together/", "cart/", "buy-again/", "trending/", "recent/", "search/?q=lamp"]
NAMES = ["together", "cart", "buy_again", "trending", "recent", "search"]


@pytest.fixture
def shop() -> list[Product]:
    return products(8, seller=seller())


@pytest.fixture
def exposed() -> Iterator[list[exposures.ShownList]]:
    recorded: list[exposures.ShownList] = []
    before = exposures._sink[0]
    exposures.register_sink(recorded.append)
    yield recorded
    exposures.register_sink(before)


def entries(listed: Sequence[Product]) -> Entries:
    return [(product.pk, 1.0 - place / 1_000, 0) for place, product in enumerate(listed)]


def view(key: UUID, *viewed: Product) -> None:
    """Record that the products were viewed, the first one last."""
    for age, product in enumerate(viewed):
        at = NOW - timedelta(minutes=age)
        samples.append_interactions(PipelineSettings.from_env(), key, products={product.pk: at})


def put_in_cart(owner: Owner, *added: Product) -> None:
    """Put the products into the cart, the first one last."""
    cart, _ = Cart.objects.get_or_create(**owner.columns())
    for age, product in enumerate(added):
        variant, at = Variant.objects.get(product=product), NOW - timedelta(minutes=age)
        CartItem.objects.create(cart=cart, variant=variant, quantity=1, added_at=at)


def data(path: str, *, account: User | None = None, headers: Mapping[str, str] | None = None) -> Any:
    api = APIClient()
    if account is not None:
        api.force_authenticate(account)
    response = api.get(f"/api/recommendations/{path}", headers=dict(headers or {}))
    assert response.status_code == 200, response.content
    return response.json()["data"]


def found(answer: Any) -> list[tuple[int, str]]:
    return [(row["id"], row["source"]) for row in answer["results"]]


def reasons(answer: Any) -> list[str]:
    return [row["reason"] for row in answer["results"]]


def test_what_is_bought_with_a_product_is_followed_by_similar_and_popular_products(
    shop: list[Product], tmp_path: Path
) -> None:
    page, with_it, near, alike = shop[7], *shop[:3]
    publish(
        tmp_path,
        {
            "product.together": {page.pk: entries([with_it])},
            "product.hybrid": {page.pk: entries([with_it, near])},
            "product.content_based": {page.pk: entries([near, alike])},
        },
    )

    answer = data(f"product/{page.pk}/together/?limit=4")

    assert found(answer) == [
        (with_it.pk, "together"),
        (near.pk, "similar"),
        (alike.pk, "content"),
        (shop[6].pk, "category"),
    ]
    assert reasons(answer) == [
        "Often bought with Lamp 7.",
        "Goes with Lamp 7.",
        "Similar to Lamp 7.",
        "Popular in Home.",
    ]
    assert [row["reason_code"] for row in answer["results"]] == ["together", "similar", "similar", "popular"]
    assert [row["because_product"] for row in answer["results"]] == [page.pk, page.pk, page.pk, None]
    assert (answer["slot"], answer["algorithm"], answer["requested_algorithm"]) == (("together",) * 3)
    assert answer["reason"] == "Based on what is bought in one order."


def test_without_orders_of_the_product_similar_products_are_shown_and_the_answer_says_so(
    shop: list[Product], tmp_path: Path
) -> None:
    publish(tmp_path, {"product.hybrid": {shop[7].pk: entries(shop[:1])}})

    answer = data(f"product/{shop[7].pk}/together/?limit=1")

    assert (found(answer), answer["algorithm"]) == ([(shop[0].pk, "similar")], "hybrid")
    assert "Not enough data for together yet." in answer["reason"]


def test_a_product_that_was_chosen_by_the_same_shoppers_says_so(shop: list[Product], tmp_path: Path) -> None:
    publish(tmp_path, {"product.collaborative": {shop[7].pk: entries(shop[:1])}})

    answer = data(f"product/{shop[7].pk}/?algorithm=collaborative&limit=1")

    assert reasons(answer) == ["Shoppers who chose Lamp 7 also chose this."]


def test_the_page_of_an_unlisted_product_has_a_list_for_its_seller_only(shop: list[Product]) -> None:
    Product.objects.filter(pk=shop[7].pk).update(is_active=False)
    path = f"product/{shop[7].pk}/together/"

    assert APIClient().get(f"/api/recommendations/{path}").status_code == 404
    assert data(path, account=shop[7].seller)["slot"] == "together"
    assert APIClient().get(f"/api/recommendations/product/{2**63}/together/").status_code == 404


def test_the_lines_of_the_cart_decide_what_is_shown_beside_it(shop: list[Product], tmp_path: Path) -> None:
    account, token = customer(), new_cart_token()
    lines, strong, weak, near, own = shop[5:7], *shop[:4]
    put_in_cart(Owner(user_id=account.pk), lines[0])
    put_in_cart(guest_with(token), lines[1])
    publish(
        tmp_path,
        {
            "product.together": {
                lines[0].pk: [(weak.pk, 0.5, 0), (strong.pk, 0.4, 0), (lines[1].pk, 0.9, 0)],
                lines[1].pk: [(strong.pk, 0.3, 0)],
            },
            "product.hybrid": {lines[1].pk: entries([near, strong])},
            "user.hybrid": {str(account.shopper_key): entries([strong, own])},
        },
    )

    answer = data("cart/?limit=4", account=account, headers={"X-Cart-Token": token})

    assert found(answer) == [
        (strong.pk, "together"),
        (weak.pk, "together"),
        (near.pk, "similar"),
        (own.pk, "own"),
    ]
    assert reasons(answer)[0] == "Often bought with Lamp 5."
    assert reasons(answer)[2] == "Goes with Lamp 6."


def test_a_guests_cart_has_recommendations_and_an_empty_one_popular_products(
    shop: list[Product], tmp_path: Path
) -> None:
    token = new_cart_token()
    publish(tmp_path, {"product.together": {shop[7].pk: entries(shop[:1])}})
    before = data("cart/?limit=1", headers={"X-Cart-Token": token})

    put_in_cart(guest_with(token), shop[7])
    after = data("cart/?limit=1", headers={"X-Cart-Token": token})

    assert found(before) == found(data("cart/?limit=1")) == [(shop[7].pk, "popular")]
    assert found(after) == [(shop[0].pk, "together")]


def test_the_ten_products_that_were_added_last_count(tmp_path: Path) -> None:
    account, shop = customer(), products(14, seller=seller())
    put_in_cart(Owner(user_id=account.pk), *shop[:11])
    publish(
        tmp_path,
        {"product.together": {shop[9].pk: entries(shop[12:13]), shop[10].pk: entries(shop[13:14])}},
    )

    answer = data("cart/?limit=2", account=account)

    assert found(answer) == [(shop[12].pk, "together"), (shop[13].pk, "popular")]


def test_products_to_buy_again_are_those_that_were_bought_and_the_list_may_be_short(
    shop: list[Product], tmp_path: Path
) -> None:
    account, bought, in_cart = customer(), shop[0], shop[1]
    buy(account, bought)
    put_in_cart(Owner(user_id=account.pk), in_cart)
    publish(tmp_path, {"user.buy_again": {str(account.shopper_key): entries([in_cart, bought])}})

    answer = data("buy-again/", account=account)

    assert found(answer) == [(bought.pk, "buy_again")]
    assert answer["results"][0]["reason_code"] == "buy_again"
    assert reasons(answer) == ["You have bought this before."]


def test_who_has_nothing_to_buy_again_gets_an_empty_list_that_is_not_stored(
    shop: list[Product], exposed: list[exposures.ShownList], tmp_path: Path
) -> None:
    publish(tmp_path, {"everyone.popularity": {"": entries(shop)}})

    for answer in (data("buy-again/"), data("buy-again/", account=customer())):
        assert (answer["results"], answer["exposure_id"], answer["degraded"]) == ([], None, False)
        assert answer["reason"] == "There is nothing to show yet."
    assert exposed == []


def test_trending_products_are_followed_by_popular_ones(shop: list[Product], tmp_path: Path) -> None:
    publish(
        tmp_path,
        {"everyone.trending": {"": entries(shop[:1])}, "everyone.popularity": {"": entries(shop[1:2])}},
    )

    answer = data("trending/?limit=3")

    assert found(answer) == [(shop[0].pk, "trending"), (shop[1].pk, "popular"), (shop[7].pk, "popular")]
    assert reasons(answer)[0] == "Bought by more shoppers than before."
    assert answer["algorithm"] == "trending"


def test_home_is_refilled_from_the_categories_viewed_last_then_trending_then_popular_products(
    tmp_path: Path,
) -> None:
    guest, shop = uuid4(), products(6, seller=seller())
    viewed, alike, risen, elsewhere = shop[:4]
    other = Category.objects.create(name="Garden", slug="garden", path="Garden")
    Product.objects.exclude(pk__in=[viewed.pk, alike.pk]).update(category=other)
    publish(
        tmp_path,
        {
            "everyone.trending": {"": entries([risen])},
            "everyone.popularity": {"": entries([risen, elsewhere])},
        },
    )
    view(guest, viewed)

    answer = data("user/?limit=3", headers={"X-Anonymous-Id": str(guest)})

    assert found(answer) == [(alike.pk, "category"), (risen.pk, "trending"), (elsewhere.pk, "popular")]
    assert reasons(answer)[0] == "Popular in Home."
    # Clients of earlier releases know these values only.
    assert {row["reason_code"] for row in answer["results"]} == {"popular"}
    assert answer["algorithm"] == "popularity"


def test_recently_viewed_products_are_listed_latest_first_also_if_they_were_bought(
    shop: list[Product],
) -> None:
    account = customer()
    view(account.shopper_key, *shop[:3])
    buy(account, shop[1])
    put_in_cart(Owner(user_id=account.pk), shop[2])

    answer = data("recent/", account=account)

    assert found(answer) == [(shop[0].pk, "recent"), (shop[1].pk, "recent")]
    assert [row["reason_code"] for row in answer["results"]] == ["viewed", "viewed"]
    assert (answer["algorithm"], answer["degraded"], answer["model_version"]) == ("recent", False, None)


def test_recently_viewed_products_of_who_does_not_consent_are_not_read(shop: list[Product]) -> None:
    guest = str(uuid4())
    view(UUID(guest), shop[0])

    denied = data("recent/", headers={"X-Anonymous-Id": guest, "X-Tracking-Consent": "denied"})

    assert found(data("recent/", headers={"X-Anonymous-Id": guest})) == [(shop[0].pk, "recent")]
    assert found(denied) == []


def test_a_search_without_a_result_shows_the_session_then_the_category_that_it_names(
    shop: list[Product], tmp_path: Path
) -> None:
    guest, viewed, near, kettle, teapot = uuid4(), *shop[:4]
    kitchen = Category.objects.create(name="Kitchen Things", slug="kitchen", path="Kitchen Things")
    below = Category.objects.create(name="Kettles", slug="kettles", path="Kitchen Things > Kettles")
    Product.objects.filter(pk=kettle.pk).update(category=below)
    Product.objects.filter(pk=teapot.pk).update(category=kitchen)
    publish(tmp_path, {"product.hybrid": {viewed.pk: entries([near])}})
    view(guest, viewed)

    def answer(query: str, limit: int) -> list[tuple[int, str]]:
        path = f"search/?q={query}&limit={limit}"
        return found(data(path, headers={"X-Anonymous-Id": str(guest)}))

    assert answer("blue kettle", 2) == [(near.pk, "session"), (kettle.pk, "category")]
    assert answer("KITCHEN thing xyz", 3) == [
        (near.pk, "session"),
        (teapot.pk, "category"),
        (kettle.pk, "category"),
    ]
    assert answer("thing", 2) == [(near.pk, "session"), (shop[7].pk, "popular")]


def test_a_category_is_found_by_a_name_with_letters_that_are_not_ascii(shop: list[Product]) -> None:
    lights = Category.objects.create(name="Éclairage", slug="eclairage", path="Éclairage")
    Product.objects.filter(pk=shop[0].pk).update(category=lights)

    assert found(data("search/?q=éclairage&limit=1")) == [(shop[0].pk, "category")]


def test_many_categories_of_the_names_in_a_query_take_a_bounded_statement(
    shop: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(categories, "MAX_NAMED", 2)
    paths = [
        "100% _wool",
        "Home > 100% _wool",
        "Home > Garden > 100% _wool",
        "100% xwool",
        "100% _wool > Socks",
    ]
    made = [
        Category.objects.create(name=path.rsplit(" > ")[-1], slug=f"c{place}", path=path)
        for place, path in enumerate(paths)
    ]
    for each, category in zip(shop, made, strict=False):
        Product.objects.filter(pk=each.pk).update(category=category)
    Category.objects.filter(pk__in=[one.pk for one in made]).update(name="Wool")
    Category.objects.filter(pk=made[4].pk).update(name="Socks")

    with CaptureQueriesContext(connection) as queries:
        chosen = {one.product_id for one in categories.popular_named("wool")}

    # The two with the shortest paths, and what is below them; % and _ stand for themselves.
    assert chosen == {shop[place].pk for place in (0, 3, 4)}
    assert len(queries) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "q"), ("q=", "q"), (f"q={'x' * 201}", "q"), ("q=a&algorithm=hybrid", "algorithm")],
)
def test_a_search_names_its_invalid_parameter(query: str, field: str) -> None:
    response = APIClient().get(f"/api/recommendations/search/?{query}")

    assert response.status_code == 400
    assert field in response.json()["details"]


def full(tmp_path: Path, shop: list[Product], account: User) -> None:
    """Publish lists for every slot; the account has viewed and put into the cart what is the page's."""
    page, key = shop[7].pk, str(account.shopper_key)
    publish(
        tmp_path,
        {
            "product.together": {page: entries(shop[:4])},
            "product.hybrid": {page: entries(shop[:4])},
            "user.hybrid": {key: entries(shop[:4])},
            "user.buy_again": {key: entries(shop[:4])},
            "everyone.trending": {"": entries(shop[:4])},
            "everyone.popularity": {"": entries(shop[:4])},
        },
    )
    view(account.shopper_key, shop[7], shop[5], shop[4])
    put_in_cart(Owner(user_id=account.pk), shop[7])


@pytest.mark.parametrize(
    ("path", "name", "statements"),
    list(zip(SLOTS, NAMES, [1, 2, 1, 1, 1, 1], strict=True)),
    ids=NAMES,
)
def test_each_slot_names_itself_and_its_sources_in_few_statements(
    shop: list[Product],
    exposed: list[exposures.ShownList],
    path: str,
    name: str,
    statements: int,
    tmp_path: Path,
) -> None:
    account = customer()
    full(tmp_path, shop, account)
    api = APIClient()
    api.force_authenticate(account)
    separator = "&" if "?" in path else "?"
    full_path = f"/api/recommendations/{path.format(page=shop[7].pk)}{separator}limit=1"

    with CaptureQueriesContext(connection) as queries:
        answer = api.get(full_path).json()["data"]

    assert answer["slot"] == name
    assert len(answer["results"]) == 1
    [shown] = exposed
    assert (shown.surface, shown.slot, shown.algorithm) == ("recommendations", name, answer["algorithm"])
    assert shown.sources == tuple(row["source"] for row in answer["results"])
    assert shown.query == ("lamp" if name == "search" else "")
    assert answer["exposure_id"] == str(shown.id)
    assert len(queries) == statements


@pytest.mark.parametrize("path", [path for path in SLOTS if "{" not in path], ids=NAMES[1:])
def test_every_slot_leaves_out_excluded_products(shop: list[Product], path: str, tmp_path: Path) -> None:
    account = customer()
    full(tmp_path, shop, account)
    separator = "&" if "?" in path else "?"

    before = data(f"{path}{separator}limit=2", account=account)
    excluded = before["results"][0]["id"]
    after = data(f"{path}{separator}limit=2&exclude={excluded}", account=account)

    assert excluded not in [row["id"] for row in after["results"]]
    assert after["results"][0]["id"] == before["results"][1]["id"]


def test_shuffled_lists_can_be_reproduced_and_are_stored_with_their_propensities(
    shop: list[Product], exposed: list[exposures.ShownList], settings: Any, tmp_path: Path
) -> None:
    publish(tmp_path, {"everyone.trending": {"": entries(shop[:4])}})
    by_rank = [product.pk for product in shop[:4]]
    data("trending/?limit=4")
    settings.RECOMMENDATION_EXPLORATION = 0.2

    answers = [data("trending/?limit=4") for _ in range(60)]

    assert exposed[0].propensities == ()
    for answer, shown in zip(answers, exposed[1:], strict=True):
        order = shown_order(4, share=0.2, seed=UUID(answer["exposure_id"]).int)
        assert [row["id"] for row in answer["results"]] == [by_rank[place] for place in order.places]
        assert shown.product_ids == tuple(row["id"] for row in answer["results"])
        assert shown.propensities == tuple(order.propensities)
    assert {shown.product_ids for shown in exposed[1:]} > {tuple(by_rank)}


def test_recently_viewed_products_are_never_shuffled(
    shop: list[Product], exposed: list[exposures.ShownList], settings: Any
) -> None:
    guest = uuid4()
    view(guest, *shop[:4])
    settings.RECOMMENDATION_EXPLORATION = 0.2

    for _ in range(3):
        answer = data("recent/", headers={"X-Anonymous-Id": str(guest)})
        assert [row["id"] for row in answer["results"]] == [product.pk for product in shop[:4]]
    assert {shown.propensities for shown in exposed} == {()}


@pytest.mark.parametrize("path", SLOTS, ids=NAMES)
def test_every_slot_is_open_to_guests_without_a_model(shop: list[Product], path: str) -> None:
    answer = data(path.format(page=shop[7].pk))

    assert bool(answer["results"]) == (path not in ("buy-again/", "recent/"))
