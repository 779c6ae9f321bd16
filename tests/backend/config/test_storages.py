"""The storage of images: a folder or a bucket."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.config import storages as module
from backend.config.environment import Variables
from backend.config.storages import storages


def media(**environ: str) -> dict[str, Any]:
    return storages(Variables(environ), media_root=Path("/srv/shop/media"), media_url="/media/")["default"]


def test_images_are_in_a_folder_by_default() -> None:
    options = media()["OPTIONS"]

    assert (options["location"], options["base_url"]) == ("/srv/shop/media", "/media/")
    assert options["allow_overwrite"], "a repeated task writes files of the same names"


def test_a_bucket_needs_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)

    with pytest.raises(ImproperlyConfigured, match="django-storages"):
        media(MEDIA_BUCKET="images")


def test_addresses_in_a_bucket_never_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: object())

    configuration = media(
        MEDIA_BUCKET="images", MEDIA_BUCKET_DOMAIN="images.shop.example", MEDIA_BUCKET_REGION=""
    )

    assert configuration["BACKEND"] == "storages.backends.s3.S3Storage"
    assert configuration["OPTIONS"]["querystring_auth"] is False
    assert configuration["OPTIONS"]["file_overwrite"] is True
    assert configuration["OPTIONS"]["custom_domain"] == "images.shop.example"
    assert configuration["OPTIONS"]["region_name"] is None
