"""Creating, changing and deleting products, and categories by their names."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from backend.api.errors import DomainError, InvalidInput
from backend.catalog.categories import category_by_names, matching_categories
from backend.catalog.category_services import update_category
from backend.catalog.errors import ProductNotFound, SkuTaken
from backend.catalog.models import Category, Product, Variant
from backend.catalog.services import (
    create_product,
    delete_product,
    set_popularity,
    update_product,
)
from backend.catalog.subscribers import CategoryFanOut
from backend.catalog.variant_services import NewVariant
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.orders.steps import check_out, fill
from tests.backend.shop import NOW, SYSTEM, customer, product, seller, stock_of
from tests.backend.together import together

D = Decimal


def published_products() -> list[str]:
    return list(Message.objects.filter(topic="product").order_by("pk").values_list("key", flat=True))


def new_product(*variants: NewVariant, price: str = "10.00", discount: str = "0") -> Product:
    return create_product(
        title="A lamp",
        category=category_by_names(["Home"], by=SYSTEM),
        seller_id=seller().pk,
        price=D(price),
        currency="USD",
        variants=variants,
        now=NOW,
        discount_percentage=D(discount),
        by=SYSTEM,
    )


@pytest.mark.django_db
def test_a_product_has_the_price_of_its_cheapest_variant() -> None:
    created = new_product(NewVariant(sku="A", price_modifier=D(5)), NewVariant(sku="B"), discount="10")
    assert created.sale_price == D("9.00")
    assert list(created.variants.values_list("sku", "sale_price")) == [("A", D("13.50")), ("B", D("9.00"))]
    assert published_products() == [str(created.pk)]


@pytest.mark.django_db
def test_scripts_in_a_description_are_not_stored() -> None:
    hostile = "<p>Warm</p><script>alert(1)</script><img src=x onerror=alert(1)>"

    created = product(description=hostile)
    assert created.description == '<p>Warm</p><img src="x">'

    update_product(created.pk, changes={"description": "Fits 5 < 6 cm"}, by=SYSTEM)
    assert Product.objects.get(pk=created.pk).description == "Fits 5 < 6 cm"
    update_product(created.pk, changes={"description": f"Cold{hostile}"}, by=SYSTEM)
    assert Product.objects.get(pk=created.pk).description == 'Cold<p>Warm</p><img src="x">'


@pytest.mark.django_db
def test_a_product_needs_a_variant() -> None:
    with pytest.raises(InvalidInput) as refused:
        new_product()
    assert "variants" in refused.value.details


@pytest.mark.django_db
@pytest.mark.parametrize(("skus", "error"), [(["A", "A"], InvalidInput), (["A", "TAKEN"], SkuTaken)])
def test_skus_are_unique(skus: list[str], error: type[DomainError]) -> None:
    new_product(NewVariant(sku="TAKEN"))
    with pytest.raises(error) as refused:
        new_product(*[NewVariant(sku=sku) for sku in skus])
    assert refused.value.details.keys() & {"sku", "skus"}
    assert Product.objects.count() == 1


@pytest.mark.django_db
def test_a_negative_variant_price_is_refused() -> None:
    with pytest.raises(InvalidInput):
        new_product(NewVariant(sku="A", price_modifier=D(-11)))
    created = new_product(NewVariant(sku="A", price_modifier=D(-9)))
    with pytest.raises(InvalidInput):
        update_product(created.pk, changes={"price": D(8)}, by=SYSTEM)
    created.refresh_from_db()
    assert created.price == D(10)


@pytest.mark.django_db
def test_a_variant_price_beyond_the_column_is_refused() -> None:
    created = new_product(NewVariant(sku="A", price_modifier=D("0.01")))
    with pytest.raises(InvalidInput) as refused:
        update_product(created.pk, changes={"price": D("9999999999.99")}, by=SYSTEM)
    assert "price" in refused.value.details
    assert update_product(created.pk, changes={"price": D("9999999999.98")}, by=SYSTEM).sale_price == D(
        "9999999999.99"
    )


@pytest.mark.django_db
def test_a_new_price_changes_all_variants_and_the_lowest_active_price() -> None:
    created = new_product(NewVariant(sku="A"), NewVariant(sku="B", price_modifier=D(2)))
    Variant.objects.filter(sku="A").update(is_active=False)
    Message.objects.all().delete()
    changed = update_product(created.pk, changes={"price": D(20), "title": "Another lamp"}, by=SYSTEM)
    changed.refresh_from_db()
    assert (changed.sale_price, changed.slug) == (D(22), "another-lamp")
    assert list(created.variants.values_list("sale_price", flat=True)) == [D(20), D(22)]
    assert published_products() == [str(created.pk)]


@pytest.mark.django_db
def test_a_deleted_product_cannot_be_changed() -> None:
    created = product()
    Message.objects.all().delete()
    delete_product(created.pk, now=NOW, by=SYSTEM)
    assert published_products() == [str(created.pk)]
    assert not Product.objects.existing().exists()
    with pytest.raises(ProductNotFound):
        delete_product(created.pk, now=NOW, by=SYSTEM)
    with pytest.raises(ProductNotFound):
        update_product(created.pk, changes={"title": "Back"}, by=SYSTEM)


@pytest.mark.django_db
def test_the_database_refuses_invalid_prices_and_discounts() -> None:
    created = product()
    for wrong in ({"price": D(-1)}, {"sale_price": D(-1)}, {"discount_percentage": D(101)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Product.objects.filter(pk=created.pk).update(**wrong)


@pytest.mark.django_db
def test_only_changed_popularity_is_published() -> None:
    increased, unchanged, reset = product(), product(popularity=5), product(popularity=9)
    Message.objects.all().delete()
    assert set_popularity({increased.pk: 3, unchanged.pk: 5, 987_654: 1}, by=SYSTEM) == 2
    assert dict(Product.objects.values_list("pk", "popularity")) == {
        increased.pk: 3,
        unchanged.pk: 5,
        reset.pk: 0,
    }
    assert sorted(published_products()) == sorted([str(increased.pk), str(reset.pk)])


@pytest.mark.django_db
def test_a_category_is_created_once_with_its_ancestors() -> None:
    lamps = category_by_names(["Home", " Lighting ", "Lamps"], by=SYSTEM)
    assert (lamps.path, lamps.depth, lamps.name, lamps.slug) == (
        "Home > Lighting > Lamps",
        2,
        "Lamps",
        "home-lighting-lamps",
    )
    assert category_by_names(["Home", "Lighting", "Lamps"], by=SYSTEM).pk == lamps.pk
    assert Category.objects.count() == 3
    assert lamps.parent is not None
    assert lamps.parent.names == ["Home", "Lighting"]


@pytest.mark.django_db
def test_slugs_of_categories_are_made_unique() -> None:
    slugs = {
        category_by_names([name], by=SYSTEM).slug for name in ("Home & Garden", "Home Garden", "Home-Garden")
    }
    assert slugs == {"home-garden", "home-garden-2", "home-garden-3"}


@pytest.mark.django_db
@pytest.mark.parametrize("names", [[], [""], ["Home", " "], ["Home > Lamps"]])
def test_a_category_needs_valid_names(names: list[str]) -> None:
    with pytest.raises(InvalidInput):
        category_by_names(names, by=SYSTEM)


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["Lamps", "lamps", "home-lamps", "Home > Lamps", "home > lamps"])
def test_a_category_is_found_by_name_slug_or_path_in_any_case(value: str) -> None:
    lamps = category_by_names(["Home", "Lamps"], by=SYSTEM)
    category_by_names(["Home", "Lampshades"], by=SYSTEM)
    assert matching_categories(value) == [lamps]


@pytest.mark.django_db
def test_renaming_a_category_changes_the_paths_of_its_descendants() -> None:
    lamps = category_by_names(["Home", "Lamps", "Desk"], by=SYSTEM)
    category_by_names(["Home", "Lampshades"], by=SYSTEM)
    middle = category_by_names(["Home", "Lamps"], by=SYSTEM)
    Message.objects.all().delete()
    update_category(middle.pk, changes={"name": " Lights "}, by=SYSTEM)
    lamps.refresh_from_db()
    assert lamps.path == "Home > Lights > Desk"
    assert Category.objects.filter(path="Home > Lampshades").exists()
    assert Message.objects.filter(topic="category", key=str(middle.pk)).count() == 1


@pytest.mark.django_db
def test_categories_that_differ_in_case_are_different() -> None:
    lower = category_by_names(["home", "lamps"], by=SYSTEM)
    upper = category_by_names(["HOME"], by=SYSTEM)
    update_category(upper.pk, changes={"name": "House"}, by=SYSTEM)
    lower.refresh_from_db()
    assert lower.path == "home > lamps"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "  ", "A > B", "Garden"])
def test_a_category_cannot_be_renamed_to_an_invalid_or_taken_name(name: str) -> None:
    category_by_names(["Garden"], by=SYSTEM)
    home = category_by_names(["Home"], by=SYSTEM)
    with pytest.raises(InvalidInput):
        update_category(home.pk, changes={"name": name}, by=SYSTEM)
    home.refresh_from_db()
    assert home.path == "Home"


@pytest.mark.django_db
def test_a_changed_category_publishes_the_products_of_its_descendants() -> None:
    desk, shade = product(category=("Home", "Lamps", "Desk")), product(category=("Home", "Lampshades"))
    root, deleted = product(category=("Home", "Lamps")), product(category=("Home", "Lamps"))
    delete_product(deleted.pk, now=NOW, by=SYSTEM)
    Message.objects.all().delete()
    lamps = category_by_names(["Home", "Lamps"], by=SYSTEM)
    CategoryFanOut().handle([Notice(Topic.CATEGORY, str(lamps.pk)), Notice(Topic.CATEGORY, "987654")])
    assert sorted(published_products()) == sorted([str(desk.pk), str(root.pk)])
    assert str(shade.pk) not in published_products()


@pytest.mark.django_db(transaction=True)
def test_price_changes_and_checkouts_do_not_block_each_other() -> None:
    shirt = product(stock=[50, 50])
    choices = list(shirt.variants.all())
    users = [customer(), customer()]

    def buy(index: int) -> None:
        for _ in range(8):
            fill(users[index], {choice.pk: 1 for choice in choices})
            order = check_out(users[index])
            prices = {item.unit_price for item in order.items.all()}
            assert len(prices) == 1, "both variants are sold at prices of the same time"

    def reprice() -> None:
        for price in range(10, 26):
            update_product(shirt.pk, changes={"price": D(price)}, by=SYSTEM)

    assert together(partial(buy, 0), partial(buy, 1), reprice) == [None] * 3
    assert [stock_of(choice.pk) for choice in choices] == [(50, 16), (50, 16)]


@pytest.mark.django_db(transaction=True)
def test_concurrent_imports_create_a_category_once() -> None:
    outcomes = together(*[lambda: category_by_names(["Home", "Lamps", "Desk"], by=SYSTEM).pk] * 3)
    assert len(set(outcomes)) == 1
    assert Category.objects.count() == 3
