"""Runs the processes of a shop under one supervisor (supervisord).

The supervisor restarts processes that die, keeps a log for each, and stops them in the order of their
dependencies. If the supervisor is killed, its processes are killed, too. docs/decisions/supervisor.md
explains why.
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
# The operating system limits the length of a Unix socket's path.
_MAX_SOCKET_PATH = 100
_PYTHON = (sys.executable, "-u")
_MANAGE = (*_PYTHON, "manage.py")
_CELERY = (*_PYTHON, "-m", "celery", "-A", "backend.config.celery")
_GRANIAN = (*_PYTHON, "-m", "granian", "--interface", "asginl", "--http", "1", "--no-ws", "--workers", "1")
_METRICS_PORT_OFFSET = 1_000
_LARGEST_PORT = 65_535
_HEADER_MILLISECONDS = "10000"
_STOP_SECONDS = "10"


class CannotServe(Exception):
    """The shop can't be served; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process to run; if `once` is true, it is not restarted when it ends."""

    name: str
    command: Sequence[str]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Processes that start and stop together; groups stop in the reverse order of starting."""

    name: str
    processes: Sequence[Process]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The addresses of the web processes and of the metrics, and the number of web processes."""

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
        """Return the addresses; by default the metrics port is 1,000 above the web port."""
        above = port + _METRICS_PORT_OFFSET
        chosen = metrics_port or (above if above <= _LARGEST_PORT else port - _METRICS_PORT_OFFSET)
        return cls(host=host, port=port, workers=workers, metrics_host=metrics_host, metrics_port=chosen)


def default_port() -> str:
    """Return the default port of the web processes."""
    return os.environ.get("PORT") or "8000"


def require_free(settings: PipelineSettings, *, listen: Listen, share_port: bool = False) -> None:
    """Check that the ports are free and that no other supervisor serves the home.

    With `share_port`, other web processes may listen on the port, such as those of `serve --web-only`.

    Raises:
        CannotServe: a port is in use, or the home is already served.
    """
    if not share_port:
        _require_port(listen.host, listen.port, remedy=f"PORT={listen.port + 1}")
    for service in (embedded.VALKEY, embedded.WAREHOUSE):
        endpoint = embedded.endpoint(service, home=settings.home)
        if embedded.is_running(service, home=settings.home) and not endpoint.transient:
            raise CannotServe(
                f"{settings.home} is being served already (its {service.name} is process {endpoint.pid}): "
                "stop that shop first, or set VITRINE_HOME to another folder"
            )
    _require_port(listen.metrics_host, listen.metrics_port, remedy=f"METRICS_PORT={listen.metrics_port + 1}")


def _require_port(host: str, port: int, *, remedy: str) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise CannotServe(f"can't serve on {host}:{port} ({error}); set another port: {remedy}") from error


def groups(settings: PipelineSettings, *, listen: Listen) -> list[Group]:
    """Return the process groups of a shop: the embedded services that it uses, then its own processes."""
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
    """Return the web processes and the metrics process.

    Web processes share the port through SO_REUSEPORT. Each is supervised separately: if one dies, it is
    replaced while the others continue.
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
    folder: Path, *, root: Path, to_start: Sequence[Group], logs: Path | None = None
) -> Path:
    """Write supervisord's configuration to `folder`, readable only by its owner, and return its path.

    Each process has a log in the folder `logs`; if that is None, all log to the supervisor's standard output.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if logs is not None:
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "supervisord.conf"
    # Values are escaped below, because supervisord expands %(name)s, even in paths.
    parser = configparser.RawConfigParser()
    parser["supervisord"] = _escaped(_daemon(folder, root=root, logs=logs))
    for priority, group in enumerate(to_start, start=1):
        members = ",".join(process.name for process in group.processes)
        parser[f"group:{group.name}"] = {"programs": members, "priority": str(priority)}
        for process in group.processes:
            parser[f"program:{process.name}"] = _escaped(_program(process, logs=logs))
    control = folder / "supervisor.sock"
    if len(str(control)) <= _MAX_SOCKET_PATH:
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
    # supervisord warns if it runs as root, as in a container, without this option.
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
        # A process that dies within startsecs is restarted after a delay, which increases each time.
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
