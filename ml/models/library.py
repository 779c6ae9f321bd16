"""The models by name."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

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
    """No model has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no model is called {name!r}; there are: {', '.join(sorted(MODELS))}")
        self.name = name


class UnknownParameter(ValueError):
    """The model has no parameter of this name, or the value is of another type."""

    def __init__(self, model: str, *, parameter: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{model} takes no such {parameter}; its parameters: {', '.join(allowed) or 'none'}")
        self.model, self.parameter = model, parameter


def create(name: str, parameters: Mapping[str, object] | None = None) -> Model:
    """The recipe of that name, with `parameters` in place of its defaults.

    Takes what `Model.parameters` gives, as JSON returns it. Raises UnknownModel or UnknownParameter.
    """
    if name not in MODELS:
        raise UnknownModel(name)
    parameters = parameters or {}
    fields = {field.name: field for field in dataclasses.fields(MODELS[name])}
    for parameter in parameters:
        if parameter not in fields:
            raise UnknownParameter(name, parameter=parameter, allowed=sorted(fields))
    model: Model = MODELS[name](**{key: _value(key, value) for key, value in parameters.items()})
    return model


def described(model: Model) -> str:
    """The model's name with the parameters that differ from its defaults."""
    if isinstance(model, Blend):
        members = zip(model.shares, model.members, strict=True)
        return " + ".join(f"{share:g} {described(member)}" for share, member in members)
    usual = create(model.name).parameters
    changed = [f"{name}={value}" for name, value in model.parameters.items() if value != usual[name]]
    return f"{model.name}({', '.join(changed)})" if changed else model.name


def _value(parameter: str, value: object) -> object:
    if parameter == "members" and isinstance(value, Sequence):
        return tuple(
            create(str(member["name"]), {key: part for key, part in member.items() if key != "name"})
            for member in value
        )
    return tuple(value) if isinstance(value, list) else value
