"""Recommendation URLs."""

from django.urls import path

from backend.recommendations import views

urlpatterns = [
    path("user/", views.UserRecommendationsView.as_view(), name="user-recommendations"),
    path(
        "product/<int:product_id>/",
        views.ProductRecommendationsView.as_view(),
        name="product-recommendations",
    ),
]
