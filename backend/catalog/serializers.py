"""Serializers for products, variants and categories."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.fields import MoneyOutput
from backend.catalog.images.pictures import shown_images
from backend.catalog.images.serializers import IMAGE, ImageURL, ProductImageSerializer
from backend.catalog.models import Category, Product, Variant
from backend.catalog.promoted import PromotedBy, add_live_values, promotion_shown
from backend.catalog.ratings import STARS, histogram_of, written_histogram

PRODUCT = {
    "id": 1,
    "title": "Copper kettle",
    "slug": "copper-kettle",
    "brand": "Kupfer",
    "image_url": "https://shop.example/images/kettle.jpg",
}
VARIANT = {
    "id": 1,
    "name": "1.5 litres",
    "sku": "K-1",
    "attributes": {"size": "1.5 litres"},
    "available": 14,
    "image_url": "https://shop.example/images/kettle.jpg",
}


class Attributes(serializers.DictField):
    """The attributes of a product or variant, such as `{"colour": "copper"}`."""

    child = serializers.CharField()


class CategorySerializer(serializers.ModelSerializer[Category]):
    """The category of a product."""

    EXAMPLE = {"name": "Kitchen", "slug": "home-kitchen", "path": "Home > Kitchen"}

    class Meta:
        model = Category
        fields = ["id", "name", "slug", "path"]


class PromotionOfCardSerializer(serializers.Serializer[Any]):
    """The promotion that reduces a price; a countdown begins at `ends_at` less `server_time`."""

    EXAMPLE = {"id": 1, "name": "Spring sale", "units_left": 17, "is_flash_sale": True}

    id = serializers.IntegerField()
    name = serializers.CharField()
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null if it has no end.")
    server_time = serializers.DateTimeField(help_text="The server's time when it responded.")
    units_left = serializers.IntegerField(
        allow_null=True, help_text="The units that are left at the reduced price; null without such a number."
    )
    is_flash_sale = serializers.BooleanField()


def _promotion(promoted_by: PromotedBy | None) -> dict[str, Any] | None:
    shown = {"promotion": promotion_shown(promoted_by)}
    add_live_values([shown], now=timezone.now())
    return shown["promotion"]


LOWEST_PRICE = (
    "Beside a reduced price: the lowest price of the 30 days before the reduction. Null if the price is not "
    "reduced, or has been reduced since the variant exists."
)


class VariantSerializer(serializers.ModelSerializer[Variant]):
    """A variant: `price` is the list price before the discount, `sale_price` the current price."""

    EXAMPLE = {
        **VARIANT,
        "price_modifier": "0.00",
        "price": "89.00",
        "discount_percentage": None,
        "sale_price": "89.00",
        "lowest_price_30_days": None,
        "promotion": None,
        "stock": 15,
        "weight_grams": 950,
    }

    attributes = Attributes()
    image_url = serializers.CharField(
        source="shown_image_url",
        help_text="The first image that was uploaded for the variant, or else its image on another site; "
        "empty without an image.",
    )
    price_modifier = MoneyOutput(
        currency="product.currency", help_text="The difference from the product's list price."
    )
    price = MoneyOutput(
        source="list_price", currency="product.currency", help_text="The list price, before the discount."
    )
    discount_percentage = serializers.DecimalField(
        max_digits=5, decimal_places=2, allow_null=True, help_text="Null if the product's discount applies."
    )
    sale_price = MoneyOutput(
        currency="product.currency",
        help_text="The current price of one unit, after the discount and promotions without a code.",
    )
    lowest_price_30_days = MoneyOutput(currency="product.currency", allow_null=True, help_text=LOWEST_PRICE)
    promotion = serializers.SerializerMethodField()
    available = serializers.IntegerField()

    class Meta:
        model = Variant
        fields = [
            "id",
            "product",
            "name",
            "sku",
            "attributes",
            "price_modifier",
            "price",
            "discount_percentage",
            "sale_price",
            "lowest_price_30_days",
            "promotion",
            "stock",
            "available",
            "weight_grams",
            "is_active",
            "image_url",
        ]
        read_only_fields = fields

    @extend_schema_field(PromotionOfCardSerializer(allow_null=True))
    def get_promotion(self, variant: Variant) -> dict[str, Any] | None:
        """Return the promotion that reduces the price."""
        return _promotion(variant.promoted_by)


class ProductCardSerializer(serializers.ModelSerializer[Product]):
    """A product in a list."""

    EXAMPLE = {
        **PRODUCT,
        "price": "89.00",
        "discount_percentage": "0.00",
        "sale_price": "89.00",
        "lowest_price_30_days": None,
        "promotion": None,
        "currency": "USD",
        "rating_average": "4.50",
        "rating_count": 12,
        "in_stock": True,
        "variant_count": 1,
        "thumbnail_url": "https://shop.example/images/kettle.jpg",
    }

    category = CategorySerializer()
    price = MoneyOutput(help_text="The list price, before the discount and without a variant's modifier.")
    sale_price = MoneyOutput(
        help_text="The current price of one unit of the cheapest variant, after the discount and promotions "
        "without a code."
    )
    lowest_price_30_days = MoneyOutput(allow_null=True, help_text=LOWEST_PRICE)
    promotion = serializers.SerializerMethodField()
    discount_percentage = serializers.DecimalField(
        max_digits=5, decimal_places=2, help_text="The seller's discount, without promotions."
    )
    image_url = ImageURL(allow_null=True, help_text="The first image.")
    thumbnail_url = ImageURL(
        allow_null=True, help_text="A thumbnail of the first image, at most 480 pixels wide."
    )
    in_stock = serializers.SerializerMethodField()
    variant_count = serializers.SerializerMethodField()

    class Meta:
        model = Product
        fields = [
            "id",
            "title",
            "slug",
            "brand",
            "category",
            "seller",
            "price",
            "discount_percentage",
            "sale_price",
            "lowest_price_30_days",
            "promotion",
            "currency",
            "flash_sale",
            "best_seller_product",
            "featured_product",
            "rating_average",
            "rating_count",
            "in_stock",
            "variant_count",
            "image_url",
            "thumbnail_url",
        ]
        read_only_fields = fields

    @extend_schema_field(PromotionOfCardSerializer(allow_null=True))
    def get_promotion(self, product: Product) -> dict[str, Any] | None:
        """Return the promotion that reduces the price."""
        return _promotion(product.promoted_by)

    def get_in_stock(self, product: Product) -> bool:
        """Return whether any active variant has available units."""
        return product.available > 0

    def get_variant_count(self, product: Product) -> int:
        """Return the number of active variants."""
        return sum(1 for variant in product.variants.all() if variant.is_active)


class HistogramSerializer(serializers.Serializer[Any]):
    """The number of reviews by stars."""

    EXAMPLE = {"5": 8, "4": 3, "3": 0, "2": 1, "1": 0}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return a field for each number of stars; a class can't have attributes of these names."""
        return {str(stars): serializers.IntegerField(min_value=0) for stars in reversed(STARS)}


class ProductSerializer(ProductCardSerializer):
    """A product with all details."""

    EXAMPLE = {
        "seller_name": "Kupfer & Co",
        "tax_class": "standard",
        "description": "Holds 1.5 litres.",
        "attributes": {"colour": "copper"},
        "image_urls": [PRODUCT["image_url"]],
        "images": [IMAGE],
        "popularity": 42,
        "rating_histogram": {"5": 8, "4": 3, "3": 0, "2": 1, "1": 0},
        "stock": 15,
        "available": 14,
    }

    seller_name = serializers.CharField(
        source="seller.get_full_name", help_text="The seller's name; `/api/sellers/{id}/` is the public page."
    )
    attributes = Attributes()
    image_urls = serializers.ListField(
        child=serializers.URLField(), help_text="Images on other sites, which follow the uploaded ones."
    )
    images = serializers.SerializerMethodField()

    rating_histogram = serializers.SerializerMethodField(
        help_text="How many of the shop's own reviews have so many stars; imported ratings are not in it."
    )
    variants = VariantSerializer(many=True)
    stock = serializers.IntegerField()
    available = serializers.IntegerField()

    class Meta(ProductCardSerializer.Meta):
        fields = [
            *ProductCardSerializer.Meta.fields,
            "seller_name",
            "description",
            "attributes",
            "image_urls",
            "images",
            "tax_class",
            "is_active",
            "popularity",
            "rating_histogram",
            "stock",
            "available",
            "variants",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    @extend_schema_field(HistogramSerializer)
    def get_rating_histogram(self, product: Product) -> dict[str, int]:
        """Return the number of own reviews by stars."""
        return written_histogram(histogram_of(product))

    @extend_schema_field(ProductImageSerializer(many=True))
    def get_images(self, product: Product) -> list[dict[str, Any]]:
        """Return the uploaded images, then those on other sites."""
        return shown_images(product.pictures, product.image_urls)


class DeletedSerializer(serializers.Serializer[Any]):
    """The id of the deleted object."""

    id = serializers.IntegerField()


class DeletedVariantSerializer(DeletedSerializer):
    """The id of a variant that was deleted, or deactivated because it was stocked or ordered."""

    deactivated = serializers.BooleanField(
        help_text="Whether the variant was deactivated instead of deleted."
    )


class FilledMatrixSerializer(serializers.Serializer[Any]):
    """The variants of a matrix."""

    created = VariantSerializer(many=True, help_text="The variants that this request created.")
    existing = VariantSerializer(many=True, help_text="The variants that the product had before.")


class SellerSerializer(serializers.Serializer[Any]):
    """The public profile of a seller."""

    EXAMPLE = {"id": 2, "name": "Kupfer & Co", "since": "2026-03-02", "product_count": 20}

    id = serializers.IntegerField()
    name = serializers.CharField(help_text="Empty if the seller has not given one.")
    since = serializers.DateField(help_text="When the account was created.")
    product_count = serializers.IntegerField(help_text="The number of listed products.")
