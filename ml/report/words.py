"""Texts of a manifest's values."""

from collections.abc import Mapping
from typing import Any

from ml.models.library import UnknownModel, create, described
from ml.models.recipe import InvalidParameter


def recipe_text(recipe: Mapping[str, Any]) -> str:
    """Return a recipe's models with their shares, and the parameters that differ from their defaults."""
    try:
        return described(create(recipe["name"], recipe["parameters"]))
    except (UnknownModel, InvalidParameter):
        return f"{recipe['name']} {recipe['parameters']}"


def minute(iso: str | None) -> str:
    """Return an ISO time to the minute."""
    return "none" if iso is None else iso[:16].replace("T", " ")
