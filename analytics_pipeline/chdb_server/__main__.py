"""Run the embedded warehouse of this home in the foreground until SIGTERM or Ctrl-C."""

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from analytics_pipeline import embedded
from analytics_pipeline.chdb_server.engine import Engine
from analytics_pipeline.chdb_server.guard import Role
from analytics_pipeline.chdb_server.protocol import Credentials
from analytics_pipeline.chdb_server.server import Server
from analytics_pipeline.settings import PipelineSettings

_DRAIN_SECONDS = 20.0
_WAKE_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    """Serve until stopped; return the exit code, 1 if another process owns this home's warehouse."""
    os.umask(embedded.OWNER_ONLY)
    home = PipelineSettings.from_env().home
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        with embedded.own(embedded.WAREHOUSE, home=home, arguments=arguments) as endpoint:
            _serve(endpoint, folder=home / "warehouse", stopped=stopped)
    except embedded.AlreadyOwned as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _serve(endpoint: embedded.Endpoint, *, folder: Path, stopped: threading.Event) -> None:
    engine = Engine(folder)
    engine.command(f"CREATE DATABASE IF NOT EXISTS {embedded.DATABASE}")
    credentials = Credentials(
        {
            embedded.USER: (endpoint.token, Role.SHOP),
            embedded.ANALYST: (endpoint.analyst_token, Role.ANALYST),
        }
    )
    with Server(port=endpoint.port, engine=engine, credentials=credentials) as server:
        acceptor = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        acceptor.start()
        # Wakes up regularly: a process that has just been continued after SIGSTOP may receive SIGTERM in a
        # thread of the engine, and then nothing would wake this thread to run the handler.
        while not stopped.wait(_WAKE_SECONDS):
            pass
        server.shutdown()
        acceptor.join()
        server.drain(timeout=_DRAIN_SECONDS)
    engine.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
