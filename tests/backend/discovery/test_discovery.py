"""Sitemaps, feeds and structured data, as parsers read them."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.core.management import call_command

from backend.catalog.models import Product, Variant
from backend.catalog.services import delete_product
from backend.discovery import sitemaps
from backend.discovery.feeds import COLUMNS, is_gtin, plain_text
from tests.backend.shop import NOW, SYSTEM, client_of, product

pytestmark = pytest.mark.django_db

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
G = "{http://base.google.com/ns/1.0}"
NASTY = 'Lamp\t</script><b>"x"</b> & \\ ]]> 銅 🔥'


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.PUBLIC_URL = "https://shop.example"
    settings.PRODUCT_PAGE_URL = "https://shop.example/p/{slug}-{id}"
    settings.CATEGORY_PAGE_URL = "https://shop.example/c/{slug}"
    settings.FEED_TOKEN = "secret"
    cache.delete("discovery:sitemap-index")


def locations(path: str) -> list[str]:
    response = client_of().get(path)
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "public, max-age=600")
    return [str(found.text) for found in ElementTree.fromstring(response.content).iter(f"{MAP}loc")]


def rows(form: str = "tsv", *, currency: str = "USD", part: int = 0) -> list[dict[str, str]]:
    response = client_of().get(f"/feeds/secret/{currency}-{part}.{form}")
    assert response.status_code == 200
    if form == "tsv":
        text = io.StringIO(response.content.decode(), newline="")
        return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))
    found = ElementTree.fromstring(response.content).iter("item")
    return [{field.tag.removeprefix(G): str(field.text) for field in item} for item in found]


def hidden_products() -> None:
    product("Hidden", is_active=False)
    delete_product(product("Deleted").pk, by=SYSTEM, now=NOW)


def test_sitemaps_have_what_shoppers_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "SPAN", 1)
    hidden_products()
    lamp = product("Lamp & <shade>")
    Product.unpublished.filter(pk=lamp.pk).update(updated_at=NOW)
    assert locations("/sitemap.xml") == [
        "https://shop.example/sitemaps/categories.xml",
        f"https://shop.example/sitemaps/products-{lamp.pk}.xml",
    ]
    assert locations(f"/sitemaps/products-{lamp.pk}.xml") == [f"https://shop.example/p/{lamp.slug}-{lamp.pk}"]
    assert b"<lastmod>2026-03-02T12:00:00Z</lastmod>" in client_of().get("/sitemap.xml").content
    assert locations("/sitemaps/categories.xml") == [
        "https://shop.example/c/home",
        "https://shop.example/c/home-lamps",
    ]
    assert client_of().get(f"/sitemaps/products-{lamp.pk + 1}.xml").status_code == 404


def test_a_sitemap_has_images_and_slugs_of_any_script() -> None:
    lamp = product("Lamp", image_urls=["https://img.example/a.jpg?x=1&y=2"])
    Product.unpublished.filter(pk=lamp.pk).update(slug="銅")
    content = client_of().get(f"/sitemaps/products-{lamp.pk // sitemaps.SPAN}.xml").content
    tree = ElementTree.fromstring(content)
    [image] = tree.iter("{http://www.google.com/schemas/sitemap-image/1.1}loc")
    assert image.text == "https://img.example/a.jpg?x=1&y=2"
    assert next(tree.iter(f"{MAP}loc")).text == f"https://shop.example/p/%E9%8A%85-{lamp.pk}"


def test_robots_txt_names_the_sitemap(settings: Any) -> None:
    assert "Disallow: /admin/\n" in client_of().get("/robots.txt").content.decode()
    settings.ROBOTS_RULES = ["User-agent: *", "Disallow: /"]
    content = client_of().get("/robots.txt").content.decode()
    assert content == "User-agent: *\nDisallow: /\n\nSitemap: https://shop.example/sitemap.xml\n"


def test_a_feed_has_the_columns_of_a_product() -> None:
    hidden_products()
    lamp = product(
        "Lamp",
        price="25.00",
        discount_percentage=20,
        brand="Acme",
        description="<p>Warm</p><p>light &amp; more</p>",
        attributes={"EAN": "4006381333931", "Color": "red"},
        image_urls=["https://img.example/a.jpg", "https://img.example/b,c.jpg"],
    )
    product("Yen", price="300", currency="JPY")
    Variant.unpublished.filter(product=lamp).update(weight_grams=250)
    [row] = rows()
    assert tuple(row) == COLUMNS
    assert {name: value for name, value in row.items() if value} == {
        "id": str(lamp.variants.get().pk),
        "title": "Lamp",
        "description": "Warm light & more",
        "link": f"https://shop.example/p/lamp-{lamp.pk}",
        "image_link": "https://img.example/a.jpg",
        "additional_image_link": "https://img.example/b%2Cc.jpg",
        "availability": "in_stock",
        "price": "25.00 USD",
        "sale_price": "20.00 USD",
        "brand": "Acme",
        "gtin": "4006381333931",
        "identifier_exists": "yes",
        "condition": "new",
        "product_type": "Home > Lamps",
        "color": "red",
        "shipping_weight": "250 g",
    }
    assert [one["price"] for one in rows(currency="JPY")] == ["300 JPY"]


@pytest.mark.parametrize("form", ["tsv", "xml"])
def test_a_feed_with_any_title_can_be_parsed(form: str) -> None:
    lamp = product("Lamp", stock=[1, 0])
    Product.unpublished.filter(pk=lamp.pk).update(title=NASTY + "\x0b\ufffe\n" + "x" * 200, description=NASTY)
    first, second = rows(form)
    assert first["title"].startswith('Lamp </script><b>"x"</b> & \\ ]]> 銅 🔥 xxx')
    assert len(first["title"]) <= 150
    assert first["item_group_id"] == second["item_group_id"] == str(lamp.pk)
    assert [first["availability"], second["availability"]] == ["in_stock", "out_of_stock"]


def test_a_feed_needs_its_token(settings: Any) -> None:
    assert client_of().get("/feeds/wrong/USD-0.tsv").status_code == 404
    settings.FEED_TOKEN = ""
    assert client_of().get("/feeds/secret/USD-0.tsv").status_code == 404


def test_the_command_writes_all_parts(tmp_path: Path) -> None:
    product("Lamp")
    call_command("write_feed", tmp_path / "feed.xml", currency="USD")
    assert [path.name for path in tmp_path.iterdir()] == ["feed.xml"]
    tree = ElementTree.parse(tmp_path / "feed.xml")
    assert [title.text for title in tree.iter(f"{G}title")] == ["Lamp"]


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("4006381333931", True),
        ("96385074", True),
        ("036000291452", True),
        ("4006381333932", False),
        ("123", False),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", False),
    ],
)
def test_a_gtin_has_a_correct_check_digit(text: str, valid: bool) -> None:
    assert is_gtin(text) is valid


def test_the_text_of_a_description_has_no_tags() -> None:
    assert plain_text("<ul><li>One</li><li>Two &lt; 3</li></ul>").split() == ["One", "Two", "<", "3"]


def graph(lamp: Product) -> tuple[dict[str, Any], dict[str, Any]]:
    response = client_of().get(f"/api/products/{lamp.pk}/json-ld/")
    text = response.json()["data"]["text"]
    assert not set("<>&\u2028") & set(text)
    whole = json.loads(text)
    assert whole["@context"] == "https://schema.org"
    found, crumbs = whole["@graph"]
    return found, crumbs


def test_structured_data_of_a_product_with_one_variant() -> None:
    lamp = product("Lamp", price="25.00", discount_percentage=20, brand="Acme")
    Product.unpublished.filter(pk=lamp.pk).update(title=NASTY, rating_average="4.50", rating_count=3)
    found, crumbs = graph(lamp)
    address = f"https://shop.example/p/lamp-{lamp.pk}"
    assert (found["@type"], found["name"], found["brand"]["name"]) == ("Product", NASTY, "Acme")
    assert (found["aggregateRating"]["ratingValue"], found["aggregateRating"]["ratingCount"]) == ("4.50", 3)
    assert found["offers"] == {
        "@type": "Offer",
        "url": address,
        "price": "20.00",
        "priceCurrency": "USD",
        "availability": "https://schema.org/InStock",
        "itemCondition": "https://schema.org/NewCondition",
    }
    items = [(item["position"], item["name"], item["item"]) for item in crumbs["itemListElement"]]
    assert items == [
        (1, "Home", "https://shop.example/c/home"),
        (2, "Lamps", "https://shop.example/c/home-lamps"),
        (3, NASTY, address),
    ]


def test_structured_data_of_a_product_with_several_variants() -> None:
    lamp = product("Lamp", stock=[1, 0])
    found, _ = graph(lamp)
    assert (found["@type"], found["productGroupID"]) == ("ProductGroup", str(lamp.pk))
    states = [variant["offers"]["availability"].rpartition("/")[2] for variant in found["hasVariant"]]
    assert states == ["InStock", "OutOfStock"]
    assert "aggregateRating" not in found


def test_hidden_products_have_no_structured_data() -> None:
    hidden = product("Hidden", is_active=False)
    assert client_of().get(f"/api/products/{hidden.pk}/json-ld/").json()["code"] == "product_not_found"


@pytest.mark.parametrize("character", ["\x01", "\ufffe", " ", "<"])
def test_odd_characters_of_image_addresses_break_nothing(character: str) -> None:
    lamp = product("Lamp")
    Product.unpublished.filter(pk=lamp.pk).update(image_urls=[f"https://img.example/a{character}.png"])

    content = client_of().get(f"/sitemaps/products-{lamp.pk // sitemaps.SPAN}.xml").content
    [image] = ElementTree.fromstring(content).iter("{http://www.google.com/schemas/sitemap-image/1.1}loc")

    assert str(image.text).startswith("https://img.example/a")
    assert rows("xml")[0]["image_link"] == image.text
