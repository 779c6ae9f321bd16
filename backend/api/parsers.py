"""Parsing request bodies."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """Strict JSON in UTF-8: every value that it accepts can be stored and encoded again.

    The keys of an object are distinct, because programs disagree about which of two equal keys counts.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the parsed body.

        Raises:
            ParseError: the body is not JSON, is nested too deeply or has an unpaired surrogate, or an object
                has a key twice or too many keys.
        """
        try:
            text = stream.read().decode("utf-8")
            data: dict[str, Any] = json.loads(
                text, parse_constant=_refuse_constant, object_pairs_hook=_object_of
            )
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
        except UnicodeEncodeError as error:
            raise ParseError("JSON parse error - an escape is half of a surrogate pair") from error
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error
        return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Out of range float values are not JSON compliant: {name}")


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has the same key twice")
    if len(found) > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
        raise ValueError(f"an object has more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} keys")
    return found
