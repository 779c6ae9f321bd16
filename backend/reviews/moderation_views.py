"""Endpoints of reviews for sellers and staff."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.permissions import InArea
from backend.api.pagination import page_response
from backend.api.parameters import parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.serializers import DeletedSerializer
from backend.reviews import answers, moderation, selectors
from backend.reviews.callers import account_of
from backend.reviews.errors import AnswerNotFound, NotYourProductReview, ReviewNotFound
from backend.reviews.models import AnswerState, ReviewState
from backend.reviews.parameters import (
    AnswerModerationListParameters,
    DecisionSerializer,
    ModerationListParameters,
    ReceivedReviewListParameters,
)
from backend.reviews.serializers import (
    AnswerInputSerializer,
    ModeratedAnswerSerializer,
    ModeratedReviewSerializer,
    OwnAnswerSerializer,
    ReceivedReviewSerializer,
    ReviewOutcomeSerializer,
)
from backend.reviews.shown import shown_answer_to_staff, shown_own_answer, shown_to_seller, shown_to_staff
from backend.reviews.throttles import ReviewsThrottle

TAG = "reviews"
AREA = StaffArea.REVIEWS


class ReceivedReviewListView(APIView):
    """The reviews of the caller's products."""

    @operation(
        "received_reviews_list",
        tag=TAG,
        query=ReceivedReviewListParameters,
        response=page_of(ReceivedReviewSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the published reviews of the products that you sell, newest first."""
        parameters = parse(request, ReceivedReviewListParameters)
        rows = selectors.reviews_for_seller(account_of(request), answered=parameters["answered"])
        return page_response(
            request, rows, parameters=parameters, shown=lambda rows: map(shown_to_seller, rows)
        )


class ReviewAnswerView(APIView):
    """The answer of the product's seller."""

    throttle_classes = (ReviewsThrottle,)

    @operation(
        "review_answers_update",
        tag=TAG,
        request=AnswerInputSerializer,
        response={200: envelope_of(OwnAnswerSerializer), 201: envelope_of(OwnAnswerSerializer)},
        errors=[ReviewNotFound, NotYourProductReview],
    )
    def put(self, request: Request, review_id: int) -> Response:
        """Answer a review of your product, or change your answer.

        It waits for a decision of staff, if the shop moderates.
        """
        answer, is_new = answers.write_answer(
            review_id,
            seller=account_of(request),
            text=parse_body(request, AnswerInputSerializer)["text"],
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(shown_own_answer(answer), message="Answer stored.", status=201 if is_new else 200)

    @operation(
        "review_answers_delete",
        tag=TAG,
        response=envelope_of(DeletedSerializer),
        errors=[ReviewNotFound, NotYourProductReview, AnswerNotFound],
    )
    def delete(self, request: Request, review_id: int) -> Response:
        """Delete your answer."""
        answers.delete_answer(review_id, seller=account_of(request), by=actor_of(request), now=timezone.now())
        return envelope({"id": review_id}, message="Answer deleted.")


class ModerationListView(APIView):
    """The reviews that staff decide about."""

    permission_classes = (InArea(AREA),)

    @operation(
        "moderated_reviews_list",
        tag=TAG,
        query=ModerationListParameters,
        response=page_of(ModeratedReviewSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the reviews that wait for a decision, or others, oldest first."""
        parameters = parse(request, ModerationListParameters)
        state = parameters["state"]
        rows = selectors.moderated_reviews(
            state=None if state is None else ReviewState(state),
            reported=parameters["reported"],
            product_id=parameters["product"],
        )
        return page_response(
            request, rows, parameters=parameters, shown=lambda rows: map(shown_to_staff, rows)
        )


class ModerationDecisionView(APIView):
    """Decisions about reviews."""

    permission_classes = (InArea(AREA),)

    @operation(
        "moderated_reviews_decide",
        tag=TAG,
        request=DecisionSerializer,
        response=envelope_of(ReviewOutcomeSerializer(many=True)),
    )
    def post(self, request: Request) -> Response:
        """Approve or reject reviews.

        Each is decided by itself, if its author hasn't changed it since the version that was read. A decision
        closes the reports about a review.
        """
        body = parse_body(request, DecisionSerializer)
        outcomes = moderation.decide_reviews(**body, by=actor_of(request), now=timezone.now())
        return _outcomes(outcomes)


class AnswerModerationListView(APIView):
    """The answers that staff decide about."""

    permission_classes = (InArea(AREA),)

    @operation(
        "moderated_answers_list",
        tag=TAG,
        query=AnswerModerationListParameters,
        response=page_of(ModeratedAnswerSerializer),
    )
    def get(self, request: Request) -> Response:
        """List the answers that wait for a decision, or others, oldest first."""
        parameters = parse(request, AnswerModerationListParameters)
        state = parameters["state"]
        rows = selectors.moderated_answers(state=None if state is None else AnswerState(state))
        return page_response(
            request, rows, parameters=parameters, shown=lambda rows: map(shown_answer_to_staff, rows)
        )


class AnswerModerationDecisionView(APIView):
    """Decisions about answers."""

    permission_classes = (InArea(AREA),)

    @operation(
        "moderated_answers_decide",
        tag=TAG,
        request=DecisionSerializer,
        response=envelope_of(ReviewOutcomeSerializer(many=True)),
    )
    def post(self, request: Request) -> Response:
        """Approve or reject answers; they are named by their reviews."""
        body = parse_body(request, DecisionSerializer)
        outcomes = moderation.decide_answers(**body, by=actor_of(request), now=timezone.now())
        return _outcomes(outcomes)


def _outcomes(outcomes: list[moderation.Outcome]) -> Response:
    shown: list[dict[str, Any]] = [asdict(outcome) for outcome in outcomes]
    return envelope(shown, message="Decided.")
