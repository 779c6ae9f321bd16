"""The request that the protocol passes to the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from analytics_pipeline.chdb_server.guard import Role


@dataclass(frozen=True, slots=True)
class External:
    """Rows that were sent with a query, which reads them as a table of this name."""

    name: str
    structure: str
    format: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One statement with all that its HTTP request specifies."""

    query: bytes
    body: BinaryIO
    query_id: str
    role: Role = Role.SHOP
    default_format: str = "TabSeparated"
    parameters: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    session: str | None = None
    externals: tuple[External, ...] = ()
    readonly: bool = False
