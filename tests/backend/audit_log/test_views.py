"""The endpoints of the audit log: filters, pages, exports, and who may read it."""

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.areas import StaffArea, stored_areas
from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.audit.services import delete_personal_key, record
from tests.backend.shop import client_of, customer, staff

pytestmark = pytest.mark.django_db

ENTRIES, EXPORT, CHAIN = "/api/audit/entries/", "/api/audit/export/", "/api/audit/chain/"
NOW = timezone.now()


@pytest.fixture
def auditor() -> APIClient:
    return client_of(customer(is_staff=True, areas=stored_areas([StaffArea.AUDIT])))


def entry(number: int, **columns: Any) -> AuditEntry:
    values = {
        "user_id": None if "system_name" in columns else 7,
        "action": "catalog.product_updated",
        "object_type": "catalog.Product",
        "object_id": str(number),
        "changes": {"price": ["10", "12"]},
        **columns,
    }
    return AuditEntry.objects.create(**values)


def listed(client: APIClient, **parameters: Any) -> list[str]:
    response = client.get(ENTRIES, parameters)
    assert response.status_code == 200, response.json()
    return [one["object_id"] for one in response.json()["data"]["entries"]]


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def lines(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content_of(response).splitlines()]


@pytest.mark.parametrize("path", [ENTRIES, f"{ENTRIES}1/", EXPORT, CHAIN])
def test_only_staff_with_the_area_may_read_the_log(path: str) -> None:
    others = customer(is_staff=True, areas=stored_areas([StaffArea.ORDERS, StaffArea.REPORTS]))
    assert [client_of(user).get(path).status_code for user in (None, customer(), others)] == [401, 403, 403]
    assert client_of(staff()).get(path).status_code in (200, 404)
    assert client_of(staff()).delete(path).status_code == 405


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "7654321"),
        ({"user": 7}, "761"),
        ({"system": "importer"}, "5"),
        ({"action": "catalog.product_updated"}, "76521"),
        ({"action": "orders."}, "43"),
        ({"action": "orders"}, ""),
        ({"object_type": "orders.Order"}, "43"),
        ({"object_type": "orders.Order", "object_id": "3"}, "3"),
        ({"request_id": "r-6"}, "6"),
        ({"since": NOW - timedelta(days=4)}, "7654"),
        ({"until": NOW - timedelta(days=4)}, "321"),
        ({"since": NOW - timedelta(days=6), "until": NOW - timedelta(days=4)}, "32"),
        ({"user": 8, "action": "orders.", "since": NOW - timedelta(days=4)}, "4"),
    ],
)
def test_filters_choose_entries(auditor: APIClient, parameters: dict[str, Any], expected: str) -> None:
    entry(1, recorded_at=NOW - timedelta(days=7))
    entry(2, user_id=9, recorded_at=NOW - timedelta(days=5, minutes=1))
    for number, days in ((3, 5), (4, 3)):
        moment = NOW - timedelta(days=days)
        entry(number, user_id=8, action="orders.shipped", object_type="orders.Order", recorded_at=moment)
    entry(5, system_name="importer")
    entry(6, request_id="r-6")
    entry(7)
    assert "".join(listed(auditor, **parameters)) == expected


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"object_id": "1"}, "object_type"),
        ({"actor": "1"}, "actor"),
        ({"user": "x"}, "user"),
        ({"since": "yesterday"}, "since"),
        ({"page_size": "201"}, "page_size"),
        ({"before": "-1"}, "before"),
    ],
)
def test_invalid_parameters_are_refused(auditor: APIClient, parameters: dict[str, str], field: str) -> None:
    response = auditor.get(ENTRIES, parameters)
    assert (response.status_code, list(response.json()["details"])) == (400, [field])


def test_pages_follow_each_other_while_entries_are_added(auditor: APIClient) -> None:
    for number in range(1, 6):
        entry(number)
    url, found = f"{ENTRIES}?page_size=2&action=catalog.", []
    while url:
        data = auditor.get(url).json()["data"]
        found.append([one["object_id"] for one in data["entries"]])
        url = data["next"]
        entry(100)
    assert found == [["5", "4"], ["3", "2"], ["1"]]


def test_a_page_takes_the_same_queries_however_long_the_log_is(auditor: APIClient) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            auditor.get(f"{ENTRIES}?page_size=2&action=catalog.&since=2020-01-01T00:00:00Z")
        return [query["sql"] for query in captured.captured_queries]

    entry(1)
    before = len(queries())
    for number in range(30):
        entry(number)
    after = queries()
    assert len(after) == before
    assert not [sql for sql in after if "COUNT(" in sql or "OFFSET" in sql]


def test_an_entry_has_its_values_with_fingerprints_until_the_user_is_erased(auditor: APIClient) -> None:
    record(
        "accounts.profile_changed",
        by=Actor.user(7),
        subject=("accounts.User", "7"),
        changes={"language": ("", "en"), "skus": (None, ["a", "é"])},
        personal={"email": ("", "a@shop.example")},
    )
    path = f"{ENTRIES}{AuditEntry.objects.latest('pk').pk}/"
    shown = auditor.get(path).json()["data"]
    assert (shown["user_id"], shown["system_name"], shown["is_sealed"]) == (7, "", False)
    assert shown["changes"] == {"language": ["", "en"], "skus": [None, '["a", "é"]']}
    assert shown["personal"]["email"][0] == "empty"
    assert "example" not in str(shown)

    delete_personal_key(7)
    assert auditor.get(path).json()["data"]["personal"] == {"email": ["erased", "erased"]}
    missing = auditor.get(f"{ENTRIES}999999/")
    assert (missing.status_code, missing.json()["code"]) == (404, "audit_entry_not_found")


def test_reading_the_log_is_recorded_in_it(auditor: APIClient) -> None:
    one = entry(1)
    auditor.get(ENTRIES, {"user": 7})
    auditor.get(f"{ENTRIES}{one.pk}/")
    auditor.get(EXPORT, {"action": "orders."})
    auditor.get(CHAIN)
    reads = AuditEntry.objects.filter(action__startswith="audit.").order_by("pk")
    assert [(read.action, read.object_id, read.changes) for read in reads] == [
        ("audit.entries_read", "", {"user": [None, 7]}),
        ("audit.entry_read", str(one.pk), {}),
        ("audit.entries_exported", "", {"action": [None, "orders."]}),
    ]
    assert len({read.user_id for read in reads} - {None}) == 1


def test_an_export_is_a_file_without_formulas(auditor: APIClient) -> None:
    entry(1, object_id='=cmd|"calc"!A1', changes={"name": ["é", "a,b\n"]})
    response = auditor.get(EXPORT, {"object_type": "catalog.Product"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="audit-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"])
    assert "Link" not in response
    header, row = csv.reader(io.StringIO(content_of(response).decode()))
    found = dict(zip(header, row, strict=True))
    assert found["object_id"] == '\'=cmd|"calc"!A1'
    assert json.loads(found["changes"]) == {"name": ["é", "a,b\n"]}

    (line,) = lines(auditor.get(EXPORT, {"object_type": "catalog.Product", "format": "ndjson"}))
    shown = auditor.get(ENTRIES, {"object_type": "catalog.Product"}).json()["data"]["entries"][0]
    assert line == shown
    assert auditor.get(EXPORT, {"format": "xml"}).status_code == 400


def test_a_long_export_continues_at_the_link_and_is_read_in_batches(
    auditor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.audit.selectors.ENTRIES_AT_ONCE", 2)
    for number in range(1, 8):
        entry(number)
    url, found = f"{EXPORT}?format=ndjson&limit=3&action=catalog.", []
    while url:
        response = auditor.get(url)
        found.append([one["object_id"] for one in lines(response)])
        url = response.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert found == [["7", "6", "5"], ["4", "3", "2"], ["1"]]


def test_the_command_exports_the_whole_log(tmp_path: Path) -> None:
    for number in range(3):
        entry(number, recorded_at=NOW - timedelta(days=2 - number))
    since = (NOW - timedelta(days=1, minutes=1)).isoformat()
    path = tmp_path / "log.ndjson"
    call_command("audit", "export", path, "--format", "ndjson", "--action", "catalog.", "--since", since)
    assert [json.loads(line)["object_id"] for line in path.read_text().splitlines()] == ["2", "1"]
    assert AuditEntry.objects.latest("pk").system_name == "audit_command"


def test_the_state_of_the_chain_is_shown(auditor: APIClient) -> None:
    entry(1)
    data = auditor.get(CHAIN).json()["data"]
    assert (data["head"], data["blocks"], data["faults"]) == ("", 0, None)
    assert data["unsealed_since"] is not None
