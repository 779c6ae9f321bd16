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
    path(
        "product/<int:product_id>/together/",
        views.TogetherView.as_view(),
        name="together-recommendations",
    ),
    path("cart/", views.CartRecommendationsView.as_view(), name="cart-recommendations"),
    path("buy-again/", views.BuyAgainView.as_view(), name="buy-again-recommendations"),
    path("trending/", views.TrendingView.as_view(), name="trending-recommendations"),
    path("recent/", views.RecentlyViewedView.as_view(), name="recent-recommendations"),
    path("search/", views.SearchRecommendationsView.as_view(), name="search-recommendations"),
]
