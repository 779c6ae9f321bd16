"""The result of a verification of the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

MOST_FAULTS = 100


class FaultKind(StrEnum):
    """What is wrong with an entry, a block or the horizon."""

    ENTRY_CHANGED = "entry_changed"
    ENTRY_REMOVED = "entry_removed"
    ENTRY_INSERTED = "entry_inserted"
    BLOCK_CHANGED = "block_changed"
    BLOCK_REMOVED = "block_removed"
    HEAD_NOT_FOUND = "head_not_found"
    HORIZON_CHANGED = "horizon_changed"


@dataclass(frozen=True, slots=True)
class Fault:
    """A sign of tampering, with the block and the entry where it was found."""

    kind: FaultKind
    message: str
    block: int | None = None
    entry: int | None = None


@dataclass(slots=True)
class Verification:
    """The state of the log. `head` is the last block as `number:hash`.

    `faults` are in the order of the chain. `notes` may have another cause than tampering.
    """

    head: str = ""
    blocks: int = 0
    entries: int = 0
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_intact(self) -> bool:
        """Return whether there are no faults."""
        return not self.faults

    def add(self, faults: Iterable[Fault]) -> None:
        """Add faults, up to MOST_FAULTS."""
        self.faults += list(faults)[: MOST_FAULTS - len(self.faults)]

    def note(self, text: str) -> None:
        """Add a note, up to MOST_FAULTS."""
        if len(self.notes) < MOST_FAULTS:
            self.notes.append(text)
