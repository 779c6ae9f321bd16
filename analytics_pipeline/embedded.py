"""The services that stand in for ClickHouse and Redis where no server runs.

A supervisor runs them in the foreground (`python -m analytics_pipeline.chdb_server`,
`python -m analytics_pipeline.valkey`), or `ensure()` starts them for as long as a process uses them.

The files of a service in `HOME/run/`, readable by the home's owner alone:
- `NAME.json`: the endpoint. Port and passwords stay the same over restarts, so an address that was handed
  out remains valid.
- `NAME.owner`: locked by the owning process while it lives, however it ends.
- `NAME.start`: locked while a process reserves the endpoint or starts the service.
- `NAME.users`: locked (shared) by each process that uses a service which stops with its last user.
"""

import json
import os
import random
import secrets
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from analytics_pipeline import locks
from analytics_pipeline.settings import SUPERVISED, PipelineSettings

HOST = "127.0.0.1"
DATABASE = "vitrine"
USER = "vitrine"
ANALYST = "analyst"
# The umask of the services: only its owner can read what they create in a home.
OWNER_ONLY = 0o077
# Below the ports that systems hand out for outgoing connections.
_PORTS = range(20_000, 32_000)
_POLL_SECONDS = 0.02
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_TRANSIENT = "--transient"


class ServiceDidNotStart(Exception):
    """An embedded service didn't answer in time; its log says why."""

    def __init__(self, service: str, *, log: Path) -> None:
        super().__init__(f"The embedded {service} did not start; see {log}")
        self.log = log


class AlreadyOwned(Exception):
    """Another process owns the service of this home."""

    def __init__(self, service: str, *, home: Path, pid: int | None) -> None:
        super().__init__(f"The embedded {service} of {home} is already served by process {pid}")
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service is reached, and with which passwords.

    `token` is the password of the shop's own processes, `analyst_token` that of the warehouse's read-only
    user. `pid` is the owner's, None while the service is stopped. A transient service is stopped by its last
    user.
    """

    port: int
    token: str
    analyst_token: str = ""
    pid: int | None = None
    transient: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """An embedded service: its name in files, the module that runs it, its address and its health check."""

    name: str
    module: str
    url: Callable[[Endpoint], str]
    answers: Callable[[Endpoint], bool]


def _warehouse_answers(endpoint: Endpoint) -> bool:
    credentials = b64encode(f"{USER}:{endpoint.token}".encode()).decode()
    request = urllib.request.Request(
        f"http://{HOST}:{endpoint.port}/?query=SELECT%201", headers={"Authorization": f"Basic {credentials}"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as response:
            return bool(response.read().strip() == b"1")
    except (OSError, urllib.error.URLError):
        return False


def _valkey_answers(endpoint: Endpoint) -> bool:
    client = redis.Redis(
        host=HOST,
        port=endpoint.port,
        password=endpoint.token,
        socket_timeout=5,
        retry=Retry(NoBackoff(), retries=0),
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


WAREHOUSE = Service(
    name="warehouse",
    module="analytics_pipeline.chdb_server",
    url=lambda endpoint: f"http://{USER}:{endpoint.token}@{HOST}:{endpoint.port}/{DATABASE}",
    answers=_warehouse_answers,
)
VALKEY = Service(
    name="valkey",
    module="analytics_pipeline.valkey",
    url=lambda endpoint: f"redis://:{endpoint.token}@{HOST}:{endpoint.port}/0",
    answers=_valkey_answers,
)


def clickhouse_url(settings: PipelineSettings) -> str:
    """Return the configured address of the warehouse, else the embedded one's, running or not."""
    return settings.clickhouse_url or WAREHOUSE.url(endpoint(WAREHOUSE, home=settings.home))


def redis_url(settings: PipelineSettings) -> str:
    """Return the configured address of the stream, else the embedded one's, running or not."""
    return settings.redis_url or VALKEY.url(endpoint(VALKEY, home=settings.home))


@contextmanager
def ensure(settings: PipelineSettings, *services: Service) -> Iterator[None]:
    """Keep these services running inside the context, except those whose real address is configured.

    A running service is used as it is. Another one is started, and the last process that uses it stops it.
    Under a supervisor none is started: the supervisor does that.

    Raises:
        ServiceDidNotStart: a service didn't answer in time.
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


def endpoint(service: Service, *, home: Path) -> Endpoint:
    """Return the service's endpoint in this home; reserve one first if there is none."""
    found = _read(service, home=home)
    if found is not None:
        return found
    with locks.exclusive(_file(service, "start", home=home)):
        found = _read(service, home=home)
        if found is None:
            found = Endpoint(port=_free_port(), token=_new_token(), analyst_token=_new_token())
            _write(service, found, home=home)
        return found


def is_running(service: Service, *, home: Path) -> bool:
    """Return whether the service of this home answers."""
    found = _read(service, home=home)
    return found is not None and found.pid is not None and service.answers(found)


@contextmanager
def own(service: Service, *, home: Path, arguments: list[str]) -> Iterator[Endpoint]:
    """Own the service inside the context; the calling process serves on the endpoint's port.

    An owner that was started for a command, and that no process uses any more, is stopped first.

    Raises:
        AlreadyOwned: another process owns it, and is not about to stop.
    """
    reserved = endpoint(service, home=home)
    transient = _TRANSIENT in arguments
    deadline = time.monotonic() + (0 if transient else _STOP_SECONDS)
    with ExitStack() as stack:
        lock = _file(service, "owner", home=home)
        # Inheritable, for an owner that becomes the server by exec.
        while not stack.enter_context(locks.attempt(lock, inheritable=True)):
            current = _read(service, home=home) or reserved
            if not current.transient or time.monotonic() > deadline:
                raise AlreadyOwned(service.name, home=home, pid=current.pid)
            _stop_if_unused(service, home=home)
            time.sleep(_POLL_SECONDS)
        port = reserved.port if _is_free(reserved.port) else _free_port()
        # Homes of earlier versions have no analyst's password.
        analyst_token = reserved.analyst_token or _new_token()
        owned = replace(
            reserved, port=port, analyst_token=analyst_token, pid=os.getpid(), transient=transient
        )
        _write(service, owned, home=home)
        try:
            yield owned
        finally:
            _write(service, replace(owned, pid=None, transient=False), home=home)


@contextmanager
def _in_use(service: Service, *, home: Path) -> Iterator[None]:
    try:
        with locks.shared(_file(service, "users", home=home)):
            if not is_running(service, home=home):
                endpoint(service, home=home)
                with locks.exclusive(_file(service, "start", home=home)):
                    _start(service, home=home)
            yield
    finally:
        found = _read(service, home=home)
        if found is not None and found.transient:
            _stop_if_unused(service, home=home)


def _start(service: Service, *, home: Path) -> None:
    if is_running(service, home=home):
        return
    log = home / "logs" / f"{service.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    root = str(Path(__file__).resolve().parent.parent)
    # posix_spawn and not subprocess: the service may outlive this process, if others use it by then. A
    # session of its own keeps the terminal's Ctrl-C from it, which this process has to outlive.
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", service.module, _TRANSIENT],
        {**os.environ, "VITRINE_HOME": str(home), "PYTHONPATH": root},
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
    # A process that wants the service meanwhile waits for this lock and then starts it again.
    with locks.attempt(_file(service, "users", home=home)) as unused:
        found = _read(service, home=home)
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
    with locks.attempt(_file(service, "owner", home=home)) as free:
        return not free


def _has_ended(pid: int) -> bool:
    """Return whether this child process has ended, and reap it; False for a process that isn't a child."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _file(service: Service, suffix: str, *, home: Path) -> Path:
    return home / "run" / f"{service.name}.{suffix}"


def _read(service: Service, *, home: Path) -> Endpoint | None:
    try:
        return Endpoint(**json.loads(_file(service, "json", home=home).read_text()))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


def _write(service: Service, value: Endpoint, *, home: Path) -> None:
    path = _file(service, "json", home=home)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(value)))
    draft.replace(path)


def _new_token() -> str:
    return secrets.token_urlsafe(24)


def _free_port() -> int:
    return next(port for port in random.sample(_PORTS, len(_PORTS)) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        # As servers do: the last owner's closed connections don't make a port taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True
