"""Ties a process to its supervisor: `python -m backend.config.lifeline COMMAND …` executes the command.

The command is killed by SIGKILL when the supervisor dies, even if the supervisor itself was killed. A signal
that allows a graceful stop would not be enough, because the command might then wait for another process that
no longer runs. Only Linux supports this; on other systems the processes stop only when the supervisor exits
normally.
"""

import ctypes
import os
import signal
import sys

from analytics_pipeline.settings import SUPERVISED

_PR_SET_PDEATHSIG = 1


def tie() -> None:
    """Arrange for this process to be killed when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def tie_child() -> None:
    """Tie this process to its parent if that is tied, because children don't inherit the setting."""
    if SUPERVISED in os.environ:
        tie()


def main(command: list[str]) -> None:
    """Execute `command`, tied to the supervisor. Return only if the supervisor is already dead."""
    supervisor = os.environ.setdefault(SUPERVISED, str(os.getppid()))
    tie()
    if str(os.getppid()) == supervisor:
        os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
