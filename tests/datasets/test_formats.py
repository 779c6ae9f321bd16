"""The data sets that the import commands accept."""

from pathlib import Path

import pytest

from backend.importing import converters
from backend.importing.catalogue.formats import catalogue_format
from backend.importing.catalogue.row import Reading
from backend.importing.files import count_rows
from datasets import formats
from tests.datasets.reading import products


def test_the_import_commands_accept_exactly_the_formats_with_a_converter() -> None:
    assert set(converters.CATALOGUES) == set(formats.CATALOGUES)
    assert set(converters.ORDERS) == set(formats.ORDERS)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder", "rows", "imported"),
    [
        ("amazon-in", "amazon_in_products_sample/Amazon-Products.csv.xz", 10_930, 9_809),
        ("crowdflower", "crowdflower/products.csv.xz", 9_913, 9_913),
    ],
)
def test_every_row_of_the_published_files_has_an_outcome(
    data_dir: str, name: str, folder: str, rows: int, imported: int
) -> None:
    path = Path(data_dir) / folder
    reader = catalogue_format(name)
    outcomes = list(reader.read(path, reading=Reading(currency="USD")))

    assert count_rows(path, header=reader.header) == rows
    assert len(outcomes) == rows
    assert len(products(outcomes)) == imported
