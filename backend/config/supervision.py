"""The processes of one shop under one supervisor (supervisord), for where no orchestrator runs them.

It starts a process again when it dies, keeps a log of each under `VITRINE_HOME/logs`, and stops all of them
in the order in which they need each other. Each is tied to the supervisor's life, so that none outlives it.
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

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

_LOG_SIZE = "5MB"
# What the system allows for the address of a Unix socket.
_LONGEST_SOCKET = 100
_PYTHON = (sys.executable, "-u")
_MANAGE = (*_PYTHON, "manage.py")
_CELERY = (*_PYTHON, "-m", "celery", "-A", "backend.config.celery")


class CannotServe(Exception):
    """Something is in the way of serving this home; says what, and the way out."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process to run; one that runs `once` is not started again when it ends."""

    name: str
    command: Sequence[str]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Processes that start and stop together; the groups stop in the reverse order of their start."""

    name: str
    processes: Sequence[Process]


def default_port() -> str:
    """Return the port that is served where no other is named."""
    return os.environ.get("PORT") or "8000"


def require_free(settings: PipelineSettings, *, host: str, port: int) -> None:
    """Make sure that nobody listens on the port, and nobody serves the home.

    Raises:
        CannotServe: somebody does.
    """
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise CannotServe(f"can't serve on {host}:{port} ({error}); another port: PORT={port + 1}") from error
    for service in (embedded.VALKEY, embedded.WAREHOUSE):
        endpoint = embedded.endpoint(service, home=settings.home)
        if embedded.is_running(service, home=settings.home) and not endpoint.transient:
            raise CannotServe(
                f"{settings.home} is being served already (its {service.name} is process {endpoint.pid}): "
                "stop that first, or name another folder in VITRINE_HOME"
            )


def groups(settings: PipelineSettings, *, host: str, port: int) -> list[Group]:
    """Return what has to run for a shop: the embedded services that it uses, then its own processes."""
    services = []
    if settings.redis_url is None:
        services.append(Process("valkey", (*_PYTHON, "-m", "analytics_pipeline.valkey")))
    if settings.clickhouse_url is None:
        services.append(Process("warehouse", (*_PYTHON, "-m", "analytics_pipeline.chdb_server")))
    web = ("-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--workers", "1")
    threads = ("--blocking-threads", "8", "--host", host, "--port", str(port))
    worker = ("worker", "--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle")
    shop = [
        Process("web", (*_PYTHON, *web, *threads, "backend.config.wsgi:application")),
        Process("relay", (*_MANAGE, "relay")),
        Process("ingest", (*_MANAGE, "ingest_events")),
        Process("worker", (*_CELERY, *worker)),
        Process("beat", (*_CELERY, "beat")),
        Process("welcome", (*_MANAGE, "welcome", "--host", host, "--port", str(port), "--wait"), once=True),
    ]
    return [group for group in (Group("services", services), Group("shop", shop)) if group.processes]


def write_configuration(home: Path, *, root: Path, started: Sequence[Group]) -> Path:
    """Write supervisord's configuration of this home, readable by its owner alone; return its path."""
    (home / "logs").mkdir(parents=True, exist_ok=True)
    path = home / "run" / "supervisord.conf"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # supervisord replaces %(name)s, also in a folder's name.
    parser = configparser.RawConfigParser()
    parser["supervisord"] = _escaped(_daemon(home, root=root))
    for place, group in enumerate(started, start=1):
        members = ",".join(process.name for process in group.processes)
        parser[f"group:{group.name}"] = {"programs": members, "priority": str(place)}
        for process in group.processes:
            parser[f"program:{process.name}"] = _escaped(_program(process, home=home))
    control = home / "run" / "supervisor.sock"
    if len(str(control)) <= _LONGEST_SOCKET:
        for section, options in _control(control).items():
            parser[section] = _escaped(options)
    text = io.StringIO()
    parser.write(text)
    path.touch(mode=0o600)
    path.write_text(text.getvalue())
    return path


def _daemon(home: Path, *, root: Path) -> dict[str, str]:
    options = {
        "nodaemon": "true",
        "directory": str(root),
        "identifier": "vitrine",
        "loglevel": "warn",
        "logfile": str(home / "logs" / "supervisor.log"),
        "logfile_maxbytes": _LOG_SIZE,
        "logfile_backups": "1",
        "pidfile": str(home / "run" / "supervisord.pid"),
    }
    # Without it supervisord warns whoever runs as root, as in a container.
    return {**options, "user": "root"} if os.geteuid() == 0 else options


def _program(process: Process, *, home: Path) -> dict[str, str]:
    command = (*_PYTHON, "-m", "backend.config.lifeline", *process.command)
    options = {
        "command": shlex.join(command),
        "stopwaitsecs": "30",
        "killasgroup": "true",
        "redirect_stderr": "true",
    }
    if process.once:
        return options | {
            "autorestart": "false",
            "startsecs": "0",
            "stdout_logfile": "/dev/stdout",
            "stdout_logfile_maxbytes": "0",
        }
    return options | {
        "autorestart": "true",
        # Whatever dies younger waits before the next start, longer each time.
        "startsecs": "2",
        "startretries": "100",
        "stdout_logfile": str(home / "logs" / f"{process.name}.log"),
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
