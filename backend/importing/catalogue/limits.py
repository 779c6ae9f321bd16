"""What the catalogue can hold of a product, whatever file it comes from."""

from backend.catalog.bulk import ImportedProduct
from backend.catalog.models import PATH_SEPARATOR
from backend.importing.catalogue.row import LONGEST_NAME
from backend.importing.values import HIGHEST_PRICE, LONGEST_REFERENCE

LONGEST_PATH = 1_000
MOST_RATINGS = 2_147_483_647

LONG_REFERENCE = f"its reference or SKU is longer than {LONGEST_REFERENCE} characters"
BAD_CATEGORY = f'a category has no name, one longer than {LONGEST_NAME}, or one with ">" in it'
DEEP_CATEGORY = f"the path of its category is longer than {LONGEST_PATH} characters"
HIGH_PRICE = f"its price is above {HIGHEST_PRICE:,}"
MANY_RATINGS = f"it has more than {MOST_RATINGS:,} ratings"


def fault_of(product: ImportedProduct) -> str | None:
    """Return why the catalogue can't hold `product`; None where it can."""
    references = (product.reference, *(variant.sku for variant in product.variants))
    dearest = product.price + max(variant.price_modifier for variant in product.variants)
    faults = {
        LONG_REFERENCE: max(map(len, references)) > LONGEST_REFERENCE,
        BAD_CATEGORY: not all(map(_is_name, product.category)),
        DEEP_CATEGORY: len(PATH_SEPARATOR.join(product.category)) > LONGEST_PATH,
        HIGH_PRICE: dearest > HIGHEST_PRICE,
        MANY_RATINGS: product.rating_count > MOST_RATINGS,
    }
    return next((fault for fault, is_found in faults.items() if is_found), None)


def _is_name(text: str) -> bool:
    return 1 <= len(text.strip()) <= LONGEST_NAME and PATH_SEPARATOR.strip() not in text
