"""Serializers of what promotions do to a cart, and why others don't."""

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework import serializers

from backend.api.fields import MoneyOutput
from backend.promotions.evaluation import Evaluation
from backend.promotions.explanation import Reason, Reduction, Refusal


class ReducedLineSerializer(serializers.Serializer[Any]):
    """What a promotion takes off a line."""

    EXAMPLE: ClassVar[dict[str, Any]] = {"amount": "8.90", "units": 1}

    variant_id = serializers.IntegerField()
    units = serializers.IntegerField(help_text="The units of the line that are reduced.")
    amount = MoneyOutput()


class AppliedPromotionSerializer(serializers.Serializer[Any]):
    """A promotion that is applied."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "10 % off lamps",
        "code": "",
        "reduces": "items",
        "amount": "8.90",
    }

    promotion_id = serializers.IntegerField()
    name = serializers.CharField()
    code = serializers.CharField(help_text="The cart's code; empty for an automatic promotion.")
    reduces = serializers.ChoiceField(choices=["items", "shipping"])
    amount = MoneyOutput(
        allow_null=True,
        help_text="Null for a reduction of shipping whose price depends on the address.",
    )
    lines = ReducedLineSerializer(many=True)


class RefusedPromotionSerializer(serializers.Serializer[Any]):
    """A promotion that is not applied, with the reason."""

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "5 off from 50",
        "code": "WELCOME5",
        "reason": "minimum_not_met",
        "missing_amount": "11.00",
    }

    promotion_id = serializers.IntegerField(allow_null=True, help_text="Null for an unknown code.")
    name = serializers.CharField()
    code = serializers.CharField(help_text="The cart's code; empty for an automatic promotion.")
    reason = serializers.ChoiceField(choices=[*Reason.choices, ("code_unknown", "there is no such code")])
    missing_amount = MoneyOutput(allow_null=True, help_text="What is missing to the minimum.")
    missing_units = serializers.IntegerField(allow_null=True, help_text="The units that are missing to it.")
    other_promotion_id = serializers.IntegerField(
        allow_null=True, help_text="The promotion that is applied instead."
    )


def applied(evaluation: Evaluation, *, shipping: Mapping[int, Any] | None = None) -> list[dict[str, Any]]:
    """Return the promotions that are applied, for `AppliedPromotionSerializer`.

    `shipping` are the amounts that they take off shipping by promotion id; without it they are unknown.
    """
    return [
        *(_reduction(reduction, currency=evaluation.currency) for reduction in evaluation.reductions),
        *(
            {
                "promotion_id": rule.id,
                "name": rule.name,
                "code": code,
                "reduces": "shipping",
                "amount": None if shipping is None else shipping[rule.id],
                "lines": [],
                "currency": evaluation.currency,
            }
            for rule, code, _ in evaluation.shipping_rules
            if shipping is None or rule.id in shipping
        ),
    ]


def _reduction(reduction: Reduction, *, currency: str) -> dict[str, Any]:
    return {
        "promotion_id": reduction.rule.id,
        "name": reduction.rule.name,
        "code": reduction.code,
        "reduces": "items",
        "amount": reduction.amount,
        "currency": currency,
        "lines": [
            {
                "variant_id": variant_id,
                "units": reduction.units[variant_id],
                "amount": amount,
                "currency": currency,
            }
            for variant_id, amount in sorted(reduction.amounts.items())
        ],
    }


def refused(evaluation: Evaluation, *, with_code_only: bool = False) -> list[dict[str, Any]]:
    """Return the promotions that are not applied, for `RefusedPromotionSerializer`, then unknown codes."""
    return [
        *(
            _refusal(refusal, currency=evaluation.currency)
            for refusal in evaluation.refusals
            if refusal.code or not with_code_only
        ),
        *(
            {
                "promotion_id": None,
                "name": "",
                "code": code,
                "reason": "code_unknown",
                "missing_amount": None,
                "missing_units": None,
                "other_promotion_id": None,
                "currency": evaluation.currency,
            }
            for code in evaluation.unknown_codes
        ),
    ]


def _refusal(refusal: Refusal, *, currency: str) -> dict[str, Any]:
    return {
        "promotion_id": refusal.rule.id,
        "name": refusal.rule.name,
        "code": refusal.code,
        "reason": refusal.reason,
        "missing_amount": refusal.missing_amount,
        "missing_units": refusal.missing_units,
        "other_promotion_id": refusal.other_id,
        "currency": currency,
    }
