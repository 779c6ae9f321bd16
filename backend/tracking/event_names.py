"""Changes to the names of a shop's own events. Every change is live in all processes within some seconds."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from analytics_pipeline.custom_names import PropertyKind
from analytics_pipeline.events import MAX_PROPERTIES
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import differences, record
from backend.tracking.errors import EventNameExists, EventNameNotFound
from backend.tracking.live_names import CACHE
from backend.tracking.models import EventName

FIELDS = ("name", "description", "properties", "is_active")
CHANGEABLE = FIELDS[1:]
MAX_ACTIVE = 500
LONGEST_PROPERTY = 50
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NAME_RULE = "Must begin with a letter, and have only letters, digits, '_', '.' and '-'."


def event_name_for(event_name_id: int, *, locked: bool = False) -> EventName:
    """Return a name.

    Raises:
        EventNameNotFound: it doesn't exist.
    """
    rows = EventName.objects.select_for_update() if locked else EventName.objects.all()
    found = rows.filter(pk=event_name_id).first()
    if found is None:
        raise EventNameNotFound(event_name_id=event_name_id)
    return found


def create_event_name(values: Mapping[str, Any], *, by: Actor, now: datetime) -> EventName:
    """Register a name.

    Raises:
        InvalidInput: the name or a property is invalid, or there are too many names.
        EventNameExists: the name is registered, also if it is inactive.
    """
    row = EventName(created_at=now, updated_at=now, **{name: values[name] for name in FIELDS})
    _require_valid(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            changes = differences(dict.fromkeys(FIELDS), _values(row))
            record("tracking.event_name_created", by=by, subject=row, changes=changes)
            transaction.on_commit(CACHE.forget)
    except IntegrityError as error:
        existing = EventName.objects.filter(name=row.name).values_list("pk", flat=True).first()
        raise EventNameExists(event_name_id=existing) from error
    return row


def update_event_name(
    event_name_id: int, *, changes: Mapping[str, Any], by: Actor, now: datetime
) -> EventName:
    """Change the description, the properties, or whether events may have the name.

    Raises:
        EventNameNotFound: it doesn't exist.
        InvalidInput: a property is invalid, or there are too many names.
    """
    with transaction.atomic():
        row = event_name_for(event_name_id, locked=True)
        before = _values(row)
        for name in CHANGEABLE:
            setattr(row, name, changes.get(name, before[name]))
        if changed := differences(before, _values(row)):
            _require_valid(row)
            row.updated_at = now
            row.save()
            record("tracking.event_name_updated", by=by, subject=row, changes=changed)
            transaction.on_commit(CACHE.forget)
    return row


def _require_valid(row: EventName) -> None:
    if not _NAME.fullmatch(row.name):
        raise InvalidInput(name=_NAME_RULE)
    if fault := _fault(row.properties):
        raise InvalidInput(properties=fault)
    if row.is_active and EventName.objects.filter(is_active=True).exclude(pk=row.pk).count() >= MAX_ACTIVE:
        raise InvalidInput(is_active=f"There are {MAX_ACTIVE} active names; deactivate one first.")


def _fault(properties: object) -> str | None:
    if not isinstance(properties, dict):
        return "Must be an object with the type of each property."
    if len(properties) > MAX_PROPERTIES:
        return f"At most {MAX_PROPERTIES} properties."
    if any(len(name) > LONGEST_PROPERTY for name in properties):
        return f"The name of a property has at most {LONGEST_PROPERTY} characters."
    if not all(map(_NAME.fullmatch, properties)):
        return f"The name of a property: {_NAME_RULE}"
    if any(kind not in set(PropertyKind) for kind in properties.values()):
        return f"The type of a property is one of: {', '.join(PropertyKind)}."
    return None


def _values(row: EventName) -> dict[str, object]:
    return {name: getattr(row, name) for name in FIELDS}
