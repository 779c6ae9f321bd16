"""The product data that models are trained on, as of one point in time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """Text and attributes of one product.

    `category` is the path from the root; `attributes` maps a name to its values.
    """

    product_id: int
    title: str
    description: str = ""
    brand: str = ""
    category: Sequence[str] = ()
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    price: float = 0.0
    sellable: bool = True


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products by id."""

    products: Mapping[int, ProductFacts]

    @classmethod
    def of(cls, products: Sequence[ProductFacts]) -> "Catalogue":
        return cls({product.product_id: product for product in products})

    def __len__(self) -> int:
        return len(self.products)

    def sellable(self, product_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return, for each id, whether the product can be bought now (bool, same length)."""
        known = {key for key, product in self.products.items() if product.sellable}
        return np.fromiter((int(key) in known for key in product_ids), dtype=bool, count=len(product_ids))

    def fingerprint(self) -> str:
        """Return the SHA-256 of every field of every product, in hexadecimal."""
        digest = hashlib.sha256()
        for key in sorted(self.products):
            product = self.products[key]
            row = [
                key,
                product.title,
                product.description,
                product.brand,
                list(product.category),
                sorted((name, list(values)) for name, values in product.attributes.items()),
                product.price,
                product.sellable,
            ]
            digest.update(json.dumps(row, ensure_ascii=False).encode())
        return digest.hexdigest()
