"""Audit entries: their contents and validation."""

from decimal import Decimal

import pytest
import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.api.errors import NotInTransaction
from backend.audit.actors import GUEST, Actor
from backend.audit.errors import SecretField
from backend.audit.models import AuditEntry
from backend.audit.services import differences, record
from tests.backend.shop import product

LAMP = ("catalog.Product", "17")


@pytest.mark.django_db
def test_an_entry_has_the_actor_the_action_the_object_and_the_request() -> None:
    lamp = product()
    before = timezone.now().replace(microsecond=0)
    with structlog.contextvars.bound_contextvars(request_id="request-1"):
        record("product_updated", by=Actor.user(5), subject=lamp, changes={"price": (Decimal("9.9"), None)})

    entry = AuditEntry.objects.latest("pk")
    assert (entry.user_id, entry.system_name, entry.action) == (5, "", "product_updated")
    assert (entry.object_type, entry.object_id) == ("catalog.Product", str(lamp.pk))
    assert entry.changes == {"price": ["9.9", None]}
    assert entry.request_id == "request-1"
    assert entry.recorded_at >= before


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(NotInTransaction):
        record("product_updated", by=GUEST, subject=LAMP)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_rolled_back_with_its_write() -> None:
    with transaction.atomic():
        record("product_updated", by=GUEST, subject=LAMP)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "field", ["password", "new_password", "refresh_token", "OTP", "client_secret", "api_key"]
)
def test_a_field_that_may_contain_a_secret_is_refused(field: str) -> None:
    with pytest.raises(SecretField, match=field):
        record("user_updated", by=GUEST, subject=("accounts.User", "1"), changes={field: ("old", "new")})
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(("user_id", "name"), [(None, ""), (1, "relay"), (None, "Relay 1"), (None, "x" * 65)])
def test_an_actor_is_either_a_user_or_a_system_with_a_plain_name(user_id: int | None, name: str) -> None:
    with pytest.raises(ValueError, match=r"actor|name"):
        Actor(user_id, name)


@pytest.mark.django_db
def test_the_database_refuses_an_entry_without_an_actor() -> None:
    with pytest.raises(IntegrityError, match="audit_entry_has_one_actor"), transaction.atomic():
        AuditEntry.objects.create(action="nothing", object_type="x", object_id="1")


def test_differences_are_the_fields_whose_values_changed() -> None:
    before = {"price": Decimal("1.00"), "title": "Lamp", "brand": ""}

    assert differences(before, {"price": Decimal("1.0"), "title": "Lantern"}) == {
        "title": ("Lamp", "Lantern")
    }
