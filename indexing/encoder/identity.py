"""Which encoder made a vector."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """An encoder, as a generation records it. Vectors of different encoders can't be compared."""

    checksum: str
    dimensions: int

    def described(self) -> dict[str, Any]:
        """Return the identity as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, described: Mapping[str, Any] | None) -> Self | None:
        """Return the identity that `described` returned; None for None."""
        return None if described is None else cls(str(described["checksum"]), int(described["dimensions"]))
