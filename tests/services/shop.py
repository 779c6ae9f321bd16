"""A complete shop with its own home, whose processes a supervisor runs, used over HTTP."""

import configparser
import json
import os
import signal
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3
from supervisor.xmlrpc import SupervisorTransport

from tests.services.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 240.0
STOP_SECONDS = 180.0
# Runs several commands in one process, which starts the embedded services once.
COMMANDS = """
import json, sys
import django
django.setup()
from django.core.management import call_command
from backend.config import engines
with engines.running():
    for command in json.loads(sys.argv[1]):
        call_command(*command)
"""


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether a process listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Shop:
    """A shop in `home` whose only settings are those in `environ`; other stores are embedded."""

    def __init__(self, home: Path, *, environ: Mapping[str, str], root: Path = ROOT) -> None:
        """Describe the shop without starting it. `root` has the code of the release to run."""
        self.home = home
        self.root = root
        self.port, self.metrics_port = free_port(), free_port()
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environ = {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "VITRINE_HOME": str(home),
            "VITRINE_ENV_FILE": os.devnull,
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            # Tests read reports right after they write.
            "REPORT_SHARED_SECONDS": "0",
            **environ,
        }
        self._http = urllib3.PoolManager(retries=False, timeout=30.0, maxsize=8)
        self._supervisor: subprocess.Popen[str] | None = None

    def python(self, *arguments: str, timeout: float = 300, check: bool = True) -> str:
        """Run Python in this shop; return what it wrote to standard output."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout if check else done.stdout + done.stderr

    def manage(self, *arguments: str, timeout: float = 300, check: bool = True) -> str:
        """Run a management command; return its standard output (and error, where it may fail)."""
        return self.python("manage.py", *arguments, timeout=timeout, check=check)

    def manage_all(self, *commands: Sequence[str], timeout: float = 300) -> str:
        """Run several management commands in one process, which is faster than one process each."""
        return self.python("-c", COMMANDS, json.dumps(commands), timeout=timeout)

    @contextmanager
    def running_command(self, *arguments: str) -> Iterator[None]:
        """Run a management command that doesn't end by itself for the duration of the block."""
        command = [sys.executable, "manage.py", *arguments]
        process = subprocess.Popen(command, cwd=self.root, env=self.environ, stdin=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=STOP_SECONDS)

    def start(self, *options: str) -> None:
        """Serve with the given options, and return once the web process responds."""
        with (self.home / "serve.log").open("a") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *options],
                cwd=self.root,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        try:
            wait_until(self.is_live, what="the web process responds", seconds=START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> int:
        """Stop the supervisor with SIGTERM; return its exit code."""
        assert self._supervisor is not None
        self._supervisor.send_signal(signal.SIGTERM)
        code = self._supervisor.wait(timeout=STOP_SECONDS)
        self._supervisor = None
        return code

    def is_served(self) -> bool:
        """Return whether `start` was called, and neither `stop` nor `kill_supervisor` after it."""
        return self._supervisor is not None

    def kill_supervisor(self) -> None:
        """Kill the supervisor, which then can't stop its processes."""
        assert self._supervisor is not None
        self._supervisor.kill()
        self._supervisor.wait()
        self._supervisor = None

    def is_live(self) -> bool:
        """Return whether the web process responds."""
        try:
            return self.get("/api/health/live/")[0] == 200
        except (urllib3.exceptions.HTTPError, json.JSONDecodeError):
            return False

    def processes(self) -> dict[str, tuple[str, int]]:
        """Return the state (such as `RUNNING`) and process id (0 for none) of each supervised process."""
        configuration = configparser.RawConfigParser()
        configuration.read(self.home / "run" / "supervisord.conf")
        control = configuration["supervisorctl"]
        transport = SupervisorTransport(control["username"], control["password"], control["serverurl"])
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as supervisor:
            rows: Any = supervisor.supervisor.getAllProcessInfo()
        return {row["name"]: (row["statename"], row["pid"]) for row in rows}

    def pid(self, name: str) -> int:
        """Return the id of the process `name`; 0 if it doesn't run."""
        return self.processes()[name][1]

    def kill(self, name: str) -> None:
        """Kill the process `name` and its children, and return once the supervisor has restarted it."""
        before = self.pid(name)
        children = Path(f"/proc/{before}/task/{before}/children").read_text().split()
        for pid in [before, *map(int, children)]:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.pid(name) not in (0, before), what=f"{name} runs again")

    def get(self, path: str, *, token: str = "", **options: Any) -> tuple[int, Any]:
        """GET a path; return status and parsed body."""
        return self.request("GET", path, token=token, **options)

    def fetch(self, path: str) -> int:
        """GET a page that is not JSON; return its status."""
        return self._http.request("GET", f"http://127.0.0.1:{self.port}{path}").status

    def operators(self, path: str, *, port: int = 0, host: str = "") -> str:
        """GET a page on the port for operators; return its text."""
        headers = {"Host": host} if host else {}
        url = f"http://127.0.0.1:{port or self.metrics_port}{path}"
        response = self._http.request("GET", url, headers=headers)
        assert response.status == 200, response.data
        return response.data.decode()

    def health(self, *, port: int = 0) -> dict[str, Any]:
        """Return what the operators' health endpoint says, whether the shop is ready or not."""
        url = f"http://127.0.0.1:{port or self.metrics_port}/health"
        found: dict[str, Any] = json.loads(self._http.request("GET", url).data)
        return found

    def is_ready(self, *, port: int = 0) -> bool:
        """Return whether the shop is ready according to the operators' health endpoint."""
        try:
            return bool(self.health(port=port)["state"] == "ready")
        except (urllib3.exceptions.HTTPError, json.JSONDecodeError):
            return False

    def post(self, path: str, body: object, *, token: str = "", **options: Any) -> tuple[int, Any]:
        """POST a JSON body; return status and parsed body."""
        return self.request("POST", path, token=token, json=body, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> tuple[int, Any]:
        """Send a request; return status and parsed body."""
        sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        response = self._http.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers={"Accept": "*/*", **sent}, **more
        )
        return response.status, response.json() if response.data else None
