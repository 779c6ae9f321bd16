"""Sends shoppers' events to a Vitrine shop, in the background."""

from vitrine_events.client import Client
from vitrine_events.event_types import VOCABULARY_VERSION, EventType
from vitrine_events.queues import Shopper

__all__ = ["VOCABULARY_VERSION", "Client", "EventType", "Shopper"]
