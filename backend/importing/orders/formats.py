"""The order formats that can be imported."""

from functools import partial
from pathlib import Path

from backend.importing import converters
from backend.importing.files import DETECTED
from backend.importing.orders import plain_csv
from backend.importing.orders.row import Format, Outcomes
from backend.importing.text import Dialect

NAMES = (*converters.ORDERS, "csv")


def orders_format(name: str, *, currency: str, dialect: Dialect = DETECTED) -> Format:
    """Return the format `name`, one of NAMES; `currency` is the default for rows without one.

    Raises:
        FormatNotInstalled: its converter is not part of this installation.
    """
    if name == "csv":
        return Format(
            plain_csv.HEADER,
            partial(plain_csv.read, currency=currency, dialect=dialect),
            partial(plain_csv.skus, dialect=dialect),
        )
    converter = converters.orders_converter(name)

    def read(path: Path) -> Outcomes:
        return plain_csv.orders(
            converters.orders(path, converter=converter, dialect=dialect), currency=currency
        )

    return Format(
        converters.header_of(converter), read, partial(converters.skus, converter=converter, dialect=dialect)
    )
