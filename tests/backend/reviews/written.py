"""Reviews for tests, and orders that were delivered."""

from typing import Any

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.catalog.models import Product
from backend.orders.models import Order
from backend.orders.shipments import deliver_all, ship_all
from backend.reviews.models import Review
from backend.reviews.moderation import Decision, Outcome, Read, decide_reviews
from backend.reviews.services import create_review
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, SYSTEM, customer, product

WRITTEN = {"rating": 4, "title": "Bright", "text": "It is bright.", "language": "en"}


def review(
    of: Product | None = None, *, by: User | None = None, approved: bool = True, **values: Any
) -> Review:
    """Return a review that is published, or pending."""
    author = by or customer(first_name="Ada", last_name="Lovelace")
    row = create_review(
        (of or product()).pk,
        author=author,
        values={**WRITTEN, **values},
        is_tracked=True,
        by=Actor.user(author.pk),
        now=NOW,
    )
    if approved:
        assert decide(row).state == "PUBLISHED"
    row.refresh_from_db()
    return row


def decide(row: Review, decision: Decision = Decision.APPROVE, *, reason: str = "") -> Outcome:
    """Decide about the review as it is now."""
    row.refresh_from_db()
    read = Read(review_id=row.pk, version=row.version)
    (outcome,) = decide_reviews([read], decision=decision, reason=reason, by=SYSTEM, now=NOW)
    return outcome


def confirmed_order(user: User, of: Product) -> Order:
    return order_of(user, {of.variants.get().pk: 1})


def delivered_order(user: User, of: Product) -> Order:
    order = confirmed_order(user, of)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    return deliver_all(order.pk, by=SYSTEM, now=NOW)
