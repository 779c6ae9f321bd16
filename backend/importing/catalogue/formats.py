"""The catalogue formats that can be imported."""

from functools import partial
from pathlib import Path

from backend.importing import converters
from backend.importing.catalogue import plain_csv
from backend.importing.catalogue.row import Format, Outcomes

NAMES = (*converters.CATALOGUES, "csv")


def catalogue_format(name: str, *, currency: str) -> Format:
    """Return the format `name`, one of NAMES; `currency` is the default for rows without one.

    Raises:
        FormatNotInstalled: its converter is not part of this installation.
    """
    if name == "csv":
        return Format(plain_csv.HEADER, partial(plain_csv.read, currency=currency))
    converter = converters.catalogue_converter(name)

    def read(path: Path) -> Outcomes:
        return plain_csv.products(converters.products(path, converter=converter), currency=currency)

    return Format(converters.header_of(converter), read)
