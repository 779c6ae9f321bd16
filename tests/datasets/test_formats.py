"""Every data set that can be named is converted, and the import commands offer exactly these."""

from pathlib import Path

import pytest

from backend.importing import converters
from backend.importing.catalogue.formats import catalogue_format
from backend.importing.catalogue.row import Reading
from backend.importing.files import count_rows
from datasets import formats
from tests.datasets.reading import products


def test_the_import_commands_offer_every_converter_and_no_other() -> None:
    assert set(converters.CATALOGUES) == set(formats.CATALOGUES)
    assert set(converters.ORDERS) == set(formats.ORDERS)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder", "rows", "made"),
    [
        ("amazon-in", "amazon_in_products_sample/Amazon-Products.csv.xz", 10_930, 9_809),
        ("crowdflower", "crowdflower/products.csv.xz", 9_913, 9_913),
    ],
)
def test_every_row_of_the_published_files_is_accounted_for(
    data_dir: str, name: str, folder: str, rows: int, made: int
) -> None:
    path = Path(data_dir) / folder
    found = catalogue_format(name)
    outcomes = list(found.read(path, reading=Reading(currency="USD")))

    assert count_rows(path, header=found.header) == rows
    assert len(outcomes) == rows
    assert len(products(outcomes)) == made
