"""The address and passwords of each service of a home, kept in a file so that they survive restarts."""

import json
import os
import random
import secrets
import socket
from dataclasses import asdict
from pathlib import Path

from analytics_pipeline import locks
from analytics_pipeline.embedded.services import HOST, VALKEY, WAREHOUSE, Endpoint, Service
from analytics_pipeline.settings import PipelineSettings

# Below the ephemeral ports of outgoing connections.
_PORTS = range(20_000, 32_000)


def clickhouse_url(settings: PipelineSettings) -> str:
    """Return the warehouse's configured URL, else that of the embedded one, running or not."""
    return settings.clickhouse_url or WAREHOUSE.url(endpoint(WAREHOUSE, home=settings.home))


def redis_url(settings: PipelineSettings) -> str:
    """Return the stream's configured URL, else that of the embedded one, running or not."""
    return settings.redis_url or VALKEY.url(endpoint(VALKEY, home=settings.home))


def endpoint(service: Service, *, home: Path) -> Endpoint:
    """Return the service's endpoint in this home; reserve one first if there is none."""
    found = read_endpoint(service, home=home)
    if found is not None:
        return found
    with locks.exclusive(file_of(service, "start", home=home)):
        found = read_endpoint(service, home=home)
        if found is None:
            found = Endpoint(port=free_port(), token=new_token(), analyst_token=new_token())
            write_endpoint(service, found, home=home)
        return found


def file_of(service: Service, suffix: str, *, home: Path) -> Path:
    """Return the path of one of the service's files, which the package's docstring lists."""
    return home / "run" / f"{service.name}.{suffix}"


def read_endpoint(service: Service, *, home: Path) -> Endpoint | None:
    """Return the endpoint that is stored; None if there is none."""
    try:
        return Endpoint(**json.loads(file_of(service, "json", home=home).read_text()))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


def write_endpoint(service: Service, value: Endpoint, *, home: Path) -> None:
    """Store the endpoint atomically."""
    path = file_of(service, "json", home=home)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(value)))
    draft.replace(path)


def new_token() -> str:
    """Return a random password."""
    return secrets.token_urlsafe(24)


def free_port() -> int:
    """Return a port of this machine on which nothing listens."""
    return next(port for port in random.sample(_PORTS, len(_PORTS)) if is_free(port))


def is_free(port: int) -> bool:
    """Return whether a server can listen on the port."""
    with socket.socket() as listener:
        # As servers do, so that connections closed by the previous owner don't make the port unavailable.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True
