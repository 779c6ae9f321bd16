"""The processes that run the services: ownership, starting and stopping."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from analytics_pipeline import locks
from analytics_pipeline.embedded.endpoints import (
    endpoint,
    file_of,
    free_port,
    is_free,
    new_token,
    read_endpoint,
    write_endpoint,
)
from analytics_pipeline.embedded.errors import AlreadyOwned, ServiceDidNotStart
from analytics_pipeline.embedded.services import VALKEY, WAREHOUSE, Endpoint, Service
from analytics_pipeline.settings import SUPERVISED, PipelineSettings

# The umask of the services: only the home's owner can read the files that they create.
OWNER_ONLY = 0o077
_ROOT = Path(__file__).resolve().parent.parent.parent
_POLL_SECONDS = 0.02
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_TRANSIENT = "--transient"


@contextmanager
def ensure(settings: PipelineSettings, *services: Service) -> Iterator[None]:
    """Keep these services running inside the context, except those with the address of a server.

    A service that isn't running is started, and the last process that uses it stops it. Under a supervisor
    none is started, because the supervisor does that.

    Raises:
        ServiceDidNotStart: a service didn't respond in time.
    """
    if SUPERVISED in os.environ:
        yield
        return
    configured = {WAREHOUSE.name: settings.clickhouse_url, VALKEY.name: settings.redis_url}
    with ExitStack() as stack:
        for service in services:
            if not configured[service.name]:
                stack.enter_context(_in_use(service, home=settings.home))
        yield


def is_running(service: Service, *, home: Path) -> bool:
    """Return whether the service of this home responds."""
    found = read_endpoint(service, home=home)
    return found is not None and found.pid is not None and service.responds(found)


@contextmanager
def own(service: Service, *, home: Path, arguments: list[str]) -> Iterator[Endpoint]:
    """Own the service inside the context; the calling process serves on the endpoint's port.

    A transient owner that no process uses any more is stopped first.

    Raises:
        AlreadyOwned: another process owns it, and is not about to stop.
    """
    reserved = endpoint(service, home=home)
    transient = _TRANSIENT in arguments
    deadline = time.monotonic() + (0 if transient else _STOP_SECONDS)
    with ExitStack() as stack:
        lock = file_of(service, "owner", home=home)
        # Inheritable, for an owner that becomes the server by exec.
        while not stack.enter_context(locks.attempt(lock, inheritable=True)):
            current = read_endpoint(service, home=home) or reserved
            if not current.transient or time.monotonic() > deadline:
                raise AlreadyOwned(service.name, home=home, pid=current.pid)
            _stop_if_unused(service, home=home)
            time.sleep(_POLL_SECONDS)
        port = reserved.port if is_free(reserved.port) else free_port()
        # Homes of earlier versions have no analyst's password.
        analyst_token = reserved.analyst_token or new_token()
        owned = replace(
            reserved, port=port, analyst_token=analyst_token, pid=os.getpid(), transient=transient
        )
        write_endpoint(service, owned, home=home)
        try:
            yield owned
        finally:
            write_endpoint(service, replace(owned, pid=None, transient=False), home=home)


@contextmanager
def _in_use(service: Service, *, home: Path) -> Iterator[None]:
    try:
        with locks.shared(file_of(service, "users", home=home)):
            if not is_running(service, home=home):
                endpoint(service, home=home)
                with locks.exclusive(file_of(service, "start", home=home)):
                    _start(service, home=home)
            yield
    finally:
        found = read_endpoint(service, home=home)
        if found is not None and found.transient:
            _stop_if_unused(service, home=home)


def _start(service: Service, *, home: Path) -> None:
    if is_running(service, home=home):
        return
    log = home / "logs" / f"{service.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # posix_spawn, not subprocess, because the service may outlive this process if others use it by then. In a
    # session of its own, the service doesn't receive the terminal's Ctrl-C.
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", service.module, _TRANSIENT],
        {**os.environ, "VITRINE_HOME": str(home), "PYTHONPATH": str(_ROOT)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    deadline = time.monotonic() + _START_SECONDS
    while not is_running(service, home=home):
        if time.monotonic() > deadline or (_has_ended(pid) and not _is_owned(service, home=home)):
            raise ServiceDidNotStart(service.name, log=log)
        time.sleep(_POLL_SECONDS)


def _stop_if_unused(service: Service, *, home: Path) -> None:
    # A process that needs the service meanwhile waits for this lock, and then starts the service again.
    with locks.attempt(file_of(service, "users", home=home)) as unused:
        found = read_endpoint(service, home=home)
        if not unused or found is None or found.pid is None or not _is_owned(service, home=home):
            return
        with suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_owned(service, home=home) and time.monotonic() < deadline:
            _has_ended(found.pid)
            time.sleep(_POLL_SECONDS)
        _has_ended(found.pid)


def _is_owned(service: Service, *, home: Path) -> bool:
    with locks.attempt(file_of(service, "owner", home=home)) as free:
        return not free


def _has_ended(pid: int) -> bool:
    """Return whether this child process has ended, and reap it; False for a process that isn't a child."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False
