"""The shop's paths and the two baselines."""

from django.urls import path

from backend.config.urls import urlpatterns as shop
from benchmarks.pipeline.baselines import SerializersView, null

urlpatterns = [
    *shop,
    path("benchmark/null/", null),
    path("benchmark/serializers/", SerializersView.as_view()),
]
