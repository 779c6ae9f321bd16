"""URLs of login sessions."""

from django.urls import path

from backend.accounts import session_views

urlpatterns = [
    path("", session_views.SessionListView.as_view(), name="sessions"),
    path("<uuid:session_id>/", session_views.SessionView.as_view(), name="session"),
]
