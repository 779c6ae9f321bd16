"""Personal values in the log: comparable while the user's key exists, and not afterwards."""

import pytest
from django.db import transaction

from backend.api.errors import NotInTransaction
from backend.audit.actors import Actor
from backend.audit.errors import SecretField, UnknownOwner
from backend.audit.models import AuditEntry, PersonalKey
from backend.audit.personal_values import EMPTY, ERASED, fingerprints
from backend.audit.services import delete_personal_key, record
from tests.backend.together import together

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.audit"])

USER = "accounts.User"


def changed(old: object, new: object, *, user_id: int = 7, field: str = "email") -> AuditEntry:
    with transaction.atomic():
        record("x", by=Actor.user(1), subject=(USER, str(user_id)), personal={field: (old, new)})
    return AuditEntry.objects.latest("pk")


def shown(entry: AuditEntry) -> list[str]:
    ((pair,),) = (fields.values() for fields in fingerprints([entry]).values())
    return pair


def test_equal_values_of_a_user_can_be_seen_until_the_key_is_deleted() -> None:
    first, second = changed("a@x.example", "b@x.example"), changed("b@x.example", "a@x.example")
    other_field, other_user = (
        changed("a@x.example", None, field="phone"),
        changed("a@x.example", "", user_id=8),
    )

    (a, b) = shown(first)
    assert shown(second) == [b, a]
    assert a != b
    assert a != shown(other_field)[0]
    assert a != shown(other_user)[0]
    assert shown(other_field)[1] == shown(other_user)[1] == EMPTY
    assert "example" not in str(AuditEntry.objects.values_list())

    with transaction.atomic():
        delete_personal_key(7)
    assert shown(first) == [ERASED, ERASED]
    assert shown(other_user)[0] != ERASED, "of another user"


def test_stored_values_of_equal_values_have_nothing_in_common() -> None:
    """Otherwise the log would show which values were equal after the key is deleted."""
    entries = [changed("a@x.example", "a@x.example") for _ in range(2)]
    stored = [value for entry in entries for value in (entry.personal or {})["email"]]
    assert len({value[:8] for value in stored} | {value[-8:] for value in stored}) == 8


def test_a_new_key_is_made_after_erasing_and_old_values_stay_unreadable() -> None:
    before = changed("a@x.example", "b@x.example")
    old = shown(before)
    with transaction.atomic():
        delete_personal_key(7)
    changed("a@x.example", "b@x.example")
    assert set(shown(before)).isdisjoint([*old, EMPTY, *shown(AuditEntry.objects.latest("pk"))])


def test_two_first_uses_at_once_share_one_key() -> None:
    assert together(*[lambda: changed("a", "b").pk] * 4)
    assert PersonalKey.objects.count() == 1
    assert len({tuple(shown(entry)) for entry in AuditEntry.objects.all()}) == 1


def test_values_without_a_user_a_secret_and_forgetting_outside_a_transaction_are_refused() -> None:
    with pytest.raises(UnknownOwner), transaction.atomic():
        record("x", by=Actor.user(1), subject=("addresses.Address", "1"), personal={"city": ("a", "b")})
    with pytest.raises(SecretField), transaction.atomic():
        record("x", by=Actor.user(1), subject=(USER, "1"), personal={"password": ("a", "b")})
    with pytest.raises(NotInTransaction):
        delete_personal_key(1)
    assert not AuditEntry.objects.exists()
