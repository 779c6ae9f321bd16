"""Celery tasks for images."""

from celery import shared_task
from django.utils import timezone

from backend.catalog.images import files, thumbnails

MADE_AT_ONCE = 200


@shared_task
def make_thumbnails(image_id: int) -> bool:
    """Make the thumbnails of an image unless they exist; return whether they were made."""
    return thumbnails.make_thumbnails(image_id, now=timezone.now())


@shared_task
def make_missing_thumbnails() -> int:
    """Make the thumbnails of images whose own task was lost or failed; return for how many images."""
    return thumbnails.make_missing_thumbnails(limit=MADE_AT_ONCE, now=timezone.now())


@shared_task
def sweep_image_files() -> int:
    """Delete the files that no image refers to; return for how many images."""
    return files.sweep(now=timezone.now())
