"""Serializers of comparisons of the ledger with the warehouse."""

from typing import Any

from rest_framework import serializers

from backend.analytics.models import ReconciliationState
from backend.analytics.reconciliation import texts
from backend.analytics.reconciliation.differences import Problem

_SUMS = {"movements": 2, "units": 4, "amount": "30.1300"}
_VALUES = {
    "day": "2026-03-10",
    "kind": "SALE",
    "order": 4,
    "product": 1,
    "quantity": 3,
    "amount": "30.0300",
    "currency": "EUR",
}
_TOTALS = {
    "day": "2026-03-10",
    "kind": "SALE",
    "currency": "EUR",
    "ledger": _SUMS,
    "warehouse": {"movements": 1, "units": 1, "amount": "0.1000"},
}
_MOVEMENT = {"movement": 7, "problems": ["missing"], "ledger": _VALUES, "warehouse": []}
_ORDER = {"order_id": 4, "order_number": "A-1", "problems": ["missing"], "movements": [_MOVEMENT]}
_RESULT = {
    "id": 12,
    "state": "DIFFERS",
    "started_at": "2026-03-11T04:45:00Z",
    "finished_at": "2026-03-11T04:45:02Z",
    "movements": 20_667,
    "days": 365,
    "differing": 1,
    "pending": 0,
    "refused": 0,
    "problems": {"missing": 1},
    "summary": "1 of 20667 movements of 365 days differ (missing 1)",
    "remedy": "Run: manage.py reconcile --repair",
}


class SumsSerializer(serializers.Serializer[Any]):
    """The sums of one side."""

    EXAMPLE = _SUMS

    movements = serializers.IntegerField()
    units = serializers.IntegerField()
    amount = serializers.CharField(help_text="A decimal number.")


class DifferingTotalSerializer(serializers.Serializer[Any]):
    """The sums of both sides for a day, kind and currency."""

    EXAMPLE = _TOTALS

    day = serializers.DateField(help_text="In UTC.")
    kind = serializers.CharField()
    currency = serializers.CharField()
    ledger = SumsSerializer()
    warehouse = SumsSerializer()


class MovementValuesSerializer(serializers.Serializer[Any]):
    """The values of a movement on one side."""

    EXAMPLE = _VALUES

    day = serializers.DateField(help_text="In UTC.")
    kind = serializers.CharField()
    order = serializers.IntegerField(allow_null=True)
    product = serializers.IntegerField()
    quantity = serializers.IntegerField()
    amount = serializers.CharField(help_text="A decimal number.")
    currency = serializers.CharField()


class MovementDifferenceSerializer(serializers.Serializer[Any]):
    """A movement that differs, with its values on both sides."""

    EXAMPLE = _MOVEMENT

    movement = serializers.IntegerField()
    problems = serializers.ListField(child=serializers.ChoiceField(choices=list(Problem)))
    ledger = MovementValuesSerializer(allow_null=True)
    warehouse = MovementValuesSerializer(many=True)


class DifferingOrderSerializer(serializers.Serializer[Any]):
    """An order that differs, with up to 20 of its movements that do."""

    EXAMPLE = _ORDER

    order_id = serializers.IntegerField(
        allow_null=True, help_text="Null for movements without an order, such as imported returns."
    )
    order_number = serializers.CharField(help_text="Empty if the ledger doesn't have the order.")
    problems = serializers.ListField(child=serializers.ChoiceField(choices=list(Problem)))
    movements = MovementDifferenceSerializer(many=True)


class ReconciliationSerializer(serializers.Serializer[Any]):
    """The result of a comparison."""

    EXAMPLE = _RESULT

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ReconciliationState.choices)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    movements = serializers.IntegerField(help_text="The movements of the ledger.")
    days = serializers.IntegerField(help_text="The days that have movements on either side.")
    differing = serializers.IntegerField(help_text="The movements that differ.")
    pending = serializers.IntegerField(
        help_text="The movements that the warehouse had not been sent yet; they are no differences."
    )
    refused = serializers.IntegerField(help_text="The movements that the warehouse refuses to store.")
    problems = serializers.DictField(
        child=serializers.IntegerField(), help_text="The number of movements by problem."
    )
    summary = serializers.SerializerMethodField()
    remedy = serializers.SerializerMethodField()

    def get_summary(self, row: Any) -> str:
        """Return the result in a sentence."""
        return texts.summary(row)

    def get_remedy(self, row: Any) -> str:
        """Return the command that helps; empty if nothing differs."""
        return texts.remedy(row)


class ReconciliationDetailSerializer(ReconciliationSerializer):
    """The result of a comparison, with what differs."""

    EXAMPLE = {**_RESULT, "totals": [_TOTALS], "orders": [_ORDER], "orders_are_complete": True}

    totals = DifferingTotalSerializer(many=True)
    orders = DifferingOrderSerializer(source="orders.all", many=True)
    orders_are_complete = serializers.BooleanField(help_text="False if more than 1,000 orders differ.")
