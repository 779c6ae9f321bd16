"""Signatures as Standard Webhooks defines them, and secrets that can be replaced."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest

from backend.webhooks.models import WebhookEndpoint
from backend.webhooks.signatures import (
    PREVIOUS_LASTS,
    SigningKeyMissing,
    rotate_secret,
    secret_of,
    set_new_secret,
    signature,
    signed_headers,
)
from tests.backend.shop import NOW


def endpoint() -> WebhookEndpoint:
    row = WebhookEndpoint()
    set_new_secret(row)
    return row


def test_the_example_that_libraries_of_the_specification_test() -> None:
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    signed = signature(
        secret,
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp="1614265330",
        body=b'{"test": 2432232314}',
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_signs_and_two_endpoints_have_different_ones() -> None:
    one, other = endpoint(), endpoint()

    headers = signed_headers(one, webhook_id="evt_1", body=b"{}", now=NOW)

    secret = secret_of(one)
    assert secret.startswith("whsec_")
    assert headers["webhook-signature"] == signature(
        b64decode(secret[6:]), webhook_id="evt_1", timestamp=headers["webhook-timestamp"], body=b"{}"
    )
    assert secret_of(other) != secret


def test_after_a_rotation_both_secrets_sign_for_a_day() -> None:
    row = endpoint()
    before = signed_headers(row, webhook_id="evt_1", body=b"{}", now=NOW)["webhook-signature"]
    rotate_secret(row, now=NOW)

    new, old = signed_headers(row, webhook_id="evt_1", body=b"{}", now=NOW)["webhook-signature"].split()

    assert old == before
    assert new != old
    later = NOW + PREVIOUS_LASTS + timedelta(seconds=1)
    assert " " not in signed_headers(row, webhook_id="evt_1", body=b"{}", now=later)["webhook-signature"]


def test_secrets_stay_while_the_replaced_key_of_the_shop_is_kept(settings: Any) -> None:
    row = endpoint()
    secret, old_key = secret_of(row), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of the shop", [old_key]
    assert secret_of(row) == secret

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SigningKeyMissing):
        secret_of(row)
