"""Serving of image files."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from rest_framework.test import APIClient

from backend.catalog.images.services import add_image
from tests.backend.catalog.images import samples
from tests.backend.shop import NOW, SYSTEM, product

pytestmark = pytest.mark.django_db


@pytest.fixture
def url() -> str:
    image, _ = add_image(product().pk, data=samples.jpeg(), by=SYSTEM, now=NOW)
    return f"/media/{image.file}/image.webp"


def test_an_image_is_served_with_safe_headers(url: str) -> None:
    response = APIClient().get(url)

    assert response.status_code == 200
    assert response.content.startswith(b"RIFF")
    headers = response.headers
    assert headers["Content-Type"] == "image/webp"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" in headers["Cache-Control"]
    assert "Content-Disposition" not in headers or headers["Content-Disposition"].startswith("inline")


def test_an_unchanged_image_is_not_sent_again(url: str) -> None:
    etag = APIClient().get(url).headers["ETag"]

    assert APIClient().get(url, headers={"If-None-Match": etag}).status_code == 304
    assert APIClient().get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_has_no_body_and_other_methods_are_refused(url: str) -> None:
    client = APIClient()

    assert (client.head(url).status_code, client.head(url).content) == (200, b"")
    assert {getattr(client, name)(url).status_code for name in ("post", "put", "patch", "delete")} == {405}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "products/",
        "products/1/" + "a" * 32 + "/image.webp",
        "products/1/" + "a" * 32 + "/../../../../db.sqlite3",
        "products/1/%2e%2e/%2e%2e/db.sqlite3",
        "../db.sqlite3",
        "..%2fdb.sqlite3",
        "/etc/passwd",
        "secret.txt",
        "products/1/" + "a" * 32 + "/image.webp%00.txt",
        "products/1/" + "a" * 32 + "/image.webp/x",
        "products/²/" + "a" * 32 + "/image.webp",
    ],
)
def test_only_images_are_served(name: str) -> None:
    if not default_storage.exists("secret.txt"):
        default_storage.save("secret.txt", ContentFile(b"secret"))

    assert APIClient().get(f"/media/{name}").status_code == 404


def test_files_are_readable_by_a_web_server_that_runs_as_another_user(url: str) -> None:
    path = Path(default_storage.path(url.removeprefix("/media/")))

    assert path.stat().st_mode & 0o777 == 0o644
    assert {folder.stat().st_mode & 0o777 for folder in list(path.parents)[:3]} == {0o755}
