"""Slugs of products: readable, unique, and never given to another product.

`ProductSlug` has every slug that a product has or had; its unique column decides which of two concurrent
writers gets a slug. The first product with a title gets the bare slug, the others one that ends in their id.
"""

import unicodedata
from collections.abc import Sequence, Set

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.text import slugify

from backend.catalog.models import Product, ProductQuerySet, ProductSlug
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

LONGEST = 100
BATCH = 1_000
DEFAULT = "product"


def slug_of(text: str, *, default: str = DEFAULT, longest: int = LONGEST) -> str:
    """Return the slug that describes a text, at most `longest` characters, cut between words if possible.

    Latin letters lose their accents; letters of other scripts stay as they are.
    """
    whole = slugify(text, allow_unicode=True)
    if (latin := _without_accents(whole)).isascii():
        whole = latin
    if len(whole) > longest:
        cut = whole[: longest + 1].rpartition("-")[0]
        whole = cut if len(cut) > longest // 2 else whole[:longest]
    return whole.strip("-_") or default


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def claim(products: Sequence[Product]) -> list[Product]:
    """Reserve and set a slug for the title of each stored product; return those whose slug changed.

    The caller writes the products, in the same transaction. A slug that a product had before is used again.
    """
    before = {product.pk: product.slug for product in products}
    missing = list(products)
    # Neither a new product nor a renamed one may take a slug from a product of an earlier release.
    _reserve(_unreserved({*before.values(), *(_candidate(product, 0) for product in products)}))
    attempt = 0
    while missing:
        wanted = {product.pk: _candidate(product, attempt) for product in missing}
        owners = _reserve(wanted)
        for product in missing:
            if owners[wanted[product.pk]] == product.pk:
                product.slug = wanted[product.pk]
        missing = [product for product in missing if owners[wanted[product.pk]] != product.pk]
        attempt += 1
    return [product for product in products if product.slug != before[product.pk]]


def _candidate(product: Product, attempt: int) -> str:
    base = slug_of(product.title)
    # Further attempts are needed only if a title ends in the id of another product.
    return base if attempt == 0 else "-".join([base, *[str(product.pk)] * attempt])


def _unreserved(slugs: Set[str]) -> dict[int, str]:
    """Return which of these slugs listed products have, although they have reserved none."""
    rows = Product.objects.listed().filter(slug__in=slugs, slugs=None)
    return dict(rows.values_list("pk", "slug"))


def _reserve(wanted: dict[int, str]) -> dict[str, int]:
    """Insert the slugs that are free, and return the product that has each."""
    # In one order, so that two transactions which reserve the same slugs can't wait for each other.
    rows = sorted((slug, product_id) for product_id, slug in wanted.items())
    ProductSlug.objects.bulk_create(
        [ProductSlug(slug=slug, product_id=product_id) for slug, product_id in rows], ignore_conflicts=True
    )
    found = ProductSlug.objects.filter(slug__in=set(wanted.values()))
    return dict(found.values_list("slug", "product_id"))


def complete(*, batch: int = BATCH) -> int:
    """Reserve the slugs of products that have none, listed ones first; return how many got another one.

    Products of earlier releases keep their slug, except those that shared it with an older product. Each
    batch is a transaction, so that this can be interrupted and repeated on a large table.
    """
    changed = 0
    for rows in (Product.objects.listed(), Product.objects.all()):
        after = 0
        while page := _without_slug(rows.filter(pk__gt=after), batch=batch):
            after = page[-1]
            changed += _complete(page)
    return changed


def _without_slug(rows: ProductQuerySet, *, batch: int) -> list[int]:
    reserved = ProductSlug.objects.filter(product=OuterRef("pk"))
    return list(rows.exclude(Exists(reserved)).order_by("pk").values_list("pk", flat=True)[:batch])


def _complete(ids: Sequence[int]) -> int:
    with transaction.atomic():
        locked = Product.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
        products = list(locked.only("pk", "title", "slug"))
        owners = _reserve({product.pk: product.slug for product in products})
        changed = claim([product for product in products if owners[product.slug] != product.pk])
        Product.unpublished.bulk_update(changed, ["slug"])
        publish_many(Topic.PRODUCT, [product.pk for product in changed])
    return len(changed)
