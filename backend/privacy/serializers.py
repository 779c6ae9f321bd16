"""Serializers of exports and receipts."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.accounts.fields import current_password_field
from backend.api.parameters import Body

RECEIPT_ID = "2f6f2b1c-3e0f-4b7e-9d0a-7c1d5e8f9a10"


_SCALAR = {"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}
_VALUE = {
    "oneOf": [*_SCALAR["oneOf"], {"type": "array", "items": _SCALAR}, {"type": "object", "properties": {}}],
    "nullable": True,
}


@extend_schema_field({"type": "object", "additionalProperties": _VALUE})
class RowField(serializers.DictField):
    """A row; its columns depend on the section."""


class PersonalDataSerializer(serializers.Serializer[Any]):
    """The content of an export."""

    EXAMPLE = {
        "exported_at": "2026-03-02T12:00:00Z",
        "sections": {"account": [{"phone": "+15550100003", "first_name": "John"}], "orders": []},
    }

    exported_at = serializers.DateTimeField(help_text="When it was written.")
    sections = serializers.DictField(
        child=serializers.ListField(child=RowField()),
        help_text="Lists of rows by section, such as `account`, `orders` and `events`; empty ones included.",
    )


class ErasureSerializer(Body):
    """The confirmation that the account is to be deleted."""

    EXAMPLE = {"password": "a long passphrase"}

    password = current_password_field()
    code = serializers.CharField(
        max_length=64,
        required=False,
        default="",
        allow_blank=True,
        write_only=True,
        help_text=(
            "A code of the second factor or a recovery code, if the account has a second factor. For five"
            " minutes after a login with the second factor, such as with a passkey, it may be left out."
        ),
    )


class KeptSerializer(serializers.Serializer[Any]):
    """What is kept although it is about the shopper."""

    what = serializers.CharField(help_text="Such as `invoices`.")
    rows = serializers.IntegerField(help_text="How many.")
    until = serializers.DateField(help_text="The last day on which the newest one has personal data.")
    reason = serializers.CharField(help_text="Why.")


class StoreStepSerializer(serializers.Serializer[Any]):
    """The erasure in one store."""

    store = serializers.CharField(help_text="The name of the store.")
    status = serializers.SerializerMethodField()
    done_at = serializers.DateTimeField(allow_null=True, help_text="When the store confirmed.")

    def get_status(self, step: Any) -> str:
        """Return `done` or `pending`."""
        return "pending" if step.done_at is None else "done"


class ReceiptSerializer(serializers.Serializer[Any]):
    """The progress of an erasure."""

    EXAMPLE = {
        "id": RECEIPT_ID,
        "status": "pending",
        "requested_at": "2026-03-02T12:00:00Z",
        "completed_at": None,
        "erased": {"account": 1, "addresses": 2, "orders": 3},
        "stores": [
            {"store": "stream", "status": "done", "done_at": "2026-03-02T12:00:01Z"},
            {"store": "warehouse", "status": "pending", "done_at": None},
        ],
        "kept": [
            {
                "what": "invoices",
                "rows": 2,
                "until": "2036-02-28",
                "reason": "The law requires invoices to be kept.",
            }
        ],
    }

    id = serializers.UUIDField(help_text="The receipt's id.")
    status = serializers.SerializerMethodField()
    requested_at = serializers.DateTimeField(help_text="When the account was deleted from the database.")
    completed_at = serializers.DateTimeField(allow_null=True, help_text="When all stores had confirmed.")
    erased = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many rows were deleted or emptied, by section of the export.",
    )
    stores = StoreStepSerializer(source="steps_by_name", many=True)
    kept = KeptSerializer(many=True)

    def get_status(self, erasure: Any) -> str:
        """Return `done` or `pending`."""
        return "pending" if erasure.completed_at is None else "done"
