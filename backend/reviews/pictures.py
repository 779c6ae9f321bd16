"""Pictures of reviews, which pass through the same decoder as images of products."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.errors import ImageTooLarge
from backend.catalog.images import files
from backend.catalog.images.decoding import Encoded, normalised, slot, thumbnail
from backend.reviews.changes import apply
from backend.reviews.errors import ReviewPictureNotFound, TooManyReviewPictures
from backend.reviews.models import Review, ReviewPicture
from backend.reviews.services import own_review, written

THUMBNAIL_SIZES = (160, 480)


def add_picture(
    review_id: int, *, data: bytes, author: User, by: Actor, now: datetime
) -> tuple[ReviewPicture, bool]:
    """Add a picture to the author's review; return it and whether it is new.

    If the review already has a picture of the same bytes, that one is returned unchanged.

    Raises:
        ReviewNotFound: the author may not see such a review.
        NotYourReview: somebody else wrote it.
        TooManyReviewPictures: the review has settings.REVIEW_PICTURES already.
        ImageTooLarge: there are more bytes than settings.IMAGE_MAX_BYTES.
        ImageRefused: the data is not a valid image.
        ImagesBusy: too many images are being uploaded.
        ImageStorageUnavailable: the file can't be stored.
    """
    if len(data) > settings.IMAGE_MAX_BYTES:
        raise ImageTooLarge(max_bytes=settings.IMAGE_MAX_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    # Checked before decoding, which is the expensive step, and again under the lock.
    with transaction.atomic():
        row = own_review(review_id, author=author)
        if (existing := row.pictures.filter(digest=digest).first()) is not None:
            return existing, False
        _require_room(row)
    with slot():
        encoded = normalised(data)
        file = files.reserve(row.product_id, now=now)
        _write_files(file, encoded)
        with transaction.atomic():
            row = own_review(review_id, author=author)
            if (existing := row.pictures.filter(digest=digest).first()) is not None:
                return existing, False
            _require_room(row)
            files.claim(file)
            picture = row.pictures.create(
                file=file, width=encoded.width, height=encoded.height, digest=digest, created_at=now
            )
            _changed(row, "reviews.picture_added", pictures=1, by=by, now=now)
    return picture, True


def delete_picture(review_id: int, *, picture_id: int, author: User, by: Actor, now: datetime) -> None:
    """Delete a picture of the author's review; its files are deleted some minutes later.

    Raises:
        ReviewNotFound: the author may not see such a review.
        NotYourReview: somebody else wrote it.
        ReviewPictureNotFound: the review has no such picture.
    """
    with transaction.atomic():
        row = own_review(review_id, author=author)
        picture = row.pictures.filter(pk=picture_id).first()
        if picture is None:
            raise ReviewPictureNotFound(picture_id=picture_id)
        files.discard(picture.file, now=now)
        picture.delete()
        _changed(row, "reviews.picture_deleted", pictures=-1, by=by, now=now)


def shown_picture(picture: ReviewPicture) -> dict[str, Any]:
    """Return a picture as ReviewPictureSerializer describes it."""
    return {
        "id": picture.pk,
        "url": files.url_of(picture.file),
        "thumbnails": {
            str(size): files.url_of(picture.file, size=size)
            for size in _sizes(width=picture.width, height=picture.height)
        },
        "width": picture.width,
        "height": picture.height,
    }


def _changed(row: Review, action: str, *, pictures: int, by: Actor, now: datetime) -> None:
    """Store that the author has changed the pictures of a locked review."""
    before, counted = row.state, row.counted
    row.picture_count += pictures
    if pictures > 0:
        # Only new pictures have to be moderated: a deletion adds none.
        written(row)
        row.edited_at = now
    row.save()
    record(action, by=by, subject=row, changes={"state": (before, row.state)})
    apply(row, counted_before=counted)


def _require_room(row: Review) -> None:
    if row.picture_count >= settings.REVIEW_PICTURES:
        raise TooManyReviewPictures(max_pictures=settings.REVIEW_PICTURES)


def _sizes(*, width: int, height: int) -> Iterable[int]:
    return [size for size in THUMBNAIL_SIZES if size < max(width, height)]


def _write_files(file: str, encoded: Encoded) -> None:
    files.write(file, encoded.data)
    for size in _sizes(width=encoded.width, height=encoded.height):
        files.write(file, thumbnail(encoded.data, size=size), size=size)
