"""The throttle of webhooks."""

from backend.api.throttles import ScopedThrottle


class WebhookThrottle(ScopedThrottle):
    """Webhooks, by the address that sends them; a gateway sends again what is refused."""

    scope = "webhooks"
