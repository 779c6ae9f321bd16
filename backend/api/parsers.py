"""Bodies as they come in."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """Strict JSON in UTF-8; whatever gets past it can be stored, sent on and said back."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what the body says.

        Raises:
            ParseError: it is no JSON, nested too deeply, or holds half a surrogate pair, which is no text.
        """
        try:
            data: dict[str, Any] = super().parse(stream, media_type, {"encoding": "utf-8"})
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        except UnicodeEncodeError as error:
            raise ParseError("JSON parse error - an escape is half of a surrogate pair") from error
        return data
