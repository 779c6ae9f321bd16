"""All models by name."""

import dataclasses
import importlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, cast

from ml.models import Model
from ml.models.als import Als
from ml.models.best import Best
from ml.models.blend import Blend
from ml.models.content import Content
from ml.models.item_knn import ItemKnn
from ml.models.local_ridge import LocalRidge
from ml.models.low_pass import LowPass
from ml.models.popularity import Popularity
from ml.models.recipe import InvalidParameter, checked, parameter_types
from ml.models.weighted_ease import WeightedEase

M = TypeVar("M")
_models: dict[str, type[Any]] = {
    model.name: model
    for model in (Popularity, ItemKnn, LocalRidge, LowPass, WeightedEase, Blend, Best, Als, Content)
}
_registered: list[str] = []
MODELS: Mapping[str, type[Any]] = MappingProxyType(_models)


class UnknownModel(ValueError):
    """There is no model with this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no model {name!r}; the models are: {', '.join(sorted(MODELS))}")
        self.name = name


class NameTaken(ValueError):
    """Another model is registered with this name."""

    def __init__(self, name: str, *, by: str) -> None:
        super().__init__(f"there is already a model {name!r}, {by}; choose another name")
        self.name, self.by = name, by


class PluginMissing(ValueError):
    """A module that should register models can't be imported."""

    def __init__(self, module: str, reason: str) -> None:
        super().__init__(f"VITRINE_ML_PLUGINS names {module}, which can't be imported: {reason}")
        self.module, self.reason = module, reason


def register(model: type[M]) -> type[M]:
    """Add a recipe class to the models, and its defaults to the contest; a decorator.

    The class is a frozen dataclass derived from `Recipe`, with a `name` and `fit`.

    Raises:
        NameTaken: another class has this name.
    """
    name = str(getattr(model, "name", ""))
    known = _models.get(name)
    place = f"{model.__module__}.{model.__qualname__}"
    if known is not None and f"{known.__module__}.{known.__qualname__}" != place:
        raise NameTaken(name, by=f"{known.__module__}.{known.__qualname__}")
    if known is None:
        _registered.append(name)
    _models[name] = model
    return model


def registered() -> Sequence[Model]:
    """Return the models that were added by `register`, with their defaults."""
    return [create(name) for name in _registered]


def load_plugins(modules: Sequence[str]) -> None:
    """Import the modules that register models.

    Raises:
        PluginMissing: a module can't be imported.
    """
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise PluginMissing(module, str(error)) from error


def create(name: str, parameters: Mapping[str, object] | None = None) -> Model:
    """Return the recipe with this name, with `parameters` in place of its defaults.

    `parameters` has the form of `Model.parameters` as decoded from JSON.

    Raises:
        UnknownModel: there is no model with this name.
        InvalidParameter: a parameter is unknown or its value has another type.
    """
    if name not in MODELS:
        raise UnknownModel(name)
    model: Model = built(MODELS[name], parameters)
    return model


def built(recipe: type[M], parameters: Mapping[str, object] | None = None) -> M:
    """Return a recipe of this class, with `parameters` in place of its defaults.

    Raises:
        InvalidParameter: a parameter is unknown, or its value has another type or is out of bounds.
    """
    name = str(getattr(recipe, "name", recipe.__name__))
    types = parameter_types(recipe)
    allowed = sorted(field.name for field in dataclasses.fields(cast("Any", recipe)))
    values = {}
    for parameter, value in (parameters or {}).items():
        if parameter not in allowed:
            reason = f"its parameters: {', '.join(allowed) or 'none'}"
            raise InvalidParameter(name, parameter=parameter, reason=reason)
        values[parameter] = _value(parameter, value, type_=types[parameter], model=name)
    return recipe(**values)


def described(model: Model) -> str:
    """Return the model's name with the parameters that differ from its defaults."""
    if isinstance(model, Blend):
        members = zip(model.shares, model.members, strict=True)
        return " + ".join(f"{share:g} {described(member)}" for share, member in members)
    defaults = create(model.name).parameters
    changed = [f"{name}={value}" for name, value in model.parameters.items() if value != defaults[name]]
    return f"{model.name}({', '.join(changed)})" if changed else model.name


def _value(parameter: str, value: object, *, type_: Any, model: str) -> object:
    if parameter != "members":
        return checked(parameter, value, type_=type_, model=model)
    members = checked(parameter, value, type_=list[dict[str, Any]], model=model)
    return tuple(
        create(str(member.pop("name", "")), member) for member in cast("list[dict[str, Any]]", members)
    )
