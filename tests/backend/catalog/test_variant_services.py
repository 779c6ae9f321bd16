"""Creating, changing and deleting variants."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from backend.api.errors import InvalidInput
from backend.catalog.errors import LastVariant, ProductNotFound, SkuTaken, VariantNotFound
from backend.catalog.models import Product, Variant
from backend.catalog.services import update_product
from backend.catalog.variant_services import NewVariant, create_variants, delete_variant, update_variant
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from tests.backend.catalog.test_services import new_product
from tests.backend.orders.steps import order_of
from tests.backend.shop import SYSTEM, customer, product
from tests.backend.together import kinds, together

D = Decimal


def prices(created: Product) -> dict[str, Decimal]:
    return dict(Variant.objects.filter(product=created).values_list("sku", "sale_price"))


def published(topic: Topic) -> list[str]:
    return list(Message.objects.filter(topic=topic).order_by("pk").values_list("key", flat=True))


@pytest.mark.django_db
def test_a_new_variant_has_its_own_discount_or_that_of_the_product() -> None:
    created = new_product(NewVariant(sku="A"), discount="10")
    Message.objects.all().delete()
    create_variants(
        created.pk,
        variants=[
            NewVariant(sku="B", price_modifier=D(10)),
            NewVariant(sku="C", discount_percentage=D(50)),
            NewVariant(sku="D", discount_percentage=D(0)),
        ],
        by=SYSTEM,
    )
    assert prices(created) == {"A": D(9), "B": D(18), "C": D(5), "D": D(10)}
    created.refresh_from_db()
    assert created.sale_price == D(5)
    assert published(Topic.PRODUCT) == [str(created.pk)]


@pytest.mark.django_db
def test_a_new_discount_of_the_product_does_not_change_those_of_its_variants() -> None:
    created = new_product(NewVariant(sku="A"), NewVariant(sku="B", discount_percentage=D(20)))
    update_product(created.pk, changes={"discount_percentage": D(50)}, by=SYSTEM)
    assert prices(created) == {"A": D(5), "B": D(8)}
    update_variant(
        created.variants.get(sku="B").pk,
        product_id=created.pk,
        changes={"discount_percentage": None},
        by=SYSTEM,
    )
    assert prices(created) == {"A": D(5), "B": D(5)}


@pytest.mark.django_db
def test_the_database_refuses_a_discount_that_is_not_a_percentage() -> None:
    created = new_product(NewVariant(sku="A"))
    for wrong in (D(-1), D(101)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Variant.objects.filter(product=created).update(discount_percentage=wrong)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "lowest"),
    [
        ({"is_active": False}, D(12)),
        ({"price_modifier": D(-3)}, D(7)),
        ({"discount_percentage": D(50)}, D(5)),
        ({"name": "small"}, D(10)),
    ],
)
def test_a_change_of_a_variant_changes_the_price_of_its_product(
    changes: dict[str, object], lowest: Decimal
) -> None:
    created = new_product(NewVariant(sku="A"), NewVariant(sku="B", price_modifier=D(2)))
    Message.objects.all().delete()
    update_variant(created.variants.get(sku="A").pk, product_id=created.pk, changes=changes, by=SYSTEM)
    created.refresh_from_db()
    assert created.sale_price == lowest
    assert set(published(Topic.PRODUCT)) == {str(created.pk)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"price_modifier": D(-11)}, {"price_modifier": D("0.001")}, {"price_modifier": D(10) ** 10}]
)
def test_a_price_that_cannot_be_stored_changes_nothing(changes: dict[str, object]) -> None:
    created = new_product(NewVariant(sku="A"))
    with pytest.raises(InvalidInput):
        update_variant(created.variants.get().pk, product_id=created.pk, changes=changes, by=SYSTEM)
    assert created.variants.get().price_modifier == 0


@pytest.mark.django_db
def test_a_sku_that_is_taken_is_refused_and_nothing_is_stored() -> None:
    created, other = new_product(NewVariant(sku="A")), product()
    variant_id = other.variants.get().pk
    with pytest.raises(SkuTaken) as refused:
        create_variants(other.pk, variants=[NewVariant(sku="B"), NewVariant(sku="A")], by=SYSTEM)
    assert refused.value.details == {"skus": ["A"]}
    with pytest.raises(SkuTaken):
        update_variant(variant_id, product_id=other.pk, changes={"sku": "A"}, by=SYSTEM)
    assert other.variants.count() == 1
    kept = update_variant(created.variants.get().pk, product_id=created.pk, changes={"sku": "A"}, by=SYSTEM)
    assert kept.sku == "A"


@pytest.mark.django_db
def test_a_variant_of_another_product_is_not_found() -> None:
    created, other = product(), product()
    variant_id = other.variants.get().pk
    with pytest.raises(VariantNotFound):
        update_variant(variant_id, product_id=created.pk, changes={"name": "x"}, by=SYSTEM)
    with pytest.raises(VariantNotFound):
        delete_variant(variant_id, product_id=created.pk, by=SYSTEM)
    with pytest.raises(ProductNotFound):
        delete_variant(variant_id, product_id=987_654, by=SYSTEM)


@pytest.mark.django_db
def test_a_variant_without_history_is_deleted_and_its_sku_can_be_reused() -> None:
    created = product(stock=[0, 5], price="10.00")
    empty = created.variants.earliest("pk")
    assert delete_variant(empty.pk, product_id=created.pk, by=SYSTEM) is False
    assert created.variants.count() == 1
    create_variants(created.pk, variants=[NewVariant(sku=empty.sku)], by=SYSTEM)


@pytest.mark.django_db
def test_a_variant_that_was_stocked_or_ordered_is_deactivated() -> None:
    created = product(stock=[3, 5])
    ordered, stocked = created.variants.order_by("pk")
    order = order_of(customer(), {ordered.pk: 1})
    assert delete_variant(ordered.pk, product_id=created.pk, by=SYSTEM) is True
    assert delete_variant(stocked.pk, product_id=created.pk, by=SYSTEM) is True
    assert set(created.variants.values_list("is_active", flat=True)) == {False}
    assert order.items.get().variant_id == ordered.pk


@pytest.mark.django_db
def test_the_only_variant_of_a_product_cannot_be_deleted() -> None:
    created = product(stock=0)
    with pytest.raises(LastVariant):
        delete_variant(created.variants.get().pk, product_id=created.pk, by=SYSTEM)
    assert created.variants.count() == 1


def _create(created: Product, *skus: str) -> Callable[[], object]:
    return partial(create_variants, created.pk, variants=[NewVariant(sku=sku) for sku in skus], by=SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_of_two_variants_created_concurrently_with_one_sku_one_is_refused() -> None:
    first, second = product(), product()
    outcomes = together(_create(first, "SAME"), _create(second, "SAME"))
    assert kinds(outcomes) == ["SkuTaken", "list"]
    assert Variant.objects.filter(sku="SAME").count() == 1


@pytest.mark.parametrize("attempt", range(4))
@pytest.mark.django_db(transaction=True)
def test_concurrent_creations_with_the_same_skus_in_different_order_do_not_deadlock(attempt: int) -> None:
    first, second = product(), product()
    skus = [f"S-{attempt}-{number}" for number in range(200)]
    outcomes = together(_create(first, *skus), _create(second, *reversed(skus)))
    assert kinds(outcomes) == ["SkuTaken", "list"]
    assert Variant.objects.filter(sku__in=skus).count() == 200


@pytest.mark.django_db(transaction=True)
def test_a_variant_that_is_ordered_while_it_is_deleted_is_kept_for_the_order() -> None:
    created = product(stock=[0, 5])
    ordered = created.variants.latest("pk")
    buyer = customer()
    together(
        lambda: order_of(buyer, {ordered.pk: 1}),
        lambda: delete_variant(ordered.pk, product_id=created.pk, by=SYSTEM),
    )
    ordered.refresh_from_db()
    assert ordered.is_active is False
