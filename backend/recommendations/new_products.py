"""Products that are newer than the version that serves, with their neighbours by words.

A subscriber stores the neighbours; processes read the changed rows. A row that the version makes superfluous
is deleted when the subscriber first sees the version.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max

from backend.catalog.models import Product
from backend.engines.shared_copy import SharedCopy
from backend.recommendations.artefacts import Artefact
from backend.recommendations.models import ModelVersion, NewProduct
from ml.registry import Version
from ml.serving import Scored

if TYPE_CHECKING:
    from ml.terms import Terms

KEPT = 2_000
"""How many products have rows; those with the greatest ids stay."""
NEAREST = 20
CHECKED_SECONDS = 1.0
"""How long a process uses the rows before it asks whether they changed."""


def _terms(version: Version) -> "Terms":
    # Imported here, because processes that serve versions without terms don't need NumPy.
    from ml.terms import Terms  # noqa: PLC0415

    return version.made(
        "terms", lambda parts: Terms.mapped({name: one.array() for name, one in parts.items()})
    )


TERMS = Artefact("terms", _terms)


def update(product_ids: Collection[int], *, version: str | None, now: datetime) -> None:
    """Store the neighbours of those of these products that `version`, which serves, lacks.

    Products that aren't listed lose their rows. Without a version that has terms, nothing changes.

    Raises:
        VersionNotFound: this host has no folder of the version.
        VersionDamaged: the terms can't be read.
    """
    if (terms := _terms_of(version)) is not None:
        _store([product for product in product_ids if product not in terms], terms=terms, now=now)


def adopt(version: str | None, *, now: datetime) -> None:
    """Adapt all rows to a version that serves since the last call.

    Rows of products that it has are deleted; the newest products that it lacks get rows.

    Raises:
        VersionNotFound: this host has no folder of the version.
        VersionDamaged: the terms can't be read.
    """
    terms = _terms_of(version)
    if terms is None:
        return
    known = [key for key in NewProduct.objects.values_list("pk", flat=True) if key in terms]
    NewProduct.objects.filter(pk__in=known).delete()
    newest = Product.objects.listed().order_by("-pk").values_list("pk", flat=True)[:KEPT]
    _store([product for product in newest if product not in terms], terms=terms, now=now)


def serving_version() -> str | None:
    """Return the version that serves."""
    return ModelVersion.objects.filter(is_serving=True).values_list("version", flat=True).first()


def _terms_of(version: str | None) -> "Terms | None":
    return None if version is None else TERMS.required(version)


def _store(product_ids: Sequence[int], *, terms: "Terms", now: datetime) -> None:
    if not product_ids:
        return
    listed = Product.objects.listed().filter(pk__in=product_ids).select_related("category")
    near = {product.pk: terms.nearest(_facts(product), k=NEAREST) for product in listed}
    NewProduct.objects.filter(pk__in=set(product_ids) - set(near)).delete()
    stored = dict(NewProduct.objects.filter(pk__in=near).values_list("pk", "near"))
    changed = [
        NewProduct(product_id=key, near=entries, changed_at=now)
        for key, entries in near.items()
        # A product is published whenever its stock or its popularity changes, too.
        if stored.get(key) != [list(entry) for entry in entries]
    ]
    NewProduct.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["product"], update_fields=["near", "changed_at"]
    )
    if first := NewProduct.objects.order_by("-pk").values_list("pk", flat=True)[KEPT : KEPT + 1]:
        NewProduct.objects.filter(pk__lte=first[0]).delete()


def _facts(product: Product) -> Any:
    from ml.catalogue import ProductFacts  # noqa: PLC0415 - as in `_terms`

    return ProductFacts(
        product_id=product.pk, title=product.title, brand=product.brand, category=product.category.names
    )


@dataclass(frozen=True, slots=True)
class NewProducts:
    """The rows as this process read them: the neighbours of new products, and the new ones of any product."""

    near: Mapping[int, Sequence[Scored]] = field(default_factory=dict)
    beside: Mapping[int, Sequence[Scored]] = field(default_factory=dict)
    changed: tuple[int, datetime | None] = (0, None)
    checked_at: float = 0.0

    def of(self, product_id: int) -> Sequence[Scored]:
        """Return the neighbours of a new product, best first; none for other products."""
        return self.near.get(product_id, ())

    def beside_any(self, product_ids: Iterable[int]) -> list[Scored]:
        """Return the new products whose neighbours are among these, the most similar first."""
        best: dict[int, Scored] = {}
        for product in product_ids:
            for entry in self.beside.get(product, ()):
                before = best.get(entry.product_id)
                if before is None or entry.score > before.score:
                    best[entry.product_id] = entry
        return sorted(best.values(), key=lambda entry: (-entry.score, -entry.product_id))


class NewProductsCache(SharedCopy[NewProducts]):
    """The new products of this process."""

    check_seconds = CHECKED_SECONDS

    def current(self) -> NewProducts:
        """Return the new products as of a second ago or later."""
        return self._newest()

    def _checked(self, found: NewProducts | None, *, now: float) -> NewProducts:
        state = NewProduct.objects.aggregate(rows=Count("pk"), last=Max("changed_at"))
        changed = (state["rows"], state["last"])
        if found is not None and found.changed == changed:
            return replace(found, checked_at=now)
        near = {
            key: [Scored(int(product), score) for product, score in entries]
            for key, entries in NewProduct.objects.values_list("pk", "near")
        }
        beside: dict[int, list[Scored]] = {}
        for key, entries in near.items():
            for product, score, _ in entries:
                beside.setdefault(product, []).append(Scored(key, score, because=product))
        return NewProducts(near, beside, changed, now)


CACHE = NewProductsCache()
