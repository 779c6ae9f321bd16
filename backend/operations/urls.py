"""Health URLs."""

from django.urls import path

from backend.operations import views

urlpatterns = [
    path("live/", views.LiveView.as_view(), name="live"),
    path("ready/", views.ReadyView.as_view(), name="ready"),
]
