"""Serializers for products, variants and categories."""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.fields import Choice, Identifier, MoneyInput, MoneyOutput
from backend.api.parameters import Body, PageParameters
from backend.catalog.categories import matching_categories
from backend.catalog.models import Category, Product, Variant
from backend.catalog.selectors import ORDERINGS

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


class ProductListParameters(PageParameters):
    """The parameters of a product list."""

    flash_sale = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether the product is in a flash sale."
    )
    best_seller_product = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether the product is a best seller."
    )
    featured_product = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Whether the product is featured."
    )
    category = serializers.CharField(
        required=False, max_length=1_000, help_text="A category's name, slug or path."
    )
    brand = serializers.CharField(required=False, max_length=120, help_text="The brand's name.")
    seller = Identifier(required=False, help_text="The seller's id.")
    min_price = MoneyInput(required=False, help_text="The lowest sale price.")
    max_price = MoneyInput(required=False, help_text="The highest sale price.")
    sort_by = Choice(choices=list(ORDERINGS), default="newest")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range whose minimum is above its maximum."""
        low, high = attrs.get("min_price"), attrs.get("max_price")
        if low is not None and high is not None and low > high:
            raise serializers.ValidationError({"min_price": "Must not be above max_price."})
        return attrs


class CategorySerializer(serializers.ModelSerializer[Category]):
    """The category of a product."""

    EXAMPLE = {"name": "Kitchen", "slug": "home-kitchen", "path": "Home > Kitchen"}

    class Meta:
        model = Category
        fields = ["id", "name", "slug", "path"]


class VariantSerializer(serializers.ModelSerializer[Variant]):
    """A variant: `price` is the list price before the discount, `sale_price` the current price."""

    EXAMPLE = {
        **VARIANT,
        "price_modifier": "0.00",
        "price": "89.00",
        "discount_percentage": None,
        "sale_price": "89.00",
        "stock": 15,
    }

    attributes = Attributes()
    image_url = serializers.CharField(help_text="Empty for a variant without an image.")
    price_modifier = MoneyOutput(
        currency="product.currency", help_text="The difference to the product's list price."
    )
    price = MoneyOutput(
        source="list_price", currency="product.currency", help_text="The list price, before the discount."
    )
    discount_percentage = serializers.DecimalField(
        max_digits=5, decimal_places=2, allow_null=True, help_text="Null for the discount of the product."
    )
    sale_price = MoneyOutput(currency="product.currency", help_text="The current price, after the discount.")
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
            "stock",
            "available",
            "is_active",
            "image_url",
        ]
        read_only_fields = fields


class ProductCardSerializer(serializers.ModelSerializer[Product]):
    """A product in a list."""

    EXAMPLE = {
        **PRODUCT,
        "price": "89.00",
        "discount_percentage": "0.00",
        "sale_price": "89.00",
        "currency": "USD",
        "rating_average": "4.50",
        "rating_count": 12,
        "in_stock": True,
        "variant_count": 1,
    }

    category = CategorySerializer()
    price = MoneyOutput(help_text="The list price, before the discount and without a variant's modifier.")
    sale_price = MoneyOutput(help_text="The current price of the cheapest variant, after the discount.")
    discount_percentage = serializers.DecimalField(max_digits=5, decimal_places=2)
    image_url = serializers.SerializerMethodField()
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
            "currency",
            "flash_sale",
            "best_seller_product",
            "featured_product",
            "rating_average",
            "rating_count",
            "in_stock",
            "variant_count",
            "image_url",
        ]
        read_only_fields = fields

    def get_image_url(self, product: Product) -> str | None:
        """Return the address of the first image."""
        return product.image_urls[0] if product.image_urls else None

    def get_in_stock(self, product: Product) -> bool:
        """Return whether any active variant has available units."""
        return product.available > 0

    def get_variant_count(self, product: Product) -> int:
        """Return the number of active variants."""
        return sum(1 for variant in product.variants.all() if variant.is_active)


class ProductSerializer(ProductCardSerializer):
    """A product with all details."""

    EXAMPLE = {
        "description": "Holds 1.5 litres.",
        "attributes": {"colour": "copper"},
        "image_urls": [PRODUCT["image_url"]],
        "popularity": 42,
        "stock": 15,
        "available": 14,
    }

    attributes = Attributes()
    image_urls = serializers.ListField(child=serializers.URLField())

    variants = VariantSerializer(many=True)
    stock = serializers.IntegerField()
    available = serializers.IntegerField()

    class Meta(ProductCardSerializer.Meta):
        fields = [
            *ProductCardSerializer.Meta.fields,
            "description",
            "attributes",
            "image_urls",
            "is_active",
            "popularity",
            "stock",
            "available",
            "variants",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


@extend_schema_field(OpenApiTypes.STR)
class CategoryField(serializers.Field[Category, str, str, Any]):
    """A category by its name, slug or path."""

    def to_internal_value(self, data: Any) -> Category:
        """Return the category with this name, slug or path.

        Raises:
            ValidationError: there is none, or more than one.
        """
        if not isinstance(data, str):
            raise serializers.ValidationError("Must be a string.")
        found = matching_categories(serializers.CharField(max_length=1_000).run_validation(data))
        if len(found) != 1:
            problem = "There is no category" if not found else "There is more than one category"
            raise serializers.ValidationError(f"{problem} {data!r}; give its path or slug.")
        return found[0]

    def to_representation(self, value: Category) -> str:
        """Return the path."""
        return value.path


class ProductChangesSerializer(Body, serializers.ModelSerializer[Product]):
    """Changes to a product; only staff may set the flags."""

    EXAMPLE = {
        "title": "Copper kettle",
        "description": "Holds 1.5 litres.",
        "brand": "Kupfer",
        "category": "Home > Kitchen",
        "price": "79.00",
        "discount_percentage": "10.00",
        "attributes": {"colour": "copper"},
        "image_urls": [PRODUCT["image_url"]],
    }

    MAX_ATTRIBUTES = 100
    STAFF_ONLY = ("flash_sale", "best_seller_product", "featured_product")

    category = CategoryField(required=False)
    price = MoneyInput(required=False)
    discount_percentage = serializers.DecimalField(
        required=False, max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(100)
    )
    attributes = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True), required=False
    )
    image_urls = serializers.ListField(
        child=serializers.URLField(max_length=500), max_length=20, required=False
    )

    class Meta:
        model = Product
        fields = [
            "title",
            "description",
            "brand",
            "category",
            "price",
            "discount_percentage",
            "attributes",
            "image_urls",
            "is_active",
            "flash_sale",
            "best_seller_product",
            "featured_product",
        ]

    def validate_attributes(self, value: dict[str, str]) -> dict[str, str]:
        """Limit the number of attributes and the length of names, for filters and facets."""
        if len(value) > self.MAX_ATTRIBUTES:
            raise serializers.ValidationError(f"At most {self.MAX_ATTRIBUTES} attributes are allowed.")
        name = serializers.CharField(max_length=100)
        return {name.run_validation(given): text for given, text in value.items()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse the flags unless the caller is staff."""
        if not self.context["user"].is_admin:
            faults = {name: "Only staff may set this." for name in self.STAFF_ONLY if name in attrs}
            if faults:
                raise serializers.ValidationError(faults)
        return attrs


class DeletedSerializer(serializers.Serializer[Any]):
    """The id of the deleted object."""

    id = serializers.IntegerField()
