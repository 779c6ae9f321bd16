"""Typical files of merchants in `files/`, each with its expected outcome in a Markdown file.

The first indented line of an outcome is the command that imports the file. The tables show the contents of the shop
afterwards.
"""

import shlex
from collections.abc import Iterator
from io import StringIO
from itertools import takewhile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backend.catalog.models import Product, Variant
from backend.inventory.reservations import fulfil, reserve
from backend.outbox.models import Message
from tests.backend.importing.test_import_catalog import refused_rows
from tests.backend.shop import SYSTEM

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "files"
CASES = sorted(path.stem for path in FILES.glob("*.md"))
COMMAND = "    import_catalog "


def command_of(case: str) -> list[str]:
    lines = (FILES / f"{case}.md").read_text().splitlines()
    return next(shlex.split(line.removeprefix(COMMAND)) for line in lines if line.startswith(COMMAND))


def imported(case: str) -> str:
    out = StringIO()
    call_command("import_catalog", *command_of(case), str(FILES / f"{case}.csv"), no_wait=True, stdout=out)
    return out.getvalue()


def outcome(case: str) -> str:
    """Import a file; return its outcome as Markdown, with the description of the case."""
    head = (FILES / f"{case}.md").read_text().split(COMMAND)[0]
    command = f"{head}{COMMAND}{shlex.join(command_of(case))}\n"
    try:
        out = imported(case)
    except CommandError as error:
        return f"{command}\nRefused as a whole: {str(error).replace(str(FILES) + '/', '')}\n"
    return "\n".join([command, *sections(out)]) + "\n"


def sections(out: str) -> Iterator[str]:
    if Product.objects.exists():
        yield from ("Products:", "", *table(PRODUCT, map(product_row, Product.objects.order_by("pk"))), "")
        yield from ("Variants:", "", *table(VARIANT, map(variant_row, Variant.objects.order_by("pk"))))
    notes = [line for line in out.splitlines() if "imported in part" in line or line.startswith("columns")]
    if "rows left out:\n" in out:
        reasons = out.split("rows left out:\n")[1].splitlines()
        notes += [f"left out:{line[1:]}" for line in takewhile(lambda line: line.startswith("  "), reasons)]
    if notes:
        yield from ("", "Notes:", "", *(f"- {note}" for note in notes))
    if "refused rows: " in out:
        rows = [[row["line"], row["reason"]] for row in refused_rows(out)]
        yield from ("", "Refused rows:", "", *table(["line", "reason"], rows))


PRODUCT = ["product", "title", "brand", "category", "listed", "tax", "description", "attributes", "pictures"]
VARIANT = ["product", "sku", "variant", "price", "before", "stock", "grams", "attributes", "picture"]


def product_row(product: Product) -> list[str]:
    return [
        str(product.source_reference),
        product.title,
        product.brand,
        product.category.path,
        "yes" if product.is_active else "no",
        product.tax_class,
        product.description.replace("\n", "⏎"),
        pairs(product.attributes),
        " ".join(product.image_urls),
    ]


def variant_row(variant: Variant) -> list[str]:
    product = variant.product
    return [
        str(product.source_reference),
        variant.sku,
        variant.name,
        f"{variant.sale_price:.2f} {product.currency}",
        f"{variant.list_price:.2f}" if variant.list_price != variant.sale_price else "",
        str(variant.stock),
        "" if variant.weight_grams is None else str(variant.weight_grams),
        pairs(variant.attributes),
        variant.image_url,
    ]


def pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(values.items()))


def table(header: list[str], rows: object) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:  # type: ignore[attr-defined]
        yield f"| {' | '.join(row)} |"


@pytest.mark.parametrize("case", CASES)
def test_a_file_has_the_expected_outcome(case: str) -> None:
    assert outcome(case) == (FILES / f"{case}.md").read_text()


def sell_one_of_each() -> None:
    """Ship a unit of every variant in stock."""
    now = timezone.now()
    units = {row.pk: 1 for row in Variant.objects.filter(stock__gt=0)}
    held = reserve(units, reference="an order", now=now)
    fulfil([reservation.pk for reservation in held.values()], by=SYSTEM, now=now)


@pytest.mark.parametrize("case", CASES)
def test_a_second_import_changes_nothing_even_after_sales(case: str) -> None:
    if "Refused as a whole" in (FILES / f"{case}.md").read_text():
        with pytest.raises(CommandError):
            imported(case)
        assert not Product.objects.exists()
        return
    imported(case)
    sell_one_of_each()
    before = (list(Product.objects.values()), list(Variant.objects.values()), Message.objects.count())
    out = imported(case)
    assert "0 created, 0 updated" in out or "products:" not in out
    assert (list(Product.objects.values()), list(Variant.objects.values()), Message.objects.count()) == before


def test_there_are_at_least_twenty_shapes() -> None:
    assert len(CASES) >= 20
    assert {path.stem for path in FILES.glob("*.csv")} == set(CASES)


@pytest.mark.parametrize(
    ("case", "corrections", "sku"),
    [
        ("shopify-rows-apart", {"RUG-XL,,,,deny,manual,,": "RUG-XL,,,,deny,manual,240.00,"}, "RUG-XL"),
        ("shopify-saved-by-excel", {"4,00638E+12": "4006381333931"}, "4006381333931"),
        (
            "woocommerce-simple",
            {"NOPRICE,,No price yet": "NOPRICE,,A price now", ",,Food,": ",5,Food,"},
            "NOPRICE",
        ),
        ("csv-damaged-rows", {"4.00638E+12": "H-1"}, "H-1"),
        (
            "csv-damaged-rows",
            {'"a 5 pipe""","A-1,Pipe,5.00,""a 5"" pipe"""': '"a 5"" pipe"'},
            "A-1",
        ),
    ],
)
def test_corrected_rows_are_imported_with_the_same_options(
    case: str, corrections: dict[str, str], sku: str, tmp_path: Path
) -> None:
    out = imported(case)
    options = command_of(case)
    if "and --decimal" in out:
        options += ["--decimal", out.split("and --decimal ")[1].split()[0]]
    before = set(Variant.objects.values_list("sku", flat=True))
    text = Path(out.rsplit("refused rows: ", 1)[1].strip()).read_text(encoding="utf-8-sig")
    for fault, correction in corrections.items():
        assert fault in text
        text = text.replace(fault, correction)
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(text, encoding="utf-8-sig")
    call_command("import_catalog", *options, str(corrected), no_wait=True, stdout=StringIO())
    assert set(Variant.objects.values_list("sku", flat=True)) == before | {sku}
