"""Admits larger bodies on some paths, a few at a time, because each is kept in memory until it is handled."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from backend.config.errors import ServerBusy
from backend.config.web.protocol import Scope

NO_PATH = re.compile(r"(?!)")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


@dataclass(slots=True)
class LargeBodies:
    """Allows bodies of `limit` bytes for paths that match `paths`, in `at_once` requests at a time."""

    paths: re.Pattern[str] = NO_PATH
    limit: int = 0
    at_once: int = 0
    _admitted: int = field(default=0, init=False)

    @contextmanager
    def admit(self, scope: Scope) -> Iterator[int | None]:
        """Yield the maximum size of the request's body in bytes; None for a path without its own limit.

        Raises:
            ServerBusy: `at_once` such requests are being handled already.
        """
        if scope["method"] not in _WITH_BODY or not self.paths.fullmatch(scope["path"]):
            yield None
            return
        if self._admitted >= self.at_once:
            raise ServerBusy
        self._admitted += 1
        try:
            yield self.limit
        finally:
            self._admitted -= 1
