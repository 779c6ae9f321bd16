"""Serializers for wish lists."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.fields import Identifier, MoneyOutput
from backend.api.parameters import Body
from backend.api.text import Text
from backend.catalog.cards import Card
from backend.catalog.models import Variant
from backend.catalog.serializers import VARIANT, Attributes, ProductCardSerializer
from backend.wish_lists.links import link_token
from backend.wish_lists.models import WishList, WishListItem
from backend.wish_lists.selectors import Problem
from backend.wish_lists.services import MAX_QUANTITY

ITEM = {
    "id": 1,
    "quantity": 1,
    "note": "Size M, please",
    "title": "Stoneware mug",
    "price": "79.00",
    "currency": "USD",
    "problem": None,
}


class WishListInputSerializer(Body):
    """The name of a wish list."""

    EXAMPLE = {"name": "Birthday"}

    name = Text(max_length=100, help_text="Unique among your wish lists; readers of the link see it.")


class WishListSerializer(serializers.ModelSerializer[WishList]):
    """A wish list."""

    EXAMPLE = {"id": 1, "name": "Birthday", "item_count": 3, "link_token": None}

    item_count = serializers.IntegerField()
    link_token = serializers.SerializerMethodField(
        help_text="For readers, at `/api/wish-lists/shared/TOKEN/`; null if the list isn't shared."
    )

    class Meta:
        model = WishList
        fields = ["id", "name", "item_count", "link_token", "created_at", "changed_at"]
        read_only_fields = fields

    def get_link_token(self, wish_list: WishList) -> str | None:
        """Return the token of the list's link."""
        return link_token(wish_list)


class SharedWishListSerializer(serializers.ModelSerializer[WishList]):
    """A wish list as readers of the link see it."""

    EXAMPLE = {"name": "Birthday"}

    class Meta:
        model = WishList
        fields = ["name", "changed_at"]
        read_only_fields = fields


class DeletedWishListSerializer(serializers.Serializer[Any]):
    """The id of what was deleted."""

    id = serializers.IntegerField()


class _Wanted(Body):
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, required=False)
    note = Text(
        max_length=500,
        required=False,
        allow_blank=True,
        several_lines=True,
        help_text="Readers of the link see it.",
    )
    wants_messages = serializers.BooleanField(
        required=False,
        help_text="Whether you are notified when it is in stock again, or costs at least 5 % less than "
        "you were told. By default true.",
    )


class NewWishSerializer(_Wanted):
    """What to add to a wish list; for a product with several variants, the choice may be left open."""

    EXAMPLE = {"product_id": 1, "quantity": 1, "note": "Size M, please"}

    wish_list_id = Identifier(required=False, help_text="By default your oldest list.")
    product_id = Identifier(required=False)
    variant_id = Identifier(required=False)
    exposure_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="The id of the list from which the product was added.",
    )


class ChangedWishSerializer(_Wanted):
    """What to change; fields that are left out keep their values."""

    EXAMPLE = {"quantity": 2, "note": "Size M, please"}

    wish_list_id = Identifier(required=False, help_text="The list to move the item to.")


class MovedToCartSerializer(Body):
    """The variant to put into the cart, for an item without one."""

    EXAMPLE: dict[str, Any] = {}

    variant_id = Identifier(required=False)


class WishVariantSerializer(serializers.ModelSerializer[Variant]):
    """The variant of an item."""

    EXAMPLE = VARIANT

    attributes = Attributes()
    image_url = serializers.CharField(
        source="shown_image_url", help_text="Empty for a variant without an image."
    )
    available = serializers.IntegerField()

    class Meta:
        model = Variant
        fields = ["id", "sku", "name", "attributes", "image_url", "available"]
        read_only_fields = fields


@extend_schema_field(ProductCardSerializer)
class CardOutput(serializers.Field[Any, Any, Any, Any]):
    """A card, which is a representation already."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Card) -> Card:
        """Return the card."""
        return value


class SharedWishSerializer(serializers.Serializer[Any]):
    """An item as readers of the link see it."""

    EXAMPLE = ITEM

    id = serializers.IntegerField(source="item.pk")
    title = serializers.CharField(source="item.product.title")
    product = CardOutput(
        source="card", allow_null=True, help_text="Null if the product is no longer for sale."
    )
    variant = WishVariantSerializer(
        allow_null=True, help_text="Null if no variant was chosen, or it is no longer for sale."
    )
    quantity = serializers.IntegerField(source="item.quantity")
    note = serializers.CharField(source="item.note")
    price = MoneyOutput(
        currency="item.product.currency",
        help_text="The price now, the lowest of the product's variants if none was chosen.",
    )
    currency = serializers.CharField(source="item.product.currency")
    problem = serializers.ChoiceField(
        choices=Problem.choices, allow_null=True, help_text="Why it can't be ordered; null if it can."
    )


class WishSerializer(SharedWishSerializer):
    """An item of your wish list."""

    EXAMPLE = {
        **ITEM,
        "price_when_added": "89.00",
        "wish_list_id": 1,
        "wants_messages": True,
        "exposure_id": None,
    }

    wish_list_id = serializers.IntegerField(source="item.wish_list_id")
    price_when_added = MoneyOutput(source="item.price_when_added", currency="item.currency")
    wants_messages = serializers.BooleanField(source="item.wants_messages")
    exposure_id = serializers.UUIDField(source="item.exposure_id", allow_null=True)
    added_at = serializers.DateTimeField(source="item.added_at")


class WishedParameters(serializers.Serializer[Any]):
    """The products of a page."""

    product_ids = serializers.ListField(
        child=Identifier(), max_length=100, allow_empty=False, help_text="The ids of up to 100 products."
    )


class WishedProductSerializer(serializers.ModelSerializer[WishListItem]):
    """An item of one of your wish lists."""

    EXAMPLE = {"id": 1, "wish_list_id": 1, "product_id": 1, "variant_id": None}

    wish_list_id = serializers.IntegerField()
    product_id = serializers.IntegerField()
    variant_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = WishListItem
        fields = ["id", "wish_list_id", "product_id", "variant_id"]
        read_only_fields = fields
