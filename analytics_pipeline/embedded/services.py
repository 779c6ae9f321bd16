"""The two embedded services: how they are started, reached and checked."""

import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass

HOST = "127.0.0.1"
DATABASE = "vitrine"
USER = "vitrine"
ANALYST = "analyst"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address and passwords of a service.

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
    responds: Callable[[Endpoint], bool]


def _warehouse_responds(endpoint: Endpoint) -> bool:
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


def _valkey_responds(endpoint: Endpoint) -> bool:
    # Every process imports this module; the import takes 0.1 s.
    import redis  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

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
    responds=_warehouse_responds,
)
VALKEY = Service(
    name="valkey",
    module="analytics_pipeline.valkey",
    url=lambda endpoint: f"redis://:{endpoint.token}@{HOST}:{endpoint.port}/0",
    responds=_valkey_responds,
)
