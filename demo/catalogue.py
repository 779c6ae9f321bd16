"""Generate products with hidden factors from the vocabulary.

The factors (appeal, style, price level in the category) determine what shoppers prefer. They are not stored,
so a model has to learn them from behaviour.
"""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from backend.api import money
from backend.catalog.imported import ImportedProduct, ImportedVariant
from demo.vocabulary import Axis, Leaf, Vocabulary

STYLES = 6
MAX_DAYS_ON_SALE = 600
NEW_SHARE = 0.15
DISCOUNTS = (10, 15, 20, 25, 30)
FLASH_DISCOUNT = 40
MIN_PRODUCTS_PER_LEAF = 2


@dataclass(frozen=True, slots=True)
class Assortment:
    """Products by position 0 … n-1, with parallel arrays of their hidden factors.

    `leaves` are positions in the vocabulary; `styles` is float64 (n, STYLES); `price_levels` are standard
    scores within the leaf; `launched` is the day of the history on which a product's sale starts, negative if
    before the history.
    """

    products: list[ImportedProduct]
    sellers: list[str]
    leaves: NDArray[np.int64]
    kinds: NDArray[np.int64]
    brands: list[str]
    appeals: NDArray[np.float64]
    styles: NDArray[np.float64]
    price_levels: NDArray[np.float64]
    launched: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.products)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The words and the price from which a product is generated."""

    leaf: Leaf
    brand: str
    kind: str
    noun: str
    material: str
    price: Decimal
    quality: float
    appeal: float


def generate_assortment(
    vocabulary: Vocabulary, *, count: int, currency: str, begins_at: datetime, days: int, rng: Generator
) -> Assortment:
    """Return `count` products, which depend only on the arguments and the state of `rng`."""
    leaves = _leaf_of_each(vocabulary, count=count, rng=rng)
    drafts = [
        draft
        for position, leaf in enumerate(vocabulary.leaves)
        for draft in _drafts(leaf, count=int((leaves == position).sum()), rng=rng)
    ]
    launched = np.where(
        rng.random(count) < NEW_SHARE,
        rng.uniform(0, days, count),
        -rng.uniform(1, MAX_DAYS_ON_SALE, count),
    )
    products = [
        _product(
            draft,
            number=number,
            currency=currency,
            created_at=begins_at + timedelta(days=float(launched[number])),
            rng=rng,
        )
        for number, draft in enumerate(drafts)
    ]
    return Assortment(
        products=products,
        sellers=[draft.leaf.seller for draft in drafts],
        leaves=leaves,
        kinds=np.array([draft.leaf.kinds.index(draft.kind) for draft in drafts], dtype=np.int64),
        brands=[draft.brand for draft in drafts],
        appeals=np.array([draft.appeal for draft in drafts]),
        styles=_styles(drafts, rng=rng),
        price_levels=_price_levels(drafts, leaves=leaves),
        launched=launched,
    )


def _leaf_of_each(vocabulary: Vocabulary, *, count: int, rng: Generator) -> NDArray[np.int64]:
    shares = np.array([leaf.share for leaf in vocabulary.leaves])
    fewest = np.repeat(np.arange(len(shares)), min(MIN_PRODUCTS_PER_LEAF, count // len(shares)))
    further = rng.choice(len(shares), size=count - len(fewest), p=shares / shares.sum())
    return np.sort(np.concatenate([fewest, further]))


def _drafts(leaf: Leaf, *, count: int, rng: Generator) -> list[_Draft]:
    words = list(itertools.product(leaf.brands, leaf.kinds, leaf.nouns, leaf.materials))
    chosen = rng.choice(len(words), size=count, replace=count > len(words))
    return [_draft(leaf, words=words[position], rng=rng) for position in chosen]


def _draft(leaf: Leaf, *, words: tuple[str, str, str, str], rng: Generator) -> _Draft:
    brand, kind, noun, material = words
    low, high = np.log(leaf.price)
    amount = float(np.exp(low + (high - low) * rng.beta(2, 3))) * leaf.brands[brand]
    quality = float(rng.normal())
    return _Draft(
        leaf=leaf,
        brand=brand,
        kind=kind,
        noun=noun,
        material=material,
        price=charm_price(amount),
        quality=quality,
        appeal=float(np.exp(0.9 * rng.normal() + 0.35 * quality)) * leaf.share,
    )


def charm_price(amount: float) -> Decimal:
    """Return a price near `amount` with a typical ending, such as 12.90 or 149.00."""
    if amount < 100:
        return Decimal(max(1, int(amount))) + Decimal("0.90")
    return Decimal(round(amount / 5) * 5 - 1).quantize(Decimal("0.01"))


def _product(
    draft: _Draft, *, number: int, currency: str, created_at: datetime, rng: Generator
) -> ImportedProduct:
    leaf = draft.leaf
    features = [leaf.features[place] for place in rng.permutation(len(leaf.features))[:2]]
    use = leaf.uses[int(rng.integers(len(leaf.uses)))]
    flash, discounted, featured, active = rng.random(4) < (0.03, 0.18, 0.04, 0.98)
    rating = float(np.clip(4.1 + 0.45 * draft.quality + rng.normal(0, 0.15), 1.4, 5))
    ratings = int(rng.poisson(18 * draft.appeal))
    return ImportedProduct(
        reference=f"product-{number + 1}",
        title=f"{draft.brand} {draft.kind} {draft.noun}, {draft.material}",
        description=f"{draft.kind} {draft.noun} in {draft.material}, {use}. {' '.join(features)}",
        brand=draft.brand,
        category=leaf.path,
        price=money.rounded(draft.price, currency=currency),
        currency=currency,
        discount_percentage=_discount(flash=bool(flash), discounted=bool(discounted), rng=rng),
        rating_average=Decimal(f"{rating:.1f}") if ratings else None,
        rating_count=ratings,
        attributes={"Material": draft.material.capitalize(), **_attributes(leaf, rng=rng)},
        variants=_variants(draft, number=number, rng=rng),
        is_active=bool(active),
        featured_product=bool(featured),
        created_at=created_at,
    )


def _discount(*, flash: bool, discounted: bool, rng: Generator) -> Decimal:
    chosen = DISCOUNTS[int(rng.integers(len(DISCOUNTS)))]
    return Decimal(FLASH_DISCOUNT if flash else chosen if discounted else 0)


def _attributes(leaf: Leaf, *, rng: Generator) -> dict[str, str]:
    return {name: values[int(rng.integers(len(values)))] for name, values in leaf.attributes.items()}


def _variants(draft: _Draft, *, number: int, rng: Generator) -> tuple[ImportedVariant, ...]:
    code = "".join(letter for letter in draft.leaf.name.upper() if letter.isalpha())[:3]
    offered = [_offered(axis, rng=rng) for axis in draft.leaf.axes]
    variants = []
    for place, choice in enumerate(itertools.product(*offered), start=1):
        named = list(zip(draft.leaf.axes, choice, strict=True))
        step = sum(axis.steps[value] for axis, value in named)
        attributes = {axis.attribute: axis.values[value] for axis, value in named}
        variants.append(
            ImportedVariant(
                sku=f"{code}-{number + 1:05d}-{place:02d}",
                name=" / ".join(attributes.values()),
                price_modifier=Decimal(round(float(draft.price) * step)),
                attributes=attributes,
            )
        )
    return tuple(variants)


def _offered(axis: Axis, *, rng: Generator) -> list[int]:
    """Return the positions of the axis's values that a product has: all if their prices differ, else some."""
    many = len(axis.values)
    if any(axis.steps):
        return list(range(many))
    if axis.run:
        count = int(rng.integers(3, 6))
        first = int(rng.integers(many - count + 1))
        return list(range(first, first + count))
    weights = np.array(axis.weights)
    chosen = rng.choice(many, size=int(rng.integers(1, 4)), replace=False, p=weights / weights.sum())
    return sorted(chosen.tolist())


def _styles(drafts: list[_Draft], *, rng: Generator) -> NDArray[np.float64]:
    """Return the styles, which are similar for products of the same brand or kind."""
    of_brand = {brand: rng.normal(size=STYLES) for brand in sorted({draft.brand for draft in drafts})}
    kinds = sorted({(draft.leaf.name, draft.kind) for draft in drafts})
    of_kind = {kind: rng.normal(size=STYLES) for kind in kinds}
    own = rng.normal(size=(len(drafts), STYLES))
    shared = [of_brand[draft.brand] + of_kind[draft.leaf.name, draft.kind] for draft in drafts]
    return np.asarray((0.8 * np.array(shared) + 0.6 * own) / np.sqrt(2 * 0.8**2 + 0.6**2))


def _price_levels(drafts: list[_Draft], *, leaves: NDArray[np.int64]) -> NDArray[np.float64]:
    logs = np.log([float(draft.price) for draft in drafts])
    levels = np.zeros(len(drafts))
    for leaf in np.unique(leaves):
        here = leaves == leaf
        levels[here] = (logs[here] - logs[here].mean()) / max(float(logs[here].std()), 0.1)
    return levels
