"""Where the stream and the warehouse are, read from the environment; no Django."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_HOME = "var"
DEFAULT_TIME_ZONE = "UTC"
# In the environment of what a supervisor runs beside the embedded services.
SUPERVISED = "VITRINE_SUPERVISED"


class InvalidSetting(ValueError):
    """An environment variable holds something that can't be used."""

    def __init__(self, variable: str, *, value: str, expected: str) -> None:
        super().__init__(f"{variable}={value!r} can't be used: {expected}")
        self.variable = variable


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """The addresses of one installation.

    An address that is None means the embedded service of this home (`embedded.py`).
    """

    home: Path
    redis_url: str | None = None
    clickhouse_url: str | None = None
    time_zone: str = DEFAULT_TIME_ZONE

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings that these variables describe; raises InvalidSetting naming the variable."""
        variables = os.environ if environ is None else environ
        return cls(
            home=Path(variables.get("VITRINE_HOME") or DEFAULT_HOME).expanduser().resolve(),
            redis_url=_address(variables, "REDIS_URL", schemes=("redis://", "rediss://", "unix://")),
            clickhouse_url=_address(variables, "CLICKHOUSE_URL", schemes=("http://", "https://")),
            time_zone=_time_zone(variables.get("VITRINE_TIME_ZONE") or DEFAULT_TIME_ZONE),
        )


def _address(variables: Mapping[str, str], name: str, *, schemes: tuple[str, ...]) -> str | None:
    value = variables.get(name) or None
    if value is not None and not value.startswith(schemes):
        raise InvalidSetting(name, value=value, expected=f"it has to begin with {' or '.join(schemes)}")
    return value


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidSetting("VITRINE_TIME_ZONE", value=name, expected="not a time zone's name") from error
    return name
