"""URLs of the category tree."""

from django.urls import path

from backend.catalog import category_views

urlpatterns = [
    path("", category_views.CategoryListView.as_view(), name="categories"),
    path("by-slug/<str:slug>/", category_views.CategoryBySlugView.as_view(), name="category-by-slug"),
    path("<int:category_id>/", category_views.CategoryView.as_view(), name="category"),
]
