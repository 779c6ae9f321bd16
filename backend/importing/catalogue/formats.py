"""The catalogue formats that can be imported."""

from pathlib import Path

from backend.importing import converters
from backend.importing.catalogue import plain_csv, shopify, woocommerce
from backend.importing.catalogue.row import Format, Outcomes, Reading

FORMATS = {
    "csv": Format(plain_csv.HEADER, plain_csv.resolve, plain_csv.read),
    "shopify": Format(shopify.HEADER, shopify.resolve, shopify.read),
    "woocommerce": Format(woocommerce.HEADER, woocommerce.resolve, woocommerce.read),
}
NAMES = (*converters.CATALOGUES, *FORMATS)


def catalogue_format(name: str) -> Format:
    """Return the format `name`, one of NAMES.

    Raises:
        FormatNotInstalled: its converter is not part of this installation.
    """
    if name in FORMATS:
        return FORMATS[name]
    converter = converters.catalogue_converter(name)

    def read(path: Path, *, reading: Reading) -> Outcomes:
        rows = converters.products(path, converter=converter, dialect=reading.dialect)
        return plain_csv.products(rows, currency=reading.currency)

    return Format(converters.header_of(converter), _unchanged, read)


def _unchanged(path: Path, *, reading: Reading) -> Reading:
    return reading
