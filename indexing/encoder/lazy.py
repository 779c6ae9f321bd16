"""A shop's encoder, loaded when it is used for the first time."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from indexing.encoder.errors import EncoderError
from indexing.encoder.identity import EncoderIdentity
from indexing.encoder.settings import EncoderSettings, load

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder, Vectors

RETRY_SECONDS = 60.0
"""After which an encoder that could not be loaded is tried again."""


class LazyEncoder:
    """The encoder of some settings. Every method raises EncoderError if it can't be loaded."""

    def __init__(self, settings: EncoderSettings) -> None:
        """Load nothing yet."""
        self._settings = settings
        self._failed: EncoderError | None = None
        self._retry_at = 0.0

    @property
    def identity(self) -> EncoderIdentity:
        """Which encoder this is."""
        return self._loaded().identity

    def query(self, text: str) -> "Vectors":
        """Return the vector of a query."""
        return self._loaded().query(text)

    def passages(self, texts: Sequence[str]) -> "Vectors":
        """Return a vector for each passage."""
        return self._loaded().passages(texts)

    def _loaded(self) -> "TextEncoder":
        if self._failed is not None and time.monotonic() < self._retry_at:
            raise self._failed
        try:
            return load(self._settings)
        except EncoderError as error:
            self._failed, self._retry_at = error, time.monotonic() + RETRY_SECONDS
            raise


def identity_of(encoder: "TextEncoder | None") -> EncoderIdentity | None:
    """Return which encoder this is; None for none."""
    return None if encoder is None else encoder.identity


def usable(encoder: "TextEncoder | None", identity: EncoderIdentity | None) -> "TextEncoder | None":
    """Return `encoder` if it made the vectors of a generation with this identity.

    An encoder that can't be loaded isn't usable; the health check has the reason.
    """
    if encoder is None or identity is None:
        return None
    try:
        return encoder if encoder.identity == identity else None
    except EncoderError:
        return None
