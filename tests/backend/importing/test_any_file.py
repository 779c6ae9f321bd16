"""Reading any file yields products and refused rows, or raises UnreadableFile."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.importing.catalogue.formats import catalogue_format
from backend.importing.catalogue.row import CatalogRow, Outcomes, Reading
from backend.importing.errors import UnreadableFile
from backend.importing.files import count_rows
from backend.importing.outcomes import Refused

FORMATS = ("csv", "shopify", "woocommerce")
CELLS = st.one_of(
    st.sampled_from(
        [
            "", "1", "a", "12.50", "12,5", "1,234", "-3", "€ 9", "true", "id:1", "simple", "variable", "variation",
            "A > B", "A > > B", "https://example.org/a.jpg", "ftp://x", "Size", "S", '="001"', "'=1", "#REF!", "1E+05",
            "<p onclick=x>", "\\n", "2024-01-31", "parent",
        ]
    ),
    st.text(max_size=8),
)  # fmt: skip
SHARED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def outcomes(path: Path, name: str) -> Outcomes:
    file_format = catalogue_format(name)
    count_rows(path, header=file_format.header)
    reading = file_format.resolve(path, reading=Reading(currency="EUR"))
    return file_format.read(path, reading=reading)


@pytest.mark.parametrize("name", FORMATS)
@SHARED
@given(data=st.data())
def test_every_row_belongs_to_a_product_or_is_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    header = catalogue_format(name).header
    columns = [
        *header.required,
        *data.draw(st.lists(st.sampled_from(header.optional), max_size=8, unique=True)),
    ]
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=6))
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode("utf-8", errors="replace"))
    try:
        found = list(outcomes(path, name))
    except UnreadableFile:
        return
    assert count_rows(path, header=header) == sum(
        1 if isinstance(outcome, Refused) else outcome.rows + len(outcome.refused) for outcome in found
    )
    for outcome in found:
        if isinstance(outcome, CatalogRow):
            assert outcome.product.variants
            assert all(variant.price_modifier >= 0 for variant in outcome.product.variants)
            assert outcome.is_partial >= bool(outcome.refused)


@pytest.mark.parametrize("start", [b"sku,title,price\n", b"sku;title;price\r\n", b"\xff\xfe", b""])
@SHARED
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, start: bytes, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(start + content)
    try:
        found = list(outcomes(path, "csv"))
    except UnreadableFile:
        return
    assert found


@SHARED
@given(lines=st.lists(st.text(alphabet='ab,"\n', max_size=8), max_size=8))
def test_broken_quotes_do_not_affect_valid_rows(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "a.csv"
    valid = [f"S-{number},valid,1" for number in range(3)]
    path.write_text("\n".join(["sku,title,price", valid[0], *lines, "", valid[1], valid[2], ""]))
    found = [
        variant.sku
        for outcome in outcomes(path, "csv")
        if isinstance(outcome, CatalogRow)
        for variant in outcome.product.variants
    ]
    assert {"S-0", "S-1", "S-2"} <= set(found)
