"""Parsing request bodies."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """Strict JSON in UTF-8: every value that it accepts can be stored and encoded again."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the parsed body.

        Raises:
            ParseError: the body is not JSON, is nested too deeply, or has an unpaired surrogate.
        """
        try:
            data: dict[str, Any] = super().parse(stream, media_type, {"encoding": "utf-8"})
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        except UnicodeEncodeError as error:
            raise ParseError("JSON parse error - an escape is half of a surrogate pair") from error
        return data
