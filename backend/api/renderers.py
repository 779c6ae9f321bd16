"""Responses as JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

ANYTHING = "*/*"
FORMAT = "format"
_plain = JSONEncoder().default
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


class Written:
    """A part of a response as JSON, which several responses share."""

    # A dataclass, orjson would write as an object.
    __slots__ = ("json",)

    def __init__(self, json: bytes) -> None:
        """Insert `json` in responses."""
        self.json = json


def written(value: object) -> Any:
    """Return `value` as a part of responses that is written once; `value` itself if orjson refuses it."""
    try:
        return Written(orjson.dumps(value, default=_default, option=_OPTIONS))
    except TypeError:
        return value


def _default(value: object) -> object:
    return orjson.Fragment(value.json) if isinstance(value, Written) else _plain(value)


class _Encoder(JSONEncoder):
    """The framework's encoder, for the responses that have written parts."""

    def default(self, value: object) -> object:
        return orjson.loads(value.json) if isinstance(value, Written) else super().default(value)


class FastJSONRenderer(JSONRenderer):
    """Writes JSON with orjson, several times faster than the standard library.

    The framework's renderer writes integers of more than 64 bits, which orjson refuses, and indented JSON if
    a client requests it.
    """

    encoder_class = _Encoder

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return `data` as JSON in UTF-8."""
        context = dict(renderer_context or {})
        if data is None or self.get_indent(accepted_media_type or "", context):
            return bytes(super().render(data, accepted_media_type, context))
        try:
            return orjson.dumps(data, default=_default, option=_OPTIONS)
        except TypeError:
            return bytes(super().render(data, accepted_media_type, context))


class Negotiation(DefaultContentNegotiation):
    """The framework's negotiation, which takes a shorter way for clients that accept anything."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the renderer and the media type that the request accepts.

        Raises:
            rest_framework.exceptions.NotAcceptable: there is none.
            django.http.Http404: no renderer has the format of the URL.
        """
        accepts_all = request.META.get("HTTP_ACCEPT", ANYTHING) == ANYTHING
        if accepts_all and format_suffix is None and FORMAT not in request.query_params:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class JsonAlways(BaseContentNegotiation):
    """Renders envelopes and errors in JSON whatever the request accepts; the view makes files and pages."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type
