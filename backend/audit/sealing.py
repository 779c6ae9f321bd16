"""Seals settled entries in blocks, each of which contains the hash of the block before it.

Writers of entries take no lock for this: sealing reads what they committed. Two processes don't seal at once.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog
from django.db import connection, transaction

from backend.audit.canonical import hash_of_block, hash_of_entry
from backend.audit.models import AuditEntry, Block
from backend.audit.positions import Position, entries_after, next_xid, position_after, settled

ENTRIES_PER_BLOCK = 1_000
NO_HASH = "0" * 64
"""The previous hash of the first block."""
ID_BYTES, HASH_BYTES = 8, 32

logger = structlog.get_logger(__name__)


def seal(*, now: datetime) -> int:
    """Seal all settled entries, one block in each transaction; return how many entries."""
    sealed = 0
    while (block := _seal_block(now=now)) is not None:
        sealed += block.entries
        logger.info("audit_block_sealed", head=str(block), entries=block.entries)
    return sealed


def last_block() -> Block | None:
    """Return the newest block without its digests."""
    return Block.objects.defer("digests").order_by("-number").first()


def digests_of(block: Block) -> Iterator[tuple[int, bytes]]:
    """Return the id and the hash of each entry that the block seals, in commit order."""
    data = bytes(block.digests)
    for start in range(0, len(data), ID_BYTES + HASH_BYTES):
        middle = start + ID_BYTES
        yield int.from_bytes(data[start:middle], signed=True), data[middle : middle + HASH_BYTES]


def _seal_block(*, now: datetime) -> Block | None:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            # Waits for another process that seals; readers of blocks don't wait.
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE audit_block IN SHARE ROW EXCLUSIVE MODE")
        last = last_block()
        position = position_after(last)
        entries = list(settled(entries_after(position))[:ENTRIES_PER_BLOCK])
        if not entries and last is not None and next_xid() <= last.last_xid:
            entries, position = _after_a_restore(last)
        return _stored(entries, position=position, last=last, now=now) if entries else None


def _after_a_restore(last: Block) -> tuple[list[AuditEntry], Position]:
    """Return the entries of the next block, and its position, if the last one is from another server.

    Each PostgreSQL server counts transactions from its own beginning, so the entries that this server adds
    come before `last` in the order of xids. They have higher ids than all that the dump contains.
    """
    leftover = list(entries_after(position_after(last))[:ENTRIES_PER_BLOCK])
    if leftover:
        return leftover, position_after(last)
    position = Position(xid=-1, entry_id=0, first_possible_id=last.highest_id + 1)
    return list(settled(entries_after(position))[:ENTRIES_PER_BLOCK]), position


def _stored(entries: Sequence[AuditEntry], *, position: Position, last: Block | None, now: datetime) -> Block:
    newest = max(entry.recorded_at for entry in entries)
    block = Block(
        number=1 if last is None else last.number + 1,
        previous_hash=NO_HASH if last is None else last.hash,
        previous_newest_at=None if last is None else last.newest_at,
        first_possible_id=position.first_possible_id,
        last_xid=entries[-1].xid,
        last_id=entries[-1].pk,
        highest_id=max([0 if last is None else last.highest_id, *(entry.pk for entry in entries)]),
        entries=len(entries),
        newest_at=newest if last is None else max(newest, last.newest_at),
        sealed_at=now,
        digests=b"".join(
            entry.pk.to_bytes(ID_BYTES, signed=True) + hash_of_entry(entry) for entry in entries
        ),
    )
    block.hash = hash_of_block(block)
    block.save(force_insert=True)
    return block
