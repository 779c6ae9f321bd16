"""Throttles of what is written about products."""

from backend.api.throttles import ScopedThrottle


class ReviewsThrottle(ScopedThrottle):
    """Reviews, pictures and answers that an account writes."""

    scope = "reviews"


class ReviewVotesThrottle(ScopedThrottle):
    """Votes and reports of an account."""

    scope = "review_votes"
