"""The state of a payment is a function of the set of its events."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.payments.models import EventKind, PaymentStatus
from backend.payments.state import Fact, PaymentState, state_of

AMOUNT = Decimal("100.00")


def fact(kind: str, amount: int | str = 100, reference: str = "", *, problem: str = "") -> Fact:
    return Fact(kind=kind, amount=Decimal(amount), reference=reference or kind, problem=problem)


def sums(state: PaymentState) -> tuple[int, int, int]:
    return int(state.authorised), int(state.captured), int(state.refunded)


AUTHORISED, CAPTURED, REFUNDED = fact("AUTHORISED"), fact("CAPTURED"), fact("REFUNDED")
DECLINED, VOIDED = fact("DECLINED"), fact("VOIDED")


@pytest.mark.parametrize(
    ("facts", "expected", "status"),
    [
        ([], (0, 0, 0), "PENDING"),
        ([fact("ACTION_REQUIRED"), fact("APPROVED")], (0, 0, 0), "PENDING"),
        ([DECLINED], (0, 0, 0), "DECLINED"),
        ([DECLINED, AUTHORISED], (100, 0, 0), "AUTHORISED"),
        ([AUTHORISED, CAPTURED], (0, 100, 0), "CAPTURED"),
        ([CAPTURED], (0, 100, 0), "CAPTURED"),
        ([AUTHORISED, fact("CAPTURED", 60)], (40, 60, 0), "PARTIALLY_CAPTURED"),
        ([AUTHORISED, fact("CAPTURED", 60), fact("VOIDED", 40)], (0, 60, 0), "PARTIALLY_CAPTURED"),
        ([AUTHORISED, fact("CAPTURED", 60, "1"), fact("CAPTURED", 40, "2")], (0, 100, 0), "CAPTURED"),
        ([AUTHORISED, VOIDED], (0, 0, 0), "VOIDED"),
        ([DECLINED, VOIDED], (0, 0, 0), "VOIDED"),
        ([CAPTURED, fact("REFUNDED", 30)], (0, 100, 30), "PARTIALLY_REFUNDED"),
        ([CAPTURED, REFUNDED], (0, 100, 100), "REFUNDED"),
        ([fact("CAPTURED", 60), fact("REFUNDED", 60)], (0, 60, 60), "REFUNDED"),
        ([CAPTURED, REFUNDED, fact("REFUND_FAILED", 100, "REFUNDED")], (0, 100, 0), "CAPTURED"),
        ([CAPTURED, REFUNDED, fact("REFUND_FAILED", 100, "another")], (0, 100, 100), "REFUNDED"),
        ([CAPTURED, fact("DISPUTED")], (0, 100, 0), "CAPTURED"),
        ([fact("CAPTURED", problem="CURRENCY_DIFFERS")], (0, 0, 0), "PENDING"),
        ([VOIDED, CAPTURED], (0, 100, 0), "CAPTURED"),
    ],
)
def test_sums_and_status_follow_from_the_events(
    facts: list[Fact], expected: tuple[int, int, int], status: str
) -> None:
    for order in (facts, facts[::-1]):
        state = state_of(AMOUNT, order)

        assert (sums(state), state.status) == (expected, status)
        assert state.unaccounted == ()


@pytest.mark.parametrize(
    ("facts", "unaccounted", "expected"),
    [
        ([REFUNDED], [REFUNDED], (0, 0, 0)),
        ([fact("CAPTURED", reference="1"), fact("CAPTURED", reference="2")], None, (0, 100, 0)),
        ([CAPTURED, REFUNDED, fact("REFUNDED", 1, "x")], [fact("REFUNDED", 1, "x")], (0, 100, 100)),
        ([fact("AUTHORISED", reference="1"), fact("AUTHORISED", reference="2")], None, (100, 0, 0)),
    ],
)
def test_contradictory_events_change_no_sum_and_are_returned_as_unaccounted(
    facts: list[Fact], unaccounted: list[Fact] | None, expected: tuple[int, int, int]
) -> None:
    state = state_of(AMOUNT, facts)

    assert sums(state) == expected
    assert list(state.unaccounted) == (unaccounted or facts[1:])


KINDS = [kind.value for kind in EventKind]
FACTS = st.builds(
    Fact,
    kind=st.sampled_from(KINDS),
    amount=st.integers(0, 15_000).map(lambda cents: Decimal(cents).scaleb(-2)),
    reference=st.sampled_from("abcde"),
    problem=st.sampled_from(["", "", "", "AMOUNT_DIFFERS"]),
)


@settings(max_examples=300, deadline=None)
@given(facts=st.lists(FACTS, max_size=12), data=st.data())
def test_the_state_does_not_depend_on_the_order_or_repetition_of_events(
    facts: list[Fact], data: st.DataObject
) -> None:
    # Each kind and reference has one amount; an event with a different amount is refused before it reaches this.
    distinct = list({(each.kind, each.reference): each for each in facts}.values())
    expected = state_of(AMOUNT, distinct)

    repeated = distinct + (data.draw(st.lists(st.sampled_from(distinct))) if distinct else [])
    shuffled = data.draw(st.permutations(repeated))
    state = state_of(AMOUNT, shuffled)

    assert sorted(map(repr, state.unaccounted)) == sorted(map(repr, expected.unaccounted))
    assert (state.authorised, state.captured, state.refunded, state.status) == (
        expected.authorised,
        expected.captured,
        expected.refunded,
        expected.status,
    )


@settings(max_examples=300, deadline=None)
@given(facts=st.lists(FACTS, max_size=12))
def test_sums_are_never_negative_and_stay_within_the_amount(facts: list[Fact]) -> None:
    state = state_of(AMOUNT, facts)

    assert min(state.authorised, state.captured, state.refunded) >= 0
    assert state.authorised + state.captured <= AMOUNT
    assert state.refunded <= state.captured
    assert (state.status == PaymentStatus.CAPTURED) == (state.captured == AMOUNT and not state.refunded)
