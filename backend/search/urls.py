"""Search URLs."""

from django.urls import path

from backend.search.views import SearchView, SuggestionView

urlpatterns = [
    path("", SearchView.as_view(), name="search"),
    path("suggestions/", SuggestionView.as_view(), name="search-suggestions"),
]
