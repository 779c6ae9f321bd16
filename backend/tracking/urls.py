"""The URL of event intake."""

from django.urls import path

from backend.tracking.views import EventsView

urlpatterns = [path("", EventsView.as_view(), name="events")]
