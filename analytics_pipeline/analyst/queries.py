"""SQL with the warehouse's read-only user."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from analytics_pipeline.analyst.errors import CredentialRefused, InvalidAccess, QueryRefused, ShopNotReachable
from analytics_pipeline.warehouse import message_of

if TYPE_CHECKING:
    import pyarrow as pa

_WRONG_CREDENTIALS = frozenset({192, 193, 194, 516})
_NO_PERMISSION = 497
_SECONDS = 60
_USER, _DATABASE = "analyst", "vitrine"


class Queries:
    """A client of the warehouse. Connects with the first query."""

    def __init__(self, address: str) -> None:
        """Describe the warehouse: `http://USER:PASSWORD@HOST:PORT/DATABASE`."""
        self._parts = urlsplit(address)
        self._client: Any = None

    def table(self, statement: str, parameters: Mapping[str, object]) -> "pa.Table":
        """Return the rows of a SELECT; `{name:Type}` in it stands for a parameter.

        Raises:
            ShopNotReachable, CredentialRefused, QueryRefused: the statement can't be run.
        """
        # Imported late, like the rest of a notebook's packages.
        from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            return self._connected().query_arrow(statement, parameters=dict(parameters), use_strings=True)
        except (ClickHouseError, HTTPError, OSError) as error:
            raise self._translated(error) from error

    def _connected(self) -> Any:
        if self._client is None:
            import clickhouse_connect  # noqa: PLC0415 - as above

            parts = self._parts
            self._client = clickhouse_connect.get_client(
                host=parts.hostname,
                port=parts.port or (8443 if parts.scheme == "https" else 8123),
                interface=parts.scheme,
                username=unquote(parts.username or _USER),
                password=unquote(parts.password or ""),
                database=parts.path.strip("/") or _DATABASE,
                autogenerate_session_id=False,
                connect_timeout=5,
                send_receive_timeout=_SECONDS,
            )
        return self._client

    def _translated(self, error: Exception) -> Exception:
        place = f"{self._parts.hostname}:{self._parts.port}"
        code, reason = getattr(error, "code", None), message_of(error)
        if code in _WRONG_CREDENTIALS:
            return CredentialRefused(
                f"the warehouse at {place} refused the user {self._parts.username or _USER}: `python -m "
                "analytics_pipeline.analyst` on the shop's machine prints how analysts connect"
            )
        if not isinstance(code, int):
            return ShopNotReachable(
                f"the warehouse at {place} doesn't respond: start the shop, or the tunnel to its machine "
                "(docs/warehouse.md)"
            )
        if code == _NO_PERMISSION:
            reason += " Analysts read views: shop.views() lists them."
        return QueryRefused(reason, code=code)


def missing_address(url: str) -> InvalidAccess:
    """Return the exception for SQL without credentials."""
    return InvalidAccess(
        f"SQL on {url} needs the analyst's credentials: set VITRINE_WAREHOUSE_URL to "
        "http://analyst:PASSWORD@HOST:PORT/vitrine; `python -m analytics_pipeline.analyst` on the shop's "
        "machine prints them (docs/warehouse.md)"
    )
