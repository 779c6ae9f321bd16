"""Ties a process to its parent's life: `python -m backend.config.lifeline COMMAND …` becomes that command.

However the parent dies, even by SIGKILL, the command is asked to stop (SIGTERM). Linux keeps that promise;
elsewhere the parent's orderly end is the only one that stops its children.
"""

import ctypes
import os
import signal
import sys

from analytics_pipeline.settings import SUPERVISED

_PR_SET_PDEATHSIG = 1


def tie() -> None:
    """Let this process be asked to stop when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def tie_child() -> None:
    """The same for the child of a tied process: what it was told is not inherited by itself."""
    if SUPERVISED in os.environ:
        tie()


def main(command: list[str]) -> None:
    """Become `command`, tied; it does not return."""
    os.environ[SUPERVISED] = "1"
    tie()
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
