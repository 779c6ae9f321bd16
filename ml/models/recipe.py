"""The base class of recipes, whose parameters are their fields."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, get_type_hints

import msgspec

# Types of parameters with their bounds; every number must be finite, too.
Count = Annotated[int, msgspec.Meta(ge=1)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
# A share that leaves a rest.
PartialShare = Annotated[float, msgspec.Meta(ge=0, lt=1)]


class InvalidParameter(ValueError):
    """The model has no such parameter, or the value is out of its bounds; `reason` says which."""

    def __init__(self, model: str, *, parameter: str, reason: str) -> None:
        super().__init__(f"{model} does not accept this {parameter}; {reason}")
        self.model, self.parameter, self.reason = model, parameter, reason


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Base of frozen dataclasses whose fields are the model's parameters.

    Raises:
        InvalidParameter: a value has another type, isn't finite, or is out of the bounds of its field's type.
    """

    name: ClassVar[str]

    def __post_init__(self) -> None:
        types = parameter_types(type(self))
        for name, value in self.parameters.items():
            checked(name, value, type_=types[name], model=self.name)

    @property
    def parameters(self) -> Mapping[str, object]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def parameter_types(recipe: type[Any]) -> Mapping[str, Any]:
    """Return the type of each field of a recipe, with its bounds."""
    return get_type_hints(recipe, include_extras=True)


def checked(parameter: str, value: object, *, type_: Any, model: str) -> object:
    """Return the value as this type.

    Raises:
        InvalidParameter: the value has another type, isn't finite, or is out of bounds.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidParameter(model, parameter=parameter, reason=f"expected a finite number, not {value}")
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise InvalidParameter(model, parameter=parameter, reason=f"{error}, not {value!r}") from error
