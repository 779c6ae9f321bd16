"""Files of images in Django's default storage, and the records of unused files.

Files are never written while a transaction is open. The files of an upload are recorded as unused before they
are written, and those of an image when it is deleted; `sweep` deletes recorded files.
"""

import errno
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import uuid4

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from backend.catalog.errors import ImageStorageUnavailable
from backend.catalog.images.models import UnusedFile

logger = structlog.get_logger(__name__)

THUMBNAIL_SIZES = (160, 480, 960)
"""The sides of the squares into which thumbnails fit; an image has only thumbnails smaller than itself."""
THUMBNAIL_SET = 1
"""Increment it with every change of THUMBNAIL_SIZES, so that all thumbnails are made again."""

# Longer than the duration of any request or task that writes files.
UPLOAD_GRACE = timedelta(hours=1)
DELETION_GRACE = timedelta(minutes=10)
_SWEPT_AT_ONCE = 200
_FULL = (errno.ENOSPC, errno.EDQUOT)

_storage_errors: tuple[type[Exception], ...] = (OSError,)


def register_storage_errors(errors: Collection[type[Exception]]) -> None:
    """Register the exceptions that mean that the storage is not available."""
    global _storage_errors  # noqa: PLW0603 - set once, by the composition root
    _storage_errors = (OSError, *errors)


def name_of(file: str, *, size: int | None = None) -> str:
    """Return the name in the storage of the image in the folder `file`, or of its thumbnail."""
    return f"{file}/{size or 'image'}.webp"


@lru_cache(maxsize=10_000)
def url_of(file: str, *, size: int | None = None) -> str:
    """Return the URL of the image in the folder `file`, or of its thumbnail."""
    return default_storage.url(name_of(file, size=size))


def sizes_of(*, width: int, height: int) -> list[int]:
    """Return the sizes of the thumbnails of an image."""
    return [size for size in THUMBNAIL_SIZES if size < max(width, height)]


def reserve(product_id: int, *, now: datetime) -> str:
    """Return a new folder, recorded as unused."""
    file = f"products/{product_id}/{uuid4().hex}"
    UnusedFile.objects.create(file=file, delete_after=now + UPLOAD_GRACE)
    return file


def claim(file: str) -> None:
    """Record in the caller's transaction that an image refers to the folder.

    Raises:
        ImageStorageUnavailable: the upload took so long that its files were deleted.
    """
    deleted, _ = UnusedFile.objects.filter(file=file).delete()
    if not deleted:
        raise ImageStorageUnavailable


def discard(file: str, *, now: datetime) -> None:
    """Record in the caller's transaction that no image refers to the folder any more."""
    UnusedFile.objects.get_or_create(file=file, defaults={"delete_after": now + DELETION_GRACE})


def write(file: str, data: bytes, *, size: int | None = None) -> None:
    """Write the image in the folder `file`, or its thumbnail.

    Raises:
        ImageStorageUnavailable: the storage can't be written.
        OSError: no space is left.
    """
    name = name_of(file, size=size)
    try:
        stored = default_storage.save(name, ContentFile(data))
    except _storage_errors as error:
        if getattr(error, "errno", None) in _FULL:
            raise
        raise ImageStorageUnavailable from error
    if stored != name:
        raise ImageStorageUnavailable(f"the storage renamed {name} to {stored}; it must overwrite files")


def read(file: str) -> bytes:
    """Return the image in the folder `file`.

    Raises:
        ImageStorageUnavailable: it can't be read.
    """
    try:
        with default_storage.open(name_of(file)) as stored:
            return bytes(stored.read())
    except _storage_errors as error:
        raise ImageStorageUnavailable from error


def sweep(*, now: datetime) -> int:
    """Delete the files of unused folders that are due; return the number of folders.

    A folder whose files can't be deleted stays recorded.
    """
    swept = 0
    last = 0
    due = UnusedFile.objects.filter(delete_after__lte=now).order_by("pk")
    while rows := list(due.filter(pk__gt=last)[:_SWEPT_AT_ONCE]):
        last = rows[-1].pk
        gone = [row.pk for row in rows if _delete(row.file)]
        UnusedFile.objects.filter(pk__in=gone).delete()
        swept += len(gone)
    return swept


def _delete(file: str) -> bool:
    try:
        for size in (None, *THUMBNAIL_SIZES):
            default_storage.delete(name_of(file, size=size))
        _delete_folder(file)
    except _storage_errors as error:
        logger.warning("image_not_deleted", file=file, error=repr(error))
        return False
    return True


def _delete_folder(file: str) -> None:
    """Delete the folder itself, which only file systems have."""
    try:
        default_storage.delete(file)
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
