"""The types of events that clients may send, written by `python -m analytics_pipeline.vocabulary`."""

from typing import Literal

VOCABULARY_VERSION = 5
EventType = Literal[
    "search",
    "seen",
    "click",
    "suggestion",
    "view",
    "cart_add",
    "cart_remove",
]
