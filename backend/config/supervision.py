"""The processes of a shop under one supervisor (supervisord).

The supervisor restarts a process that dies, keeps a log of each, and stops all of them in the order in which
they depend on each other. Each process is killed with its supervisor, so that none outlives it.
docs/decisions/supervisor.md says why.
"""

import configparser
import io
import os
import secrets
import shlex
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

_LOG_SIZE = "5MB"
# What the operating system allows for the address of a Unix socket.
_LONGEST_SOCKET = 100
_PYTHON = (sys.executable, "-u")
_MANAGE = (*_PYTHON, "manage.py")
_CELERY = (*_PYTHON, "-m", "celery", "-A", "backend.config.celery")
_GRANIAN = (*_PYTHON, "-m", "granian", "--interface", "asginl", "--http", "1", "--no-ws", "--workers", "1")
_METRICS_PORT_ABOVE = 1_000
_LARGEST_PORT = 65_535
_HEADER_MILLISECONDS = "10000"
_STOP_SECONDS = "10"


class CannotServe(Exception):
    """Something prevents serving this home; the message says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process to run; one that runs `once` is not restarted when it ends."""

    name: str
    command: Sequence[str]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Processes that start and stop together; the groups stop in the reverse order of their start."""

    name: str
    processes: Sequence[Process]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the web listens, with how many processes, and where its metrics are served."""

    host: str
    port: int
    workers: int = 1
    metrics_host: str = "127.0.0.1"
    metrics_port: int

    @classmethod
    def of(
        cls,
        host: str,
        port: int,
        *,
        workers: int = 1,
        metrics_host: str = "127.0.0.1",
        metrics_port: int | None = None,
    ) -> Self:
        """Return the addresses; metrics are served 1,000 ports above the web unless another port is named."""
        above = port + _METRICS_PORT_ABOVE
        chosen = metrics_port or (above if above <= _LARGEST_PORT else port - _METRICS_PORT_ABOVE)
        return cls(host=host, port=port, workers=workers, metrics_host=metrics_host, metrics_port=chosen)


def default_port() -> str:
    """Return the port to serve on where no other is named."""
    return os.environ.get("PORT") or "8000"


def require_free(settings: PipelineSettings, *, listen: Listen, share_port: bool = False) -> None:
    """Make sure that the ports are free and that no other supervisor serves the home.

    With `share_port` web processes may listen on the port already, as those of `serve --web-only` do.

    Raises:
        CannotServe: a port is taken, or the home is being served.
    """
    if not share_port:
        _require_port(listen.host, listen.port, remedy=f"PORT={listen.port + 1}")
    for service in (embedded.VALKEY, embedded.WAREHOUSE):
        endpoint = embedded.endpoint(service, home=settings.home)
        if embedded.is_running(service, home=settings.home) and not endpoint.transient:
            raise CannotServe(
                f"{settings.home} is being served already (its {service.name} is process {endpoint.pid}): "
                "stop that first, or name another folder in VITRINE_HOME"
            )
    _require_port(listen.metrics_host, listen.metrics_port, remedy=f"METRICS_PORT={listen.metrics_port + 1}")


def _require_port(host: str, port: int, *, remedy: str) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise CannotServe(f"can't serve on {host}:{port} ({error}); another port: {remedy}") from error


def groups(settings: PipelineSettings, *, listen: Listen) -> list[Group]:
    """Return what runs for a shop: the embedded services that it uses, then its own processes."""
    services = []
    if settings.redis_url is None:
        services.append(Process("valkey", (*_PYTHON, "-m", "analytics_pipeline.valkey")))
    if settings.clickhouse_url is None:
        services.append(Process("warehouse", (*_PYTHON, "-m", "analytics_pipeline.chdb_server")))
    worker = ("worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle")
    address = ("--host", listen.host, "--port", str(listen.port))
    metrics = ("--metrics-port", str(listen.metrics_port))
    shop = [
        *web(listen),
        Process("relay", (*_MANAGE, "relay")),
        Process("ingest", (*_MANAGE, "ingest_events")),
        Process("worker", (*_CELERY, *worker)),
        Process("beat", (*_CELERY, "beat")),
        Process("welcome", (*_MANAGE, "welcome", *address, *metrics, "--wait"), once=True),
    ]
    return [group for group in (Group("services", services), Group("shop", shop)) if group.processes]


def web(listen: Listen) -> list[Process]:
    """Return the processes that answer HTTP.

    Web processes share the port through SO_REUSEPORT. Each is supervised by itself: one that dies is
    replaced, and the others go on.
    """
    options = ("--http1-header-read-timeout", _HEADER_MILLISECONDS, "--workers-kill-timeout", _STOP_SECONDS)
    address = ("--host", listen.host, "--port", str(listen.port))
    command = (*_GRANIAN, *options, *address, "backend.config.asgi:application")
    names = ["web", *(f"web-{number}" for number in range(2, listen.workers + 1))]
    metrics = ("--host", listen.metrics_host, "--port", str(listen.metrics_port))
    return [
        *(Process(name, command) for name in names),
        Process("metrics", (*_MANAGE, "serve_metrics", *metrics)),
    ]


def write_configuration(
    folder: Path, *, root: Path, started: Sequence[Group], logs: Path | None = None
) -> Path:
    """Write supervisord's configuration into `folder`, readable by its owner alone, and return its path.

    Each process has a log in the folder `logs`; without one all write to the supervisor's standard output.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "supervisord.conf"
    # supervisord replaces %(name)s, also in a folder's name.
    parser = configparser.RawConfigParser()
    parser["supervisord"] = _escaped(_daemon(folder, root=root, logs=logs))
    for place, group in enumerate(started, start=1):
        members = ",".join(process.name for process in group.processes)
        parser[f"group:{group.name}"] = {"programs": members, "priority": str(place)}
        for process in group.processes:
            parser[f"program:{process.name}"] = _escaped(_program(process, logs=logs))
    control = folder / "supervisor.sock"
    if len(str(control)) <= _LONGEST_SOCKET:
        for section, options in _control(control).items():
            parser[section] = _escaped(options)
    text = io.StringIO()
    parser.write(text)
    path.touch(mode=0o600)
    path.write_text(text.getvalue())
    return path


def _daemon(folder: Path, *, root: Path, logs: Path | None) -> dict[str, str]:
    options = {
        "nodaemon": "true",
        "directory": str(root),
        "identifier": "vitrine",
        "loglevel": "warn",
        "pidfile": str(folder / "supervisord.pid"),
        "logfile": str(logs / "supervisor.log") if logs else os.devnull,
        "logfile_maxbytes": _LOG_SIZE if logs else "0",
        "logfile_backups": "1",
    }
    # supervisord warns when it runs as root without being told so, as in a container.
    return {**options, "user": "root"} if os.geteuid() == 0 else options


def _program(process: Process, *, logs: Path | None) -> dict[str, str]:
    command = (*_PYTHON, "-m", "backend.config.lifeline", *process.command)
    options = {
        "command": shlex.join(command),
        "stopwaitsecs": "30",
        "killasgroup": "true",
        "redirect_stderr": "true",
    }
    restarts = {"autorestart": "false", "startsecs": "0"}
    if not process.once:
        # A process that dies sooner than startsecs waits before its next start, longer each time.
        restarts = {"autorestart": "true", "startsecs": "2", "startretries": "100"}
    if process.once or logs is None:
        return {**options, **restarts, "stdout_logfile": "/dev/stdout", "stdout_logfile_maxbytes": "0"}
    return {
        **options,
        **restarts,
        "stdout_logfile": str(logs / f"{process.name}.log"),
        "stdout_logfile_maxbytes": _LOG_SIZE,
        "stdout_logfile_backups": "1",
    }


def _control(address: Path) -> dict[str, dict[str, str]]:
    credentials = {"username": "vitrine", "password": secrets.token_urlsafe(24)}
    return {
        "unix_http_server": {"file": str(address), "chmod": "0700", **credentials},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisorctl": {"serverurl": f"unix://{address}", **credentials},
    }


def _escaped(options: dict[str, str]) -> dict[str, str]:
    return {name: value.replace("%", "%%") for name, value in options.items()}
