"""Errors of reviews."""

from backend.api.errors import DomainError, NotFound


class ReviewNotFound(NotFound):
    """The review doesn't exist, or the caller may not see it."""

    code = "review_not_found"
    message = "There is no such review."
    details_keys = {"review_id": "The id in the request."}
    hint = "List the product's reviews, or your own."


class ReviewExists(DomainError):
    """The customer has reviewed the product already."""

    code = "review_exists"
    status = 409
    message = "You have reviewed this product already."
    details_keys = {"review_id": "The id of the customer's review."}
    hint = "Edit that review."


class OwnProduct(DomainError):
    """Sellers can't review their own products."""

    code = "own_product"
    status = 403
    message = "You sell this product, so you can't review it."
    details_keys = {"product_id": "The id in the request."}
    hint = "Answer the reviews of customers instead."


class OwnReview(DomainError):
    """An account can neither vote for its own review nor report it."""

    code = "own_review"
    status = 403
    message = "This review is your own."
    details_keys = {"review_id": "The id in the request."}
    hint = "Edit or withdraw it."


class NotYourReview(DomainError):
    """Only the author may change a review."""

    code = "not_your_review"
    status = 403
    message = "Somebody else wrote this review."
    details_keys = {"review_id": "The id in the request."}
    hint = "Report it, if it shouldn't be shown."


class NotYourProductReview(DomainError):
    """Only the seller of the product may answer a review."""

    code = "not_your_products_review"
    status = 403
    message = "Only the seller of the product can answer."
    details_keys = {"review_id": "The id in the request."}
    hint = "Report the review, if it shouldn't be shown."


class AnswerNotFound(NotFound):
    """The review has no answer."""

    code = "answer_not_found"
    message = "There is no such answer."
    details_keys = {"review_id": "The id in the request."}
    hint = "List the reviews of your products that have an answer."


class ReviewPictureNotFound(NotFound):
    """The review has no such picture."""

    code = "review_picture_not_found"
    message = "There is no such picture."
    details_keys = {"picture_id": "The id in the request."}
    hint = "Show the review."


class TooManyReviewPictures(DomainError):
    """The review has the maximum number of pictures."""

    code = "too_many_review_pictures"
    status = 409
    message = "A review can't have more pictures."
    details_keys = {"max_pictures": "The maximum number."}
    hint = "Delete a picture first."
