"""The states of reviews, and what counts as a rating."""

from typing import Any

import pytest
from django.db import transaction

from backend.audit.models import AuditEntry
from backend.catalog.errors import ProductNotFound
from backend.catalog.models import Product
from backend.catalog.ratings import histogram_of
from backend.orders.cancellation import cancel_units
from backend.orders.returns import receive_at_once
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from backend.reviews import reactions
from backend.reviews.answers import delete_answer, write_answer
from backend.reviews.counting import recount_ratings
from backend.reviews.errors import (
    AnswerNotFound,
    NotYourProductReview,
    NotYourReview,
    OwnProduct,
    OwnReview,
    ReviewExists,
    ReviewNotFound,
)
from backend.reviews.models import Answer, AnswerState, Report, ReportReason, Review, Vote
from backend.reviews.moderation import Decision, OutcomeKind, Read, decide_answers, decide_reviews
from backend.reviews.personal_data import PERSONAL_DATA
from backend.reviews.services import update_review, withdraw_review
from backend.reviews.subscribers import VerifiedReviews
from tests.backend.reviews.written import confirmed_order, decide, delivered_order, review
from tests.backend.shop import NOW, SYSTEM, customer, product, seller
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db


def edit(row: Review, **changes: Any) -> None:
    options: Any = {"author": row.author, "is_tracked": True, "by": SYSTEM, "now": NOW}
    update_review(row.pk, changes=changes, **options)
    row.refresh_from_db()


def histogram(row: Review) -> tuple[int, ...]:
    return histogram_of(Product.objects.get(pk=row.product_id))


def report(row: Review, by: Any) -> bool:
    return reactions.report(row.pk, reporter=by, reason=ReportReason.FAKE, note="", now=NOW)


def test_only_a_published_review_counts_through_all_its_states() -> None:
    row = review(approved=False)
    seen = [(row.state, histogram(row))]
    for step in ("approve", "edit", "approve", "reject", "edit", "approve"):
        if step == "edit":
            edit(row, rating=row.rating - 1)
        else:
            decide(row, Decision(step), reason="Why")
        row.refresh_from_db()
        seen.append((row.state, histogram(row)))
    withdraw_review(row.pk, author=row.author, by=SYSTEM, now=NOW)
    row.refresh_from_db()
    seen.append((row.state, histogram(row)))
    none = (0, 0, 0, 0, 0)
    assert seen == [
        ("PENDING", none),
        ("PUBLISHED", (0, 0, 0, 1, 0)),
        ("PENDING", none),
        ("PUBLISHED", (0, 0, 1, 0, 0)),
        ("REJECTED", none),
        ("PENDING", none),
        ("PUBLISHED", (0, 1, 0, 0, 0)),
        ("WITHDRAWN", none),
    ]
    assert (row.title, row.text, row.language) == ("", "", "")
    actions = AuditEntry.objects.filter(object_type="reviews.Review").order_by("pk")
    assert [entry.action.removeprefix("reviews.review_") for entry in actions] == [
        "created", "approved", "edited", "approved", "rejected", "edited", "approved", "withdrawn"
    ]  # fmt: skip
    assert Message.objects.filter(topic="review", key=str(row.pk)).count() == 8


def test_published_at_once_except_after_a_refusal(settings: Any) -> None:
    settings.REVIEWS_PUBLISHED_AT_ONCE = True
    row = review(approved=False)
    assert (row.state, histogram(row)) == ("PUBLISHED", (0, 0, 0, 1, 0))
    edit(row, rating=5)
    assert (row.state, histogram(row)) == ("PUBLISHED", (0, 0, 0, 0, 1))
    decide(row, Decision.REJECT, reason="Advertising")
    withdraw_review(row.pk, author=row.author, by=SYSTEM, now=NOW)
    # Withdrawing and writing again doesn't evade the decision.
    again = review(Product.objects.get(pk=row.product_id), by=row.author, approved=False)
    assert (again.pk, again.state, histogram(row)) == (row.pk, "PENDING", (0, 0, 0, 0, 0))


def test_one_review_for_each_customer_and_product() -> None:
    lamp = product()
    row = review(lamp)
    with pytest.raises(ReviewExists) as refused:
        review(lamp, by=row.author)
    assert refused.value.details == {"review_id": row.pk}
    assert review(lamp).pk != row.pk
    with pytest.raises(OwnProduct):
        review(lamp, by=lamp.seller)
    lamp.is_active = False
    lamp.save()
    with pytest.raises(ProductNotFound):
        review(lamp)


def test_only_the_author_changes_a_review() -> None:
    row = review()
    options: Any = {"author": customer(), "by": SYSTEM, "now": NOW}
    with pytest.raises(NotYourReview):
        update_review(row.pk, changes={"rating": 1}, is_tracked=True, **options)
    decide(row, Decision.REJECT, reason="Why")
    with pytest.raises(ReviewNotFound):
        withdraw_review(row.pk, **options)


def test_a_decision_is_about_the_version_that_was_read() -> None:
    changed, same = review(approved=False), review(approved=False)
    read = [Read(review_id=row.pk, version=row.version) for row in (changed, same)]
    read.append(Read(review_id=999_999, version=1))
    edit(changed, text="Buy elsewhere")
    outcomes = decide_reviews(read, decision=Decision.APPROVE, by=SYSTEM, now=NOW)
    assert [(each.outcome, each.state) for each in outcomes] == [
        (OutcomeKind.CHANGED_MEANWHILE, "PENDING"),
        (OutcomeKind.DECIDED, "PUBLISHED"),
        (OutcomeKind.NOT_FOUND, ""),
    ]


def test_reports_of_customers_hide_a_review_and_those_of_new_accounts_dont(settings: Any) -> None:
    settings.REVIEW_REPORTS_TO_HIDE = 2
    row, lamp = review(), product(stock=9)
    buyers = [customer() for _ in range(3)]
    for buyer in buyers:
        delivered_order(buyer, lamp)
    for stranger in (customer(), customer(), customer()):
        assert report(row, stranger)
    assert report(row, buyers[0])
    assert not report(row, buyers[0])
    row.refresh_from_db()
    assert (row.state, row.report_count) == ("PUBLISHED", 4)
    report(row, buyers[1])
    row.refresh_from_db()
    assert (row.state, histogram(row)) == ("HIDDEN", (0, 0, 0, 0, 0))
    # An approval closes them, so that it takes two new ones.
    decide(row)
    report(row, buyers[2])
    row.refresh_from_db()
    assert (row.state, row.report_count, histogram(row)) == ("PUBLISHED", 1, (0, 0, 0, 1, 0))
    with pytest.raises(OwnReview):
        report(row, row.author)


def test_one_vote_for_each_account_and_none_for_ones_own() -> None:
    row, voter = review(), customer()
    for _ in range(2):
        reactions.vote(row.pk, voter=voter, now=NOW)
    assert reactions.vote(row.pk, voter=customer(), now=NOW).helpful_count == 2
    for _ in range(2):
        assert reactions.withdraw_vote(row.pk, voter=voter).helpful_count == 1
    with pytest.raises(OwnReview):
        reactions.vote(row.pk, voter=row.author, now=NOW)
    with pytest.raises(ReviewNotFound):
        reactions.vote(review(approved=False).pk, voter=voter, now=NOW)


def test_the_seller_answers_once_and_the_answer_is_moderated() -> None:
    row = review()
    shop = row.product.seller
    options: Any = {"by": SYSTEM, "now": NOW}
    answer, is_new = write_answer(row.pk, seller=shop, text="Thanks", **options)
    assert (is_new, answer.state) == (True, "PENDING")
    read = [Read(review_id=row.pk, version=1)]
    (outcome,) = decide_answers(read, decision=Decision.APPROVE, **options)
    assert outcome.state == "PUBLISHED"
    changed, is_new = write_answer(row.pk, seller=shop, text="Many thanks", **options)
    assert (changed.pk, is_new, changed.state, changed.version) == (answer.pk, False, "PENDING", 2)
    (late,) = decide_answers(read, decision=Decision.APPROVE, **options)
    assert late.outcome is OutcomeKind.CHANGED_MEANWHILE
    with pytest.raises(NotYourProductReview):
        write_answer(row.pk, seller=seller(), text="Mine", **options)
    delete_answer(row.pk, seller=shop, by=SYSTEM, now=NOW)
    answer.refresh_from_db()
    assert (answer.text, answer.deleted_at, answer.version) == ("", NOW, 3)


def test_a_review_is_verified_once_a_unit_was_delivered() -> None:
    lamp, buyer = product(stock=9), customer()
    row = review(lamp, by=buyer)
    order = confirmed_order(buyer, lamp)
    seen = [verified(row, order.pk)]
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    seen.append(verified(row, order.pk))
    order = delivered_order(buyer, lamp)
    seen.append(verified(row, order.pk))
    receive_at_once(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    seen.append(verified(row, order.pk))
    assert seen == [False, False, True, True]
    later = customer()
    delivered_order(later, lamp)
    assert review(lamp, by=later).is_verified
    assert not review(by=later).is_verified


def verified(row: Review, order_id: int) -> bool:
    VerifiedReviews().handle([Notice(Topic.ORDER, str(order_id))])
    row.refresh_from_db()
    return row.is_verified


def test_a_review_that_was_written_during_the_delivery_is_verified_by_its_own_message() -> None:
    lamp, buyer = product(stock=9), customer()
    row = review(lamp, by=buyer)
    delivered_order(buyer, lamp)
    VerifiedReviews().handle([Notice(Topic.REVIEW, str(row.pk))])
    row.refresh_from_db()
    assert row.is_verified


def test_a_recount_corrects_and_names_products() -> None:
    row, other = review(), review()
    Product.unpublished.filter(pk=row.product_id).update(stars_1=3, stars_4=0)
    assert list(recount_ratings()) == [row.product_id]
    assert (histogram(row), histogram(other)) == ((0, 0, 0, 1, 0),) * 2


def test_an_erasure_removes_what_a_customer_wrote_and_the_counts_of_it() -> None:
    person, lamp = customer(), product()
    own, others = review(lamp, by=person, rating=1), review(lamp)
    reactions.vote(others.pk, voter=person, now=NOW)
    report(others, person)
    Message.objects.all().delete()
    with transaction.atomic():
        erased = PERSONAL_DATA.erase(person.pk, now=NOW)
    assert erased == {"review_votes": 1, "review_reports": 1, "review_pictures": 0, "reviews": 1}
    others.refresh_from_db()
    assert (others.helpful_count, others.report_count, histogram(others)) == (0, 0, (0, 0, 0, 1, 0))
    assert not Review.objects.filter(pk=own.pk).exists()
    messages = Message.objects.values_list("topic", "key")
    assert set(messages) == {("review", str(own.pk)), ("product", str(lamp.pk))}
    exported = {name: list(rows) for name, rows in PERSONAL_DATA.export(others.author_id)}
    assert [(row["rating"], row["text"]) for row in exported["reviews"]] == [(4, "It is bright.")]


@pytest.mark.django_db(transaction=True)
def test_two_hundred_concurrent_reviews_votes_and_reports_are_counted_exactly(settings: Any) -> None:
    settings.REVIEWS_PUBLISHED_AT_ONCE = True
    lamp, shop = product(), seller()
    voted = review(product(sold_by=shop), approved=False)
    people = [customer() for _ in range(50)]

    def write(index: int) -> None:
        review(lamp, by=people[index], approved=False, rating=1 + index % 5)

    def vote(index: int) -> None:
        reactions.vote(voted.pk, voter=people[index], now=NOW)

    def complain(index: int) -> None:
        report(voted, people[index])

    actions = [
        lambda index=index, act=act: act(index)
        for index in range(50)
        for act in (write, write, vote, complain)
    ]
    outcomes = [each for start in range(0, 200, 20) for each in together(*actions[start : start + 20])]
    assert kinds(outcomes) == ["NoneType"] * 150 + ["ReviewExists"] * 50
    stored = Product.objects.get(pk=lamp.pk)
    assert (histogram_of(stored), stored.rating_count) == ((10,) * 5, 50)
    voted.refresh_from_db()
    assert (voted.helpful_count, Vote.objects.count()) == (50, 50)
    assert (voted.report_count, Report.objects.count()) == (50, 50)
    assert list(recount_ratings()) == []


def test_a_decision_about_a_deleted_answer_is_not_about_the_next_one(settings: Any) -> None:
    settings.REVIEWS_PUBLISHED_AT_ONCE = False
    shop = seller()
    row = review(product(sold_by=shop))
    decide(row)
    read, _ = write_answer(row.pk, seller=shop, text="Thank you!", by=SYSTEM, now=NOW)
    delete_answer(row.pk, seller=shop, by=SYSTEM, now=NOW)
    write_answer(row.pk, seller=shop, text="Visit evil.example", by=SYSTEM, now=NOW)

    decide_answers(
        [Read(review_id=row.pk, version=read.version)], decision=Decision.APPROVE, by=SYSTEM, now=NOW
    )

    assert Answer.objects.get().state == AnswerState.PENDING


def test_a_refused_answer_that_is_deleted_and_written_again_is_moderated(settings: Any) -> None:
    settings.REVIEWS_PUBLISHED_AT_ONCE = True
    shop = seller()
    row = review(product(sold_by=shop))
    answer, _ = write_answer(row.pk, seller=shop, text="Buy elsewhere", by=SYSTEM, now=NOW)
    read = [Read(review_id=row.pk, version=answer.version)]
    decide_answers(read, decision=Decision.REJECT, reason="Not here.", by=SYSTEM, now=NOW)
    delete_answer(row.pk, seller=shop, by=SYSTEM, now=NOW)
    with pytest.raises(AnswerNotFound):
        delete_answer(row.pk, seller=shop, by=SYSTEM, now=NOW)

    again, is_new = write_answer(row.pk, seller=shop, text="Buy elsewhere", by=SYSTEM, now=NOW)

    assert (again.state, is_new) == (AnswerState.PENDING, True)
