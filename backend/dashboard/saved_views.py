"""Saved views: pages with filters that a user opens again by name."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.dashboard.declarations import Page
from backend.dashboard.filters import Filters
from backend.dashboard.models import LONGEST_NAME, LONGEST_QUERY, SavedView

MOST_VIEWS = 50


def views_of(user: User) -> QuerySet[SavedView]:
    """Return the user's views by name."""
    return SavedView.objects.filter(user=user)


def save_view(user: User, *, name: str, page: Page, filters: Filters, now: datetime) -> SavedView:
    """Save a page with its filters; a view of the same name is replaced.

    Raises:
        InvalidInput: the name is empty or too long, a filter can't be used, or the user has too many views.
    """
    name, query = name.strip(), filters.query()
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise InvalidInput(name=f"must have 1 to {LONGEST_NAME} characters")
    if filters.faults or len(query) > LONGEST_QUERY or "%00" in query:
        raise InvalidInput(filters="can't be saved: correct the filters of the page first")
    with transaction.atomic():
        # Locked, so that requests at the same time don't exceed the limit.
        User.objects.select_for_update().get(pk=user.pk)
        if views_of(user).exclude(name=name).count() >= MOST_VIEWS:
            raise InvalidInput(name=f"can't be saved: there are {MOST_VIEWS} views; delete one first")
        values = {"page": page.name, "query": query, "saved_at": now}
        view, _ = SavedView.objects.update_or_create(user=user, name=name, defaults=values)
    return view


def delete_view(user: User, *, view_id: int) -> bool:
    """Delete a view, and return whether the user had it."""
    return views_of(user).filter(pk=view_id).delete()[0] > 0
