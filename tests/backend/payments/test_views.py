"""Access to a payment, and the list of payments for staff."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.request import Request

from backend.payments import access
from backend.payments.models import Payment
from tests.backend.payments.gateway import RecordingGateway, paid, payment, perform_due
from tests.backend.shop import NOW, client_of, customer, seller, staff

pytestmark = pytest.mark.django_db(transaction=True)


def get_payment(made: Payment, *, to: Any = None) -> Any:
    return client_of(to).get(f"/api/payments/{made.pk}/")


@pytest.fixture
def owner(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The owner of the order A-1, as a registered check reports."""
    found = customer()

    def owns(request: Request, order_number: str) -> bool:
        return request.user == found and order_number == "A-1"

    monkeypatch.setattr(access, "_owner_checks", [])
    access.register_owner_check(owns)
    return found


def test_a_payment_is_shown_to_the_owner_of_its_order_and_to_staff(
    owner: Any, gateway: RecordingGateway
) -> None:
    made, other = paid("100.03"), paid(order_number="A-2")

    for user in (owner, staff()):
        data = get_payment(made, to=user).json()["data"]
        assert (data["status"], data["amount"], data["captured"]) == ("PENDING", "100.03", "0.00")
        assert set(data["client_data"]) > {"approve_body", "url"}
    assert get_payment(other, to=owner).status_code == 404


@pytest.mark.parametrize("role", [None, customer, seller])
def test_a_payment_is_hidden_from_others(role: Any, owner: Any, gateway: RecordingGateway) -> None:
    response = get_payment(payment(), to=role() if role else None)

    assert (response.status_code, response.json()["code"]) == (404, "payment_not_found")


def test_without_a_registered_owner_check_only_staff_can_see_payments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "_owner_checks", [])
    made = payment()

    assert get_payment(made, to=customer()).status_code == 404
    assert get_payment(made, to=staff()).status_code == 200


def test_amounts_have_the_decimal_places_of_their_currency(gateway: RecordingGateway) -> None:
    made = paid("1500", currency="JPY")

    assert get_payment(made, to=staff()).json()["data"]["captured"] == "1500"


class TestStaffList:
    def test_the_list_has_the_events_and_requests(self, gateway: RecordingGateway) -> None:
        paid()

        (row,) = client_of(staff()).get("/api/payments/").json()["results"]

        assert [(event["kind"], event["amount"]) for event in row["events"]] == [("CAPTURED", "100.00")]
        assert [(each["kind"], each["state"]) for each in row["requests"]] == [("AUTHORISE", "SUCCEEDED")]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("status=DECLINED", ["A-2"]),
            ("gateway=cod", ["A-3"]),
            ("order_number=A-1", ["A-1"]),
            ("needs_attention=true", ["A-4"]),
            ("needs_attention=false", ["A-3", "A-2", "A-1"]),
            ("created_from=2026-03-02T12:02:00Z", ["A-4", "A-3"]),
            ("created_to=2026-03-02T12:02:00Z", ["A-2", "A-1"]),
            ("gateway=test&status=CAPTURED", ["A-4", "A-1"]),
        ],
    )
    def test_the_list_can_be_filtered(self, query: str, found: list[str], gateway: RecordingGateway) -> None:
        different: list[dict[str, Any]] = [
            {},
            {"options": {"scenario": "decline"}},
            {"gateway": "cod"},
            {"options": {"scenario": "lying"}},
        ]
        for index, fields in enumerate(different):
            made = payment(order_number=f"A-{index + 1}", now=NOW + timedelta(minutes=index), **fields)
            perform_due(made.created_at)

        rows = client_of(staff()).get(f"/api/payments/?{query}").json()["results"]

        assert [row["order_number"] for row in rows] == found

    @pytest.mark.parametrize("query", ["status=PAID", "created_from=x", "paid=true"])
    def test_unknown_filters_and_values_are_refused(self, query: str) -> None:
        assert client_of(staff()).get(f"/api/payments/?{query}").status_code == 400

    @pytest.mark.parametrize(("role", "status"), [(customer, 403), (seller, 403), (None, 401)])
    def test_the_list_is_only_for_staff(self, role: Any, status: int) -> None:
        assert client_of(role() if role else None).get("/api/payments/").status_code == status

    def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
        self, gateway: RecordingGateway, django_assert_num_queries: Any
    ) -> None:
        client = client_of(staff())
        for _ in range(2):
            paid()
            with django_assert_num_queries(4):
                client.get("/api/payments/")
