"""The personal data of webhooks: the endpoints of a seller, and the events that they received."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.webhooks.models import WebhookEndpoint, WebhookEvent

PERSONAL_DATA = PersonalTables(
    "webhooks",
    [
        PersonalRows(
            section="webhook_events",
            model=WebhookEvent,
            owner=owned_by("seller"),
            exported=["uid", "type", "object", "data", "occurred_at", "created_at"],
            withheld=["id", "seller", "source"],
        ),
        PersonalRows(
            section="webhook_endpoints",
            model=WebhookEndpoint,
            owner=owned_by("seller"),
            exported=[
                "id",
                "url",
                "description",
                "event_types",
                "state",
                "state_reason",
                "last_succeeded_at",
                "created_at",
                "updated_at",
            ],
            withheld=[
                "seller",
                "nonce",
                "key_fingerprint",
                "previous_nonce",
                "previous_key_fingerprint",
                "previous_until",
                "failures",
                "failing_since",
                "not_before",
                "last_claimed_at",
                "last_duration_ms",
            ],
        ),
    ],
)
