"""Health of the audit log, the nightly verification, and what the endpoint of the chain shows of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.audit import health
from backend.audit.errors import LogNotIntact, NotSealed
from backend.audit.models import AuditEntry
from backend.audit.sealing import last_block
from backend.audit.selectors import chain_state, is_sealed
from backend.audit.tasks import delete_old_audit_entries, seal_audit_entries, verify_audit_log
from tests.backend.audit.log import seal_all, superuser, write

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.audit"])


def test_a_log_that_is_sealed_and_intact_is_healthy_and_one_with_faults_is_not() -> None:
    assert health.check() == {"head": "", "blocks": 0}
    write("a")
    head = seal_all()
    write("b")
    assert verify_audit_log()
    found = health.check()
    assert (found["head"], found["blocks"], found["faults"]) == (head, 1, 0)
    assert (chain_state().sealed_at or timezone.now()) < timezone.now()
    entries = AuditEntry.objects.order_by("pk")
    assert [is_sealed(entry, last=last_block()) for entry in entries] == [True, False, False]

    with superuser():
        AuditEntry.objects.filter(object_id="a").update(action="x")
    assert not verify_audit_log()
    with pytest.raises(LogNotIntact, match="1 faults; run"):
        health.check()
    verified = AuditEntry.objects.latest("pk")
    assert verified.changes["first_fault"][1]["kind"] == "entry_changed"


def test_entries_that_are_not_sealed_for_long_are_reported() -> None:
    write("a")
    health.check()
    with pytest.raises(NotSealed, match="Celery"):
        health.check_at(timezone.now() + timedelta(minutes=16))
    seal_all()
    health.check_at(timezone.now() + timedelta(minutes=16))


def test_scheduled_tasks_seal_and_delete() -> None:
    assert (seal_audit_entries(), delete_old_audit_entries()) == (0, 0)
