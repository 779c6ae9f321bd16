"""The converter of the products of CrowdFlower's relevance judgments."""

from decimal import Decimal
from pathlib import Path

from datasets import crowdflower
from tests.datasets.reading import catalogue, products, reasons


def test_markup_is_removed_from_descriptions(tmp_path: Path) -> None:
    markup = '<ul>\n\t<li>Brass&nbsp;lamp</li><li>8 x 8" &amp; more</li></ul><script>x()</script>'
    outcomes = catalogue(tmp_path, "crowdflower", ["1", "Tom &amp; Co lamp", markup])

    (row,) = products(outcomes).values()
    assert row.product.title == "Tom & Co lamp"
    assert row.product.description == 'Brass lamp 8 x 8" & more'
    assert (row.product.reference, row.product.price) == ("1", Decimal(0))


def test_a_duplicate_id_and_a_missing_title_are_refused(tmp_path: Path) -> None:
    outcomes = catalogue(tmp_path, "crowdflower", ["1", "a", ""], ["1", "b", ""], ["2", " ", ""])

    assert reasons(outcomes) == [crowdflower.DUPLICATE_ID, crowdflower.NO_TITLE]
