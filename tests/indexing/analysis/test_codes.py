"""SKUs, barcodes and model numbers."""

import pytest

from indexing.analysis.codes import canonical, parts
from indexing.indexed_product import flatten
from indexing.schema import CURRENT
from tests.indexing.builders import product, variant


@pytest.mark.parametrize(
    "written", ["MYN-10017413", "myn 10017413", "Myn_10017413", "MYN10017413", "myn.10017413"]
)
def test_a_code_has_one_form_and_is_found_by_its_parts(written: str) -> None:
    assert canonical(written) == "myn10017413"
    assert [*parts(written)] == ["10017413"]


def test_parts_begin_after_separators_and_between_letters_and_digits() -> None:
    assert [*parts("WH-1000XM4/B-77")] == ["1000xm4b77", "xm4b77", "4b77"]
    assert [*parts("RED-XL")] == [*parts("A-1")] == [*parts("12345")] == []


def test_codes_are_those_of_variants_attributes_and_titles() -> None:
    document = product(
        1,
        "Sony WH-1000XM4 and B0BRKXTSBT for iPhone6, 1,000 ml, 20 pieces",
        attributes={"EAN": "4006381333931", "Model No.": "X-7", "colour": "red42abc"},
        variants=(variant(71, upc="00012"), variant(72)),
    )

    flat = flatten(document, analysis=CURRENT.analysis)

    assert set(flat.codes) == {"sku71", "sku72", "4006381333931", "x7", "00012", "wh1000xm4", "b0brkxtsbt"}
    assert "1000xm4" in flat.code_parts
