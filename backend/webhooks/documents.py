"""The documents that receivers get.

They have no personal data: a receiver asks the API for names and addresses, with the rights of its account.
"""

import json
from typing import Any

from backend.webhooks.models import WebhookEvent

VERSION = 1


def document_of(event: WebhookEvent) -> dict[str, Any]:
    """Return the document of an event; it is the same whenever it is made."""
    return {
        "id": event.webhook_id,
        "type": event.type,
        "version": VERSION,
        "timestamp": event.occurred_at.isoformat().replace("+00:00", "Z"),
        "object": event.object,
        "sequence": event.pk,
        "data": event.data,
    }


def body_of(event: WebhookEvent) -> bytes:
    """Return the document as the bytes that are signed and sent."""
    # The database doesn't keep the order of keys.
    return json.dumps(document_of(event), sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
