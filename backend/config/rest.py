"""Settings of Django REST framework: authentication, formats, and the rates of requests."""

from collections.abc import Mapping
from typing import Any

from backend.config.environment import Variables


def throttle_rates(env: Variables) -> dict[str, str]:
    """Return the rate of each scope."""
    return {
        "anon": env.rate("THROTTLE_ANON", "100/hour"),
        "user": env.rate("THROTTLE_USER", "1000/hour"),
        "browse": env.rate("THROTTLE_BROWSE", "1200/minute"),
        "events": env.rate("THROTTLE_EVENTS", "1200/minute"),
        "guests": env.rate("THROTTLE_GUESTS", "500/hour"),
        "guests_longer": env.rate("THROTTLE_GUESTS_LONGER", "3000/day"),
        "login": env.rate("THROTTLE_LOGIN", "20/minute"),
        "refresh": env.rate("THROTTLE_REFRESH", "20/minute"),
        "reviews": env.rate("THROTTLE_REVIEWS", "30/hour"),
        "review_votes": env.rate("THROTTLE_REVIEW_VOTES", "120/hour"),
        "order_lookup": env.rate("THROTTLE_ORDER_LOOKUP", "10/minute"),
        "codes": env.rate("THROTTLE_CODES", "30/minute"),
        "webhooks": env.rate("THROTTLE_WEBHOOKS", "1200/minute"),
        "personal_data": env.rate("THROTTLE_PERSONAL_DATA", "10/hour"),
    }


def rest_framework(env: Variables, *, throttle_rates: Mapping[str, str]) -> dict[str, Any]:
    """Return the setting REST_FRAMEWORK."""
    return {
        "DEFAULT_AUTHENTICATION_CLASSES": ["backend.accounts.authentication.JWTAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["backend.api.renderers.FastJSONRenderer"],
        "DEFAULT_CONTENT_NEGOTIATION_CLASS": "backend.api.renderers.Negotiation",
        "DEFAULT_PARSER_CLASSES": ["backend.api.parsers.JSONParser"],
        "DEFAULT_SCHEMA_CLASS": "backend.api.schema.autoschema.ShopSchema",
        "DEFAULT_THROTTLE_CLASSES": [
            "backend.api.throttles.GuestThrottle",
            "backend.api.throttles.AccountThrottle",
        ],
        "DEFAULT_THROTTLE_RATES": throttle_rates,
        "EXCEPTION_HANDLER": "backend.api.error_handling.handle",
        "NUM_PROXIES": env.whole("NUM_PROXIES", 0),
        "TEST_REQUEST_DEFAULT_FORMAT": "json",
    }
