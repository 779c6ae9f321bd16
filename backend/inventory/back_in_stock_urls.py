"""URLs of back-in-stock subscriptions, below those of products."""

from django.urls import path

from backend.inventory import back_in_stock_views as views

urlpatterns = [
    path("back-in-stock/", views.OwnSubscriptionsView.as_view(), name="back-in-stock"),
    path(
        "<int:product_id>/back-in-stock/",
        views.ProductSubscriptionsView.as_view(),
        name="product-back-in-stock",
    ),
]
