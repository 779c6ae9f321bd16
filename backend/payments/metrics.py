"""Prometheus metrics of webhooks. What is due or unresolved is reported by the health check."""

from prometheus_client import Counter

WEBHOOKS = Counter(
    "vitrine_payment_webhooks", "Reports in webhooks of payment gateways", ["gateway", "outcome"]
)
