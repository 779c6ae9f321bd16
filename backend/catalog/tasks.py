"""Celery tasks for images and slugs."""

from celery import shared_task
from django.utils import timezone

from backend.catalog import slugs
from backend.catalog.images import files, thumbnails

MADE_AT_ONCE = 200


@shared_task
def make_thumbnails(image_id: int) -> bool:
    """Make the thumbnails of an image unless they exist; return whether they were made."""
    return thumbnails.make_thumbnails(image_id, now=timezone.now())


@shared_task
def make_missing_thumbnails() -> int:
    """Make the thumbnails of images whose task was lost or failed; return the number of images."""
    return thumbnails.make_missing_thumbnails(limit=MADE_AT_ONCE, now=timezone.now())


@shared_task
def sweep_image_files() -> int:
    """Delete files of deleted images and of failed uploads; return the number of folders."""
    return files.sweep(now=timezone.now())


@shared_task
def complete_slugs() -> int:
    """Reserve the slugs of products of earlier releases; return how many products got another slug."""
    return slugs.complete()
