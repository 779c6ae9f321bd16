"""Catalogue URLs."""

from django.urls import path

from backend.catalog import views

urlpatterns = [
    path("", views.ProductListView.as_view(), name="products"),
    path("<int:product_id>/", views.ProductView.as_view(), name="product"),
    path("<int:product_id>/variants/", views.VariantListView.as_view(), name="product-variants"),
]
