"""The words and numbers from which a shop is generated, read from vocabulary/*.toml."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "vocabulary"
SHARED = "shop"
DAYS_IN_YEAR = 365


@dataclass(frozen=True, slots=True)
class Season:
    """A season of higher demand, which is `height` times as high on the day of the year `peak`."""

    peak: int
    width: int
    height: float

    def demand(self, day_of_year: int) -> float:
        """Return the relative demand on that day; 1 far from the peak."""
        distance = abs(day_of_year - self.peak)
        distance = min(distance, DAYS_IN_YEAR - distance)
        return 1 + (self.height - 1) * math.exp(-((distance / self.width) ** 2) / 2)


@dataclass(frozen=True, slots=True)
class Axis:
    """An attribute in which variants differ; `steps` are the price differences, as shares of the price.

    If `run` is set, a product has neighbouring values of the axis, as with sizes.
    """

    attribute: str
    values: tuple[str, ...]
    weights: tuple[float, ...]
    steps: tuple[float, ...]
    run: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category with products, and the words from which they are generated."""

    department: str
    seller: str
    name: str
    brands: Mapping[str, float]
    nouns: tuple[str, ...]
    kinds: tuple[str, ...]
    materials: tuple[str, ...]
    features: tuple[str, ...]
    uses: tuple[str, ...]
    price: tuple[float, float]
    axes: tuple[Axis, ...]
    season: Season | None
    share: float
    attributes: Mapping[str, tuple[str, ...]]

    @property
    def path(self) -> tuple[str, str]:
        """The names from the root to this category."""
        return (self.department, self.name)


@dataclass(frozen=True, slots=True)
class City:
    """A city to which orders are sent; `population` is its weight."""

    name: str
    state: str
    postal_prefix: str
    population: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All words and numbers. `unsold` are searches that find nothing, the most frequent first."""

    leaves: tuple[Leaf, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[City, ...]
    unsold: tuple[str, ...]

    @property
    def sellers(self) -> tuple[str, ...]:
        """The names of the sellers, without duplicates."""
        return tuple(dict.fromkeys(leaf.seller for leaf in self.leaves))


def load(folder: Path = FOLDER) -> Vocabulary:
    """Return the contents of the files in `folder`."""
    files = {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))
    }
    shared = files.pop(SHARED)
    axes = {name: _axis(axis) for name, axis in shared["axes"].items()}
    seasons = {name: Season(**season) for name, season in shared["seasons"].items()}
    customers = shared["customers"]
    return Vocabulary(
        leaves=tuple(
            _leaf(leaf, department=department, axes=axes, seasons=seasons)
            for department in files.values()
            for leaf in department["leaf"]
        ),
        given=tuple(customers["given"]),
        family=tuple(customers["family"]),
        streets=tuple(customers["streets"]),
        cities=tuple(City(*city) for city in customers["cities"]),
        unsold=tuple(shared["searches"]["unsold"]),
    )


def _axis(axis: Mapping[str, Any]) -> Axis:
    values = tuple(axis["values"])
    return Axis(
        attribute=axis["attribute"],
        values=values,
        weights=tuple(axis["weights"]),
        steps=tuple(axis.get("steps", [0.0] * len(values))),
        run=axis.get("run", False),
    )


def _leaf(
    leaf: Mapping[str, Any],
    *,
    department: Mapping[str, Any],
    axes: Mapping[str, Axis],
    seasons: Mapping[str, Season],
) -> Leaf:
    low, high = leaf["price"]
    return Leaf(
        department=department["name"],
        seller=department["seller"],
        name=leaf["name"],
        brands=department["brands"],
        nouns=tuple(leaf["nouns"]),
        kinds=tuple(leaf["kinds"]),
        materials=tuple(leaf["materials"]),
        features=tuple(leaf["features"]),
        uses=tuple(leaf["uses"]),
        price=(low, high),
        axes=tuple(axes[name] for name in leaf["axes"]),
        season=seasons[leaf["season"]] if "season" in leaf else None,
        share=leaf["share"],
        attributes={name: tuple(values) for name, values in leaf["attributes"].items()},
    )
