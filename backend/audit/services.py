"""Records audit log entries."""

import re
from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings
from django.db import models, transaction

from backend.api.errors import NotInTransaction
from backend.api.request_id import current_request_id
from backend.audit.actors import Actor
from backend.audit.errors import SecretField, UnknownOwner
from backend.audit.models import AuditEntry, PersonalKey
from backend.audit.personal_values import masked

SECRET = re.compile(r"password|passwd|secret|token|otp|api_key|credential", re.IGNORECASE)

Changes = Mapping[str, tuple[object, object]]


def record(
    action: str,
    *,
    by: Actor,
    subject: models.Model | tuple[str, str],
    changes: Changes | None = None,
    personal: Changes | None = None,
    owner_id: int | None = None,
) -> None:
    """Record that `by` did `action` to `subject`, in the caller's transaction; see `entry_of`.

    Raises:
        NotInTransaction: no transaction is open.
        SecretField: the name of a field suggests a secret.
        UnknownOwner: there are personal values, but neither `owner_id` nor a user as the subject.
    """
    entry = entry_of(action, by=by, subject=subject, changes=changes, personal=personal, owner_id=owner_id)
    entry.save(force_insert=True)


def entry_of(
    action: str,
    *,
    by: Actor,
    subject: models.Model | tuple[str, str],
    changes: Changes | None = None,
    personal: Changes | None = None,
    owner_id: int | None = None,
) -> AuditEntry:
    """Return the unsaved entry, for a caller that inserts it itself, in one transaction with the change.

    `subject` is a row, or (type, id) of something that is not a row. `changes` and `personal` are (old, new)
    by field. Values in `personal` are stored as hashes under the key of the user whom they describe:
    `owner_id`, or the subject if that is a user. They must not be in `changes`, because entries can't be
    erased.

    Raises:
        NotInTransaction: no transaction is open.
        SecretField: the name of a field suggests a secret.
        UnknownOwner: there are personal values, but neither `owner_id` nor a user as the subject.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(action)
    if secrets := [name for name in {**(changes or {}), **(personal or {})} if SECRET.search(name)]:
        raise SecretField(", ".join(secrets))
    if isinstance(subject, models.Model):
        subject = subject._meta.label, str(subject.pk)
    object_type, object_id = subject
    entry = AuditEntry(
        user_id=by.user_id,
        system_name=by.system_name,
        action=action,
        object_type=object_type,
        object_id=object_id[:200],
        changes={name: [_plain(value) for value in pair] for name, pair in (changes or {}).items()},
        request_id=(current_request_id() or "")[:64],
    )
    if personal:
        if owner_id is None and object_type == settings.AUTH_USER_MODEL:
            owner_id = int(object_id)
        if owner_id is None:
            raise UnknownOwner(action)
        entry.owner_id, entry.personal = owner_id, masked(personal, owner_id=owner_id)
    return entry


def delete_personal_key(user_id: int) -> None:
    """Delete the key of the user's personal values, in the caller's transaction.

    What the log has of them can't be read or compared afterwards.

    Raises:
        NotInTransaction: no transaction is open.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction("delete_personal_key")
    PersonalKey.objects.filter(user_id=user_id).delete()


def _plain(value: object) -> object:
    match value:
        case models.Model():
            return value.pk
        case Decimal():
            # The column's scale adds zeros: an amount that was set to 10.00 is read back as 10.0000.
            return f"{value.normalize():f}"
        case _:
            return value


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, tuple[object, object]]:
    """Return (old, new) of each field of `after` that differs from `before`."""
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}
