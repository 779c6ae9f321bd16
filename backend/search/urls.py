"""Search URLs."""

from django.urls import path

from backend.search.facet_views import FacetValuesView
from backend.search.rules import views as rules
from backend.search.rules.preview_views import QueryRulePreviewView
from backend.search.suggestions.views import RecentSearchesView, SuggestionView
from backend.search.views import SearchView

urlpatterns = [
    path("", SearchView.as_view(), name="search"),
    path("facets/", FacetValuesView.as_view(), name="search-facet-values"),
    path("recent/", RecentSearchesView.as_view(), name="search-recent"),
    path("suggestions/", SuggestionView.as_view(), name="search-suggestions"),
    path("rules/", rules.QueryRuleListView.as_view(), name="query-rules"),
    path("rules/preview/", QueryRulePreviewView.as_view(), name="query-rule-preview"),
    path("rules/<int:rule_id>/", rules.QueryRuleView.as_view(), name="query-rule"),
    path("synonyms/", rules.SynonymSetListView.as_view(), name="synonym-sets"),
    path("synonyms/<int:synonym_set_id>/", rules.SynonymSetView.as_view(), name="synonym-set"),
]
