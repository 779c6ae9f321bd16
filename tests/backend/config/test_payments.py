"""Which payment gateways the environment may name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from backend.config.environment import Variables
from backend.config.payments import payment_gateways

STRIPE = dict.fromkeys(["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"], "x")
PAYPAL = dict.fromkeys(
    ["PAYPAL_CLIENT_ID", "PAYPAL_CLIENT_SECRET", "PAYPAL_WEBHOOK_ID", "PAYPAL_RETURN_URL"], "x"
)


def offered(environment: str = "production", **variables: str) -> list[str]:
    return payment_gateways(Variables(variables), environment=environment)


@pytest.mark.parametrize(
    ("environment", "variables", "expected"),
    [
        ("production", {}, ["cod"]),
        ("development", {}, ["cod", "test"]),
        ("production", {"PAYMENT_GATEWAYS": ""}, ["cod"]),
        ("production", {"PAYMENT_GATEWAYS": "stripe, cod,stripe", **STRIPE}, ["stripe", "cod"]),
        ("production", {"PAYMENT_GATEWAYS": "paypal", **PAYPAL}, ["paypal"]),
        ("production", {"PAYMENT_GATEWAYS": "test", "ALLOW_TEST_PAYMENTS": "True"}, ["test"]),
        ("development", {"PAYMENT_GATEWAYS": "test"}, ["test"]),
    ],
)
def test_the_shop_offers_the_gateways_that_are_named(
    environment: str, variables: dict[str, str], expected: list[str]
) -> None:
    assert offered(environment, **variables) == expected


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"PAYMENT_GATEWAYS": "barter"}, "'barter' is not one of cod, test, stripe, paypal"),
        ({"PAYMENT_GATEWAYS": "cod,test"}, "moves no money"),
        ({"PAYMENT_GATEWAYS": "test", "ALLOW_TEST_PAYMENTS": "no"}, "moves no money"),
        ({"PAYMENT_GATEWAYS": "stripe"}, "needs STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY"),
        ({"PAYMENT_GATEWAYS": "paypal", **STRIPE}, "needs PAYPAL_CLIENT_ID"),
    ],
)
def test_a_gateway_that_can_not_work_is_refused_at_the_start(variables: dict[str, str], message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        offered(**variables)
