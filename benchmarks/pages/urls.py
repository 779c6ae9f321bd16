"""The shop's paths and the plain pages."""

from django.urls import path

from backend.config.urls import urlpatterns as shop
from benchmarks.pages.baselines import PlainDetailView, PlainListView

urlpatterns = [
    *shop,
    path("benchmark/products/", PlainListView.as_view()),
    path("benchmark/products/<int:pk>/", PlainDetailView.as_view()),
]
