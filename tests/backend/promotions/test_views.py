"""Promotions over the API of staff."""

from datetime import timedelta
from typing import Any

import pytest

from backend.audit.models import AuditEntry
from backend.promotions.models import Promotion, PromotionCode, PromotionUse
from tests.backend.promotions.shop import promotion
from tests.backend.shop import NOW, client_of, staff, variant

pytestmark = pytest.mark.django_db

PROMOTIONS = "/api/promotions/"
PREVIEW = f"{PROMOTIONS}preview/"
LAMPS: dict[str, Any] = {
    "name": "Ten percent off lamps",
    "level": "item",
    "kind": "percentage",
    "value": "10.0000",
    "target": {"brands": ["Kupfer"]},
    "starts_at": "2026-03-02T12:00:00Z",
    "ends_at": "2026-03-09T12:00:00Z",
}


def test_staff_create_change_and_delete_promotions() -> None:
    client = client_of(staff())
    created = client.post(PROMOTIONS, LAMPS)
    row = created.json()["data"]
    assert created.status_code == 201
    assert LAMPS.items() <= row.items()
    assert (row["version"], row["stackable"], row["priority"]) == (1, True, 100)
    path = f"{PROMOTIONS}{row['id']}/"

    changed = client.put(path, {**LAMPS, "value": "20", "version": 1}).json()["data"]
    assert (changed["value"], changed["version"]) == ("20.0000", 2)
    stale = client.put(path, {**LAMPS, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "promotion_edited_meanwhile")
    assert stale.json()["details"] == {"version": 2}
    assert client.get(path).json()["data"] == changed
    assert client.get(PROMOTIONS).json()["results"] == [changed]
    assert client.get(PROMOTIONS, {"is_active": "false"}).json()["results"] == []

    assert client.delete(path).json()["data"] == {"id": row["id"]}
    assert client.get(path).json()["code"] == "promotion_not_found"
    entries = AuditEntry.objects.filter(object_type="promotions.Promotion").order_by("pk")
    assert [(entry.action, entry.changes["value"]) for entry in entries] == [
        ("promotions.promotion_created", [None, "10"]),
        ("promotions.promotion_updated", ["10", "20"]),
        ("promotions.promotion_deleted", ["20", None]),
    ]


def test_a_promotion_that_orders_have_used_is_switched_off_instead_of_deleted() -> None:
    client, row = client_of(staff()), promotion()
    PromotionUse.objects.create(
        promotion=row, order_number="A", units=2, amount=3, currency="USD", is_counted=False, used_at=NOW
    )
    path = f"{PROMOTIONS}{row.pk}/"
    refused = client.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "promotion_used")
    body = {**LAMPS, "is_active": False, "version": 1}
    assert client.put(path, body).json()["data"]["is_active"] is False
    # Its uses were not counted, so that a cap would allow more than it says.
    capped = client.put(path, {**LAMPS, "use_cap": 5, "version": 2})
    assert (capped.status_code, list(capped.json()["details"])) == (400, ["use_cap"])
    assert client.get(f"{path}statistics/").json()["data"] == [
        {"currency": "USD", "orders": 1, "units": 2, "amount": "3.00"}
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"value": "0"}, "value"),
        ({"value": "100.5"}, "value"),
        ({"kind": "amount", "value": "5"}, "currency"),
        ({"kind": "amount", "value": "0.5", "currency": "JPY"}, "value"),
        ({"kind": "amount", "value": "5", "currency": "XXX"}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"minimum_amount": "5.00"}, "currency"),
        ({"ends_at": "2026-03-02T12:00:00Z"}, "ends_at"),
        ({"kind": "buy_get", "level": "order", "buy_units": 2, "get_units": 1}, "kind"),
        ({"kind": "buy_get", "buy_units": 2}, "get_units"),
        ({"bought": {"brands": ["Kupfer"]}}, "bought"),
        ({"level": "order", "unit_cap": 5}, "unit_cap"),
        ({"tiers": [{"threshold": "5", "value": "5"}, {"threshold": "3", "value": "3"}]}, "tiers"),
        ({"tiers": [{"threshold": "0", "value": "5"}]}, "tiers.0.threshold"),
        ({"target": {"products": [404]}}, "target.products"),
        ({"target": {"brand": ["Kupfer"]}}, "target.brand"),
        ({"level": "basket"}, "level"),
        ({"starts_at": None}, "starts_at"),
    ],
)
def test_invalid_input_names_the_field(wrong: dict[str, object], field: str) -> None:
    response = client_of(staff()).post(PROMOTIONS, LAMPS | wrong)
    assert (response.status_code, list(response.json()["details"])) == (400, [field])
    assert not Promotion.objects.exists()


def test_codes_are_added_as_texts_or_in_bulk() -> None:
    client, row = client_of(staff()), promotion("WELCOME")
    path = f"{PROMOTIONS}{row.pk}/codes/"
    assert client.post(path, {"codes": ["spring"]}).json()["data"] == {"codes": ["SPRING"]}
    random = client.post(path, {"count": 50, "prefix": "mail-", "batch": "Letter"}).json()["data"]["codes"]
    assert len(set(random)) == 50
    assert all(code.startswith("MAIL-") and len(code) == 17 for code in random)
    assert set(PromotionCode.objects.filter(batch="Letter").values_list("max_uses", flat=True)) == {1}
    listed = client.get(path).json()
    assert (listed["count"], listed["results"][1]["code"]) == (52, "SPRING")
    assert client.get(PROMOTIONS, {"code": "spring"}).json()["count"] == 1

    again = client.post(path, {"codes": ["NEW", "Spring"]})
    assert (again.status_code, again.json()["code"]) == (409, "promotion_code_exists")
    assert again.json()["details"] == {"codes": ["SPRING"]}
    assert not PromotionCode.objects.filter(code="NEW").exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "codes"),
        ({"codes": ["A"], "count": 1}, "codes"),
        ({"codes": ["A", "a"]}, "codes"),
        ({"codes": ["two words"]}, "codes.0"),
        ({"count": 10_001}, "count"),
        ({"count": 1, "prefix": "P" * 29}, "prefix"),
    ],
)
def test_invalid_codes_name_the_field(body: dict[str, object], field: str) -> None:
    path = f"{PROMOTIONS}{promotion('WELCOME').pk}/codes/"
    response = client_of(staff()).post(path, body)
    assert (response.status_code, list(response.json()["details"])) == (400, [field])


def test_a_promotion_without_codes_gets_none() -> None:
    response = client_of(staff()).post(f"{PROMOTIONS}{promotion().pk}/codes/", {"codes": ["A"]})
    assert response.json()["details"] == {
        "promotion_id": ["The promotion applies without a code: `code_required` is false."]
    }


def test_the_preview_explains_every_promotion() -> None:
    lamp = variant(title="Lamp", price="40.00", brand="Kupfer")
    home = lamp.product.category.parent
    assert home is not None
    lamps = promotion(name="Lamps", target={"categories": [home.pk]}, customer_use_cap=1)
    code = promotion("WELCOME", name="Welcome", level="order", kind="amount", value="5", currency="USD")
    free = promotion(name="Free shipping", level="shipping", value="100", minimum_amount="60", currency="USD")
    later = promotion(name="Later", ends_at=NOW + timedelta(hours=1))
    body = {
        "items": [{"variant_id": lamp.pk, "quantity": 2}],
        "codes": ["welcome", "UNKNOWN"],
        "shipping_price": "4.90",
        "at": "2026-03-04T00:00:00Z",
    }
    found = client_of(staff()).post(PREVIEW, body).json()["data"]
    assert found["items"] == [
        {
            "variant_id": lamp.pk,
            "quantity": 2,
            "unit_price": "40.00",
            "discount_amount": "13.00",
            "total_price": "67.00",
        }
    ]
    assert (found["subtotal"], found["discount_amount"], found["shipping_discount_amount"]) == (
        "67.00",
        "13.00",
        "4.90",
    )
    assert [
        (each["promotion_id"], each["code"], each["reduces"], each["amount"]) for each in found["applied"]
    ] == [
        (lamps.pk, "", "items", "8.00"),
        (code.pk, "WELCOME", "items", "5.00"),
        (free.pk, "", "shipping", "4.90"),
    ]
    assert found["applied"][0]["lines"] == [{"variant_id": lamp.pk, "units": 2, "amount": "8.00"}]
    assert [(each["promotion_id"], each["code"], each["reason"]) for each in found["refused"]] == [
        (later.pk, "", "ended"),
        (None, "UNKNOWN", "code_unknown"),
    ]


def test_the_preview_refuses_unknown_variants_and_several_currencies() -> None:
    client = client_of(staff())
    dollars, euros = variant(currency="USD"), variant(currency="EUR")
    both = [{"variant_id": each.pk, "quantity": 1} for each in (dollars, euros)]
    assert client.post(PREVIEW, {"items": both}).json()["details"] == {
        "items": ["The items have several currencies: EUR, USD."]
    }
    unknown = client.post(PREVIEW, {"items": [{"variant_id": 404, "quantity": 1}]})
    assert unknown.json()["code"] == "variant_not_found"
