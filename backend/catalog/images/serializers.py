"""Serializers for images of products."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.fields import Identifier
from backend.api.parameters import Body

IMAGE = {
    "id": 1,
    "url": "/media/products/1/5f0c6e7d9a1b4c3d8e2f0a1b2c3d4e5f/image.webp",
    "thumbnails": {"480": "/media/products/1/5f0c6e7d9a1b4c3d8e2f0a1b2c3d4e5f/480.webp"},
    "alt": "A copper kettle on a gas stove",
    "width": 1200,
    "height": 900,
    "variant": None,
}
MAX_IMAGES = 1_000
_INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# These characters change the direction of the following text on a page.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@extend_schema_field({"type": "string", "format": "uri-reference"})
class ImageURL(serializers.CharField):
    """The URL of an image: absolute, or relative to the URL of the API."""


class AltText(serializers.CharField):
    """The alternative text of an image, in one line."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(max_length=250, allow_blank=True, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the text.

        Raises:
            ValidationError: it is too long, or has control characters.
        """
        text = super().run_validation(data)
        invisible = any(unicodedata.category(character) in _INVISIBLE for character in text)
        if invisible or _DIRECTIONS.search(text):
            raise serializers.ValidationError("Control characters and line breaks are not allowed.")
        return text


class ProductImageSerializer(serializers.Serializer[Any]):
    """An image of a product: uploaded, or on another site."""

    EXAMPLE = IMAGE

    id = serializers.IntegerField(allow_null=True, help_text="Null for an image on another site.")
    url = ImageURL()
    thumbnails = serializers.DictField(
        child=ImageURL(),
        help_text="Smaller copies by the length of their longer side in pixels, up to 960; empty until they "
        "are made.",
    )
    alt = serializers.CharField(help_text="The alternative text of the image.")
    width = serializers.IntegerField(allow_null=True, help_text="In pixels.")
    height = serializers.IntegerField(allow_null=True, help_text="In pixels.")
    variant = serializers.IntegerField(allow_null=True, help_text="The variant that the image shows, if any.")


class ImageUploadSerializer(serializers.Serializer[Any]):
    """A form with one image."""

    EXAMPLE = {"image": "(the bytes of the file)", "alt": IMAGE["alt"], "variant": 1}

    image = serializers.FileField(
        allow_empty_file=True,
        help_text="A still JPEG, PNG, WebP or GIF image of at most 10 MB and 32 megapixels.",
    )
    alt = AltText(required=False, default="")
    variant = Identifier(required=False, help_text="The variant that the image shows.")

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values.

        Raises:
            ValidationError: a field is unknown, repeated or invalid.
        """
        faults: dict[str, list[str]] = {}
        for name in data if isinstance(data, Mapping) else ():
            if name not in self.fields:
                faults[name] = [f"Unknown field. Allowed: {', '.join(self.fields)}."]
            elif hasattr(data, "getlist") and len(data.getlist(name)) > 1:
                faults[name] = ["Given more than once; upload one image per request."]
        if faults:
            raise serializers.ValidationError(faults)
        return super().to_internal_value(data)


class ImageChangesSerializer(Body):
    """Changes to an image."""

    EXAMPLE = {"alt": IMAGE["alt"], "variant": 1, "position": 1}

    alt = AltText(required=False)
    variant = Identifier(required=False, allow_null=True, source="variant_id")
    position = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_IMAGES, help_text="The position; lists show image 1."
    )


class ImageOrderSerializer(Body):
    """All uploaded images of a product, in the order in which they are shown."""

    EXAMPLE = {"image_ids": [2, 1]}

    image_ids = serializers.ListField(child=Identifier(), max_length=MAX_IMAGES)
