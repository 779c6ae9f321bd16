"""Values, bodies and requests that staff or shoppers can send on purpose or by mistake."""

from decimal import Decimal
from typing import Any

import pytest

from backend.api.errors import InvalidInput
from backend.api.owners import Owner
from backend.promotions.codes import MAX_CART_CODES, add_codes, add_random_codes, enter_code
from backend.promotions.customers import use_owner
from backend.promotions.models import CartCode, Promotion, PromotionCode
from backend.promotions.reading import terms_for
from backend.promotions.rules import Kind, Selection, Tier
from backend.promotions.services import update_promotion
from tests.backend.promotions.rules import evaluated, line, rule
from tests.backend.promotions.shop import promotion
from tests.backend.shop import NOW, SYSTEM, client_of, customer, staff, variant

PROMOTIONS = "/api/promotions/"
HALF: dict[str, Any] = {"name": "Half", "level": "item", "kind": "percentage", "value": "50"}
HALF |= {"starts_at": "2026-03-02T12:00:00Z"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        # Without whole thresholds, a cart of two units would reach no tier, and could not be shown.
        ({"tiers": [{"threshold": "2.5", "value": "10"}]}, "tiers"),
        ({"value": "500", "tiers": [{"threshold": "2", "value": "10"}]}, "value"),
    ],
    ids=["half a unit", "a value that tiers hide"],
)
def test_values_that_could_not_be_stored_or_evaluated_are_refused(wrong: dict[str, Any], field: str) -> None:
    response = client_of(staff()).post(PROMOTIONS, HALF | wrong)
    assert (response.status_code, list(response.json()["details"])) == (400, [field])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"tiers": [["1e999999", "10"]]},
        {"tiers": [["2", "0.00001"]]},
        {"value": "-1", "tiers": [["2", "10"]]},
        {"minimum_amount": "-5", "currency": "USD"},
    ],
    ids=["a number of a million digits", "five decimal places", "a negative value", "a negative minimum"],
)
def test_values_of_the_admin_are_checked_too(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        promotion(**fields)


def test_a_tier_that_begins_at_part_of_a_unit_begins_at_the_next_unit() -> None:
    tiers = (Tier(Decimal("2.5"), Decimal(10)),)
    missing = evaluated([line(1, "10.00", quantity=2)], rule(tiers=tiers)).refusals
    assert [each.missing_units for each in missing] == [1]
    assert evaluated([line(1, "10.00", quantity=3)], rule(tiers=tiers)).discount_amount == Decimal("3.00")


def test_the_number_of_units_costs_no_time() -> None:
    units = 10**12
    bought = Selection(variants=frozenset({1, 2}), is_empty=False)
    two_for_one = rule(kind=Kind.BUY_GET, value=Decimal(100), buy_units=2, get_units=1, bought=bought)
    lines = [line(1, "0.01", quantity=units), line(2, "0.02", quantity=units)]
    (reduction,) = evaluated(lines, two_for_one).reductions
    assert reduction.unit_count == 2 * units // 3


def test_reductions_of_shipping_are_applied_by_priority_then_by_amount() -> None:
    third = rule(1, level="shipping", value=Decimal(30), priority=2)
    tenth = rule(2, level="shipping", value=Decimal(10), priority=1)
    half = rule(3, level="shipping", value=Decimal(50), priority=1)
    found = evaluated([line(1, "10.00")], third, tenth, half).shipping(Decimal(10))
    assert [(each.rule.id, str(each.amount)) for each in found] == [(3, "5.00"), (2, "0.50"), (1, "1.35")]


def test_a_guest_has_one_mailbox_whatever_its_case_and_tag() -> None:
    keys = {use_owner(user_id=None, email=each) for each in ("Ann@x.org", "ann+2@X.ORG", " ann+a+b@x.org ")}
    assert len(keys) == 1
    others = ("bob@x.org", "ann@y.org", "+ann@x.org", "+bob@x.org")
    assert len({use_owner(user_id=None, email=each) for each in others}) == len(others)
    assert use_owner(user_id=None, email=" ") == ""


@pytest.mark.django_db
def test_requests_at_the_same_time_bring_no_more_codes_than_a_cart_holds() -> None:
    row, user = promotion(*(f"CODE{number}" for number in range(8))), customer()
    codes = PromotionCode.objects.filter(promotion=row)
    CartCode.objects.bulk_create(CartCode(user=user, code=code, added_at=NOW) for code in codes)
    assert len(terms_for(Owner(user_id=user.pk), now=NOW).codes) == MAX_CART_CODES


@pytest.mark.django_db
def test_a_promotion_can_be_changed_although_something_of_it_was_deleted() -> None:
    row, gone = promotion(), 999_999
    Promotion.objects.filter(pk=row.pk).update(target={"variants": [gone]})
    common: dict[str, Any] = {"by": SYSTEM, "now": NOW}
    off = update_promotion(row.pk, changes={"is_active": False}, version=1, **common)
    assert not off.is_active
    changes = {"excluded": {"variants": [gone]}}
    with pytest.raises(InvalidInput) as refused:
        update_promotion(row.pk, changes=changes, version=2, **common)
    assert list(refused.value.details) == ["excluded.variants"]


@pytest.mark.django_db
def test_codes_that_nobody_could_enter_are_not_added() -> None:
    row = promotion("A")
    common: dict[str, Any] = {"max_uses": 1, "batch": "", "by": SYSTEM, "now": NOW}
    for text in ("TWO WORDS", "Ä", "X" * 41, "NUL\0", ""):
        with pytest.raises(InvalidInput):
            add_codes(row.pk, codes=[text], **common)
    with pytest.raises(InvalidInput):
        add_random_codes(row.pk, count=1, prefix="Ä", **common)
    assert PromotionCode.objects.count() == 1


@pytest.mark.django_db
def test_a_preview_refuses_a_price_of_shipping_that_the_currency_does_not_have() -> None:
    body = {"items": [{"variant_id": variant().pk, "quantity": 1}], "shipping_price": "4.999"}
    response = client_of(staff()).post(f"{PROMOTIONS}preview/", body)
    assert (response.status_code, list(response.json()["details"])) == (400, ["shipping_price"])


@pytest.mark.django_db
def test_guesses_of_codes_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    promotion("SPRING20")
    monkeypatch.setattr("backend.carts.views.CodesThrottle.rate", "3/minute", raising=False)
    client = client_of(customer())
    statuses = [client.post("/api/orders/cart/codes/", {"code": f"GUESS{n}"}).status_code for n in range(4)]
    assert statuses == [404, 404, 404, 429]


@pytest.mark.django_db
def test_a_code_of_a_deleted_promotion_leaves_the_cart() -> None:
    row, user = promotion("GONE"), customer()
    enter_code(Owner(user_id=user.pk), "gone", now=NOW)
    Promotion.objects.filter(pk=row.pk).delete()
    assert terms_for(Owner(user_id=user.pk), now=NOW).codes == {}
