"""How a stored document differs from the one that the database gives."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from indexing.document import ProductDocument
from indexing.parity import Difference, DifferenceKind, difference
from indexing.schema import EARLIEST_VERSION, VERSION
from tests.indexing import schemas
from tests.indexing.builders import NOW, product, variant

LAMP = schemas.lamp()


def found(
    expected: ProductDocument | None, stored: ProductDocument | None, version: int = VERSION
) -> Difference | None:
    return difference(7, expected=expected, stored=stored, schema_version=version)


def changed(**values: Any) -> ProductDocument:
    return msgspec.structs.replace(LAMP, **values)


@pytest.mark.parametrize(
    "stored",
    [
        LAMP,
        msgspec.json.decode(msgspec.json.encode(LAMP), type=ProductDocument),
        changed(price=Decimal("19.9900")),
        changed(attributes=dict(reversed({**LAMP.attributes}.items()))),
    ],
)
def test_equal_documents_do_not_differ(stored: ProductDocument) -> None:
    assert found(LAMP, stored) is None
    assert found(None, None) is None


def test_a_product_is_missing_or_superfluous() -> None:
    assert found(LAMP, None) == Difference(7, DifferenceKind.MISSING)
    assert found(None, LAMP) == Difference(7, DifferenceKind.SUPERFLUOUS)


@pytest.mark.parametrize("version", [VERSION, EARLIEST_VERSION])
@pytest.mark.parametrize(
    ("stored", "fields"),
    [
        (changed(title="Lamp"), ("title",)),
        (changed(price=Decimal("19.98"), sale_price=Decimal("19.98")), ("price", "sale_price")),
        (changed(updated_at=NOW.replace(microsecond=1)), ("updated_at",)),
        (changed(categories=LAMP.categories[:1]), ("categories",)),
        (changed(variants=LAMP.variants[:1]), ("variants",)),
        (changed(variants=(LAMP.variants[0], variant(72, size="L", available=1))), ("variants",)),
        (changed(thumbnail_url="/other.jpg"), ("thumbnail_url",)),
    ],
)
def test_the_fields_that_differ_are_named(
    stored: ProductDocument, fields: tuple[str, ...], version: int
) -> None:
    assert found(LAMP, stored, version) == Difference(7, DifferenceKind.DIFFERENT, fields)


def test_in_the_previous_schema_version_a_default_may_be_a_field_that_was_not_there() -> None:
    expected = product(
        7, thumbnail_url="/a.jpg", variants=(msgspec.structs.replace(variant(1), image_url="/b.jpg"),)
    )
    stored = product(7, variants=(variant(1),))

    assert found(expected, stored, EARLIEST_VERSION) is None
    assert found(expected, stored) == Difference(7, DifferenceKind.DIFFERENT, ("variants", "thumbnail_url"))
