"""The baseline for product pages: generic views and model serializers with the same fields.

Variants are counted by the database in the same query. No exposure is stored.
"""

from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from rest_framework import serializers
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny

from backend.api.throttles import BrowseThrottle
from backend.catalog.images.pictures import shown_images
from backend.catalog.models import Category, Product, Variant


class PlainCategorySerializer(serializers.ModelSerializer[Category]):
    """The category of a product."""

    class Meta:
        model = Category
        fields = ["id", "name", "slug", "path"]


class PlainCardSerializer(serializers.ModelSerializer[Product]):
    """A card."""

    category = PlainCategorySerializer()
    discount_percentage = serializers.DecimalField(max_digits=5, decimal_places=2)
    variant_count = serializers.IntegerField()
    in_stock = serializers.SerializerMethodField()
    image_url = serializers.ReadOnlyField()
    thumbnail_url = serializers.ReadOnlyField()

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
            "variant_count",
            "in_stock",
            "image_url",
            "thumbnail_url",
        ]

    def get_in_stock(self, product: Product) -> bool:
        """Return whether units are available."""
        return bool(product.available_units)  # type: ignore[attr-defined]


class PlainVariantSerializer(serializers.ModelSerializer[Variant]):
    """A variant."""

    price = serializers.DecimalField(source="list_price", max_digits=14, decimal_places=4)
    discount_percentage = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)
    available = serializers.IntegerField()
    image_url = serializers.ReadOnlyField(source="shown_image_url")

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


class PlainProductSerializer(PlainCardSerializer):
    """A product with its variants and images."""

    seller_name = serializers.CharField(source="seller.get_full_name")
    images = serializers.SerializerMethodField()
    stock = serializers.IntegerField()
    available = serializers.IntegerField()
    variants = PlainVariantSerializer(many=True)

    class Meta(PlainCardSerializer.Meta):
        fields = [
            *PlainCardSerializer.Meta.fields,
            "seller_name",
            "description",
            "attributes",
            "image_urls",
            "images",
            "is_active",
            "popularity",
            "stock",
            "available",
            "variants",
            "created_at",
            "updated_at",
        ]

    def get_images(self, product: Product) -> list[dict[str, Any]]:
        """Return the images."""
        return shown_images(product.pictures, product.image_urls)


class Pages(PageNumberPagination):
    """Pages like the shop's."""

    page_size = 20
    page_size_query_param = "page_size"


def _counted() -> QuerySet[Product]:
    active = Q(variants__is_active=True)
    return (
        Product.objects.listed()
        .select_related("category")
        .annotate(
            variant_count=Count("variants", filter=active),
            available_units=Sum(F("variants__stock") - F("variants__reserved"), filter=active),
        )
    )


class PlainListView(ListAPIView[Product]):
    """A page of products."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)
    serializer_class = PlainCardSerializer
    pagination_class = Pages
    queryset = _counted().order_by("-created_at", "-id")


class PlainDetailView(RetrieveAPIView[Product]):
    """A product with its variants."""

    permission_classes = (AllowAny,)
    throttle_classes = (BrowseThrottle,)
    serializer_class = PlainProductSerializer
    queryset = _counted().select_related("seller").prefetch_related("variants")
