"""Pages of invoices: what is printed on them, and that no text can become markup."""

from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader
from pytest_django import Settings

from backend.invoices.pdf import pdf_of_html
from backend.invoices.rendering import invoice_html
from backend.orders.cancellation import cancel_units
from tests.backend.invoices.orders import BY, issued
from tests.backend.orders.steps import check_out, fill, order_of
from tests.backend.shop import NOW, customer, product, variant

pytestmark = pytest.mark.django_db

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def test_no_text_becomes_markup(settings: Settings) -> None:
    for name in ("SHOP_NAME", "SHOP_VAT_NUMBER", "SHOP_EMAIL"):
        setattr(settings, name, MARKUP)
    settings.SHOP_ADDRESS = settings.INVOICE_FOOTER = [MARKUP]
    lamp = product(MARKUP, stock=3)
    user = customer(first_name=MARKUP, last_name=MARKUP)
    fill(user, {lamp.variants.get().pk: 1})
    address = {"street": MARKUP, "city": MARKUP, "company": MARKUP, "vat_number": MARKUP, "country": MARKUP}
    order = check_out(user, billing_address=address)

    (invoice,) = issued(order)
    page = invoice_html(invoice)

    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 10


def test_names_from_right_to_left_do_not_turn_what_is_beside_them() -> None:
    name, street = "\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", "\u0634\u0627\u0631\u0639 7"
    lamp = product(street, stock=3)
    user = customer()
    fill(user, {lamp.variants.get().pk: 1})
    order = check_out(
        user, billing_address={"name": name, "street": street, "city": "Haifa", "country": "IL"}
    )

    (invoice,) = issued(order)

    page = invoice_html(invoice)
    for text in (name, street):
        assert text in page
        assert page.count(text) == page.count(f"<bdi>{text}</bdi>")


def test_the_page_prints_the_amounts_with_thousands_and_by_rate(settings: Settings) -> None:
    settings.TAX_PERCENTAGE, settings.SHIPPING_COST = Decimal("7.25"), Decimal("4.99")
    order = order_of(customer(), {variant(price="1234.50", stock=9).pk: 3})

    (invoice,) = issued(order)
    page = invoice_html(invoice)

    for text in ("1,234.50", "3,703.50", "7.25 %", "4.99", "Shipping: Standard", "USD 3,977.35"):
        assert text in page
    assert order.total_amount == Decimal("3977.35")


def test_a_credit_note_names_its_invoice() -> None:
    order = order_of(customer(), {variant().pk: 1})
    cancel_units(order.pk, by=BY, now=NOW)
    invoice, note = issued(order)

    page = invoice_html(note)

    assert "<h1>Credit note</h1>" in page
    assert invoice.number in page
    assert "Total credit" in page
    assert invoice.number not in invoice_html(invoice).split("</header>")[1]


def test_the_paper_is_a_setting(settings: Settings) -> None:
    (invoice,) = issued(order_of(customer(), {variant().pk: 1}))

    assert "size: A4;" in invoice_html(invoice)
    settings.PAPER_SIZE = "letter"
    assert "size: letter;" in invoice_html(invoice)


@pytest.mark.pango
@pytest.mark.parametrize(("paper", "size"), [("A4", (595, 842)), ("letter", (612, 792))])
def test_a_long_invoice_has_numbered_pages_with_the_head_of_the_table_on_each(
    paper: str, size: tuple[int, int], settings: Settings
) -> None:
    settings.PAPER_SIZE = paper
    title = "A lamp with a long title " * 6 + "x" * 60
    choices = product(title, stock=[2] * 24, price="10.00").variants.all()
    user = customer(first_name="\u05d0\u05d3\u05d4", last_name="\u5c71\u7530")
    (invoice,) = issued(order_of(user, {choice.pk: 2 for choice in choices}))

    pages = PdfReader(BytesIO(pdf_of_html(invoice_html(invoice)))).pages

    # pypdf reads each byte of a code of the bold font.
    texts = [page.extract_text().replace("\0", "") for page in pages]
    assert len(pages) > 3
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {size}
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(pages)}" in text
        assert invoice.number in text
    assert all("UNIT PRICE" in text.upper() for text in texts if "choice " in text)
    assert sum(text.count("choice ") for text in texts) == 24
    # After the totals, there may be a page with the foot alone.
    assert "USD 480.00" in "".join(texts[-2:])
