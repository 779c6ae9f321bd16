"""Endpoints of reviews for shoppers and their authors."""

from django.utils import timezone
from django.utils.cache import patch_vary_headers
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from backend.api.consent import TRACKING_CONSENT, may_track, tracking_choice
from backend.api.pagination import PageSpan, counted_slice, page_envelope, page_response
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.api.throttles import BrowseThrottle
from backend.audit.actors import actor_of
from backend.catalog.errors import (
    ImageRefused,
    ImagesBusy,
    ImageStorageUnavailable,
    ImageTooLarge,
    ProductNotFound,
)
from backend.catalog.images.views import ImageFormParser
from backend.catalog.serializers import DeletedSerializer
from backend.reviews import pictures, reactions, selectors, services
from backend.reviews.callers import account_of
from backend.reviews.errors import (
    NotYourReview,
    OwnProduct,
    OwnReview,
    ReviewExists,
    ReviewNotFound,
    ReviewPictureNotFound,
    TooManyReviewPictures,
)
from backend.reviews.models import ReportReason
from backend.reviews.parameters import ReviewListParameters
from backend.reviews.pictures import shown_picture
from backend.reviews.serializers import (
    OwnReviewSerializer,
    RatingSummarySerializer,
    ReviewChangesSerializer,
    ReviewInputSerializer,
    ReviewPictureSerializer,
    ReviewPictureUploadSerializer,
    ReviewReportInputSerializer,
    ReviewSerializer,
    ReviewSummarySerializer,
)
from backend.reviews.shown import shown_own_review, shown_review
from backend.reviews.throttles import ReviewsThrottle, ReviewVotesThrottle

TAG = "reviews"
READING = ("GET", "HEAD", "OPTIONS")
CACHED_SECONDS = 60


class _Written(APIView):
    """A view that all may read, and whose writes are limited."""

    def get_permissions(self) -> list[BasePermission]:
        """Allow guests to read, and require an account for writes."""
        return [AllowAny()] if self.request.method in READING else [IsAuthenticated()]

    def get_throttles(self) -> list[BaseThrottle]:
        """Count reads and writes separately."""
        return [BrowseThrottle()] if self.request.method in READING else [ReviewsThrottle()]


class ProductReviewsView(_Written):
    """The reviews of a product."""

    @operation(
        "product_reviews_list",
        tag=TAG,
        query=ReviewListParameters,
        response=page_of(ReviewSerializer, summary=RatingSummarySerializer()),
        errors=[ProductNotFound],
    )
    def get(self, request: Request, product_id: int) -> Response:
        """List the published reviews of a product.

        `summary` has the product's ratings, whatever the filters are. Responses to guests may be cached for a
        minute.
        """
        parameters = parse(request, ReviewListParameters)
        summary = selectors.rating_summary(product_id, user=request.user)
        span = PageSpan(page=parameters.pop("page"), page_size=parameters.pop("page_size"))
        sort_by = parameters.pop("sort_by")
        filters = selectors.ReviewFilters(**parameters)
        count, page = counted_slice(selectors.reviews_of_product(product_id, filters, sort_by=sort_by), span)
        shown = [shown_review(row) for row in page]
        response = Response(page_envelope(request, shown, count=count, span=span, summary=summary))
        if not request.user.is_authenticated:
            response.headers["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
            patch_vary_headers(response, ["Authorization"])
        return response

    @operation(
        "product_reviews_create",
        tag=TAG,
        request=ReviewInputSerializer,
        headers=[TRACKING_CONSENT],
        response=envelope_of(OwnReviewSerializer),
        status=201,
        errors=[ProductNotFound, OwnProduct, ReviewExists],
    )
    def post(self, request: Request, product_id: int) -> Response:
        """Review a product.

        An account has one review of each product. It is shown when staff have approved it, or at once, as the
        shop has configured; `state` says which.
        """
        row = services.create_review(
            product_id,
            author=account_of(request),
            values=parse_body(request, ReviewInputSerializer),
            is_tracked=may_track(tracking_choice(request)),
            by=actor_of(request),
            now=timezone.now(),
        )
        shown = shown_own_review(selectors.review_for(row.pk, user=request.user))
        return envelope(shown, message="Review stored.", status=201)


class OwnReviewListView(APIView):
    """The caller's reviews."""

    @operation("own_reviews_list", tag=TAG, query=PageParameters, response=page_of(OwnReviewSerializer))
    def get(self, request: Request) -> Response:
        """List your reviews in all states, newest first."""
        parameters = parse(request, PageParameters)
        rows = selectors.reviews_by(account_of(request))
        return page_response(
            request, rows, parameters=parameters, shown=lambda rows: map(shown_own_review, rows)
        )


class ReviewView(_Written):
    """A review."""

    @operation("reviews_get", tag=TAG, response=envelope_of(OwnReviewSerializer), errors=[ReviewNotFound])
    def get(self, request: Request, review_id: int) -> Response:
        """Show a review.

        One that isn't published is shown to its author and to staff only.
        """
        return envelope(shown_own_review(selectors.review_for(review_id, user=request.user)))

    @operation(
        "reviews_update",
        tag=TAG,
        request=ReviewChangesSerializer,
        headers=[TRACKING_CONSENT],
        response=envelope_of(OwnReviewSerializer),
        errors=[ReviewNotFound, NotYourReview],
    )
    def patch(self, request: Request, review_id: int) -> Response:
        """Change your review.

        Fields that are not sent keep their values. It waits for a decision again, if the shop moderates.
        """
        services.update_review(
            review_id,
            author=account_of(request),
            changes=parse_body(request, ReviewChangesSerializer),
            is_tracked=may_track(tracking_choice(request)),
            by=actor_of(request),
            now=timezone.now(),
        )
        shown = shown_own_review(selectors.review_for(review_id, user=request.user))
        return envelope(shown, message="Review changed.")

    @operation(
        "reviews_delete",
        tag=TAG,
        response=envelope_of(DeletedSerializer),
        errors=[ReviewNotFound, NotYourReview],
    )
    def delete(self, request: Request, review_id: int) -> Response:
        """Withdraw your review.

        Its texts, pictures and votes are removed, and its rating no longer counts.
        """
        services.withdraw_review(
            review_id, author=account_of(request), by=actor_of(request), now=timezone.now()
        )
        return envelope({"id": review_id}, message="Review withdrawn.")


class ReviewPictureListView(APIView):
    """The pictures of the caller's review."""

    throttle_classes = (ReviewsThrottle,)
    parser_classes = (ImageFormParser,)

    @operation(
        "review_pictures_create",
        tag=TAG,
        request={"multipart/form-data": ReviewPictureUploadSerializer},
        response={200: envelope_of(ReviewPictureSerializer), 201: envelope_of(ReviewPictureSerializer)},
        errors=[
            ReviewNotFound,
            NotYourReview,
            TooManyReviewPictures,
            ImageRefused,
            ImageTooLarge,
            ImagesBusy,
            ImageStorageUnavailable,
        ],
    )
    def post(self, request: Request, review_id: int) -> Response:
        """Add a picture to your review.

        The file is encoded again as WebP, upright and without metadata; its name and content type are
        ignored. The review waits for a decision again, if the shop moderates. If it already has a picture of
        the same file, the response is that picture with the status 200.
        """
        services.require_own_review(review_id, author=account_of(request))
        form = ReviewPictureUploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        picture, is_new = pictures.add_picture(
            review_id,
            data=form.validated_data["image"].read(),
            author=account_of(request),
            by=actor_of(request),
            now=timezone.now(),
        )
        if is_new:
            return envelope(shown_picture(picture), message="Picture added.", status=201)
        return envelope(shown_picture(picture), message="The review has this picture already.")


class ReviewPictureView(APIView):
    """A picture of the caller's review."""

    throttle_classes = (ReviewsThrottle,)

    @operation(
        "review_pictures_delete",
        tag=TAG,
        response=envelope_of(DeletedSerializer),
        errors=[ReviewNotFound, NotYourReview, ReviewPictureNotFound],
    )
    def delete(self, request: Request, review_id: int, picture_id: int) -> Response:
        """Delete a picture of your review."""
        pictures.delete_picture(
            review_id,
            picture_id=picture_id,
            author=account_of(request),
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope({"id": picture_id}, message="Picture deleted.")


class ReviewVoteView(APIView):
    """The caller's vote for a review."""

    throttle_classes = (ReviewVotesThrottle,)

    @operation(
        "review_votes_update",
        tag=TAG,
        response=envelope_of(ReviewSummarySerializer),
        errors=[ReviewNotFound, OwnReview],
    )
    def put(self, request: Request, review_id: int) -> Response:
        """Say that you find a review helpful; a repetition changes nothing."""
        row = reactions.vote(review_id, voter=account_of(request), now=timezone.now())
        return envelope({"id": row.pk, "helpful_count": row.helpful_count}, message="Vote stored.")

    @operation(
        "review_votes_delete",
        tag=TAG,
        response=envelope_of(ReviewSummarySerializer),
        errors=[ReviewNotFound],
    )
    def delete(self, request: Request, review_id: int) -> Response:
        """Take your vote back; without one, nothing changes."""
        row = reactions.withdraw_vote(review_id, voter=account_of(request))
        return envelope({"id": row.pk, "helpful_count": row.helpful_count}, message="Vote removed.")


class ReviewReportView(APIView):
    """The caller's report about a review."""

    throttle_classes = (ReviewVotesThrottle,)

    @operation(
        "reviews_report",
        tag=TAG,
        request=ReviewReportInputSerializer,
        response={200: envelope_of(DeletedSerializer), 201: envelope_of(DeletedSerializer)},
        errors=[ReviewNotFound, OwnReview],
    )
    def post(self, request: Request, review_id: int) -> Response:
        """Report a review to staff.

        Each account can report a review once; a repetition has the status 200.
        """
        body = parse_body(request, ReviewReportInputSerializer)
        is_new = reactions.report(
            review_id,
            reporter=account_of(request),
            reason=ReportReason(body["reason"]),
            note=body["note"],
            now=timezone.now(),
        )
        if is_new:
            return envelope({"id": review_id}, message="Review reported.", status=201)
        return envelope({"id": review_id}, message="You have reported this review already.")
