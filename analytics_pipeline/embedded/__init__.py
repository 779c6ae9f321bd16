"""The services that stand in for ClickHouse and Redis where no server runs.

A supervisor runs them in the foreground (`python -m analytics_pipeline.chdb_server`,
`python -m analytics_pipeline.valkey`), or `ensure()` starts them for as long as a process uses them.

The files of a service in `HOME/run/`, readable by the home's owner alone: - `NAME.json`: the endpoint. Port
and passwords survive restarts, so an address in use stays valid.
- `NAME.owner`: locked by the owning process; the system releases the lock when the process ends.
- `NAME.start`: locked while a process reserves the endpoint or starts the service.
- `NAME.users`: locked (shared) by each process that uses a transient service, which stops with its last user.
"""

from analytics_pipeline.embedded.endpoints import clickhouse_url, endpoint, redis_url
from analytics_pipeline.embedded.errors import AlreadyOwned, ServiceDidNotStart
from analytics_pipeline.embedded.processes import OWNER_ONLY, ensure, is_running, own
from analytics_pipeline.embedded.services import (
    ANALYST,
    DATABASE,
    HOST,
    USER,
    VALKEY,
    WAREHOUSE,
    Endpoint,
    Service,
)

__all__ = [
    "ANALYST",
    "DATABASE",
    "HOST",
    "OWNER_ONLY",
    "USER",
    "VALKEY",
    "WAREHOUSE",
    "AlreadyOwned",
    "Endpoint",
    "Service",
    "ServiceDidNotStart",
    "clickhouse_url",
    "endpoint",
    "ensure",
    "is_running",
    "own",
    "redis_url",
]
