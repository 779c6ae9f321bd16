"""Which types of events have a receiver in which scope."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from backend.webhooks.models import EndpointState, WebhookEndpoint

Scope = int | None
"""A seller's id, or None for the shop."""


def receiving() -> QuerySet[WebhookEndpoint]:
    """Return the endpoints for which deliveries are made; those of inactive sellers get none."""
    active_owner = Q(seller=None) | Q(seller__is_active=True)
    return WebhookEndpoint.objects.filter(active_owner).exclude(state=EndpointState.GONE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The endpoints that receive events, as they were read; `by_type` are those that chose the type."""

    by_type: Mapping[str, list[WebhookEndpoint]]

    @classmethod
    def read(cls) -> "Wanted":
        """Return the present endpoints (1 query)."""
        found: dict[str, list[WebhookEndpoint]] = defaultdict(list)
        for endpoint in receiving().order_by("pk"):
            for name in endpoint.event_types:
                found[name].append(endpoint)
        return cls(found)

    def any_of(self, prefixes: Iterable[str]) -> bool:
        """Return whether a type with one of the prefixes, such as `order.`, is wanted."""
        chosen = tuple(prefixes)
        return any(name.startswith(chosen) for name in self.by_type)

    def since(self, prefix: str) -> datetime:
        """Return since when types with the prefix, which are wanted, have been."""
        made = [
            endpoint.created_at
            for name, endpoints in self.by_type.items()
            if name.startswith(prefix)
            for endpoint in endpoints
        ]
        return min(made)

    def scopes(self, name: str) -> set[Scope]:
        """Return the scopes in which the type is wanted."""
        return {endpoint.seller_id for endpoint in self.by_type.get(name, ())}
