"""What all recipes share: their parameters are their fields."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Base of frozen dataclasses; nested recipes become nested mappings with their name."""

    @property
    def parameters(self) -> Mapping[str, object]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
