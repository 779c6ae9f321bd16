"""Runs of imports are stored, and staff see them with their refused rows in the admin."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from backend.accounts.areas import StaffArea, stored_areas
from backend.importing import stored_runs
from backend.importing.models import ImportRun, RefusedRow
from backend.importing.outcomes import Refused
from tests.backend.config.admin_site.browser import PASSWORD, logged_in
from tests.backend.importing.written import ONLINE_RETAIL, line, table
from tests.backend.shop import customer

pytestmark = pytest.mark.django_db
HEADER = "sku,title,price,product"
ROWS = (
    ["L-1", "Lamp", "20.00", "lamp"],
    ["L-2", "Lamp", "much", "lamp"],
    ["M-1", "<b>Mug</b>", "cheap", ""],
    ["M-2", "Mug", "dear", ""],
)


def import_rows(folder: Path, *, name: str = "spring.csv", **options: object) -> None:
    file = table(folder / name, HEADER, *ROWS)
    call_command("import_catalog", str(file), format="csv", no_wait=True, **options)


def test_staff_see_what_an_import_wrote_and_which_rows_it_refused(tmp_path: Path, settings: Settings) -> None:
    settings.VITRINE_HOME = tmp_path
    import_rows(tmp_path)
    import_rows(tmp_path, name="tried.csv", dry_run=True)
    browser = logged_in(customer(password=PASSWORD, is_staff=True, areas=stored_areas([StaffArea.CATALOGUE])))

    run = ImportRun.objects.get()
    listed = browser.get("/admin/importing/importrun/", {"q": "spring"}).content.decode()
    page = browser.get(f"/admin/importing/importrun/{run.pk}/change/").content.decode()
    refused = browser.get("/admin/importing/refusedrow/", {"run__id__exact": run.pk}).content.decode()

    assert (run.total_rows, run.read_rows, run.refused_rows) == (4, 4, 3)
    assert run.written["products created"] == 1
    assert "products created: 1" in listed
    assert "spring.csv" not in browser.get("/admin/importing/importrun/", {"q": "autumn"}).content.decode()
    assert sum(run.refused.values()) == 3
    assert all(f"{reason}: {count} rows" in page for reason, count in run.refused.items())
    assert str(tmp_path / "imports") in page
    assert [row.line for row in RefusedRow.objects.order_by("line")] == [3, 4, 5]
    assert "price: cheap" in refused
    assert "title: &lt;b&gt;Mug&lt;/b&gt;" in refused
    assert browser.post(f"/admin/importing/importrun/{run.pk}/change/", {"kind": "x"}).status_code == 403
    assert browser.post(f"/admin/importing/importrun/{run.pk}/delete/", {"post": "yes"}).status_code == 403


def test_only_the_first_refused_rows_are_stored_and_old_runs_are_deleted(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VITRINE_HOME = tmp_path
    monkeypatch.setattr(stored_runs, "MOST_REFUSED", 2)
    import_rows(tmp_path)
    assert RefusedRow.objects.count() == 2
    ImportRun.objects.update(started_at=timezone.now() - timedelta(days=366))

    import_rows(tmp_path, name="autumn.csv")

    assert [run.file_name for run in ImportRun.objects.all()] == ["autumn.csv"]


def test_refused_orders_are_stored_without_their_cells(tmp_path: Path, settings: Settings) -> None:
    settings.VITRINE_HOME = tmp_path
    rows = line("536365", "85123A"), line("536366", "85123A", quantity="some")
    file = table(tmp_path / "orders.csv", ONLINE_RETAIL, *rows)

    for command in ("import_catalog", "import_orders"):
        call_command(command, str(file), format="online-retail", no_wait=True)

    assert RefusedRow.objects.get(run__kind="orders-online-retail").cells == {}


def test_null_characters_in_names_and_cells_of_refused_rows_are_left_out(tmp_path: Path) -> None:
    run = stored_runs.begin_run(kind="catalogue", file_name="spring.csv", total_rows=1, now=timezone.now())
    options: dict[str, Any] = {"columns": ["sku", "no\0te"], "delimiter": ",", "run": run, "with_cells": True}
    with stored_runs.StoredRefusedRows(tmp_path / "refused.csv", **options) as rows:
        rows.add([Refused(2, "a fault", ("L\0-1", "x"))])

    assert RefusedRow.objects.get().cells == {"sku": "L-1", "note": "x"}


def test_an_import_that_was_interrupted_is_not_finished(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VITRINE_HOME = tmp_path

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backend.importing.command.run", interrupt)
    with pytest.raises(CommandError):
        import_rows(tmp_path)

    assert ImportRun.objects.get().finished_at is None
    assert "running, or interrupted" in logged_in().get("/admin/importing/importrun/").content.decode()
