"""What a connection may watch, as the view hands it to the server that keeps the connection."""

import json
from dataclasses import dataclass
from typing import Self

import orjson

HEADER = "X-Vitrine-Live"
"""The header of the view's response, which the web process removes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a connection may watch.

    `session` is the id of the login session with which the connection ends, empty for a guest. `client` is
    counted for the limit of connections. `after` is the id of the last event that the client has, or empty.
    """

    targets: frozenset[str]
    client: str
    session: str = ""
    after: str = ""

    def written(self) -> str:
        """Return the value of the header."""
        fields = {
            "targets": sorted(self.targets),
            "client": self.client,
            "session": self.session,
            "after": self.after,
        }
        # In ASCII, as headers are.
        return json.dumps(fields)

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """Return the grant in a header."""
        fields = orjson.loads(text)
        return cls(
            targets=frozenset(fields["targets"]),
            client=fields["client"],
            session=fields["session"],
            after=fields["after"],
        )
