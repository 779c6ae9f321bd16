"""The base class of recipes, whose parameters are their fields."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Base of frozen dataclasses whose fields are the model's parameters."""

    @property
    def parameters(self) -> Mapping[str, object]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
