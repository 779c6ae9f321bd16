"""Secrets of endpoints, and signatures as the specification Standard Webhooks defines them.

A secret is derived from the signing key of the shop and a random nonce, so that a copy of the database
doesn't contain it.
"""

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.crypto import salted_hmac

from backend.webhooks.models import WebhookEndpoint

PREFIX = "whsec_"
PREVIOUS_LASTS = timedelta(days=1)
# Salts of the keyed hashes; changing one invalidates all secrets.
_SECRET_SALT = "backend.webhooks.signatures.secret"  # noqa: S105 - a salt
_FINGERPRINT_SALT = "backend.webhooks.signatures.key"


class SigningKeyMissing(Exception):
    """The key that a secret was derived from was replaced, and is not in SECRET_KEY_FALLBACKS."""


def set_new_secret(endpoint: WebhookEndpoint) -> None:
    """Give the unsaved endpoint a secret of its own."""
    endpoint.nonce, endpoint.key_fingerprint = secrets.token_hex(32), _fingerprint(settings.SECRET_KEY)


def rotate_secret(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Give the unsaved endpoint a new secret; the present one signs too, for PREVIOUS_LASTS."""
    endpoint.previous_nonce = endpoint.nonce
    endpoint.previous_key_fingerprint = endpoint.key_fingerprint
    endpoint.previous_until = now + PREVIOUS_LASTS
    set_new_secret(endpoint)


def secret_of(endpoint: WebhookEndpoint) -> str:
    """Return the secret as receivers get it; raises SigningKeyMissing."""
    return PREFIX + b64encode(_secret(endpoint.nonce, endpoint.key_fingerprint)).decode()


def signed_headers(
    endpoint: WebhookEndpoint, *, webhook_id: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Return the headers with the id, the time and the signatures of a request; raises SigningKeyMissing."""
    timestamp = str(int(now.timestamp()))
    signatures = [
        signature(secret, webhook_id=webhook_id, timestamp=timestamp, body=body)
        for secret in _valid_secrets(endpoint, now=now)
    ]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def signature(secret: bytes, *, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a request with one secret."""
    content = b".".join([webhook_id.encode(), timestamp.encode(), body])
    return "v1," + b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()


def _valid_secrets(endpoint: WebhookEndpoint, *, now: datetime) -> Sequence[bytes]:
    found = [_secret(endpoint.nonce, endpoint.key_fingerprint)]
    if endpoint.previous_until is not None and endpoint.previous_until > now:
        found.append(_secret(endpoint.previous_nonce, endpoint.previous_key_fingerprint))
    return found


def _secret(nonce: str, fingerprint: str) -> bytes:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if _fingerprint(key) == fingerprint:
            return salted_hmac(_SECRET_SALT, nonce, secret=key, algorithm="sha256").digest()
    raise SigningKeyMissing("add the old key to SECRET_KEY_FALLBACKS, or rotate the secret")


def _fingerprint(key: str) -> str:
    return salted_hmac(_FINGERPRINT_SALT, "", secret=key, algorithm="sha256").hexdigest()[:16]
