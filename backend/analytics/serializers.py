"""Serializers for the parameters, descriptions and rows of reports."""

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics_pipeline.product_interactions import InteractionType
from analytics_pipeline.reports import Parameter, Report
from analytics_pipeline.reports.parameters import NUMBER
from backend.analytics.interactions import DEFAULT_DAYS
from backend.api.fields import Choice, Identifier, MoneyOutput
from backend.api.parameters import PageParameters

GROUPS = ("day", "week", "month")
_SCALAR = {"oneOf": [{"type": "string"}, {"type": "number"}]}
_VALUE = {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "array", "items": _SCALAR}]}
SELLER_PARAMETER = {
    "name": "seller",
    "in": "query",
    "description": "For staff: a seller's id; the report then covers only this seller's products.",
    "schema": {"type": "integer", "format": "int64", "minimum": 0},
}
NAME_PARAMETER = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The report's name, as in the list.",
    "schema": {"type": "string", "minLength": 1, "example": "sales"},
}
REPORT_PARAMETERS = {
    "name": "parameters",
    "in": "query",
    "description": "The report's own parameters, which the list of reports describes: `group_by=month`.",
    "style": "form",
    "explode": True,
    "schema": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "example": {"group_by": "month"},
    },
}


class PeriodParameters(serializers.Serializer[Any]):
    """The range of days, and the length of a period."""

    start_date = serializers.DateField(
        required=False, help_text="The first day; by default the earliest day."
    )
    end_date = serializers.DateField(required=False, help_text="The last day; by default the latest day.")
    group_by = Choice(choices=GROUPS, default="day")


class InteractionParameters(PageParameters):
    """Which interactions."""

    user = Identifier(
        required=False,
        allow_null=True,
        default=None,
        help_text="An account's id, for staff with the area `customers`.",
    )
    user_key = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="A shopper's random key in the warehouse."
    )
    product = Identifier(required=False, allow_null=True, default=None, help_text="A product's id.")
    interaction_type = Choice(
        choices=[each.value for each in InteractionType], required=False, allow_null=True, default=None
    )
    start_date = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The first day, in the shop's time zone; by default "
        f"{DEFAULT_DAYS - 1} days before the last one.",
    )
    end_date = serializers.DateField(
        required=False,
        allow_null=True,
        default=None,
        help_text=f"The last day; by default today, or {DEFAULT_DAYS - 1} days after a given first one. "
        "A long period of a large shop can exceed the time of a request: 503 `query_too_slow`.",
    )


class InteractionSerializer(serializers.Serializer[Any]):
    """What a shopper did with a product."""

    EXAMPLE = {
        "id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
        "user": 7,
        "user_key": "9b2f8c1e-6a57-4b0c-9c39-5d1b0f6d2a77",
        "product": 1,
        "interaction_type": "ADD_TO_CART",
        "value": 2.0,
        "timestamp": "2026-03-01T12:00:00Z",
    }

    id = serializers.CharField(
        source="interaction_id", help_text="An event's id, or a movement of the ledger."
    )
    user = serializers.IntegerField(
        allow_null=True,
        help_text="The account's id; null for guests, and for staff without the area `customers`.",
    )
    user_key = serializers.UUIDField(help_text="The shopper's random key in the warehouse.")
    product = serializers.IntegerField(source="product_id")
    interaction_type = serializers.ChoiceField(choices=[each.value for each in InteractionType])
    value = serializers.FloatField(
        help_text="The units that were added or bought, the stars of a rating, otherwise 1."
    )
    timestamp = serializers.DateTimeField()


class SalesRowSerializer(serializers.Serializer[Any]):
    """A period in one currency; amounts are after discounts, without tax, shipping and charges."""

    EXAMPLE = {
        "period": "2026-03-02",
        "units": 3,
        "gross": "267.00",
        "returns": "89.00",
        "net": "178.00",
        "orders": 3,
        "buyers": 2,
        "currency": "USD",
    }

    period = serializers.CharField(help_text="2026-01-31, a week's Monday, or 2026-01.")
    units = serializers.IntegerField()
    gross = MoneyOutput()
    returns = MoneyOutput()
    net = MoneyOutput()
    orders = serializers.IntegerField()
    buyers = serializers.IntegerField(help_text="Customers with an account.")
    currency = serializers.CharField()


class ProductRowSerializer(serializers.Serializer[Any]):
    """A period in one currency; revenue is net of cancellations and returns."""

    EXAMPLE = {
        "period": "2026-03-02",
        "impressions": 120,
        "views": 31,
        "clicks": 14,
        "cart_adds": 5,
        "units": 2,
        "revenue": "178.00",
        "currency": "USD",
    }

    period = serializers.CharField()
    impressions = serializers.IntegerField()
    views = serializers.IntegerField()
    clicks = serializers.IntegerField()
    cart_adds = serializers.IntegerField()
    units = serializers.IntegerField()
    revenue = MoneyOutput()
    currency = serializers.CharField()


class _ReportSerializer(serializers.Serializer[Any]):
    start_date = serializers.DateField(allow_null=True)
    end_date = serializers.DateField(allow_null=True)
    group_by = serializers.ChoiceField(choices=GROUPS)


class SalesSerializer(_ReportSerializer):
    """The sales report."""

    rows = SalesRowSerializer(many=True)


class ProductAnalyticsSerializer(_ReportSerializer):
    """One product's report."""

    product_id = serializers.IntegerField()
    rows = ProductRowSerializer(many=True)


_TEXTS = {"type": "array", "items": {"type": "string"}}
_DEFAULT = {"oneOf": [{"type": "string"}, {"type": "integer"}, _TEXTS, {"type": "null"}], "example": "day"}


@extend_schema_field(_DEFAULT)
class DefaultField(serializers.Field[Any, Any, Any, Any]):
    """A parameter's default."""

    def to_representation(self, value: Any) -> Any:
        """Return a date as text, and any other value unchanged."""
        return value.isoformat() if isinstance(value, date) else value


class ReportParameterSerializer(serializers.Serializer[Any]):
    """A parameter of a report."""

    EXAMPLE = {
        "name": "group_by",
        "type": "String",
        "description": "The length of a period.",
        "choices": GROUPS,
    }

    name = serializers.CharField()
    type = serializers.CharField(
        help_text="Date, UInt64, String or Array(String). The items of an array are separated by commas."
    )
    description = serializers.CharField()
    default = DefaultField(help_text="The value that is used by default; null if the parameter is required.")
    choices = serializers.ListField(
        child=serializers.CharField(), help_text="The allowed values; empty if any text is allowed."
    )
    minimum = serializers.SerializerMethodField(help_text="The lowest allowed number.")
    maximum = serializers.SerializerMethodField(help_text="The highest allowed number.")

    def get_minimum(self, parameter: Parameter) -> int | None:
        """Return the lowest allowed number."""
        return parameter.minimum if parameter.type == NUMBER else None

    def get_maximum(self, parameter: Parameter) -> int | None:
        """Return the highest allowed number."""
        return parameter.maximum if parameter.type == NUMBER else None


class ReportColumnSerializer(serializers.Serializer[Any]):
    """A column of a report."""

    EXAMPLE = {"name": "net", "type": "Decimal(38, 4)", "description": "gross - returns."}

    name = serializers.CharField()
    type = serializers.CharField(help_text="ClickHouse's type. Decimals are strings in JSON.")
    description = serializers.CharField()


class ReportSerializer(serializers.Serializer[Any]):
    """The description of a report: what it shows, and its parameters."""

    EXAMPLE = {"name": "sales", "description": "Sales and returns by period and currency."}

    name = serializers.CharField()
    description = serializers.CharField()
    scope = serializers.SerializerMethodField(help_text="Who may run it.")
    parameters = ReportParameterSerializer(many=True)
    columns = ReportColumnSerializer(many=True)

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": ["staff", "seller"]}})
    def get_scope(self, report: Report) -> list[str]:
        """Return who may run it: staff, and sellers about their own products."""
        return sorted(report.scope, reverse=True)


class ReportListSerializer(serializers.Serializer[Any]):
    """The reports that the caller may run; `time_zone` is the time zone of their days."""

    EXAMPLE = {"time_zone": "UTC"}

    time_zone = serializers.CharField()
    reports = ReportSerializer(many=True)


@extend_schema_field({"type": "object", "additionalProperties": _VALUE, "example": {"group_by": "month"}})
class UsedParametersField(serializers.DictField):
    """The parameters that a report was run with."""


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "object", "additionalProperties": _VALUE},
        "example": [{"period": "2026-03", "net": "178.00"}],
    }
)
class RowsField(serializers.ListField):
    """The rows of a report."""


class ReportRowsSerializer(serializers.Serializer[Any]):
    """A report's rows by column name, with the parameters that it was run with."""

    EXAMPLE = {"name": "sales", "columns": ["period", "net"]}

    name = serializers.CharField()
    parameters = UsedParametersField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = RowsField()
