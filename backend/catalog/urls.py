"""Catalogue URLs."""

from django.urls import path

from backend.catalog import variant_views, views
from backend.catalog.images import views as image_views

urlpatterns = [
    path("", views.ProductListView.as_view(), name="products"),
    path("by-slug/<str:slug>/", views.ProductBySlugView.as_view(), name="product-by-slug"),
    path("<int:product_id>/images/", image_views.ImageListView.as_view(), name="product-images"),
    path("<int:product_id>/images/order/", image_views.ImageOrderView.as_view(), name="product-image-order"),
    path("<int:product_id>/images/<int:image_id>/", image_views.ImageView.as_view(), name="product-image"),
    path("<int:product_id>/", views.ProductView.as_view(), name="product"),
    path("<int:product_id>/variants/", variant_views.VariantListView.as_view(), name="product-variants"),
    path(
        "<int:product_id>/variants/matrix/",
        variant_views.VariantMatrixView.as_view(),
        name="product-variant-matrix",
    ),
    path(
        "<int:product_id>/variants/<int:variant_id>/",
        variant_views.VariantView.as_view(),
        name="product-variant",
    ),
]
