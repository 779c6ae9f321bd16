"""A warehouse for one test, which this process and its children find in the environment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from analytics_pipeline.migrate import migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse


@contextmanager
def own_warehouse(url: str, *, home: Path, environment: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    """Set the environment to a new, migrated database on the server at `url`, and to the home `home`."""
    database = f"test_{uuid4().hex}"
    environment.setenv("CLICKHOUSE_URL", urlunsplit(urlsplit(url)._replace(path=f"/{database}")))
    environment.setenv("VITRINE_HOME", str(home))
    warehouse = Warehouse(PipelineSettings.from_env())
    migrate(warehouse)
    yield warehouse
    warehouse.command(f"DROP DATABASE {database}")
    warehouse.close()
