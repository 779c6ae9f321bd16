"""Query parameters, strictly: what is unknown is refused with the names of what is known."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from backend.api.errors import InvalidParameters


class PageParameters(serializers.Serializer[Any]):
    """`page` and `page_size`, which every list takes."""

    page = serializers.IntegerField(min_value=1, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=20)


def parse(
    request: Request, serializer_class: type[serializers.Serializer[Any]], *, open_prefix: str = ""
) -> dict[str, Any]:
    """Return the request's query parameters as `serializer_class` validates them.

    Parameters whose name begins with `open_prefix` (where one is given) are the caller's own business.

    Raises:
        InvalidParameters: a parameter is unknown, or given twice; the details name it and what is allowed.
        rest_framework.exceptions.ValidationError: a value is not valid.
    """
    serializer = serializer_class(data=request.query_params.dict())
    allowed = sorted(serializer.fields)
    faults: dict[str, str] = {}
    for name, values in request.query_params.lists():
        if open_prefix and name.startswith(open_prefix):
            continue
        if name not in serializer.fields:
            faults[name] = f"Unknown parameter. Allowed are: {', '.join(allowed)}."
        elif len(values) > 1:
            faults[name] = "Given more than once."
    if faults:
        raise InvalidParameters("Unknown or repeated parameters.", **faults)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
