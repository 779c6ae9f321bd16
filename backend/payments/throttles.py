"""The throttle of webhooks."""

from backend.api.throttles import ScopedThrottle


class WebhookThrottle(ScopedThrottle):
    """Limits webhooks by the address of the sender; gateways repeat webhooks that are refused."""

    scope = "webhooks"
