"""Images over HTTP."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from backend.catalog.images.models import ProductImage
from backend.catalog.images.thumbnails import make_missing_thumbnails
from backend.catalog.models import Product
from tests.backend.catalog.images import samples
from tests.backend.shop import NOW, client_of, customer, product, seller, staff

pytestmark = pytest.mark.django_db

EXTERNAL = "https://shop.example/1.jpg"


def images_of(owner: Product) -> str:
    return f"/api/products/{owner.pk}/images/"


def image_file(data: bytes, *, name: str = "a.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type=content_type)


def upload(owner: Product, data: bytes | None = None, *, client: APIClient | None = None, **form: Any) -> Any:
    file = image_file(samples.jpeg() if data is None else data)
    client = client or client_of(owner.seller)
    return client.post(images_of(owner), {"image": file, **form}, format="multipart")


def test_an_uploaded_image_is_in_the_page_the_card_and_the_list_of_images() -> None:
    lamp = product(image_urls=[EXTERNAL], stock=[1, 1])
    variant = lamp.variants.all()[1]
    response = upload(lamp, samples.jpeg((600, 450)), alt="Side view", variant=variant.pk)
    assert response.status_code == 201
    make_missing_thumbnails(limit=10, now=NOW)

    page = APIClient().get(f"/api/products/{lamp.pk}/").json()["data"]
    listed = APIClient().get(images_of(lamp)).json()["data"]
    (card,) = APIClient().get("/api/products/").json()["results"]

    url = response.json()["data"]["url"]
    folder = url.removesuffix("/image.webp")
    assert url.startswith(f"/media/products/{lamp.pk}/")
    assert page["images"] == listed
    assert listed == [
        {
            "id": response.json()["data"]["id"],
            "url": url,
            "thumbnails": {"160": f"{folder}/160.webp", "480": f"{folder}/480.webp"},
            "alt": "Side view",
            "width": 600,
            "height": 450,
            "variant": variant.pk,
        },
        {
            "id": None,
            "url": EXTERNAL,
            "thumbnails": {},
            "alt": "",
            "width": None,
            "height": None,
            "variant": None,
        },
    ]
    assert [card["image_url"], card["thumbnail_url"]] == [url, f"{folder}/480.webp"]
    assert page["image_urls"] == [EXTERNAL], "image_urls has only the addresses that a client can write"
    assert [shown["image_url"] for shown in page["variants"]] == ["", url]
    assert APIClient().get(f"/api/products/{lamp.pk}/variants/").json()["data"][1]["image_url"] == url
    for address in (url, card["thumbnail_url"]):
        assert APIClient().get(address).status_code == 200


def test_uploading_the_same_file_again_returns_the_existing_image() -> None:
    lamp = product()

    first, second = upload(lamp), upload(lamp, alt="another text")

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json()["data"] == first.json()["data"]


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.exe", "application/x-msdownload"),
        ("../../a.svg", "image/svg+xml"),
        ("a" * 300, "text/html"),
        ("x", ""),
    ],
)
def test_the_name_and_the_content_type_of_a_file_are_ignored(name: str, content_type: str) -> None:
    lamp = product()
    file = image_file(samples.png(), name=name, content_type=content_type)

    response = client_of(lamp.seller).post(images_of(lamp), {"image": file}, format="multipart")

    assert response.status_code == 201
    assert response.json()["data"]["url"].endswith("/image.webp")


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\x1b[31mb", "\x7f", "a\u2028b", "a\u202eb", "a\x85b"])
def test_control_characters_in_a_text_are_refused(text: str) -> None:
    lamp = product()
    image = upload(lamp).json()["data"]["id"]

    uploaded = upload(lamp, samples.png(), alt=text)
    changed = client_of(lamp.seller).patch(f"{images_of(lamp)}{image}/", {"alt": text})

    assert (uploaded.status_code, changed.status_code) == (400, 400)
    assert list(uploaded.json()["details"]) == list(changed.json()["details"]) == ["alt"]


@pytest.mark.parametrize("text", ["Ein Kessel – außen", "茶壶", "👩‍🚀 kettle", "x" * 250, ""])
def test_other_texts_are_kept(text: str) -> None:
    assert upload(product(), alt=text).json()["data"]["alt"] == text


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "image_refused"),
        (b"<svg/>", 400, "image_refused"),
        (samples.png_bomb(), 400, "image_refused"),
        (bytes(2_000_000), 413, "image_too_large"),
    ],
)
def test_a_refused_file_has_a_code(settings: Any, data: bytes, status: int, code: str) -> None:
    settings.IMAGE_MAX_BYTES = 1_000_000

    response = upload(product(), data)

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a_form_must_have_one_image_and_only_known_fields() -> None:
    lamp = product()
    client = client_of(lamp.seller)
    two = {"image": [image_file(samples.jpeg()), image_file(samples.png())]}
    many = {"image": [image_file(bytes([number])) for number in range(60)]}

    responses = [
        client.post(images_of(lamp), two, format="multipart"),
        client.post(images_of(lamp), many, format="multipart"),
        client.post(images_of(lamp), {"image": "text"}, format="multipart"),
        client.post(images_of(lamp), {}, format="multipart"),
        upload(lamp, size="large"),
        upload(lamp, variant="none"),
        upload(lamp, variant=0),
    ]

    assert [(response.status_code, list(response.json()["details"])) for response in responses] == [
        *[(400, ["image"])] * 4,
        (400, ["size"]),
        (400, ["variant"]),
        (400, ["variant"]),
    ]
    assert not ProductImage.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"--", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--"]
)
def test_a_malformed_form_is_a_400(body: bytes) -> None:
    lamp = product()

    response = client_of(lamp.seller).post(
        images_of(lamp), body, content_type="multipart/form-data; boundary=x"
    )

    assert response.status_code == 400
    assert client_of(lamp.seller).post(images_of(lamp), {"image": "a"}, format="json").status_code == 415


def test_uploads_beyond_the_limit_of_a_product_are_a_conflict(settings: Any) -> None:
    settings.IMAGES_PER_PRODUCT = 3
    lamp = product()

    statuses = [upload(lamp, samples.png((9 + number, 9))).status_code for number in range(5)]

    assert statuses == [201, 201, 201, 409, 409]


def test_only_the_seller_and_staff_change_images() -> None:
    lamp = product()
    image = upload(lamp).json()["data"]["id"]
    changes = [
        ("patch", f"{images_of(lamp)}{image}/", {"alt": "mine"}),
        ("delete", f"{images_of(lamp)}{image}/", None),
        ("put", f"{images_of(lamp)}order/", {"image_ids": [image]}),
    ]

    for user, status in ((None, 401), (customer(), 403), (seller(), 403)):
        client = client_of(user)
        responses = [getattr(client, method)(path, body).status_code for method, path, body in changes]
        assert [upload(lamp, client=client).status_code, *responses] == [status] * 4
    assert [client_of(staff()).patch(changes[0][1], {"alt": "ours"}).status_code] == [200]
    assert Product.objects.get(pk=lamp.pk).pictures[0]["alt"] == "ours"


def test_images_of_an_inactive_product_are_visible_only_to_its_seller() -> None:
    lamp = product(is_active=False)
    assert upload(lamp).status_code == 201

    assert APIClient().get(images_of(lamp)).status_code == 404
    assert client_of(seller()).get(images_of(lamp)).status_code == 404
    assert upload(lamp, client=client_of(seller())).status_code == 404
    assert len(client_of(lamp.seller).get(images_of(lamp)).json()["data"]) == 1


def test_images_are_ordered_and_deleted() -> None:
    lamp = product()
    client = client_of(lamp.seller)
    first, second = (upload(lamp, samples.png((size, 9))).json()["data"]["id"] for size in (9, 10))

    ordered = client.put(f"{images_of(lamp)}order/", {"image_ids": [second, first]})
    refused = client.put(f"{images_of(lamp)}order/", {"image_ids": [second, 10**18]})
    moved = client.patch(f"{images_of(lamp)}{first}/", {"position": 1, "variant": None})
    deleted = client.delete(f"{images_of(lamp)}{first}/")

    assert [image["id"] for image in ordered.json()["data"]] == [second, first]
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["image_ids"])
    assert (moved.status_code, moved.json()["data"]["id"]) == (200, first)
    assert (deleted.status_code, deleted.json()["data"]) == (200, {"id": first})
    assert [image["id"] for image in client.get(images_of(lamp)).json()["data"]] == [second]
    assert client.delete(f"{images_of(lamp)}{first}/").json()["code"] == "image_not_found"


@pytest.mark.parametrize(
    "body", [{"position": 0}, {"position": "first"}, {"variant": 10**18}, {"url": "x"}, []]
)
def test_an_invalid_change_is_refused(body: Any) -> None:
    lamp = product()
    image = upload(lamp).json()["data"]["id"]

    response = client_of(lamp.seller).patch(f"{images_of(lamp)}{image}/", body, format="json")

    assert response.status_code in (400, 404)
    assert response.json()["code"] in ("invalid_input", "variant_not_found")
