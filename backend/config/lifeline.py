"""Ties a process to its supervisor: `python -m backend.config.lifeline COMMAND …` becomes that command.

The command is killed when the supervisor dies, even by SIGKILL. An orderly stop would not do: the command
might wait for another process that is gone already. Only Linux offers this; elsewhere the processes stop when
the supervisor ends in an orderly way.
"""

import ctypes
import os
import signal
import sys

from analytics_pipeline.settings import SUPERVISED

_PR_SET_PDEATHSIG = 1


def tie() -> None:
    """Have this process killed when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def tie_child() -> None:
    """Have this child of a tied process killed with it; a child doesn't inherit the tie."""
    if SUPERVISED in os.environ:
        tie()


def main(command: list[str]) -> None:
    """Become `command`, tied. Return only if the supervisor died before the tie was made."""
    supervisor = os.environ.setdefault(SUPERVISED, str(os.getppid()))
    tie()
    if str(os.getppid()) == supervisor:
        os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
