"""The URLs of event intake, and of the names of the shop's own events."""

from django.urls import path

from backend.tracking.name_views import EventNameListView, EventNameView
from backend.tracking.views import EventsView

urlpatterns = [
    path("", EventsView.as_view(), name="events"),
    path("names/", EventNameListView.as_view(), name="event-names"),
    path("names/<int:event_name_id>/", EventNameView.as_view(), name="event-name"),
]
