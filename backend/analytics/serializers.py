"""Parameters, descriptions and rows of the reports."""

from typing import Any

from rest_framework import serializers

from analytics_pipeline.reports import Parameter, Report
from analytics_pipeline.reports.parameters import NUMBER
from backend.api.fields import Choice

GROUPS = ("day", "week", "month")


class PeriodParameters(serializers.Serializer[Any]):
    """Which days, and how many of them make a period."""

    start_date = serializers.DateField(required=False, help_text="The first day; all if missing.")
    end_date = serializers.DateField(required=False, help_text="The last day; all if missing.")
    group_by = Choice(choices=GROUPS, default="day")


class SalesRowSerializer(serializers.Serializer[Any]):
    """A period in one currency: lines after discounts, without tax, shipping and charges."""

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
    gross = serializers.DecimalField(max_digits=20, decimal_places=2)
    returns = serializers.DecimalField(max_digits=20, decimal_places=2)
    net = serializers.DecimalField(max_digits=20, decimal_places=2)
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
    revenue = serializers.DecimalField(max_digits=20, decimal_places=2)
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


class ReportParameterSerializer(serializers.Serializer[Any]):
    """A parameter of a report."""

    name = serializers.CharField()
    type = serializers.CharField(help_text="Date, UInt64 or String.")
    description = serializers.CharField()
    default = serializers.JSONField(
        allow_null=True, help_text="What is used if none is given; null: one must be."
    )
    choices = serializers.ListField(child=serializers.CharField(), help_text="The allowed texts, if not all.")
    minimum = serializers.SerializerMethodField()
    maximum = serializers.SerializerMethodField()

    def get_minimum(self, parameter: Parameter) -> int | None:
        """Return the least allowed number."""
        return parameter.minimum if parameter.type == NUMBER else None

    def get_maximum(self, parameter: Parameter) -> int | None:
        """Return the greatest allowed number."""
        return parameter.maximum if parameter.type == NUMBER else None


class ReportColumnSerializer(serializers.Serializer[Any]):
    """A column of a report."""

    name = serializers.CharField()
    type = serializers.CharField(help_text="ClickHouse's type. Decimals are texts in JSON.")
    description = serializers.CharField()


class ReportSerializer(serializers.Serializer[Any]):
    """What a report answers, and how it is asked."""

    name = serializers.CharField()
    description = serializers.CharField()
    scope = serializers.SerializerMethodField()
    parameters = ReportParameterSerializer(many=True)
    columns = ReportColumnSerializer(many=True)

    def get_scope(self, report: Report) -> list[str]:
        """Return who may run it: staff, and sellers about their own products."""
        return sorted(report.scope, reverse=True)


class ReportListSerializer(serializers.Serializer[Any]):
    """The reports that the caller may run. Days are those of the time zone."""

    time_zone = serializers.CharField()
    reports = ReportSerializer(many=True)


class ReportRowsSerializer(serializers.Serializer[Any]):
    """A report's rows, with the parameters that it was run with."""

    name = serializers.CharField()
    parameters = serializers.DictField()
    columns = serializers.ListField(child=serializers.CharField())
    rows = serializers.ListField(child=serializers.DictField())
