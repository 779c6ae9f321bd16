"""The types of events that clients may send, written by `python -m analytics_pipeline.vocabulary`."""

from typing import Literal

VOCABULARY_VERSION = 7
EventType = Literal[
    "page_view",
    "search",
    "seen",
    "facet",
    "click",
    "suggestion",
    "view",
    "dwell",
    "cart_add",
    "cart_remove",
    "wishlist_add",
    "wishlist_remove",
    "checkout",
    "review",
    "share",
    "custom",
]
