"""Where versions live and how much of the machine training may take."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class InvalidSetting(ValueError):
    """An environment variable cannot be used; says which and what would be."""

    def __init__(self, variable: str, *, value: str, expected: str) -> None:
        super().__init__(f"{variable}={value!r}: expected {expected}")
        self.variable = variable


@dataclass(frozen=True, slots=True)
class Settings:
    registry: Path
    threads: int

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """The settings of this process; raises InvalidSetting."""
        environ = os.environ if environ is None else environ
        home = Path(environ.get("VITRINE_HOME") or "var")
        return cls(registry=home / "models", threads=_threads(environ))


def _threads(environ: Mapping[str, str]) -> int:
    text = environ.get("VITRINE_ML_THREADS") or str(min(os.cpu_count() or 1, 4))
    if not text.isdecimal() or int(text) < 1:
        raise InvalidSetting("VITRINE_ML_THREADS", value=text, expected="a whole number from 1")
    return int(text)
