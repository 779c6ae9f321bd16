"""Retention: what the triggers let it delete, and what verification says about it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from backend.audit import sealing
from backend.audit.models import AuditEntry, Block, RetentionHorizon
from backend.audit.retention import delete_old_entries
from backend.audit.sealing import last_block
from backend.audit.verification import verify
from tests.backend.audit.log import seal_all, superuser, write

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.audit"])

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _thirty_days(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AUDIT_RETENTION = 30 * DAY
    monkeypatch.setattr(sealing, "ENTRIES_PER_BLOCK", 2)


def names() -> list[str]:
    return list(AuditEntry.objects.filter(object_type="x").order_by("id").values_list("object_id", flat=True))


def retained(old: str, new: str) -> str:
    """Write the old and the new entries, run retention, and return the head before it."""
    write(*old, age=40 * DAY)
    write(*new)
    head = seal_all()
    delete_old_entries(now=timezone.now())
    seal_all()
    return head


def test_old_blocks_are_deleted_and_the_rest_can_be_verified() -> None:
    head = retained("abcde", "fg")
    assert names() == ["e", "f", "g"], "e shares a block with f"
    assert Block.objects.earliest("number").number == 3
    assert verify(expected_head=head).is_intact
    assert "block 1 of the expected head" in verify(expected_head="1:" + "0" * 64).notes[-1]

    assert delete_old_entries(now=timezone.now()) == 0
    write("h")
    seal_all()
    assert verify(expected_head=head).is_intact


def test_nothing_is_deleted_before_it_is_too_old_and_the_last_block_remains() -> None:
    write("a", age=29 * DAY)
    assert delete_old_entries(now=timezone.now()) == 0
    assert RetentionHorizon.objects.count() == 0

    seal_all()
    delete_old_entries(now=timezone.now() + 2 * DAY)
    assert names() == ["a"], "the block is the last one"
    write("b")
    seal_all()
    assert delete_old_entries(now=timezone.now() + 2 * DAY) == 1
    assert names() == ["b"]


def test_a_run_that_was_interrupted_is_completed_by_the_next() -> None:
    write(*"abcdef", age=40 * DAY)
    seal_all()
    with transaction.atomic():
        delete_old_entries(now=timezone.now())
        block = Block.objects.count()
        transaction.set_rollback(True)
    assert block == 1
    assert verify().is_intact


REFUSED = [
    "UPDATE audit_auditentry SET action = 'x'",
    "DELETE FROM audit_auditentry WHERE object_id = 'e'",
    "DELETE FROM audit_auditentry WHERE object_id = 'f'",
    "DELETE FROM audit_auditentry WHERE object_id = 'unsealed'",
    "UPDATE audit_block SET hash = 'x'",
    "DELETE FROM audit_block",
    "UPDATE audit_retentionhorizon SET recorded_before = '2000-01-01', block = block + 1",
    "UPDATE audit_retentionhorizon SET block = block - 1",
    "DELETE FROM audit_retentionhorizon",
]
REFUSED_ON = {
    "postgresql": [
        "TRUNCATE audit_auditentry",
        "TRUNCATE audit_block",
        "TRUNCATE audit_retentionhorizon",
    ],
    "sqlite": [
        "INSERT OR REPLACE INTO audit_auditentry SELECT * FROM audit_auditentry WHERE object_id = 'f'",
        "INSERT OR REPLACE INTO audit_block SELECT * FROM audit_block",
        "INSERT OR REPLACE INTO audit_retentionhorizon SELECT * FROM audit_retentionhorizon",
    ],
}


def test_the_database_refuses_changes_and_the_deletion_of_blocks_that_are_not_old() -> None:
    retained("abcde", "fg")
    write("unsealed", age=40 * DAY)
    for statement in [*REFUSED, *REFUSED_ON[connection.vendor]]:
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert names() == ["e", "f", "g", "unsealed"]


def move_horizon() -> None:
    last = last_block()
    assert last is not None
    RetentionHorizon.objects.update(
        recorded_before=timezone.now(), block=last.number, block_hash=last.hash, highest_id=last.highest_id
    )


def move_horizon_and_delete() -> None:
    move_horizon()
    AuditEntry.objects.filter(object_type="x").delete()


def forge_the_move() -> None:
    move_horizon()
    horizon = RetentionHorizon.objects.get()
    AuditEntry.objects.create(
        system_name="audit_retention",
        action="audit.horizon_moved",
        object_type="audit.RetentionHorizon",
        object_id="1",
        changes={
            "recorded_before": [None, horizon.recorded_before.isoformat(timespec="microseconds")],
            "block": [0, horizon.block],
            "block_hash": ["", horizon.block_hash],
            "retention_days": [None, 30],
        },
    )


def remove_more_than_retention_did() -> None:
    with superuser():
        first = Block.objects.order_by("number")[1]
        Block.objects.filter(number__lt=first.number).delete()
        AuditEntry.objects.filter(object_id__in=["e", "f"]).delete()
        RetentionHorizon.objects.update(
            block=first.number - 1,
            block_hash=first.previous_hash,
        )
        move = AuditEntry.objects.get(action="audit.horizon_moved")
        move.changes["block"][1], move.changes["block_hash"][1] = first.number - 1, first.previous_hash
        move.save()


def delete_horizon() -> None:
    with superuser():
        RetentionHorizon.objects.all().delete()


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (move_horizon, "moved without an entry"),
        (move_horizon_and_delete, "moved without an entry"),
        (forge_the_move, "moved further than the retention of 30 days"),
        (remove_more_than_retention_did, "were deleted, but retention ends at"),
        (delete_horizon, "is missing, although entry"),
    ],
)
def test_a_horizon_that_somebody_else_moved_is_found(tamper: Callable[[], None], message: str) -> None:
    retained("abcde", "fg")
    tamper()
    assert [fault.message for fault in verify().faults if message in fault.message]


def test_a_shorter_retention_in_the_past_is_noted(settings: Settings) -> None:
    retained("abcde", "fg")
    settings.AUDIT_RETENTION = 730 * DAY
    result = verify()
    assert result.is_intact
    assert "shorter than AUDIT_RETENTION_DAYS=730" in result.notes[-1]
