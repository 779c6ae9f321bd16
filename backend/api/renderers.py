"""Responses as JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

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


class JsonAlways(BaseContentNegotiation):
    """Renders envelopes and errors in JSON whatever the request accepts; the view makes files and pages."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type
