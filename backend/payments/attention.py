"""Selects the events of a payment that need an operator."""

from collections.abc import Iterable, Sequence

from backend.payments.models import EventKind, Payment, PaymentEvent
from backend.payments.state import FAILURES, Fact, PaymentState, state_of


def facts_of(events: Iterable[PaymentEvent]) -> list[Fact]:
    """Return the events as facts."""
    return [
        Fact(kind=event.kind, amount=event.amount, reference=event.gateway_reference, problem=event.problem)
        for event in events
    ]


def alarming(
    payment: Payment, events: Sequence[PaymentEvent], *, state: PaymentState | None = None
) -> list[PaymentEvent]:
    """Return the events that need an operator and were recorded since the last acknowledgement.

    They contradict the payment, are failures or disputes, or don't fit in with the other events. `state` is
    the state that follows from the events, if the caller knows it.
    """
    found = state_of(payment.amount, facts_of(events)) if state is None else state
    unaccounted = {(fact.kind, fact.reference) for fact in found.unaccounted}
    since = payment.acknowledged_at
    return [
        event
        for event in events
        if (since is None or event.recorded_at > since)
        and (
            event.problem
            or (event.kind, event.gateway_reference) in unaccounted
            or (event.kind in FAILURES and not _was_captured_instead(event, state=found))
        )
    ]


def _was_captured_instead(event: PaymentEvent, *, state: PaymentState) -> bool:
    """Return whether a void failed because of a capture, which then pays the order or is refunded."""
    return event.kind == EventKind.VOID_FAILED and state.captured > 0
