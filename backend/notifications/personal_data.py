"""The personal data of notifications."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.notifications.models import (
    CartReminder,
    Delivery,
    DeliveryFact,
    InboxMessage,
    QuietHours,
    Unsubscription,
)

PERSONAL_DATA = PersonalTables(
    "notifications",
    [
        PersonalRows(
            section="notification_facts",
            model=DeliveryFact,
            owner=owned_by("recipient"),
            exported=["delivery", "kind", "channel"],
            withheld=["id", "recipient", "key"],
        ),
        PersonalRows(
            section="notifications",
            model=Delivery,
            owner=owned_by("recipient"),
            exported=[
                "id",
                "kind",
                "channel",
                "order",
                "state",
                "attempts",
                "queued_at",
                "due_at",
                "claimed_at",
                "finished_at",
                "address",
                "message_id",
                "reason",
            ],
            withheld=["recipient", "collecting", "in_sequence"],
        ),
        PersonalRows(
            section="unsubscriptions",
            model=Unsubscription,
            owner=owned_by("user"),
            exported=["kind", "channel", "created_at"],
            withheld=["id", "user"],
        ),
        PersonalRows(
            section="inbox",
            model=InboxMessage,
            owner=owned_by("user"),
            exported=["kind", "title", "url", "created_at", "read_at"],
            withheld=["id", "user", "message_id"],
        ),
        PersonalRows(
            section="quiet_hours",
            model=QuietHours,
            owner=owned_by("user"),
            exported=["starts", "ends", "time_zone"],
            withheld=["id", "user"],
        ),
        PersonalRows(
            section="cart_reminders",
            model=CartReminder,
            owner=owned_by("user"),
            exported=["changed_at", "created_at"],
            withheld=["id", "user", "last_item_id"],
        ),
    ],
)
