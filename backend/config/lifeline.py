"""Ties a process to its supervisor: `python -m backend.config.lifeline COMMAND …` becomes that command.

However the supervisor dies, even by SIGKILL, the command is killed with it; everything here is made to stand
that, while a process that stops in an orderly way may wait for another that is gone already. Linux keeps that
promise; elsewhere the supervisor's orderly end is the only one that stops its children.
"""

import ctypes
import os
import signal
import sys

from analytics_pipeline.settings import SUPERVISED

_PR_SET_PDEATHSIG = 1


def tie() -> None:
    """Let this process be killed when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def tie_child() -> None:
    """The same for the child of a tied process: what it was told is not inherited by itself."""
    if SUPERVISED in os.environ:
        tie()


def main(command: list[str]) -> None:
    """Become `command`, tied; it does not return, unless the supervisor died before the tie was made."""
    supervisor = os.environ.setdefault(SUPERVISED, str(os.getppid()))
    tie()
    if str(os.getppid()) == supervisor:
        os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
