"""Parameters and rows of the reports."""

from typing import Any

from rest_framework import serializers

from analytics_pipeline.reports import CHOICES
from backend.api.fields import Choice


class PeriodParameters(serializers.Serializer[Any]):
    """Which days, and how they are put together."""

    start_date = serializers.DateField(required=False, help_text="The first day; all if missing.")
    end_date = serializers.DateField(required=False, help_text="The last day; all if missing.")
    group_by = Choice(choices=CHOICES["group_by"], default="day")


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
    group_by = serializers.ChoiceField(choices=CHOICES["group_by"])


class SalesSerializer(_ReportSerializer):
    """The sales report."""

    rows = SalesRowSerializer(many=True)


class ProductAnalyticsSerializer(_ReportSerializer):
    """One product's report."""

    product_id = serializers.IntegerField()
    rows = ProductRowSerializer(many=True)
