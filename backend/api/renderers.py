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
_default = JSONEncoder().default


class FastJSONRenderer(JSONRenderer):
    """Writes JSON with orjson, several times faster than the standard library.

    The framework's renderer writes values that orjson refuses (lone surrogates, integers of more than 64
    bits), and indented JSON if a client requests it.
    """

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
            return orjson.dumps(data, default=_default, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
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
        accepts_all = request.headers.get("Accept", ANYTHING) == ANYTHING
        if accepts_all and format_suffix is None and FORMAT not in request.query_params:
            return renderers[0], renderers[0].media_type
        return super().select_renderer(request, renderers, format_suffix)


class JsonAlways(BaseContentNegotiation):
    """Renders envelopes and errors in JSON whatever the request accepts; the view makes files and pages."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type
