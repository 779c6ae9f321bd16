"""`Product.pictures`: a copy of the product's images that lists, pages and documents show without a query.

Each entry has the keys of `Picture`. Every change of an image calls `columns.store_pictures` in the same
transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from backend.catalog.images.files import url_of

CARD_SIZE = 480
"""The thumbnail that lists show."""


class Picture(TypedDict):
    """An image in `Product.pictures`; `file` is its folder, `sizes` are those of its thumbnails."""

    id: int
    file: str
    width: int
    height: int
    alt: str
    variant: int | None
    sizes: list[int]


def shown_images(pictures: Sequence[Picture], image_urls: Sequence[str]) -> list[dict[str, Any]]:
    """Return all images as ProductImageSerializer describes them: uploaded ones first, then external ones."""
    return [
        *(shown_image(picture) for picture in pictures),
        *(
            {
                "id": None,
                "url": url,
                "thumbnails": {},
                "alt": "",
                "width": None,
                "height": None,
                "variant": None,
            }
            for url in image_urls
        ),
    ]


def shown_image(picture: Picture) -> dict[str, Any]:
    """Return an uploaded image as ProductImageSerializer describes it."""
    return {
        "id": picture["id"],
        "url": url_of(picture["file"]),
        "thumbnails": {str(size): url_of(picture["file"], size=size) for size in picture["sizes"]},
        "alt": picture["alt"],
        "width": picture["width"],
        "height": picture["height"],
        "variant": picture["variant"],
    }


def all_urls(pictures: Sequence[Picture], image_urls: Sequence[str]) -> list[str]:
    """Return the URLs of all images of a product: uploaded ones first, then those on other sites."""
    return [*(url_of(picture["file"]) for picture in pictures), *image_urls]


def cover_url(pictures: Sequence[Picture], image_urls: Sequence[str]) -> str | None:
    """Return the URL of the product's first image; None without images."""
    if pictures:
        return url_of(pictures[0]["file"])
    return image_urls[0] if image_urls else None


def cover_thumbnail_url(pictures: Sequence[Picture], image_urls: Sequence[str]) -> str | None:
    """Return the URL of the first image's thumbnail for lists, or of the image itself without a thumbnail."""
    if pictures and CARD_SIZE in pictures[0]["sizes"]:
        return url_of(pictures[0]["file"], size=CARD_SIZE)
    return cover_url(pictures, image_urls)


def variant_urls(pictures: Sequence[Picture]) -> Mapping[int, str]:
    """Return the URL of the first uploaded image of each variant that has one, by the variant's id."""
    urls: dict[int, str] = {}
    for picture in pictures:
        if picture["variant"] is not None and picture["variant"] not in urls:
            urls[picture["variant"]] = url_of(picture["file"])
    return urls
