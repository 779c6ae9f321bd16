"""Serializers of promotions and codes, for staff."""

from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from backend.api import money
from backend.api.fields import Choice, DecimalInput, Identifier, MoneyInput, MoneyOutput
from backend.api.parameters import Body, PageParameters
from backend.api.text import Text
from backend.promotions.codes import CODE, MAX_BATCH, RANDOM_LENGTH
from backend.promotions.explanation_serializers import AppliedPromotionSerializer, RefusedPromotionSerializer
from backend.promotions.models import CODE_LENGTH, Promotion, PromotionCode
from backend.promotions.rules import Kind, Level, Measure

MAX_IDS = 1_000
MAX_TIERS = 20
MAX_UNITS = 1_000_000_000
GREATEST_PRIORITY = 100_000
DEFAULT_PRIORITY = 100

PROMOTION: dict[str, Any] = {
    "name": "10 % off lamps",
    "description": "",
    "level": "item",
    "kind": "percentage",
    "value": "10.0000",
    "currency": "",
    "tiers": [],
    "tier_measure": "units",
    "buy_units": 0,
    "get_units": 0,
    "target": {"categories": [1]},
    "bought": {},
    "excluded": {},
    "code_required": False,
    "priority": DEFAULT_PRIORITY,
    "stackable": True,
    "exclusive": False,
    "starts_at": "2026-03-02T12:00:00Z",
    "ends_at": None,
    "is_active": True,
    "is_flash_sale": False,
    "unit_cap": None,
    "use_cap": None,
    "customer_use_cap": None,
    "minimum_amount": None,
    "minimum_units": None,
}


def _ids(what: str) -> serializers.ListField:
    return serializers.ListField(
        child=Identifier(), required=False, max_length=MAX_IDS, help_text=f"The ids of {what}."
    )


class SelectionSerializer(Body):
    """Some products: those that have one of the ids, categories, brands or sellers."""

    EXAMPLE: ClassVar[dict[str, Any]] = PROMOTION["target"]

    products = _ids("products")
    variants = _ids("variants")
    categories = _ids("categories, which include the categories below them")
    brands = serializers.ListField(
        child=Text(max_length=120), required=False, max_length=MAX_IDS, help_text="Brands, in any case."
    )
    sellers = _ids("sellers' accounts")

    def to_internal_value(self, data: Any) -> Any:
        """Return the lists that are not empty, without repetitions."""
        values = super().to_internal_value(data)
        return {name: list(dict.fromkeys(each)) for name, each in values.items() if each}


class TierSerializer(Body):
    """The value of a promotion from a threshold on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"threshold": "3", "value": "10"}

    threshold = DecimalInput(
        max_digits=16, decimal_places=4, min_value=Decimal("0.0001"), help_text="Units, or an amount."
    )
    value = DecimalInput(max_digits=16, decimal_places=4, min_value=Decimal(0))

    def to_internal_value(self, data: Any) -> Any:
        """Return the pair as it is stored."""
        values = super().to_internal_value(data)
        return [f"{values['threshold'].normalize():f}", f"{values['value'].normalize():f}"]

    def to_representation(self, instance: Any) -> Any:
        """Return a stored pair."""
        threshold, value = instance
        return {"threshold": threshold, "value": value}


def _cap(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1, max_value=MAX_UNITS, required=False, allow_null=True, default=None, help_text=help_text
    )


class PromotionInputSerializer(Body):
    """A promotion to create."""

    EXAMPLE: ClassVar[dict[str, Any]] = PROMOTION

    name = Text(max_length=200, help_text="Customers see it beside what they save.")
    description = Text(max_length=1_000, required=False, allow_blank=True, default="")
    level = Choice(
        choices=Level.choices, help_text="What is reduced. Items come first, then the order, then shipping."
    )
    kind = Choice(choices=Kind.choices)
    value = DecimalInput(
        max_digits=16,
        decimal_places=4,
        min_value=Decimal(0),
        required=False,
        default=Decimal(0),
        help_text="A percentage, or an amount: of each unit for level `item`, otherwise in total.",
    )
    currency = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=3, help_text="The currency of amounts."
    )
    tiers = serializers.ListField(
        child=TierSerializer(),
        required=False,
        default=list,
        max_length=MAX_TIERS,
        help_text="Values from thresholds on; the highest threshold that is reached counts.",
    )
    tier_measure = Choice(
        choices=Measure.choices,
        required=False,
        default=Measure.UNITS,
        help_text="Whether thresholds are units or an amount of the matching items.",
    )
    buy_units = serializers.IntegerField(min_value=0, max_value=10_000, required=False, default=0)
    get_units = serializers.IntegerField(
        min_value=0,
        max_value=10_000,
        required=False,
        default=0,
        help_text="For `buy_get`: of each buy_units + get_units units, the cheapest get_units are reduced.",
    )
    target = SelectionSerializer(
        required=False, default=dict, help_text="What is reduced; everything if empty."
    )
    bought = SelectionSerializer(
        required=False, default=dict, help_text="For `buy_get`: what counts as bought, if not `target`."
    )
    excluded = SelectionSerializer(required=False, default=dict, help_text="What is never reduced.")
    code_required = serializers.BooleanField(required=False, default=False)
    priority = serializers.IntegerField(
        min_value=0,
        max_value=GREATEST_PRIORITY,
        required=False,
        default=DEFAULT_PRIORITY,
        help_text="Within a level, lower numbers come first.",
    )
    stackable = serializers.BooleanField(
        required=False, default=True, help_text="Whether units can have other promotions of the level too."
    )
    exclusive = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Applied alone, if it takes off at least as much as all other promotions together.",
    )
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    is_active = serializers.BooleanField(required=False, default=True)
    is_flash_sale = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Whether it is a flash sale: products with its prices have `flash_sale`, and show its end.",
    )
    unit_cap = _cap("The number of units that are reduced in all orders together.")
    use_cap = _cap("The number of orders that can use it.")
    customer_use_cap = _cap("The number of orders of one customer that can use it.")
    minimum_amount = MoneyInput(
        required=False, allow_null=True, default=None, help_text="What the matching items must cost."
    )
    minimum_units = _cap("The units that the matching items must have.")

    def validate_currency(self, value: str) -> str:
        """Refuse an unknown currency."""
        if value and value.upper() not in money.EXPONENTS:
            raise serializers.ValidationError(f"{value!r} is not an ISO 4217 currency code, such as EUR.")
        return value.upper()


class PromotionChangesSerializer(PromotionInputSerializer):
    """All values of a promotion, with the version that they are based on."""

    EXAMPLE: ClassVar[dict[str, Any]] = {**PROMOTION, "version": 1}

    version = serializers.IntegerField(
        min_value=1, help_text="The version that was read; another one is refused with 409."
    )


class PromotionSerializer(serializers.ModelSerializer[Promotion]):
    """A promotion with its counters."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 1,
        **PROMOTION,
        "units_used": 0,
        "uses": 0,
        "version": 1,
    }

    tiers = serializers.ListField(child=TierSerializer())
    target = SelectionSerializer()
    bought = SelectionSerializer()
    excluded = SelectionSerializer()
    units_used = serializers.IntegerField(help_text="Counted with a cap only.")
    uses = serializers.IntegerField(help_text="Counted with a cap only.")

    class Meta:
        model = Promotion
        fields = ["id", *PROMOTION, "units_used", "uses", "version", "created_at", "updated_at"]
        read_only_fields = fields

    def to_representation(self, instance: Promotion) -> dict[str, Any]:
        """Return the promotion, with selections as they are stored."""
        shown = super().to_representation(instance)
        return shown | {name: getattr(instance, name) for name in ("target", "bought", "excluded")}


class CodeField(serializers.CharField):
    """A code: letters, digits, - and _; letters in any case."""

    def __init__(self, **options: Any) -> None:
        """Pass `options` on to the base class."""
        super().__init__(max_length=CODE_LENGTH, **options)

    def to_internal_value(self, data: Any) -> str:
        """Return the code in capitals."""
        text = super().to_internal_value(data)
        if text and CODE.fullmatch(text) is None:
            raise serializers.ValidationError("A code has letters, digits, - and _ only.")
        return text.upper()


class CodeBatchSerializer(Body):
    """Codes to add to a promotion: texts, or a number of random codes."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "codes": [],
        "count": 100,
        "prefix": "SPRING-",
        "max_uses": 1,
        "batch": "Letter",
    }

    codes = serializers.ListField(child=CodeField(), required=False, default=list, max_length=MAX_IDS)
    count = serializers.IntegerField(
        min_value=0, max_value=MAX_BATCH, required=False, default=0, help_text="The number of random codes."
    )
    prefix = CodeField(
        required=False, allow_blank=True, default="", help_text="The beginning of random codes."
    )
    max_uses = serializers.IntegerField(
        min_value=1,
        max_value=MAX_UNITS,
        required=False,
        allow_null=True,
        default=1,
        help_text="The number of orders that can use each code; null for any number.",
    )
    batch = Text(max_length=100, required=False, allow_blank=True, default="", help_text="A note for staff.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require texts or a number, and a prefix that leaves space."""
        if bool(attrs["codes"]) == bool(attrs["count"]):
            raise serializers.ValidationError({"codes": ["Send codes, or a count of random codes."]})
        if len(attrs["prefix"]) > CODE_LENGTH - RANDOM_LENGTH:
            raise serializers.ValidationError(
                {"prefix": [f"At most {CODE_LENGTH - RANDOM_LENGTH} characters are possible."]}
            )
        return attrs


class PromotionCodeSerializer(serializers.ModelSerializer[PromotionCode]):
    """A code of a promotion."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"code": "SPRING-7K2M9QXR4TBC", "batch": "Letter"}

    class Meta:
        model = PromotionCode
        fields = ["id", "code", "max_uses", "uses", "batch", "created_at"]
        read_only_fields = fields


class AddedCodesSerializer(serializers.Serializer[Any]):
    """The codes that were added."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"codes": ["SPRING-7K2M9QXR4TBC"]}

    codes = serializers.ListField(child=serializers.CharField())


class PromotionStatisticsSerializer(serializers.Serializer[Any]):
    """What orders have used of a promotion, without cancelled orders."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"currency": "USD", "orders": 12, "units": 15, "amount": "131.50"}

    currency = serializers.CharField()
    orders = serializers.IntegerField()
    units = serializers.IntegerField()
    amount = MoneyOutput()


class PromotionListParameters(PageParameters):
    """The parameters of a list of promotions."""

    is_active = serializers.BooleanField(
        required=False, default=None, allow_null=True, help_text="Only those that are switched on, or off."
    )
    code = CodeField(required=False, help_text="Only the promotion with this code.")


class PromotionPreviewItemSerializer(Body):
    """Units of a variant."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"variant_id": 1, "quantity": 2}

    variant_id = Identifier()
    quantity = serializers.IntegerField(min_value=1, max_value=9_999)


class PromotionPreviewRequestSerializer(Body):
    """A cart to try the promotions with."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"codes": ["WELCOME5"], "shipping_price": "4.90"}

    items = serializers.ListField(child=PromotionPreviewItemSerializer(), min_length=1, max_length=100)
    codes = serializers.ListField(child=CodeField(), required=False, default=list, max_length=20)
    shipping_price = MoneyInput(required=False, default=Decimal(0))
    user_id = Identifier(
        required=False, allow_null=True, default=None, help_text="The customer; by default nobody."
    )
    email = serializers.EmailField(
        required=False, allow_blank=True, default="", help_text="The e-mail address of a guest."
    )
    at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="The time; by default now."
    )

    def validate_items(self, value: list[dict[str, int]]) -> dict[int, int]:
        """Return the units by variant id; refuse a variant that is listed twice."""
        units = {item["variant_id"]: item["quantity"] for item in value}
        if len(units) < len(value):
            raise serializers.ValidationError("A variant is listed twice.")
        return units


class PreviewedLineSerializer(serializers.Serializer[Any]):
    """A line with what it costs."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "unit_price": "89.00",
        "discount_amount": "17.80",
        "total_price": "160.20",
    }

    variant_id = serializers.IntegerField()
    quantity = serializers.IntegerField()
    unit_price = MoneyOutput()
    discount_amount = MoneyOutput()
    total_price = MoneyOutput()


class PromotionPreviewSerializer(serializers.Serializer[Any]):
    """What promotions do to a cart, with the reason for each that isn't applied."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "currency": "USD",
        "subtotal": "160.20",
        "discount_amount": "17.80",
        "shipping_discount_amount": "4.90",
    }

    currency = serializers.CharField()
    subtotal = MoneyOutput(help_text="What the items cost after the reductions.")
    discount_amount = MoneyOutput()
    shipping_discount_amount = MoneyOutput()
    items = PreviewedLineSerializer(many=True)
    applied = AppliedPromotionSerializer(many=True)
    refused = RefusedPromotionSerializer(many=True)
