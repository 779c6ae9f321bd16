"""Django's setting STORAGES: where product images are stored."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from backend.config.environment import Variables

BUCKET = "storages.backends.s3.S3Storage"
STATIC_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# The web server may run as another user. It must be able to read images, but nothing else in the home.
READABLE_FILE, READABLE_FOLDER = 0o644, 0o755


def storages(env: Variables, *, media_root: Path, media_url: str) -> dict[str, dict[str, Any]]:
    """Return the setting: a folder, or a bucket if MEDIA_BUCKET is set.

    Raises:
        ImproperlyConfigured: MEDIA_BUCKET is set, but django-storages is not installed.
    """
    bucket = env.text("MEDIA_BUCKET", "")
    media = _bucket(env, bucket=bucket) if bucket else _folder(media_root, media_url=media_url)
    return {"default": media, "staticfiles": STATIC_FILES}


def _folder(root: Path, *, media_url: str) -> dict[str, Any]:
    options = {
        "location": str(root),
        "base_url": media_url,
        "file_permissions_mode": READABLE_FILE,
        "directory_permissions_mode": READABLE_FOLDER,
        # A task that is repeated overwrites the thumbnails with the same content.
        "allow_overwrite": True,
    }
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}


def _bucket(env: Variables, *, bucket: str) -> dict[str, Any]:
    if find_spec("storages") is None:
        raise ImproperlyConfigured("MEDIA_BUCKET needs the package django-storages[s3]")
    options = {
        "bucket_name": bucket,
        "endpoint_url": env.text("MEDIA_BUCKET_ENDPOINT", "") or None,
        "region_name": env.text("MEDIA_BUCKET_REGION", "") or None,
        "access_key": env.text("MEDIA_BUCKET_ACCESS_KEY", "") or None,
        "secret_key": env.text("MEDIA_BUCKET_SECRET_KEY", "") or None,
        # The host that serves the bucket to shoppers, such as a content delivery network.
        "custom_domain": env.text("MEDIA_BUCKET_DOMAIN", "") or None,
        # URLs are stored in search documents, so they must not expire.
        "querystring_auth": False,
        "default_acl": None,
        "file_overwrite": True,
        "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
    }
    return {"BACKEND": BUCKET, "OPTIONS": options}


def storage_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that mean that the bucket can't be reached or refused a request."""
    if find_spec("botocore") is None:
        return ()
    errors = import_module("botocore.exceptions")
    return errors.BotoCoreError, errors.ClientError
