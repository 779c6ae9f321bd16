"""Documents of products, made from database rows."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.catalog.models import Product, Variant
from backend.catalog.services import delete_product
from backend.search.projection import project, scan
from backend.search.versions import draw
from indexing.document import ProductDocument
from indexing.engine import DeleteDocument, PutDocument
from tests.backend.shop import NOW, SYSTEM, product

pytestmark = pytest.mark.django_db


def document_of(row: Product) -> ProductDocument:
    (write,) = project([row.pk])
    assert isinstance(write, PutDocument)
    return write.document


def test_a_document_has_the_fields_of_a_product() -> None:
    lamp = product(
        "Brass lamp",
        price="20.00",
        stock=[3, 0],
        category=("Home", "Light", "Lamps"),
        brand="Lumen",
        attributes={"material": "brass", "weight": 2, "colour": ""},
        image_urls=["https://example.org/a.jpg"],
        featured_product=True,
    )
    Variant.objects.filter(stock=0).update(attributes={"size": "L"})

    document = document_of(lamp)

    assert (document.title, document.brand, document.price) == ("Brass lamp", "Lumen", Decimal("20.00"))
    assert [each.path for each in document.categories] == ["Home", "Home > Light", "Home > Light > Lamps"]
    assert document.attributes == {"material": "brass", "weight": "2"}
    assert [(each.available, each.attributes) for each in document.variants] == [(3, {}), (0, {"size": "L"})]
    assert document.in_stock
    assert document.featured_product
    assert document.created_at == NOW


def test_a_document_has_no_inactive_variants() -> None:
    lamp = product(stock=[5, 5])
    Variant.objects.filter(product=lamp).update(is_active=False)

    assert document_of(lamp).variants == ()
    assert not document_of(lamp).in_stock


def test_products_that_are_not_listed_are_deleted_from_the_index() -> None:
    hidden, deleted = product(is_active=False), product()
    delete_product(deleted.pk, now=NOW, by=SYSTEM)

    writes = project([hidden.pk, deleted.pk, 999_999])

    assert [type(write) for write in writes] == [DeleteDocument, DeleteDocument, DeleteDocument]


def test_the_number_of_queries_does_not_grow_with_the_number_of_products() -> None:
    first = product(category=("A",))
    rest = [product(category=("B", f"C{number}", "D"), stock=[1, 2, 3]) for number in range(8)]

    with CaptureQueriesContext(connection) as few:
        project([first.pk])
    with CaptureQueriesContext(connection) as many:
        project([first.pk, *(each.pk for each in rest)])

    assert len(many) == len(few)


def test_a_later_projection_has_a_higher_version() -> None:
    lamp = product()

    (earlier,), (later,) = project([lamp.pk]), project([lamp.pk])

    assert later.version > earlier.version


@pytest.mark.django_db(transaction=True)
def test_drawing_a_version_in_a_transaction_is_refused() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        draw()


def test_a_scan_yields_every_listed_product_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.search.projection.SCAN_BATCH", 2)
    listed = {product().pk for _ in range(5)}
    product(is_active=False)

    batches = list(scan())

    assert sorted(write.product_id for batch in batches for write in batch) == sorted(listed)
    assert [len(batch) for batch in batches] == [2, 2, 1]
