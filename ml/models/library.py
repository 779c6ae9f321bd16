"""All models by name."""

import dataclasses
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from ml.models import Model
from ml.models.als import Als
from ml.models.blend import Blend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.local_ridge import LocalRidge
from ml.models.popularity import Popularity

MODELS: Mapping[str, type[Any]] = {
    model.name: model for model in (Popularity, ItemKnn, LocalRidge, Blend, Als, Content)
}


class UnknownModel(ValueError):
    """There is no model with this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no model {name!r}; the models are: {', '.join(sorted(MODELS))}")
        self.name = name


class UnknownParameter(ValueError):
    """The model has no such parameter, or the value has another type; `reason` says which."""

    def __init__(self, model: str, *, parameter: str, reason: str) -> None:
        super().__init__(f"{model} does not accept this {parameter}; {reason}")
        self.model, self.parameter, self.reason = model, parameter, reason


def create(name: str, parameters: Mapping[str, object] | None = None) -> Model:
    """Return the recipe with this name, with `parameters` in place of its defaults.

    `parameters` has the form of `Model.parameters` as decoded from JSON.

    Raises:
        UnknownModel: there is no model with this name.
        UnknownParameter: a parameter is unknown or its value has another type.
    """
    if name not in MODELS:
        raise UnknownModel(name)
    types = get_type_hints(MODELS[name])
    allowed = sorted(field.name for field in dataclasses.fields(MODELS[name]))
    values = {}
    for parameter, value in (parameters or {}).items():
        if parameter not in allowed:
            reason = f"its parameters: {', '.join(allowed) or 'none'}"
            raise UnknownParameter(name, parameter=parameter, reason=reason)
        try:
            values[parameter] = _value(parameter, value, type_=types[parameter])
        except msgspec.ValidationError as error:
            raise UnknownParameter(name, parameter=parameter, reason=str(error)) from error
    model: Model = MODELS[name](**values)
    return model


def described(model: Model) -> str:
    """Return the model's name with the parameters that differ from its defaults."""
    if isinstance(model, Blend):
        members = zip(model.shares, model.members, strict=True)
        return " + ".join(f"{share:g} {described(member)}" for share, member in members)
    defaults = create(model.name).parameters
    changed = [f"{name}={value}" for name, value in model.parameters.items() if value != defaults[name]]
    return f"{model.name}({', '.join(changed)})" if changed else model.name


def _value(parameter: str, value: object, *, type_: Any) -> object:
    if parameter != "members":
        return msgspec.convert(value, type_)
    return tuple(
        create(str(member.pop("name", "")), member) for member in msgspec.convert(value, list[dict[str, Any]])
    )
