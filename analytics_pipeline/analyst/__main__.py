"""Print how analysts' tools connect to the warehouse: `python -m analytics_pipeline.analyst`."""

import sys
from urllib.parse import urlsplit

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings

_CONFIGURED = "in CLICKHOUSE_ANALYST_PASSWORD"
_DEFAULT_PORT = 8123


def connection(settings: PipelineSettings) -> list[str]:
    """Return lines that explain how DBeaver, Metabase, Jupyter and curl connect as the user `analyst`."""
    url = urlsplit(embedded.clickhouse_url(settings))
    host, port = url.hostname or "", url.port or _DEFAULT_PORT
    database = url.path.strip("/") or embedded.DATABASE
    password = _CONFIGURED
    if settings.clickhouse_url is None:
        password = embedded.endpoint(embedded.WAREHOUSE, home=settings.home).analyst_token
    user = embedded.ANALYST
    arguments = f"host={host!r}, port={port}, database={database!r}, username={user!r}, password=…"
    return [
        f"host {host}, port {port}, database {database}, user {user}, password {password}",
        f"DBeaver, Metabase: ClickHouse, jdbc:clickhouse://{host}:{port}/{database}",
        f"Jupyter: clickhouse_connect.get_client({arguments})",
        f"curl: curl --user {user}:… 'http://{host}:{port}/?database={database}' --data 'SHOW TABLES'",
    ]


def main() -> int:
    """Print the lines; return the exit code."""
    sys.stdout.write("\n".join(connection(PipelineSettings.from_env())) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
