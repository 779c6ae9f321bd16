"""The chain of blocks: what sealing contains, and which tampering verification finds."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from backend.audit import sealing
from backend.audit.actors import Actor
from backend.audit.canonical import hash_of_block, hash_of_entry
from backend.audit.errors import InvalidHead
from backend.audit.models import AuditEntry, Block
from backend.audit.positions import BEGINNING
from backend.audit.sealing import HASH_BYTES, ID_BYTES, digests_of, last_block, seal
from backend.audit.services import record
from backend.audit.verification import verify
from tests.backend.audit.log import seal_all, superuser, write
from tests.backend.together import DEADLINE_SECONDS, together

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.audit", "backend.audit_log"])


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "ENTRIES_PER_BLOCK", 2)


def entry(name: str) -> AuditEntry:
    return AuditEntry.objects.get(object_id=name)


def change(**columns: object) -> Callable[[], object]:
    return lambda: AuditEntry.objects.filter(object_id="c").update(**columns)


def remove_entry() -> None:
    AuditEntry.objects.filter(object_id="c").delete()


def insert_entry() -> None:
    sealed = entry("b")
    sealed.pk, sealed.object_id = -1, "between"
    sealed.save(force_insert=True)


def insert_entry_of_the_future() -> None:
    AuditEntry.objects.create(xid=2**62, user_id=1, action="x", object_type="x", object_id="x")


def swap_entries() -> None:
    c, d = entry("c"), entry("d")
    AuditEntry.objects.filter(pk=c.pk).update(object_id="d")
    AuditEntry.objects.filter(pk=d.pk).update(object_id="c")


def reorder_digests() -> None:
    block = Block.objects.get(number=2)
    size = ID_BYTES + HASH_BYTES
    data = bytes(block.digests)
    Block.objects.filter(number=2).update(digests=data[size:] + data[:size])


def change_entry_and_its_digest() -> None:
    change(action="x")()
    block = Block.objects.get(number=2)
    block.digests = b"".join(
        pk.to_bytes(ID_BYTES, signed=True) + hash_of_entry(AuditEntry.objects.get(pk=pk))
        for pk, _ in digests_of(block)
    )
    block.save()


def change_entry_and_its_block() -> None:
    change_entry_and_its_digest()
    block = Block.objects.get(number=2)
    block.hash = hash_of_block(block)
    block.save()


def remove_block() -> None:
    block = Block.objects.get(number=2)
    AuditEntry.objects.filter(pk__in=[pk for pk, _ in digests_of(block)]).delete()
    block.delete()


def remove_first_block() -> None:
    Block.objects.filter(number=1).delete()


TAMPERING: list[tuple[Callable[[], object], str, int | None]] = [
    (change(action="x"), "entry_changed", 2),
    (change(object_id="x"), "entry_changed", 2),
    (change(user_id=8), "entry_changed", 2),
    (change(changes={"n": [None, 2]}), "entry_changed", 2),
    (change(request_id="x"), "entry_changed", 2),
    (change(owner_id=1, personal={"phone": ["a", "b"]}), "entry_changed", 2),
    (change(recorded_at=F("recorded_at") - timedelta(seconds=1)), "entry_changed", 2),
    (change(xid=F("xid") + 1), "entry_changed", 2),
    (remove_entry, "entry_removed", 2),
    (insert_entry, "entry_inserted", None),
    (insert_entry_of_the_future, "entry_inserted", None),
    (swap_entries, "entry_changed", 2),
    (reorder_digests, "block_changed", 2),
    (change_entry_and_its_digest, "block_changed", 2),
    (change_entry_and_its_block, "block_changed", 3),
    (remove_block, "block_removed", 3),
    (remove_first_block, "block_removed", 2),
]


def test_verification_names_the_first_fault_of_each_kind_of_tampering() -> None:
    write(*"abcdef")
    head = seal_all()
    assert verify(expected_head=head).is_intact

    for tamper, kind, block in TAMPERING:
        with transaction.atomic():
            with superuser():
                tamper()
            first = verify().faults[0]
            transaction.set_rollback(True)
        assert (first.kind, first.block) == (kind, block), tamper
        assert "entry" not in kind or first.entry is not None
    assert verify(expected_head=head).is_intact


def test_removing_the_last_block_is_found_by_the_head_that_was_kept() -> None:
    write(*"abc")
    head = seal_all()
    with superuser():
        Block.objects.filter(number=2).delete()
        AuditEntry.objects.filter(object_id="c").delete()
    assert verify().is_intact, "nothing in the database shows it"
    assert [fault.kind for fault in verify(expected_head=head).faults] == ["head_not_found"]

    write("d")
    seal_all()
    (fault,) = verify(expected_head=head).faults
    assert (fault.kind, fault.block) == ("head_not_found", 2), "another block took its number"


def test_verification_since_a_head_reads_only_what_was_sealed_after_it() -> None:
    write(*"abcd")
    head = seal_all()
    with superuser():
        change(action="x")()
    write(*"ef")
    seal_all()
    write("g")

    result = verify(since=head)
    assert (result.faults, result.blocks, result.entries, result.unsealed) == ([], 1, 2, 1)
    assert [fault.kind for fault in verify().faults] == ["entry_changed"]
    out = StringIO()
    call_command("audit", "verify", since=head, stdout=out)
    assert out.getvalue().startswith("2 entries in 1 blocks, 1 entries not sealed yet")

    with superuser():
        AuditEntry.objects.filter(object_id="e").update(action="x")
    assert [fault.kind for fault in verify(since=head).faults] == ["entry_changed"]
    # Another block has its number, or its content doesn't have its hash: then the whole log is verified.
    number, _, digest = head.partition(":")
    kinds = [fault.kind for fault in verify(since=f"{number}:{digest[::-1]}").faults]
    assert kinds == ["head_not_found", "entry_changed", "entry_changed"]
    with superuser():
        Block.objects.filter(number=number).update(last_id=F("last_id") + 1)
    assert verify(since=head).faults[0].kind == "head_not_found"


@pytest.mark.parametrize("head", ["1", "x:" + "0" * 64, "1:abc", ":", "-1:" + "0" * 64])
def test_a_malformed_head_is_refused(head: str) -> None:
    with pytest.raises(InvalidHead):
        verify(expected_head=head)
    with pytest.raises(InvalidHead):
        verify(since=head)


def test_blocks_are_full_and_contain_the_hash_of_the_previous_one() -> None:
    write(*"abcde")
    seal_all()

    blocks = list(Block.objects.order_by("number"))
    assert [block.entries for block in blocks] == [2, 2, 1]
    assert [block.previous_hash for block in blocks] == ["0" * 64, blocks[0].hash, blocks[1].hash]
    assert seal(now=timezone.now()) == 0


def test_an_entry_that_is_committed_late_is_sealed_later_and_writers_do_not_wait() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    write("early")
    seal_all()

    recorded, tried = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record("audit.tested", by=Actor.user(1), subject=("x", "late"))
            recorded.set()
            tried.wait(DEADLINE_SECONDS)

    def quick() -> int:
        recorded.wait(DEADLINE_SECONDS)
        write("quick")
        seal(now=timezone.now())
        unsealed = verify().unsealed
        tried.set()
        return unsealed

    assert together(slow, quick) == [None, 1], "not sealed before the older transaction ends"
    seal_all()
    assert verify().is_intact
    assert [pk for block in Block.objects.order_by("number") for pk, _ in digests_of(block)] == [
        entry(name).pk for name in ("early", "late", "quick")
    ]


def test_two_processes_that_seal_at_once_make_one_chain() -> None:
    write(*"abcdefgh")
    together(*[lambda: seal(now=timezone.now())] * 3)
    seal_all()
    assert verify().is_intact
    assert sum(Block.objects.values_list("entries", flat=True)) == 8


def test_the_chain_continues_on_another_server_whose_transaction_ids_are_lower() -> None:
    write(*"abc")
    with superuser():
        AuditEntry.objects.update(xid=F("id") + 2**50)
    position = BEGINNING
    sealing._stored([entry("a"), entry("b")], position=position, last=None, now=timezone.now())
    write("d")
    assert (verify().is_intact, verify().unsealed) == (True, 2)

    seal_all()
    write("e")
    seal_all()
    assert verify().is_intact
    assert [pk for block in Block.objects.order_by("number") for pk, _ in digests_of(block)] == [
        entry(name).pk for name in "abcde"
    ]


def test_the_hash_does_not_depend_on_how_a_database_writes_json() -> None:
    """PostgreSQL returns keys and numbers in another form than they were stored."""
    values = {"b": 1e16, "a": 1.0, "é": [None, True, "x", 0.1, 1.5e-7, -0.0], "n": {"y": 1, "x": 10**20}}
    write("a")
    row = entry("a")
    row.changes = values
    as_postgresql = json.loads(
        '{"a": 1.0, "b": 10000000000000000, "n": {"x": 100000000000000000000, "y": 1},'
        ' "é": [null, true, "x", 0.1, 0.00000015, -0.0]}'
    )
    digest = hash_of_entry(row)
    row.changes = as_postgresql
    assert hash_of_entry(row) == digest
    row.changes = {**as_postgresql, "a": True}
    assert hash_of_entry(row) != digest, "true is not 1"

    with superuser():
        AuditEntry.objects.filter(pk=row.pk).update(changes=values)
    assert hash_of_entry(entry("a")) == digest


def test_the_command_prints_the_state_and_fails_when_something_was_changed() -> None:
    write(*"abc")
    out = StringIO()
    call_command("audit", "verify", stdout=out)
    assert "3 entries not sealed yet" in out.getvalue()
    assert "head none" in out.getvalue()

    head = seal_all()
    out = StringIO()
    call_command("audit", "seal", stdout=out)
    assert out.getvalue() == f"sealed 0 entries; head {head}\n"
    with superuser():
        change(action="x")()

    out = StringIO()
    with pytest.raises(CommandError, match=r"entry_changed: block 2, entry \d+ was changed") as error:
        call_command("audit", "verify", json=True, expect=head, stdout=out)
    assert error.value.returncode == 1
    found = json.loads(out.getvalue())
    assert (found["intact"], found["head"], found["entries"], found["blocks"]) == (False, head, 3, 2)
    assert found["faults"] == [
        {"kind": "entry_changed", "message": "was changed", "block": 2, "entry": entry("c").pk}
    ]
    with pytest.raises(CommandError) as error:
        call_command("audit", "verify", expect="x")
    assert error.value.returncode == 2


def test_a_backdated_entry_is_noted() -> None:
    write("a")
    seal_all(now=timezone.now())
    write("b", age=timedelta(days=3))
    seal_all()
    assert last_block() is not None
    assert [note for note in verify().notes if f"entry {entry('b').pk} " in note]


def test_writers_do_not_wait_while_another_process_seals() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer")
    sealing_began, written = threading.Event(), threading.Event()

    def sealer() -> bool:
        with transaction.atomic():
            seal(now=timezone.now())
            sealing_began.set()
            return written.wait(DEADLINE_SECONDS)

    def writer() -> None:
        sealing_began.wait(DEADLINE_SECONDS)
        write("b")
        written.set()

    write("a")
    assert together(sealer, writer) == [True, None]
