"""Query parameters and request bodies of the catalogue's endpoints."""

from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers

from backend.accounts.areas import StaffArea
from backend.accounts.models import User, UserType
from backend.api import money
from backend.api.fields import Choice, Identifier, MoneyInput
from backend.api.parameters import Body, PageParameters
from backend.api.text import Text
from backend.catalog.fields import (
    MAX_IDS,
    CategoryField,
    IdsInput,
    ModifierInput,
    NewAttributes,
    Percentage,
    TaxClassInput,
)
from backend.catalog.matrix import MAX_AXES, MAX_COMBINATIONS
from backend.catalog.models import MAX_WEIGHT_GRAMS, STANDARD_TAX_CLASS, Product
from backend.catalog.selectors import DEFAULT_ORDERING, ORDERINGS
from backend.catalog.serializers import PRODUCT

LONGEST_DESCRIPTION = 20_000
MAX_VARIANTS = 100


class ProductListParameters(PageParameters):
    """The parameters of a product list."""

    ids = IdsInput(
        required=False,
        max_length=2_000,
        help_text=f"Ids of at most {MAX_IDS} products, in this order; unlisted products are omitted.",
    )
    slug = serializers.CharField(required=False, max_length=320, help_text="The present slug of a product.")
    mine = serializers.BooleanField(
        default=False, help_text="Whether to list only the caller's own products, including inactive ones."
    )
    is_active = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="False lists inactive products: the caller's own, or for staff all.",
    )

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
        required=False, max_length=1_000, help_text="A category's slug, path or name."
    )
    brand = serializers.CharField(required=False, max_length=120, help_text="The brand's name.")
    seller = Identifier(required=False, help_text="The seller's id.")
    min_price = MoneyInput(required=False, help_text="The lowest sale price.")
    max_price = MoneyInput(required=False, help_text="The highest sale price.")
    sort_by = Choice(
        choices=list(ORDERINGS),
        required=False,
        help_text=f"By default the order of `ids`, or without `ids`, {DEFAULT_ORDERING}.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a range whose minimum is above its maximum."""
        low, high = attrs.get("min_price"), attrs.get("max_price")
        if low is not None and high is not None and low > high:
            raise serializers.ValidationError({"min_price": "Must not be above max_price."})
        return attrs


class VariantChangesSerializer(Body):
    """Changes to a variant; fields that are not sent keep their values."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "sku": "K-15",
        "name": "1.5 litres",
        "price_modifier": "5.00",
        "discount_percentage": "5.00",
        "attributes": {"size": "1.5 litres"},
        "image_url": PRODUCT["image_url"],
        "weight_grams": 950,
        "is_active": True,
    }

    sku = Text(required=False, max_length=64, help_text="The stock keeping unit, unique in the shop.")
    name = Text(required=False, max_length=200, allow_blank=True)
    price_modifier = ModifierInput(
        required=False, help_text="The difference from the product's list price; it may be negative."
    )
    discount_percentage = Percentage(
        required=False, allow_null=True, help_text="Null if the product's discount applies."
    )
    attributes = NewAttributes(required=False)
    image_url = serializers.URLField(required=False, max_length=500, allow_blank=True)
    weight_grams = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=MAX_WEIGHT_GRAMS,
        help_text="The weight of a packaged unit; null if it is unknown, which shipping counts as 0.",
    )
    is_active = serializers.BooleanField(required=False, help_text="Whether the variant is for sale.")


class NewVariantSerializer(VariantChangesSerializer):
    """A variant to create; its stock is recorded in the ledger by a second request."""

    sku = Text(max_length=64, help_text="The stock keeping unit, unique in the shop.")


class MatrixSerializer(Body):
    """A matrix of attribute values, with a variant for each combination."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "attributes": {"size": ["S", "M"], "colour": ["red", "dark blue"]},
        "sku_pattern": "SHIRT-{size}-{colour}",
        "sku_codes": {"colour": {"dark blue": "DBL"}},
        "price_modifiers": {"size": {"M": "2.00"}},
        "image_urls": {"colour": {"red": "https://shop.example/images/red-shirt.jpg"}},
        "is_active": True,
    }

    attributes = serializers.DictField(
        child=serializers.ListField(child=Text(max_length=200), max_length=MAX_COMBINATIONS),
        help_text="The values by attribute; each combination with one value of each attribute is a variant.",
    )
    sku_pattern = Text(
        max_length=200,
        help_text="A SKU with placeholders for the values: names of attributes in braces.",
    )
    sku_codes = serializers.DictField(
        child=serializers.DictField(child=Text(max_length=64)),
        required=False,
        help_text="The codes of values in SKUs, by attribute and value; by default their letters and digits.",
    )
    price_modifiers = serializers.DictField(
        child=serializers.DictField(child=ModifierInput()),
        required=False,
        help_text="Price modifiers by attribute and value; those of a combination are added.",
    )
    image_urls = serializers.DictField(
        child=serializers.DictField(child=serializers.URLField(max_length=500)),
        required=False,
        help_text="Images by attribute and value.",
    )
    is_active = serializers.BooleanField(default=True, help_text="Whether the new variants are for sale.")

    def validate_attributes(self, value: dict[str, list[str]]) -> dict[str, list[str]]:
        """Check the names of the attributes."""
        if len(value) > MAX_AXES:
            raise serializers.ValidationError(f"A matrix has 1 to {MAX_AXES} attributes.")
        name = Text(max_length=100)
        return {name.run_validation(given): values for given, values in value.items()}


class ProductChangesSerializer(Body, serializers.ModelSerializer[Product]):
    """Changes to a product; only staff may set the flags."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "title": "Copper kettle",
        "description": "Holds 1.5 litres.",
        "brand": "Kupfer",
        "category": "Home > Kitchen",
        "price": "79.00",
        "discount_percentage": "10.00",
        "tax_class": STANDARD_TAX_CLASS,
        "attributes": {"colour": "copper"},
        "image_urls": [PRODUCT["image_url"]],
    }

    DERIVED: ClassVar[tuple[str, ...]] = ("flash_sale", "best_seller_product")
    STAFF_ONLY: ClassVar[tuple[str, ...]] = (*DERIVED, "featured_product")

    title = Text(max_length=300)
    description = Text(
        required=False,
        max_length=LONGEST_DESCRIPTION,
        allow_blank=True,
        several_lines=True,
        help_text="It may have HTML, from which scripts and styles are removed.",
    )
    brand = Text(required=False, max_length=120, allow_blank=True)
    category = CategoryField(help_text="A category's slug or path, or a name that only one category has.")
    price = MoneyInput(help_text="The list price, before the discount.")
    discount_percentage = Percentage(required=False)
    tax_class = TaxClassInput(required=False, help_text="Which of a country's tax rates applies.")
    attributes = NewAttributes(required=False)
    image_urls = serializers.ListField(
        child=serializers.URLField(max_length=500), max_length=20, required=False
    )

    flash_sale = serializers.BooleanField(
        required=False, help_text="Ignored: promotions decide. Accepted for clients of earlier releases."
    )
    best_seller_product = serializers.BooleanField(
        required=False, help_text="Ignored: sales decide. Accepted for clients of earlier releases."
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
            "tax_class",
            "attributes",
            "image_urls",
            "is_active",
            "flash_sale",
            "best_seller_product",
            "featured_product",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse fields that only staff may set, unless the caller is staff; leave out what is derived."""
        if not self.context["user"].has_area(StaffArea.CATALOGUE):
            faults = {name: "Only staff may set this." for name in self.STAFF_ONLY if name in attrs}
            if faults:
                raise serializers.ValidationError(faults)
        return {name: value for name, value in attrs.items() if name not in self.DERIVED}


class NewProductSerializer(ProductChangesSerializer):
    """A product to create with its variants; the seller is the caller, unless staff choose another."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **ProductChangesSerializer.EXAMPLE,
        "currency": "USD",
        "seller": 2,
        "variants": [{**VariantChangesSerializer.EXAMPLE, "sku": "K-1", "price_modifier": "0.00"}],
    }
    STAFF_ONLY = (*ProductChangesSerializer.STAFF_ONLY, "seller")

    currency = serializers.CharField(
        required=False,
        min_length=3,
        max_length=3,
        help_text="An ISO 4217 code; by default the shop's currency.",
    )
    seller = Identifier(required=False, help_text="The id of another seller; only staff may send it.")
    variants: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=NewVariantSerializer(), allow_empty=False, max_length=MAX_VARIANTS
    )

    class Meta(ProductChangesSerializer.Meta):
        fields = [*ProductChangesSerializer.Meta.fields, "currency", "seller", "variants"]

    def validate_currency(self, value: str) -> str:
        """Refuse an unknown currency."""
        if value not in money.EXPONENTS:
            raise serializers.ValidationError(f"{value!r} is not an ISO 4217 currency code, such as EUR.")
        return value

    def validate_seller(self, value: int) -> int:
        """Refuse an id that is not a seller's."""
        if not User.objects.filter(pk=value, user_type=UserType.SELLER, is_active=True).exists():
            raise serializers.ValidationError(f"There is no seller {value}.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in the seller and the currency, after the checks of the base class."""
        attrs = super().validate(attrs)
        attrs["seller_id"] = attrs.pop("seller", self.context["user"].pk)
        attrs.setdefault("currency", settings.DEFAULT_CURRENCY)
        return attrs
