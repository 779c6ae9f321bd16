"""Staff change the catalogue in the admin: every write goes through the services."""

import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from backend.audit.models import AuditEntry
from backend.catalog.categories import category_by_names
from backend.catalog.images.models import ProductImage
from backend.catalog.models import Category, Product
from backend.outbox.models import Message
from tests.backend.config.admin_site.browser import errors_of, logged_in, send
from tests.backend.shop import SYSTEM, product, seller

pytestmark = pytest.mark.django_db

PRODUCTS = "/admin/catalog/product/"
CATEGORIES = "/admin/catalog/category/"


@pytest.fixture
def browser() -> Client:
    return logged_in()


def published(topic: str) -> int:
    return Message.objects.filter(topic=topic).count()


def png() -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(file, "PNG")
    return SimpleUploadedFile("lamp.png", file.getvalue(), "image/png")


def test_a_new_price_is_computed_recorded_with_its_author_and_published(browser: Client) -> None:
    lamp = product(price="10.00", stock=[1, 2])
    before = published("product")

    response = send(browser, f"{PRODUCTS}{lamp.pk}/change/", {"price": "12.50", "discount_percentage": "10"})

    assert response.status_code == 302, errors_of(response)
    lamp.refresh_from_db()
    assert (lamp.price, lamp.sale_price) == (Decimal("12.50"), Decimal("11.25"))
    assert {variant.sale_price for variant in lamp.variants.all()} == {Decimal("11.25")}
    entry = AuditEntry.objects.get(action="catalog.product_updated", object_id=str(lamp.pk))
    assert entry.changes["price"] == ["10", "12.5"]
    assert entry.user_id is not None
    assert published("product") == before + 1


def test_a_page_that_is_saved_unchanged_writes_nothing(browser: Client) -> None:
    lamp = product(stock=[1, 2], attributes={"colour": "red"}, description="Two\nlines.")
    before = published("product"), AuditEntry.objects.count()

    response = send(browser, f"{PRODUCTS}{lamp.pk}/change/", {})

    assert response.status_code == 302, errors_of(response)
    assert (published("product"), AuditEntry.objects.count()) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"price": "12.345"}, "An amount in USD has at most 2 decimal places."),
        ({"price": "5", "variants-0-price_modifier": "-6"}, "negative"),
        ({"title": "Another title", "variants-0-sku": "TAKEN"}, "Variant with this Sku already exists."),
        ({"attributes": '{"colour": "red", "Colour": "blue"}'}, "differ only in case"),
        ({"attributes": "[1]"}, "Expected a dictionary"),
    ],
)
def test_what_a_service_refuses_is_an_error_of_the_form_and_nothing_is_saved(
    browser: Client, changes: dict[str, str], message: str
) -> None:
    lamp = product("A lamp", price="10.00")
    product("Another", stock=1).variants.update(sku="TAKEN")

    response = send(browser, f"{PRODUCTS}{lamp.pk}/change/", changes)

    assert message in errors_of(response)
    lamp.refresh_from_db()
    assert (lamp.title, lamp.price) == ("A lamp", Decimal(10))


def test_variants_are_changed_and_added_in_one_transaction_with_their_product(browser: Client) -> None:
    lamp = product(price="10.00")
    changes = {
        "title": "A tall lamp",
        "variants-TOTAL_FORMS": "2",
        "variants-0-price_modifier": "2",
        "variants-1-product": str(lamp.pk),
        "variants-1-sku": "LAMP-XL",
        "variants-1-name": "extra large",
        "variants-1-price_modifier": "5",
        "variants-1-is_active": "on",
    }

    response = send(browser, f"{PRODUCTS}{lamp.pk}/change/", changes)

    assert response.status_code == 302, errors_of(response)
    lamp.refresh_from_db()
    assert (lamp.title, lamp.slug, lamp.sale_price) == ("A tall lamp", "a-tall-lamp", Decimal(12))
    assert [variant.sale_price for variant in lamp.variants.all()] == [Decimal(12), Decimal(15)]
    assert AuditEntry.objects.filter(action="catalog.variants_created").exists()


def test_a_product_is_created_with_its_first_variant_and_removed_without_losing_its_row(
    browser: Client,
) -> None:
    owner = seller()
    category = category_by_names(["Home", "Lamps"], by=SYSTEM)
    fields = {
        "title": "A lamp",
        "category": str(category.pk),
        "attributes": "{}",
        "price": "10",
        "currency": "eur",
        "discount_percentage": "0",
        "tax_class": "standard",
        "sku": "L-1",
        "is_active": "on",
    }

    refused = send(browser, f"{PRODUCTS}add/", {**fields, "seller_phone": "+15550209999"})
    created = send(browser, f"{PRODUCTS}add/", {**fields, "seller_phone": owner.phone})

    assert "There is no seller with this phone." in errors_of(refused)
    assert created.status_code == 302, errors_of(created)
    lamp = Product.objects.get()
    assert (lamp.seller, lamp.currency, lamp.sale_price) == (owner, "EUR", Decimal(10))
    assert [variant.sku for variant in lamp.variants.all()] == ["L-1"]

    removed = send(browser, f"{PRODUCTS}{lamp.pk}/delete/", {})

    assert removed.status_code == 302
    lamp.refresh_from_db()
    assert lamp.deleted_at is not None
    assert browser.get(f"{PRODUCTS}{lamp.pk}/change/").status_code == 302


def test_images_are_uploaded_described_and_deleted(browser: Client) -> None:
    lamp = product()
    upload = f"{PRODUCTS}{lamp.pk}/add-image/"

    refused = send(browser, upload, {"image": SimpleUploadedFile("a.png", b"no image"), "alt": ""})
    added = send(browser, upload, {"image": png(), "alt": "A lamp"})

    assert "The file is not an image that can be used." in errors_of(refused)
    assert added.status_code == 302, errors_of(added)
    image = ProductImage.objects.get()
    assert image.alt == "A lamp"
    page = f"{PRODUCTS}{lamp.pk}/change/"
    assert image.file in browser.get(page).content.decode()

    send(browser, page, {"images-0-alt": "A teal lamp"})
    image.refresh_from_db()
    assert image.alt == "A teal lamp"

    send(browser, page, {"images-0-DELETE": "on"})
    assert not ProductImage.objects.exists()
    lamp.refresh_from_db()
    assert lamp.pictures == []


def test_categories_are_created_moved_and_deleted_only_when_they_are_empty(browser: Client) -> None:
    product(category=("Home", "Lamps"))
    home, lamps = Category.objects.get(path="Home"), Category.objects.get(path="Home > Lamps")

    refused = send(browser, f"{CATEGORIES}add/", {"name": "a > b", "parent": ""})
    created = send(browser, f"{CATEGORIES}add/", {"name": "Light", "parent": str(home.pk)})
    light = Category.objects.get(path="Home > Light")
    moved = send(browser, f"{CATEGORIES}{lamps.pk}/change/", {"parent": str(light.pk)})
    circle = send(browser, f"{CATEGORIES}{light.pk}/change/", {"parent": str(lamps.pk)})
    kept = browser.post(f"{CATEGORIES}{lamps.pk}/delete/", {"post": "yes"}, follow=True)

    assert "Each level needs a name without" in errors_of(refused)
    assert (created.status_code, moved.status_code) == (302, 302)
    assert Category.objects.get(pk=lamps.pk).path == "Home > Light > Lamps"
    assert "A category can't be moved below itself." in errors_of(circle)
    assert "The category is not empty." in errors_of(kept)
    assert Category.objects.filter(pk=lamps.pk).exists()


def test_products_are_found_by_title_sku_brand_and_id(browser: Client) -> None:
    lamp, other = product("A tall lamp", brand="Kupfer"), product("Something else")
    sku = lamp.variants.get().sku

    for text in ("A TALL", sku, "Kupfer", str(lamp.pk), f" {sku} "):
        page = browser.get(PRODUCTS, {"q": text}).content.decode()
        assert f"{PRODUCTS}{lamp.pk}/change/" in page, text
        assert f"{PRODUCTS}{other.pk}/change/" not in page, text
    assert browser.get(PRODUCTS, {"q": "nothing\0like this"}).status_code == 200


def test_products_can_not_be_deleted_in_bulk(browser: Client) -> None:
    lamp = product()

    browser.post(PRODUCTS, {"action": "delete_selected", "_selected_action": [lamp.pk], "post": "yes"})
    lamp.refresh_from_db()

    assert lamp.deleted_at is None
