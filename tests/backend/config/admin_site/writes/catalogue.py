"""Writes of the catalogue."""

from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from backend.accounts.models import User, UserType
from backend.catalog.categories import category_by_names
from backend.catalog.images.models import ProductImage
from backend.catalog.images.services import add_image
from backend.catalog.models import Category, Product
from tests.backend.config.admin_site.writes.write import GONE, Values, Write, values
from tests.backend.shop import NOW, SYSTEM, product


def _picture(colour: str = "teal") -> bytes:
    file = BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, "PNG")
    return file.getvalue()


def _new_product(_: Path) -> None:
    User.objects.create_user("+16502530077", user_type=UserType.SELLER)
    category_by_names(["Home"], by=SYSTEM)


def _fields_of_a_product(_: object) -> Values:
    return {
        "title": "A lamp",
        "category": str(Category.objects.get(path="Home").pk),
        "attributes": "{}",
        "price": "10",
        "currency": "EUR",
        "discount_percentage": "0",
        "tax_class": "standard",
        "seller_phone": "+16502530077",
        "sku": "L-1",
        "is_active": "on",
    }


def _with_image(_: Path) -> Product:
    lamp = product()
    add_image(lamp.pk, data=_picture(), alt="A lamp", by=SYSTEM, now=NOW)
    return lamp


def _new_variant(lamp: Product, **changes: str) -> Values:
    added = {"product": str(lamp.pk), "sku": "LAMP-XL", "name": "large", "is_active": "on", **changes}
    added = {"price_modifier": "5", **added}
    return {"variants-TOTAL_FORMS": "2", **{f"variants-1-{name}": value for name, value in added.items()}}


CATALOGUE = (
    Write(
        model=Category,
        name="create",
        arrange=lambda _: None,
        sent=values(name="Light", parent=""),
        wrong=values(name="a > b", parent=""),
        error="Each level needs a name without",
        state=lambda _: Category.objects.count(),
        expected=1,
        audit="catalog.category_created",
    ),
    Write(
        model=Category,
        name="change",
        arrange=lambda _: category_by_names(["Home"], by=SYSTEM),
        sent=values(name="House"),
        wrong=values(name="a > b"),
        error="Each level needs a name without",
        state=lambda category: category.path,
        expected="House",
        audit="catalog.category_renamed",
    ),
    Write(
        model=Category,
        name="remove",
        arrange=lambda _: category_by_names(["Home"], by=SYSTEM),
        error=GONE,
        state=lambda _: Category.objects.count(),
        expected=0,
        audit="catalog.category_deleted",
    ),
    Write(
        model=Product,
        name="create",
        arrange=_new_product,
        sent=_fields_of_a_product,
        wrong=lambda row: {**_fields_of_a_product(row), "seller_phone": "+16502530078"},
        error="There is no seller with this phone.",
        state=lambda _: Product.objects.count(),
        expected=1,
        audit="catalog.product_created",
    ),
    Write(
        model=Product,
        name="change",
        arrange=lambda _: product(price="10.00"),
        sent=values(price="12.50"),
        wrong=values(price="12.345"),
        error="at most 2 decimal places",
        state=lambda lamp: str(lamp.price.normalize()),
        expected="12.5",
        audit="catalog.product_updated",
    ),
    Write(
        model=Product,
        name="remove",
        arrange=lambda _: product(),
        error=GONE,
        state=lambda lamp: lamp.deleted_at is None,
        expected=False,
        audit="catalog.product_deleted",
    ),
    Write(
        model=Product,
        name="add-image",
        arrange=lambda _: product(),
        sent=lambda _: {"image": SimpleUploadedFile("lamp.png", _picture()), "alt": "A lamp"},
        wrong=lambda _: {"image": SimpleUploadedFile("lamp.png", b"no image"), "alt": ""},
        error="The file is not an image that can be used.",
        state=lambda lamp: lamp.images.count(),
        expected=1,
        audit="catalog.image_added",
    ),
    Write(
        model=Product,
        name="change VariantInline create",
        arrange=lambda _: product(),
        sent=_new_variant,
        wrong=lambda lamp: _new_variant(lamp, sku=""),
        error="This field is required.",
        state=lambda lamp: lamp.variants.count(),
        expected=2,
        audit="catalog.variants_created",
    ),
    Write(
        model=Product,
        name="change VariantInline change",
        arrange=lambda _: product(price="10.00"),
        sent=values(**{"variants-0-price_modifier": "2"}),
        wrong=values(**{"variants-0-price_modifier": "-11"}),
        error="negative",
        state=lambda lamp: str(lamp.variants.get().sale_price.normalize()),
        expected="12",
        audit="catalog.variant_updated",
    ),
    Write(
        model=Product,
        name="change ImageInline change",
        arrange=_with_image,
        sent=values(**{"images-0-alt": "A teal lamp"}),
        wrong=values(**{"images-0-position": "-1"}),
        error="greater than or equal to 0",
        state=lambda lamp: lamp.images.get().alt,
        expected="A teal lamp",
        audit="catalog.image_updated",
    ),
    Write(
        model=Product,
        name="change ImageInline remove",
        arrange=_with_image,
        sent=values(**{"images-0-DELETE": "on"}),
        wrong=values(**{"images-0-position": "-1"}),
        error="greater than or equal to 0",
        state=lambda _: ProductImage.objects.count(),
        expected=0,
        audit="catalog.image_deleted",
    ),
)
