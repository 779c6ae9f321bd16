"""Runs supervisord so that it survives a full volume: `python -m backend.config.supervisord`.

If supervisord can't write to a log, it reports this on standard error, which may be on the same full volume
(as with `nohup … > log`). That exception would end supervisord, and with it every process of the shop.
"""

import io
import os
import sys
from contextlib import suppress

from supervisor import supervisord


class UncheckedOutput(io.TextIOBase):
    """A text stream over a file descriptor that drops what can't be written."""

    def __init__(self, descriptor: int) -> None:
        """Write to `descriptor`."""
        self._descriptor = descriptor

    def write(self, text: str) -> int:
        """Write the text at once, or drop it."""
        with suppress(OSError):
            os.write(self._descriptor, text.encode(errors="replace"))
        return len(text)

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._descriptor


if __name__ == "__main__":
    sys.stdout, sys.stderr = UncheckedOutput(1), UncheckedOutput(2)
    supervisord.main()
