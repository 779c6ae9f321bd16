"""`manage.py issue_invoices`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from backend.invoices.models import Invoice, NumberSeries
from tests.backend.invoices.orders import confirmed_orders

pytestmark = pytest.mark.django_db


def run(*options: str) -> str:
    output = StringIO()
    call_command("issue_invoices", *options, stdout=output)
    return output.getvalue()


def test_missing_documents_are_issued_once_and_the_check_finds_what_is_missing() -> None:
    confirmed_orders(2)
    with pytest.raises(CommandError, match="missing"):
        run("--check")

    assert run() == "2 invoices and credit notes were issued\n"
    assert run() == "0 invoices and credit notes were issued\n"
    assert "no gaps" in run("--check")

    NumberSeries.objects.update(last_number=7)
    with pytest.raises(CommandError, match="missing"):
        run("--check")


def test_a_shop_without_an_address_issues_nothing(settings: Settings) -> None:
    confirmed_orders(1)
    settings.SHOP_ADDRESS = []

    with pytest.raises(CommandError, match="SHOP_ADDRESS"):
        run()

    assert not Invoice.objects.exists()
