"""Settings of training: where versions are stored and how many threads are used."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from analytics_pipeline.settings import InvalidSetting, PipelineSettings

MAX_THREADS = 4


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """`registry` is the folder of versions, `threads` the limit for numerical libraries.

    `young_weight` is the weight of shoppers who are not trusted yet (`ml.trust`), from 0 to 1.
    `plugins` are the modules that register models (`ml.models.library.register`). `spark_master` is the
    address of Spark's cluster; None is this machine. `memory_mb` is the memory that a training may use; None
    is what the machine has.
    """

    registry: Path
    threads: int
    young_weight: float = 0.0
    plugins: tuple[str, ...] = ()
    spark_master: str | None = None
    memory_mb: int | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Return the settings from these environment variables.

        Raises:
            InvalidSetting: a variable has an unusable value.
        """
        variables = os.environ if environ is None else environ
        home = PipelineSettings.from_env(variables).home
        return cls(
            registry=home / "models",
            threads=_threads(variables),
            young_weight=_young_weight(variables),
            plugins=_plugins(variables),
            spark_master=variables.get("VITRINE_SPARK_MASTER") or None,
            memory_mb=_memory_mb(variables),
        )


def _threads(variables: Mapping[str, str]) -> int:
    text = variables.get("VITRINE_ML_THREADS") or str(min(os.cpu_count() or 1, MAX_THREADS))
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise InvalidSetting("VITRINE_ML_THREADS", value=text, expected="it has to be a whole number from 1")
    return int(text)


def _memory_mb(variables: Mapping[str, str]) -> int | None:
    text = variables.get("VITRINE_ML_MEMORY_MB") or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        expected = "it has to be a whole number of megabytes from 1"
        raise InvalidSetting("VITRINE_ML_MEMORY_MB", value=text, expected=expected)
    return int(text)


def _young_weight(variables: Mapping[str, str]) -> float:
    text = variables.get("VITRINE_ML_YOUNG_WEIGHT") or "0"
    if not re.fullmatch(r"0(\.\d+)?|1(\.0+)?", text, re.ASCII):
        raise InvalidSetting(
            "VITRINE_ML_YOUNG_WEIGHT", value=text, expected="it must be a number from 0 to 1"
        )
    return float(text)


def _plugins(variables: Mapping[str, str]) -> tuple[str, ...]:
    text = variables.get("VITRINE_ML_PLUGINS") or ""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not all(part.isidentifier() for name in names for part in name.split(".")):
        expected = "it must be module names separated by commas"
        raise InvalidSetting("VITRINE_ML_PLUGINS", value=text, expected=expected)
    return names
