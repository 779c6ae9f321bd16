"""Creates documents from rows of the catalogue, in bulk, with a fixed number of queries."""

from collections.abc import Iterator, Mapping, Sequence

from django.db import transaction

from backend.catalog.images.pictures import all_urls
from backend.catalog.models import PATH_SEPARATOR, Category, Product
from backend.search.versions import draw
from indexing.document import CategoryReference, ProductDocument, VariantDocument
from indexing.engine import DeleteDocument, DocumentWrite, PutDocument

SCAN_BATCH = 1_000


def project(product_ids: Sequence[int]) -> list[DocumentWrite]:
    """Return the writes that update these products in an index: documents, or deletes if not listed.

    A version is drawn before the rows are read.
    """
    version = draw()
    found = documents(product_ids)
    return [
        PutDocument(found[product_id], version)
        if product_id in found
        else DeleteDocument(product_id, version)
        for product_id in dict.fromkeys(product_ids)
    ]


def documents(product_ids: Sequence[int]) -> dict[int, ProductDocument]:
    """Return the documents of those products that are listed.

    The rows are read in one transaction, with four queries.
    """
    with transaction.atomic():
        rows = Product.objects.listed().filter(pk__in=product_ids).select_related("category")
        products = list(rows.prefetch_related("variants"))
        categories = _ancestors(products)
    return {product.pk: _document(product, categories) for product in products}


def scan(*, after: int = 0) -> Iterator[list[DocumentWrite]]:
    """Yield the documents of the listed products with ids above `after`, in batches, by id."""
    last = after
    while product_ids := listed_ids(after=last, limit=SCAN_BATCH):
        yield project(product_ids)
        last = product_ids[-1]


def listed_ids(*, after: int, limit: int) -> list[int]:
    """Return up to `limit` ids of listed products above `after`, in ascending order."""
    rows = Product.objects.listed().filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def listed_count() -> int:
    """Return the number of listed products."""
    return Product.objects.listed().count()


def _ancestors(products: Sequence[Product]) -> Mapping[str, CategoryReference]:
    paths = {path for product in products for path in _paths(product.category)}
    return {
        category.path: CategoryReference(
            id=category.pk, name=category.name, slug=category.slug, path=category.path
        )
        for category in Category.objects.filter(path__in=paths)
    }


def _paths(category: Category) -> Iterator[str]:
    names = category.names
    for depth in range(1, len(names) + 1):
        yield PATH_SEPARATOR.join(names[:depth])


def _document(product: Product, categories: Mapping[str, CategoryReference]) -> ProductDocument:
    return ProductDocument(
        id=product.pk,
        title=product.title,
        slug=product.slug,
        description=product.description,
        brand=product.brand,
        categories=tuple(categories[path] for path in _paths(product.category) if path in categories),
        seller_id=product.seller_id,
        price=product.price,
        sale_price=product.sale_price,
        currency=product.currency,
        discount_percentage=product.discount_percentage,
        flash_sale=product.flash_sale,
        best_seller_product=product.best_seller_product,
        featured_product=product.featured_product,
        rating_average=product.rating_average,
        rating_count=product.rating_count,
        popularity=product.popularity,
        attributes=_attributes(product.attributes),
        image_urls=tuple(all_urls(product.pictures, product.image_urls)),
        thumbnail_url=product.thumbnail_url,
        variants=_variants(product),
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


def _variants(product: Product) -> tuple[VariantDocument, ...]:
    return tuple(
        VariantDocument(
            id=variant.pk,
            name=variant.name,
            sku=variant.sku,
            price=variant.list_price,
            sale_price=variant.sale_price,
            available=variant.available,
            attributes=_attributes(variant.attributes),
            image_url=variant.shown_image_url,
        )
        for variant in product.variants.all()
        if variant.is_active
    )


def _attributes(values: Mapping[str, object]) -> dict[str, str]:
    """Return the attributes that have a value."""
    return {name: str(value) for name, value in values.items() if value not in (None, "")}
