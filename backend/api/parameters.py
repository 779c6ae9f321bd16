"""Query parameters and bodies, parsed strictly: unknown names are refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.request import Request

from backend.api.errors import BodyNotAccepted, InvalidInput
from backend.api.json_types import number_errors, type_errors

Field = serializers.Field[Any, Any, Any, Any]


class PageParameters(serializers.Serializer[Any]):
    """The parameters `page` and `page_size` of every list."""

    page = serializers.IntegerField(min_value=1, default=1, help_text="The page number, from 1.")
    page_size = serializers.IntegerField(
        min_value=1, max_value=100, default=20, help_text="The number of rows per page."
    )


def parse(
    request: Request, serializer_class: type[serializers.Serializer[Any]], *, open_prefix: str = ""
) -> dict[str, Any]:
    """Return the request's query parameters as `serializer_class` validates them.

    The parameter of a list field may be repeated. If `open_prefix` is not empty, parameters whose names begin
    with it are ignored here, and the caller reads them.

    Raises:
        InvalidInput: a parameter is unknown or repeated; the details name it and list the known ones.
        rest_framework.exceptions.ValidationError: a value is invalid.
    """
    known = _known(serializer_class)
    given = list(request.query_params.lists())
    faults: dict[str, str] = {}
    for name, values in given:
        if open_prefix and name.startswith(open_prefix):
            continue
        if name not in known.fields:
            faults[name] = f"Unknown parameter. Allowed: {', '.join(sorted(known.fields))}."
        elif len(values) > 1 and name not in known.repeatable:
            faults[name] = "Given more than once."
    if faults:
        raise InvalidInput("Unknown or repeated parameters.", **faults)
    wrong = {
        name: found
        for name, values in given
        if name in known.fields and (found := number_errors(known.fields[name], values))
    }
    if wrong:
        raise serializers.ValidationError(wrong)
    return known.validated(
        {name: values if name in known.repeatable else values[-1] for name, values in given}
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """The parameters of a serializer class.

    Its fields are created once, because creating them takes several times as long as validating a request.
    """

    serializer: serializers.Serializer[Any]
    fields: Mapping[str, Field]
    repeatable: frozenset[str]
    defaults: Mapping[str, Any]
    """Of the parameters that have one."""
    required: frozenset[str]

    def validated(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of all parameters.

        Only those that are given are validated: most requests have a few of many.

        Raises:
            rest_framework.exceptions.ValidationError: a value is invalid.
        """
        try:
            if self.required <= given.keys():
                values = {
                    name: self.fields[name].run_validation(value)
                    for name, value in given.items()
                    if name in self.fields
                }
                return dict(self.serializer.validate({**self.defaults, **values}))
        except (serializers.ValidationError, ValidationError):
            # The serializer describes the errors of all parameters.
            pass
        # `is_valid` would store the values in the serializer, which all threads share.
        return dict(self.serializer.run_validation(given))


@cache
def _known(serializer_class: type[serializers.Serializer[Any]]) -> _Known:
    serializer = serializer_class()
    fields = dict(serializer.fields)
    return _Known(
        serializer,
        fields,
        repeatable=frozenset(
            name for name, field in fields.items() if isinstance(field, serializers.ListField)
        ),
        defaults={name: field.get_default() for name, field in fields.items() if field.default is not empty},
        required=frozenset(name for name, field in fields.items() if field.required),
    )


class Body(serializers.Serializer[Any]):
    """A JSON object in a request. An unknown field is refused, as is a value of the wrong JSON type."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values.

        Raises:
            rest_framework.exceptions.ValidationError: a field is unknown or invalid.
        """
        if isinstance(data, Mapping):
            allowed = ", ".join(self.fields) or "none"
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                fault = f"Unknown field. Allowed: {allowed}."
                raise serializers.ValidationError({name: [fault] for name in unknown})
            wrong = {name: found for name in data if (found := type_errors(self.fields[name], data[name]))}
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


def parse_body(request: Request, serializer_class: type[Body]) -> dict[str, Any]:
    """Return the request's body as `serializer_class` validates it.

    Raises:
        rest_framework.exceptions.ValidationError: the body is not an object, or a field is invalid.
    """
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def refuse_body(request: Request) -> None:
    """Refuse a body other than an empty object, which some clients send with every write.

    Raises:
        BodyNotAccepted: the request has a body.
    """
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise BodyNotAccepted from error
    if b"".join(body.split()) not in (b"", b"{}"):
        raise BodyNotAccepted
