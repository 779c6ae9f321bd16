"""Verifies the audit log: recomputes the hash of every sealed entry and block, and looks for what is missing.

It takes no lock and opens no transaction, so writing, sealing and retention continue meanwhile.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

import structlog
from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.canonical import COLUMNS, RECORDED_AT, hash_of_block, hash_of_columns
from backend.audit.errors import InvalidHead
from backend.audit.faults import MOST_FAULTS, Fault, FaultKind, Verification
from backend.audit.horizon import check_horizon
from backend.audit.intervals import Intervals
from backend.audit.models import AuditEntry, Block, RetentionHorizon
from backend.audit.positions import next_xid, position_after
from backend.audit.sealing import NO_HASH, digests_of, last_block
from backend.audit.selectors import VERIFIED
from backend.audit.services import record

logger = structlog.get_logger(__name__)

BLOCKS_AT_ONCE = 10
ENTRIES_AT_ONCE = 10_000
LONGEST_TRANSACTION = timedelta(days=1)
"""An entry can be sealed later than others that are newer, if its transaction takes long."""


def verify(*, expected_head: str = "", since: str = "") -> Verification:
    """Return the state of the whole log, or of what was sealed after the block `since`.

    `expected_head` is the head that an earlier verification returned: the chain must still contain it. The
    same applies to `since`; blocks up to it were verified then and are not read again, unless it is missing.

    Raises:
        InvalidHead: `expected_head` or `since` does not have the form `number:hash`.
    """
    expected = _parsed(expected_head) if expected_head else None
    last = last_block()
    result = Verification(head="" if last is None else str(last))
    start = _block_of(_parsed(since), result=result) if since else None
    sealed = _Chain(result, last=last, expected=expected, start=start).check()
    _check_unsealed(result, sealed=sealed, last=last, start=start)
    check_horizon(result)
    return result


def verify_and_record() -> Verification:
    """Verify the log, and record the head and the faults as an entry, which health reads."""
    result = verify()
    first = result.faults[0] if result.faults else None
    with transaction.atomic():
        record(
            VERIFIED,
            by=Actor.system("audit_verification"),
            subject=("audit.Block", result.head),
            changes={
                "entries": (None, result.entries),
                "faults": (None, len(result.faults)),
                "first_fault": (None, first and asdict(first)),
            },
        )
    if first is not None:
        logger.error("audit_log_not_intact", faults=len(result.faults), **asdict(first))
    return result


def _parsed(head: str) -> tuple[int, str]:
    number, _, digest = head.partition(":")
    if not (number.isascii() and number.isdigit() and len(digest) == len(NO_HASH)):
        raise InvalidHead(head)
    return int(number), digest


def _block_of(head: tuple[int, str], *, result: Verification) -> Block | None:
    """Return the block with this number and hash; None, with a fault, if the chain doesn't contain it."""
    number, digest = head
    block = Block.objects.filter(number=number).first()
    if block is not None and block.hash == hash_of_block(block) == digest:
        return block
    message = "is missing" if block is None else "is not the block of the given head"
    result.add([Fault(FaultKind.HEAD_NOT_FOUND, message, number)])
    return None


class _Chain:
    """The blocks from the horizon, or after `start`, to the last one when the verification began."""

    def __init__(
        self,
        result: Verification,
        *,
        last: Block | None,
        expected: tuple[int, str] | None,
        start: Block | None,
    ) -> None:
        self._result, self._last, self._expected = result, last, expected
        self._horizon = RetentionHorizon.objects.first()
        self._previous = start
        self._expected_hash = ""
        """The hash that the chain has where `expected` says."""

    def check(self) -> Intervals:
        """Check every block and its entries; return the ids of the sealed entries."""
        sealed = Intervals()
        for block in self._blocks():
            digests = dict(digests_of(block))
            sealed.add_all(digests)
            faults = [*self._of_block(block), *self._of_entries(block, digests)]
            if faults and not _is_being_deleted(block):
                self._result.add(faults)
            self._result.blocks += 1
            self._result.entries += len(digests)
            if self._expected is not None and block.number == self._expected[0]:
                self._expected_hash = block.hash
            self._previous = block
        self._check_expected()
        return sealed

    def _blocks(self) -> Iterator[Block]:
        number = -1 if self._previous is None else self._previous.number
        last = -1 if self._last is None else self._last.number
        while found := list(
            Block.objects.filter(number__gt=number, number__lte=last).order_by("number")[:BLOCKS_AT_ONCE]
        ):
            yield from found
            number = found[-1].number

    def _of_block(self, block: Block) -> Iterator[Fault]:
        previous = self._previous
        if previous is None:
            yield from self._of_beginning(block)
        elif block.number != previous.number + 1:
            missing = _numbers(previous.number + 1, block.number - 1)
            yield Fault(FaultKind.BLOCK_REMOVED, f"{missing} missing", block.number)
        elif block.previous_hash != previous.hash:
            message = "does not contain the hash of the block before it"
            yield Fault(FaultKind.BLOCK_CHANGED, message, block.number)
        if hash_of_block(block) != block.hash:
            yield Fault(FaultKind.BLOCK_CHANGED, "was changed", block.number)
        if previous and block.sealed_at < previous.sealed_at:
            self._result.note(f"block {block.number} was sealed before block {previous.number}")
        horizon = self._horizon
        if horizon and horizon.block == block.number and horizon.block_hash != block.hash:
            yield Fault(FaultKind.HORIZON_CHANGED, "is not the block of the horizon", block.number)

    def _of_beginning(self, block: Block) -> Iterator[Fault]:
        horizon = self._horizon
        deleted, deleted_hash = (horizon.block, horizon.block_hash) if horizon else (0, NO_HASH)
        if block.number <= deleted:
            # Retention has not deleted it yet; the block before it is gone.
            return
        if block.number > deleted + 1:
            missing = _numbers(deleted + 1, block.number - 1)
            yield Fault(FaultKind.BLOCK_REMOVED, f"{missing} missing", block.number)
        elif block.previous_hash != deleted_hash:
            message = "does not contain the hash of the last deleted block"
            yield Fault(FaultKind.BLOCK_CHANGED, message, block.number)
        newest = block.previous_newest_at
        if horizon and newest and newest >= horizon.recorded_before:
            message = f"entries up to {newest} were deleted, but retention ends at {horizon.recorded_before}"
            yield Fault(FaultKind.HORIZON_CHANGED, message, block.number)

    def _of_entries(self, block: Block, digests: dict[int, bytes]) -> Iterator[Fault]:
        # Values instead of objects, because making these takes most of the time.
        rows = AuditEntry.objects.filter(pk__in=list(digests)).values_list(*COLUMNS)
        found = {row[0]: row for row in rows}
        previous = self._previous
        for entry_id, digest in digests.items():
            row = found.get(entry_id)
            if row is None:
                yield Fault(FaultKind.ENTRY_REMOVED, "is missing", block.number, entry_id)
            elif hash_of_columns(row) != digest:
                yield Fault(FaultKind.ENTRY_CHANGED, "was changed", block.number, entry_id)
            elif previous and row[RECORDED_AT] < previous.sealed_at - LONGEST_TRANSACTION:
                self._result.note(
                    f"entry {entry_id} of {row[RECORDED_AT]} was added after block {previous.number}"
                    f" was sealed at {previous.sealed_at}"
                )

    def _check_expected(self) -> None:
        if self._expected is None:
            return
        number, digest = self._expected
        horizon = RetentionHorizon.objects.first()
        if not self._expected_hash and horizon and number <= horizon.block:
            if number < horizon.block:
                self._result.note(f"block {number} of the expected head was deleted by retention")
                return
            self._expected_hash = horizon.block_hash
        if self._expected_hash != digest:
            message = "is not the block of the expected head" if self._expected_hash else "is missing"
            self._result.add([Fault(FaultKind.HEAD_NOT_FOUND, message, number)])


def _is_being_deleted(block: Block) -> bool:
    """Return whether retention deletes the block at the same time as it is verified."""
    horizon = RetentionHorizon.objects.first()
    return (
        horizon is not None
        and horizon.block >= block.number
        and not Block.objects.filter(pk=block.number).exists()
    )


def _numbers(first: int, last: int) -> str:
    return f"block {first} is" if first == last else f"blocks {first} to {last} are"


def _check_unsealed(
    result: Verification, *, sealed: Intervals, last: Block | None, start: Block | None
) -> None:
    """Count the entries that are not sealed yet, and find those that must have been sealed but are not.

    After `start`, these are entries with ids that no block up to `start` reached.
    """
    position = position_after(last)
    # After a restore on another server, new entries come before the last block in the order of xids.
    is_restored = last is not None and next_xid() <= last.last_xid
    newest = (-1, 0)
    for entry_id, xid in _not_in(sealed, after=None if start is None else start.highest_id):
        if position.precedes(xid=xid, entry_id=entry_id) or (
            is_restored and last is not None and entry_id > last.highest_id
        ):
            result.unsealed += 1
            newest = max(newest, (xid, entry_id))
        elif len(result.faults) < MOST_FAULTS:
            message = "was inserted among sealed entries"
            result.add([Fault(FaultKind.ENTRY_INSERTED, message, entry=entry_id)])
    if newest[0] >= next_xid() and not is_restored:
        message = "has the id of a transaction that has not begun"
        result.add([Fault(FaultKind.ENTRY_INSERTED, message, entry=newest[1])])


def _not_in(sealed: Intervals, *, after: int | None) -> Iterator[tuple[int, int]]:
    """Yield the id and the xid of each entry with an id above `after` that is not in `sealed`."""
    while True:
        rows = AuditEntry.objects.order_by("id").values_list("id", "xid")
        page = list((rows if after is None else rows.filter(id__gt=after))[:ENTRIES_AT_ONCE])
        yield from (row for row in page if row[0] not in sealed)
        if len(page) < ENTRIES_AT_ONCE:
            return
        after = page[-1][0]
