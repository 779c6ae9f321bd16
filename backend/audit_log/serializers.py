"""Serializers of the audit log."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.api.fields import Choice, Identifier
from backend.audit.models import AuditEntry
from backend.audit.personal_values import fingerprints
from backend.audit.sealing import last_block
from backend.audit.selectors import EntryFilters, is_sealed
from backend.audit_log.formats import COLUMNS, FORMATS

LONGEST_PAGE = 200
MOST_EXPORTED = 20_000

ENTRY = {
    "id": 4711,
    "recorded_at": "2026-03-02T12:00:00Z",
    "user_id": 7,
    "system_name": "",
    "action": "catalog.product_updated",
    "object_type": "catalog.Product",
    "object_id": "17",
    "changes": {"price": ["10", "12"]},
    "personal": {},
    "request_id": "0b7a4a9e-5d3c-4d0e-9a53-0d6f8f3f8c55",
    "is_sealed": True,
}


class FilterParameters(serializers.Serializer[Any]):
    """The parameters that choose entries."""

    user = Identifier(required=False, help_text="The id of the user who made the change.")
    system = serializers.CharField(
        required=False, max_length=64, help_text="The part of the system that made the change."
    )
    action = serializers.CharField(
        required=False,
        max_length=64,
        help_text="The action, such as `catalog.product_updated`, or a prefix that ends with a point.",
    )
    object_type = serializers.CharField(
        required=False, max_length=64, help_text="The type of the object, such as `catalog.Product`."
    )
    object_id = serializers.CharField(
        required=False, max_length=200, help_text="The object's id; needs `object_type`."
    )
    request_id = serializers.CharField(required=False, max_length=64, help_text="The id of a request.")
    since = serializers.DateTimeField(required=False, help_text="The earliest time.")
    until = serializers.DateTimeField(required=False, help_text="The time before which entries were added.")
    before = Identifier(required=False, help_text="Only entries with lower ids; `next` has it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an id without a type, because the same id is used by many types.

        Raises:
            rest_framework.exceptions.ValidationError: `object_id` is given without `object_type`.
        """
        if "object_id" in attrs and "object_type" not in attrs:
            raise serializers.ValidationError({"object_type": ["Required with object_id."]})
        return attrs


class EntryListParameters(FilterParameters):
    """The parameters of a page of entries."""

    page_size = serializers.IntegerField(
        min_value=1, max_value=LONGEST_PAGE, default=50, help_text="The number of entries per page."
    )


class ExportParameters(FilterParameters):
    """The parameters of an export."""

    limit = serializers.IntegerField(
        min_value=1,
        max_value=MOST_EXPORTED,
        default=MOST_EXPORTED,
        help_text="The maximum number of entries; the header Link has the URL of the next ones.",
    )

    def get_fields(self) -> dict[str, Any]:
        """Add `format`, which can't be declared because it is an attribute of serializers."""
        names = [known.name for known in FORMATS]
        return {
            **super().get_fields(),
            "format": Choice(choices=names, default=names[0], help_text="The format of the file."),
        }


def filters_in(parameters: dict[str, Any]) -> EntryFilters:
    """Return the filters among the parameters of a request."""
    names = FilterParameters().fields
    return EntryFilters(**{name: value for name, value in parameters.items() if name in names})


@extend_schema_field({"type": ["string", "number", "boolean", "null"]})
class LoggedValue(serializers.JSONField):
    """A value of an entry; a list or an object is shown as JSON in a string, so that the type is known."""

    def to_representation(self, value: Any) -> Any:
        """Return the value."""
        return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


class AuditEntrySerializer(serializers.Serializer[Any]):
    """An entry: who did what to which object. Either `user_id` or `system_name` is set."""

    EXAMPLE = ENTRY

    id = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    user_id = serializers.IntegerField(allow_null=True)
    system_name = serializers.CharField()
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    changes = serializers.DictField(
        child=serializers.ListField(child=LoggedValue(), min_length=2, max_length=2),
        help_text="The old and the new value by field; lists and objects are JSON in a string.",
    )
    personal = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2),
        help_text="The fingerprints of the old and new personal value by field: equal values of a user have"
        " the same one. Or `empty`, or `erased` once the user was erased.",
    )
    request_id = serializers.CharField()
    is_sealed = serializers.BooleanField(
        help_text="Whether a block has its hash, a minute after it was added."
    )


class AuditEntriesSerializer(serializers.Serializer[Any]):
    """A page of entries, newest first. `next` is the URL of the next page."""

    EXAMPLE = {"entries": [ENTRY], "next": None}

    entries = AuditEntrySerializer(many=True)
    next = serializers.URLField(allow_null=True)


class AuditChainSerializer(serializers.Serializer[Any]):
    """The chain of blocks that seals entries, and the result of the last verification."""

    EXAMPLE = {"head": f"12:{'9f' * 32}", "blocks": 12, "unsealed_since": None, "faults": 0}

    head = serializers.CharField(help_text="The number and the hash of the last block; keep it elsewhere.")
    blocks = serializers.IntegerField(help_text="The number of blocks that were ever sealed.")
    sealed_at = serializers.DateTimeField(allow_null=True)
    unsealed_since = serializers.DateTimeField(
        allow_null=True, help_text="The time of the oldest entry that is not sealed yet."
    )
    verified_at = serializers.DateTimeField(allow_null=True)
    faults = serializers.IntegerField(
        allow_null=True, help_text="What the last verification found; null before the first one."
    )


def shown_entries(entries: list[AuditEntry]) -> list[dict[str, Any]]:
    """Return entries as they are shown, with fingerprints of personal values, in two queries."""
    personal, last = fingerprints(entries), last_block()
    return [
        {
            **{name: getattr(entry, name, None) for name in COLUMNS},
            "personal": personal.get(entry.pk, {}),
            "is_sealed": is_sealed(entry, last=last),
        }
        for entry in entries
    ]
