"""Orders that want the same promotions at the same time."""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.api.owners import Owner
from backend.orders.cancellation import cancel_units
from backend.orders.models import Order, OrderAdjustment
from backend.promotions.codes import add_random_codes, enter_code
from backend.promotions.errors import PromotionUsed, PromotionUsedUp
from backend.promotions.models import CustomerUse, Promotion, PromotionCode, PromotionUse
from backend.promotions.reading import terms_for
from backend.promotions.services import delete_promotion, update_promotion
from tests.backend.orders.steps import check_out, fill
from tests.backend.promotions.shop import promotion
from tests.backend.shop import NOW, SYSTEM, customer, variant
from tests.backend.together import together

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def shoppers(number: int, *, units: dict[int, int], codes: Sequence[str] = ()) -> list[User]:
    found = [customer() for _ in range(number)]
    for user in found:
        fill(user, units)
        for code in codes:
            enter_code(Owner(user_id=user.pk), code, now=NOW)
    return found


def ordering(users: Sequence[User]) -> Callable[[], None]:
    """Return an action in which each shopper orders, and reads the cart again if a promotion is used up."""

    def is_placed(user: User) -> bool:
        try:
            check_out(user, terms=terms_for(Owner(user_id=user.pk), now=NOW))
        except PromotionUsedUp:
            return False
        return True

    def act() -> None:
        for user in users:
            # Each of three promotions and four codes can be used up meanwhile.
            assert any(is_placed(user) for _ in range(8))

    return act


def order_together(users: Sequence[User]) -> None:
    outcomes = together(*(ordering(users[start::THREADS]) for start in range(THREADS)))
    assert outcomes == [None] * THREADS


def test_of_200_buyers_of_a_flash_sale_of_50_units_exactly_50_pay_less() -> None:
    lamp = variant(price="10.00", stock=500)
    flash = promotion(value="50", unit_cap=50)
    order_together(shoppers(200, units={lamp.pk: 1}))
    totals = Counter(Order.objects.values_list("total_amount", flat=True))
    assert totals == {Decimal("5.00"): 50, Decimal("10.00"): 150}
    flash.refresh_from_db()
    assert (flash.units_used, flash.uses, PromotionUse.objects.count()) == (50, 50, 50)


def test_single_use_codes_and_two_promotions_with_caps_are_taken_without_deadlocks() -> None:
    lamp, vase = variant(stock=500), variant(stock=500)
    for name in ("A", "B"):
        promotion(name=name, use_cap=15, value="10")
    row = promotion("SHARED", name="Codes", level="order", max_uses=10, customer_use_cap=1)
    add_random_codes(row.pk, count=3, max_uses=1, batch="", by=SYSTEM, now=NOW)
    single = list(PromotionCode.objects.filter(max_uses=1).values_list("code", flat=True))
    users = shoppers(20, units={lamp.pk: 1, vase.pk: 1}, codes=["SHARED"])
    users += shoppers(20, units={vase.pk: 1, lamp.pk: 1}, codes=single)
    order_together(users)
    assert dict(PromotionCode.objects.values_list("code", "uses")) == {
        "SHARED": 10,
        **dict.fromkeys(single, 1),
    }
    uses = Counter(PromotionUse.objects.values_list("promotion__name", flat=True))
    assert uses == {"A": 15, "B": 15, "Codes": 13}
    assert set(Promotion.objects.filter(name__in=["A", "B"]).values_list("uses", flat=True)) == {15}
    assert set(CustomerUse.objects.values_list("uses", flat=True)) == {1}
    assert OrderAdjustment.objects.filter(promotion__name="Codes").values("order").distinct().count() == 13


def test_a_cancellation_by_several_requests_gives_back_once() -> None:
    lamp = variant(stock=50)
    flash = promotion(unit_cap=50)
    order_together(shoppers(8, units={lamp.pk: 2}))
    orders = list(Order.objects.values_list("pk", flat=True))[:4]

    def cancelling(order_id: int) -> Callable[[], object]:
        return lambda: cancel_units(order_id, by=SYSTEM, now=NOW)

    together(*(cancelling(order_id) for order_id in orders * 2))
    flash.refresh_from_db()
    assert (flash.units_used, flash.uses) == (8, 4)


@pytest.mark.parametrize("change", ["deleted", "capped"])
def test_an_order_whose_promotion_is_deleted_or_gets_a_cap_is_refused(change: str) -> None:
    (user,) = shoppers(1, units={variant().pk: 1})
    row = promotion()
    terms = terms_for(Owner(user_id=user.pk), now=NOW)
    if change == "deleted":
        delete_promotion(row.pk, by=SYSTEM)
    else:
        update_promotion(row.pk, changes={"use_cap": 1}, version=1, by=SYSTEM, now=NOW)
    with pytest.raises(PromotionUsedUp):
        check_out(user, terms=terms)
    assert not Order.objects.exists()


def test_staff_change_a_promotion_while_it_is_used_for_the_first_time() -> None:
    lamp = variant(stock=500)
    for number in range(12):
        row = promotion(name=f"Round {number}")
        users = shoppers(3, units={lamp.pk: 1})

        def changing(row: Promotion = row, *, is_deleted: bool = number % 2 == 0) -> str:
            try:
                if is_deleted:
                    delete_promotion(row.pk, by=SYSTEM)
                else:
                    update_promotion(row.pk, changes={"use_cap": 1}, version=1, by=SYSTEM, now=NOW)
            except (PromotionUsed, InvalidInput):
                return "used"
            return "changed"

        *placed, changed = together(*(ordering([user]) for user in users), changing)
        assert placed == [None] * len(users)
        uses = PromotionUse.objects.filter(promotion_id=row.pk)
        if changed == "used":
            assert uses.count() >= 1
        else:
            assert [use.is_counted for use in uses] in ([], [True])
        Promotion.objects.filter(pk=row.pk).update(is_active=False)


def test_orders_and_cancellations_with_the_same_promotions_do_not_wait_for_each_other() -> None:
    lamp = variant(stock=500)
    promotion("MANY", name="Codes", max_uses=500)
    promotion(name="Sale", unit_cap=500)
    before = shoppers(24, units={lamp.pk: 1}, codes=["MANY"])
    order_together(before)
    orders = list(Order.objects.values_list("pk", flat=True))
    after = shoppers(24, units={lamp.pk: 1}, codes=["MANY"])

    def cancelling(ids: Sequence[int]) -> Callable[[], None]:
        def act() -> None:
            for order_id in ids:
                cancel_units(order_id, by=SYSTEM, now=NOW)

        return act

    actions = [ordering(after[start::4]) for start in range(4)]
    actions += [cancelling(orders[start::4]) for start in range(4)]
    assert together(*actions) == [None] * 8
    assert set(Promotion.objects.values_list("name", "units_used", "uses")) == {
        ("Codes", 0, 0),
        ("Sale", 24, 24),
    }
    assert PromotionCode.objects.get().uses == 24
