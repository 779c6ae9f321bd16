"""Settings of the pipeline, read from environment variables without Django."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_HOME = "var"
DEFAULT_TIME_ZONE = "UTC"
DEFAULT_REQUEST_SECONDS = 2
DEFAULT_DEAD_LETTER_DAYS = 30
DEFAULT_QUERY_DAYS = 180
# Set in the environment of every process that a supervisor runs beside the embedded services.
SUPERVISED = "VITRINE_SUPERVISED"


class InvalidSetting(ValueError):
    """An environment variable has an unusable value."""

    def __init__(self, variable: str, *, value: str, expected: str) -> None:
        super().__init__(f"{variable}={value!r} can't be used: {expected}")
        self.variable = variable


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """The addresses of one installation, its time zone and its deadline for requests.

    An address that is None means the embedded service of this home (`embedded/`). `clickhouse_cluster` is
    the name of the cluster that the warehouse's server belongs to (`clusters.py`). A request waits
    `request_seconds` for the warehouse; background processes wait longer. Dead letters are kept for
    `dead_letter_days`, the texts of searches and the properties of events for `query_days`, except
    `retained_properties`, which contain nothing personal.
    """

    home: Path
    redis_url: str | None = None
    clickhouse_url: str | None = None
    clickhouse_cluster: str | None = None
    time_zone: str = DEFAULT_TIME_ZONE
    request_seconds: int = DEFAULT_REQUEST_SECONDS
    dead_letter_days: int = DEFAULT_DEAD_LETTER_DAYS
    query_days: int = DEFAULT_QUERY_DAYS
    retained_properties: tuple[str, ...] = ()

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings that these variables describe.

        Raises:
            InvalidSetting: a variable has an unusable value.
        """
        variables = os.environ if environ is None else environ
        return cls(
            home=Path(variables.get("VITRINE_HOME") or DEFAULT_HOME).expanduser().resolve(),
            redis_url=_address(variables, "REDIS_URL", schemes=("redis://", "rediss://", "unix://")),
            clickhouse_url=_address(variables, "CLICKHOUSE_URL", schemes=("http://", "https://")),
            clickhouse_cluster=_cluster(variables),
            time_zone=_time_zone(variables.get("VITRINE_TIME_ZONE") or DEFAULT_TIME_ZONE),
            request_seconds=_whole(
                variables,
                "WAREHOUSE_REQUEST_SECONDS",
                unit="seconds",
                most=600,
                default=DEFAULT_REQUEST_SECONDS,
            ),
            dead_letter_days=_whole(
                variables, "DEAD_LETTER_DAYS", unit="days", most=3_650, default=DEFAULT_DEAD_LETTER_DAYS
            ),
            query_days=_whole(
                variables, "QUERY_RETENTION_DAYS", unit="days", most=36_500, default=DEFAULT_QUERY_DAYS
            ),
            retained_properties=_names(variables, "RETAINED_PROPERTIES"),
        )


def _cluster(variables: Mapping[str, str]) -> str | None:
    name = variables.get("CLICKHOUSE_CLUSTER") or None
    if name is not None and not (name.isascii() and name.replace("-", "_").isidentifier()):
        raise InvalidSetting("CLICKHOUSE_CLUSTER", value=name, expected="letters, digits, - and _")
    if name is not None and not variables.get("CLICKHOUSE_URL"):
        raise InvalidSetting("CLICKHOUSE_CLUSTER", value=name, expected="CLICKHOUSE_URL must be set too")
    return name


def _names(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    names = (each.strip() for each in (variables.get(name) or "").split(","))
    return tuple(each for each in names if each)


def _address(variables: Mapping[str, str], name: str, *, schemes: tuple[str, ...]) -> str | None:
    value = variables.get(name) or None
    if value is not None and not value.startswith(schemes):
        raise InvalidSetting(name, value=value, expected=f"it must begin with {' or '.join(schemes)}")
    return value


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidSetting("VITRINE_TIME_ZONE", value=name, expected="not a time zone's name") from error
    return name


def _whole(variables: Mapping[str, str], name: str, *, unit: str, most: int, default: int) -> int:
    value = variables.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
        expected = f"it must be a whole number of {unit} from 1 to {most}"
        raise InvalidSetting(name, value=value, expected=expected)
    return int(value)
