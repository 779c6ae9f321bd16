"""Which encoder a shop uses, from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder

FOLDER = "VITRINE_ENCODER"
THREADS = "VITRINE_ENCODER_THREADS"
MOST_THREADS = 64


class EncoderSettingsError(ValueError):
    """An environment variable of the encoder has an invalid value."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable} {problem}")
        self.variable = variable
        self.problem = problem


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderSettings:
    """The encoder of one shop."""

    folder: Path
    threads: int = 1
    """Threads of one call: searches run side by side anyway."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self | None:
        """Return the settings of VITRINE_ENCODER and VITRINE_ENCODER_THREADS; None without an encoder.

        Raises:
            EncoderSettingsError: a variable has an invalid value.
        """
        environ = os.environ if environ is None else environ
        folder = environ.get(FOLDER, "").strip()
        if not folder:
            return None
        return cls(folder=Path(folder), threads=_threads(environ.get(THREADS, "").strip() or "1"))


def _threads(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:4]) <= MOST_THREADS:
        raise EncoderSettingsError(THREADS, f"is {text!r}; it must be a number from 1 to {MOST_THREADS}")
    return int(text)


@cache
def load(settings: EncoderSettings) -> "TextEncoder":
    """Return the encoder of `settings`, loaded once a process.

    Raises:
        EncoderError: it can't be loaded.
    """
    from indexing.encoder.model import OnnxEncoder  # noqa: PLC0415 (only a shop with an encoder needs it)

    return OnnxEncoder(settings.folder, threads=settings.threads)
