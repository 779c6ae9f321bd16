"""The supervisor keeps running when its output can't be written."""

import os
import sys
from pathlib import Path

import pytest
from supervisor import loggers

from backend.config.supervisord import UncheckedOutput

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
def test_a_log_and_standard_error_on_a_full_volume_do_not_end_the_supervisor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = os.open(FULL, os.O_WRONLY)
    monkeypatch.setattr(sys, "stderr", UncheckedOutput(full))
    logger = loggers.getLogger()
    loggers.handle_file(logger, str(FULL), "%(message)s")

    logger.critical("a process ended")

    for write in (logger.close, lambda: os.write(full, b"a process ended")):
        with pytest.raises(OSError, match="No space left"):
            write()
    os.close(full)


def test_output_is_written_immediately(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        output = UncheckedOutput(log.fileno())
        assert output.write("started ✓\n") == len("started ✓\n")
        assert (tmp_path / "log").read_text() == "started ✓\n"
