"""The shop's paths and the plain view."""

from django.urls import path

from backend.config.urls import urlpatterns as shop
from benchmarks.serving.baseline import HelloView

urlpatterns = [*shop, path("benchmark/hello/", HelloView.as_view())]
