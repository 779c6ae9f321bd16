"""The Content Security Policy of the admin."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

_POLICY: Mapping[str, list[str]] = {
    "default-src": [NONE],
    # Alpine.js evaluates the expressions of unfold's templates. Inline scripts stay forbidden.
    "script-src": [SELF, UNSAFE_EVAL],
    # The colours of the theme are a style element, and components set styles of elements.
    "style-src": [SELF, UNSAFE_INLINE],
    "font-src": [SELF],
    "img-src": [SELF, "data:"],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}


def policy_of(media: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the policy; `media` is the storage of images in STORAGES, which may be on another site."""
    return {**_POLICY, "img-src": [*_POLICY["img-src"], *_sites(media["OPTIONS"])]}


def _sites(options: Mapping[str, Any]) -> list[str]:
    domain = options.get("custom_domain")
    addresses = [f"https://{domain}" if domain else options.get("endpoint_url"), options.get("base_url")]
    parts = [urlsplit(address) for address in addresses if address]
    return [f"{part.scheme}://{part.netloc}" for part in parts if part.netloc]
